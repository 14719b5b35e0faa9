"""What must change nothing, and what must change in a known way."""

import numpy as np
import pandas as pd
import pytest

from crmlab import sem
from crmlab.errors import ModelError

MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ b*f\ntwice := 2*b"


def simulate(n=300, seed=1):
    rng = np.random.default_rng(seed)
    f = rng.normal(size=n)
    g = 0.6 * f + 0.8 * rng.normal(size=n)
    loads = [0.9, 0.8, 0.7]
    items = [v * a + 0.6 * rng.normal(size=n) for v in (f, g) for a in loads]
    data = pd.DataFrame(np.column_stack(items) + 4, columns=[f"x{k}" for k in range(1, 7)])
    return data.assign(group=rng.integers(0, 2, n))


DATA = simulate()


def core(fit):
    measures = fit.fit_measures
    return np.concatenate([fit.estimates["est"], fit.estimates["se"], [measures["chisq"], measures["cfi"]]])


WAYS = [
    {},
    {"estimator": "MLR"},
    {"estimator": "WLS"},
    {"missing": "fiml"},
    {"meanstructure": True, "estimator": "MLM"},
]


@pytest.mark.parametrize("way", WAYS)
def test_row_order_is_no_information(way):
    shuffled = DATA.sample(frac=1, random_state=3)
    assert core(sem.sem(MODEL, shuffled, **way)) == pytest.approx(
        core(sem.sem(MODEL, DATA, **way)), rel=2e-5, abs=1e-6
    )


@pytest.mark.parametrize("way", WAYS)
def test_column_order_is_no_information(way):
    turned = DATA[list(reversed(DATA.columns))]
    assert core(sem.sem(MODEL, turned, **way)) == pytest.approx(
        core(sem.sem(MODEL, DATA, **way)), rel=1e-6, abs=1e-7
    )


def test_the_order_of_items_in_the_text_moves_rows_only():
    turned = sem.sem("g =~ x4 + x6 + x5\nf =~ x1 + x3 + x2\ng ~ f", DATA)
    a = sem.sem(MODEL, DATA).estimates.set_index(["lhs", "op", "rhs"])["est"]
    b = turned.estimates.set_index(["lhs", "op", "rhs"])["est"]
    assert b.loc[("g", "~", "f")] == pytest.approx(a.loc[("g", "~", "f")], rel=1e-5)
    assert turned.fit_measures["chisq"] == pytest.approx(sem.sem(MODEL, DATA).fit_measures["chisq"], rel=1e-8)


def test_names_are_only_names():
    persian = {"x1": "سؤال_۱", "x2": "سؤال\u200cدو", "x3": "س.۳", "x4": "y", "x5": "z", "x6": "w"}
    text = MODEL.replace("f", "رضایت")
    for old, new in persian.items():
        text = text.replace(old, new)
    fit = sem.sem(text, DATA.rename(columns=persian))
    assert core(fit) == pytest.approx(core(sem.sem(MODEL, DATA)), rel=1e-9)
    assert "رضایت" in set(fit.estimates["lhs"])


@pytest.mark.parametrize("way", WAYS)
def test_shift_and_scale(way):
    moved = DATA.assign(x2=DATA["x2"] * 10 - 3, x5=DATA["x5"] / 4 + 7)
    a, b = sem.sem(MODEL, DATA, **way), sem.sem(MODEL, moved, **way)
    assert b.fit_measures["chisq"] == pytest.approx(a.fit_measures["chisq"], rel=1e-6)
    keep = a.estimates["op"].isin(["=~", "~", "~~"])
    assert b.estimates.loc[keep, "std_all"].to_numpy() == pytest.approx(
        a.estimates.loc[keep, "std_all"].to_numpy(), abs=2e-5
    )
    place = a.estimates.index[(a.estimates["rhs"] == "x2") & (a.estimates["op"] == "=~")][0]
    assert b.estimates.loc[place, "est"] == pytest.approx(10 * a.estimates.loc[place, "est"], rel=1e-4)
    assert b.estimates.loc[place, "se"] == pytest.approx(10 * a.estimates.loc[place, "se"], rel=1e-4)


def test_group_labels_are_only_labels():
    named = DATA.assign(group=DATA["group"].map({0: "زن", 1: "مرد"}))
    how = {"group": "group", "group_equal": ["loadings", "intercepts"]}
    assert core(sem.sem(MODEL, named, **how)) == pytest.approx(core(sem.sem(MODEL, DATA, **how)), rel=1e-9)


def test_marker_and_unit_variance_are_one_model():
    a, b = sem.sem(MODEL, DATA), sem.sem(MODEL, DATA, std_lv=True)
    assert b.fit_measures["chisq"] == pytest.approx(a.fit_measures["chisq"], rel=1e-8)
    keep = a.estimates["op"] == "=~"
    assert b.estimates.loc[keep, "std_all"].to_numpy() == pytest.approx(
        a.estimates.loc[keep, "std_all"].to_numpy(), abs=1e-5
    )


def test_fiml_without_holes_is_ml():
    a = sem.sem(MODEL, DATA, missing="fiml", information="expected")
    b = sem.sem(MODEL, DATA, meanstructure=True)
    assert core(a) == pytest.approx(core(b), rel=1e-5, abs=1e-6)


def test_thresholds_know_only_the_order_of_codes():
    codes = DATA.drop(columns="group").apply(lambda y: np.digitize(y, [3, 4, 5]))
    a = sem.sem(MODEL, codes, ordered=True)
    b = sem.sem(MODEL, codes.replace({0: -5, 1: 2, 2: 3, 3: 90}), ordered=True)
    assert core(a) == pytest.approx(core(b), rel=1e-9)


def test_delta_and_theta_fit_alike():
    codes = DATA.drop(columns="group").apply(lambda y: np.digitize(y, [3, 4, 5]))
    a, b = sem.sem(MODEL, codes, ordered=True), sem.sem(MODEL, codes, ordered=True, parameterization="theta")
    assert b.fit_measures["chisq"] == pytest.approx(a.fit_measures["chisq"], rel=1e-6)


def test_a_nonlinear_constraint_and_its_errors():
    base = sem.sem("f =~ x1 + a*x2 + b*x3\ng =~ x4 + c*x5 + x6\ng ~ f", DATA)
    fit = sem.sem("f =~ x1 + a*x2 + b*x3\ng =~ x4 + c*x5 + x6\ng ~ f\nc == a*b", DATA)
    e = fit.estimates.set_index("label")["est"]
    assert e["c"] == pytest.approx(e["a"] * e["b"], abs=1e-6)
    assert fit.converged
    assert fit.test.df == base.test.df + 1
    wald = base.wald("c == a*b")
    assert fit.compare(base).chisq == pytest.approx(wald["stat"], rel=0.2)


def test_an_inequality_that_binds():
    fit = sem.sem("f =~ x1 + a*x2 + x3\ng =~ x4 + x5 + x6\ng ~ f\na > 1.5", DATA)
    assert fit.estimates.set_index("label").loc["a", "est"] == pytest.approx(1.5, abs=1e-5)
    assert fit.converged


def test_linear_constraints_equal_labels():
    a = sem.sem("f =~ x1 + k*x2 + k*x3\ng =~ x4 + x5 + x6", DATA)
    b = sem.sem("f =~ x1 + k*x2 + l*x3\ng =~ x4 + x5 + x6\nk == l", DATA)
    assert core(a) == pytest.approx(core(b), rel=1e-6, abs=1e-7)


def test_standard_errors_are_delta_method():
    fit = sem.sem(MODEL, DATA)
    row = fit.estimates.set_index("lhs").loc["twice"]
    assert row["se"] == pytest.approx(2 * float(np.sqrt(fit.vcov.loc["b", "b"])), rel=1e-9)


def test_the_result_is_complete_and_survives_paper():
    from crmlab.result import Result

    result = sem.sem(MODEL, DATA).result()
    assert result["path:g~f"] > 0.4
    assert "std_loading:f=~x2" in result
    assert "r2:g" in result
    assert Result.from_json(result.to_json()).equals(result)


def test_products_for_a_latent_interaction():
    found = sem.product_indicators(DATA, ["x1", "x2"], ["x4", "x5"])
    assert abs(found["x1.x4"].mean()) < 1e-12
    assert list(sem.product_indicators(DATA, ["x1", "x2"], ["x4", "x5"], match=True).columns[-2:]) == [
        "x1.x4",
        "x2.x5",
    ]
    with pytest.raises(ModelError, match="already"):
        sem.product_indicators(found, ["x1"], ["x4"])
