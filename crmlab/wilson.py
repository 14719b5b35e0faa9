"""Wilson's score interval of a share, for every room that counts."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri


def wilson(
    x: np.ndarray | float, n: np.ndarray | float, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share x/n and its score interval; NaN where n is 0, and 0 or 1 exactly where the share is.

    Source
    ------
    Wilson, E. B. (1927). Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> [round(float(end), 4) for end in wilson(8.0, 10.0, 0.95)]
    [0.8, 0.4902, 0.9433]
    """
    x, n = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = x / n
    return p, *wilson_limits(p, n, level)


def wilson_limits(p: np.ndarray, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """The same of a share p whose number n may be an effective one."""
    z2 = float(ndtri((1 + level) / 2)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2) * np.sqrt(p * (1 - p) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    return np.where(p == 0, 0.0, middle - half), np.where(p == 1, 1.0, middle + half)
