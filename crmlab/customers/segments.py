"""Groups of customers by what they did: scores of recency, frequency and spend, and deciles of value."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from crmlab.customers.days import PurchaseDays

GROUPS = ("best", "loyal", "promising", "new", "at_risk", "asleep")


def scores(values: np.ndarray, classes: int = 5) -> np.ndarray:
    """1 to `classes` by mean rank; ties share a score."""
    return np.ceil(classes * (rankdata(values) - 0.5) / len(values)).astype(int)


def rfm_groups(days: PurchaseDays) -> np.ndarray:
    """(m,) group of each customer from quintile scores R (recent is high), F and M (money in all).

    best: all three 4 or more. loyal: R 3 or more, F 4 or more. new: one purchase, R 4 or more. promising: the others
    with R 3 or more. at_risk: R below 3, F 4 or more. asleep: the rest.

    Source
    ------
    After Hughes, A. M. (1994). Strategic Database Marketing (quintile scores; the names of groups are ours).
    """
    r, f, m = scores(days.last), scores(days.counts), scores(days.total)
    rules = {
        "best": (r >= 4) & (f >= 4) & (m >= 4),
        "loyal": (r >= 3) & (f >= 4),
        "new": (r >= 4) & (days.counts == 1),
        "promising": r >= 3,
        "at_risk": f >= 4,
    }
    return np.select(list(rules.values()), list(rules), default="asleep")


def ranked(values: np.ndarray, groups: int = 10) -> np.ndarray:
    """(n,) "1" for the customers with the highest values, to the number of groups; equal values stand in one group."""
    return (groups + 1 - scores(values, groups)).astype(str)
