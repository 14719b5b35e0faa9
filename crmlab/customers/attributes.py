"""What is known of customers from day to day: words of their contacts and purchases, money of a purchase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.customers.days import PurchaseDays
from crmlab.customers.touches import Touches, coded
from crmlab.study import Study


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """One attribute of customers over time: a number, or words as codes.

    Attributes
    ----------
    name : "channel", "topic", "basket", ...
    values : (n,) numbers; codes of words
    customer, day : (n,) whose, and when
    words : True for codes
    """

    name: str
    values: np.ndarray
    customer: np.ndarray
    day: np.ndarray
    words: bool


def attributes(
    touched: Touches, study: Study, days: PurchaseDays | None = None, ledger: pd.DataFrame | None = None
) -> list[Attribute]:
    """The attributes of customers that a study has, or those that it names."""
    rows, found = touched.rows, list[Attribute]()
    for name in [name for name in ("channel", "topic", "direction") if name in rows]:
        told = rows[name].to_numpy() >= 0
        values, who, day = (rows[column].to_numpy()[told] for column in (name, "customer", "day"))
        found.append(Attribute(name, values, who, day, words=True))
    if ledger is not None:
        found += _of_purchases(ledger)
    if days is not None:
        found.append(Attribute("basket", days.amount, days.who, days.day, words=False))
        known = ~np.isnan(days.gaps)
        found.append(Attribute("gap", days.gaps[known], days.who[known], days.day[known], words=False))
    wanted = study.spec.phases.attributes
    return [one for one in found if (not wanted and one.name != "gap") or one.name in wanted]


def _of_purchases(ledger: pd.DataFrame) -> list[Attribute]:
    bought = ledger.loc[ledger["amount"] > 0]
    who = pd.factorize(bought["customer"], sort=True)[0]
    day = bought["day"].to_numpy().astype("datetime64[D]").astype(np.int64)
    found = []
    for name, column in (("purchase_channel", "channel"), ("branch", "branch"), ("product", "product")):
        if column in bought:
            codes, _ = coded(bought[column])
            told = codes >= 0
            found.append(Attribute(name, codes[told], who[told], day[told], words=True))
    return found
