"""How well chances rank, with an interval, and whether they hold what they say, as a test."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri
from scipy.stats import rankdata

from crmlab.customers.calibration import area


def area_interval(score: np.ndarray, y: np.ndarray, level: float = 0.95) -> tuple[float, float, float, float]:
    """Area under the curve with its standard error and limits, symmetric in log odds.

    Source
    ------
    DeLong, E. R., DeLong, D. M. & Clarke-Pearson, D. L. (1988). Biometrics 44, 837-845.
    """
    event = y == 1
    a, b = float(event.sum()), float((~event).sum())
    ranks = rankdata(score)
    above = (ranks[event] - rankdata(score[event])) / b  # share of the others below each event
    below = 1 - (ranks[~event] - rankdata(score[~event])) / a
    value = area(score, y)
    se = float(np.sqrt(above.var(ddof=1) / a + below.var(ddof=1) / b))
    if not 0 < value < 1 or se == 0:
        return value, se, value, value
    half = float(ndtri((1 + level) / 2)) * se / (value * (1 - value))
    return value, se, float(expit(logit(value) - half)), float(expit(logit(value) + half))


def spiegelhalter(p: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Z of the hypothesis that events come with the chances told, and its p.

    z = sum (y - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p)).

    Source
    ------
    Spiegelhalter, D. J. (1986). Statistics in Medicine 5, 421-433.
    """
    weight = 1 - 2 * p
    variance = float((weight**2 * p * (1 - p)).sum())
    z = float(((y - p) * weight).sum()) / np.sqrt(variance) if variance > 0 else float("nan")
    return float(z), float(2 * ndtr(-abs(z)))
