"""Correlations of a numeric variable with ordinal ones, or with another numeric one, in the second step.

Arrays of cases have shape (n, P), one column a pair; the means, variances and thresholds of the first
step are held. A case without both answers counts for nothing: its score is zero.

Source
------
Olsson, U., Drasgow, F. & Dorans, N. J. (1982). Psychometrika 47(3), 337-347.
Muthén, B. (1984). Psychometrika 49(1), 115-132.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from crmlab.sem.bivariate_normal import FAR
from crmlab.sem.climb import climb
from crmlab.sem.polychoric import SMALLEST


@dataclass(frozen=True, slots=True, eq=False)
class Serials:
    """The second step for P pairs with a numeric variable.

    Attributes
    ----------
    r, converged : (P,)
    score_r : (n, P) casewise derivative of the pair's log-likelihood with respect to r
    score_mean, score_variance : (n, P) the same for the mean and variance of the numeric variable
    score_other : (n, P, m) the same for the first-step parameters of the other variable: its m thresholds
        (padded), or its mean and variance
    """

    r: np.ndarray
    converged: np.ndarray
    score_r: np.ndarray
    score_mean: np.ndarray
    score_variance: np.ndarray
    score_other: np.ndarray


def polyserials(z: np.ndarray, sd: float, codes: np.ndarray, tau: np.ndarray) -> Serials:
    """One numeric variable with P ordinal ones.

    Parameters
    ----------
    z : array, shape (n,), standardised by the first step's mean and standard deviation; NaN if missing
    sd : that standard deviation
    codes : array, shape (n, P), integer categories from 0; -1 if missing
    tau : array, shape (P, C - 1), thresholds padded with +inf

    Notes
    -----
    log f = log phi(z) + log[Phi(u_c) - Phi(u_(c-1))], u_c = (tau_c - r z) / sqrt(1 - r^2); r maximises
    its sum over cases. Nothing is floored but the difference of the two Phi at 1e-15: lavaan 0.6 floors
    f itself at 1.5e-8, so that cases beyond some 5.7 standard deviations leave its likelihood.
    """
    both = np.isfinite(z)[:, None] & (codes >= 0)
    x = np.where(both, z[:, None], 0.0)
    upper, lower = _bounds(codes, tau)

    def slope(r: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ends = [end(t[:, which], x[:, which], r) for t in (upper, lower)]
        p = np.maximum(ends[0][0] - ends[1][0], SMALLEST)
        ratio = (ends[0][1] - ends[1][1]) / p
        bend = (ends[0][2] - ends[1][2]) / p - ratio**2
        here = both[:, which]
        return (ratio * here).sum(axis=0), (bend * here).sum(axis=0)

    r, converged = climb(slope, _start(x, codes, both))
    converged &= both.any(axis=0)
    r = np.where(converged, r, 0.0)
    return Serials(r, converged, *_serial_scores(x, sd, codes, tau, r, both))


def products(z: np.ndarray, sd: float, others: np.ndarray, sds: np.ndarray) -> Serials:
    """One numeric variable with P numeric ones, all standardised by the first step, NaN if missing.

    Notes
    -----
    The bivariate normal likelihood with means and variances held. With complete cases r is the
    product-moment correlation; with pairwise deletion it need not be.
    """
    both = np.isfinite(z)[:, None] & np.isfinite(others)
    x, y = np.where(both, z[:, None], 0.0), np.where(both, others, 0.0)
    n, xy = both.sum(axis=0), (x * y).sum(axis=0)
    squares = (x**2 + y**2).sum(axis=0)

    def slope(r: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        q = (1 - r) * (1 + r)
        top = n[which] * r * q + (1 + r**2) * xy[which] - r * squares[which]
        turn = n[which] * (1 - 3 * r**2) + 2 * r * xy[which] - squares[which]
        return top / q**2, turn / q**2 + 4 * r * top / q**3

    with np.errstate(invalid="ignore", divide="ignore"):  # a pair without common cases stays unconverged
        start = 2 * xy / squares
    r, converged = climb(slope, np.where(n > 0, start, 0.0))
    converged &= n > 1
    r = np.where(converged, r, 0.0)
    q = (1 - r) * (1 + r)
    score_r = np.where(both, r / q + ((1 + r**2) * x * y - r * (x**2 + y**2)) / q**2, 0.0)
    own, other = (x - r * y) / q, (y - r * x) / q
    score_other = np.stack([other / sds, (y * other - both) / (2 * sds**2)], axis=2)
    return Serials(r, converged, score_r, own / sd, (x * own - both) / (2 * sd**2), score_other)


def _bounds(codes: np.ndarray, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The threshold above and below each answer, (n, P)."""
    ends = np.pad(np.clip(tau, -FAR, FAR), ((0, 0), (1, 1)), constant_values=((0, 0), (-FAR, FAR)))
    pair, at = np.arange(tau.shape[0]), np.maximum(codes, 0)
    return ends[pair, at + 1], ends[pair, at]


def end(t: np.ndarray, x: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Phi(u) at one threshold with its first and second derivative in r, u = (t - r x) / sqrt(1 - r^2)."""
    q = (1 - r) * (1 + r)
    s = np.sqrt(q)
    u = (t - r * x) / s
    first = (t * r - x) / (q * s)
    second = (t + 3 * r * (t * r - x) / q) / (q * s)
    density = np.exp(-np.minimum(u**2 / 2, 700.0)) / np.sqrt(2 * np.pi)
    return ndtr(u), density * first, density * (second - u * first**2)


def _serial_scores(
    x: np.ndarray, sd: float, codes: np.ndarray, tau: np.ndarray, r: np.ndarray, both: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Casewise derivatives with respect to r, the mean, the variance and the thresholds."""
    upper, lower = _bounds(codes, tau)
    s = np.sqrt((1 - r) * (1 + r))
    (at, up, _), (under, down, _) = end(upper, x, r), end(lower, x, r)
    p = np.maximum(at - under, SMALLEST)
    above, below = (
        np.where(both, np.exp(-np.minimum(((t - r * x) / s) ** 2 / 2, 700.0)) / np.sqrt(2 * np.pi) / p / s, 0)
        for t in (upper, lower)
    )
    pull = r * (above - below)
    score_tau = np.zeros((*codes.shape, tau.shape[1]))
    for c in range(tau.shape[1]):
        score_tau[:, :, c] = np.where(codes == c, above, 0) - np.where(codes == c + 1, below, 0)
    score_r = np.where(both, (up - down) / p, 0.0)
    score_variance = np.where(both, (x**2 - 1 + x * pull) / (2 * sd**2), 0.0)
    return score_r, (x + pull) / sd, score_variance, score_tau


def _start(x: np.ndarray, codes: np.ndarray, both: np.ndarray) -> np.ndarray:
    """The product-moment correlation with the category numbers."""
    n = np.maximum(both.sum(axis=0), 1)
    c = np.where(both, codes - (codes * both).sum(axis=0) / n, 0.0)
    d = np.where(both, x - x.sum(axis=0) / n, 0.0)
    scale = np.sqrt((c**2).sum(axis=0) * (d**2).sum(axis=0))
    return np.clip((c * d).sum(axis=0) / np.where(scale > 0, scale, 1.0), -0.9, 0.9)
