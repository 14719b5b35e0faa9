"""Bad input: one clear message that names the item."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import sem
from crmlab.errors import ModelError

RNG = np.random.default_rng(5)
F = RNG.normal(size=200)
DATA = pd.DataFrame({f"x{k}": 0.8 * F + RNG.normal(size=200) for k in range(1, 7)})
MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"


def refused(match, data=DATA, model=MODEL, **how):
    with pytest.raises(ModelError, match=match):
        sem.cfa(model, data, **how)


def test_an_unknown_variable_names_its_neighbour():
    refused("'x33' is not in the data; did you mean 'x3'", model="f =~ x1 + x2 + x33")


def test_a_constant_item():
    refused("'x2' is constant", DATA.assign(x2=4))


def test_a_duplicated_item():
    refused("'x1' and 'x4' are the same", DATA.assign(x4=DATA["x1"] * 2 + 1))


def test_a_linear_combination():
    refused("linearly dependent: x1, x2, x3", DATA.assign(x3=DATA["x1"] + DATA["x2"]))


def test_too_few_rows():
    refused("6 rows for 6 variables", DATA.head(6))


@pytest.mark.parametrize("code", [-99, -9, 999, 99])
def test_a_code_for_missing_answers(code):
    answers = (DATA * 1.2 + 4).round().clip(1, 7)
    answers.loc[[3, 9], "x5"] = code
    refused(f"'x5' has the value {code}", answers)


def test_text_and_infinity():
    refused("'x1' is not numeric", DATA.assign(x1="a"))
    refused("'x1' has infinite", DATA.assign(x1=DATA["x1"].where(DATA["x1"] < 2, np.inf)))


def test_columns_that_are_no_numbers():
    refused("'x1' is not numeric", DATA.assign(x1=pd.date_range("2020", periods=200)))
    refused("'x1' is not numeric", DATA.assign(x1=DATA["x1"] + 1j))
    refused("'x1' holds categories without order", DATA.assign(x1=pd.Categorical(["a", "b"] * 100)))
    refused("column 'x1' stands twice", pd.concat([DATA, DATA[["x1"]]], axis=1))
    refused("'x1' is empty", DATA.assign(x1=np.nan))
    refused("data must be a DataFrame", DATA.to_numpy())
    refused("no row is complete", DATA.head(0))
    assert sem.cfa(MODEL, DATA.assign(x1=DATA["x1"] > 0)).converged  # a boolean is 0 or 1


def test_groups_that_cannot_be_used():
    refused("1 row in group 'a' is complete", DATA.assign(g=["a"] + ["b"] * 199), group="g")
    refused("has 1 value, not two", DATA.assign(g=1), group="g")
    holes = DATA.assign(g=np.where(np.arange(200) % 10 == 0, None, np.where(np.arange(200) % 2, "a", "b")))
    fit = sem.cfa(MODEL, holes, group="g")
    assert fit.n == 180
    assert any(c.name == "check.listwise" and c.value == pytest.approx(0.1) for c in fit.checks)


def test_ordered_items_that_are_none():
    codes = DATA.apply(lambda y: np.digitize(y, [-1, 0, 1]))
    refused("'x1' is constant", codes.assign(x1=2), ordered=list(codes))
    refused("declared ordered and has 31 values", codes.assign(x1=np.arange(200) % 31), ordered=list(codes))


def test_rows_without_a_fixed_predictor_are_counted():
    holes = DATA.assign(x4=DATA["x4"].where(np.arange(200) % 8 > 0))
    fit = sem.sem("f =~ x1 + x2 + x3\nf ~ x4", holes, missing="fiml")
    assert fit.n == 175
    assert any(c.name == "check.listwise" and not c.ok for c in fit.checks)


@pytest.mark.parametrize(
    ("model", "match"),
    [
        ("f =~ x1 + + x2", "line 1, column 11: nothing stands before"),
        ("f =~ x1 + x2 +\n", "nothing stands after"),
        ("f = x1 + x2", "line 1, column 3: cannot read '='"),
        ("f =~ x1 + x2 + x3\ng =~ x4 $ x5", "line 2, column 9: cannot read"),
        ("f =~ x1 x2 + x3", "line 1, column 6: 'x1 x2' is not the name"),
        ("f =~ x1 + x2 + x3\nab := a*q", "line 2.*is no label of a parameter"),
        ("f =~ a*x1 + b*x2 + x3\na == 1\na == 2", "line 3: the constraint cannot be met"),
        ("f =~ x1 + x2 + x3\nf ~ f", "cannot depend on itself"),
        ("", "no statement"),
        (None, "must be text"),
    ],
)
def test_typing_errors_have_a_place(model, match):
    refused(match, model=model)


def test_every_check_of_the_engine_has_words():
    room = Path(sem.__file__).parent
    named = {
        name
        for path in room.glob("*.py")
        for name in re.findall(r'"(check\.[a-z_]+)', path.read_text("utf-8"))
    }
    named |= {"check.latent_covariance", "check.residual_covariance"}
    for language in ("en", "fa"):
        home = room.parent / "present" / "locale" / language
        words = "\n".join(path.read_text(encoding="utf-8") for path in home.glob("*.yml"))
        for name in sorted(named - {"check.", "check.name"}):
            for key in (name, name.replace("check.", "rule.")):
                assert re.search(rf"(?m)^{re.escape(key)}:", words), (language, key)


def test_an_empty_category_in_a_group():
    codes = DATA.apply(lambda y: np.digitize(y, [-1, 0, 1])).assign(g=np.arange(200) % 2)
    codes.loc[(codes["g"] == 1) & (codes["x3"] == 3), "x3"] = 2
    refused("x3.*1", codes, ordered=["x1", "x2", "x3", "x4", "x5", "x6"], group="g")


def test_models_that_are_not_identified():
    refused("not identified: 4 free parameters and 3 moments", model="f =~ x1 + x2")
    refused("cannot be told apart.*f", model="f =~ NA*x1 + x2 + x3\ng =~ x4 + x5 + x6")
    refused("cannot be told apart", model=MODEL + "\nh =~ f + g")


def test_words_that_are_not_known():
    refused("estimator 'MLX'", estimator="MLX")
    refused("missing='fmil'.*did you mean 'fiml'", missing="fmil")
    refused("group_equal", DATA.assign(g=np.arange(200) % 2), group_equal="loading", group="g")
    refused(
        "'f=~x9' is not a parameter", DATA.assign(g=np.arange(200) % 2), group="g", group_partial=["f=~x9"]
    )
    refused("no group column 'sex'", group="sex")
    refused("ordered: 'q1' is neither", ordered=["q1"])


@pytest.mark.parametrize(
    "how",
    [
        {"estimator": "WLS", "missing": "fiml"},
        {"estimator": "GLS", "likelihood": "wishart"},
        {"estimator": "MLM", "missing": "fiml"},
        {"se": "bootstrap"},
        {"test": "bollen.stine"},
        {"estimator": "GLS", "information": "observed"},
    ],
)
def test_pairs_that_do_not_go_together(how):
    refused("not for|asked of", **how)


def test_a_heywood_case_is_said():
    rng = np.random.default_rng(8)
    f = rng.normal(size=60)
    data = pd.DataFrame({"a": f + 0.1 * rng.normal(size=60), "b": f + 0.1 * rng.normal(size=60)})
    data["c"] = 0.05 * data["a"] + rng.normal(size=60)
    data["d"] = data["a"] - data["b"] + 0.3 * rng.normal(size=60)
    fit = sem.cfa("f =~ a + b + c + d", data)
    if (fit.estimates.query("op == '~~'")["est"] < 0).any():
        assert not fit.admissible
        assert any(check.name.startswith("check.negative_variance") for check in fit.result().failed)
        assert "failed" in repr(fit)


def test_missing_rows_are_counted():
    holes = DATA.mask(np.random.default_rng(1).random(DATA.shape) < 0.05)
    fit = sem.cfa(MODEL, holes)
    assert fit.n == holes.dropna().shape[0]
    assert any(check.name == "check.listwise" and not check.ok for check in fit.checks)
