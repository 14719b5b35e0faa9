"""The second step of categorical estimation and the influence of each case on all statistics.

With s1 the scores of the first step and s2 those of the correlations, the estimating equations are
sum s1 = 0 and sum s2 = 0. Each case's influence is A^-1 (s1, s2) with the block-triangular A of expected
derivatives; by the information equality these are expected products of scores, taken at their sample
means: A11 within a variable, A21 = mean of s2 times the PAIR's scores for the first-step parameters, A22 =
mean s2^2 (lavaan's choice too). The asymptotic covariance is the mean outer product of the influences.

Source
------
Muthén, B. (1984). Psychometrika 49(1), 115-132, equations 28 to 33.
Muthén, B. & Satorra, A. (1995). Psychometrika 60(4), 489-503.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.sem.ordinal_step import FirstStep
from crmlab.sem.polychoric import polychorics, tables
from crmlab.sem.polyserial import Serials, polyserials, products


@dataclass(frozen=True, slots=True, eq=False)
class SecondStep:
    """Correlations of P pairs.

    Attributes
    ----------
    pairs : (P, 2) row and column of the elements below the diagonal, column by column
    covariance : (P,) correlation times the standard deviations of numeric partners
    converged : (P,)
    influence : (n, q + P) of each case on first-step statistics and covariances
    empty : (p, p) number of empty cells of ordinal pairs
    filled : pairs whose 2 x 2 table had one empty cell
    """

    pairs: np.ndarray
    covariance: np.ndarray
    converged: np.ndarray
    influence: np.ndarray
    empty: np.ndarray
    filled: list[tuple[int, int]]


@dataclass(slots=True, eq=False)
class _Work:
    """What the three kinds of pairs write into: correlations, scores (n, P), A21 (P, q + 1)."""

    pairs: np.ndarray
    r: np.ndarray
    converged: np.ndarray
    scores: np.ndarray
    a21: np.ndarray
    empty: np.ndarray
    filled: list[tuple[int, int]]


def second_step(first: FirstStep) -> SecondStep:
    """All pairs: polychoric, polyserial and product-moment."""
    n, p = first.codes.shape
    columns, rows = np.triu_indices(p, 1)
    P = len(rows)
    work = _Work(
        np.column_stack([rows, columns]),
        np.zeros(P),
        np.ones(P, dtype=bool),
        np.zeros((n, P)),
        np.zeros((P, len(first.stats) + 1)),
        np.zeros((p, p), dtype=int),
        [],
    )
    _ordinal_pairs(first, work)
    for j in np.flatnonzero(~first.ordered):
        _numeric_pairs(first, int(j), work)
    influence = _influence(first, work)
    sd = np.sqrt(first.variance)
    return SecondStep(
        work.pairs,
        work.r * sd[rows] * sd[columns],
        work.converged,
        influence,
        work.empty,
        work.filled,
    )


def _ordinal_pairs(first: FirstStep, work: _Work) -> None:
    which = np.flatnonzero(first.ordered[work.pairs].all(axis=1))
    if not which.size:
        return
    a, b = work.pairs[which].T
    n, size = len(first.codes), int(first.widths.max())
    counts = tables(first.codes, a, b, size)
    widths = first.widths[work.pairs[which]]
    found = polychorics(np.stack([first.tau[a], first.tau[b]]), counts, widths)
    work.r[which], work.converged[which] = found.r, found.converged
    lookup = np.zeros((len(which), size + 1, size + 1))  # the last row and column are read by the code -1
    lookup[:, :size, :size] = found.score_r
    flat = lookup.reshape(len(which), -1)
    at = np.where(first.codes >= 0, first.codes, size)
    work.scores[:, which] = np.take_along_axis(flat, (at[:, a] * (size + 1) + at[:, b]).T, axis=1).T
    weight = counts * found.score_r / n
    t = size - 1
    for variable, score in ((a, found.score_a), (b, found.score_b)):
        cross = np.einsum("pab,ptab->pt", weight, score)
        work.a21[which[:, None], first.columns[variable, :t]] += cross
    work.empty[a, b] = work.empty[b, a] = found.empty
    work.filled.extend(
        (int(x), int(y)) for x, y in zip(a[found.zero_added], b[found.zero_added], strict=True)
    )


def _numeric_pairs(first: FirstStep, j: int, work: _Work) -> None:
    """Numeric variable j with all ordinal ones and with the numeric ones before it."""
    rows, columns = work.pairs.T
    partner = np.where(rows == j, columns, np.where(columns == j, rows, -1))
    sd = np.sqrt(first.variance)
    for which in (
        np.flatnonzero((partner >= 0) & first.ordered[partner]),
        np.flatnonzero((partner >= 0) & ~first.ordered[partner] & (partner < j)),
    ):
        if not which.size:
            continue
        others = partner[which]
        if first.ordered[others[0]]:
            found = polyserials(first.z[:, j], sd[j], first.codes[:, others], first.tau[others])
        else:
            found = products(first.z[:, j], sd[j], first.z[:, others], sd[others])
        _write_serials(first, j, others, which, found, work)


def _write_serials(
    first: FirstStep, j: int, others: np.ndarray, which: np.ndarray, found: Serials, work: _Work
) -> None:
    n = len(found.score_r)
    work.r[which], work.converged[which] = found.r, found.converged
    work.scores[:, which] = found.score_r
    mean_at, variance_at = first.columns[j, :2]
    work.a21[which, mean_at] = (found.score_r * found.score_mean).sum(axis=0) / n
    work.a21[which, variance_at] = (found.score_r * found.score_variance).sum(axis=0) / n
    cross = np.einsum("np,npm->pm", found.score_r, found.score_other) / n
    work.a21[which[:, None], first.columns[others, : cross.shape[1]]] += cross


def _influence(first: FirstStep, work: _Work) -> np.ndarray:
    """A^-1 applied to each case's scores, then carried from correlations to covariances.

    The derivative of r * sd_a * sd_b brings r * sd_b / (2 sd_a) times the influence on the variance of a.
    """
    n, q = first.scores.shape
    one = np.zeros((n, q + 1))
    for j in range(len(first.ordered)):
        at = first.columns[j]
        at = at[at < q]
        s = first.scores[:, at]
        one[:, at] = np.linalg.solve(s.T @ s / n, s.T).T
    with np.errstate(divide="ignore", invalid="ignore"):  # an unconverged pair is reported by the caller
        two = (work.scores - one @ work.a21.T) / ((work.scores**2).sum(axis=0) / n)
    rows, columns = work.pairs.T
    sd = np.sqrt(first.variance)
    two *= sd[rows] * sd[columns]
    for side, other in ((rows, columns), (columns, rows)):
        numeric = np.flatnonzero(~first.ordered[side])
        v = first.columns[side[numeric], 1]
        pull = work.r[numeric] * sd[other[numeric]] / (2 * sd[side[numeric]])
        two[:, numeric] += pull * one[:, v]
    return np.hstack([one[:, :q], two])
