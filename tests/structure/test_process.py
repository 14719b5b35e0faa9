"""PROCESS models: R references (OLS, HC3, HC4), an independent OLS, identities, resampling, bad input."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import ModelError
from crmlab.structure import process


@pytest.fixture(scope="module")
def survey(shared):
    data = pd.read_csv(shared / "data" / "sem" / "sim_crm_rq_clv_n400.csv")

    def mean(*names):
        return data[[f"{name}{k}" for name in names for k in range(1, 5)]].mean(axis=1)

    return pd.DataFrame(
        {
            "CRM": mean("kco", "km", "tech"),
            "RQ": mean("tru", "com", "sat"),
            "W": mean("tech"),
            "Y": np.log(data["clv"]),
        }
    )


@pytest.fixture(scope="module")
def talor(shared):
    return pd.read_csv(shared / "data" / "sem" / "tal_or_mediation.csv")


def wanted(shared, name):
    path = shared / "data" / "sem" / "reference" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def same_equations(want, frame, model, **roles):
    """Coefficients, errors, p and R2 of every equation, to 1e-8."""
    for kind, column in (("OLS", "se"), ("HC3", "se_hc3"), ("HC4", "se_hc4")):
        found = process(frame, model, errors=kind, resamples=100, **roles)
        for equation in want["eqs"]:
            outcome, _, right = (part.strip() for part in equation["formula"].partition("~"))
            if model in (4, 6) and right == roles["x"] and outcome == roles["y"]:
                assert found[f"total:{outcome}~{right}"] == pytest.approx(
                    equation["coef"][1]["est"], abs=1e-8
                )
                assert found.cell(f"total:{outcome}~{right}", "std_error") == pytest.approx(
                    equation["coef"][1][column], abs=1e-8
                )
                continue
            assert found[f"r2:{outcome}"] == pytest.approx(equation["r2"], abs=1e-10)
            for row in equation["coef"]:
                name = {"(Intercept)": "1"}.get(row["term"], row["term"].replace(":", "*"))
                term = f"coef:{outcome}~{name}"
                assert found[term] == pytest.approx(row["est"], abs=1e-8)
                assert found.cell(term, "std_error") == pytest.approx(row[column], abs=1e-8)
                if kind == "OLS":
                    assert found.cell(term, "p_value") == pytest.approx(row["p"], rel=1e-6)
                    assert found.cell(term, "ci_low") == pytest.approx(row["lo"], abs=1e-8)
    return found


def test_model_4_of_two_mediators(shared, talor):
    want = wanted(shared, "process4_talor")
    found = same_equations(want, talor, 4, x="cond", y="reaction", mediators=["pmi", "import"])
    for name, value in want["indirect"].items():
        assert found[f"indirect:reaction~{name}~cond"] == pytest.approx(value, abs=1e-9)
    assert found["total_indirect:reaction~cond"] == pytest.approx(sum(want["indirect"].values()), abs=1e-9)
    assert found["total:reaction~cond"] == pytest.approx(
        found["direct:reaction~cond"] + found["total_indirect:reaction~cond"], abs=1e-9
    )
    assert found["indirect_difference:pmi-import"] == pytest.approx(
        want["indirect"]["pmi"] - want["indirect"]["import"], abs=1e-9
    )


def test_model_4_equals_lavaan(shared, talor):
    """The same products as the path model in lavaan (talor_process4)."""
    rows = wanted(shared, "talor_process4")["estimates"]
    est = {row["label"]: row["est"] for row in rows if row["label"]}
    found = process(talor, 4, x="cond", y="reaction", mediators=["pmi", "import"], resamples=100)
    assert found["indirect:reaction~pmi~cond"] == pytest.approx(est["a"] * est["b1"], abs=1e-6)
    assert found["indirect:reaction~import~cond"] == pytest.approx(est["a2"] * est["b2"], abs=1e-6)
    assert found["direct:reaction~cond"] == pytest.approx(est["c"], abs=1e-6)


def test_model_6(shared, talor):
    want = wanted(shared, "process6_talor")
    found = same_equations(want, talor, 6, x="cond", y="reaction", mediators=["pmi", "import"])
    assert found["indirect:reaction~pmi~cond"] == pytest.approx(want["indirect"]["pmi"], abs=1e-9)
    assert found["indirect:reaction~import~cond"] == pytest.approx(want["indirect"]["import"], abs=1e-9)
    assert found["indirect:reaction~import~pmi~cond"] == pytest.approx(want["indirect"]["serial"], abs=1e-9)
    assert found["total:reaction~cond"] == pytest.approx(
        found["direct:reaction~cond"] + found["total_indirect:reaction~cond"], abs=1e-9
    )


def test_model_4_of_scores(shared, survey):
    want = wanted(shared, "process4_sim400")
    found = same_equations(want, survey, 4, x="CRM", y="Y", mediators="RQ")
    assert found["indirect:Y~RQ~CRM"] == pytest.approx(want["indirect"], abs=1e-9)
    ratio = survey["CRM"].std() / survey["Y"].std()
    assert found["indirect_std:Y~RQ~CRM"] == pytest.approx(want["indirect"] * ratio, abs=1e-9)


@pytest.mark.parametrize("number", [7, 14])
def test_moderated_mediation(shared, survey, number):
    want = wanted(shared, f"process{number}_sim400")
    found = same_equations(want, survey, number, x="CRM", y="Y", mediators="RQ", moderator="W")
    for label, at, effect in zip(
        ("low", "middle", "high"), want["probes"], want["conditional_indirect"], strict=True
    ):
        assert found[f"probe:W.{label}"] == pytest.approx(at)
        assert found[f"indirect:Y~RQ~CRM@{label}"] == pytest.approx(effect, abs=1e-9)
    assert found["index:Y~RQ~CRM"] == pytest.approx(want["index_modmed"], abs=1e-9)
    assert found["contrast:Y~RQ~CRM@high-low"] == pytest.approx(
        want["conditional_indirect"][2] - want["conditional_indirect"][0], abs=1e-9
    )


def least_squares(y, *columns):
    X = np.column_stack([np.ones(len(y)), *columns])
    return np.linalg.lstsq(X, y, rcond=None)[0][1:]


def simulated(n=300, seed=3):
    rng = np.random.default_rng(seed)
    x, w, u = rng.standard_normal((3, n))
    m = 0.4 * x + 0.2 * w + 0.3 * x * w + rng.standard_normal(n)
    y = 0.2 * x + 0.4 * m + 0.1 * w + 0.25 * m * w - 0.2 * x * w + 0.1 * u + rng.standard_normal(n)
    return pd.DataFrame({"X": x, "M": m, "Y": y, "W": w, "U": u})


@pytest.mark.parametrize("number", [1, 8, 15, 58, 59])
def test_against_independent_least_squares(number):
    """Every conditional effect of the models without reference, from regressions written out here."""
    data = simulated()
    x, m, y, w, u = (data[name].to_numpy() for name in "XMYWU")
    roles = {"mediators": "M"} if number != 1 else {}
    found = process(data, number, x="X", y="Y", moderator="W", covariates=["U"], resamples=100, **roles)
    at = np.quantile(w, [0.16, 0.5, 0.84])
    zero = np.zeros(3)
    if number == 1:
        b = least_squares(y, x, w, x * w, u)
        effect = b[0] + b[2] * at
        for label, want in zip(("low", "middle", "high"), effect, strict=True):
            assert found[f"direct:Y~X@{label}"] == pytest.approx(want, abs=1e-9)
        return
    if number in (8, 58, 59):
        a = least_squares(m, x, w, x * w, u)
        a_at = a[0] + a[2] * at
    else:
        a_at = least_squares(m, x, u)[0] + zero
    if number == 8:
        b = least_squares(y, x, m, w, x * w, u)
        b_at, c_at = b[1] + zero, b[0] + b[3] * at
    elif number == 15:
        b = least_squares(y, x, m, w, x * w, m * w, u)
        b_at, c_at = b[1] + b[4] * at, b[0] + b[3] * at
    elif number == 58:
        b = least_squares(y, x, m, w, m * w, u)
        b_at, c_at = b[1] + b[3] * at, None
    else:
        b = least_squares(y, x, m, w, x * w, m * w, u)
        b_at, c_at = b[1] + b[4] * at, b[0] + b[3] * at
    for k, label in enumerate(("low", "middle", "high")):
        assert found[f"indirect:Y~M~X@{label}"] == pytest.approx(a_at[k] * b_at[k], abs=1e-9)
        if c_at is not None:
            assert found[f"direct:Y~X@{label}"] == pytest.approx(c_at[k], abs=1e-9)


def test_resamples_are_least_squares_of_drawn_rows():
    """The batched slopes equal lstsq on the drawn rows."""
    from crmlab.structure.process_design import design
    from crmlab.structure.process_effects import resampled_slopes

    data = simulated(60)
    laid = design(data, 59, "X", "Y", ("M",), "W", ("U",), "percentiles", False, False)
    slopes, ratio = resampled_slopes(laid, 5, seed=1)
    rows = np.random.default_rng(1).integers(0, 60, (5, 60))
    for b in range(5):
        drawn = laid.data.iloc[rows[b]]
        for equation, names in laid.equations.items():
            want = least_squares(drawn[equation].to_numpy(), *(drawn[name].to_numpy() for name in names))
            got = [slopes[equation, name][b] for name in names]
            assert got == pytest.approx(want, abs=1e-9)
        assert ratio[b] == pytest.approx(drawn["X"].std() / drawn["Y"].std())


def test_johnson_neyman_boundary():
    """At a boundary the interval of the conditional effect ends at zero; the share counts cases."""
    data = simulated()
    found = process(data, 1, x="X", y="Y", moderator="W", errors="OLS")
    roots = found.select("jn")
    assert len(roots)
    for root in roots["estimate"]:
        shifted = data.assign(W=data["W"] - root)
        at = process(shifted, 1, x="X", y="Y", moderator="W", errors="OLS", probes=[0.0])
        low, high = at.cell("direct:Y~X@0", "ci_low"), at.cell("direct:Y~X@0", "ci_high")
        assert min(abs(low), abs(high)) < 1e-9
    curve = found.select("jn_effect")
    assert len(curve) == 41
    assert 0 < found["jn_share:Y~X"] < 1


def test_moderator_of_categories():
    data = simulated(400)
    data["G"] = np.array(["a", "b", "c"])[np.arange(400) % 3]
    found = process(data, 7, x="X", y="Y", mediators="M", moderator="G", resamples=200)
    for name in "abc":
        part = data[data["G"] == name]
        slope = least_squares(part["M"].to_numpy(), part["X"].to_numpy())[0]
        b = least_squares(data["Y"].to_numpy(), data["X"].to_numpy(), data["M"].to_numpy())[1]
        assert found[f"indirect:Y~M~X@{name}"] == pytest.approx(slope * b, abs=1e-9)
    assert found["index:Y~M~X.G.b"] == pytest.approx(
        found["indirect:Y~M~X@b"] - found["indirect:Y~M~X@a"], abs=1e-9
    )
    coded = data.assign(G=np.arange(400) % 3 + 1)
    again = process(coded, 7, x="X", y="Y", mediators="M", moderator="G", categorical=True, resamples=200)
    assert again["indirect:Y~M~X@2"] == pytest.approx(found["indirect:Y~M~X@b"], abs=1e-12)


def test_moderator_of_two_values_and_centring():
    data = simulated(200).assign(Z=lambda d: (d["W"] > 0) + 1.0)
    found = process(data, 59, x="X", y="Y", mediators="M", moderator="Z", resamples=200)
    assert {"indirect:Y~M~X@1", "indirect:Y~M~X@2", "contrast:Y~M~X@2-1"} <= set(found.tidy["term"])
    assert not found.tidy["term"].str.startswith("jn").any()
    centred = process(data, 14, x="X", y="Y", mediators="M", moderator="W", center=True, resamples=200)
    plain = process(data, 14, x="X", y="Y", mediators="M", moderator="W", resamples=200)
    for label in ("low", "middle", "high"):
        term = f"indirect:Y~M~X@{label}"
        assert centred[term] == pytest.approx(plain[term], abs=1e-9)
        assert centred.cell(term, "ci_low") == pytest.approx(plain.cell(term, "ci_low"), abs=1e-9)


def test_four_mediators_in_parallel_and_in_series():
    data = simulated()
    rng = np.random.default_rng(0)
    for k in range(2, 5):
        data[f"M{k}"] = 0.3 * data["X"] + 0.2 * data["M"] + rng.standard_normal(len(data))
    names = ["M", "M2", "M3", "M4"]
    parallel = process(data, 4, x="X", y="Y", mediators=names, resamples=100)
    assert len(parallel.select("indirect")) == 4
    assert len(parallel.select("indirect_difference")) == 6
    serial = process(data, 6, x="X", y="Y", mediators=names, resamples=100)
    assert len(serial.select("indirect")) == 15
    assert serial["total:Y~X"] == pytest.approx(serial["direct:Y~X"] + serial["total_indirect:Y~X"], abs=1e-9)


def test_row_order_and_units_change_nothing():
    data = simulated()
    roles = {"x": "X", "y": "Y", "mediators": "M", "moderator": "W", "resamples": 100}
    one = process(data, 8, **roles)
    other = process(data.iloc[::-1], 8, **roles)
    assert other["indirect:Y~M~X@low"] == pytest.approx(one["indirect:Y~M~X@low"], abs=1e-12)
    scaled = process(data.assign(M=1000 * data["M"] + 5), 8, **roles)
    assert scaled["indirect:Y~M~X@low"] == pytest.approx(one["indirect:Y~M~X@low"], rel=1e-9)
    assert scaled.cell("indirect:Y~M~X@low", "ci_low") == pytest.approx(
        one.cell("indirect:Y~M~X@low", "ci_low"), rel=1e-9
    )
    assert process(data, 8, **roles).equals(one)


def test_missing_rows_are_counted():
    data = simulated()
    data.loc[:29, "M"] = np.nan
    found = process(data, 4, x="X", y="Y", mediators="M", resamples=100)
    assert found.glance["n"] == 270
    assert found.glance["left_out"] == 30
    assert [check.name for check in found.failed] == ["check.missing_casewise"]


@pytest.mark.parametrize(
    ("change", "model", "roles", "words"),
    [
        ({}, 2, {}, "model 2 is not available"),
        ({}, 4, {}, "model 4 needs a mediator"),
        ({}, 7, {"mediators": "M"}, "needs a moderator"),
        ({}, 4, {"mediators": "M", "moderator": "W"}, "has no moderator"),
        ({}, 1, {"mediators": "M", "moderator": "W"}, "has no mediator"),
        ({}, 6, {"mediators": "M"}, "2 to 4 mediators"),
        ({}, 4, {"mediators": "Q"}, "'Q' is not a column"),
        ({}, 4, {"mediators": "X"}, "two roles"),
        ({"W": 1.0}, 7, {"mediators": "M", "moderator": "W"}, "moderator 'W' does not vary"),
        ({"M": 1.0}, 4, {"mediators": "M"}, "'M' does not vary"),
        ({"M": "often"}, 4, {"mediators": "M"}, "holds words"),
        ({"M": np.nan}, 4, {"mediators": "M"}, "0 complete rows"),
        ({"M": np.inf}, 4, {"mediators": "M"}, "infinite"),
        ({}, 4, {"mediators": "M", "errors": "HC9"}, "HC9"),
        ({}, 1, {"moderator": "W", "probes": "deciles"}, "probes 'deciles'"),
    ],
)
def test_bad_input_is_one_clear_line(change, model, roles, words):
    data = simulated(100).assign(**change)
    with pytest.raises(ModelError, match=words) as caught:
        process(data, model, x="X", y="Y", **roles)
    assert len(str(caught.value).splitlines()) <= 2


def test_collinear_predictors_are_named():
    data = simulated(100).assign(M2=lambda d: 2 * d["M"])
    with pytest.raises(ModelError, match="determine each other: X, M, M2"):
        process(data, 4, x="X", y="Y", mediators=["M", "M2"])


@pytest.mark.slow
def test_interval_covers_the_planted_indirect_effect():
    """.95 coverage of a percentile interval of a b = .4 x .4, n = 200 (600 samples, +-3 standard errors)."""
    rng = np.random.default_rng(5)
    hits = 0
    for k in range(600):
        x = rng.standard_normal(200)
        m = 0.4 * x + rng.standard_normal(200)
        y = 0.4 * m + 0.1 * x + rng.standard_normal(200)
        found = process(
            pd.DataFrame({"X": x, "M": m, "Y": y}), 4, x="X", y="Y", mediators="M", resamples=500, seed=k
        )
        hits += found.cell("indirect:Y~M~X", "ci_low") <= 0.16 <= found.cell("indirect:Y~M~X", "ci_high")
    assert abs(hits / 600 - 0.945) < 3 * np.sqrt(0.05 * 0.95 / 600)
