"""The bootstrap: right resamples, right signs, same numbers anywhere, honest error rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import pls
from crmlab.pls import bootstrap as engine
from crmlab.pls.solution import solve_model

THREE = {c.upper(): [f"{c}{i}" for i in (1, 2, 3)] for c in "xzyv"}
# X and Z are each held by a strong path of their own; X -> Y is truly zero
NULL_PATHS = [("X", "V"), ("Z", "Y"), ("X", "Y")]


def null_data(seed: int, n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((2, n))
    y, v = 0.5 * z + np.sqrt(0.75) * rng.standard_normal(n), 0.5 * x + np.sqrt(0.75) * rng.standard_normal(n)
    latent = {"x": x, "z": z, "y": y, "v": v}
    return pd.DataFrame(
        {f"{c}{i}": 0.8 * f + 0.6 * rng.standard_normal(n) for c, f in latent.items() for i in (1, 2, 3)}
    )


@pytest.fixture(scope="module")
def fit():
    return pls.fit(null_data(1), THREE, NULL_PATHS)


def test_resampled_moments_are_those_of_the_resampled_rows(fit):
    rows = np.random.default_rng(5).integers(0, fit.n, (4, fit.n))
    R, spread = engine.correlations(engine.products(fit.Z), rows)
    for b in range(4):
        assert np.abs(R[:, :, b] - np.corrcoef(fit.Z[rows[b]].T)).max() < 1e-10
        assert np.abs(spread[:, b] - fit.Z[rows[b]].std(axis=0)).max() < 1e-10


def test_each_resample_is_the_fit_of_its_rows(fit):
    boot = fit.bootstrap(6, seed=9)
    rows = np.random.default_rng(9).integers(0, fit.n, (6, fit.n))
    data = null_data(1)
    for b in range(6):
        again = pls.fit(data.iloc[rows[b]].reset_index(drop=True), THREE, NULL_PATHS).estimates
        ours = pd.Series(boot.draws[:, b], index=boot.terms)
        assert np.nanmax(np.abs(ours - pd.Series(again))) < 1e-6


def test_a_seed_gives_the_same_numbers_with_any_number_of_cores(fit, monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    base = fit.bootstrap(3000, seed=4).draws
    for cores in (1, 2):
        monkeypatch.setattr(engine.os, "cpu_count", lambda cores=cores: cores)
        with threadpoolctl.threadpool_limits(cores):
            assert np.array_equal(base, fit.bootstrap(3000, seed=4).draws, equal_nan=True)
    assert not np.array_equal(base, fit.bootstrap(3000, seed=5).draws, equal_nan=True)


def test_the_size_of_a_chunk_is_no_information(fit, monkeypatch):
    base = fit.bootstrap(700, seed=4).draws
    monkeypatch.setattr(engine, "CELLS", 64 * fit.n)
    assert np.nanmax(np.abs(base - fit.bootstrap(700, seed=4).draws)) < 1e-12


def test_interval_error_and_p_by_definition(fit):
    boot = fit.bootstrap(999, seed=2, level=0.9)
    draws = boot.draws[boot.terms.index("path:Y~X")]
    row = boot.result("path").tidy.set_index("term").loc["path:Y~X"]
    assert row["std_error"] == pytest.approx(draws.std(ddof=1), rel=1e-12)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        np.quantile(draws, [0.05, 0.95]).tolist(), rel=1e-12
    )
    beyond = min((draws <= 0).sum(), (draws >= 0).sum())
    assert row["p_value"] == pytest.approx(min(1, 2 * (beyond + 1) / 1000), rel=1e-12)
    assert boot.result().glance["resamples"] == 999


def test_a_fixed_quantity_has_no_interval():
    data = null_data(3)
    boot = pls.fit(data, THREE | {"V": ["v1"]}, NULL_PATHS).bootstrap(50, seed=1).result("loading")
    assert boot["loading:V=~v1"] == 1.0
    assert np.isnan(boot.cell("loading:V=~v1", "ci_low"))


def test_resamples_without_a_solution_are_counted():
    data = null_data(2, n=12)
    data["x1"] = [1.0] + [0.0] * 11  # a third of all resamples miss row 0
    boot = pls.fit(data, THREE, NULL_PATHS).bootstrap(600, seed=1)
    share = (11 / 12) ** 12
    assert boot.failed == pytest.approx(600 * share, abs=4 * np.sqrt(600 * share * (1 - share)) + 5)
    check = next(c for c in boot.result().checks if c.name == "check.bootstrap_failed")
    assert not check.ok
    assert check.value == boot.failed
    assert np.isfinite(boot.result("path").tidy["ci_low"]).all()


def test_signs_follow_the_items_of_the_construct(fit):
    """The sign of a construct comes from its loadings alone: mirrored items mirror all its paths."""
    boot = fit.bootstrap(500, seed=6)
    loadings = [row for row, term in enumerate(boot.terms) if term.startswith("loading:")]
    assert (boot.draws[loadings].mean(axis=0) > 0.5).all()
    R, _ = engine.correlations(
        engine.products(fit.Z), np.random.default_rng(6).integers(0, fit.n, (50, fit.n))
    )
    turn = np.where([item.startswith("x") for item in fit.model.first.items], -1.0, 1.0)
    mirrored = R * turn[:, None, None] * turn[None, :, None]
    plain = solve_model(R, fit.model, 1e-10, 300, like=fit.solution).final
    turned = solve_model(mirrored, fit.model, 1e-10, 300, like=fit.solution).final
    names = np.array(fit.model.final.names)
    side = np.where(names == "X", -1.0, 1.0)
    assert np.abs(turned.loadings - plain.loadings).max() < 1e-6
    assert np.abs(turned.beta - plain.beta * (side[:, None] * side)[:, :, None]).max() < 1e-6


NULL = {c.upper(): [f"{c}{i}" for i in (1, 2, 3, 4)] for c in "abc"}
NULL_TERMS = ("path:B~A", "path:C~A", "path:C~B")


def false_positives(sets: range, n: int, resamples: int) -> tuple[float, float]:
    """Share of truly zero paths whose interval leaves zero out: signs by construct, and by coefficient.

    Three unrelated constructs with four items each (loadings .8); three paths a set.
    """
    aligned = flipped = 0
    for seed in sets:
        rng = np.random.default_rng([seed, 77])
        items = 0.8 * np.repeat(rng.standard_normal((n, 3)), 4, axis=1) + 0.6 * rng.standard_normal((n, 12))
        data = pd.DataFrame(items, columns=[item for block in NULL.values() for item in block])
        boot = pls.fit(data, NULL, [("A", "B"), ("A", "C"), ("B", "C")]).bootstrap(resamples, seed=seed)
        table = boot.result("path").tidy.set_index("term")
        aligned += ((table["ci_low"] > 0) | (table["ci_high"] < 0)).sum()
        draws = boot.draws[[boot.terms.index(term) for term in NULL_TERMS]]
        draws = np.abs(draws[:, np.isfinite(draws).all(axis=0)])  # each flipped to the estimate's sign
        flipped += (np.quantile(draws, 0.025, axis=1) > 0).sum()
    return aligned / (3 * len(sets)), flipped / (3 * len(sets))


def test_null_paths_are_seldom_found_and_flipping_would_always_find_them():
    aligned, flipped = false_positives(range(60), 200, 300)
    assert aligned <= 0.12  # of 180; 5 % expected
    assert flipped == 1.0


@pytest.mark.slow
def test_false_positive_rate_is_nominal():
    aligned, flipped = false_positives(range(400), 300, 1000)
    assert 0.03 <= aligned <= 0.07
    assert flipped == 1.0
