"""Shares of explained variance among predictors that overlap: the arithmetic of dominance analysis on arrays.

It stands on the ground because two rooms that may not see each other rest on it: the drivers of an outcome among
constructs (structure), and the blocks of units behind their customers' relationship (enterprise).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Dominance:
    """General dominance in a batch of B regressions on k predictors.

    Attributes
    ----------
    weight : (B, k) mean gain of R2 by each predictor over all subsets of the others; they add up to `r2`
    r2 : (B,) of all predictors together
    complete : (B, k, k) 1 where the row's predictor gains more than the column's in every subset of the others, 0
        where it always gains less, 0.5 in between and on the diagonal
    """

    weight: np.ndarray
    r2: np.ndarray
    complete: np.ndarray


def dominance(R: np.ndarray, r: np.ndarray) -> Dominance:
    """Dominance weights from correlations of predictors R (B, k, k) and with the outcome r (B, k).

    Each R must be positive definite.

    Source
    ------
    Budescu, D. V. (1993). Psychological Bulletin 114(3), 542-551. Azen, R. & Budescu, D. V. (2003). Psychological
    Methods 8(2), 129-148.
    """
    k = R.shape[1]
    r2 = r2_of_subsets(R, r)
    weight, gain = np.zeros((len(R), k)), dict[tuple[int, int], np.ndarray]()
    for j in range(k):
        for mask in range(1 << k):
            if not mask >> j & 1:
                gain[j, mask] = r2[mask | 1 << j] - r2[mask]
                weight[:, j] += gain[j, mask] / (k * comb(k - 1, mask.bit_count()))
    complete = np.full((len(R), k, k), 0.5)
    for a, b in combinations(range(k), 2):
        others = [mask for mask in range(1 << k) if not mask & (1 << a | 1 << b)]
        ahead = np.array([gain[a, mask] - gain[b, mask] for mask in others])
        complete[:, a, b] = np.where(
            (ahead > 0).all(axis=0), 1.0, np.where((ahead < 0).all(axis=0), 0.0, 0.5)
        )
        complete[:, b, a] = 1 - complete[:, a, b]
    return Dominance(weight, r2[-1].copy(), complete)


def r2_of_subsets(R: np.ndarray, r: np.ndarray) -> np.ndarray:
    """(2^k, B) R2 of every subset of the predictors; bit j of the place is predictor j."""
    k = R.shape[1]
    found = np.zeros((1 << k, len(R)))
    for mask in range(1, 1 << k):
        at = np.array([j for j in range(k) if mask >> j & 1])
        beta = np.linalg.solve(R[:, at[:, None], at], r[:, at, None])[:, :, 0]
        found[mask] = (r[:, at] * beta).sum(axis=1)
    return found
