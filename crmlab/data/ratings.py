"""Maturity ratings: who gave which item of which model what level, for which unit, when and with what proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.dates import Calendar
from crmlab.data.privacy import scan
from crmlab.data.small_table import SmallTable, settled
from crmlab.data.typed import Typed, account, by_key, choice, counted, open_typed, require, void
from crmlab.errors import DataError, PrivacyError
from crmlab.result import Check, Result
from crmlab.study.maturity import HIGHEST, LOWEST, MODELS, MaturityItem, maturity_items

NEEDED = ("unit", "rater", "model", "item_code", "level")


@dataclass(frozen=True, eq=False, repr=False)
class Ratings(SmallTable):
    """The admitted ratings: unit, rater, model, item_code, element, level (NaN = not answered), date, evidence.

    `flow` counts blank levels, repaired cells and the raters of each unit.
    """

    name = "ratings"


def admit_ratings(
    path: str | Path,
    *,
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    calendar: Calendar = "jalali",
    missing: Sequence[str] = (),
    out_of_range: str = "error",
    repeated: str = "error",
    units: Sequence[str] = (),
    items: Mapping[str, MaturityItem] | None = None,
    **declared: Any,
) -> Ratings:
    """Read and admit a table of ratings.

    Parameters
    ----------
    path : .csv, .xlsx, .xls, .sav or .parquet, one row a rating
    file : the file's name in messages
    columns : our column -> the file's header, where they differ
    calendar : of the date column
    missing : cells that mean "no answer"
    out_of_range : "error", or "refuse_row" for rows whose level is none of 1 to 5
    repeated : what to do when a rater rates an item of a unit twice: "error", or "last" to keep the later row
    units : units that must have been rated
    items : the items that may occur; the bundled catalogue if not given
    declared : sheet, encoding, separator, header_rows

    Raises
    ------
    DataError, DataErrors
        A column is lost; a row has no unit or no rater; a level is none of 1 to 5; an item code or model is
        unknown, or the two do not belong together; a unit has no rating; a date cannot be read.
    PrivacyError
        A rater or unit is called by what looks like a phone number, an e-mail address or a national id.
    """
    choice(out_of_range, ("error", "refuse_row"), "ratings.out_of_range")
    choice(repeated, ("error", "last"), "ratings.repeated")
    catalogue = maturity_items() if items is None else items
    typed = open_typed(path, key="ratings", file=file, columns=columns, missing=missing, **declared)
    require(typed, *NEEDED)
    unit, rater = typed.texts("unit"), _raters(typed)
    item = typed.coded("item_code", by_key(catalogue), "maturity item")
    model = typed.coded("model", by_key(MODELS, {"strategy": "crm_strategy"}), "maturity model")
    _belonging(typed, item, model, catalogue)
    level = _levels(typed, out_of_range)
    dates = typed.days("date", calendar)[0] if typed.has("date") else np.full(len(level), "NaT", "M8[s]")
    evidence = (
        typed.texts("evidence", needed=False)
        if typed.has("evidence")
        else np.full(len(level), None, dtype=object)
    )
    _nobody_named(typed, unit, rater)
    _repeats(typed, unit, rater, item, repeated)
    _all_rated(typed, unit, level, units)
    kept, refused, source = settled(
        typed,
        {
            "unit": unit,
            "rater": rater,
            "model": model,
            "item_code": item,
            "element": [catalogue[code].element if code in catalogue else None for code in item],
            "level": level,
            "date": dates,
            "evidence": evidence,
        },
    )
    return Ratings(kept, refused, _flow(typed, kept, source), source)


def _raters(typed: Typed) -> np.ndarray:
    """Raters, one spelling each; a unit of whose ratings none names a rater is told by its name."""
    names = typed.texts("rater", needed=False)
    units = typed.texts("unit", needed=False)
    lost = typed.kept & void(names)
    for unit in dict.fromkeys(units[lost & ~void(units)]):
        here = lost & (units == unit)
        alone = not (typed.kept & (units == unit) & ~lost).any()
        typed.fault(
            f"unit '{unit}' has {'no rater at all' if alone else counted(int(here.sum()), 'rating') + ' without a rater'}",
            "rater",
            np.flatnonzero(here),
            "say for each rating who gave it, by a code",
        )
    return names


def _levels(typed: Typed, out_of_range: str) -> np.ndarray:
    level = typed.numbers("level")
    odd = typed.kept & ~np.isnan(level) & ~np.isin(level, np.arange(LOWEST, HIGHEST + 1))
    if out_of_range == "refuse_row":
        typed.refuse(odd, "out_of_range")
    elif odd.any():
        values, counts = np.unique(level[odd], return_counts=True)
        told = "; ".join(
            f"{value:g} occurs {n} time{'s' if n > 1 else ''}"
            for value, n in zip(values[:5], counts[:5], strict=True)
        )
        typed.fault(
            f"{told}, outside the levels {LOWEST}-{HIGHEST}",
            "level",
            np.flatnonzero(odd),
            "correct the ratings, or declare the value as missing, or out_of_range: refuse_row",
        )
    return level


def _belonging(
    typed: Typed, item: np.ndarray, model: np.ndarray, catalogue: Mapping[str, MaturityItem]
) -> None:
    wrong: dict[tuple[str, str], list[int]] = {}
    for row in np.flatnonzero(typed.kept):
        code, said = item[row], model[row]
        if code is not None and said is not None and catalogue[code].model != said:
            wrong.setdefault((code, said), []).append(int(row))
    for (code, said), rows in wrong.items():
        typed.fault(
            f"item {code} belongs to model {catalogue[code].model}, not to {said}",
            "model",
            rows,
            "correct one of the two",
        )


def _nobody_named(typed: Typed, unit: np.ndarray, rater: np.ndarray) -> None:
    for column, names in (("rater", rater), ("unit", unit)):
        rows = [row for row, name in enumerate(names) if name is not None and scan(name)]
        if rows:
            seen = ", ".join(map(str, typed.table.seen(rows[:5])))
            typed.problems.add(
                PrivacyError(
                    f"{typed.table.file}, column '{column}', rows {seen}: names that look like personal data",
                    hint="call raters and units by codes",
                )
            )


def _repeats(typed: Typed, unit: np.ndarray, rater: np.ndarray, item: np.ndarray, repeated: str) -> None:
    pairs = typed.repeats((unit, rater, item))
    if repeated == "last":
        later = {tuple(column[b] for column in (unit, rater, item)): b for _, b in pairs}
        for rows in pairs:
            for row in rows:
                if later[unit[row], rater[row], item[row]] != row:
                    typed.status[row] = "superseded"
    elif pairs:
        told = ", ".join(f"{typed.table.rows[b]} repeats {typed.table.rows[a]}" for a, b in pairs[:5])
        typed.fault(
            f"{counted(len(pairs), 'rating')} of one item of one unit by one rater given again ({told})",
            "item_code",
            [b for _, b in pairs],
            "remove one of each, or repeated: last",
        )


def _all_rated(typed: Typed, unit: np.ndarray, level: np.ndarray, units: Sequence[str]) -> None:
    rated = set(unit[typed.kept & ~np.isnan(level)])
    seen = [name for name in dict.fromkeys([*units, *unit[typed.kept]]) if name is not None]
    lost = [name for name in seen if name not in rated]
    if lost:
        typed.problems.add(
            DataError(
                "no rater gave a level to " + ", ".join(f"unit '{name}'" for name in lost),
                file=typed.table.file,
                column=typed.table.title(typed.place("level")),
                hint="have it rated, or leave the unit out",
            )
        )


def _flow(typed: Typed, kept: pd.DataFrame, source: dict[str, str]) -> Result:
    blank = int(kept["level"].isna().sum())
    raters = kept.groupby("unit")["rater"].nunique()
    counts: dict[str, float] = {
        "missing_levels": blank,
        "with_evidence": int(kept["evidence"].notna().sum()),
        "units": len(raters),
        **{f"raters:{unit}": int(number) for unit, number in raters.items()},
        **{f"ratings:{model}": int(n) for model, n in kept["model"].value_counts(sort=False).items()},
    }
    rule = "<= 0.05 of the ratings blank (Hair et al. 2022)"
    checks = [Check("check.blank_ratings", blank <= 0.05 * len(kept), blank / max(len(kept), 1), rule)]
    return account("model.ratings", typed, counts, checks, source)
