"""p values of several hypotheses, adjusted for there being several."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's step-down p values, which bound the chance of any false rejection; NaN stay NaN.

    Source
    ------
    Holm, S. (1979). Scandinavian Journal of Statistics 6(2), 65-70.
    """
    return _adjust(p, lambda ordered: np.maximum.accumulate(ordered * np.arange(len(ordered), 0, -1)))


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Step-up p values, which bound the expected share of false ones among rejections; NaN stay NaN.

    Source
    ------
    Benjamini, Y. & Hochberg, Y. (1995). Journal of the Royal Statistical Society B 57(1), 289-300.
    """

    def climb(ordered: np.ndarray) -> np.ndarray:
        m = len(ordered)
        return np.minimum.accumulate((ordered * m / np.arange(1, m + 1))[::-1])[::-1]

    return _adjust(p, climb)


def _adjust(p: np.ndarray, rule: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    p = np.asarray(p, dtype=float)
    out = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    out[order] = np.minimum(1.0, rule(p[order]))
    return out
