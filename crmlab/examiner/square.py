"""Tables whose columns bear the names or the numbers of their rows: correlations, Fornell and Larcker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crmlab.examiner.document import Grid
from crmlab.examiner.printed import Printed, printed
from crmlab.examiner.tables import Table
from crmlab.examiner.vocabulary import fold

NUMBERING = "0123456789۰۱۲۳۴۵۶۷۸۹.-) "


def numbered(names: Sequence[str]) -> int | None:
    """The column from which on the headings count 1, 2, ...; those before it (mean, standard deviation) are words."""
    numbers = [printed(name) for name in names]
    for start in range(1, len(names) - 1):
        told = [number.value if number is not None else None for number in numbers[start:]]
        if told == list(range(1, len(told) + 1)) and not any(numbers[1:start]):
            return start
    return None


def alone(row: Sequence[str]) -> str:
    """The text of a row that holds nothing else (the name of what the rows below belong to), or that of no cell."""
    filled = {cell for cell in row if cell}
    text = next(iter(filled)) if len(filled) == 1 else ""
    return text if len(row) > 1 and printed(text) is None else ""


def square(grid: Grid, names: Sequence[str], body: Sequence[Sequence[str]]) -> Table | None:
    """A table whose columns bear the names of its rows, or their numbers ("1. Trust" under "1")."""
    rows = [row for row in body if row[0] and not alone(row)]
    start = numbered(names)
    if start is not None:
        heads = {_bare(row[0]): start + place for place, row in enumerate(rows) if start + place < len(names)}
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


def _bare(name: str) -> str:
    return fold(name.lstrip(NUMBERING))
