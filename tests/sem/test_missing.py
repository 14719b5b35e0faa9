"""Incomplete data: the likelihood against its definition, derivatives, EM against lavaan, what must not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.errors import ModelError
from crmlab.sem import missing
from crmlab.sem.missing_information import vech_index


def incomplete(n: int, p: int, seed: int, share: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    Y = rng.standard_normal((n, 1)) + rng.standard_normal((n, p)) * np.linspace(0.5, 2, p)
    Y[rng.random(Y.shape) < share] = np.nan
    return Y


def moments(p: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((p, p + 2))
    return rng.standard_normal(p) / 2, A @ A.T / p


def by_definition(mean: np.ndarray, cov: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """One case after another, as the textbook says it."""
    out = []
    for y in Y:
        seen = ~np.isnan(y)
        d, S = y[seen] - mean[seen], cov[np.ix_(seen, seen)]
        log2pi = seen.sum() * np.log(2 * np.pi)
        out.append(-0.5 * (log2pi + np.linalg.slogdet(S)[1] + d @ np.linalg.solve(S, d)))
    return np.array(out)


def unpack(theta: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = vech_index(p)
    cov = np.zeros((p, p))
    cov[rows, columns] = cov[columns, rows] = theta[p:]
    return theta[:p], cov


def pack(mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    return np.concatenate([mean, cov[vech_index(len(mean))]])


# -- the likelihood and its derivatives --------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.floats(0, 0.7))
def test_the_likelihood_is_the_textbook_one(seed, p, share):
    data = missing.patterns(incomplete(40, p, seed, share))
    mean, cov = moments(p, seed)
    expected = by_definition(mean, cov, data.Y)
    assert missing.casewise_loglik(mean, cov, data) == pytest.approx(expected, abs=1e-9)
    assert missing.loglik(mean, cov, data)[0] == pytest.approx(expected.sum(), rel=1e-11, abs=1e-9)


def test_gradient_scores_and_information_are_derivatives():
    p, e = 4, 1e-5
    data = missing.patterns(incomplete(60, p, 3))
    theta = pack(*moments(p, 4))
    rows, columns = vech_index(p)
    _, d_mean, d_cov = missing.loglik(*unpack(theta, p), data)
    gradient = np.concatenate([d_mean, d_cov[rows, columns] * np.where(rows == columns, 1, 2)])
    steps = np.eye(len(theta)) * e
    numeric = [
        (missing.loglik(*unpack(theta + h, p), data)[0] - missing.loglik(*unpack(theta - h, p), data)[0])
        / (2 * e)
        for h in steps
    ]
    assert gradient == pytest.approx(np.array(numeric), rel=1e-7, abs=1e-6)
    assert missing.scores(*unpack(theta, p), data).sum(axis=0) == pytest.approx(gradient, abs=1e-9)
    second = [
        (
            missing.scores(*unpack(theta - h, p), data).sum(axis=0)
            - missing.scores(*unpack(theta + h, p), data).sum(axis=0)
        )
        / (2 * e)
        for h in steps
    ]
    found = missing.information(*unpack(theta, p), data)
    assert found * data.n == pytest.approx(np.array(second), rel=1e-6, abs=1e-5)


def test_expected_information_is_the_mean_of_the_observed_one():
    p = 3
    mean, cov = moments(p, 1)
    rng = np.random.default_rng(2)
    mask = rng.random((200, p)) < 0.25
    total = 0
    for _ in range(300):
        Y = rng.multivariate_normal(mean, cov, 200)
        Y[mask] = np.nan
        data = missing.patterns(Y)
        total = total + missing.information(mean, cov, data)
    expected = missing.information(mean, cov, data, "expected")
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs(total / 300 - expected).max() < 0.03 * scale.max()


def test_a_matrix_that_is_not_positive_definite_has_no_likelihood():
    data = missing.patterns(incomplete(30, 3, 1))
    bad = np.ones((3, 3)) - 2 * np.eye(3)
    assert missing.loglik(np.zeros(3), bad, data)[0] == -np.inf
    with pytest.raises(ModelError, match="not positive definite"):
        missing.scores(np.zeros(3), bad, data)


# -- the saturated maximum ---------------------------------------------------------------------


def test_em_reaches_the_maximum_lavaan_reports(shared, reference):
    book = reference("sem/hs_miss_fiml")
    frame = pd.read_csv(shared / "data" / "sem" / book["data"])[[f"x{i}" for i in range(1, 10)]]
    found = missing.saturated(missing.patterns(frame.to_numpy()))
    assert found.converged
    assert found.loglik == pytest.approx(book["fit_measures"]["unrestricted.logl"], abs=1e-4)
    assert found.loglik > book["fit_measures"]["unrestricted.logl"] - 5e-5


@pytest.mark.parametrize("share", [0.05, 0.3, 0.55])
def test_the_score_vanishes_at_the_maximum(share):
    data = missing.patterns(incomplete(300, 6, 5, share))
    found = missing.saturated(data)
    information = missing.information(found.mean, found.cov, data) * data.n
    score = missing.scores(found.mean, found.cov, data).sum(axis=0)
    assert found.converged
    assert score @ np.linalg.solve(information, score) < 1e-10


def test_complete_data_give_their_moments_at_once():
    Y = np.random.default_rng(1).normal(size=(50, 4))
    found = missing.saturated(missing.patterns(Y))
    assert found.iterations == 2
    assert found.cov == pytest.approx(np.cov(Y.T, ddof=0), abs=1e-12)
    product = Y - Y.mean(axis=0)
    rows, columns = vech_index(4)
    full = np.hstack([product, product[:, rows] * product[:, columns]])
    adf = np.cov(full.T, ddof=0)
    robust = missing.two_stage_gamma(found.mean, found.cov, missing.patterns(Y), robust=True)
    assert robust == pytest.approx(adf, abs=1e-9)
    assert missing.pairwise_gamma(Y) == pytest.approx(adf, abs=1e-12)


def test_pairwise_moments_are_those_of_pandas():
    Y = incomplete(80, 4, 6)
    mean, cov = missing.pairwise(Y)
    frame = pd.DataFrame(Y).dropna(how="all")
    assert mean == pytest.approx(frame.mean().to_numpy(), abs=1e-12)
    assert cov == pytest.approx(frame.cov().to_numpy() * (1 - 1 / len(frame)), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pairwise", "two_stage", "robust_two_stage"])
def test_asymptotic_covariances_are_the_spread_over_samples(kind):
    rng = np.random.default_rng(11)
    draws, gammas = [], []
    for _ in range(1500):
        Y = rng.standard_normal((300, 1)) + rng.standard_normal((300, 3))
        Y[rng.random(Y.shape) < 0.25] = np.nan
        if kind == "pairwise":
            draws.append(pack(*missing.pairwise(Y)))
            gammas.append(np.diag(missing.pairwise_gamma(Y)))
            continue
        data = missing.patterns(Y)
        found = missing.saturated(data)
        draws.append(pack(found.mean, found.cov))
        gammas.append(np.diag(missing.two_stage_gamma(found.mean, found.cov, data, kind[0] == "r")))
    ratio = np.var(draws, axis=0) * 300 / np.mean(gammas, axis=0)
    assert ratio == pytest.approx(np.ones(len(ratio)), abs=4 * np.sqrt(2 / 1500) + 0.03)


# -- what must not matter ----------------------------------------------------------------------


def test_row_and_column_order_shift_and_scale():
    Y = incomplete(200, 4, 7)
    base = missing.saturated(missing.patterns(Y))
    order, shift, scale = [3, 1, 0, 2], np.array([10.0, -5, 0, 1e3]), np.array([1e-2, 1, 50, 1e3])
    changed = (Y * scale + shift)[::-1][:, order]
    other = missing.saturated(missing.patterns(changed))
    size = np.outer(scale, scale)
    assert other.mean == pytest.approx((base.mean * scale + shift)[order], rel=1e-8)
    assert other.cov == pytest.approx((base.cov * size)[np.ix_(order, order)], rel=1e-6)
    jacobian = (~np.isnan(Y)).sum(axis=0) @ np.log(scale)
    assert other.loglik == pytest.approx(base.loglik - jacobian, rel=1e-10)


def test_empty_cases_are_counted_and_change_nothing():
    Y = incomplete(100, 3, 8)
    Y = Y[~np.isnan(Y).all(axis=1)]
    more = np.vstack([Y, np.full((7, 3), np.nan)])
    a, b = missing.patterns(Y), missing.patterns(more)
    assert (b.n, b.empty) == (a.n, 7)
    assert missing.saturated(b).loglik == missing.saturated(a).loglik


# -- messages ----------------------------------------------------------------------------------


def test_two_variables_never_answered_together_are_named():
    Y = incomplete(100, 3, 9, 0.0)
    Y[:50, 0] = np.nan
    Y[50:, 2] = np.nan
    with pytest.raises(ModelError, match="'a' and 'c' are never answered by the same case"):
        missing.saturated(missing.patterns(Y), ("a", "b", "c"))
    with pytest.raises(ModelError, match="'a' and 'c' have fewer than two cases"):
        missing.pairwise(Y, ("a", "b", "c"))


def test_a_variable_without_values_or_variance_is_named():
    Y = incomplete(50, 3, 10, 0.1)
    Y[:, 1] = np.nan
    with pytest.raises(ModelError, match="'y2' has no values"):
        missing.saturated(missing.patterns(Y))
    Y[:, 1] = 4.0
    with pytest.raises(ModelError, match="'y2' does not vary"):
        missing.saturated(missing.patterns(Y))


def test_a_linear_dependency_is_said():
    Y = incomplete(60, 3, 12, 0.0)
    Y[:, 2] = Y[:, 0] + Y[:, 1]
    Y[0, 1] = np.nan
    with pytest.raises(ModelError, match="singular"):
        missing.saturated(missing.patterns(Y))
