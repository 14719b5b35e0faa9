"""The simple formula beside the model: yearly margin times retention, discounted."""

from __future__ import annotations

import numpy as np

from crmlab import clv
from crmlab.customers.days import PurchaseDays
from crmlab.errors import ModelError

YEAR_DAYS = 365
STARTING = 31  # days that the first of the two years may lack at its start


def retained(days: PurchaseDays, rate: float, margin: float, years: float = np.inf) -> dict[str, float]:
    """Value of the customers of the last year by margin times retention; empty where there are not two years.

    Parameters
    ----------
    rate : discount rate a year
    margin : share of spend left after costs
    years : horizon in years; rounded up to whole ones, as the formula knows no parts of a year

    Returns
    -------
    dict
        `retention` (share of those who bought in the year before last who bought in the last year again),
        `yearly_margin` (money, mean of those who bought in the last year), `active`, `retention_mean`,
        `retention_equity` (money).

    Source
    ------
    Gupta, S. & Lehmann, D. R. (2003). J. Interactive Marketing 17(1), 9-24.
    """
    last, before = days.end - YEAR_DAYS, days.end - 2 * YEAR_DAYS
    if days.day.min() > before + STARTING:
        return {}
    now, then = days.counted(last, days.end) > 0, days.counted(before, last) > 0
    if not then.any() or not now.any():
        return {}
    share = float((now & then).sum() / then.sum())
    spent = days.amount[days.day > last].sum() / now.sum()
    periods = int(np.ceil(years - 1e-9)) if np.isfinite(years) else None
    try:
        value = clv.retention_value(margin * spent, share, rate, periods=periods)
    except ModelError:
        return {}
    return {
        "retention": share, "yearly_margin": float(margin * spent), "active": float(now.sum()),
        "retention_mean": value, "retention_equity": value * float(now.sum()),
    }  # fmt: skip
