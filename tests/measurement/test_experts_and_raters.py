"""Content validity and agreement of raters: published worked examples, peers, error rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab import measurement
from crmlab.errors import ModelError
from crmlab.measurement.agreement import fleiss
from crmlab.measurement.ranks import holm
from crmlab.measurement.raters import null_variance

# Shrout & Fleiss (1979), table 2: six targets, four judges
JUDGES = pd.DataFrame(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
    columns=list("abcd"),
)


@pytest.mark.parametrize(
    ("experts", "critical"),
    # Ayre & Scally (2014), table 2
    [
        (5, 1.0),
        (6, 1.0),
        (7, 1.0),
        (8, 0.75),
        (9, 0.778),
        (10, 0.8),
        (11, 0.636),
        (12, 0.667),
        (15, 0.6),
        (20, 0.5),
        (40, 0.3),
    ],
)
def test_critical_cvr(experts, critical):
    assert measurement.critical_cvr(experts) == pytest.approx(critical, abs=5e-4)


def test_cvr():
    frame = pd.DataFrame(
        {"a": [3] * 9 + [2], "b": [3] * 7 + [1] * 3, "c": [3] * 8 + [np.nan] * 2, "d": [1] * 10}
    )
    found = measurement.cvr(frame)
    assert found["cvr:a"] == pytest.approx(0.8)
    assert found["cvr:b"] == pytest.approx(0.4)
    assert (found["cvr:c"], found["experts:c"], found["critical:c"]) == (1.0, 8, 0.75)
    assert found["cvr:d"] == -1
    assert found.cell("cvr:d", "p_value") == 1.0
    assert found.cell("cvr:a", "p_value") == pytest.approx(11 / 1024)
    assert [c.name for c in found.failed] == ["check.cvr:b", "check.cvr:d"]
    assert found["cvi"] == pytest.approx(0.9)
    few = measurement.cvr(frame.head(4))
    assert np.isnan(few["critical:a"])
    assert len(few.failed) == 4


def test_cvi():
    # Polit, Beck & Owen (2007), table 2: (N, A, I-CVI, kappa*)
    for n, agreed, share, kappa in [
        (3, 2, 0.667, 0.467),
        (5, 4, 0.8, 0.763),
        (6, 5, 0.833, 0.816),
        (9, 7, 0.778, 0.761),
    ]:
        frame = pd.DataFrame({"a": [4] * agreed + [2] * (n - agreed), "b": [3] * n})
        found = measurement.cvi(frame)
        assert found["i_cvi:a"] == pytest.approx(share, abs=5e-4)
        assert found["kappa:a"] == pytest.approx(kappa, abs=1.5e-3)
        assert found["s_cvi_ave"] == pytest.approx((found["i_cvi:a"] + 1) / 2)
        assert found["s_cvi_ua"] == 0.5


def test_icc_of_shrout_and_fleiss():
    found = measurement.icc(JUDGES)
    want = {
        "icc1": (0.17, -0.13, 0.72),
        "icc2": (0.29, 0.02, 0.76),
        "icc3": (0.71, 0.34, 0.95),
        "icc1k": (0.44, -0.88, 0.91),
        "icc2k": (0.62, 0.07, 0.93),
        "icc3k": (0.91, 0.68, 0.99),
    }
    for term, values in want.items():
        row = [found.cell(term, column) for column in ("estimate", "ci_low", "ci_high")]
        assert row == pytest.approx(values, abs=5.1e-3), term


def test_consistency_of_the_mean_is_alpha_and_ignores_a_raters_level():
    found = measurement.icc(JUDGES)
    assert found["icc3k"] == pytest.approx(measurement.alpha(JUDGES)["alpha"], abs=1e-12)
    shifted = measurement.icc(JUDGES.add([0, 5, -3, 1]))
    assert shifted["icc3"] == pytest.approx(found["icc3"], abs=1e-12)
    assert shifted["icc2"] < found["icc2"]


def test_icc_intervals_cover():
    rng, inside = np.random.default_rng(2), np.zeros(2)
    for _ in range(600):
        X = rng.standard_normal((40, 1)) + 0.5 * rng.standard_normal((1, 10)) + rng.standard_normal((40, 10))
        found = measurement.icc(pd.DataFrame(X))
        for place, (term, truth) in enumerate([("icc2", 1 / 2.25), ("icc3", 0.5)]):
            inside[place] += found.cell(term, "ci_low") <= truth <= found.cell(term, "ci_high")
    assert (inside / 600 > 0.91).all()
    assert (inside / 600 < 0.985).all()


def test_rwg_by_hand():
    frame = pd.DataFrame({"a": [4, 4, 5, 4, 1, 5, 2, 5], "b": [4, 5, 5, 4, 2, 5, 1, 4]})
    groups = list("xxxxyyyy")
    one = measurement.rwg(frame[["a"]], points=5, groups=groups)
    assert one["rwg:x"] == pytest.approx(1 - 0.25 / 2)
    assert one["rwg:y"] == 0
    assert [c.name for c in one.failed] == ["check.rwg_range:y"]
    two = measurement.rwg(frame, points=5, groups=groups)
    mean = (0.25 + 1 / 3) / 2 / 2
    assert two["rwg:x"] == pytest.approx(2 * (1 - mean) / (2 * (1 - mean) + mean))
    assert two["agreed"] == 0.5
    skewed = measurement.rwg(frame, points=5, groups=groups, null="slight")
    assert skewed["rwg:x"] < two["rwg:x"]
    alone = measurement.rwg(frame.head(5), points=5, groups=list("xxxxz"))
    assert np.isnan(alone["rwg:z"])
    assert alone["mean"] == alone["rwg:x"]


@pytest.mark.parametrize(
    ("null", "variance"), [("uniform", 2.0), ("slight", 1.34), ("moderate", 0.90), ("heavy", 0.44)]
)
def test_variance_of_the_null(null, variance):
    assert null_variance(5, null) == pytest.approx(variance)  # LeBreton & Senter (2008), table 2


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_against_statsmodels(weights):
    from statsmodels.stats.inter_rater import cohens_kappa

    rng = np.random.default_rng(3)
    a = rng.integers(1, 5, 90)
    b = np.where(rng.random(90) < 0.6, a, rng.integers(1, 5, 90))
    peer = cohens_kappa(pd.crosstab(a, b).to_numpy(), wt=None if weights == "none" else weights)
    found = measurement.kappa(pd.DataFrame({"a": a, "b": b}), weights=weights)
    assert found["kappa"] == pytest.approx(peer.kappa, abs=1e-12)
    assert found.cell("kappa", "std_error") == pytest.approx(peer.std_kappa, abs=1e-12)
    assert found.cell("kappa", "p_value") == pytest.approx(peer.pvalue_two_sided, abs=1e-12)


def test_quadratic_kappa_is_an_intraclass_correlation():
    rng = np.random.default_rng(4)
    a = rng.integers(1, 6, 400)
    frame = pd.DataFrame({"a": a, "b": np.clip(a + rng.integers(-1, 2, 400), 1, 5)})
    kappa = measurement.kappa(frame, weights="quadratic")["kappa"]
    assert kappa == pytest.approx(measurement.icc(frame)["icc2"], abs=3e-3)  # Fleiss & Cohen (1973), large n


def test_fleiss_kappa():
    from statsmodels.stats.inter_rater import aggregate_raters
    from statsmodels.stats.inter_rater import fleiss_kappa as peer

    rng = np.random.default_rng(5)
    a = rng.integers(1, 5, 80)
    X = np.column_stack([np.where(rng.random(80) < q, a, rng.integers(1, 5, 80)) for q in (1, 0.6, 0.5)])
    found = measurement.fleiss_kappa(pd.DataFrame(X))
    assert found["kappa"] == pytest.approx(peer(aggregate_raters(X)[0]), abs=1e-12)
    assert found.cell("kappa", "ci_low") < found["kappa"] < found.cell("kappa", "ci_high")
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # the textbook example of ten subjects and fourteen raters, kappa .210  # fmt: skip
    assert fleiss(np.array(counts)).value == pytest.approx(0.210, abs=5e-4)


def test_fleiss_kappas_test_holds_its_size_and_its_error_is_right():
    rng = np.random.default_rng(6)
    p = [
        measurement.fleiss_kappa(pd.DataFrame(rng.integers(1, 4, (50, 4)))).cell("kappa", "p_value")
        for _ in range(400)
    ]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.085
    values, errors = [], []
    for _ in range(200):
        truth = rng.integers(1, 4, (60, 1))
        X = np.where(rng.random((60, 4)) < 0.6, truth, rng.integers(1, 4, (60, 4)))
        found = measurement.fleiss_kappa(pd.DataFrame(X))
        values.append(found["kappa"])
        errors.append(found.cell("kappa", "std_error"))
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)


def test_ranks_against_scipy():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(rng.integers(1, 6, (30, 5)) + 0.5 * np.arange(5), columns=list("abcde"))
    tied = pd.DataFrame(rng.integers(1, 4, (30, 5)), columns=list("abcde"))
    for data in (frame, tied):
        peer = stats.friedmanchisquare(*data.to_numpy().T)
        found, w = measurement.friedman(data), measurement.kendall_w(data)
        assert found["chi2"] == pytest.approx(peer.statistic, abs=1e-9)
        assert found.cell("chi2", "p_value") == pytest.approx(peer.pvalue, rel=1e-9)
        assert w["kendall_w"] == pytest.approx(peer.statistic / (30 * 4), abs=1e-12)
        ranks = stats.rankdata(data, axis=1)
        mean_r = stats.spearmanr(data.T).statistic[np.triu_indices(30, 1)].mean() if data is frame else None
        if mean_r is not None and len(np.unique(ranks)) == 5:
            assert w["mean_r"] == pytest.approx(mean_r, abs=1e-9)
        pair = stats.ttest_1samp(ranks[:, 0] - ranks[:, 1], 0).confidence_interval()
        assert found.cell("rank_difference:a~b", "ci_low") == pytest.approx(pair.low, abs=1e-9)


def test_complete_agreement_on_an_order():
    frame = pd.DataFrame([[1, 2, 3, 4]] * 6, columns=list("abcd"))
    assert measurement.kendall_w(frame)["kendall_w"] == pytest.approx(1)
    assert measurement.kendall_w(frame)["mean_r"] == pytest.approx(1)
    found = measurement.friedman(frame)
    assert found.cell("f", "p_value") == 0
    assert found["rank_difference:a~b"] == -1
    assert np.isnan(found.cell("rank_difference:a~b", "p_value"))


def test_holm():
    assert holm(np.array([0.01, 0.04, 0.03, np.nan])) == pytest.approx(
        [0.03, 0.06, 0.06, np.nan], nan_ok=True
    )


ONES = pd.DataFrame({"a": [1, 1, 1], "b": [1, 1, 1]})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: measurement.cvr(pd.DataFrame({"a": [3, np.nan]})), "item 'a' was judged by 1 experts"),
        (lambda: measurement.cvr(pd.DataFrame()), "no judgements"),
        (lambda: measurement.critical_cvr(10, 0), "alpha 0 is not a probability"),
        (lambda: measurement.icc(JUDGES[["a"]]), "1 columns are given"),
        (lambda: measurement.icc(ONES), "means are all the same"),
        (
            lambda: measurement.icc(pd.DataFrame({"a": [1, 2, 3], "b": [2, 3, 4]})),
            "differ by a constant only",
        ),
        (lambda: measurement.rwg(JUDGES, points=5), "an answer of 9 is not on the scale 1-5"),
        (lambda: measurement.rwg(ONES, points=7, null="slight"), "null 'slight' for 7 steps is not known"),
        (lambda: measurement.rwg(ONES, points=3, null=(0.5, 0.6, 0.1)), "3 shares that sum to 1"),
        (lambda: measurement.rwg(ONES, points=5, groups=["x"]), "1 groups are named for 3 rows"),
        (lambda: measurement.rwg(ONES, points=5, groups=["x", None, "y"]), "1 rows have no group"),
        (lambda: measurement.kappa(JUDGES), "4 columns are given"),
        (lambda: measurement.kappa(ONES), "all ratings are in one class"),
        (lambda: measurement.kappa(ONES, weights="cubic"), "weights 'cubic'"),
        (lambda: measurement.fleiss_kappa(ONES), "everything is in one class"),
        (lambda: measurement.friedman(ONES), "there is no order"),
    ],
)
def test_what_cannot_be_computed_says_why(call, says):
    with pytest.raises(ModelError, match=says):
        call()
