"""Factor scores of ordered items: the mode of the latent variables given a case's answers.

Given eta the answers are independent: an ordered one is a cell between two thresholds, a numeric one normal.
With a normal prior, eta given fixed predictors, the mode is the empirical Bayes (EBM) score; without it the
maximum likelihood (ML) score, which a case with only highest or only lowest answers has not: a ridge of 1e-5,
lavaan's, keeps it finite. The log-posterior is concave, so Newton's steps with halving find it from anywhere.

Source
------
Skrondal, A. & Rabe-Hesketh, S. (2004). Generalized latent variable modeling. Chapman & Hall, ch. 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from crmlab.errors import ModelError
from crmlab.sem.bivariate_normal import FAR
from crmlab.sem.categorical import Categorical
from crmlab.sem.problem import Problem

RIDGE = 1e-5
SMALLEST = np.finfo(float).eps  # a probability below it counts as it, as in lavaan
STEPS, STEP = 200, 1e-9


@dataclass(frozen=True, eq=False)
class Answers:
    """What the items say about eta: loadings (v, m), and by case the residual bounds or the numeric residual.

    Attributes
    ----------
    L : (v, m) loadings divided by the residual standard deviation
    upper, lower : (n, v) standardised bounds at eta = 0; of a numeric item both are its residual
    ordered : (v,)
    seen : (n, v)
    prior : (n, m) centre, precision : (m, m)
    """

    L: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    ordered: np.ndarray
    seen: np.ndarray
    centre: np.ndarray
    precision: np.ndarray


def modes(problem: Problem, theta: np.ndarray, g: int, *, prior: bool) -> np.ndarray:
    """(n, m) scores of group g; NaN for a case without answers."""
    a = _answers(problem, theta, g, prior)
    eta = a.centre.copy()
    f, slope, bend = _posterior(a, eta)
    for _ in range(STEPS):
        step = np.linalg.solve(bend, slope[..., None])[..., 0]
        length = np.ones(len(eta))
        for _ in range(30):
            trial = eta + length[:, None] * step
            new = _posterior(a, trial)
            worse = new[0] < f - 1e-12 * np.abs(f)
            if not worse.any():
                break
            length[worse] /= 2
        eta, (f, slope, bend) = trial, new
        if np.abs(length[:, None] * step).max() < STEP:
            break
    eta[~a.seen.any(axis=1)] = np.nan
    if not prior:
        eta[:, np.abs(a.L).sum(axis=0) == 0] = np.nan
    return eta


def _answers(problem: Problem, theta: np.ndarray, g: int, prior: bool) -> Answers:
    objective, model, group = problem.objective, problem.model, problem.data.groups[g]
    assert isinstance(objective, Categorical)
    exo = np.array([row.exo for row in model.rows])
    values = np.where(exo, 0.0, problem.values(theta))
    state = objective.bare.state(values, g)
    p, m = model.p, len(model.latent)
    y, x = objective.outcomes, np.flatnonzero(objective.fixed_x)
    told = np.isin(y, objective.numeric)  # predictors whose values are known; of ordered ones y* counts
    inner = state.A[np.ix_(y, y)]
    back = np.linalg.inv(np.eye(len(y)) - np.where(told, 0.0, inner))
    left = np.diagonal(back @ state.S[np.ix_(y, y)] @ back.T)
    if (left <= 0).any():
        raise ModelError(f"'{model.observed[y[int(left.argmin())]]}' has no residual variance: no scores")
    sd = np.sqrt(left)
    X, Y = group.Y[:, x], group.Y[:, y]
    sent = np.abs(inner[:, told]) > 0
    seen = ~np.isnan(Y) & ~(np.isnan(Y[:, told]).astype(float) @ sent.T > 0)
    line = (state.M[y] + X @ state.A[np.ix_(y, x)].T + np.nan_to_num(Y[:, told]) @ inner[:, told].T) @ back.T
    upper, lower = _bounds(problem, values, g, Y, y)
    V = (state.E @ state.S @ state.E.T)[p:, p:]
    centre = (state.E @ state.M)[p:] + X @ state.E[np.ix_(np.arange(p, p + m), x)].T
    if prior and np.linalg.eigvalsh(V)[0] <= 1e-12:
        raise ModelError("the latent variables have no positive definite covariance matrix: no scores")
    precision = np.linalg.inv(V) if prior else RIDGE * np.eye(m)
    L = back @ state.A[y, p:] / sd[:, None]
    return Answers(L, (upper - line) / sd, (lower - line) / sd, objective.ordered[y], seen, centre, precision)


def _bounds(
    problem: Problem, values: np.ndarray, g: int, Y: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n, v) thresholds around each answer on the scale of y*; a numeric answer is both."""
    group = problem.data.groups[g]
    assert group.ordinal is not None
    upper, lower = Y.copy(), Y.copy()
    item, row = problem.model.groups[g].tau.T
    codes = dict(zip(problem.model.table.ordered, group.ordinal.categories, strict=True))
    for c, j in enumerate(y):
        name = problem.model.observed[j]
        if name not in codes:
            continue
        ends = np.concatenate([[-1e6], values[row[item == j]], [1e6]])
        at = np.searchsorted(codes[name], np.where(np.isnan(Y[:, c]), codes[name][0], Y[:, c]))
        upper[:, c], lower[:, c] = ends[at + 1], ends[at]
    return upper, lower


def _posterior(a: Answers, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) log-posterior, (n, m) its slope, (n, m, m) minus its second derivative."""
    shift = eta @ a.L.T
    u, low = np.clip(a.upper - shift, -FAR, FAR), np.clip(a.lower - shift, -FAR, FAR)
    flip = u + low > 0  # the smaller tail keeps its digits
    high, under = np.where(flip, -low, u), np.where(flip, -u, low)
    p = np.maximum(ndtr(high) - ndtr(under), SMALLEST)
    above, below = (np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi) for t in (u, low))
    first = -(above - below) / p
    second = first**2 + (u * above - low * below) / p
    floored = p <= SMALLEST
    e = np.where(a.ordered | ~a.seen, 0.0, a.upper - shift)
    f = np.where(a.ordered, np.log(p), -(e**2) / 2)
    first = np.where(a.ordered, np.where(floored, 0.0, first), e)
    second = np.where(a.ordered, np.where(floored, 0.0, np.maximum(second, 0.0)), 1.0)
    f, first, second = (np.where(a.seen, part, 0.0) for part in (f, first, second))
    d = eta - a.centre
    total = f.sum(axis=1) - np.einsum("ni,ij,nj->n", d, a.precision, d) / 2
    slope = first @ a.L - d @ a.precision
    return total, slope, np.einsum("nv,vi,vj->nij", second, a.L, a.L) + a.precision
