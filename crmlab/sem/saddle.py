"""Second-order conditions: a stationary point where the discrepancy still falls in some direction is no minimum.

All loadings of a factor at zero are such a point: the gradient vanishes by symmetry, and scoring cannot leave it.
The direction of the lowest curvature leads off.

Source
------
Nocedal, J. & Wright, S. J. (2006). Numerical optimization, 2nd ed. Springer, ch. 2, 3.4.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crmlab.sem.constraints import Constraints
from crmlab.sem.objective import LeastSquares, Objective
from crmlab.sem.optimise import DEAD, Optimum, minimise

DOWN = -1e-5  # smallest eigenvalue of the scaled second derivative of a minimum, rounding allowed
FLAT = 1e-6  # of the scaled information: a parameter that moves nothing, as at a saddle
LENGTHS = (1.0, 0.5, 0.25, 0.1, 0.03, 0.01)  # steps off the saddle, in units of the information
ESCAPES = 4


def settle(objective: Objective, found: Optimum, constraints: Constraints) -> Optimum:
    """The optimum itself, or one below it where it is a saddle; not converged if none was reached."""
    for _ in range(ESCAPES):
        if not found.converged:
            return found
        value, direction = lowest_curvature(objective, found.theta, constraints)
        found = replace(found, curvature=value)
        if not value < DOWN:
            return found
        below = _below(objective, found, constraints, direction)
        if below is None:
            break
        lower = minimise(objective, below, constraints)
        found = replace(lower, iterations=found.iterations + lower.iterations)
    return replace(found, converged=False)


def lowest_curvature(
    objective: Objective, theta: np.ndarray, constraints: Constraints
) -> tuple[float, np.ndarray]:
    """Smallest eigenvalue of the second derivative, scaled by the information, and its direction (q,).

    NaN where it is not asked: under constraints that bend or bind (there it says nothing alone), and for least
    squares unless the information is singular, where a saddle would be.
    """
    none = np.nan, np.zeros(len(theta))
    if constraints.nonlinear or constraints.bounds or not len(theta):
        return none
    K = constraints.basis
    J = K.T @ objective.information(theta) @ K
    if isinstance(objective, LeastSquares) and not _singular(J):
        return none
    H = K.T @ objective.hessian(theta) @ K
    if not np.isfinite(H).all():
        return none
    own = np.diag(J)
    dead = own <= DEAD * own.max()
    size = np.where(dead, np.abs(H).max(axis=1), np.maximum(own, np.abs(np.diag(H))))
    scale = np.sqrt(np.where(size > np.finfo(float).tiny, size, 1.0))
    values, vectors = np.linalg.eigh(H / scale[:, None] / scale)
    return float(values[0]), K @ (vectors[:, 0] / scale)


def _singular(J: np.ndarray) -> bool:
    size = np.diag(J)
    if (size <= FLAT * size.max()).any():
        return True
    scale = np.sqrt(size)
    return bool(np.linalg.eigvalsh(J / scale[:, None] / scale)[0] < FLAT)


def _below(
    objective: Objective, found: Optimum, constraints: Constraints, direction: np.ndarray
) -> np.ndarray | None:
    """The lowest of some points along the direction, turned so that its largest element is positive."""
    turn = np.sign(direction[np.abs(direction).argmax()]) or 1.0
    points = [constraints.project(found.theta + turn * step * direction) for step in LENGTHS]
    values = np.array([objective.value(point) for point in points])
    best = int(np.nanargmin(np.where(np.isfinite(values), values, np.inf)))
    return points[best] if values[best] < found.value else None
