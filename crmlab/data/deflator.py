"""Real money: amounts in prices of one month, by a monthly index of prices or of an exchange rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.data.dates import stamp
from crmlab.data.match import locate
from crmlab.data.money import amount
from crmlab.data.persian import is_blank, normalise
from crmlab.data.problems import Problems
from crmlab.data.read import read_table
from crmlab.data.table import RawTable
from crmlab.errors import DataError
from crmlab.study.ledger_spec import Deflator as Declared

if TYPE_CHECKING:
    from crmlab.data.ledger_admitted import Ledger
    from crmlab.study.study import Study


def read_deflator(study: Study) -> pd.Series | None:
    """The study's index: first day of each month -> level; None if the study names none.

    Raises
    ------
    DataError, DataErrors
        A month that is none, an index that is not above zero, a month twice or left out.
    """
    declared = study.behaviour.deflator
    if declared is None:
        return None
    table = read_table(study.path_of(declared.file), declared)
    problems = Problems()
    months = table.columns[locate(table, declared.month, "behaviour.deflator.month")]
    levels = table.columns[locate(table, declared.index, "behaviour.deflator.index")]
    found: dict[np.datetime64, float] = {}
    for row, (month, level) in enumerate(zip(months, levels, strict=True)):
        if not all(cell is None or (isinstance(cell, str) and is_blank(cell)) for cell in (month, level)):
            with problems.gather():
                day, value = _entry(table, declared, row, month, level)
                if day in found:
                    raise DataError(
                        "this month stands twice",
                        file=table.file,
                        column=declared.month,
                        rows=table.seen([row]),
                    )
                found[day] = value
    problems.tell()
    index = pd.Series(found, dtype=float).sort_index()
    index.index = pd.DatetimeIndex(index.index).as_unit("s")
    _unbroken(index, table, declared)
    return index


def _entry(
    table: RawTable, declared: Declared, row: int, month: object, level: object
) -> tuple[np.datetime64, float]:
    seen = table.seen([row])
    try:
        text = normalise(month).replace("-", "/") + "/1" if isinstance(month, str) else month
        moment = stamp(text, declared.calendar)
    except ValueError as error:
        raise DataError(
            f"the month {error}",
            file=table.file,
            column=declared.month,
            rows=seen,
            hint="write months as 1403/01",
        ) from None
    value = amount(level)
    if moment is None or value is None or value <= 0:
        raise DataError("is no index above zero", file=table.file, column=declared.index, rows=seen)
    return np.datetime64(moment.date(), "D"), value


def _unbroken(index: pd.Series, table: RawTable, declared: Declared) -> None:
    """No month is left out: the first days of two months in a row are 28 to 31 days apart."""
    steps = np.diff(index.index.to_numpy().astype("datetime64[D]")).astype(int)
    if len(index) < 2 or ((steps < 28) | (steps > 31)).any():
        place = int(np.argmax((steps < 28) | (steps > 31))) if len(steps) else 0
        day = pd.Timestamp(index.index[place]).date()
        raise DataError(
            f"the month after the one that begins on {day} is missing", file=table.file, column=declared.month,
            hint="give every month of the observed time",
        )  # fmt: skip


def factors(index: pd.Series, days: np.ndarray, base: date) -> np.ndarray:
    """What money of each day is worth in prices of the month of `base`: index(month of base) / index(month of the day).

    Parameters
    ----------
    index : first day of each month -> level, in order
    days : shape (n,), datetime64
    base : a day of the month whose prices are meant

    Raises
    ------
    DataError
        A day before the first month, or more than 31 days after the beginning of the last.
    """
    starts = index.index.to_numpy().astype("datetime64[D]")
    days = np.asarray(days).astype("datetime64[D]")
    asked = np.append(days, np.datetime64(base, "D"))
    place = np.searchsorted(starts, asked, side="right") - 1
    late = asked - starts[-1] > np.timedelta64(31, "D")
    if ((place < 0) | late).any():
        outside = asked[(place < 0) | late]
        raise DataError(
            f"the index knows {starts[0]} to {starts[-1]}, but {len(outside)} days lie outside (such as {outside[0]})",
            file="deflator", hint="add the months to the index (key behaviour.deflator)",
        )  # fmt: skip
    levels = index.to_numpy(dtype=float)
    return levels[place[-1]] / levels[place[:-1]]


def deflate(ledger: Ledger) -> Ledger:
    """The ledger in prices of the last month observed."""
    if ledger.deflator is None:
        raise DataError("the study names no index of prices (key behaviour.deflator)", file="ledger")
    factor = factors(ledger.deflator, ledger.rows["day"].to_numpy(), ledger.window.end)
    real = ledger.rows.assign(amount=ledger.rows["amount"].to_numpy() * factor)
    if "margin" in real:
        real["margin"] = real["margin"].to_numpy() * factor
    return replace(ledger, rows=real)
