"""A column of dates -> days, fast: each different spelling is read once, and a wrong one has one of four reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.dates import Calendar, OtherCalendar, stamp
from crmlab.data.persian import is_blank

FINE, MISSING, OTHER, IMPOSSIBLE = range(4)
NOT_A_DAY = np.datetime64("NaT", "D")
_CLOCK = re.compile(r"([0-9۰-۹٠-٩/.\-]{8,10})[ T](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Days of one column.

    Attributes
    ----------
    values : shape (rows,), datetime64[D], Gregorian; NaT where there is none
    states : shape (rows,): FINE, MISSING (blank), OTHER (a year of the other calendar) or IMPOSSIBLE
    why : place of a wrong cell's first occurrence -> what is wrong with it
    """

    values: np.ndarray
    states: np.ndarray
    why: dict[int, str]


def days(cells: Sequence[Any], calendar: Calendar) -> Days:
    """All cells of a column as Gregorian days; a moment counts for its day, one with an offset for its day in Tehran."""
    codes, unique = pd.factorize(np.array(cells, dtype=object), use_na_sentinel=True)
    known: dict[Any, tuple[np.datetime64, int, str]] = {}
    values = np.empty(len(unique) + 1, dtype="datetime64[D]")
    states = np.empty(len(unique) + 1, dtype=np.int8)
    told: dict[int, str] = {}
    for place, cell in enumerate(unique):
        hit = _CLOCK.fullmatch(cell) if isinstance(cell, str) else None
        short = hit[1] if hit else cell
        if short not in known:
            known[short] = _one(short, calendar)
        values[place], states[place], reason = known[short]
        if reason:
            told[place] = reason
    values[-1], states[-1] = NOT_A_DAY, MISSING
    first = {place: int(np.argmax(codes == place)) for place in told}
    return Days(values[codes], states[codes], {first[place]: reason for place, reason in told.items()})


def _one(cell: Any, calendar: Calendar) -> tuple[np.datetime64, int, str]:
    if isinstance(cell, str) and is_blank(cell):
        return NOT_A_DAY, MISSING, ""
    try:
        moment = stamp(cell, calendar)
    except OtherCalendar as error:
        return NOT_A_DAY, OTHER, str(error)
    except ValueError as error:
        return NOT_A_DAY, IMPOSSIBLE, str(error)
    return (NOT_A_DAY, MISSING, "") if moment is None else (np.datetime64(moment.date(), "D"), FINE, "")
