"""Resampling of few clusters: draws that do not depend on names or order, and intervals that are wide enough."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def by_content(blocks: Sequence[np.ndarray]) -> list[int]:
    """Places of the blocks in an order that their numbers alone decide.

    A seed then gives the same draws whatever the units are called, in which order they stand in the file and in
    which units figures are measured. NaN must have been replaced.
    """
    return sorted(range(len(blocks)), key=lambda place: (blocks[place].shape, blocks[place].ravel().tolist()))


def rows_by_content(block: np.ndarray) -> np.ndarray:
    """The rows of a block in an order that their numbers alone decide; NaN counts as a number."""
    plain = np.nan_to_num(np.asarray(block, dtype=float), nan=-np.inf)
    return block[np.lexsort(plain.T[::-1])] if len(block) else block


def counts(rng: np.random.Generator, n: int, resamples: int) -> np.ndarray:
    """How often each of n clusters is drawn, (resamples, n); rows sum to n."""
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(float)


def tail(n: int, level: float) -> float:
    """Share to cut off each end of n clusters' bootstrap distribution.

    Percentile intervals of few clusters are too narrow twice over: the bootstrap divides by n instead of n - 1
    and takes the normal distribution's quantile instead of t's. Both are undone by reaching further out:
    Phi(-t(n - 1) sqrt(n / (n - 1))).

    Source
    ------
    Hesterberg, T. C. (2015). The American Statistician 69(4), 371-386 (expanded percentile interval).
    """
    from scipy.special import ndtr, stdtrit  # here: reports use this room's words and none of its numbers

    if n < 2:
        return math.nan
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * math.sqrt(n / (n - 1))
    return float(ndtr(-reach))


def quantiles(draws: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Quantiles over the first axis, NaN draws left out, NaN where nothing is left; (len(shares), ...)."""
    ordered = np.sort(draws, axis=0)
    n = np.isfinite(ordered).sum(axis=0)
    found = np.full((len(shares), *draws.shape[1:]), np.nan)
    for place, share in enumerate(shares):
        if math.isnan(share):
            continue
        at = share * np.maximum(n - 1, 0)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, np.maximum(n - 1, 0))
        below = np.take_along_axis(ordered, low[None], axis=0)[0]
        above = np.take_along_axis(ordered, high[None], axis=0)[0]
        found[place] = np.where(n > 0, below + (at - low) * (above - below), np.nan)
    return found


def interval(draws: np.ndarray, n: int, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the expanded percentile interval of n clusters; NaN for a single one."""
    cut = tail(n, level)
    low, high = quantiles(draws, (cut, 1 - cut))
    return low, high


def spread(draws: np.ndarray, n: int) -> np.ndarray:
    """Standard error from the draws of n clusters, with n - 1 as divisor of the clusters."""
    there = np.isfinite(draws)
    number = there.sum(axis=0)
    filled = np.where(there, draws, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = filled.sum(axis=0) / number
        variance = (np.where(there, draws - middle, 0.0) ** 2).sum(axis=0) / (number - 1)
    return np.where(number > 1, np.sqrt(variance * n / max(n - 1, 1)), np.nan)
