"""What is known of the customers on a given day: segments, who is still there, what a purchase brings. Nothing later counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.clv import SpendFit, gamma_gamma
from crmlab.customers.days import DAYS, YEAR, PurchaseDays
from crmlab.customers.histories import fit_named, histories
from crmlab.customers.segments import GROUPS, rfm_groups
from crmlab.customers.valuer import Money, Valuer
from crmlab.errors import ModelError

ALL = "all"  # the only segment where no purchases tell customers apart
AS_OF = "mbgnbd"  # fitted at the start of every cycle where the study leaves the model to be chosen
FEWEST_REPEATS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Customers as they were known at the start of a day.

    Attributes
    ----------
    customers : (n,) keys, sorted
    segment : (n,) place among `segments`
    p_alive : (n,) probability of being active; NaN where no model could be fitted
    value : (n,) discounted margin to come; NaN likewise
    purchase : (g,) mean margin of one purchase in each segment; NaN without purchases
    segments : keys of the segments
    model : that P(alive) comes from, or ""
    """

    customers: np.ndarray
    segment: np.ndarray
    p_alive: np.ndarray
    value: np.ndarray
    purchase: np.ndarray
    segments: tuple[str, ...]
    model: str

    def places(self, customers: np.ndarray) -> np.ndarray:
        """(k,) place of each key among the known customers, -1 for strangers."""
        return pd.Index(self.customers).get_indexer(pd.Index(customers, dtype=object))


def known_by_contacts(customers: np.ndarray) -> Known:
    """Customers of whom nothing but contacts is known: one segment, nobody lost."""
    names = np.unique(customers.astype(str)).astype(object)
    nan = np.full(len(names), np.nan)
    return Known(names, np.zeros(len(names), dtype=int), nan, nan, np.full(1, np.nan), (ALL,), "")


def known_by_purchases(
    days: PurchaseDays, before: int, *, unit: str, money: Money, model: str = "auto"
) -> Known:
    """Customers who bought before the day `before` (since 1970), grouped and valued by those purchases alone."""
    past = days.until(before - 1)
    g = len(GROUPS)
    if not len(past.customers):
        none = np.zeros(0)
        return Known(none.astype(object), none.astype(int), none, none, np.full(g, np.nan), GROUPS, "")
    group = rfm_groups(past)
    place = np.array([GROUPS.index(name) for name in group])
    keys = np.asarray(past.customers, dtype=object)
    spent = np.bincount(place, weights=past.gross, minlength=g)
    bought = np.bincount(place, weights=past.counts, minlength=g)
    purchase = np.divide(spent * money.margin, bought, out=np.full(g, np.nan), where=bought > 0)
    p_alive, value, fitted = _alive(past, unit, money, AS_OF if model == "auto" else model)
    return Known(keys, place, p_alive, value, purchase, GROUPS, fitted)


def _alive(past: PurchaseDays, unit: str, money: Money, model: str) -> tuple[np.ndarray, np.ndarray, str]:
    """P(alive) and value of each customer; those won on the last day are there for certain, and not yet valued."""
    h = histories(past, unit)
    nan = np.full(len(past.customers), np.nan)
    if (h.x > 0).sum() < FEWEST_REPEATS:
        return nan, nan, ""
    name = model if model[-1].isdigit() or "cnbd" not in model else f"{model}2"
    fit = fit_named((name,), h).get(name)
    if fit is None:
        return nan, nan, ""
    p_alive, value = np.ones(len(past.customers)), nan.copy()
    p_alive[h.kept] = fit.p_alive()
    spend = _spend(h.x, h.spend)
    valuer = Valuer.of(fit, spend, h, money, YEAR / DAYS[unit], 0, 0.95, 0)
    if spend is not None and valuer.spend is not None:
        value[h.kept] = valuer.at_once().table["clv"].to_numpy()
    return p_alive, value, name


def _spend(x: np.ndarray, spend: np.ndarray) -> SpendFit | None:
    on = (x > 0) & (spend > 0)
    try:
        return gamma_gamma(x[on], spend[on])
    except ModelError:
        return None
