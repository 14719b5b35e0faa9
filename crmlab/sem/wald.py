"""The Wald test of constraints that a model does not have.

W = h(theta)' (J V J')^-1 h(theta), J the Jacobian of the constraints h and V the covariance of the estimates.

Source
------
Wald, A. (1943). Transactions of the American Mathematical Society 54, 426-482.
"""

from __future__ import annotations

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem import syntax
from crmlab.sem.constraints import named, slopes
from crmlab.sem.problem import Problem
from crmlab.sem.rows import near
from crmlab.sem.teststat import tail


def wald(problem: Problem, theta: np.ndarray, V: np.ndarray, constraints: str) -> dict[str, float]:
    """Test equalities such as "a == b; c == 0": stat, df, p_value.

    Parameters
    ----------
    V : (q, q) covariance matrix of the estimates

    Raises
    ------
    ModelError
        No equality, a name that is no label, constraints that depend on each other or on the model's.
    """
    parsed = _read(constraints)
    model = problem.model
    known = set(named(model, model.values(theta)))
    for c in parsed:
        for name in (*c.lhs.names, *c.rhs.names):
            if name not in known:
                raise ModelError(f"'{name}' is no label of a parameter{near(name, known)}")

    def gap(point: np.ndarray) -> np.ndarray:
        names = named(model, model.values(point))
        return np.array([c.lhs.value(names) - c.rhs.value(names) for c in parsed], dtype=complex)

    h = np.real(gap(theta.astype(complex)))
    J = slopes(gap, theta)
    spread = J @ V @ J.T
    if not np.isfinite(spread).all():
        raise ModelError("the estimates have no covariance matrix: the information is singular, or se='none'")
    df = int(np.linalg.matrix_rank(spread))
    if df < len(parsed):
        raise ModelError("the constraints are not independent of each other or of the model's")
    stat = float(h @ np.linalg.solve(spread, h))
    return {"stat": stat, "df": df, "p_value": tail(stat, df)}


def _read(text: str) -> list[syntax.Constraint]:
    parsed = syntax.parse("f =~ x\n" + text)  # a constraint alone is no model
    if not parsed.constraints or len(parsed.terms) > 1 or any(c.op != "==" for c in parsed.constraints):
        raise ModelError("a Wald test needs equalities", hint="'a == b' or 'a == 0; b == 0'")
    return list(parsed.constraints)
