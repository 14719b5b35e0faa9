"""Control charts as arrays: classic limits of a baseline, self-starting scores, EWMA and tabular CUSUM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["share", "rate", "mean", "number"]

MR_TO_SD = 1.128  # d2 of two values: mean moving range over standard deviation
MR_LIMIT = 3.267  # D4 of two values
FAR = 3.5  # robust z beyond which a value of the baseline is set aside (Iglewicz & Hoaglin 1993),
SHORT = 4.0  # farther by this over their number, because the spread of few values is unsure itself
MAD_TO_SD = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Centre line and limits, one a period."""

    centre: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def outside(self, values: np.ndarray) -> np.ndarray:
        """True where a value lies beyond its limits."""
        found: np.ndarray = (values < self.low) | (values > self.high)
        return found


def individuals(x: np.ndarray, sigmas: float = 3.0) -> tuple[Limits, float]:
    """The XmR chart: limits of single values by their mean moving range, and the upper limit of the ranges.

    Centre x-bar, limits x-bar +- 3 MR-bar / 1.128, ranges up to 3.267 MR-bar.

    Source
    ------
    NIST/SEMATECH e-Handbook of statistical methods, 6.3.2.2; Wheeler, D. J. (1993). Understanding variation.
    """
    ranges = np.abs(np.diff(x))
    sd = ranges.mean() / MR_TO_SD if len(ranges) else 0.0
    centre = np.full(len(x), x.mean())
    return Limits(centre, centre - sigmas * sd, centre + sigmas * sd), float(MR_LIMIT * ranges.mean())


def counts_chart(
    count: np.ndarray, size: np.ndarray, kind: Kind, *, sigmas: float = 3.0, laney: bool = False
) -> Limits:
    """p chart (`kind` "share": count of size) or u chart ("rate": count over exposure); Laney's p' and u' if asked.

    Laney's charts widen the limits by sigma_z, the mean moving range of the standardised values over 1.128.

    Source
    ------
    NIST/SEMATECH e-Handbook, 6.3.3; Laney, D. B. (2002). Quality Engineering 14, 531-537.
    """
    level = count.sum() / size.sum()
    scale = scale_of(kind, level, size)
    wide = 1.0
    if laney and len(count) > 1:
        z = (count / size - level) / scale
        wide = float(np.abs(np.diff(z)).mean() / MR_TO_SD)
    reach = sigmas * wide * scale
    high = np.minimum(level + reach, 1.0) if kind == "share" else level + reach
    return Limits(np.full(len(count), level), np.maximum(level - reach, 0.0), high)


def scale_of(kind: Kind, level: float, size: np.ndarray) -> np.ndarray:
    """What a value varies by on its own: of a share and a rate in full, of a mean up to a factor."""
    if kind == "share":
        return np.sqrt(np.maximum(level * (1 - level), 0.0) / size)
    if kind == "rate":
        return np.sqrt(max(level, 0.0) / size)
    return 1 / np.sqrt(size) if kind == "mean" else np.ones(len(size))


def ewma(score: np.ndarray, weight: float, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Exponentially weighted means from 0, and their limits, exact from the first period on.

    e_t = (1 - w) e_(t-1) + w z_t, limits +-L sqrt(w / (2 - w) (1 - (1 - w)^(2t))).

    Source
    ------
    Roberts, S. W. (1959). Technometrics 1, 239-250; NIST/SEMATECH e-Handbook, 6.3.2.4.
    """
    t = np.arange(1, len(score) + 1)
    path = np.zeros(len(score))
    level = 0.0
    for k, z in enumerate(score):  # periods, few
        level = (1 - weight) * level + weight * z
        path[k] = level
    return path, limit * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * t)))


def cusum(score: np.ndarray, reference: float) -> tuple[np.ndarray, np.ndarray]:
    """Tabular sums of what goes beyond the reference value, upward and downward, from 0.

    C+_t = max(0, C+_(t-1) + z_t - k), C-_t = max(0, C-_(t-1) - z_t - k).

    Source
    ------
    Page, E. S. (1954). Biometrika 41, 100-115; NIST/SEMATECH e-Handbook, 6.3.2.3.
    """
    paths = np.zeros((2, len(score)))
    state = np.zeros(2)
    for k, z in enumerate(score):
        state = np.maximum(0.0, state + np.array([z, -z]) - reference)
        paths[:, k] = state
    return paths[0], paths[1]


def set_aside(z: np.ndarray) -> np.ndarray:
    """Values of the baseline that lie far out of the rest, by median and median absolute deviation."""
    middle = np.median(z)
    spread = MAD_TO_SD * np.median(np.abs(z - middle))
    return (
        np.abs(z - middle) > FAR * (1 + SHORT / len(z)) * spread
        if spread > 0
        else np.zeros(len(z), dtype=bool)
    )
