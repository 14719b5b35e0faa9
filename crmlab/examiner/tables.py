"""A table that was read: rows of named numbers, or names by names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from crmlab.examiner.document import Grid
from crmlab.examiner.finding import Place
from crmlab.examiner.printed import Printed

Verdict = Literal["confirmed", "rejected"]


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
