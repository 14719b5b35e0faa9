"""Kinds of bootstrap intervals: by their definitions, against SciPy, and as fast as promised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pls_cases import CRM, CRM_PATHS
from scipy.stats import bootstrap as scipy_bootstrap

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.pls.bootstrap import Solver, jackknife
from crmlab.pls.intervals import Centre, acceleration, summary


@pytest.fixture(scope="module")
def fit(sim400):
    return pls.fit(sim400, CRM, CRM_PATHS)


def test_bca_of_a_mean_against_scipy():
    x = np.random.default_rng(1).exponential(size=60)
    theirs = scipy_bootstrap((x,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(2))
    draws = theirs.bootstrap_distribution[None]
    left_out = ((x.sum() - x) / (len(x) - 1))[None]
    centre = Centre(np.array([x.mean()]), acceleration(left_out))
    ours = summary(draws, 0.95, centre)
    assert ours["ci_low"][0] == pytest.approx(theirs.confidence_interval.low, abs=1e-9)
    assert ours["ci_high"][0] == pytest.approx(theirs.confidence_interval.high, abs=1e-9)


def test_without_bias_and_acceleration_bc_is_the_percentile_interval():
    draws = np.random.default_rng(3).standard_normal((4, 999))
    centre = Centre(np.median(draws, axis=1))
    plain, corrected = summary(draws, 0.9), summary(draws, 0.9, centre)
    for end in ("ci_low", "ci_high"):
        assert corrected[end] == pytest.approx(plain[end], abs=0.02)


def test_jackknife_is_the_fit_without_each_row(fit, sim400):
    left_out = jackknife(Solver.of(fit))
    terms = fit.bootstrap(2, seed=1).terms
    for row in (0, 17, 399):
        again = pls.fit(sim400.drop(index=row), CRM, CRM_PATHS).estimates
        ours = dict(zip(terms, left_out[:, row], strict=True))
        # r2_adjusted knows n, which stays that of the whole sample
        assert max(abs(ours[t] - again[t]) for t in terms if not t.startswith("r2_adj")) < 1e-6


@pytest.mark.parametrize("ci", ["percentile", "bc", "bca", "studentized"])
def test_every_kind_holds_the_estimate_and_repeats(fit, ci):
    boot = fit.bootstrap(400, seed=3, ci=ci, inner=25)
    table = boot.result("path", "htmt", "r2").tidy
    assert ((table["ci_low"] < table["estimate"]) & (table["estimate"] < table["ci_high"])).all()
    assert boot.result("path").equals(fit.bootstrap(400, seed=3, ci=ci, inner=25).result("path"))


def test_studentized_interval_by_definition(fit):
    boot = fit.bootstrap(400, seed=3, ci="studentized", inner=25)
    row = boot.terms.index("path:TRU~KCO")
    at, draws, inner = fit.estimates["path:TRU~KCO"], boot.draws[row], boot.centre.inner[row]
    assert inner.mean() == pytest.approx(draws.std(), rel=0.15)
    low, high = np.quantile((draws - at) / inner, [0.025, 0.975])
    se = draws.std(ddof=1)
    found = boot.result("path").tidy.set_index("term").loc["path:TRU~KCO"]
    assert [found["ci_low"], found["ci_high"]] == pytest.approx([at - se * high, at - se * low], rel=1e-9)


def test_skewed_quantities_move_their_interval(sim400):
    """R2 is biased upward in resamples: BC and BCa move its interval down."""
    fit = pls.fit(sim400.head(60), CRM, CRM_PATHS)
    plain, bca = (fit.bootstrap(1500, seed=1, ci=ci).result("r2").tidy for ci in ("percentile", "bca"))
    assert (bca["ci_high"] < plain["ci_high"]).all()


def test_f2_and_vif_are_resampled_if_asked_for(fit, sim400):
    boot = fit.bootstrap(5, seed=9, extra=("f2", "vif"))
    rows = np.random.default_rng(9).integers(0, fit.n, (5, fit.n))
    again = pls.fit(sim400.iloc[rows[2]].reset_index(drop=True), CRM, CRM_PATHS).estimates
    for quantity in ("f2", "vif"):
        term = f"{quantity}:SAT~TRU"
        assert boot.draws[boot.terms.index(term), 2] == pytest.approx(again[term], abs=1e-5)
    assert np.isnan(fit.bootstrap(5, seed=9).result("f2").tidy["ci_low"]).all()
    with pytest.raises(ModelError, match="'q2' cannot be resampled"):
        fit.bootstrap(5, extra=("q2",))


def test_too_few_inner_resamples_are_refused(fit):
    with pytest.raises(ModelError, match="2 inner resamples"):
        fit.bootstrap(50, ci="studentized", inner=2)


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "resamples"), [("percentile", 500), ("bc", 500), ("bca", 500)])
def test_false_positives_of_every_kind(ci, resamples):
    found, sets = 0, 200
    for seed in range(sets):
        rng = np.random.default_rng([seed, 78])
        f = rng.standard_normal((300, 4))
        f[:, 2] += f[:, 0]  # X holds V, Z holds Y; X -> Y is zero
        f[:, 3] += f[:, 1]
        items = np.repeat(f, 3, axis=1) + 0.7 * rng.standard_normal((300, 12))
        names = [f"{c}{i}" for c in "xzvy" for i in (1, 2, 3)]
        blocks = {c.upper(): [f"{c}{i}" for i in (1, 2, 3)] for c in "xzvy"}
        fit = pls.fit(pd.DataFrame(items, columns=names), blocks, [("X", "V"), ("Z", "Y"), ("X", "Y")])
        row = fit.bootstrap(resamples, seed=seed, ci=ci).result("path").tidy.set_index("term").loc["path:Y~X"]
        found += (row["ci_low"] > 0) | (row["ci_high"] < 0)
    assert 0.02 <= found / sets <= 0.08


def test_an_infinite_draw_is_an_undefined_one():
    """f2 is infinite where a consistent R2 reaches 1: up to 1 % of such draws are left out, more give no interval."""
    draws = np.random.default_rng(0).standard_normal((2, 1000))
    plain = summary(np.delete(draws, [3, 5], axis=1), 0.95)
    draws[0, [3, 5]] = np.inf
    draws[1, :20] = np.inf
    found = summary(draws, 0.95)
    assert found["ci_low"][0] == pytest.approx(plain["ci_low"][0], abs=1e-12)
    assert np.isnan(found["ci_low"][1])
