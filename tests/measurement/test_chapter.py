"""The orchestrators of the measurement chapter: they ask the right questions, and judge by the study's limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import measurement
from crmlab.measurement.missingness import little
from crmlab.result import Result, tidy_block

BLOCKS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3"]}
ITEMS = [item for block in BLOCKS.values() for item in block]


def answers(n=300, cor=0.4, load=0.8, method=0.0, seed=3):
    """Three constructs of three items each; `method` is the loading of every item on one factor more."""
    rng = np.random.default_rng(seed)
    R = np.full((3, 3), cor) + (1 - cor) * np.eye(3)
    eta = np.repeat(rng.multivariate_normal(np.zeros(3), R, n), 3, axis=1)
    error = np.sqrt(max(1 - load**2 - method**2, 0.05))
    X = load * eta + method * rng.standard_normal((n, 1)) + error * rng.standard_normal((n, 9))
    return pd.DataFrame(X, columns=ITEMS)


def holes(frame, share=0.1, seed=5):
    rng = np.random.default_rng(seed)
    return frame.mask(rng.random(frame.shape) < share)


# -- missing answers ---------------------------------------------------------------------------


def by_pattern(X, mean, cov):
    """Little's (1988) statistic as printed, one pattern after the other."""
    seen = ~np.isnan(X)
    total, df = 0.0, -X.shape[1]
    for mask in np.unique(seen, axis=0):
        rows = X[(seen == mask).all(axis=1)][:, mask]
        gap = rows.mean(axis=0) - mean[mask]
        total += len(rows) * gap @ np.linalg.solve(cov[np.ix_(mask, mask)], gap)
        df += int(mask.sum())
    return total, df


def test_little_is_the_sum_over_patterns():
    from crmlab.sem.incomplete import patterns
    from crmlab.sem.saturated import saturated

    X = holes(answers(200)).to_numpy()
    best = saturated(patterns(X))
    total, df = by_pattern(X, best.mean, best.cov)
    found = little(X)
    assert found.chi2 == pytest.approx(total, rel=1e-9)
    assert found.df == df


def test_little_keeps_its_level_and_finds_what_depends():
    rejected = 0
    for seed in range(60):
        one = measurement.missingness(holes(answers(150, seed=seed), 0.05, seed + 500), BLOCKS)
        rejected += "check.mcar" in {check.name for check in one.failed}
    assert rejected <= 8  # 5 % of 60 is 3; more than 8 has probability below .004
    frame = answers(400)
    frame.loc[frame["a1"] > 0.8, "b1"] = np.nan
    found = measurement.missingness(frame, BLOCKS)
    assert found.cell("mcar", "p_value") < 1e-6
    assert "check.mcar" in {check.name for check in found.failed}


def test_missing_answers_are_counted():
    frame = answers(100)
    frame.loc[:9, "a1"] = np.nan
    frame.loc[:4, "c3"] = np.nan
    found = measurement.missingness(frame, BLOCKS)
    assert (found["rows"], found["rows_complete"], found["cells_missing"]) == (100, 90, 15)
    assert (found["missing:A"], found["missing:B"], found["missing:C"]) == (10, 0, 5)
    assert found["share:A"] == pytest.approx(10 / 300)
    whole = measurement.missingness(answers(50), BLOCKS)
    assert np.isnan(whole["mcar"])
    assert whole.ok


# -- exploration -------------------------------------------------------------------------------


def test_three_factors_are_found_and_extracted():
    found = measurement.explore(answers(), BLOCKS)
    assert found.parallel["factors_quantile"] == 3
    assert found.efa.glance["factors"] == 3
    assert found.kmo.ok
    assert found.bartlett.ok
    assert set(found.inter_item.select("mean_r").index) == set(BLOCKS)
    assert found.general is None
    assert set(found.results) == {
        "missing", "inter_item", "normality", "kmo", "bartlett", "parallel", "map", "efa",
    }  # fmt: skip


@pytest.mark.parametrize(("number", "k"), [("parallel", 3), ("map", 3), ("constructs", 3), (2, 2), (60, 5)])
def test_the_study_chooses_the_number_of_factors(number, k):
    found = measurement.explore(answers(), BLOCKS, number=number)
    assert found.efa.glance["factors"] == k, "60 is more than nine items identify: five"


def test_limits_of_the_study_judge():
    strict = measurement.explore(answers(), BLOCKS, kmo_limit=0.99)
    check = next(check for check in strict.kmo.failed if check.name == "check.kmo")
    assert check.rule.startswith(">= 0.99")
    noise = pd.DataFrame(np.random.default_rng(1).standard_normal((60, 9)), columns=ITEMS)
    loose = measurement.explore(noise, BLOCKS, alpha=0.001)
    assert "check.bartlett" in {check.name for check in loose.bartlett.failed}


def test_no_factor_analysis_if_none_is_asked_for():
    found = measurement.explore(answers(), BLOCKS, number=None)
    assert {"kmo", "bartlett", "parallel", "map", "efa"}.isdisjoint(found.results)


def test_what_cannot_be_computed_is_said_and_stops_nothing():
    frame = answers(40)
    frame["a3"] = frame["a1"] + frame["a2"]
    found = measurement.explore(frame, BLOCKS, higher_order={"TOP": ["A", "B"]})
    for result in (found.kmo, found.bartlett, found.efa):
        assert result.tidy.empty
        assert [check.name for check in result.failed] == ["check.possible"]
        assert "exact tie" in result.failed[0].rule
    assert found.missing.ok


def test_general_factor_of_a_second_order_construct():
    found = measurement.explore(answers(cor=0.6), BLOCKS, higher_order={"TOP": ["A", "B", "C"]})
    assert 0.5 < found.general["omega_h:TOP"] < found.general["omega_total:TOP"] < 1
    plain = measurement.omega_hierarchical(answers(cor=0.6), 3, items=ITEMS)
    assert found.general["omega_h:TOP"] == plain["omega_h"]


# -- discriminant validity ---------------------------------------------------------------------


def test_fornell_larcker_takes_the_saved_numbers():
    frame = answers()
    assessed = measurement.assess(frame, BLOCKS, [("A", "B"), ("A", "C"), ("B", "C")], n_boot=100)
    found = measurement.separate(frame, assessed.reliability, assessed.correlations, BLOCKS, n_boot=100)
    assert found.fornell_larcker["root_ave:A"] == pytest.approx(np.sqrt(assessed.reliability["ave:A"]))
    assert found.fornell_larcker["cor:A~B"] == assessed.correlations["cor:A~B"]
    plain = measurement.htmt(frame, BLOCKS, kind="htmt2", n_boot=100)
    assert found.htmt_forms["htmt2:A~C"] == plain["htmt2:A~C"]
    assert found.htmt_forms.ok
    strict = measurement.separate(
        frame, assessed.reliability, assessed.correlations, BLOCKS, n_boot=100, htmt_limit=0.2
    )
    assert {check.name for check in strict.htmt_forms.failed} == {
        "check.htmt:A~B", "check.htmt:A~C", "check.htmt:B~C",
    }  # fmt: skip
    one = {"A": BLOCKS["A"]}
    assert measurement.separate(frame, assessed.reliability, assessed.correlations, one) is None


# -- method bias -------------------------------------------------------------------------------


def test_bias_asks_what_the_study_asks():
    frame = answers()
    frame["m1"] = np.random.default_rng(9).standard_normal(len(frame)) + 0.3 * frame["a1"]
    paths = [("A", "B"), ("A", "C"), ("B", "C")]
    plain = measurement.bias(frame, BLOCKS, paths)
    assert set(plain.results) == {"harman", "full_collinearity"}
    assert set(plain.full_collinearity.select("vif").index) == set(BLOCKS)
    marked = measurement.bias(frame, BLOCKS, paths, marker_items=["m1"], harman_limit=0.2)
    assert "check.harman" in {check.name for check in marked.harman.failed}
    assert "0.20" in marked.harman.failed[0].rule
    assert "cor_adjusted:A~B" in marked.marker
    lost = measurement.bias(frame, BLOCKS, paths, marker_items=["nowhere"])
    assert lost.marker.failed[0].name == "check.possible"


def test_a_factor_of_the_method_where_it_is_asked_for():
    paths = [("A", "B"), ("A", "C"), ("B", "C")]
    frame = answers(300, cor=0.2)
    found = measurement.bias(frame, BLOCKS, paths, method_factor=["common"], estimator="ML")
    assert found.method_common.model == "model.clf"
    assert found.method_free is None
    assert found.method_marker is None
    # three constructs that load alike: a second-order construct would look the same, and the result warns
    assert "check.method_second_order" in {check.name for check in found.method_common.failed}
    marked = measurement.bias(frame, BLOCKS, paths, method_factor=["marker"])
    assert marked.method_marker.failed[0].name == "check.possible", "a marker with no items"


# -- the annex ---------------------------------------------------------------------------------


def model():
    paths = pd.concat(
        [
            tidy_block("path", ["B~A", "C~B", "C~A"], [0.5, 0.4, -0.1], std_error=[0.05, 0.06, 0.05]),
            tidy_block("r2", ["B", "C"], [0.25, 0.15]),
        ]
    )
    loadings = [f"{name}=~{item}" for name, block in BLOCKS.items() for item in block]
    return {
        "paths": Result("m", paths),
        "effects": Result("m", tidy_block("indirect", ["C~B~A"], [0.2])),
        "outer": Result("m", tidy_block("loading", loadings, [0.8] * 9)),
    }


def test_the_annex_computes_from_saved_effects():
    frame = answers().clip(-2, 2).round() + 3
    found = measurement.annex(frame, model(), BLOCKS, midpoints=dict.fromkeys(BLOCKS, 3.0)).results
    assert set(found) == {"legacy_ks", "legacy_t", "legacy_friedman", "legacy_gof", "legacy_indirect"}
    # z = ab / sqrt(b2 sa2 + a2 sb2) = .2 / sqrt(.16 x .0025 + .25 x .0036)
    assert found["legacy_indirect"]["sobel:C~B~A"] == pytest.approx(0.2 / np.sqrt(0.0013), rel=1e-12)
    assert np.isnan(found["legacy_indirect"]["vaf:C~B~A"]), "indirect and direct effect differ in sign"
    assert "check.vaf_defined:C~B~A" in {check.name for check in found["legacy_indirect"].failed}
    assert found["legacy_gof"]["gof"] == pytest.approx(np.sqrt(0.64 * 0.20), rel=1e-12)
    means = measurement.construct_scores(frame, BLOCKS).mean()
    assert found["legacy_t"]["difference:B"] == pytest.approx(means["B"] - 3)
    assert all(
        any(check.name.startswith("legacy.superseded") for check in result.checks)
        for name, result in found.items()
        if name != "legacy_friedman"
    )


def test_the_annex_without_a_model_has_what_answers_alone_give():
    frame = answers()
    found = measurement.annex(frame, None, BLOCKS, midpoints={}).results
    assert set(found) == {"legacy_ks"}
