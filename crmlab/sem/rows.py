"""Rows of the parameter table, and what completes them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from crmlab.sem.names import Roles
from crmlab.sem.syntax import Constraint


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter of one group.

    Attributes
    ----------
    lhs, op, rhs : as in `Term`
    group : from 1
    label : as written, or ".p7." for equality asked by `group_equal`, or ""
    fixed : the value, None for a free parameter; NaN where it is computed (exogenous moments, residual
        variances and scales of ordered items)
    start : the user's start value, or None
    user : whether it stands in the text
    exo : moment of an exogenous observed variable, taken from the sample
    """

    lhs: str
    op: str
    rhs: str
    group: int
    label: str = ""
    fixed: float | None = None
    start: float | None = None
    user: bool = False
    exo: bool = False

    @property
    def name(self) -> str:
        """lhs op rhs, without group."""
        return f"{self.lhs}{self.op}{self.rhs}"

    @property
    def free(self) -> bool:
        """Whether the parameter is estimated."""
        return self.fixed is None


@dataclass(frozen=True, slots=True)
class Options:
    """What completes the text; see `crmlab.sem.sem`."""

    kind: str = "sem"
    groups: int = 1
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    std_lv: bool = False
    meanstructure: bool = False
    orthogonal: bool = False
    parameterization: str = "delta"
    fixed_x: bool = True


@dataclass(frozen=True, slots=True)
class ParTable:
    """All parameters in lavaan's order, group after group, and the constraints."""

    rows: tuple[Row, ...]
    constraints: tuple[Constraint, ...]
    roles: Roles
    ordered: tuple[str, ...]
    options: Options


def near(name: str, known: Iterable[str]) -> str:
    """', did you mean ...?' for a name close to a known one."""
    hits = difflib.get_close_matches(name, sorted(known), 2, 0.6)
    return f"; did you mean {' or '.join(repr(hit) for hit in hits)}?" if hits else ""
