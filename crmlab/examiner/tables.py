"""From a grid of text to rows of named numbers, whichever way the table was laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from crmlab.data.persian import normalise
from crmlab.examiner.document import Grid
from crmlab.examiner.finding import Place
from crmlab.examiner.printed import Printed, in_text, printed
from crmlab.examiner.vocabulary import fold, is_a, quantity

Verdict = Literal["confirmed", "rejected"]
HEADS = 3  # rows that a heading may have
INDICES = frozenset(
    [
        "kmo",
        "bartlett",
        "chi2",
        "df",
        "chi2_df",
        "p",
        "t_or_p",
        "rmsea",
        "srmr",
        "cfi",
        "nfi",
        "tli",
        "ifi",
        "gfi",
        "agfi",
        "gof",
        "r2",
        "sobel",
        "vaf",
        "size",
        "direct",
        "indirect",
        "total",
    ]
)  # what a table with one quantity a row may hold


@dataclass(frozen=True, slots=True)
class Row:
    """One row: who it is about and what is printed of it.

    Attributes
    ----------
    label : its own label (the item, the path, the category)
    group : what several rows belong to (the construct, the variable); "" if nothing
    cells : quantity -> number
    verdict : what the table says of it, if it says so
    """

    label: str
    group: str
    cells: Mapping[str, Printed]
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Table:
    """A table that was read.

    Attributes
    ----------
    grid : as it stands in the document
    rows : its named numbers
    names, matrix, cells : of a square table (correlations, Fornell-Larcker): names, (k, k) values with NaN where
        nothing is printed, and the printed numbers by place
    standardised : whether the heading calls the coefficients standardised
    where : of numbers that a sentence gives and no table
    """

    grid: Grid
    rows: tuple[Row, ...] = ()
    names: tuple[str, ...] = ()
    matrix: np.ndarray | None = None
    cells: Mapping[tuple[int, int], Printed] = field(default_factory=dict)
    standardised: bool = False
    where: Place | None = None

    def place(self, row: str = "") -> Place:
        """Where in the document a row of the table stands."""
        return self.where or Place("table", self.grid.number, self.grid.caption, row)

    @cached_property
    def quantities(self) -> frozenset[str]:
        """What it holds."""
        return frozenset(name for row in self.rows for name in row.cells)


def read_table(grid: Grid) -> Table:
    """The named numbers of a table; one that is not understood has none."""
    rows = [tuple(cell.strip() for cell in row) for row in grid.rows if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        return Table(grid)
    heads = _heads(rows)
    names = (
        tuple(_heading(column) for column in zip(*rows[:heads], strict=True))
        if heads
        else ("",) * len(rows[0])
    )
    body = rows[heads:]
    square = _square(grid, names, body)
    if square is not None:
        return square
    columns = _columns(names, body)
    if columns and not ("value" in columns.values() and len(columns) == 1):
        return _by_column(grid, names, columns, body)
    return _by_row(grid, names, rows if not heads else body)


def _heads(rows: Sequence[Sequence[str]]) -> int:
    """How many rows the heading has: those before the first that holds a number."""
    for place, row in enumerate(rows[: HEADS + 1]):
        first = next((cell for cell in row if cell), "")
        if place == 0 and printed(first) is None and _counted(row[1:]):
            continue  # columns that bear the numbers of the rows
        if any(printed(cell) or is_range(cell) for cell in row) or (place and _alone(row)):
            return place
    return 1


def _alone(row: Sequence[str]) -> str:
    """The text of a row that holds nothing else (the name of what the rows below belong to), or that of no cell."""
    filled = {cell for cell in row if cell}
    text = next(iter(filled)) if len(filled) == 1 else ""
    return text if len(row) > 1 and printed(text) is None else ""


def _counted(cells: Sequence[str]) -> bool:
    numbers = [printed(cell) for cell in cells]
    return len(cells) > 1 and [number.value if number else None for number in numbers] == list(
        range(1, len(cells) + 1)
    )


def is_range(cell: str) -> bool:
    """Whether a cell holds two numbers, an interval for instance, rather than words."""
    return len(in_text(normalise(cell))) > 1 and sum(letter.isalpha() for letter in cell) <= 6


def _heading(cells: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(cell for cell in cells if cell))


# -- one quantity a column ----------------------------------------------------------------------------


def _columns(names: Sequence[str], body: Sequence[Sequence[str]]) -> dict[int, str]:
    """Column -> quantity, the first of each kind; names that could be two are told by their values."""
    found: dict[int, str] = {}
    for place, name in enumerate(names):
        if not name or is_a(name, "criterion"):
            continue
        meant = quantity(name)
        numbers = [got for row in body if (got := printed(row[place])) is not None]
        if meant is None or not numbers:
            continue
        sizes = np.array([abs(number.value) for number in numbers])
        if meant == "t_or_p":
            meant = "t" if (sizes > 1).any() else "p"
        elif meant == "cr" and np.median(sizes) > 1:
            meant = "t"
        if meant not in found.values():
            found[place] = meant
    if {"a", "sa", "sb"} <= set(found.values()):
        found = {place: "path_b" if name == "b" else name for place, name in found.items()}
    return found


def _by_column(
    grid: Grid, names: Sequence[str], columns: Mapping[int, str], body: Sequence[Sequence[str]]
) -> Table:
    verdicts = [place for place, name in enumerate(names) if is_a(name, "verdict")]
    texts = [
        place
        for place in range(len(names))
        if place not in columns
        and place not in verdicts
        and not is_a(names[place], "criterion")
        and sum(bool(row[place]) and printed(row[place]) is None and not is_range(row[place]) for row in body)
        * 2
        > sum(bool(row[place]) for row in body)
    ]
    outer, inner = _labels(texts, body)
    rows: list[Row] = []
    group = ""
    for row in body:
        if alone := _alone(row):
            group = alone
            continue
        if outer is not None and row[outer]:
            group = row[outer]
        label = " ".join(dict.fromkeys(row[place] for place in inner if row[place]))
        if is_a(label or group, "criterion"):
            continue
        cells = {name: got for place, name in columns.items() if (got := printed(row[place])) is not None}
        verdict = next((said for place in verdicts if (said := _verdict(row[place]))), None)
        if cells:
            rows.append(Row(label or group, group, cells, verdict))
    standardised = any(
        columns.get(place) in ("b", "beta")
        and ("std" in fold(name) or "standard" in fold(name) or fold("استاندارد") in fold(name))
        for place, name in enumerate(names)
    )
    return Table(grid, tuple(rows), standardised=standardised)


def _labels(texts: Sequence[int], body: Sequence[Sequence[str]]) -> tuple[int | None, list[int]]:
    """Which column of text groups the rows (its values repeat or are left blank), and which label them."""
    for place in texts:
        values = [row[place] for row in body]
        if len(texts) > 1 and len({value for value in values if value}) < len(values):
            inner = [other for other in texts if other != place]
            if any(len({row[other] for row in body}) > len(set(values)) for other in inner):
                return place, inner
    return None, list(texts)


def _verdict(text: str) -> Verdict | None:
    if is_a(text, "rejected"):
        return "rejected"
    return "confirmed" if is_a(text, "confirmed") else None


# -- one quantity a row -------------------------------------------------------------------------------


def _by_row(grid: Grid, names: Sequence[str], body: Sequence[Sequence[str]]) -> Table:
    """A table of indices: the first cell names the quantity, one column holds its value."""
    left_out = {place for place, name in enumerate(names) if name and is_a(name, "criterion")}
    marked = [
        place for place, name in enumerate(names) if name and is_a(name, "value") and place not in left_out
    ]
    cells: dict[str, Printed] = {}
    above = ""
    for row in body:
        texts = [
            cell for place, cell in enumerate(row) if cell and printed(cell) is None and place not in left_out
        ]
        known = list(dict.fromkeys(name for text in texts if (name := quantity(text))))
        above = "bartlett" if "bartlett" in known else ("" if row[0] and "bartlett" not in known else above)
        order = marked or [place for place in range(len(row)) if place not in left_out]
        value = next((got for place in order if (got := printed(row[place])) is not None), None)
        if value is None or not known or known[-1] not in INDICES:
            continue
        name = known[-1]
        if above == "bartlett":
            name = {"df": "bartlett_df", "p": "bartlett_p", "t_or_p": "bartlett_p"}.get(name, "bartlett")
        cells.setdefault(name, value)
    return Table(grid, (Row("", "", cells),) if cells else ())


# -- names by names -----------------------------------------------------------------------------------


def _square(grid: Grid, names: Sequence[str], body: Sequence[Sequence[str]]) -> Table | None:
    """A table whose columns bear the names of its rows, or their numbers ("1. Trust" under "1")."""
    rows = [row for row in body if row[0] and not _alone(row)]
    numbers = [printed(name) for name in names[1:]]
    counted = [number.value for number in numbers if number is not None and number.whole]
    if len(counted) == len(numbers) and counted == list(range(1, len(counted) + 1)):
        heads = {_bare(row[0]): 1 + place for place, row in enumerate(rows) if place < len(counted)}
    else:
        heads = {_bare(name): place for place, name in enumerate(names) if name}
    common = [_bare(row[0]) for row in rows if _bare(row[0]) in heads]
    if len(common) < 2 or len(common) < len(rows) or len(set(common)) < len(common):
        return None
    k = len(common)
    matrix = np.full((k, k), np.nan)
    cells: dict[tuple[int, int], Printed] = {}
    for i, row in enumerate(rows):
        for j, name in enumerate(common):
            got = printed(row[heads[name]])
            if got is not None and heads[name] != 0:
                matrix[i, j], cells[i, j] = got.value, got
    labels = tuple(row[0].lstrip(NUMBERING) for row in rows)
    return Table(grid, names=labels, matrix=matrix, cells=cells) if cells else None


NUMBERING = "0123456789۰۱۲۳۴۵۶۷۸۹.-) "


def _bare(name: str) -> str:
    return fold(name.lstrip(NUMBERING))
