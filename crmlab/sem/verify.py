"""What is checked before the optimiser (identification) and after it (convergence, admissible estimates)."""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf

from crmlab.errors import ModelError
from crmlab.result import Check
from crmlab.sem.inference import SINGULAR, Inference
from crmlab.sem.optimise import Optimum
from crmlab.sem.problem import Problem
from crmlab.sem.saddle import DOWN
from crmlab.sem.teststat import Test

RANK = 1e-11  # eigenvalue of the scaled cross product of a Jacobian; its square root is 3e-6


def identify(problem: Problem, start: np.ndarray) -> None:
    """The moments must depend on every free parameter, each in its own way, near a generic point.

    Raises
    ------
    ModelError
        More parameters than moments, or parameters that cannot be told apart; they are named.

    Source
    ------
    Bekker, P. A., Merckens, A. & Wansbeek, T. J. (1994). Identification, equivalent models and computer
    algebra. Academic Press (rank of the Jacobian at a generic point).
    """
    K = problem.constraints.basis
    free = K.shape[1]
    moments = problem.statistics()
    if free > moments + len(problem.constraints.curved):
        raise ModelError(
            f"the model is not identified: {free} free parameters and {moments} moments in the data",
            hint="fix or equate parameters, or measure a construct with three items",
        )
    rng = np.random.default_rng(20240101)
    point = problem.constraints.project(
        start * rng.uniform(0.8, 1.2, len(start)) + rng.uniform(0.05, 0.1, len(start))
    )
    if not np.isfinite(problem.objective.value(point)):
        point = problem.constraints.project(start * rng.uniform(0.95, 1.05, len(start)))
    J = np.vstack([problem.jacobian(point, g) for g in range(len(problem.data.groups))]) @ K
    scale = np.linalg.norm(J, axis=0)
    dead = scale < 1e-12
    scale[dead] = 1.0
    gram = (J / scale).T @ (J / scale)
    L, flaw = dpotrf(gram, lower=1)
    if not free or problem.constraints.nonlinear or (flaw == 0 and np.diag(L).min() > 1e-2):
        return
    values, vectors = np.linalg.eigh(gram)
    if values[0] > RANK:
        return
    direction = K @ (vectors[:, 0] / scale)
    parts = np.abs(direction) / np.abs(direction).max()
    names = [_name(problem, k) for k in np.argsort(-parts, kind="stable") if parts[k] > 0.05][:6]
    raise ModelError(
        f"the model is not identified; these parameters cannot be told apart: {', '.join(names)}",
        hint="fix one of them (0*x, 1*x), give them one label, or take one away",
    )


def _name(problem: Problem, k: int) -> str:
    row = problem.model.rows[problem.model.first[k]]
    group = f" (group {row.group})" if len(problem.model.groups) > 1 else ""
    op = " ~ 1" if row.op == "~1" else f" {row.op} {row.rhs}"
    return f"{row.lhs}{op}{group}"


def verify(problem: Problem, optimum: Optimum, inference: Inference, test: Test) -> tuple[Check, ...]:
    """Convergence, identification at the estimate, variances and covariance matrices."""
    checks = [
        Check(
            "check.converged",
            optimum.converged,
            optimum.decrement,
            f"the promised gain of a further step is nothing (after {optimum.iterations} iterations)",
        ),
        Check(
            "check.identified",
            inference.weakest > SINGULAR,
            inference.weakest,
            f"smallest eigenvalue of the scaled information > {SINGULAR:g}",
        ),
    ]
    if optimum.curvature < DOWN:
        rule = f">= {DOWN:g}: smallest eigenvalue of the scaled second derivative (a minimum, not a saddle)"
        checks.append(Check("check.minimum", False, optimum.curvature, rule))
    if problem.estimator.scaled and test.df > 0 and not np.isfinite(test.scaled):
        rule = "the scaling of the robust test is positive and finite"
        checks.append(Check("check.robust_test", False, test.factor, rule))
    return (*checks, *_variances(problem, optimum.theta), *_matrices(problem, optimum.theta))


def _variances(problem: Problem, theta: np.ndarray) -> list[Check]:
    values = problem.values(theta)
    many = len(problem.model.groups) > 1
    found = []
    for k, row in enumerate(problem.model.rows):
        if row.op == "~~" and row.lhs == row.rhs and values[k] < -1e-10:
            name = f"{row.lhs}{f'.g{row.group}' if many else ''}"
            found.append(
                Check(
                    f"check.negative_variance:{name}", False, values[k], ">= 0: a negative variance (Heywood)"
                )
            )
    return found


def _matrices(problem: Problem, theta: np.ndarray) -> list[Check]:
    """Latent covariances, and what is left of the observed variables, must be covariance matrices."""
    values = problem.values(theta)
    p = problem.model.p
    found = []
    for g in range(len(problem.model.groups)):
        suffix = f":g{g + 1}" if len(problem.model.groups) > 1 else ""
        state = problem.model.state(values, g)
        total = state.E @ state.S @ state.E.T
        for name, matrix in (("latent", total[p:, p:]), ("residual", state.S[:p, :p])):
            if not len(matrix):
                continue
            low = _lowest(matrix)
            rule = f">= 0: smallest eigenvalue of the {name} correlation matrix"
            found.append(Check(f"check.{name}_covariance{suffix}", low >= -1e-8, low, rule))
    return found


def _lowest(S: np.ndarray) -> float:
    scale = np.sqrt(np.maximum(np.abs(np.diag(S)), 1e-12))
    return float(np.linalg.eigvalsh(S / np.outer(scale, scale))[0])
