"""Do customers place themselves where the rule puts them? Cohen's kappa, plain and weighted."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

WEIGHTS = ("plain", "linear", "quadratic")


def kappa(
    table: np.ndarray, weights: str = "plain", level: float = 0.95
) -> tuple[float, float, float, float]:
    """Cohen's kappa of a square table of counts: estimate, standard error, both limits.

    Parameters
    ----------
    table : (k, k) counts; rows one rating, columns the other, categories in order
    weights : "plain" (equal or not), "linear" (1 - |i - j| / (k - 1)) or "quadratic" (1 - ((i - j) / (k - 1))^2)

    Returns
    -------
    tuple
        NaN where one rating uses a single category and chance agrees fully.

    Source
    ------
    Cohen, J. (1960). Educational and Psychological Measurement 20, 37-46; (1968). Psychological Bulletin 70, 213-220.
    Fleiss, J. L., Cohen, J. & Everitt, B. S. (1969). Psychological Bulletin 72, 323-327 (large-sample variance).
    """
    k = len(table)
    n = table.sum()
    p = table / n
    r, c = p.sum(axis=1), p.sum(axis=0)
    far = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / max(k - 1, 1)
    w = {"plain": (far == 0).astype(float), "linear": 1 - far, "quadratic": 1 - far**2}[weights]
    seen, chance = float((w * p).sum()), float((w * np.outer(r, c)).sum())
    if chance >= 1 - 1e-12:
        return math.nan, math.nan, math.nan, math.nan
    value = (seen - chance) / (1 - chance)
    across, down = w @ c, w.T @ r
    bend = w - np.add.outer(across, down) * (1 - value)
    variance = float((p * bend**2).sum() - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    se = math.sqrt(max(variance, 0.0))
    z = float(ndtri((1 + level) / 2))
    return value, se, max(value - z * se, -1.0), min(value + z * se, 1.0)
