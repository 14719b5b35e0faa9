"""From the parameter table to the cells of the model matrices."""

from __future__ import annotations

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem.matrices import GroupMap, Model
from crmlab.sem.rows import ParTable


def build(table: ParTable) -> Model:
    """Place every row of the table in the matrices."""
    observed, latent = table.roles.observed, table.roles.latent
    place = {name: k for k, name in enumerate((*observed, *latent))}
    groups = tuple(_map(table, place, g) for g in range(1, table.options.groups + 1))
    free = np.full(len(table.rows), -1)
    fixed = np.zeros(len(table.rows))
    number: dict[object, int] = {}
    first: list[int] = []
    for k, row in enumerate(table.rows):
        if row.fixed is not None:
            fixed[k] = row.fixed
            continue
        key = row.label or k
        if key not in number:
            number[key] = len(number)
            first.append(k)
        free[k] = number[key]
    return Model(table, observed, latent, groups, free, fixed, np.array(first, dtype=int))


def _map(table: ParTable, place: dict[str, int], g: int) -> GroupMap:
    a: list[tuple[int, ...]] = []
    s: list[tuple[int, ...]] = []
    m: list[tuple[int, ...]] = []
    tau: list[tuple[int, ...]] = []
    scale: list[tuple[int, ...]] = []
    for k, row in enumerate(table.rows):
        if row.group != g:
            continue
        i = place[row.lhs]
        if row.op == "=~":
            a.append((place[row.rhs], i, k))
        elif row.op == "~":
            a.append((i, place[row.rhs], k))
        elif row.op == "~~":
            j = place[row.rhs]
            s.append((max(i, j), min(i, j), k))
        elif row.op == "~1":
            m.append((i, k))
        elif row.op == "|":
            tau.append((i, int(row.rhs[1:]), k))
        else:
            scale.append((i, k))
        if row.op in ("=~", "~") and row.lhs == row.rhs:
            raise ModelError(f"'{row.name}': a variable cannot depend on itself")
    tau = [(cell[0], cell[2]) for cell in sorted(tau)]
    return GroupMap(*(_table(cells, w) for cells, w in ((a, 3), (s, 3), (m, 2), (tau, 2), (scale, 2))))


def _table(cells: list[tuple[int, ...]], width: int) -> np.ndarray:
    return np.array(cells, dtype=int).reshape(len(cells), width)
