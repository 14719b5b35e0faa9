"""Standard errors of residual covariances: of the moments, less what the model takes up.

With R = I - Delta (Delta' W Delta)^-1 Delta' W the residual maker, the covariance of sqrt(n) times the
residuals is R Gamma R'. W is the information of the kind that the standard errors of the fit rest on.

Source
------
Ogasawara, H. (2001). Standard errors of fit indices using residuals in structural equation modeling.
Psychometrika 66, 421-436.
"""

from __future__ import annotations

import numpy as np

from crmlab.sem import missing as incomplete
from crmlab.sem.categorical import Categorical
from crmlab.sem.inference import weighted
from crmlab.sem.moments import moment_scores, weight_normal
from crmlab.sem.problem import Problem
from crmlab.sem.saturated_information import solved
from crmlab.sem.teststat import free_moments

NOTHING = 1e-8  # share of a moment's variance below which its residual has none


def standard_errors(problem: Problem, theta: np.ndarray, K: np.ndarray, g: int) -> np.ndarray:
    """(p, p) standard errors of the residuals of group g; 1 where a residual cannot vary.

    Notes
    -----
    Parameters that groups share take up less of each: E is the information of all groups. What the sampling
    of the other groups adds to a residual is left out, as lavaan does.
    """
    group = problem.data.groups[g]
    parts = [
        (problem.jacobian(theta, h) @ K, _weight(problem, theta, h)) for h in range(len(problem.data.groups))
    ]
    E = sum(w * (J.T @ weighted(W, J)) for w, (J, W) in zip(problem.data.share, parts, strict=True))
    J, W = parts[g]
    gamma = _gamma(problem, g)
    R = np.eye(len(gamma)) - problem.data.share[g] * (J @ np.linalg.pinv(E) @ weighted(W, J).T)
    variance = np.einsum("ij,jk,ik->i", R, gamma, R) / group.n
    good = variance > NOTHING * np.diag(gamma) / group.n
    error = np.where(good, np.sqrt(np.where(good, variance, 1.0)), 1.0)
    return _square(problem, error)


def _square(problem: Problem, error: np.ndarray) -> np.ndarray:
    objective = problem.objective
    p = problem.model.p
    if isinstance(objective, Categorical):
        y = objective.outcomes
        p = len(y)
        numeric = np.flatnonzero(np.isin(y, objective.numeric))
        col, row = np.triu_indices(p, 1)
        out = np.ones((p, p))
        out[numeric, numeric] = error[len(error) - len(row) - len(numeric) : len(error) - len(row)]
    else:
        row, col = problem.model.vech
        out = np.ones((p, p))
    out[row, col] = out[col, row] = error[len(error) - len(row) :]
    return out


def _weight(problem: Problem, theta: np.ndarray, g: int) -> np.ndarray:
    """(k, k) or (k,) at the model's moments."""
    group, kind = problem.data.groups[g], problem.estimator
    if kind.fit != "ML" or kind.missing in ("two.stage", "robust.two.stage", "pairwise"):
        return problem.weight(theta, g)
    state = problem.model.state(problem.model.values(theta), g)
    mean = state.mean if problem.means else group.mean
    if kind.information == "expected" and group.patterns is None and kind.se != "first.order":
        return problem.weight(theta, g)
    found = group.patterns or incomplete.patterns(group.Y)
    if kind.se == "first.order":
        s = incomplete.scores(mean, state.cov, found)
        W = s.T @ s / group.n
    else:
        W = incomplete.information(mean, state.cov, found, kind.kind)
    return W if problem.means else W[problem.model.p :, problem.model.p :]


def _gamma(problem: Problem, g: int) -> np.ndarray:
    """(k, k) of the moments of group g, given fixed exogenous variables."""
    group, kind = problem.data.groups[g], problem.estimator
    two = kind.missing in ("two.stage", "robust.two.stage")
    if two or kind.ordinal or (kind.needs_gamma and (kind.fit != "ML" or kind.se == "robust.sem")):
        return problem.gamma(g)
    keep = free_moments(problem, group.exogenous)
    block = np.ix_(keep, keep)
    if kind.missing == "fiml":
        A, B = group.h1_weight(kind.kind), group.h1_scores
    else:
        A = weight_normal(group.cov, problem.means)
        s = moment_scores(group.Y, group.mean, group.cov, problem.means)
        B = s.T @ s / group.n
    gamma = solved((B if kind.se == "first.order" else A)[block], np.eye(len(keep)))
    if kind.se == "robust.huber.white":
        gamma = gamma @ B[block] @ gamma
    out = np.zeros_like(A)
    out[block] = gamma
    return out
