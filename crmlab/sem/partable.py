"""The parameter table: what the text says, completed by the defaults of lavaan's sem, cfa and growth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, combinations_with_replacement
from typing import TypeVar

from crmlab.errors import ModelError
from crmlab.sem.expression import Expression
from crmlab.sem.invariance import EQUAL, equal
from crmlab.sem.names import Roles, roles
from crmlab.sem.rows import Options, ParTable, Row, near
from crmlab.sem.syntax import Syntax, Term

T = TypeVar("T")


def build(syntax: Syntax, options: Options, levels: dict[str, int]) -> ParTable:
    """Complete a parsed text.

    Parameters
    ----------
    syntax : from `syntax.parse`
    options : defaults asked for
    levels : ordered item -> number of its categories
    """
    parts = roles(syntax, options.fixed_x)
    _check_options(options)
    rows: list[Row] = []
    for group in range(1, options.groups + 1):
        rows += _one_group(syntax, parts, options, levels, group)
    if options.groups > 1:
        rows = equal(rows, parts, options)
    rows = _share_fixed(rows)
    table = ParTable(tuple(rows), syntax.constraints, parts, tuple(levels), options)
    _check_constraints(table)
    return table


def _check_options(options: Options) -> None:
    for word in options.group_equal:
        if word not in EQUAL:
            raise ModelError(f"group_equal: '{word}' is not known", hint=", ".join(EQUAL))
    if options.group_equal and options.groups == 1:
        raise ModelError("group_equal is given without a group", hint="group='<column>'")


# -- one group ---------------------------------------------------------------------------------


def _one_group(
    syntax: Syntax, parts: Roles, options: Options, levels: dict[str, int], group: int
) -> list[Row]:
    said = [_from_term(term, group, options, parts) for term in syntax.terms]
    have = {_key(row.lhs, row.op, row.rhs) for row in said}
    said += [
        row for row in _defaults(parts, options, levels, group) if _key(row.lhs, row.op, row.rhs) not in have
    ]
    said = _first_loadings(said, options)
    said = _single_indicators(said)
    _check_thresholds(said, levels)
    return said


def _key(lhs: str, op: str, rhs: str) -> tuple[str, str, str]:
    return (min(lhs, rhs), op, max(lhs, rhs)) if op == "~~" else (lhs, op, rhs)


def _from_term(term: Term, group: int, options: Options, parts: Roles) -> Row:
    fixed = _pick(term.fixed, group, options.groups, term)
    start = _pick(term.start, group, options.groups, term)
    label = _pick(term.label, group, options.groups, term)
    lhs, rhs = term.lhs, term.rhs
    for names in (parts.latent, parts.observed):  # lavaan writes covariances in the order of the variables
        if term.op == "~~" and {lhs, rhs} <= set(names) and names.index(lhs) > names.index(rhs):
            lhs, rhs = rhs, lhs
    # NaN in `fixed` means "asked to be free"; settled in _first_loadings
    return Row(lhs, term.op, rhs, group, label or "", fixed, start, user=True)


def _pick(values: tuple[T, ...], group: int, groups: int, term: Term) -> T | None:
    if not values:
        return None
    if len(values) not in (1, groups):
        raise ModelError(
            f"model line {term.line}, column {term.column}: {len(values)} values for '{term.rhs or term.lhs}' "
            f"and {groups} group{'s' if groups > 1 else ''}"
        )
    return values[0] if len(values) == 1 else values[group - 1]


def _defaults(parts: Roles, options: Options, levels: dict[str, int], group: int) -> Iterator[Row]:
    theta = options.parameterization == "theta"
    for item, count in levels.items():
        for t in range(1, count):
            yield Row(item, "|", f"t{t}", group)
    for name in parts.observed:
        if name in levels:
            yield Row(name, "~~", name, group, fixed=1.0 if theta else math.inf)
        elif name not in parts.exogenous:
            yield Row(name, "~~", name, group)
    for a, b in combinations(parts.random_x, 2):
        yield Row(a, "~~", b, group)
    for name in parts.latent:
        yield Row(name, "~~", name, group, fixed=1.0 if options.std_lv else None)
    for a, b in combinations(parts.latent_x, 2):
        yield Row(a, "~~", b, group, fixed=0.0 if options.orthogonal else None)
    for a, b in combinations((*parts.latent_y, *parts.observed_y), 2):
        yield Row(a, "~~", b, group)
    for a, b in combinations_with_replacement(parts.exogenous, 2):
        yield Row(a, "~~", b, group, fixed=math.inf, exo=True)
    for item in levels:
        yield Row(item, "~*~", item, group, fixed=math.inf if theta else 1.0)
    if options.meanstructure:
        yield from _means(parts, options, levels, group)


def _means(parts: Roles, options: Options, levels: dict[str, int], group: int) -> Iterator[Row]:
    growth = options.kind == "growth"
    for name in parts.observed:
        if name in parts.exogenous:
            continue
        zero = name in levels or (growth and name in parts.indicators)
        yield Row(name, "~1", "", group, fixed=0.0 if zero else None)
    for name in parts.exogenous:
        yield Row(name, "~1", "", group, fixed=math.inf, exo=True)
    for name in parts.latent:
        yield Row(name, "~1", "", group, fixed=None if growth else 0.0)


def _first_loadings(rows: list[Row], options: Options) -> list[Row]:
    """Fix the first loading of each latent variable to 1 unless the text says otherwise."""
    seen: set[str] = set()
    found = []
    for row in rows:
        first = row.op == "=~" and row.lhs not in seen
        if row.op == "=~":
            seen.add(row.lhs)
        if first and not options.std_lv and row.fixed is None:
            row = replace(row, fixed=1.0)
        if row.fixed is not None and math.isnan(row.fixed):
            row = replace(row, fixed=None)
        found.append(_nan(row))
    return found


def _nan(row: Row) -> Row:
    """Infinity stood for "computed"; from here on it is NaN."""
    return replace(row, fixed=math.nan) if row.fixed is not None and math.isinf(row.fixed) else row


def _single_indicators(rows: list[Row]) -> list[Row]:
    """The only indicator of a latent variable has no residual variance, unless the text gives one."""
    loads = [row for row in rows if row.op == "=~"]
    alone = {
        row.rhs
        for row in loads
        if sum(other.lhs == row.lhs for other in loads) == 1
        and sum(other.rhs == row.rhs for other in loads) == 1
    }
    return [
        replace(row, fixed=0.0)
        if row.op == "~~" and row.lhs == row.rhs and row.lhs in alone and not row.user and row.free
        else row
        for row in rows
    ]


def _check_thresholds(rows: list[Row], levels: dict[str, int]) -> None:
    for row in rows:
        if row.op not in ("|", "~*~"):
            continue
        if row.lhs not in levels:
            raise ModelError(
                f"'{row.lhs} {row.op} {row.rhs}': '{row.lhs}' is not ordered", hint="ordered=[...]"
            )
        if row.op == "|" and int(row.rhs[1:]) not in range(1, levels[row.lhs]):
            raise ModelError(f"'{row.lhs}' has {levels[row.lhs]} categories and no threshold {row.rhs}")


# -- labels ------------------------------------------------------------------------------------


def _share_fixed(rows: list[Row]) -> list[Row]:
    """A label that also stands at a fixed value fixes all its parameters there."""
    value = {row.label: row.fixed for row in rows if row.label and row.fixed is not None and not row.exo}
    return [replace(row, fixed=value[row.label]) if row.free and row.label in value else row for row in rows]


def _check_constraints(table: ParTable) -> None:
    known = {row.label for row in table.rows if row.label} | {row.name for row in table.rows}
    for constraint in table.constraints:
        sides: Sequence[Expression] = (constraint.rhs,)
        if constraint.op == ":=":
            if constraint.lhs.text in {row.label for row in table.rows}:
                raise ModelError(
                    f"model line {constraint.line}: '{constraint.lhs.text}' is already a label of a parameter"
                )
        else:
            sides = (constraint.lhs, constraint.rhs)
        for side in sides:
            for name in side.names:
                if name not in known:
                    raise ModelError(
                        f"model line {constraint.line}, column {constraint.column}: '{name}' is no label "
                        f"of a parameter{near(name, known)}"
                    )
        if constraint.op == ":=":
            known.add(constraint.lhs.text)
