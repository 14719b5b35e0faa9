"""Conjugate models, their memory, drift, evidence and lots: closed forms, brute force and properties."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln, xlogy

from crmlab.customers.board import Board, State, claims, learn
from crmlab.customers.evidence import log_evidence
from crmlab.customers.holdout_slice import held_out, lots
from crmlab.customers.response import (
    Amounts,
    Rates,
    learned_prior,
    moved,
    pooled_surprise,
    surprise,
)

BOARD = Board(("s",), ("a", "b"), ("x", "y"))


def test_a_posterior_by_hand():
    rates = Rates.prior(np.array([2.0]), np.array([8.0])).updated(np.array([3.0]), np.array([10.0]))
    assert (rates.a[0], rates.b[0]) == (5, 15)
    assert rates.mean[0] == 0.25
    low, high = rates.interval(0.95)
    assert (low[0], high[0]) == pytest.approx(stats.beta(5, 15).interval(0.95), abs=1e-12)


def test_two_half_runs_are_one_whole_run_to_the_last_bit():
    rng = np.random.default_rng(0)
    a, b = rng.gamma(2, 1.37, 4), rng.gamma(5, 1.11, 4)
    n = rng.integers(1, 20, (2, 4)).astype(float)
    x = np.floor(n * 0.3)
    offer = BOARD.offer
    half = State.start(a, b)
    for k in range(2):
        step = learn(half, x[k], n[k], offer, drift=1e-12)
        assert not step.moved.any()
        half = step.after
    whole = learn(State.start(a, b), x.sum(axis=0), n.sum(axis=0), offer, drift=1e-12).after
    for name in ("a", "b", "hits", "misses"):
        assert (getattr(half.rates, name) == getattr(whole.rates, name)).all()
    assert (half.sure_n == whole.sure_n).all()


def test_what_is_forgotten_fades_to_jeffreys():
    rates = Rates.prior(np.array([20.0, 20.0]), np.array([30.0, 30.0])).updated(
        np.array([5.0, 5.0]), np.array([9.0, 9.0])
    )
    faded = rates.faded(np.array([0.2, 1.0]))
    assert faded.a[0] == pytest.approx(0.2 * 25 + 0.8 * 0.5)
    assert faded.b[0] == pytest.approx(0.2 * 34 + 0.8 * 0.5)
    assert (faded.a[1], faded.b[1]) == (25.0, 34.0)
    assert rates.faded(1.0) is rates
    gone = rates.faded(0.0)
    assert gone.a.tolist() == gone.b.tolist() == [0.5, 0.5]


def test_surprise_is_the_beta_binomial_tail():
    prior = Rates.prior(np.array([3.0, 3.0]), np.array([7.0, 7.0]))
    x, n = np.array([9.0, 0.0]), np.array([12.0, 0.0])
    law = stats.betabinom(12, 3, 7)
    upper = law.sf(9) + 0.5 * law.pmf(9)
    assert surprise(prior, x, n) == pytest.approx([2 * upper, 1.0])
    same = pooled_surprise(prior, np.array([3.6, 0.0]), np.array([12.0, 0.0]), np.array([0, 1]))
    assert same == pytest.approx([1.0, 1.0])


def test_surprise_of_many_contacts_is_nearly_exact():
    prior = Rates.prior(np.array([40.0]), np.array([160.0]))
    law = stats.betabinom(4000, 40, 160)
    exact = 2 * (law.cdf(699) + 0.5 * law.pmf(700))
    assert surprise(prior, np.array([700.0]), np.array([4000.0]))[0] == pytest.approx(exact, rel=0.06)


def test_false_alarms_are_as_rare_as_asked():
    rng = np.random.default_rng(1)
    prior = Rates.prior(np.full(8, 4.0), np.full(8, 16.0))
    hits = 0
    for _ in range(500):
        n = rng.integers(5, 80, 8)
        x = rng.binomial(n, rng.beta(4, 16, 8)).astype(float)
        hits += moved(prior, x, n.astype(float), np.repeat([0, 1], 4), 0.05).any()
    assert 0.01 < hits / 500 < 0.08  # Monte Carlo error .010


def test_a_shift_of_a_whole_offer_is_found_where_no_cell_shows_it():
    prior = Rates.prior(np.full(8, 40.0), np.full(8, 160.0))
    n, x = np.full(8, 30.0), np.array([9.0] * 4 + [6.0] * 4)
    assert surprise(prior, x, n).min() > 0.1
    shifted = moved(prior, np.where(np.arange(8) < 4, 13.0, 6.0), n, np.repeat([0, 1], 4), 0.01)
    assert shifted.tolist() == [True] * 4 + [False] * 4


def test_the_learned_prior_finds_the_law_that_rates_come_from():
    rng = np.random.default_rng(2)
    p = rng.beta(4, 16, 4000)
    n = rng.integers(20, 60, 4000)
    a, b = learned_prior(rng.binomial(n, p).astype(float), n.astype(float))
    assert a / (a + b) == pytest.approx(0.2, abs=0.006)
    assert a + b == pytest.approx(20, rel=0.12)
    assert learned_prior(np.zeros(3), np.zeros(3)) == (0.5, 0.5)
    a, b = learned_prior(np.full(40, 6.0), np.full(40, 30.0))  # all alike: the strength stays finite
    assert a + b <= 50.0001
    assert a / (a + b) == pytest.approx(0.2, abs=0.01)
    assert all(np.isfinite(learned_prior(np.zeros(5), np.full(5, 10.0))))


def test_amounts_equal_their_closed_form():
    y = np.array([3.0, 5.0, 4.5, 7.0])
    prior = Amounts(np.array([4.0]), np.array([2.0]), np.array([3.0]), np.array([5.0]))
    after = prior.updated(np.array([4.0]), np.array([y.sum()]), np.array([(y**2).sum()]))
    mean = (2 * 4 + y.sum()) / 6
    scale = 5 + 0.5 * ((y - y.mean()) ** 2).sum() + 0.5 * 2 * 4 / 6 * (y.mean() - 4) ** 2
    assert (after.mu[0], after.k[0], after.shape[0]) == pytest.approx((mean, 6, 5))
    assert after.scale[0] == pytest.approx(scale)
    halves = prior.updated(np.array([2.0]), np.array([8.0]), np.array([34.0])).updated(
        np.array([2.0]), np.array([11.5]), np.array([4.5**2 + 49])
    )
    assert halves.scale[0] == pytest.approx(scale)
    draws = after.draws(200_000, np.random.default_rng(0))[:, 0]
    assert np.quantile(draws, [0.025, 0.975]) == pytest.approx(
        [end[0] for end in after.interval(0.95)], abs=0.03
    )
    assert (draws > 5).mean() == pytest.approx(after.chance_above(5.0)[0], abs=0.005)
    # the marginal likelihood is a product of Student t predictions
    state, told = prior, 0.0
    for value in y:
        spread = np.sqrt(state.scale[0] * (state.k[0] + 1) / (state.shape[0] * state.k[0]))
        told += stats.t.logpdf(value, 2 * state.shape[0], state.mu[0], spread)
        state = state.updated(np.ones(1), np.array([value]), np.array([value**2]))
    assert prior.evidence(np.array([4.0]), np.array([y.sum()]), np.array([(y**2).sum()]))[0] == pytest.approx(
        told
    )


def brute(xa, na, xb, nb, gain, cost):
    p = np.linspace(0, 1, 1601)
    A, B = np.meshgrid(p, p, indexing="ij")
    null = gain[0] * A - cost[0] <= gain[1] * B - cost[1] + 1e-12
    loglik = xlogy(xa, A) + xlogy(na - xa, 1 - A) + xlogy(xb, B) + xlogy(nb - xb, 1 - B)
    mixture = sum(betaln(x + 0.5, n - x + 0.5) - betaln(0.5, 0.5) for x, n in ((xa, na), (xb, nb)))
    return mixture - loglik[null].max()


@pytest.mark.parametrize(
    ("xa", "na", "xb", "nb", "gain", "cost"),
    [
        (60, 200, 30, 200, (1, 1), (0, 0)),
        (30, 200, 60, 200, (1, 1), (0, 0)),
        (30, 100, 20, 90, (3, 2), (0.2, 0.1)),
        (5, 10, 9, 10, (2, 1), (0.5, 0.1)),
        (50, 60, 3, 60, (1, 1.5), (0.1, 0.3)),
        (0, 5, 0, 7, (1, 1), (0, 0.2)),
    ],
)
def test_evidence_equals_a_grid(xa, na, xb, nb, gain, cost):
    one = [np.array([float(v)]) for v in (xa, na, xb, nb)]
    pair = [tuple(np.array([float(v)]) for v in values) for values in (gain, cost)]
    assert log_evidence(*one, *pair)[0] == pytest.approx(brute(xa, na, xb, nb, gain, cost), abs=2e-4)


def test_evidence_never_misleads_more_often_than_alpha():
    """A sampler that always takes the arm that looks best, looked at after every contact, under equal rates."""
    rng = np.random.default_rng(3)
    runs, n = 400, 150
    x, m = np.ones((runs, 2)), np.full((runs, 2), 2.0)
    worst = np.full(runs, -np.inf)
    one = np.ones(runs)
    pair = ((one, one), (0 * one, 0 * one))
    for _ in range(n):
        arm = np.argmax(rng.beta(x, m - x + 1), axis=1)
        hit = rng.random(runs) < 0.3
        x[np.arange(runs), arm] += hit
        m[np.arange(runs), arm] += 1
        worst = np.maximum(worst, log_evidence(x[:, 0] - 1, m[:, 0] - 2, x[:, 1] - 1, m[:, 1] - 2, *pair))
    assert (worst >= np.log(20)).mean() <= 0.05


def test_claims_name_the_pair_that_differs():
    state = State.start(np.ones(4), np.ones(4))
    n = np.full(4, 3000.0)
    state = learn(state, np.array([1500.0, 600.0, 600.0, 600.0]), n, BOARD.offer, drift=1e-12).after
    found = claims(state, BOARD, np.full(4, 10.0), np.ones(4), 0.05)
    assert set(zip(found.better.tolist(), found.worse.tolist(), strict=True)) == {(0, 1), (0, 2), (0, 3)}
    assert found.pairs == 12
    assert (
        claims(State.start(np.ones(4), np.ones(4)), BOARD, np.full(4, 10.0), np.ones(4), 0.05).better.size
        == 0
    )
    one = Board(("s",), ("a",), ("x",))
    assert claims(State.start(np.ones(1), np.ones(1)), one, np.ones(1), np.zeros(1), 0.05).pairs == 0


def test_lots_know_neither_order_nor_neighbours():
    who = np.array([f"p{k:06d}" for k in range(5000)], dtype=object)
    u = lots(who, "holdout", 3, 1)
    assert (lots(who[::-1], "holdout", 3, 1) == u[::-1]).all()
    assert (lots(who[7:9], "holdout", 3, 1) == u[7:9]).all()
    assert abs(np.corrcoef(u, lots(who, "holdout", 4, 1))[0, 1]) < 0.05
    assert stats.kstest(u, "uniform").pvalue > 0.001
    out = held_out(who, 0.1, 3, 1)
    assert out.mean() == pytest.approx(0.1, abs=0.015)
    assert held_out(who[:5], 1e-9, 1, 1).sum() == 1
    assert held_out(who[:0], 0.1, 1, 1).sum() == 0


def test_nothing_moves_where_nothing_was_known():
    flat = Rates.prior(np.full(24, 0.5), np.full(24, 0.5))
    assert not moved(flat, np.full(24, 2.0), np.full(24, 9.0), np.repeat([0, 1], 12), 0.01).any()


def test_a_cell_without_a_margin_is_in_no_claim():
    state = learn(
        State.start(np.ones(4), np.ones(4)), np.array([900.0, 0, 0, 0]), np.full(4, 1000.0), BOARD.offer
    ).after
    found = claims(state, BOARD, np.array([10.0, 0.0, 10.0, 10.0]), np.ones(4), 0.05)
    assert 1 not in found.worse
    assert found.pairs == 6
