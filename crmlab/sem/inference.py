"""Covariance matrix of the estimates: standard, sandwich and first-order forms, under constraints.

With H half the second derivative of F (or its expectation), K a basis of the directions that the constraints
leave, B the covariance of sqrt(n) times the scores:

    standard  V = K (K'HK)^-1 K' / n,     robust  V = K (K'HK)^-1 K'BK (K'HK)^-1 K' / n.

Source
------
Huber, P. J. (1967). Proc. 5th Berkeley Symposium 1, 221-233. White, H. (1982). Econometrica 50, 1-25.
Satorra, A. & Bentler, P. M. (1994). In von Eye & Clogg (eds), Latent variables analysis, 399-419.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crmlab.sem.fiml import FullInformation
from crmlab.sem.moments import row_scores
from crmlab.sem.objective import NormalML
from crmlab.sem.problem import Problem

SINGULAR = 1e-11  # smallest eigenvalue of a scaled information matrix that is told apart from zero


@dataclass(frozen=True, eq=False)
class Inference:
    """Information and covariance of the estimates.

    Attributes
    ----------
    V : (q, q) covariance matrix of the parameters; NaN if the information is singular
    H : (q, q) information of one case, of the kind the estimator uses
    K : (q, r) free directions
    weakest : smallest eigenvalue of the scaled information in these directions
    """

    V: np.ndarray
    H: np.ndarray
    K: np.ndarray
    weakest: float


def infer(problem: Problem, theta: np.ndarray) -> Inference:
    """Standard errors of the kind the estimator asks for."""
    K = problem.constraints.tangent(theta)
    H = information(problem, theta, problem.estimator.information)
    weakest = smallest(K.T @ H @ K)
    if problem.estimator.se == "first.order":
        weakest = min(weakest, smallest(K.T @ first_order(problem, theta) @ K))
    V = np.full_like(H, np.nan)
    if weakest > SINGULAR and problem.estimator.se != "none":
        V = K @ _covariance(problem, theta, H, K) @ K.T / problem.data.effective
    return Inference(V, H, K, weakest)


def information(problem: Problem, theta: np.ndarray, kind: str) -> np.ndarray:
    """(q, q) information of one case."""
    objective = problem.objective
    if isinstance(objective, FullInformation):
        return objective.hessian(theta) if kind == "observed" else objective.expected(theta)
    if kind == "observed" and isinstance(objective, NormalML):
        return replace(objective, weight=problem.data.share).hessian(theta)
    if problem.estimator.missing in ("two.stage", "robust.two.stage"):  # at the moments of the first stage
        total = np.zeros((problem.model.q, problem.model.q))
        for g, w in enumerate(problem.data.share):
            J = problem.jacobian(theta, g)
            total += w * (J.T @ problem.weight(theta, g) @ J)
        return total
    return replace(objective, weight=problem.data.share).information(theta)


def smallest(M: np.ndarray) -> float:
    """Smallest eigenvalue of a matrix scaled to a unit diagonal."""
    if not len(M):
        return 1.0
    if not np.isfinite(M).all():
        return np.nan
    size = np.abs(np.diag(M))  # of an observed information an element may be negative
    scale = np.sqrt(np.where(size > np.finfo(float).tiny, size, 1.0))
    return float(np.linalg.eigvalsh(M / scale[:, None] / scale)[0])


def _covariance(problem: Problem, theta: np.ndarray, H: np.ndarray, K: np.ndarray) -> np.ndarray:
    bread = np.linalg.inv(K.T @ H @ K)
    kind = problem.estimator.se
    if kind == "standard":
        return bread
    if kind == "first.order":
        return np.linalg.inv(K.T @ first_order(problem, theta) @ K)
    meat = first_order(problem, theta) if kind == "robust.huber.white" else moment_meat(problem, theta)
    return bread @ (K.T @ meat @ K) @ bread


def first_order(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """(q, q) cross products of casewise scores, per case."""
    total = np.zeros((problem.model.q, problem.model.q))
    for s in casewise(problem, theta):
        total += s.T @ s
    return total / problem.n


def casewise(problem: Problem, theta: np.ndarray) -> list[np.ndarray]:
    """(n_g, q) casewise scores of each group."""
    objective, model = problem.objective, problem.model
    if isinstance(objective, FullInformation):
        return objective.scores(theta)
    values = model.values(theta)
    found = []
    for g, group in enumerate(problem.data.groups):
        state = model.state(values, g)
        centre = state.mean if model.means else group.mean
        found.append(model.gather(row_scores(model, state, g, group.Y, centre)))
    return found


def moment_meat(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """(q, q) Delta' W Gamma W Delta."""
    total = np.zeros((problem.model.q, problem.model.q))
    for g, w in enumerate(problem.data.share):
        J = weighted(problem.weight(theta, g), problem.jacobian(theta, g))
        total += w * (J.T @ problem.gamma(g) @ J)
    return total


def weighted(W: np.ndarray, J: np.ndarray) -> np.ndarray:
    """W J for a full or a diagonal weight."""
    return W @ J if W.ndim == 2 else W[:, None] * J
