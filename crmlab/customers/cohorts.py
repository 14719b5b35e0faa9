"""Cohorts: customers by the period of their first purchase, and what became of them, period by period."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from crmlab.customers.days import PurchaseDays
from crmlab.errors import ModelError
from crmlab.jalali import from_gregorian, to_gregorian
from crmlab.result import Result, tidy_block

MOST = 14  # cohorts that a table or a heat map can hold
EPOCH = date(1970, 1, 1)
MONTHS = {"M": 1, "Q": 3, "Y": 12}


def cohorts(
    days: PurchaseDays, *, calendar: str = "gregorian", source: dict[str, str] | None = None
) -> Result:
    """Share of each cohort that buys in the k-th period after its first, and its revenue per member.

    Periods are months, or quarters or years where there would be more than MOST of them. A last period that had not
    ended by the end of observation is left out.

    Returns
    -------
    Result
        `size:<cohort>`, `buyers:<cohort>.<age>`, `retention:<cohort>.<age>`, `revenue:<cohort>.<age>` (money per member),
        age from 0; cohort "1997-01", "1401-Q2" or "1402". `complete:<cohort>` is 0 where members were still joining.
    """
    if calendar not in ("gregorian", "jalali"):
        raise ModelError(f"calendar is '{calendar}'; want gregorian or jalali")
    first, last = int(days.day.min()), days.end
    for step in MONTHS:
        edges, names = periods(first, last, step, calendar)
        if len(names) <= MOST or step == "Y":
            break
    born = np.searchsorted(edges, days.first, side="right") - 1
    seen = np.searchsorted(edges, days.day, side="right") - 1
    size = np.bincount(born, minlength=len(names)).astype(float)
    age = seen - born[days.who]
    cell = born[days.who] * len(names) + age
    one_each = np.unique(np.column_stack([cell, days.who]), axis=0)[:, 0]
    shape = (len(names), len(names))
    buyers = np.bincount(one_each, minlength=len(names) ** 2).reshape(shape)
    money = np.bincount(cell, weights=days.amount, minlength=len(names) ** 2).reshape(shape)
    ended = len(names) if edges[-1] == last + 1 else len(names) - 1
    return _result(names, size, buyers, money, ended, MONTHS[step], source or {})


def _result(
    names: list[str], size: np.ndarray, buyers: np.ndarray, money: np.ndarray, ended: int, months: int,
    source: dict[str, str],
) -> Result:  # fmt: skip
    found = [(c, k) for c in range(len(names)) for k in range(len(names) - c) if size[c] and c + k < ended]
    cells = [f"{names[c]}.{k}" for c, k in found]
    rows, columns = (np.array([place[j] for place in found], dtype=int) for j in (0, 1))
    n = size[rows]
    known = [c for c in range(len(names)) if size[c]]
    tidy = pd.concat([
        tidy_block("size", [names[c] for c in known], size[known]),
        tidy_block("complete", [names[c] for c in known], [float(c < ended) for c in known]),
        tidy_block("buyers", cells, buyers[rows, columns]),
        tidy_block("retention", cells, buyers[rows, columns] / n),
        tidy_block("revenue", cells, money[rows, columns] / n),
    ])  # fmt: skip
    return Result("model.cohorts", tidy, {"cohorts": len(known), "months": months}, (), source)


def periods(first: int, last: int, step: str, calendar: str) -> tuple[np.ndarray, list[str]]:
    """Edges (days since 1970) and names of the calendar periods that hold the days first to last.

    Examples
    --------
    >>> periods(0, 40, "M", "gregorian")[1]
    ['1970-01', '1970-02']
    """
    start = EPOCH + timedelta(first)
    year, month = (start.year, start.month) if calendar == "gregorian" else from_gregorian(start)[:2]
    months = MONTHS[step]
    month -= (month - 1) % months
    edges, names = [_day(year, month, calendar)], list[str]()
    while edges[-1] <= last:
        quarter = (month - 1) // 3 + 1
        names.append(
            {"M": f"{year:04d}-{month:02d}", "Q": f"{year:04d}-Q{quarter}", "Y": f"{year:04d}"}[step]
        )
        year, month = (year + 1, 1) if month + months > 12 else (year, month + months)
        edges.append(_day(year, month, calendar))
    return np.array(edges), names


def _day(year: int, month: int, calendar: str) -> int:
    return ((date(year, month, 1) if calendar == "gregorian" else to_gregorian(year, month, 1)) - EPOCH).days
