"""What customers are grouped by: what they did, what they think, or what a list of prospects says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.customers.days import PurchaseDays
from crmlab.errors import ModelError

NORMAL_IQR = 1.349  # interquartile range of a normal distribution, in standard deviations
BEHAVIOUR = ("recency", "frequency", "spend")


@dataclass(frozen=True, eq=False)
class Features:
    """Numbers that people are grouped by.

    Attributes
    ----------
    raw : one row a person, one column a feature, in natural units; NaN where unknown
    X : (n, d) the same, centred by medians and scaled by interquartile ranges, logarithms where asked
    """

    raw: pd.DataFrame
    X: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(map(str, self.raw.columns))


def features(raw: pd.DataFrame, logs: Sequence[str] = ()) -> Features:
    """Scale numbers so that no unit counts more than another.

    Parameters
    ----------
    raw : one row a person; a column without any spread says nothing and is left out
    logs : columns whose logarithm counts; zeros and refunds count as half the smallest positive value

    Notes
    -----
    z = (x - median) 1.349 / interquartile range, about 1 for a normal distribution; where half of the people share one
    value, the standard deviation stands for the range.

    Raises
    ------
    ModelError
        Nothing varies.
    """
    values = raw.to_numpy(dtype=float).copy()
    if np.isinf(values).any():
        raise ModelError(f"'{raw.columns[np.isinf(values).any(axis=0)][0]}' has infinite values")
    for place, name in enumerate(raw.columns):
        if name in logs:
            x = values[:, place]
            least = x[x > 0].min(initial=np.inf)
            values[:, place] = np.log(np.where(np.isnan(x), np.nan, np.maximum(x, least / 2)))
    known = [np.unique(column[~np.isnan(column)]).size > 1 for column in values.T]
    if not any(known):
        raise ModelError("nothing that people could be grouped by varies")
    values = values[:, known]
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75], axis=0)
    scale = (high - low) / NORMAL_IQR
    scale = np.where(scale > 1e-9 * np.nanstd(values, axis=0), scale, np.nanstd(values, axis=0))
    return Features(raw.loc[:, known], (values - middle) / scale)


def behaviour(days: PurchaseDays) -> pd.DataFrame:
    """Recency (days since the last purchase), frequency (purchase days), spend (money of a purchase day), by customer."""
    return pd.DataFrame(
        {
            "recency": (days.end - days.last).astype(float),
            "frequency": days.counts.astype(float),
            "spend": days.gross / days.counts,
        },
        index=days.customers,
    )


def behaviour_features(days: PurchaseDays) -> Features:
    """Behaviour on logarithmic scales; recency is counted from tomorrow, so that today is one day."""
    raw = behaviour(days)
    scaled = features(raw.assign(recency=raw["recency"] + 1), BEHAVIOUR)
    return Features(raw[list(scaled.names)], scaled.X)


def spread_ties(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same numbers with equal ones spread evenly over the room between their neighbours.

    Counts and ratings are lumps on a line; a lump is no group of people.
    """
    found = X.copy()
    for place in range(X.shape[1]):
        values, back, times = np.unique(X[:, place], return_inverse=True, return_counts=True)
        if len(values) < 2 or (times == 1).all():
            continue
        gap = np.diff(values) / 2
        below, above = np.concatenate([gap[:1], gap]), np.concatenate([gap, gap[-1:]])
        room = np.where(times > 1, 1.0, 0.0)[back]
        u = rng.random(len(X))
        found[:, place] += room * np.where(u < 0.5, (2 * u - 1) * below[back], (2 * u - 1) * above[back])
    return found
