"""The maximum of a likelihood with an analytic gradient: quasi-Newton to come near, Newton to arrive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
STEEP = 1e-6  # largest slope of the mean log-likelihood that counts as flat
NEAR_BOUND = 1e-6
IDLE = 1e-13  # share of the value by which three steps in a row must lower it, or the search is at its end
FARTHEST = 2.0  # of one step, on scales of logarithms and logits
FD_STEP = 1e-4  # parameters are logarithms and logits, so one step fits all


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """A minimum of the mean negative log-likelihood.

    Attributes
    ----------
    theta : (k,) where
    value : how low
    gradient, hessian : (k,) and (k, k) there
    free : (k,) bool, not at a bound of the search
    steep : largest slope over the free parameters
    converged : flat and, over the free parameters, curved upward
    """

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    free: np.ndarray
    steep: float
    converged: bool


def climb(
    f: Objective, start: np.ndarray, lower: np.ndarray, upper: np.ndarray, hessian: np.ndarray | None = None
) -> Optimum:
    """Minimise f inside a box; a Hessian known from a subsample saves the quasi-Newton stage."""
    theta = np.clip(start, lower, upper)
    if hessian is not None:
        theta, near = chord(f, theta, lower, upper, hessian)
    if hessian is None or not near:
        theta = _quasi_newton(f, theta, lower, upper)
    return _arrive(f, theta, lower, upper)


def curvature(f: Objective, theta: np.ndarray) -> np.ndarray:
    """Hessian by central differences of the gradient."""
    steps = np.eye(len(theta)) * FD_STEP
    H = np.array([(f(theta + h)[1] - f(theta - h)[1]) / (2 * FD_STEP) for h in steps])
    return (H + H.T) / 2


def _quasi_newton(f: Objective, theta: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """BFGS on the parameters that are not held by a bound, with halving steps.

    Own, because SciPy's calls threaded LAPACK on matrices of four rows, which costs more than the likelihood.
    """
    value, gradient = f(theta)
    inverse = np.eye(len(theta))
    fresh, idle = True, 0
    for _ in range(600):
        held = ((theta <= lower) & (gradient > 0)) | ((theta >= upper) & (gradient < 0))
        g = np.where(held, 0.0, gradient)
        if np.abs(g).max() < STEEP / 10 or idle >= 3:
            break
        step = -np.where(held, 0.0, inverse @ g)
        if not step @ g < 0:
            inverse, step, fresh = np.eye(len(theta)), -g, True
        step *= min(1.0, FARTHEST / np.abs(step).max())
        found = _shorter(f, theta, step, value, g, lower, upper)
        if found is None:
            if fresh:
                break
            inverse, fresh = np.eye(len(theta)), True
            continue
        trial, lower_value, new = found
        idle = idle + 1 if value - lower_value < IDLE * abs(value) else 0
        value = lower_value
        inverse = _updated(inverse, trial - theta, new - gradient, fresh)
        theta, gradient, fresh = trial, new, False
    return theta


def _shorter(
    f: Objective, theta: np.ndarray, step: np.ndarray, value: float, g: np.ndarray, lower: np.ndarray,
    upper: np.ndarray,
) -> tuple[np.ndarray, float, np.ndarray] | None:  # fmt: skip
    """The step or a shorter one that lowers f enough (Armijo); None if there is none."""
    for _ in range(20):
        trial = np.clip(theta + step, lower, upper)
        new_value, new = f(trial)
        if np.isfinite(new_value) and new_value <= value + 1e-4 * (g @ (trial - theta)) + 1e-15 * abs(value):
            return trial, new_value, new
        step = step * 0.3
    return None


def _updated(inverse: np.ndarray, s: np.ndarray, y: np.ndarray, fresh: bool) -> np.ndarray:
    """The BFGS update of an inverse Hessian; unchanged where the curvature is not positive."""
    sy = s @ y
    if sy <= 1e-12 * np.sqrt((s @ s) * (y @ y)) or sy == 0:
        return inverse
    if fresh:
        inverse = np.eye(len(s)) * (sy / (y @ y))
    A = np.eye(len(s)) - np.outer(s, y) / sy
    return A @ inverse @ A.T + np.outer(s, s) / sy


def chord(
    f: Objective, theta: np.ndarray, lower: np.ndarray, upper: np.ndarray, hessian: np.ndarray,
    gradient: np.ndarray | None = None,
) -> tuple[np.ndarray, bool]:  # fmt: skip
    """Newton steps with a fixed Hessian while each shrinks the slope by a factor of 3.

    `gradient` is the slope at theta where it is known; returns where it ended and whether the slope is flat.
    """
    slope = np.inf
    for turn in range(12):
        gradient = f(theta)[1] if turn or gradient is None else gradient
        steep = float(np.abs(gradient).max())
        if steep < 1e-8:
            return theta, True
        if not steep < slope / 3:
            return theta, False
        slope = steep
        step = _newton_step(hessian, gradient)
        if step is None or np.abs(step).max() > 1:
            return theta, False
        theta = np.clip(theta - step, lower, upper)
    return theta, False


def _newton_step(H: np.ndarray, gradient: np.ndarray) -> np.ndarray | None:
    values, vectors = np.linalg.eigh(H)
    if not values[0] > 1e-10 * max(values[-1], 1e-300):
        return None
    return vectors @ ((vectors.T @ gradient) / values)


def _arrive(f: Objective, theta: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Optimum:
    """Newton steps while they help; then say what was found."""
    value, gradient = f(theta)
    H = curvature(f, theta)
    for _ in range(10):
        free = (theta > lower + NEAR_BOUND) & (theta < upper - NEAR_BOUND)
        if not free.any() or np.abs(gradient[free]).max() < 1e-11:
            break
        step = _newton_step(H[np.ix_(free, free)], gradient[free])
        if step is None or np.abs(step).max() > 2:
            break
        trial = theta.copy()
        trial[free] = np.clip(theta[free] - step, lower[free], upper[free])
        new_value, new_gradient = f(trial)
        better = np.abs(new_gradient[free]).max() < 0.5 * np.abs(gradient[free]).max()
        if not better or new_value > value + 1e-12 * abs(value):
            break
        theta, value, gradient = trial, new_value, new_gradient
        if np.abs(step).max() > 1e-3:
            H = curvature(f, theta)
    free = (theta > lower + NEAR_BOUND) & (theta < upper - NEAR_BOUND)
    steep = float(np.abs(gradient[free]).max()) if free.any() else 0.0
    curved = not free.any() or _newton_step(H[np.ix_(free, free)], gradient[free]) is not None
    return Optimum(theta, float(value), gradient, H, free, steep, bool(steep < STEEP and curved))
