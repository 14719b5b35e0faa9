"""Equivalence, several tests, explained variance, drivers, differences: references, identities, bad input."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame
from crmlab.structure import (
    adjust,
    association,
    bonferroni,
    compare_means,
    drivers,
    equivalence,
    equivalent_difference,
    equivalent_means,
    product_interval,
    r2_interval,
)


def effects(*rows):
    return Result(
        "model.pls", tidy_frame({"term": t, "estimate": e, "std_error": s} for t, e, s in rows), {"n": 200.0}
    )


def test_equivalence_of_means():
    """TO1: max of two one-sided p of t with 118 degrees of freedom; the raw form by scipy."""
    found = equivalent_difference(0.05, 0.8, (60, 60), 0.3)
    assert found.cell("difference", "p_value") == pytest.approx(0.044796, abs=1e-6)
    assert found["stands"] == 1
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.05, 0.8, 60), rng.normal(0.0, 1.1, 90)
    raw = equivalent_means(a, b, 0.5)
    low = stats.ttest_ind(a, b - 0.5, equal_var=False, alternative="greater").pvalue
    high = stats.ttest_ind(a, b + 0.5, equal_var=False, alternative="less").pvalue
    assert raw.cell("difference", "p_value") == pytest.approx(max(low, high), abs=1e-12)
    assert raw["difference_p"] == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue, abs=1e-12)
    assert equivalent_difference(0.5, 0.8, (60, 60), 0.3)["stands"] != 1  # a d of .6 is no parity


@pytest.mark.parametrize(
    ("estimate", "error", "want"),
    [(0.02, 0.03, 1), (0.02, 0.2, 0), (0.12, 0.05, 2), (0.40, 0.05, 3), (-0.40, 0.05, 3), (0.07, 0.01, 1)],
)
def test_where_an_effect_stands(estimate, error, want):
    found = equivalence(effects(("path:B~A", estimate, error)), 0.10)
    assert found["stands:path:B~A"] == want
    z = stats.norm.sf((0.10 - abs(estimate)) / error)
    assert found.cell("equivalence:path:B~A", "p_value") == pytest.approx(z, abs=1e-9)


def test_equivalence_takes_effects_and_margins_by_name():
    table = effects(("path:B~A", 0.1, 0.1), ("indirect:C~B~A", 0.1, 0.1), ("r2:B", 0.2, 0.1))
    assert {t.partition(":")[2] for t in equivalence(table, 0.1).tidy["term"]} == {
        "path:B~A",
        "indirect:C~B~A",
    }
    assert "stands:r2:B" in equivalence(table, {"r2:B": 0.05})
    for margin, words in ((0.0, "not above zero"), ({"path:Q~A": 0.1}, "no effect 'path:Q~A'")):
        with pytest.raises(ModelError, match=words):
            equivalence(table, margin)
    with pytest.raises(ModelError, match="no standard error"):
        equivalence(effects(("path:B~A", 0.1, np.nan)), 0.1, terms=["path:B~A"])


def test_adjusted_p():
    """54 tests of nothing: 2.7 false on average, 93.7 % chance of one (closed form)."""
    found = adjust({f"H{k}": 0.01 * (k + 1) for k in range(54)} | {"H99": np.nan})
    assert found.glance["false_expected"] == pytest.approx(2.7)
    assert found.glance["false_any"] == pytest.approx(0.9373, abs=1e-4)
    assert found["p_bonferroni:H0"] == pytest.approx(0.54)
    assert found["p_holm:H0"] == pytest.approx(0.54)
    assert np.isnan(found["p_holm:H99"])
    assert bonferroni(np.array([0.5, 0.2])).tolist() == [1.0, 0.4]
    with pytest.raises(ModelError, match="'H2': 2 is not a p value"):
        adjust({"H1": 0.5, "H2": 2})
    with pytest.raises(ModelError, match="no p value"):
        adjust({"H1": np.nan})


def test_interval_of_r2():
    """The bounds are those whose F distribution has the observed F at its tails; coverage by simulation."""
    found = r2_interval(0.2, 100, 3)
    low, high = found.cell("r2", "ci_low"), found.cell("r2", "ci_high")
    F = 0.2 / 3 / (0.8 / 96)
    for rho2, tail in ((low, 0.975), (high, 0.025)):
        assert stats.ncf.cdf(F, 3, 96, 100 * rho2 / (1 - rho2)) == pytest.approx(tail, abs=1e-6)
    assert r2_interval(0.001, 50, 2).cell("r2", "ci_low") == 0.0
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 3))
    X -= X.mean(axis=0)
    signal = X @ np.array([0.3, 0.2, 0.0])
    rho2 = (signal @ signal / 80) / (signal @ signal / 80 + 1)
    hits = 0
    H = X @ np.linalg.inv(X.T @ X) @ X.T
    for _ in range(200):
        y = signal + rng.standard_normal(80)
        y -= y.mean()
        one = r2_interval(float(y @ H @ y / (y @ y)), 80, 3)
        hits += one.cell("r2", "ci_low") <= rho2 <= one.cell("r2", "ci_high")
    assert abs(hits / 200 - 0.95) < 0.047
    with pytest.raises(ModelError, match=r"R2 of 1\.2"):
        r2_interval(1.2, 50, 2)
    with pytest.raises(ModelError, match="3 rows are too few"):
        r2_interval(0.2, 3, 2)


def test_interval_of_a_product():
    """ME4, ME5: .087 and .340 of .5(.1) x .4(.1), 2 000 000 draws; asymmetric about .20."""
    found = product_interval([0.5, 0.4], [0.1, 0.1], draws=1_000_000)
    assert found["indirect"] == pytest.approx(0.2)
    assert found.cell("indirect", "ci_low") == pytest.approx(0.087, abs=0.003)
    assert found.cell("indirect", "ci_high") == pytest.approx(0.340, abs=0.003)
    with pytest.raises(ModelError, match="2 paths and 1 errors"):
        product_interval([0.5, 0.4], [0.1])
    with pytest.raises(ModelError, match="standard error above zero"):
        product_interval([0.5, 0.4], [0.1, 0.0])


def survey(n=250, seed=0):
    rng = np.random.default_rng(seed)
    a, b, c = rng.standard_normal((3, n))
    b, c = 0.6 * a + 0.8 * b, 0.4 * a + 0.9 * c
    y = 0.5 * a + 0.3 * b + 0.1 * c + rng.standard_normal(n)
    return pd.DataFrame({"A": a, "B": b, "C": c, "Y": y})


def test_dominance_is_the_mean_gain_over_orders():
    """Against regressions of statsmodels in every order of the predictors (Shapley's form)."""
    data = survey()

    def r2(names):
        return sm.OLS(data["Y"], sm.add_constant(data[list(names)])).fit().rsquared if names else 0.0

    found = drivers(data, "Y", ["A", "B", "C"], resamples=100)
    for name in "ABC":
        rest = [k for k in "ABC" if k != name]
        gains = [
            np.mean([r2([*others, name]) - r2(others) for others in combinations(rest, s)]) for s in range(3)
        ]
        assert found[f"dominance:{name}"] == pytest.approx(np.mean(gains), abs=1e-10)
    assert sum(found[f"dominance:{k}"] for k in "ABC") == pytest.approx(r2("ABC"), abs=1e-10)
    assert sum(found[f"relative_weight:{k}"] for k in "ABC") == pytest.approx(r2("ABC"), abs=1e-10)
    assert sum(found[f"relative_weight_share:{k}"] for k in "ABC") == pytest.approx(1)
    assert found["r2:Y"] == pytest.approx(r2("ABC"), abs=1e-10)
    assert found["complete_dominance:A~C"] == 1


def test_relative_weights_of_johnson():
    """Orthogonal predictors: the weight is the squared correlation; two alike share alike."""
    rng = np.random.default_rng(2)
    X = np.linalg.qr(rng.standard_normal((100, 3)) - 0)[0]
    X = X - X.mean(axis=0)
    X = np.linalg.qr(X)[0]
    y = X @ np.array([3.0, 2.0, 1.0]) + 0.2 * rng.standard_normal(100)
    data = pd.DataFrame(X, columns=list("ABC")).assign(Y=y)
    found = drivers(data, "Y", list("ABC"), resamples=100)
    for name in "ABC":
        assert found[f"relative_weight:{name}"] == pytest.approx(data[name].corr(data["Y"]) ** 2, abs=1e-9)
        assert found[f"dominance:{name}"] == pytest.approx(data[name].corr(data["Y"]) ** 2, abs=1e-9)


def test_drivers_by_units_order_and_seed():
    data = survey()
    one = drivers(data, "Y", ["A", "B", "C"], resamples=200, seed=3)
    assert drivers(data, "Y", ["A", "B", "C"], resamples=200, seed=3).equals(one)
    scaled = drivers(data * [1, 100, 0.01, 5] + 7, "Y", ["C", "A", "B"], resamples=200, seed=3)
    for name in "ABC":
        for column in ("estimate", "ci_low", "ci_high"):
            want = one.cell(f"dominance:{name}", column)
            assert scaled.cell(f"dominance:{name}", column) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "predictors", "words"),
    [
        ({}, ["A"], "1 predictors"),
        ({}, ["A", "Q"], "'Q' is not a column"),
        ({}, ["A", "Y"], "'Y' stands twice"),
        ({"B": 1.0}, ["A", "B"], "'B' does not vary"),
        ({"B": "x"}, ["A", "B"], "holds words"),
        ({"B": lambda d: 2 * d["A"]}, ["A", "B"], "determine each other"),
        ({"B": np.nan}, ["A", "B"], "0 complete rows"),
    ],
)
def test_drivers_that_cannot_be_weighed(change, predictors, words):
    with pytest.raises(ModelError, match=words):
        drivers(survey(60).assign(**change), "Y", predictors)


def people(seed=4):
    rng = np.random.default_rng(seed)
    group = np.repeat(["a", "b", "c"], [40, 60, 30])
    shift = np.repeat([0.0, 0.5, 1.0], [40, 60, 30])
    spread = np.repeat([1.0, 1.5, 0.7], [40, 60, 30])
    score = np.round(3 + shift + spread * rng.standard_normal(130), 1)
    return pd.DataFrame({"G": group, "S": score, "T": rng.standard_normal(130)})


def test_three_groups_against_scipy_and_statsmodels():
    from statsmodels.stats.oneway import anova_oneway

    data = people()
    parts = [data.loc[data["G"] == g, "S"] for g in "abc"]
    found = compare_means(data, ["S", "T"], "G")
    F, p = stats.f_oneway(*parts)
    assert found["anova_f:S"] == pytest.approx(F, abs=1e-9)
    assert found.cell("anova_f:S", "p_value") == pytest.approx(p, abs=1e-12)
    H, p = stats.kruskal(*parts)
    assert found["kruskal_h:S"] == pytest.approx(H, abs=1e-9)
    assert found.cell("kruskal_h:S", "p_value") == pytest.approx(p, abs=1e-12)
    welch = anova_oneway(parts, use_var="unequal")
    assert found["welch_f:S"] == pytest.approx(welch.statistic, abs=1e-9)
    assert found.cell("welch_f:S", "p_value") == pytest.approx(welch.pvalue, abs=1e-12)
    eta2 = F * 2 / (F * 2 + 127)
    assert found["eta2:S"] == pytest.approx(eta2, abs=1e-9)
    assert found["omega2:S"] == pytest.approx((F - 1) * 2 / ((F - 1) * 2 + 130), abs=1e-9)
    assert found["epsilon2:S"] == pytest.approx(H / (130**2 - 1) * 131, abs=1e-9)
    assert found.cell("eta2:S", "ci_low") < eta2 < found.cell("eta2:S", "ci_high")
    raw = [found.cell(f"welch_f:{s}", "p_value") for s in "ST"]
    assert found["p_holm:S"] == pytest.approx(min(1, 2 * raw[0]))


def test_two_groups_against_scipy():
    data = people()
    data = data[data["G"] != "c"]
    a, b = (data.loc[data["G"] == g, "S"] for g in "ab")
    found = compare_means(data, ["S"], "G")
    for term, equal in (("student_t:S", True), ("welch_t:S", False)):
        test = stats.ttest_ind(a, b, equal_var=equal)
        assert found[term] == pytest.approx(test.statistic, abs=1e-9)
        assert found.cell(term, "p_value") == pytest.approx(test.pvalue, abs=1e-12)
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert found.cell("difference:S", "ci_low") == pytest.approx(interval.low, abs=1e-9)
    pooled = np.sqrt((39 * a.var() + 59 * b.var()) / 98)
    assert found["d:S"] == pytest.approx((a.mean() - b.mean()) / pooled, abs=1e-12)
    t, scale = found["student_t:S"], np.sqrt(40 * 60 / 100)
    for column, tail in (("ci_low", 0.025), ("ci_high", 0.975)):
        bound = found.cell("d:S", column) * scale
        assert stats.nct.sf(t, 98, bound) == pytest.approx(tail, abs=1e-6)


def test_association_against_scipy():
    rng = np.random.default_rng(6)
    a = rng.integers(0, 3, 300)
    data = pd.DataFrame({"A": a, "B": np.where(rng.random(300) < 0.4, a, rng.integers(0, 3, 300))})
    found = association(data, "A", "B")
    table = pd.crosstab(data["A"], data["B"])
    want = stats.chi2_contingency(table, correction=False)
    assert found["chi2"] == pytest.approx(want.statistic, abs=1e-9)
    assert found.cell("chi2", "p_value") == pytest.approx(want.pvalue, rel=1e-9)
    assert found["cramer_v"] == pytest.approx(stats.contingency.association(table), abs=1e-12)
    low, high = found.cell("cramer_v", "ci_low"), found.cell("cramer_v", "ci_high")
    assert stats.ncx2.cdf(want.statistic, 4, 600 * low**2) == pytest.approx(0.975, abs=1e-6)
    assert stats.ncx2.cdf(want.statistic, 4, 600 * high**2) == pytest.approx(0.025, abs=1e-6)
    assert found["count:A.0~B.0"] == table.loc[0, 0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"G": "a"}, "has 1 group"),
        ({"S": "often"}, "holds words"),
        ({"S": 3.0}, "does not vary within"),
        ({"G": ["a"] * 129 + ["b"]}, "group 'b' of 'G' has 1 answer"),
        ({"G": None}, "has 0 group"),
    ],
)
def test_groups_that_cannot_be_compared(change, words):
    with pytest.raises(ModelError, match=words):
        compare_means(people().assign(**change), ["S"], "G")


def test_small_groups_and_lost_rows_are_told():
    data = people()
    data.loc[:10, "S"] = np.nan
    data.loc[data.index[-3:], "G"] = "d"
    failed = {check.name for check in compare_means(data, ["S"], "G").failed}
    assert failed == {"check.missing_casewise:S", "check.small_group:S.d"}
    with pytest.raises(ModelError, match="fewer than two categories"):
        association(data.assign(Q=1), "G", "Q")
    with pytest.raises(ModelError, match="'Z' is not a column"):
        association(data, "G", "Z")
