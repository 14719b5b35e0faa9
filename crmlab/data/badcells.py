"""Cells that are no answer, told: the value, how often, in which rows, and what to do about it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from crmlab.data.codes import ENDLESS, OUTSIDE, UNKNOWN, Decoded
from crmlab.data.persian import number
from crmlab.data.privacy import masked
from crmlab.data.table import Cell, RawTable
from crmlab.errors import DataError
from crmlab.study.instrument import Scale


def bad_cells(
    table: RawTable, decoded: Decoded, scale: Scale, alive: np.ndarray, outside: bool
) -> list[DataError]:
    """The faults of one item's cells in the rows that matter; `outside` tells of values beyond the range too."""
    found = []
    for state, tell in ((UNKNOWN, True), (OUTSIDE, outside), (ENDLESS, True)):
        places = np.flatnonzero(alive & (decoded.states == state))
        if tell and len(places):
            found.append(_fault(table, decoded, scale, state, places))
    return found


def _fault(table: RawTable, decoded: Decoded, scale: Scale, state: int, places: np.ndarray) -> DataError:
    cells = table.columns[decoded.place]
    counts = Counter(_shown(cells[place]) for place in places)
    common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    told = "; ".join(f"{value} occurs {n} time{'s' * (n > 1)}" for value, n in common[:5])
    told += f"; and {len(common) - 5} other values" if len(common) > 5 else ""
    title = table.title(decoded.place)
    name = "" if title == decoded.item else f"item {decoded.item}: "
    allowed = _range(scale)
    text, hint = {
        OUTSIDE: (
            f"{told}, outside {allowed}" + (f" ({len(places)} in all)" if len(common) > 1 else ""),
            "declare it under survey.missing if it means no answer; survey.out_of_range: refuse_row or blank; "
            "or correct the file",
        ),
        UNKNOWN: (
            f"not an answer of scale '{scale.name}': {told}",
            "add the wording to survey.synonyms, or to survey.missing if it means no answer",
        ),
        ENDLESS: (f"{told}; that is no finite number", "correct or empty the cells"),
    }[state]
    return DataError(name + text, file=table.file, column=title, rows=table.seen(places), hint=hint)


def _shown(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:g}"
    value = number(cell) if isinstance(cell, str) else None
    return f"{value:g}" if value is not None and abs(value) < 1e6 else masked(str(cell))


def _range(scale: Scale) -> str:
    values = scale.values
    if scale.kind == "number" or values == tuple(range(int(scale.low), int(scale.high) + 1)):
        return f"{scale.low:g}-{scale.high:g}"
    return ", ".join(map(str, values))
