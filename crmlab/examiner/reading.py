"""From a grid of text to rows of named numbers, whichever way the table was laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from crmlab.data.persian import normalise
from crmlab.examiner.document import Grid
from crmlab.examiner.printed import Printed, in_text, printed
from crmlab.examiner.square import alone, numbered, square
from crmlab.examiner.tables import Row, Table, Verdict
from crmlab.examiner.vocabulary import fold, is_a, quantity

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


def read_table(grid: Grid) -> Table:
    """The named numbers of a table; one that is not understood has none."""
    rows = [tuple(cell.strip() for cell in row) for row in grid.rows if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        return Table(grid)
    rows = _stacked(rows)
    heads = _heads(rows)
    names = (
        tuple(_heading(column) for column in zip(*rows[:heads], strict=True))
        if heads
        else ("",) * len(rows[0])
    )
    body = rows[heads:]
    named = square(grid, names, body)
    if named is not None:
        return named
    columns = _columns(names, body)
    if columns and not ("value" in columns.values() and len(columns) == 1):
        return _by_column(grid, names, columns, body)
    return _by_row(grid, names, rows if not heads else body)


def _heads(rows: Sequence[Sequence[str]]) -> int:
    """How many rows the heading has: those before the first that holds a number."""
    for place, row in enumerate(rows[: HEADS + 1]):
        first = next((cell for cell in row if cell), "")
        if place == 0 and printed(first) is None and numbered(row) is not None:
            continue  # columns that bear the numbers of the rows
        if any(printed(cell) or is_range(cell) for cell in row) or (place and alone(row)):
            return place
    return 1


def _stacked(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A table that was folded to save space, "index, value, index, value", with its parts one below the other."""
    width = len(rows[0])
    for parts in (2, 3):
        k = width // parts
        if k < 2 or k * parts != width or not all(rows[0]):
            continue
        first = [fold(cell) for cell in rows[0][:k]]
        if len(set(first)) == k and all(
            [fold(cell) for cell in rows[0][k * part : k * (part + 1)]] == first for part in range(1, parts)
        ):
            pieces = [row[k * part : k * (part + 1)] for part in range(parts) for row in rows[1:]]
            return [rows[0][:k], *(piece for piece in pieces if any(piece))]
    return rows


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
    valued = [
        place for place, name in enumerate(names) if name and place not in columns and is_a(name, "value")
    ]
    intervals = [
        place for place, name in enumerate(names) if is_a(name, "interval") and not _of_another(name)
    ]
    outer, inner = _labels(texts, body)
    rows: list[Row] = []
    group = ""
    for row in body:
        if name := alone(row):
            group = name
            continue
        if outer is not None and row[outer]:
            group = row[outer]
        label = " ".join(dict.fromkeys(row[place] for place in inner if row[place]))
        if is_a(label or group, "criterion"):
            continue
        cells = {name: got for place, name in columns.items() if (got := printed(row[place])) is not None}
        cells |= _ends(row, intervals) if not {"low", "high"} & set(cells) else {}
        told = quantity(label or group)
        if told in INDICES and told not in cells:  # "chi-square, value 14.6, df 4, p .006"
            value = next((got for place in valued if (got := printed(row[place])) is not None), None)
            cells |= {told: value} if value is not None else {}
        verdict = next((said for place in verdicts if (said := _verdict(row[place]))), None)
        if cells:
            rows.append(Row(label or group, group, cells, verdict))
    standardised = any(
        columns.get(place) in ("b", "beta")
        and ("std" in fold(name) or "standard" in fold(name) or fold("استاندارد") in fold(name))
        for place, name in enumerate(names)
    )
    return Table(grid, tuple(rows), standardised=standardised)


def _ends(row: Sequence[str], intervals: Sequence[int]) -> dict[str, Printed]:
    """Lower and upper end of an interval in one cell, "[0.54, 0.74]"."""
    for place in intervals:
        numbers = [number for _, number in in_text(normalise(row[place]))]
        if is_range(row[place]) and len(numbers) == 2:
            return {"low": numbers[0], "high": numbers[1]}
    return {}


def _of_another(name: str) -> bool:
    """Whether an interval is of another level than 95%: no verdict at 0.05 rests on it."""
    return any(level in fold(name) for level in ("90", "99"))


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
        if "bartlett" in known:
            above = "bartlett"
        elif row[0] and (not known or known[-1] not in ("df", "p", "t_or_p")):
            above = ""
        if len(pairs := _pairs(row, left_out)) > 1:  # two indices in one row, each before its value
            cells = {**dict(pairs), **cells}
            continue
        order = marked or [place for place in range(len(row)) if place not in left_out]
        value = next((got for place in order if (got := printed(row[place])) is not None), None)
        if value is None or not known or known[-1] not in INDICES:
            continue
        name = known[-1]
        if above == "bartlett":
            name = {"df": "bartlett_df", "p": "bartlett_p", "t_or_p": "bartlett_p"}.get(name, "bartlett")
        cells.setdefault(name, value)
    return Table(grid, (Row("", "", cells),) if cells else ())


def _pairs(row: Sequence[str], left_out: set[int]) -> list[tuple[str, Printed]]:
    """Names of indices that stand right before their values."""
    found = []
    for place, cell in enumerate(row[:-1]):
        name, value = quantity(cell), printed(row[place + 1])
        if (
            name in INDICES
            and printed(cell) is None
            and value is not None
            and not {place, place + 1} & left_out
        ):
            found.append((str(name), value))
    return found
