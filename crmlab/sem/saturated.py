"""Mean and covariance matrix of incomplete data without a model: EM, accelerated, to the maximum itself.

Source
------
Dempster, A. P., Laird, N. M. & Rubin, D. B. (1977). JRSS B 39(1), 1-38.
Varadhan, R. & Roland, C. (2008). Scandinavian Journal of Statistics 35(2), 335-353 (the squared step).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem.incomplete import Patterns, complete, loglik

CLOSE = 1e-9  # largest change of a mean or covariance in one EM step, in standard deviations
MAX_ITER = 2000
SINGULAR = 1e-8  # smallest eigenvalue of the correlation matrix
PAUSE = 3  # plain EM steps before the first squared one


@dataclass(frozen=True, slots=True, eq=False)
class Saturated:
    """The unrestricted maximum.

    Attributes
    ----------
    mean, cov : (p,), (p, p)
    loglik : of all cases
    iterations : EM steps
    converged : whether the last step changed nothing any more
    """

    mean: np.ndarray
    cov: np.ndarray
    loglik: float
    iterations: int
    converged: bool


def saturated(data: Patterns, names: tuple[str, ...] | None = None, max_iter: int = MAX_ITER) -> Saturated:
    """Maximise the likelihood of a free mean vector and covariance matrix.

    Raises
    ------
    ModelError
        A variable without values or without variance, two variables never answered together (their
        covariance is not in the data), or moments that run into singularity (more variables than the
        cases can carry, or one variable a function of others).

    Notes
    -----
    EM rises at every step but slowly where much is missing. Every third step is therefore squared: with r
    and v the first and second differences of two EM steps, theta - 2 a r + a^2 v, a = -|r|/|v|; it is
    taken only if the matrix stays positive definite and the likelihood does not fall, so the ascent is
    kept. lavaan stops EM at 1e-5; the log-likelihood found here is the higher one, by 1e-8 or so.
    """
    _identified(data, names)
    scale = np.sqrt(np.nanvar(data.Y, axis=0))
    centre = np.nanmean(data.Y, axis=0)
    size = np.concatenate([scale, np.outer(scale, scale).ravel()])
    theta = np.concatenate([centre, np.diag(scale**2).ravel()])
    iterations, converged, stalled = 0, False, 0
    while iterations < max_iter and not converged:
        one = _em(theta, data)
        two = _em(one, data)
        iterations += 2
        r, v = (one - theta) / size, (two - 2 * one + theta) / size
        converged = bool(np.abs(two - one).max(initial=0) <= 0 or np.abs((two - one) / size).max() < CLOSE)
        stalled += 1
        theta = two if converged or stalled <= PAUSE else _squared(theta, two, r * size, v * size, size, data)
    mean, cov = _split(theta, data.p)
    _regular(cov, names)
    return Saturated(mean, cov, loglik(mean, cov, data)[0], iterations, converged)


def _squared(
    theta: np.ndarray, two: np.ndarray, r: np.ndarray, v: np.ndarray, size: np.ndarray, data: Patterns
) -> np.ndarray:
    """The squared step if it helps, else the second EM step."""
    bend = float(np.linalg.norm(v / size))
    if bend == 0:
        return two
    a = -float(np.linalg.norm(r / size)) / bend
    if a >= -1:
        return two
    far = theta - 2 * a * r + a**2 * v
    ahead = loglik(*_split(far, data.p), data)[0]
    return far if ahead >= loglik(*_split(two, data.p), data)[0] else two


def _em(theta: np.ndarray, data: Patterns) -> np.ndarray:
    """One EM step: moments of the completed data."""
    mean, cov = _split(theta, data.p)
    e = complete(mean, cov, data)
    if e is None:
        raise ModelError(
            "the saturated moments of the incomplete data are singular",
            hint="a variable may be a function of others, or there are too few cases for so many variables",
        )
    shift = e.deviations.mean(axis=0)
    D = e.deviations - shift
    return np.concatenate([mean + shift, ((D.T @ D + e.spread) / data.n).ravel()])


def _split(theta: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray]:
    cov = theta[p:].reshape(p, p)
    return theta[:p], (cov + cov.T) / 2


def _regular(cov: np.ndarray, names: tuple[str, ...] | None) -> None:
    """The maximum is an inner one: no variable is a linear function of others."""
    scale = np.sqrt(np.diag(cov))
    values, vectors = np.linalg.eigh(cov / np.outer(scale, scale))
    if values[0] < SINGULAR:
        words = names or tuple(f"y{j + 1}" for j in range(len(cov)))
        tied = [word for word, part in zip(words, vectors[:, 0], strict=True) if abs(part) > 0.05]
        raise ModelError(
            f"the covariance matrix of the incomplete data is singular: {', '.join(tied)} are linearly dependent",
            hint="leave one of them out",
        )


def _identified(data: Patterns, names: tuple[str, ...] | None) -> None:
    """Every variable varies and every pair has common cases."""
    words = names or tuple(f"y{j + 1}" for j in range(data.p))
    for j in range(data.p):
        y = data.Y[~np.isnan(data.Y[:, j]), j]
        if y.size < 2 or not y.var() > 0:
            problem = "has no values" if y.size == 0 else "does not vary"
            raise ModelError(f"'{words[j]}' {problem}", hint="drop it from the model")
    never = np.argwhere(np.tril(data.coverage == 0, -1))
    if len(never):
        a, b = never[0]
        more = f" (and {len(never) - 1} more pairs)" if len(never) > 1 else ""
        raise ModelError(
            f"'{words[b]}' and '{words[a]}' are never answered by the same case{more}: "
            "their covariance is not in the data"
        )
