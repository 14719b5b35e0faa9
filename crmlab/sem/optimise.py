"""Minimise a discrepancy: Fisher scoring near the start, quasi-Newton to the end.

The expected information gives the first steps and the first metric; BFGS updates then take in what the
expected information leaves out (the curvature of a model that does not fit), so that the end is superlinear.

Source
------
Nocedal, J. & Wright, S. J. (2006). Numerical optimization, 2nd ed. Springer, ch. 3, 6, 18.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from crmlab.sem.constraints import Constraints
from crmlab.sem.objective import Objective

DEAD = 1e-24  # of the largest information of a parameter
GAIN = 1e-15  # expected relative gain at which the climb ends


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the optimiser stopped.

    Attributes
    ----------
    theta : (q,)
    value : F
    decrement : g' I^-1 g / 2, the gain one more step would promise
    iterations : steps
    converged : the promised gain is nothing, and no direction leads down
    curvature : smallest eigenvalue of the scaled second derivative, NaN where it was not asked
    """

    theta: np.ndarray
    value: float
    decrement: float
    iterations: int
    converged: bool
    curvature: float = np.nan


def minimise(
    objective: Objective, start: np.ndarray, constraints: Constraints, max_iter: int = 400
) -> Optimum:
    """Minimise subject to linear equalities (by parametrisation) and others (by sequential programming)."""
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # a step that runs off has no finite discrepancy: turned back
        found = _climb(objective, start, constraints, max_iter)
        if constraints.nonlinear or constraints.violated(found.theta):
            found = _programme(objective, found, constraints)
    return found


def _climb(objective: Objective, start: np.ndarray, constraints: Constraints, max_iter: int) -> Optimum:
    K = constraints.basis

    def metric(point: np.ndarray) -> np.ndarray:
        return _metric(constraints.within(objective.information(point)))

    theta = constraints.project(start)
    f = objective.value(theta)
    g = K.T @ objective.gradient(theta)
    H = metric(theta)
    decrement = np.inf
    for iteration in range(1, max_iter + 1):
        step = -H @ g
        slope = float(g @ step)
        if not slope < 0:
            H = metric(theta)
            step = -H @ g
            slope = float(g @ step)
        decrement = -slope / 2
        if decrement <= GAIN * max(1.0, abs(f)):
            return Optimum(theta, f, decrement, iteration - 1, _finite(theta, decrement))
        theta_new, f_new = _search(objective.value, theta, K @ step, f, slope)
        if theta_new is None:
            break
        g_new = K.T @ objective.gradient(theta_new)
        if iteration < objective.scoring:
            H = metric(theta_new)
        else:
            H = _bfgs(H, np.linalg.lstsq(K, theta_new - theta, rcond=None)[0], g_new - g)
        theta, f, g = theta_new, f_new, g_new
    settled = decrement <= 1e-9 * max(1.0, abs(f)) and _finite(theta, decrement)
    return Optimum(theta, f, decrement, iteration, settled)


def _finite(theta: np.ndarray, decrement: float) -> bool:
    """Whether the climb has not run off."""
    return bool(np.isfinite(theta).all() and np.isfinite(decrement))


def _metric(information: np.ndarray) -> np.ndarray:
    """Inverse of twice the expected information; a ridge is a smaller step, not a change of the model."""
    own = 2 * np.diag(information)
    dead = own <= DEAD * own.max(initial=0.0)
    scale = np.sqrt(np.where(dead, 1.0, own))
    size = np.outer(scale, scale)
    R = 2 * information / size
    L, flaw = dpotrf(R, lower=1)
    if flaw == 0 and np.diag(L).min() > 1e-3:
        half, _ = dpotri(L, lower=1)
        half = np.tril(half)
        return (half + np.tril(half, -1).T) / size
    values, vectors = np.linalg.eigh(R)
    inverse = (vectors / np.maximum(values, 1e-7 * max(values[-1], 1e-300))) @ vectors.T
    inverse = inverse / size
    inverse[dead], inverse[:, dead] = 0.0, 0.0  # a parameter that moves nothing here stays (see `saddle`)
    return inverse


def _search(
    value: Callable[[np.ndarray], float], theta: np.ndarray, step: np.ndarray, f: float, slope: float
) -> tuple[np.ndarray | None, float]:
    """Backtracking with quadratic interpolation until the decrease is sufficient."""
    length = 1.0
    noise = 1e-13 * max(1.0, abs(f))
    for _ in range(40):
        there = theta + length * step
        f_new = value(there)
        if f_new <= f + 1e-4 * length * slope + noise:
            return there, f_new
        bend = 2 * (f_new - f - length * slope)
        best = -slope * length**2 / bend if np.isfinite(f_new) and bend > 0 else 0.0
        length = min(max(best, 0.1 * length), 0.5 * length)
    return None, f


def _bfgs(H: np.ndarray, s: np.ndarray, y: np.ndarray) -> np.ndarray:
    sy = float(s @ y)
    if sy <= 1e-12 * np.sqrt(float(s @ s) * float(y @ y)):
        return H
    Hy = H @ y
    return H + (1 + float(y @ Hy) / sy) / sy * np.outer(s, s) - (np.outer(Hy, s) + np.outer(s, Hy)) / sy


def _programme(objective: Objective, near: Optimum, constraints: Constraints) -> Optimum:
    """Sequential quadratic programming for nonlinear equalities and for inequalities."""
    K = constraints.basis
    origin = constraints.project(near.theta)
    scale = np.sqrt(np.maximum(np.diag(_metric(constraints.within(objective.information(origin)))), 1e-12))

    def at(z: np.ndarray) -> np.ndarray:
        return origin + K @ (z * scale)

    def loss(z: np.ndarray) -> float:
        f = objective.value(at(z))
        return f if np.isfinite(f) else 1e10

    rules = []
    for kind, function in (("eq", constraints.equal), ("ineq", constraints.above)):
        if function(origin)[0].size:
            rules.append(
                {
                    "type": kind,
                    "fun": lambda z, h=function: h(at(z))[0],
                    "jac": lambda z, h=function: h(at(z))[1] @ K * scale,
                }
            )
    found = minimize(
        loss,
        np.zeros(K.shape[1]),
        jac=lambda z: (K.T @ objective.gradient(at(z))) * scale,
        constraints=rules,
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    theta = at(found.x)
    good = bool(found.success) or found.status == 8
    miss = max(
        np.abs(constraints.equal(theta)[0]).max(initial=0), -constraints.above(theta)[0].min(initial=0)
    )
    steady = _stationary(objective, theta, constraints)
    return Optimum(
        theta,
        objective.value(theta),
        steady,
        near.iterations + int(found.nit),
        good and miss < 1e-6 and steady < 1e-6,
    )


def _stationary(objective: Objective, theta: np.ndarray, constraints: Constraints) -> float:
    """g' I^-1 g / 2 in the directions that the active constraints leave."""
    K = constraints.tangent(theta)
    g = K.T @ objective.gradient(theta)
    return float(g @ _metric(K.T @ objective.information(theta) @ K) @ g) / 2
