"""Purchases as arrays: one row for each day on which a customer bought, in the order of customer and day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from crmlab.errors import ModelError

DAYS = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}  # days in a unit of time
YEAR = 365.25


@dataclass(frozen=True, eq=False)
class PurchaseDays:
    """Distinct purchase days of every customer.

    Attributes
    ----------
    customers : (m,) keys of the customers, sorted
    who : (n,) place of a row's customer among them, rising
    day : (n,) days since 1970-01-01, rising within a customer
    amount : (n,) money spent on that day, refunds apart
    refunds : (m,) money given back to each customer, from 0 on
    end : last day of observation, in the same count
    """

    customers: pd.Index
    who: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    refunds: np.ndarray
    end: int

    @cached_property
    def starts(self) -> np.ndarray:
        """(m,) row of each customer's first purchase."""
        return np.flatnonzero(np.diff(self.who, prepend=-1))

    @cached_property
    def counts(self) -> np.ndarray:
        """(m,) purchase days of each customer."""
        return np.diff(np.append(self.starts, len(self.who)))

    @property
    def first(self) -> np.ndarray:
        """(m,) day of the first purchase."""
        return self.day[self.starts]

    @property
    def last(self) -> np.ndarray:
        """(m,) day of the last purchase."""
        return self.day[self.starts + self.counts - 1]

    @cached_property
    def gross(self) -> np.ndarray:
        """(m,) money each customer spent, refunds apart."""
        return np.add.reduceat(self.amount, self.starts)

    @property
    def total(self) -> np.ndarray:
        """(m,) money of each customer, net of refunds."""
        return self.gross - self.refunds

    @cached_property
    def order(self) -> np.ndarray:
        """(n,) 0 for a customer's first purchase, 1 for the second, ..."""
        return np.arange(len(self.who)) - np.repeat(self.starts, self.counts)

    @cached_property
    def gaps(self) -> np.ndarray:
        """(n,) days since the purchase before; NaN for a first purchase."""
        gap = np.diff(self.day, prepend=self.day[:1]).astype(float)
        gap[self.starts] = np.nan
        return gap

    def until(self, end: int) -> PurchaseDays:
        """The purchases seen by the end of day `end`; refunds have no day here and are left out."""
        kept = self.day <= end
        codes, found = pd.factorize(self.who[kept], sort=True)
        none = np.zeros(len(found))
        return PurchaseDays(
            self.customers[found], codes.astype(np.int64), self.day[kept], self.amount[kept], none, end
        )

    def counted(self, after: int, upto: int) -> np.ndarray:
        """(m,) purchase days of each customer in (after, upto]."""
        inside = (self.day > after) & (self.day <= upto)
        return np.bincount(self.who[inside], minlength=len(self.customers)).astype(float)


def purchase_days(
    frame: pd.DataFrame, *, customer: str = "customer", date: str = "date", amount: str = "amount",
    end: object = None, zero: Literal["only", "purchase", "nothing"] = "only",
    returns: Literal["net", "drop"] = "net",
) -> PurchaseDays:  # fmt: skip
    """Merge a customer's purchases of one day and sort them; by the rules of `clv.rfm`.

    Parameters
    ----------
    frame : one row a transaction, without missing values; amounts below 0 are refunds
    end : last day of observation; the last transaction by default
    zero : amounts of 0 are purchases "only" for customers without any other, always ("purchase") or never
    returns : "net" takes refunds from a customer's money, "drop" leaves them out

    Raises
    ------
    ModelError
        No purchases; a transaction after `end`.
    """
    day = _number(frame[date])
    money = frame[amount].to_numpy(dtype=float)
    codes, keys = pd.factorize(frame[customer].to_numpy(), sort=True)
    last = int(day.max(initial=0) if end is None else np.datetime64(str(end)[:10], "D").astype(np.int64))
    if (day > last).any():
        raise ModelError(f"{int((day > last).sum())} transactions are later than the end of observation")
    bought = money > 0
    if zero != "nothing":
        free = (money == 0) & (zero == "purchase" or ~np.isin(codes, codes[bought]))
        bought = bought | free
    if not bought.any():
        raise ModelError("the ledger has no purchases (amounts above 0)")
    back = np.bincount(codes, weights=np.maximum(-money, 0) * (returns == "net"), minlength=len(keys))
    who, when, spent = _merged(codes[bought], day[bought], money[bought])
    among, kept = pd.factorize(who, sort=True)
    return PurchaseDays(pd.Index(keys[kept]), among.astype(np.int64), when, spent, back[kept], last)


def _merged(
    codes: np.ndarray, day: np.ndarray, money: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct (customer, day), sorted, with the money of each."""
    start = int(day.min())
    span = int(day.max()) - start + 1
    place, distinct = pd.factorize(codes.astype(np.int64) * span + (day - start), sort=True)
    who, since = np.divmod(distinct.astype(np.int64), span)
    return who, since + start, np.bincount(place, weights=money)


def _number(dates: pd.Series) -> np.ndarray:
    """Days since 1970-01-01."""
    return pd.to_datetime(dates).to_numpy().astype("datetime64[D]").astype(np.int64)
