"""The standardised solution.

std_lv gives latent variables unit variance; std_all gives it to observed variables too. Variances are divided
by the total variance of their variable, covariances by the standard deviations of what is left of theirs.

Source
------
Bollen, K. A. (1989). Structural equations with latent variables. Wiley, p. 123, 349.
"""

from __future__ import annotations

import numpy as np

from crmlab.sem.constraints import named, slopes
from crmlab.sem.problem import Problem


def standardised(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """std_lv and std_all of every row and then of every defined parameter."""
    lv, full = _rows(problem, theta)
    return np.concatenate([lv, _defined(problem, lv)]), np.concatenate([full, _defined(problem, full)])


def jacobian(problem: Problem, theta: np.ndarray, kind: str) -> np.ndarray:
    """(k, q) derivative of `standardised` by complex steps."""
    which = 0 if kind == "std.lv" else 1
    return slopes(lambda point: standardised(problem, point)[which], theta)


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
    total = np.einsum("ij,jk,ik->i", state.E, state.S, state.E)
    left = np.diagonal(state.S)
    return _root(total), _root(np.abs(left) if apart else left)


def _root(v: np.ndarray) -> np.ndarray:
    ok = np.real(v) > 0
    return np.where(ok, np.sqrt(np.where(ok, v, 1.0)), np.nan)


def _rows(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values = problem.values(theta)
    model = problem.model
    place = {name: k for k, name in enumerate((*model.observed, *model.latent))}
    lv, full = values.copy(), values.copy()
    scales = [spreads(problem, values, g) for g in range(len(model.groups))]
    for k, row in enumerate(model.rows):
        total, left = scales[row.group - 1]
        i, j = place[row.lhs], place.get(row.rhs, -1)
        own = [row.lhs in model.latent, row.rhs in model.latent]
        lv[k] *= _factor(row.op, i, j, total, left, own)
        full[k] *= _factor(row.op, i, j, total, left, [True, True])
        if row.op == "~*~":
            full[k] = 1.0
    return lv, full


def _factor(op: str, i: int, j: int, total: np.ndarray, left: np.ndarray, on: list[bool]) -> complex:
    """What a parameter is multiplied with; `on` says which of lhs and rhs are standardised."""
    own = op == "~~" and i == j
    scale = total if own or op != "~~" else left
    a = scale[i] if on[0] else 1.0
    b = scale[j] if on[1] else 1.0
    if op == "=~":
        return _over(a, b)
    if op == "~":
        return _over(b, a)
    if op == "~~":
        return _over(1.0, a * b)
    return _over(1.0, a) if op in ("~1", "|") else 1.0


def _over(a: complex, b: complex) -> complex:
    """a / b; NaN without a warning where one of them is not defined."""
    return a / b if a == a and b == b else np.nan


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
