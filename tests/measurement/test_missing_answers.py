"""Missing answers: nothing is lost without being counted, and what depends on other answers does not mislead."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from crmlab import measurement
from crmlab.errors import ModelError
from crmlab.measurement.adequacy import kurtosis_excess
from crmlab.measurement.answers import answered
from crmlab.measurement.incomplete import influence, likeliest, plain
from crmlab.pls.moments import correlations, products
from crmlab.sem.missing import patterns, saturated

ITEMS = list("abcdefgh")
BLOCKS = {"X": ITEMS[:4], "Y": ITEMS[4:]}
QUICK = {"n_boot": 20}
QUESTIONS = {
    "kmo": (lambda f, m: measurement.kmo(f, missing=m), "kmo"),
    "bartlett": (lambda f, m: measurement.bartlett(f, missing=m), None),
    "mardia": (lambda f, m: measurement.mardia(f, missing=m), None),
    "efa": (lambda f, m: measurement.efa(f, 2, missing=m), "communality:a"),
    "efa_ml": (lambda f, m: measurement.efa(f, 2, "ml", "promax", missing=m), "communality:a"),
    "parallel": (lambda f, m: measurement.parallel_analysis(f, 50, missing=m), "eigenvalue:1"),
    "map": (lambda f, m: measurement.map_test(f, missing=m), "map:0"),
    "harman": (lambda f, m: measurement.harman(f, missing=m), "harman"),
    "harman_axis": (lambda f, m: measurement.harman(f, kind="axis", missing=m), "harman"),
    "collinearity": (lambda f, m: measurement.full_collinearity(f, missing=m), "vif:e"),
    "marker": (lambda f, m: measurement.marker(f, "h", missing=m), "cor:a~e"),
    "omega": (lambda f, m: measurement.omega(f, missing=m, **QUICK), "omega"),
    "omega_h": (lambda f, m: measurement.omega_hierarchical(f, 2, missing=m), "omega_h"),
    "alpha": (lambda f, m: measurement.alpha(f, interval="bootstrap", missing=m, **QUICK), "alpha"),
    "inter_item": (lambda f, m: measurement.inter_item(f, missing=m), "mean_r"),
    "reliability": (
        lambda f, m: measurement.reliability(f, {"All": ITEMS}, missing=m, **QUICK),
        "alpha:All",
    ),
    "item_rest": (lambda f, m: measurement.item_rest(f, {"All": ITEMS}, missing=m), "item_rest:a"),
    "htmt": (lambda f, m: measurement.htmt(f, BLOCKS, missing=m, **QUICK), None),
}


def sample(n: int, seed: int) -> pd.DataFrame:
    """Two correlated factors with four items each."""
    rng = np.random.default_rng(seed)
    f = rng.standard_normal((n, 2)) @ np.linalg.cholesky([[1, 0.6], [0.6, 1]]).T
    return pd.DataFrame(np.repeat(f, 4, axis=1) * 0.75 + 0.66 * rng.standard_normal((n, 8)), columns=ITEMS)


def holed(frame: pd.DataFrame) -> pd.DataFrame:
    """e to h are not answered where a + b is high: missing at random, given a and b."""
    holes = frame.copy()
    holes.loc[frame["a"] + frame["b"] > 0.3, ITEMS[4:]] = np.nan
    return holes


FULL = sample(6000, 1)
HOLES = holed(FULL)


@pytest.mark.parametrize("question", QUESTIONS)
def test_with_every_answer_given_the_rule_changes_nothing(question):
    ask, _ = QUESTIONS[question]
    frame = FULL.iloc[:150]
    assert ask(frame, "fiml").equals(ask(frame, "listwise"))


@pytest.mark.parametrize("question", [name for name, (_, term) in QUESTIONS.items() if term])
def test_answers_missing_at_random_mislead_listwise_and_not_fiml(question):
    ask, term = QUESTIONS[question]
    truth, fiml, listwise = ask(FULL, "fiml")[term], ask(HOLES, "fiml")[term], ask(HOLES, "listwise")[term]
    off = abs(listwise - truth)
    assert off > 0.03 * abs(truth)
    assert abs(fiml - truth) < 0.35 * off


def test_htmt_survives_where_listwise_loses_the_rows():
    truth, fiml = (measurement.htmt(f, BLOCKS, n_boot=50)["htmt:X~Y"] for f in (FULL, HOLES))
    assert fiml == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_row_is_counted(question):
    ask, _ = QUESTIONS[question]
    frame = FULL.iloc[:200].copy()
    frame.loc[frame.index[:30], "e"] = np.nan
    frame.loc[frame.index[-2:]] = np.nan  # two rows without any answer
    for missing, n, name in (
        ("fiml", 198, "check.missing_fiml"),
        ("listwise", 168, "check.missing_casewise"),
    ):
        found = ask(frame, missing)
        check = next(c for c in found.checks if c.name.startswith(name))
        assert check.value == 32
        if question in ("reliability", "item_rest"):
            assert check.name == f"{name}:All"
            continue
        assert (found.glance["n"], found.glance["rows"], found.glance["rows_complete"]) == (n, 200, 168)
        assert ("2 rows without any answer" in check.rule) == (missing == "fiml")


def test_moments_are_those_of_a_plain_em():
    X = HOLES.iloc[:120].to_numpy()
    found = likeliest(X, ITEMS)
    mean, cov = np.nanmean(X, axis=0), np.diag(np.nanvar(X, axis=0))
    for _ in range(250):
        filled, spread = X.copy(), np.zeros_like(cov)
        for i, row in enumerate(X):
            m = np.isnan(row)
            if m.any():
                B = np.linalg.solve(cov[np.ix_(~m, ~m)], cov[np.ix_(~m, m)])
                filled[i, m] = mean[m] + (row[~m] - mean[~m]) @ B
                spread[np.ix_(m, m)] += cov[np.ix_(m, m)] - cov[np.ix_(m, ~m)] @ B
        mean = filled.mean(axis=0)
        D = filled - mean
        cov = (D.T @ D + spread) / len(X)
    np.testing.assert_allclose(found.mean, mean, atol=1e-6)
    np.testing.assert_allclose(found.cov, cov, atol=1e-6)


def test_rows_influence_is_the_bootstrap_itself_where_nothing_is_missing():
    X = FULL.iloc[:120].to_numpy()
    rows = np.random.default_rng(3).integers(0, 120, (40, 120))
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    for ours, theirs in zip(
        correlations(influence(X, plain(X)), rows), correlations(products(Z), rows), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-8)


def test_one_step_bootstrap_spreads_like_refitting_every_resample():
    frame = HOLES.iloc[:300]
    X = frame.to_numpy()
    rows = np.random.default_rng(4).integers(0, 300, (200, 300))
    R, _ = correlations(answered(frame, what="x").products(), rows)
    refitted = []
    for drawn in rows:
        S = saturated(patterns(X[drawn])).cov
        refitted.append(S / np.sqrt(np.outer(np.diag(S), np.diag(S))))
    pairs = np.tril_indices(8, -1)
    one_step, exact = R[pairs], np.array(refitted)[:, pairs[0], pairs[1]].T
    np.testing.assert_allclose(one_step.std(axis=1) / exact.std(axis=1), 1, atol=0.12)
    assert min(np.corrcoef(a, b)[0, 1] for a, b in zip(one_step, exact, strict=True)) > 0.95


def test_kurtosis_with_missing_answers_is_mardias_without_them():
    X = FULL.iloc[:80].to_numpy()
    ours = kurtosis_excess(X, plain(X))
    plainly = measurement.mardia(FULL.iloc[:80], divisor="n")
    assert ours == pytest.approx((plainly["kurtosis"], plainly["kurtosis_z"]), rel=1e-9)


def test_kurtosis_of_normal_answers_with_holes_is_standard_normal():
    z = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        f = rng.standard_normal((250, 1))
        X = f + 0.8 * rng.standard_normal((250, 4))
        X[X[:, 0] > 0.6, 2:] = np.nan
        X[rng.random(250) < 0.2, 1] = np.nan
        z.append(kurtosis_excess(X, likeliest(X, list("abcd")))[1])
    assert abs(np.mean(z)) < 0.4  # a little below zero in samples of this size, as Mardia's
    assert np.std(z) == pytest.approx(1, abs=0.15)


def test_skewness_without_complete_rows_is_said():
    frame = FULL.iloc[:60, :3].copy()
    for place in range(3):
        frame.iloc[20 * place : 20 * place + 20, place] = np.nan
    found = measurement.mardia(frame)
    assert math.isnan(found["skewness"])
    assert np.isfinite(found["kurtosis_z"])
    assert [c.name for c in found.failed] == ["check.rows_complete"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.assign(a=np.nan), "item 'a' has no answers at all"),
        (lambda f: f.assign(b=f["b"].where(f["b"].isna(), 4.0)), "item 'b': every answer is the same"),
        (lambda f: f.iloc[:100] * np.nan, "0 of 100 rows"),
        (
            lambda f: f.assign(a=f["a"].where(f.index < 100), c=f["c"].where(f.index >= 100)),
            "'a' and 'c' are never answered",
        ),
        (lambda f: f.assign(b=f["a"]).mask(f["h"] > 2), "an exact tie runs through 'a', 'b'"),
    ],
)
def test_what_cannot_be_says_why(change, says):
    frame = FULL.iloc[:200].copy()
    frame.loc[frame.index[:5], "d"] = np.nan
    with pytest.raises(ModelError, match=says):
        measurement.kmo(change(frame))


def test_unknown_rule_is_refused():
    with pytest.raises(ModelError, match="missing 'mean' is not one of fiml, listwise"):
        measurement.kmo(FULL, missing="mean")


def test_a_constant_item_with_a_hole_leaves_alpha_a_number():
    frame = FULL.iloc[:100].assign(b=3.0)
    frame.loc[frame.index[:4], "b"] = np.nan
    frame.loc[frame.index[5:9], "a"] = np.nan
    found = measurement.reliability(frame, {"X": ITEMS[:4]}, n_boot=20)
    assert np.isfinite(found["alpha:X"])
    assert math.isnan(found["omega:X"])
    assert "check.variance:X" in [c.name for c in found.failed]
