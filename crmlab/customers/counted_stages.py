"""Stages of all customers, counted, with what they rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.customers.stages import Cells
from crmlab.customers.transitions import Moves


@dataclass(frozen=True, eq=False)
class Counted:
    """Stages of all customers, counted.

    Attributes
    ----------
    cells : purchases by customer and period
    moves : counts of the moves
    now : (customers,) stage at the end
    months, window : of the rule
    level : of the intervals
    source : what it rests on
    """

    cells: Cells
    moves: Moves
    now: np.ndarray
    months: int
    window: int
    level: float
    source: dict[str, str]

    @property
    def glance(self) -> dict[str, float]:
        """Customers, periods and settings."""
        return {
            "n": self.cells.customers,
            "periods": self.cells.periods,
            "months": self.months,
            "level": self.level,
            "end": self.cells.end,
        }
