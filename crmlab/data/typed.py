"""Small declared tables: columns found by name, cells turned to text, numbers and days, every fault told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from crmlab.data.dates import Calendar, stamps
from crmlab.data.match import locate
from crmlab.data.persian import is_blank, normalise, number, number_repairs
from crmlab.data.persian import key as folded
from crmlab.data.privacy import masked
from crmlab.data.problems import Problems
from crmlab.data.read import declare, read_table
from crmlab.data.rules import KEPT
from crmlab.data.table import Cell, RawTable
from crmlab.errors import DataError, StudyError
from crmlab.result import Result, tidy_frame


@dataclass(frozen=True, slots=True, eq=False)
class Typed:
    """A raw table with the names its columns bear in the file, and a list for what is wrong with it.

    Attributes
    ----------
    table : the file as found
    key : of the study file, for messages: "ratings"
    names : our column -> the file's header
    missing : cells that mean "no answer", besides blanks
    problems : faults found so far
    status : one word a row: "kept", or why it is refused
    repairs : kind of repair -> cells
    """

    table: RawTable
    key: str
    names: Mapping[str, str]
    missing: frozenset[str]
    problems: Problems = field(default_factory=Problems)
    status: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    repairs: dict[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> np.ndarray:
        """True where the row is not refused so far."""
        return self.status == KEPT

    def refuse(self, rows: np.ndarray, reason: str) -> None:
        """Mark rows that were kept so far as refused."""
        self.status[rows & self.kept] = reason

    def place(self, column: str) -> int:
        """Where our column stands; an error names the nearest headers."""
        return locate(self.table, self.names.get(column, column), f"{self.key}.columns.{column}")

    def has(self, column: str) -> bool:
        """True if the file has this column, or if the caller says how it is called."""
        return column in self.names or bool(self.table.find(column))

    def cells(self, column: str) -> tuple[Cell, ...]:
        """The raw cells of one column."""
        return self.table.columns[self.place(column)]

    def blank(self, cell: Cell) -> bool:
        """No answer: nothing there, or a word that was declared to mean it."""
        if cell is None:
            return True
        text = f"{cell:g}" if isinstance(cell, float) else str(cell)
        return is_blank(text) or folded(text) in self.missing

    def fault(
        self, problem: str, column: str | None, rows: Iterable[int] | np.ndarray, hint: str = ""
    ) -> None:
        """Note a fault at these places of the table."""
        title = self.table.title(self.place(column)) if column else None
        seen = self.table.seen(int(row) for row in rows)
        self.problems.add(DataError(problem, file=self.table.file, column=title, rows=seen, hint=hint))

    def texts(self, column: str, *, needed: bool = True) -> np.ndarray:
        """One spelling of every cell's text, None where blank; `needed` tells of blanks in kept rows."""
        found = np.array([self._text(cell) for cell in self.cells(column)], dtype=object)
        empty = np.flatnonzero(self.kept & void(found))
        if needed and len(empty):
            self.fault(
                f"{counted(len(empty), 'blank cell')}, but each row needs one",
                column,
                empty,
                "fill or remove them",
            )
        return found

    def _text(self, cell: Cell) -> str | None:
        if self.blank(cell):
            return None
        return (
            str(int(cell)) if isinstance(cell, float) and cell.is_integer() else normalise(str(cell)) or None
        )

    def numbers(self, column: str) -> np.ndarray:
        """Every cell as a number, NaN where blank; words and infinities are told."""
        values = np.full(len(self.table), np.nan)
        odd: dict[str, list[int]] = {}
        for row, cell in enumerate(self.cells(column)):
            if self.blank(cell):
                continue
            value = (
                cell if isinstance(cell, (int, float)) else number(cell) if isinstance(cell, str) else None
            )
            if value is None or not abs(value) < 1e300:
                odd.setdefault(masked(str(cell)), []).append(row)
                continue
            values[row] = value
            if isinstance(cell, str):
                for kind in number_repairs(cell):
                    if kind in ("decimal_zero", "marks"):  # 103.0 is how a measured figure may be written
                        continue
                    self.repairs[kind] = self.repairs.get(kind, 0) + 1
        for shown, rows in odd.items():
            alive = [row for row in rows if self.status[row] == KEPT]
            if alive:
                self.fault(f"{shown} is no number", column, alive, "correct the cells, or empty them")
        return values

    def days(
        self, column: str, calendar: Calendar, *, tell: bool = True, way_out: str = ""
    ) -> tuple[np.ndarray, dict[int, str]]:
        """Days as datetime64, NaT where blank or wrong, and what is wrong with which row; `way_out` ends the hint."""
        cells = [None if self.blank(cell) else cell for cell in self.cells(column)]
        read = stamps(cells, calendar)
        wrong = {row: why for row, why in read.wrong.items() if self.status[row] == KEPT}
        reasons: dict[str, list[int]] = {}
        for row, why in wrong.items():
            reasons.setdefault(why, []).append(row)
        if tell:
            for why, rows in reasons.items():
                hint = f"correct the dates, or name the calendar: jalali or gregorian{way_out}"
                self.fault(why, column, rows, hint)
        return np.array([_day(moment) for moment in read.values], dtype="datetime64[s]"), wrong

    def coded(
        self, column: str, known: Mapping[str, str], what: str, *, default: str | None = None
    ) -> np.ndarray:
        """Cells as keys by their spelling; an unknown one is told with the nearest known."""
        texts = self.texts(column, needed=default is None)
        found = np.full(len(texts), default, dtype=object)
        unknown: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            if text is None:
                continue
            code = known.get(folded(text))
            if code is None:
                unknown.setdefault(text, []).append(row)
            elif code != text:
                self.repairs["code"] = self.repairs.get("code", 0) + 1
            found[row] = code
        for text, rows in unknown.items():
            alive = [row for row in rows if self.status[row] == KEPT]
            if alive:
                self.fault(
                    f"{masked(text)} is no {what}{nearest(text, known)}", column, alive, f"correct the {what}"
                )
        return found

    def repeats(self, keys: Sequence[np.ndarray]) -> list[tuple[int, int]]:
        """(earlier, later) kept rows with the same keys."""
        first: dict[tuple[Any, ...], int] = {}
        pairs = []
        for row in np.flatnonzero(self.kept):
            earlier = first.setdefault(tuple(column[row] for column in keys), int(row))
            if earlier != row:
                pairs.append((earlier, int(row)))
        return pairs


def open_typed(
    path: str | Path,
    *,
    key: str,
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
    **declared: Any,
) -> Typed:
    """Read a file and mark its empty rows.

    Parameters
    ----------
    path : where the file is
    key : of the study file, for messages
    file : its name in messages; the path's own name if not given
    columns : our column -> its header in the file, where they differ
    missing : cells that mean "no answer", such as "NA" or "99"
    declared : sheet, encoding, separator, header_rows
    """
    table = read_table(path, declare(file or Path(path).name, key=key, **declared))
    typed = Typed(table, key, dict(columns or {}), frozenset(map(folded, missing)))
    status = np.full(len(table), KEPT, dtype=object)
    empty = [
        all(cell is None or (isinstance(cell, str) and is_blank(cell)) for cell in row)
        for row in zip(*table.columns, strict=True)
    ]
    status[np.array(empty, dtype=bool)] = "empty"
    object.__setattr__(typed, "status", status)
    return typed


def require(typed: Typed, *columns: str) -> None:
    """All of these columns must be there; every lost one is told."""
    for column in columns:
        with typed.problems.gather():
            typed.place(column)
    typed.problems.tell()


def void(cells: np.ndarray) -> np.ndarray:
    """True where a column of texts has none."""
    return np.array([cell is None for cell in cells], dtype=bool)


def counted(n: int, what: str) -> str:
    """ "1 row", "2 rows"."""
    return f"{n} {what}{'s' if n != 1 else ''}"


def choice(value: str, allowed: tuple[str, ...], setting: str) -> None:
    """Refuse a setting that is none of the allowed words."""
    if value not in allowed:
        raise StudyError(f"'{value}' is none of {', '.join(allowed)}", key=setting)


def nearest(text: str, known: Mapping[str, str]) -> str:
    """'; near: GAR1a, GAR1b', or nothing."""
    import difflib

    near = difflib.get_close_matches(folded(text), list(known), 3, 0.6)
    return f"; near: {', '.join(dict.fromkeys(known[one] for one in near))}" if near else ""


def by_key(codes: Iterable[str], also: Mapping[str, str] | None = None) -> dict[str, str]:
    """Folded spelling -> code, for `Typed.coded`."""
    return {folded(code): code for code in codes} | {
        folded(word): code for word, code in (also or {}).items()
    }


def account(
    model: str, typed: Typed, counts: Mapping[str, float], checks: Iterable[Any], source: dict[str, str]
) -> Result:
    """How many rows were read, refused and kept, with further counts."""
    reasons = [str(reason) for reason in typed.status if reason != KEPT]
    rows = [{"term": "read", "estimate": len(typed.table)}]
    rows += [
        {"term": f"refused:{reason}", "estimate": reasons.count(reason)} for reason in dict.fromkeys(reasons)
    ]
    rows.append({"term": "kept", "estimate": int(typed.kept.sum())})
    rows += [{"term": f"repaired:{kind}", "estimate": count} for kind, count in sorted(typed.repairs.items())]
    rows += [{"term": term, "estimate": count} for term, count in counts.items()]
    return Result(model, tidy_frame(rows), {}, tuple(checks), source)


def _day(moment: datetime | None) -> np.datetime64:
    return np.datetime64("NaT") if moment is None else np.datetime64(moment.replace(microsecond=0))
