"""Polychoric correlations of all pairs of ordinal variables at once, by two-step maximum likelihood.

Every array of pairs has the pair on its FIRST axis: tables (P, C, C), thresholds (P, C - 1), padded with
+inf where a variable has fewer categories.

Source
------
Olsson, U. (1979). Psychometrika 44(4), 443-460.
Muthén, B. (1984). Psychometrika 49(1), 115-132.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from crmlab.sem.bivariate_normal import FAR, cdf_grid, cells, density_grid
from crmlab.sem.climb import climb

SMALLEST = 1e-15  # a cell probability below is rounding
ZERO_ADD = 0.5  # what an empty cell of a 2 x 2 table is given


@dataclass(frozen=True, slots=True, eq=False)
class Polychorics:
    """The second step for P pairs of ordinal variables.

    Attributes
    ----------
    r : (P,) correlations
    converged : (P,) False where the likelihood rises to +-1
    score_r : (P, C, C) derivative of an answer pair's log-likelihood with respect to r
    score_a, score_b : (P, C - 1, C, C) the same for the thresholds of the first and second variable
    zero_added : (P,) a 2 x 2 table with one empty cell, which was given 0.5
    empty : (P,) number of empty cells
    """

    r: np.ndarray
    converged: np.ndarray
    score_r: np.ndarray
    score_a: np.ndarray
    score_b: np.ndarray
    zero_added: np.ndarray
    empty: np.ndarray


def thresholds(counts: np.ndarray) -> np.ndarray:
    """Inverse normal of the cumulated shares, one fewer than categories; all shares must be positive.

    Examples
    --------
    >>> thresholds(np.array([50, 100, 50])).round(4).tolist()
    [-0.6745, 0.6745]
    """
    return ndtri(np.cumsum(counts)[:-1] / counts.sum())


def tables(codes: np.ndarray, first: np.ndarray, second: np.ndarray, size: int) -> np.ndarray:
    """Counts (P, C, C) of the pairs (first, second) of columns; a code of -1 is missing.

    One matrix product of indicators: column (v, c) is 1 where variable v has category c.
    """
    n, p = codes.shape
    indicator = (codes[:, :, None] == np.arange(size)).reshape(n, p * size).astype(float)
    joint = (indicator.T @ indicator).reshape(p, size, p, size)
    return joint[first, :, second, :]


def polychorics(tau: np.ndarray, counts: np.ndarray, widths: np.ndarray) -> Polychorics:
    """Correlations of P tables given the thresholds of the first step, and the scores at the solution.

    Parameters
    ----------
    tau : array, shape (2, P, C - 1), thresholds of the first and second variable of each pair
    counts : array, shape (P, C, C)
    widths : array, shape (P, 2), number of categories of each

    Notes
    -----
    r maximises sum over cells of n_ab log pi_ab(r), pi_ab the normal probability of the cell between its
    thresholds, which are held. A 2 x 2 table with ONE empty cell is given 0.5 in that cell, its margins
    kept (lavaan's zero.add = c(0.5, 0) with zero.keep.margins = TRUE); larger tables are taken as they
    are. The adjusted table serves the estimate only; scores belong to the answers given. A 2 x 2 table
    with two empty cells has no interior maximum and comes back unconverged.

    lavaan 0.6 floors the probability of a cell at 1.5e-8. Where answers are given that are rarer than that
    under the model, its r is therefore not the maximum; elsewhere both agree to 1e-7.
    """
    h, k = tau
    inside = (np.arange(counts.shape[1]) < widths[:, :1])[:, :, None] & (
        np.arange(counts.shape[2]) < widths[:, 1:]
    )[:, None, :]
    empty = ((counts == 0) & inside).sum(axis=(1, 2))
    adjust = (widths == 2).all(axis=1) & (empty == 1)
    weighed = np.where(adjust[:, None, None], _filled(counts), counts) if adjust.any() else counts

    def slope(r: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = cell_probabilities(h[which], k[which], r)
        d, e = (cells(_framed(grid)) for grid in density_grid(h[which], k[which], r))
        ratio = d / p
        n = weighed[which]
        return (n * ratio).sum(axis=(1, 2)), (n * (e / p - ratio**2)).sum(axis=(1, 2))

    r, converged = climb(slope, _start(counts))
    converged &= counts.sum(axis=(1, 2)) > 0
    r = np.where(converged, r, 0.0)
    return Polychorics(r, converged, *scores(h, k, r), adjust, empty)


def cell_probabilities(h: np.ndarray, k: np.ndarray, r: np.ndarray) -> np.ndarray:
    """pi_ab, shape (P, C, C), at least SMALLEST."""
    grid = np.zeros((len(r), h.shape[1] + 2, k.shape[1] + 2))
    grid[:, 1:-1, 1:-1] = cdf_grid(h, k, r)
    grid[:, 1:-1, -1] = ndtr(h)
    grid[:, -1, 1:-1] = ndtr(k)
    grid[:, -1, -1] = 1.0
    return np.maximum(cells(grid), SMALLEST)


def scores(h: np.ndarray, k: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Derivatives of log pi_ab with respect to r, h and k: (P, C, C) and twice (P, C - 1, C, C).

    d Phi2(h, k) / dh = phi(h) Phi((k - r h) / sqrt(1 - r^2)); it enters the cell below a threshold
    with plus and the cell above with minus.
    """
    p = cell_probabilities(h, k, r)
    score_r = cells(_framed(density_grid(h, k, r)[0])) / p
    by_h = _threshold_scores(h, k, r, p)
    by_k = _threshold_scores(k, h, r, p.transpose(0, 2, 1)).transpose(0, 1, 3, 2)
    return score_r, by_h, by_k


def _threshold_scores(h: np.ndarray, k: np.ndarray, r: np.ndarray, p: np.ndarray) -> np.ndarray:
    P, t = h.shape
    h, k = np.clip(h, -FAR, FAR), np.clip(k, -FAR, FAR)
    s = np.sqrt((1 - r) * (1 + r))[:, None, None]
    below = np.zeros((P, t, k.shape[1] + 2))
    below[:, :, 1:-1] = ndtr((k[:, None, :] - r[:, None, None] * h[:, :, None]) / s)
    below[:, :, -1] = 1.0
    density = np.exp(-(h**2) / 2) / np.sqrt(2 * np.pi)
    flow = density[:, :, None] * np.diff(below, axis=2)
    out = np.zeros((P, t, t + 1, k.shape[1] + 1))
    a = np.arange(t)
    out[:, a, a] = flow / p[:, :-1]
    out[:, a, a + 1] = -flow / p[:, 1:]
    return out


def _framed(grid: np.ndarray) -> np.ndarray:
    """A grid with zeros around: the density vanishes at infinite thresholds."""
    return np.pad(grid, ((0, 0), (1, 1), (1, 1)))


def _start(counts: np.ndarray) -> np.ndarray:
    """The product-moment correlation of the category numbers, a little stretched."""
    code = np.arange(counts.shape[1]) - counts.shape[1] / 2
    total = np.maximum(counts.sum(axis=(1, 2)), 1.0)
    rows, columns = counts.sum(axis=2), counts.sum(axis=1)
    mean_a, mean_b = rows @ code / total, columns @ code / total
    spread = (rows @ code**2 / total - mean_a**2) * (columns @ code**2 / total - mean_b**2)
    joint = np.einsum("a,pab,b->p", code, counts, code) / total - mean_a * mean_b
    r = joint / np.sqrt(np.where(spread > 0, spread, 1.0))
    return np.sin(np.pi / 2 * 0.9 * np.clip(r, -0.99, 0.99))


def _filled(counts: np.ndarray) -> np.ndarray:
    """2 x 2 tables with 0.5 on the diagonal of the empty cell and taken from the other diagonal."""
    out = counts.astype(float).copy()
    sign = np.where((out[:, 0, 0] == 0) | (out[:, 1, 1] == 0), ZERO_ADD, -ZERO_ADD)
    out[:, 0, 0] += sign
    out[:, 1, 1] += sign
    out[:, 0, 1] -= sign
    out[:, 1, 0] -= sign
    return out
