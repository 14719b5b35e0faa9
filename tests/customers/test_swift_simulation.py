"""The loop on a market with known best actions: it learns, adapts, covers, and claims nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.customers.simulator import growth, market, switched, tried, wrong_claims


def test_regret_slows_down_and_intervals_cover():
    trials = [tried(market(seed), 40, seed=50 + seed) for seed in range(6)]
    slopes = [growth(trial.cumulative) for trial in trials]
    assert max(slopes) < 0.8
    assert np.mean(slopes) < 0.5
    late, early = (
        np.mean([trial.regret[part].mean() for trial in trials]) for part in (slice(-10, None), slice(3))
    )
    assert late < 0.2 * early
    assert 0.88 < np.mean([trial.covered.mean() for trial in trials]) < 0.99


def test_a_frozen_policy_loses_under_drift():
    wins = 0
    for seed in range(4):
        place = switched(market(seed), 15, seed)
        learning, frozen = tried(place, 40, seed=seed), tried(place, 40, seed=seed, frozen_after=10)
        assert (learning.regret[:10] == frozen.regret[:10]).all()
        wins += learning.regret[15:].sum() < frozen.regret[15:].sum()
        assert learning.moved[15:18].sum() > 0
    assert wins == 4


def test_nothing_is_claimed_where_all_is_alike():
    for seed in range(6):
        place = market(seed, alike=True)
        assert wrong_claims(tried(place, 30, seed=seed), place) == 0


def test_limits_hold_in_every_cycle():
    from dataclasses import replace

    place = replace(market(3), budget=1500.0, capacity=np.array([50.0, 400.0, 90.0]))
    trial = tried(place, 8, seed=1)
    assert (trial.regret > -1e-6).all()  # no plan beats the best one


@pytest.mark.slow
def test_regret_grows_slower_than_linearly():
    slopes = np.array([growth(tried(market(seed), 100, seed=1000 + seed).cumulative) for seed in range(40)])
    error = slopes.std(ddof=1) / np.sqrt(len(slopes))
    assert slopes.mean() + 3 * error < 1


@pytest.mark.slow
def test_learning_beats_a_frozen_policy_under_drift():
    gaps = []
    for seed in range(40):
        place = switched(market(seed), 30, seed)
        learning, frozen = tried(place, 80, seed=seed), tried(place, 80, seed=seed, frozen_after=20)
        gaps.append(frozen.regret[30:].sum() - learning.regret[30:].sum())
    gaps = np.array(gaps)
    assert gaps.mean() - 3 * gaps.std(ddof=1) / np.sqrt(len(gaps)) > 0


@pytest.mark.slow
def test_claims_are_wrong_at_most_as_often_as_alpha():
    wrong = [
        wrong_claims(tried(market(seed, alike=True), 60, seed=seed), market(seed, alike=True)) > 0
        for seed in range(200)
    ]
    assert np.mean(wrong) <= 0.05


@pytest.mark.slow
def test_intervals_cover_about_as_often_as_they_say():
    covered = [tried(market(seed), 60, seed=seed, drift=1e-9).covered[-1].mean() for seed in range(100)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)
