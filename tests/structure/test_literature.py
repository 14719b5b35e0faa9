"""Earlier studies: put together as metafor does, set beside ours, and taken as a prior."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame
from crmlab.structure import literature
from crmlab.structure.meta_analysis import difference, pool, shrink
from crmlab.study.prior_effects import PriorEffect, bundled_effects

# Molloy, O'Carroll & Ferguson (2014), 16 correlations, as printed in the documentation of metafor (dat.molloy2014)
MOLLOY_N = np.array([109, 749, 55, 107, 72, 65, 174, 326, 58, 771, 56, 91, 116, 537, 158, 65])
MOLLOY_R = np.array([
    0.187, 0.162, 0.340, 0.320, 0.270, 0.000, 0.175, 0.050, 0.260, 0.010, -0.090, 0.370, 0.000, 0.150, 0.240, 0.040,
])  # fmt: skip
BCG = np.array([  # Colditz et al. (1994): cases and others, vaccinated and not
    [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
    [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232], [17, 1699, 65, 1600],
    [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825],
], dtype=float)  # fmt: skip


def molloy():
    return np.arctanh(MOLLOY_R), 1 / (MOLLOY_N - 3)


def bcg():
    a, b, c, d = BCG.T
    return np.log(a / (a + b) / (c / (c + d))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def test_correlations_as_metafor_puts_them_together():
    """metafor 2.2: rma(yi, vi), printed to four decimals; its plain prediction interval with z."""
    found = pool(*molloy())
    assert found.tau2 == pytest.approx(0.0081, abs=5e-5)
    assert found.mu == pytest.approx(0.1499, abs=5e-5)
    assert found.plain_se == pytest.approx(0.0316, abs=5e-5)
    assert found.i2 == pytest.approx(0.6173, abs=5e-5)
    assert found.q == pytest.approx(38.1595, abs=5e-5)
    assert found.q_p == pytest.approx(0.0009, abs=5e-5)
    reach = 1.959964 * math.sqrt(found.tau2 + found.plain_se**2)
    assert np.tanh([found.mu - reach, found.mu + reach]) == pytest.approx([-0.037, 0.325], abs=5e-4)


def test_the_interval_with_t_as_metafor_gives_it():
    """metafor: rma(yi, vi, data = dat.bcg, test = "knha"): -0.7145 [-1.1084, -0.3206], p .0019, tau2 .3132."""
    found = pool(*bcg())
    assert [found.mu, found.se, found.low, found.high] == pytest.approx(
        [-0.7145, 0.1808, -1.1084, -0.3206], abs=5e-5
    )
    assert [found.tau2, found.q, found.p] == pytest.approx([0.3132, 152.2330, 0.0019], abs=5e-5)
    assert found.i2 == pytest.approx(0.9222, abs=5e-5)


def test_prediction_by_hand():
    y, v = molloy()
    found = pool(y, v, 0.90)
    w = 1 / (v + found.tau2)
    var = max(1.0, float(w @ (y - found.mu) ** 2) / 15) / w.sum()
    reach = stats.t.ppf(0.95, 15) * math.sqrt(found.tau2 + var)
    assert [found.new_low, found.new_high] == pytest.approx([found.mu - reach, found.mu + reach], rel=1e-9)
    assert found.high - found.mu == pytest.approx(stats.t.ppf(0.95, 15) * math.sqrt(var), rel=1e-9)


def test_tau2_is_where_the_restricted_likelihood_is_highest():
    y, v = bcg()

    def likelihood(tau2):
        w = 1 / (v + tau2)
        mu = w @ y / w.sum()
        return 0.5 * (np.log(w).sum() - np.log(w.sum()) - w @ (y - mu) ** 2)

    at = pool(y, v).tau2
    assert all(likelihood(at) >= likelihood(at * factor) for factor in (0.5, 0.99, 1.01, 2))


def test_studies_that_agree_do_not_claim_more_than_a_fixed_effect():
    found = pool(np.array([0.3, 0.3, 0.3]), np.array([0.01, 0.02, 0.03]))
    assert found.tau2 == 0
    assert found.se == found.plain_se == pytest.approx(1 / math.sqrt(100 + 50 + 100 / 3))


@pytest.mark.parametrize(("y", "v"), [([0.1], [0.1]), ([0.1, 0.2], [0.1, 0.0]), ([0.1, np.nan], [0.1, 0.1])])
def test_what_cannot_be_put_together(y, v):
    with pytest.raises(ModelError):
        pool(np.array(y), np.array(v))


def test_coverage_of_mean_and_prediction():
    """40 sets of 8 studies a batch, tau = 0.15: 95-percent intervals hold the mean and a new study's effect."""
    rng = np.random.default_rng(4)
    hit = new = 0
    for _ in range(400):
        n = rng.integers(80, 400, 8)
        z = rng.normal(0.4, 0.15, 8) + rng.standard_normal(8) / np.sqrt(n - 3)
        found = pool(z, 1 / (n - 3))
        hit += found.low <= 0.4 <= found.high
        new += found.new_low <= rng.normal(0.4, 0.15) <= found.new_high
    assert 0.93 <= hit / 400 <= 0.99
    assert 0.91 <= new / 400 <= 0.99


def test_a_huge_study_ignores_the_prior_and_a_tiny_one_is_drawn_to_it():
    prior = pool(*molloy())
    huge, tiny = shrink(0.9, 1e-4, prior), shrink(0.9, 10.0, prior)
    assert huge.weight > 0.999
    assert huge.mean == pytest.approx(0.9, abs=1e-5)
    assert tiny.mean == pytest.approx(prior.mu, abs=1e-3)
    middle = shrink(0.5, prior.spread, prior)
    assert middle.mean == pytest.approx((0.5 + prior.mu) / 2)
    assert middle.sd == pytest.approx(prior.spread / math.sqrt(2))


def test_the_interval_of_a_difference_by_hand():
    d, low, high = difference((0.5, 0.4, 0.58), (0.3, 0.1, 0.48))
    assert d == pytest.approx(0.2)
    assert low == pytest.approx(0.2 - math.hypot(0.1, 0.18))
    assert high == pytest.approx(0.2 + math.hypot(0.08, 0.2))


def ours(b=0.5, se=0.05, path="RQ~CRM", **more):
    rows = [
        {"term": f"path:{name}", "estimate": value, "std_error": se, "ci_low": value - 2 * se,
         "ci_high": value + 2 * se, "p_value": 0.01}
        for name, value in {path: b, **more}.items()
    ]  # fmt: skip
    return Result("model.pls", tidy_frame(rows), {"n": 400})


def effect(study, b=math.nan, sign=1.0, path="RQ~CRM", n=200.0, **more):
    target, _, source = path.partition("~")
    return PriorEffect(study, source, target, b, sign, n, **more)


def test_ours_beside_three_studies_by_hand():
    given = [effect("a", 0.4), effect("b", 0.3, n=100), effect("c", 0.55, n=300), effect("d")]
    found = literature(ours(), given)
    want = pool(np.arctanh([0.4, 0.3, 0.55]), 1 / np.array([197, 97, 297]))
    assert found["pooled:RQ~CRM"] == pytest.approx(math.tanh(want.mu))
    assert found.cell("prediction:RQ~CRM", "ci_high") == pytest.approx(math.tanh(want.new_high))
    assert found["k:RQ~CRM"] == 3
    se = 0.05 / (1 - 0.25)
    gap = math.atanh(0.5) - math.atanh(0.3)
    p = 2 * stats.norm.sf(gap / math.hypot(se, 1 / math.sqrt(97)))
    assert found.cell("difference:RQ~CRM@b", "p_value") == pytest.approx(p, rel=1e-9)
    assert found["p_holm:RQ~CRM@b"] >= p
    after = shrink(math.atanh(0.5), se, want)
    assert found["shrunken:RQ~CRM"] == pytest.approx(math.tanh(after.mean))
    assert found["weight:RQ~CRM"] == pytest.approx(after.weight)
    assert found["within:RQ~CRM"] == 1
    assert "study:RQ~CRM@d" not in found
    assert found["agrees:RQ~CRM@d"] == 1


@pytest.mark.parametrize(("b", "sign", "want"), [(0.5, 1, 1), (0.5, -1, -1), (0.05, 1, 0), (-0.5, 1, -1)])
def test_direction(b, sign, want):
    found = literature(ours(b), [effect("x", sign=float(sign))])
    assert found["agrees:RQ~CRM@x"] == want


def test_the_order_of_studies_changes_nothing():
    given = [effect("a", 0.4), effect("b", 0.3), effect("c", 0.6)]
    one, other = (literature(ours(), order).tidy.set_index("term") for order in (given, given[::-1]))
    assert one.sort_index().equals(other.sort_index()) or np.allclose(
        one.sort_index(), other.sort_index(), rtol=1e-12, equal_nan=True
    )


def test_one_study_has_a_difference_but_no_mean():
    found = literature(ours(), [effect("a", 0.4)])
    assert "difference:RQ~CRM@a" in found
    assert "pooled:RQ~CRM" not in found


def test_a_correlation_is_comparable_where_the_outcome_has_one_predictor():
    alone = literature(ours(), [effect("a", 0.4, kind="r"), effect("b", 0.5)])
    assert alone["k:RQ~CRM"] == 2
    beside = literature(ours(**{"RQ~USE": 0.2}), [effect("a", 0.4, kind="r"), effect("b", 0.5)])
    assert beside["k:RQ~CRM"] == 1
    assert "difference:RQ~CRM@a" not in beside
    assert beside["agrees:RQ~CRM@a"] == 1


def test_constructs_that_count_as_ours():
    own = ours(0.5, path="CLV~RQ")
    given = [
        effect("a", 0.4, path="LOY~RQ"),
        effect("b", 0.3, path="CLV~RQ"),
        effect("a", 0.9, path="WOM~RQ"),
    ]
    found = literature(own, given, counts_as={"CLV": ["LOY", "WOM"]})
    assert found["stands_in:CLV~RQ@a"] == 1
    assert found["study:CLV~RQ@a"] == pytest.approx(math.tanh((math.atanh(0.4) + math.atanh(0.9)) / 2))
    assert "stands_in:CLV~RQ@b" not in found
    exact = literature(own, [*given, effect("a", 0.1, path="CLV~RQ")], counts_as={"CLV": ["LOY", "WOM"]})
    assert exact["study:CLV~RQ@a"] == pytest.approx(0.1)


def test_effects_of_paths_that_we_have_not_got_are_said():
    found = literature(ours(), [effect("a", 0.4), effect("z", 0.2, path="X~Y"), effect("z", 0.1, path="Y~X")])
    (check,) = found.failed
    assert check.name == "check.path_of_ours:z"
    assert check.value == 2
    library = literature(ours(), library=[effect("z", 0.2, path="X~Y"), effect("b", 0.3)])
    assert not library.failed
    assert library["study:RQ~CRM@b"] == pytest.approx(0.3)


def test_a_path_beyond_one_is_left_out_and_said():
    found = literature(ours(1.02, **{"CLV~RQ": 0.4}), [effect("a", 0.4), effect("b", 0.3, path="CLV~RQ")])
    assert {check.name for check in found.failed} >= {"check.comparable_path:RQ~CRM"}
    assert "own:CLV~RQ" in found


def test_without_paths_there_is_nothing_to_set_beside():
    with pytest.raises(ModelError, match="no path"):
        literature(Result("model.pls", tidy_frame([])), [effect("a", 0.4)])


def test_the_bundled_library_is_whole():
    for one in bundled_effects():
        assert one.study.startswith("@")
        assert one.label
        assert one.sign in (1.0, -1.0)
        assert set(one.setting) == {"en", "fa"}
        assert not math.isfinite(one.estimate) or (abs(one.estimate) < 1 and one.n > 3)
