"""Thresholds, slopes and residual correlations of variables given fixed predictors, with their asymptotics.

Behind an ordinal variable stands y* = x'b + e with e standard normal: an ordered probit regression; a numeric
variable has an ordinary regression. The second step correlates the residuals pair by pair with the first step
held; every case has its own thresholds tau - x'b. Standard errors rest on the casewise scores of both steps,
as in `crmlab.sem.ordinal_nacov`.

Source
------
Muthén, B. (1984). Psychometrika 49(1), 115-132 (case 3, covariates).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from crmlab.sem.bivariate_normal import cdf_grid, cells, density_grid
from crmlab.sem.climb import climb
from crmlab.sem.ordinal_step import FirstStep
from crmlab.sem.polychoric import SMALLEST
from crmlab.sem.polyserial import end, products
from crmlab.sem.probit import Regressed, density, linear, probit, threshold_scores


def first(
    step: FirstStep, Y: np.ndarray, X: np.ndarray, names: tuple[str, ...], where: str
) -> list[Regressed]:
    """The regressions of all variables."""
    found, cuts = [], iter(step.thresholds)
    for j, name in enumerate(names):
        if step.ordered[j]:
            found.append(probit(step.codes[:, j], next(cuts), X, name))
        else:
            found.append(linear(Y[:, j], X, name, where))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The second step of one pair: r, its casewise score, and the score of either variable's first step."""

    r: float
    converged: bool
    score: np.ndarray
    parts: tuple[np.ndarray, np.ndarray]


def correlate(a: Regressed, b: Regressed, X: np.ndarray) -> Pair:
    """Residual correlation of two variables."""
    if a.z is None and b.z is None:
        return _ordinal_pair(a, b, X)
    if a.z is None:
        pair = correlate(b, a, X)
        return Pair(pair.r, pair.converged, pair.score, pair.parts[::-1])
    if b.z is None:
        return _mixed_pair(a, b, X)
    sd = np.sqrt(np.array([b.variance]))
    found = products(a.z, float(np.sqrt(a.variance)), b.z[:, None], sd)
    mine = _numeric_scores(found.score_mean[:, 0], found.score_variance[:, 0], X)
    other = _numeric_scores(found.score_other[:, 0, 0], found.score_other[:, 0, 1], X)
    return Pair(float(found.r[0]), bool(found.converged[0]), found.score_r[:, 0], (mine, other))


def _numeric_scores(by_mean: np.ndarray, by_variance: np.ndarray, X: np.ndarray) -> np.ndarray:
    return np.column_stack([by_mean, X * by_mean[:, None], by_variance])


def _ordinal_pair(a: Regressed, b: Regressed, X: np.ndarray) -> Pair:
    assert a.code is not None
    assert b.code is not None
    both = (a.code >= 0) & (b.code >= 0)
    h = np.column_stack([a.lower, a.upper])[both]
    k = np.column_stack([b.lower, b.upper])[both]

    def rectangle(r: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        R = np.full(len(h), r)
        p = np.maximum(cells(cdf_grid(h, k, R))[:, 0, 0], SMALLEST)
        d, e = (cells(grid)[:, 0, 0] for grid in density_grid(h, k, R))
        return p, d / p, e / p

    def slope(r: np.ndarray, _: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _, ratio, bend = rectangle(float(r[0]))
        return np.array([ratio.sum()]), np.array([(bend - ratio**2).sum()])

    start = np.corrcoef(a.code[both], b.code[both])[0, 1] if both.sum() > 2 else 0.0
    found, converged = climb(slope, np.array([np.clip(np.nan_to_num(start), -0.9, 0.9)]))
    r = float(found[0]) if converged[0] else 0.0
    p, ratio, _ = rectangle(r)
    score = np.zeros(len(X))
    score[both] = ratio
    parts = tuple(
        _rectangle_scores(one.code, one.head, u, v, p, r, X, both) for one, u, v in ((a, h, k), (b, k, h))
    )
    return Pair(r, bool(converged[0]), score, (parts[0], parts[1]))


def _rectangle_scores(
    code: np.ndarray | None,
    head: np.ndarray,
    h: np.ndarray,
    k: np.ndarray,
    p: np.ndarray,
    r: float,
    X: np.ndarray,
    both: np.ndarray,
) -> np.ndarray:
    """(n, t + k) derivatives of log p by the first variable's thresholds and slopes."""
    assert code is not None
    s = np.sqrt((1 - r) * (1 + r))
    ends = [
        density(h[:, c]) * (ndtr((k[:, 1] - r * h[:, c]) / s) - ndtr((k[:, 0] - r * h[:, c]) / s)) / p
        for c in (0, 1)
    ]
    out = np.zeros((len(X), len(head) + X.shape[1]))
    out[both] = threshold_scores(code[both], ends[1], ends[0], X[both], len(head))
    return out


def _mixed_pair(a: Regressed, b: Regressed, X: np.ndarray) -> Pair:
    """Numeric a and ordinal b."""
    assert a.z is not None
    assert b.code is not None
    both = np.isfinite(a.z) & (b.code >= 0)
    z, upper, lower, code = a.z[both], b.upper[both], b.lower[both], b.code[both]

    def slope(r: np.ndarray, _: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (at, up, up2), (under, down, down2) = end(upper, z, r), end(lower, z, r)
        p = np.maximum(at - under, SMALLEST)
        ratio = (up - down) / p
        return np.array([ratio.sum()]), np.array([((up2 - down2) / p - ratio**2).sum()])

    start = np.corrcoef(z, code)[0, 1] if both.sum() > 2 else 0.0
    found, converged = climb(slope, np.array([np.clip(np.nan_to_num(start), -0.9, 0.9)]))
    r = float(found[0]) if converged[0] else 0.0
    s = np.sqrt((1 - r) * (1 + r))
    (at, up, _), (under, down, _) = end(upper, z, np.array([r])), end(lower, z, np.array([r]))
    p = np.maximum(at - under, SMALLEST)
    above, below = (density((t - r * z) / s) / p / s for t in (upper, lower))
    pull = r * (above - below)
    n = len(X)
    score, mine, other = np.zeros(n), np.zeros((n, X.shape[1] + 2)), np.zeros((n, len(b.head) + X.shape[1]))
    score[both] = (up - down) / p
    sd = np.sqrt(a.variance)
    mine[both] = _numeric_scores((z + pull) / sd, (z**2 - 1 + z * pull) / (2 * a.variance), X[both])
    other[both] = threshold_scores(code, above, below, X[both], len(b.head))
    return Pair(r, bool(converged[0]), score, (mine, other))


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Both steps.

    Attributes
    ----------
    heads : thresholds, or the intercept, of each variable
    slopes : (p, k)
    variance : (p,) of the residuals
    pairs, covariance, converged : (P, 2), (P,), (P,) below the diagonal, column by column
    influence : (n, q + P) of each case on heads, slopes, residual variances and residual covariances
    """

    heads: list[np.ndarray]
    slopes: np.ndarray
    variance: np.ndarray
    pairs: np.ndarray
    covariance: np.ndarray
    converged: np.ndarray
    influence: np.ndarray


def given(step: FirstStep, Y: np.ndarray, X: np.ndarray, names: tuple[str, ...], where: str) -> Given:
    """Regressions and residual correlations of Y (n, p) on X (n, k)."""
    centre, spread = X.mean(axis=0), X.std(axis=0)
    found = first(step, Y, (X - centre) / spread, names, where)
    found = [_unscaled(one, X, centre, spread) for one in found]
    columns, rows = np.triu_indices(len(names), 1)
    at = _places(found, X.shape[1])
    n, q = len(Y), sum(one.scores.shape[1] for one in found)
    one = np.zeros((n, q))
    for j, part in enumerate(found):
        s = part.scores
        one[:, at[j]] = np.linalg.solve(s.T @ s / n, s.T).T
    variance = np.array([part.variance for part in found])
    sd = np.sqrt(variance)
    r, good, two = np.zeros(len(rows)), np.ones(len(rows), dtype=bool), np.zeros((n, len(rows)))
    for c, (i, j) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        pair = correlate(found[i], found[j], X)
        r[c], good[c] = pair.r, pair.converged
        if not pair.converged:
            continue
        left = pair.score.copy()
        for v, own in zip((i, j), pair.parts, strict=True):
            left -= one[:, at[v]] @ (own.T @ pair.score / n)
        influence = left / ((pair.score**2).sum() / n) * sd[i] * sd[j]
        for k, other in ((i, j), (j, i)):
            if not step.ordered[k]:
                influence += r[c] * sd[other] / (2 * sd[k]) * one[:, at[k][-1]]
        two[:, c] = influence
    covariance = r * sd[rows] * sd[columns]
    heads = [part.head for part in found]
    slopes = np.array([part.slopes for part in found])
    return Given(
        heads, slopes, variance, np.column_stack([rows, columns]), covariance, good, np.hstack([one, two])
    )


def _unscaled(one: Regressed, X: np.ndarray, centre: np.ndarray, spread: np.ndarray) -> Regressed:
    """The same with the origin and the unit of the predictors as the data have them."""
    slopes = one.slopes / spread
    shift = float(centre @ slopes)
    scores = one.scores.copy()
    if one.z is not None:
        scores[:, 1:-1] = one.scores[:, :1] * X
        return Regressed(one.upper, one.lower, one.z, None, one.head - shift, slopes, one.variance, scores)
    t = len(one.head)
    scores[:, t:] = one.scores[:, t:] * spread - one.scores[:, :t].sum(axis=1)[:, None] * centre
    return Regressed(one.upper, one.lower, None, one.code, one.head + shift, slopes, 1.0, scores)


def _places(found: list[Regressed], k: int) -> list[np.ndarray]:
    """Where each variable's head, slopes and variance stand: all heads, all slopes, then the variances."""
    sizes = [len(one.head) for one in found]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    after = starts[-1] + k * len(found)
    places, numeric = [], 0
    for j, one in enumerate(found):
        own = [np.arange(starts[j], starts[j + 1]), starts[-1] + k * j + np.arange(k)]
        if one.z is not None:
            own.append(np.array([after + numeric]))
            numeric += 1
        places.append(np.concatenate(own))
    return places
