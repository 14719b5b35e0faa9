"""The standardised solution.

std_lv gives latent variables unit variance; std_all gives it to observed variables too. Variances are divided
by the total variance of their variable, covariances by the standard deviations of what is left of theirs.

Source
------
Bollen, K. A. (1989). Structural equations with latent variables. Wiley, p. 123, 349.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crmlab.sem.constraints import named, slopes
from crmlab.sem.matrices import Model
from crmlab.sem.problem import Problem
from crmlab.sem.rows import Row


def standardised(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """std_lv and std_all of every row and then of every defined parameter."""
    return _standardised(problem, theta, Scales.of(problem.model))


def _standardised(problem: Problem, theta: np.ndarray, scales: Scales) -> tuple[np.ndarray, np.ndarray]:
    lv, full = _rows(problem, theta, scales)
    return np.concatenate([lv, _defined(problem, lv)]), np.concatenate([full, _defined(problem, full)])


def jacobian(problem: Problem, theta: np.ndarray, kind: str) -> np.ndarray:
    """(k, q) derivative of `standardised` by complex steps."""
    which = 0 if kind == "std.lv" else 1
    scales = Scales.of(problem.model)
    return slopes(lambda point: _standardised(problem, point, scales)[which], theta)


def _defined(problem: Problem, values: np.ndarray) -> np.ndarray:
    lines = [c.lhs.text for c in problem.model.table.constraints if c.op == ":="]
    if not lines:
        return np.empty(0)
    names = named(problem.model, values)
    return np.array([names[line] for line in lines])


def spreads(
    problem: Problem, values: np.ndarray, g: int, apart: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(t,) standard deviations of all variables and of what the arrows leave of them.

    A negative variance has none (NaN), unless `apart` asks for the root of its size (as lavaan does in
    modification indices).
    """
    state = problem.model.state(values, g)
    total = ((state.E @ state.S) * state.E).sum(axis=1)
    left = np.diagonal(state.S)
    return _root(total), _root(np.abs(left) if apart else left)


def _root(v: np.ndarray) -> np.ndarray:
    ok = np.real(v) > 0
    return np.where(ok, np.sqrt(np.where(ok, v, 1.0)), np.nan)


@dataclass(frozen=True, eq=False)
class Scales:
    """By what every row of the table is multiplied and divided, as places in a vector of scales.

    The vector holds 1 and then, group by group, the standard deviations of all variables and of what the arrows
    leave of them. `lv` and `all` are (R, 3): the numerator and two denominators.
    """

    lv: np.ndarray
    all: np.ndarray
    unit: np.ndarray  # (R,) rows that are 1 in std_all: scales of y*

    @classmethod
    def of(cls, model: Model, rows: Sequence[Row] | None = None) -> Scales:
        """Read the rows of a model, or other rows of its variables."""
        rows = model.rows if rows is None else rows
        place = {name: k for k, name in enumerate((*model.observed, *model.latent))}
        t, latent = len(place), set(model.latent)
        lv, full = [], []
        for row in rows:
            i, j = place[row.lhs], place.get(row.rhs, -1)
            base = 1 + 2 * t * (row.group - 1)
            left = t if row.op == "~~" and i != j else 0
            a, b = base + i + left, base + j + left
            lv.append(_factor(row.op, a if row.lhs in latent else 0, b if row.rhs in latent else 0))
            full.append(_factor(row.op, a, b))
        unit = np.array([row.op == "~*~" for row in rows], dtype=bool)
        return cls(np.array(lv).reshape(-1, 3), np.array(full).reshape(-1, 3), unit)

    def factors(self, parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        """(R,) twice, for std_lv and std_all, from the `spreads` of every group."""
        size = np.concatenate([[1.0], *(part for pair in parts for part in pair)])
        return _ratio(size, self.lv), _ratio(size, self.all)


def _factor(op: str, a: int, b: int) -> tuple[int, int, int]:
    """Places of the numerator and of two denominators; a and b are those of lhs and rhs, 0 where they stay."""
    if op == "=~":
        return a, b, 0
    if op == "~":
        return b, a, 0
    if op == "~~":
        return 0, a, b
    return (0, a, 0) if op in ("~1", "|") else (0, 0, 0)


def _rows(problem: Problem, theta: np.ndarray, scales: Scales) -> tuple[np.ndarray, np.ndarray]:
    values = problem.values(theta)
    lv, full = scales.factors([spreads(problem, values, g) for g in range(len(problem.model.groups))])
    lv, full = values * lv, values * full
    full[scales.unit] = 1.0
    return lv, full


def _ratio(size: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Numerator over both denominators; NaN without a warning where one of them is not defined."""
    top, bottom = size[at[:, 0]], size[at[:, 1]] * size[at[:, 2]]
    ok = (top == top) & (bottom == bottom)
    return np.where(ok, np.where(ok, top, 1.0) / np.where(ok, bottom, 1.0), np.nan)


def r2(problem: Problem, theta: np.ndarray) -> dict[tuple[int, str], float]:
    """Explained variance of every variable that an arrow points to: (group, name) -> R2."""
    values = problem.values(theta)
    model = problem.model
    names = (*model.observed, *model.latent)
    found = {}
    for g, group in enumerate(model.groups):
        state = model.state(values, g)
        total = np.einsum("ij,jk,ik->i", state.E, state.S, state.E)
        for i in sorted(set(group.a[:, 0].tolist())):
            left = state.S[i, i]
            found[g + 1, names[i]] = float(1 - left / total[i]) if left >= 0 and total[i] > 0 else np.nan
    return found
