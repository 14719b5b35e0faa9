"""The office panel: what mid, back and front office did in each unit and period."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.privacy import masked
from crmlab.data.small_table import SmallTable, settled
from crmlab.data.typed import Typed, account, counted, open_typed, require, void
from crmlab.errors import DataError
from crmlab.result import Check, Result

VARIABLES = (
    "mo_budget",
    "mo_policy",
    "bo_capacity",
    "bo_cycle_time",
    "bo_karaneh",
    "fo_service",
    "fo_complaints",
    "rq_mean",
)
_QUARTER = re.compile(r"(\d{4})\s*-?\s*[Qq]([1-4])")
_MONTH = re.compile(r"(\d{4})[/-](\d{1,2})")
_PLAIN = re.compile(r"\d{1,4}")
A_YEAR = {"quarter": 4, "month": 12, "number": 1}


@dataclass(frozen=True, eq=False, repr=False)
class OfficePanel(SmallTable):
    """The admitted panel: unit, period (as written), time (whole number, one more each period), and the variables as
    floats, NaN where blank. `flow` counts units, periods, absent pairs and blank cells.

    Attributes
    ----------
    unit_of_time : "quarter", "month" or "number"
    absent : (unit, period) pairs that the file has no row for, of all units and periods it has
    """

    unit_of_time: str
    absent: tuple[tuple[str, str], ...]

    name = "office_panel"


def admit_office_panel(
    path: str | Path,
    *,
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    variables: Sequence[str] | None = None,
    missing: Sequence[str] = (),
    **declared: Any,
) -> OfficePanel:
    """Read and admit a panel of units by periods.

    Parameters
    ----------
    path : .csv, .xlsx, .xls, .sav or .parquet, one row a unit and period
    file, columns, missing, declared : as for `admit_ratings`
    variables : columns of figures; those of VARIABLES that the file has, if not given

    Raises
    ------
    DataError, DataErrors
        A column is lost; a unit or period is blank; a period is neither "1402Q1", "1402/01" nor a whole number,
        or the file mixes these; a unit has two rows for one period; a figure is no number; nothing varies.
    """
    typed = open_typed(path, key="office_panel", file=file, columns=columns, missing=missing, **declared)
    require(typed, "unit", "period", *(variables or ()))
    named = tuple(variables or (name for name in VARIABLES if typed.has(name)))
    if not named:
        raise DataError(
            "holds none of the figures " + ", ".join(VARIABLES),
            file=typed.table.file,
            hint="name the columns of figures",
        )
    unit, period = typed.texts("unit"), typed.texts("period")
    time, unit_of_time = _times(typed, period)
    figures = {name: typed.numbers(name) for name in named}
    _one_row_each(typed, unit, time)
    kept, refused, source = settled(typed, {"unit": unit, "period": period, "time": time, **figures})
    kept = kept.astype({"time": "int64"})
    absent = _absent(kept)
    flow = _flow(typed, kept, absent, named, source)
    return OfficePanel(kept, refused, flow, source, unit_of_time, absent)


def _times(typed: Typed, period: np.ndarray) -> tuple[np.ndarray, str]:
    """Periods as whole numbers that rise by one."""
    time, kinds = np.zeros(len(period)), np.full(len(period), "", dtype=object)
    for row in np.flatnonzero(typed.kept & ~void(period)):
        for kind, pattern in (("quarter", _QUARTER), ("month", _MONTH), ("number", _PLAIN)):
            if hit := pattern.fullmatch(period[row]):
                parts = [int(part) for part in hit.groups()] if hit.groups() else [int(hit.group())]
                if kind != "month" or 1 <= parts[1] <= 12:
                    time[row] = parts[0] * A_YEAR[kind] + (parts[1] - 1 if len(parts) > 1 else 0)
                    kinds[row] = kind
                break
    lost = np.flatnonzero(typed.kept & ~void(period) & (kinds == ""))
    if len(lost):
        typed.fault(
            f"{masked(str(period[lost[0]]))} is no period",
            "period",
            lost,
            "write quarters as 1402Q1, months as 1402/01, or number the periods",
        )
    found = [kind for kind in A_YEAR if (kinds[typed.kept] == kind).any()]
    if len(found) > 1:
        typed.fault(
            f"periods of {len(found)} kinds: {', '.join(found)}",
            "period",
            np.flatnonzero(kinds == found[-1]),
            "use one",
        )
    return time, found[0] if found else "number"


def _one_row_each(typed: Typed, unit: np.ndarray, time: np.ndarray) -> None:
    pairs = typed.repeats((unit, time))
    if pairs:
        told = ", ".join(f"{typed.table.rows[b]} repeats {typed.table.rows[a]}" for a, b in pairs[:5])
        typed.fault(
            f"{counted(len(pairs), 'row')} for a unit and period that has one already ({told})",
            "period",
            [b for _, b in pairs],
            "keep one row for each unit and period",
        )


def _absent(kept: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    words = kept.drop_duplicates("time").set_index("time")["period"]
    there = set(zip(kept["unit"], kept["time"], strict=True))
    return tuple(
        (unit, words[time])
        for unit in sorted(kept["unit"].unique())
        for time in sorted(words.index)
        if (unit, time) not in there
    )


def _flow(
    typed: Typed,
    kept: pd.DataFrame,
    absent: tuple[tuple[str, str], ...],
    named: tuple[str, ...],
    source: dict[str, str],
) -> Result:
    blank = kept[list(named)].isna().sum()
    cells = len(kept) * len(named)
    counts: dict[str, float] = {
        "units": kept["unit"].nunique(),
        "periods": kept["time"].nunique(),
        "absent": len(absent),
        "blank_cells": int(blank.sum()),
        **{f"blank:{name}": int(number) for name, number in blank.items()},
        **{f"mean:{name}": float(kept[name].mean()) for name in named},
    }
    rule = "<= 0.05 of units x periods absent"
    share = len(absent) / max(len(absent) + len(kept), 1)
    checks = [Check("check.absent_periods", share <= 0.05, share, rule)]
    rule = "<= 0.05 of the cells blank (Hair et al. 2022)"
    checks.append(
        Check("check.blank_panel_cells", blank.sum() <= 0.05 * cells, blank.sum() / max(cells, 1), rule)
    )
    return account("model.office_panel", typed, counts, checks, source)
