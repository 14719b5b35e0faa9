"""Modification indices: what freeing one more parameter would gain, from the score at the estimate.

mi = n s^2 / Q, epc = s / Q, with s the derivative of -F/2 by the parameter and Q its information less what
the free parameters take.

Source
------
Sörbom, D. (1989). Model modification. Psychometrika 54, 371-384.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pandas as pd

from crmlab.sem.inference import information
from crmlab.sem.matrices import Model
from crmlab.sem.placement import build
from crmlab.sem.problem import Problem, restrict
from crmlab.sem.rows import ParTable, Row
from crmlab.sem.saturated_information import solved
from crmlab.sem.standardise import Scales, spreads, standardised

NOTHING = 1e-6  # share of its own information that is left to a parameter which is not identified


def modification_indices(problem: Problem, theta: np.ndarray) -> pd.DataFrame:
    """lhs, op, rhs, group, mi, epc, sepc_lv, sepc_all; the largest first."""
    wide, rows, _ = _extended(problem)
    q = problem.model.q
    start = np.zeros(wide.model.q)
    start[:q] = theta
    for k, row in enumerate(rows):
        start[q + k] = 0.0 if row.fixed is None or np.isnan(row.fixed) else row.fixed
    s = -wide.objective.gradient(start)[q:] / 2
    H = information(wide, start, "expected")
    K = problem.constraints.tangent(theta)
    cross = K.T @ H[:q, q:]
    Q = np.diag(H)[q:] - np.einsum("ij,ij->j", cross, solved(K.T @ H[:q, :q] @ K, cross))
    known = NOTHING * np.maximum(np.diag(H)[q:], 1e-300) < Q
    mi = np.where(known, problem.n * s**2 / np.where(known, Q, 1.0), np.nan)
    epc = np.where(known, s / np.where(known, Q, 1.0), np.nan)
    table = pd.DataFrame(
        {
            "lhs": [row.lhs for row in rows],
            "op": [row.op for row in rows],
            "rhs": [row.rhs for row in rows],
            "group": [row.group for row in rows],
            "mi": mi,
            "epc": epc,
        }
    )
    table["sepc_lv"], table["sepc_all"] = _scaled(problem, theta, rows, epc)
    table = table.loc[known].sort_values("mi", ascending=False, kind="stable")
    return table.reset_index(drop=True)


def _scaled(
    problem: Problem, theta: np.ndarray, rows: list[Row], epc: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    values = problem.values(theta)
    scales = [spreads(problem, values, g, apart=True) for g in range(len(problem.model.groups))]
    lv, full = (epc * factor for factor in Scales.of(problem.model, rows).factors(scales))
    shares = {
        (row.lhs, row.group): pair
        for row, *pair in zip(problem.model.rows, *standardised(problem, theta), strict=False)
        if row.op == "~~" and row.lhs == row.rhs
    }
    for k, row in enumerate(rows):
        if row.op == "~*~":  # its own unit
            full[k] = np.sign(epc[k])
        elif (
            row.op == "~~" and row.lhs == row.rhs
        ):  # lavaan: the standardised variance with the sign of the change
            lv[k], full[k] = (np.sign(epc[k]) * abs(value) for value in shares[row.lhs, row.group])
    return lv, full


def _extended(problem: Problem) -> tuple[Problem, list[Row], dict[str, int]]:
    """The problem with every candidate as a further free parameter."""
    model = problem.model
    fixed = [
        (k, row) for k, row in enumerate(model.rows) if not row.free and not row.exo and _worth(row, model)
    ]
    new = _candidates(model)
    rows = list(model.rows)
    for k, row in fixed:
        rows[k] = replace(row, label="")
    table = ParTable((*rows, *new), (), model.table.roles, model.table.ordered, model.table.options)
    wide = build(table)
    free = np.concatenate([model.free, np.full(len(new), -1)])
    values = np.concatenate([model.fixed, np.zeros(len(new))])
    candidates = [k for k, _ in fixed] + list(range(len(model.rows), len(table.rows)))
    for step, k in enumerate(candidates):
        free[k] = model.q + step
        values[k] = 0.0
    first = np.concatenate([model.first, np.array(candidates, dtype=int)])
    wide = Model(table, wide.observed, wide.latent, wide.groups, free, values, first)
    place = {name: k for k, name in enumerate((*model.observed, *model.latent))}
    return restrict(problem, wide), [row for _, row in fixed] + new, place


def _worth(row: Row, model: Model) -> bool:
    own = row.op == "~~" and row.lhs == row.rhs
    theta = model.table.options.parameterization == "theta"
    if row.op == "|" or (row.op == "~*~" and theta) or not np.isfinite(row.fixed or 0.0):
        return False
    return not (row.lhs in model.table.ordered and own and not theta)


def _candidates(model: Model) -> list[Row]:
    """What the table does not hold: cross loadings, covariances, and regressions among what is regressed.

    A predictor whose moments are fixed is no outcome: lavaan offers that and mixes a score in which these
    moments count with an information in which they do not.
    """
    roles = model.table.roles
    nodes = tuple(dict.fromkeys(v for row in model.rows if row.op == "~" for v in (row.lhs, row.rhs)))
    found: list[Row] = []
    for g in range(1, len(model.groups) + 1):
        have = {(row.op, frozenset((row.lhs, row.rhs))) for row in model.rows if row.group == g}
        for factor in roles.latent:
            for item in roles.observed:
                free = item not in roles.exogenous and item not in nodes
                if free and ("=~", frozenset((factor, item))) not in have:
                    found.append(Row(factor, "=~", item, g, fixed=0.0))
        own = [name for name in roles.observed if name not in roles.exogenous]
        for names in (own, roles.latent):
            for a, b in combinations(names, 2):
                if ("~~", frozenset((a, b))) not in have:
                    found.append(Row(a, "~~", b, g, fixed=0.0))
        found += _regressions(model, nodes, g)
    return found


def _regressions(model: Model, nodes: tuple[str, ...], g: int) -> list[Row]:
    """Every arrow among `nodes` that is not there, but none from a factor to an item."""
    roles = model.table.roles
    items = set(roles.indicators) - set(roles.latent)
    said = {(row.lhs, row.rhs) for row in model.rows if row.op == "~" and row.group == g}
    said |= {(row.rhs, row.lhs) for row in model.rows if row.op == "=~" and row.group == g}
    return [
        Row(a, "~", b, g, fixed=0.0)
        for a, b in permutations(nodes, 2)
        if (a, b) not in said and a not in roles.exogenous and not (a in items and b in roles.latent)
    ]
