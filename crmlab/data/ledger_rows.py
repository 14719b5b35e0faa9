"""Which rows of a ledger stay, and for which one reason each of the others goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

import numpy as np
import pandas as pd

from crmlab.data.days import FINE, IMPOSSIBLE, MISSING, OTHER
from crmlab.data.ledger_columns import Part
from crmlab.data.privacy import masked
from crmlab.data.problems import Problems
from crmlab.errors import DataError
from crmlab.study.ledger_spec import REFUSALS
from crmlab.study.ledger_spec import Ledger as Declared

KEPT = "kept"
DUPLICATES = ("exact_duplicate", "duplicate_after_normalising")
REASONS = ("empty", *DUPLICATES, *REFUSALS, "superseded")  # the first that applies
HINTS = {
    "missing_id": "fill the customer in",
    "missing_date": "fill the date in",
    "impossible_date": "correct the date",
    "other_calendar": "correct the date, or name the calendar under ledger.calendar",
    "future_date": "correct the date, or ledger.end",
    "before_start": "correct the date, or ledger.start",
    "bad_amount": "correct the amount, or say ledger.decimal",
    "missing_currency": "fill the currency in",
}


@dataclass(frozen=True, slots=True)
class Window:
    """What was observed, and how much of it models are calibrated on; all days belong to it.

    Attributes
    ----------
    start, end : first and last day
    calibration_end : last day of the calibration period; None if nothing is held out
    """

    start: date
    end: date
    calibration_end: date | None


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The status of every row of one file.

    Attributes
    ----------
    status : shape (rows,), one of REASONS or "kept"
    copies : place of a refused duplicate -> place of the first copy
    """

    status: np.ndarray
    copies: dict[int, int]


def judge(parts: Sequence[Part], ledger: Declared, window: Window) -> list[Judged]:
    """Give each row of each file its status."""
    found = [_judge(part, ledger, window) for part in parts]
    for older in range(len(parts) - 1):
        _supersede(parts, found, older)
    return found


def _judge(part: Part, ledger: Declared, window: Window) -> Judged:
    status = np.full(len(part), KEPT, dtype=object)
    days, states = part.days.values, part.days.states
    fine = states == FINE
    copies: dict[int, int] = {}
    marks: dict[str, np.ndarray] = {"empty": part.empty}
    if ledger.duplicate_rows != "keep":
        for reason, first in zip(DUPLICATES, (_same_cells(part), _same_sale(part)), strict=True):
            marks[reason] = first >= 0
            for place in np.flatnonzero(marks[reason]):
                copies.setdefault(int(place), int(first[place]))
    marks |= {
        "missing_id": part.customer == "",
        "missing_date": states == MISSING,
        "impossible_date": states == IMPOSSIBLE,
        "other_calendar": states == OTHER,
        "future_date": fine & (days > np.datetime64(window.end)),
        "before_start": fine & (days < np.datetime64(window.start)),
        "bad_amount": np.isnan(part.amount) & ~part.unpriced,
        "missing_currency": part.unpriced,
    }
    for reason, rows in marks.items():
        status[rows & (status == KEPT)] = reason
    refused = {place: first for place, first in copies.items() if status[place] in DUPLICATES}
    return Judged(status, refused)


def _same_cells(part: Part) -> np.ndarray:
    """Place of the first row with the same cells everywhere; -1 for that row itself and for empty rows."""
    if "receipt" in part.places and _unique(part.table.columns[part.places["receipt"]]):
        return np.full(len(part), -1)
    codes = {
        place: pd.factorize(np.array(column, dtype=object))[0]
        for place, column in enumerate(part.table.columns)
    }
    return _first_copies(pd.DataFrame(codes), ~part.empty)


def _same_sale(part: Part) -> np.ndarray:
    """Place of the first row with the same receipt, customer, day, amount and product once all is spelled alike."""
    if part.receipt is None or _unique(part.receipt):
        return np.full(len(part), -1)
    keys = {
        "receipt": part.receipt,
        "customer": part.customer,
        "day": part.days.values,
        "amount": part.amount,
    }
    if "product" in part.words:
        keys["product"] = part.words["product"]
    whole = (part.receipt != "") & (part.customer != "") & (part.days.states == FINE) & ~np.isnan(part.amount)
    return _first_copies(pd.DataFrame(keys), whole)


def _unique(cells: Sequence[object] | np.ndarray) -> bool:
    """True if no cell stands twice, which is quickly seen and spares the comparison of whole rows."""
    return len(set(cells)) == len(cells)


def _first_copies(keys: pd.DataFrame, among: np.ndarray) -> np.ndarray:
    """For each row that repeats an earlier one of `among`, the place of the first; -1 for the others."""
    found = np.full(len(keys), -1)
    chosen = keys.loc[among]
    twice = chosen.loc[chosen.duplicated(keep=False).to_numpy()]
    if len(twice):
        groups = twice.groupby(list(twice.columns), sort=False, dropna=False)
        first = groups.ngroup().to_numpy()
        places = twice.index.to_numpy()
        start = pd.Series(places).groupby(first).transform("min").to_numpy()
        found[places[places != start]] = start[places != start]
    return found


def _supersede(parts: Sequence[Part], found: list[Judged], older: int) -> None:
    """Refuse kept rows of an older system whose receipt a later one knows, for the same customer and day."""
    mine = _sales(parts[older], found[older])
    if mine is None:
        return
    for later in range(older + 1, len(parts)):
        theirs = _sales(parts[later], found[later])
        if theirs is not None:
            known = mine.isin(theirs)
            found[older].status[mine.index[known]] = "superseded"


def _sales(part: Part, judged: Judged) -> pd.Series | None:
    if part.receipt is None:
        return None
    kept = (judged.status == KEPT) & (part.receipt != "")
    day = part.days.values.astype("int64").astype(str)
    joined = pd.Series(part.receipt) + "\0" + part.customer + "\0" + day
    return cast(pd.Series, joined[kept])


def tell(part: Part, judged: Judged, ledger: Declared, problems: Problems, window: Window) -> None:
    """Put on `problems` every reason for which the study does not say that rows may be dropped."""
    for reason in REASONS:
        allowed = reason in ledger.refuse or (reason in DUPLICATES and ledger.duplicate_rows == "refuse")
        rows = np.flatnonzero(judged.status == reason)
        if not len(rows) or allowed or reason in ("empty", "superseded"):
            continue
        column, problem, hint = _told(part, judged, reason, rows, window)
        title = part.table.title(part.places[column]) if column else None
        problems.add(
            DataError(problem, file=part.table.file, column=title, rows=part.table.seen(rows), hint=hint)
        )


def _told(part: Part, judged: Judged, reason: str, rows: np.ndarray, window: Window) -> tuple[str, str, str]:
    """Column, problem and way out."""
    many = f"{len(rows)} row{'s' if len(rows) > 1 else ''}"
    refuse = f"; or count and drop such rows: ledger.refuse: [{reason}]"
    if reason in DUPLICATES:
        pairs = [(judged.copies[int(row)], int(row)) for row in rows[:3]]
        shown = ", ".join(f"{part.table.rows[first]} and {part.table.rows[again]}" for first, again in pairs)
        how = "in every cell" if reason == DUPLICATES[0] else "in receipt, customer, day and amount"
        return (
            "",
            f"{many} equal an earlier one {how} (rows {shown})",
            "ledger.duplicate_rows: refuse (or keep)",
        )
    if reason in ("impossible_date", "other_calendar"):
        why = next((why for row, why in sorted(part.days.why.items()) if row in set(rows.tolist())), "")
        return "date", f"{why or 'no date'} ({many})", HINTS[reason] + refuse
    if reason in ("future_date", "before_start"):
        day = part.days.values[rows[0]]
        edge = (
            f"after the last day observed, {window.end}"
            if reason == "future_date"
            else f"before {window.start}"
        )
        written = masked(str(part.table.columns[part.places["date"]][rows[0]]))
        return "date", f"{written} is {day}, {edge} ({many})", HINTS[reason] + refuse
    if reason == "bad_amount":
        cell = part.table.columns[part.places["amount"]][rows[0]]
        return (
            "amount",
            f"{'blank' if cell in (None, '') else masked(str(cell))} is no amount ({many})",
            HINTS[reason] + refuse,
        )
    column = {"missing_id": "customer", "missing_date": "date", "missing_currency": "currency"}[reason]
    return column, f"blank in {many}", HINTS[reason] + refuse
