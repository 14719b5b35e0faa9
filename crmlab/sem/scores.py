"""Factor scores: regression (Thurstone) and Bartlett; of ordered items the modes of `crmlab.sem.scores_ordinal`.

Source
------
Thurstone, L. L. (1935). The vectors of mind. Bartlett, M. S. (1937). British Journal of Psychology 28, 97-104.
Skrondal, A. & Laake, P. (2001). Psychometrika 66, 563-576 (which scores suit which regression).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.sem import scores_ordinal
from crmlab.sem.matrices import State
from crmlab.sem.missing import patterns
from crmlab.sem.problem import Problem
from crmlab.sem.sample import Sample

METHODS = {"regression": "regression", "ebm": "regression", "bartlett": "bartlett", "ml": "bartlett"}


def factor_scores(
    problem: Problem, theta: np.ndarray, samples: tuple[Sample, ...], method: str
) -> pd.DataFrame:
    """One row per case used, one column per latent variable.

    Parameters
    ----------
    method : "regression" ("EBM", the mode of eta given the answers) or "bartlett" ("ML", without the prior)

    Notes
    -----
    regression: E(eta | y) = alpha + C Sigma^-1 (y - mu) with C = cov(eta, y); a missing answer is replaced by
    its expectation given the others, which makes this the expectation given what was answered.
    bartlett: (L' Sigma^-1 L)^-1 L' Sigma^-1 (y - mu) over the answers given; NaN for a latent variable without
    observed indicators, and for a case that answered none of them.
    """
    if method.lower() not in METHODS:
        raise ModelError(f"factor scores '{method}' are not known", hint=", ".join(METHODS))
    if not problem.model.latent:
        raise ModelError("the model has no latent variable")
    method = METHODS[method.lower()]
    parts = []
    for g, sample in enumerate(samples):
        if problem.estimator.ordinal:
            values = scores_ordinal.modes(problem, theta, g, prior=method == "regression")
        else:
            values = _one(problem, theta, g, method)
        parts.append(pd.DataFrame(values, index=sample.index, columns=list(problem.model.latent)))
    return pd.concat(parts).reindex(pd.Index([i for s in samples for i in s.index]))


def _one(problem: Problem, theta: np.ndarray, g: int, method: str) -> np.ndarray:
    model, group = problem.model, problem.data.groups[g]
    state = model.state(model.values(theta), g)
    p = model.p
    centre = state.mean if model.means else group.mean
    level = (state.E @ state.M)[p:]
    if not model.means:  # the means of observed variables in regressions reach the latent ones all the same
        inner = {name for row in model.rows if row.op == "~" for name in (row.lhs, row.rhs)}
        known = [j for j, name in enumerate(model.observed) if name in inner]
        level = state.E[p:, known] @ np.linalg.solve(state.E[np.ix_(known, known)], group.mean[known])
    if method == "regression":
        D = _deviations(problem, g, centre, state.cov)
        return level + D @ np.linalg.solve(state.cov, state.C[p:].T)
    return level + _bartlett(problem, state, group.Y - centre)


def _bartlett(problem: Problem, state: State, D: np.ndarray) -> np.ndarray:
    """(n, m) generalised least squares of the answers of each pattern on the arrows from the latent variables.

    The weight is (L V L' + T)^-1 with V the latent and T the residual covariances: the same scores as with
    T^-1, and defined where a residual variance is zero. Where observed variables have arrows A among themselves,
    L and T are those of the reduced form, (I - A)^-1 L and (I - A)^-1 T (I - A)'^-1.
    """
    p, m = problem.model.p, len(problem.model.latent)
    B = np.linalg.inv(np.eye(p) - state.A[:p, :p])  # arrows among the observed variables
    L = B @ state.A[:p, p:]
    V = (state.E @ state.S @ state.E.T)[p:, p:]
    W = L @ V @ L.T + B @ state.S[:p, :p] @ B.T
    out = np.full((len(D), m), np.nan)
    found = patterns(D)
    for k, seen in enumerate(found.masks):
        rows = np.flatnonzero(found.of == k)
        there = np.abs(L[seen]).sum(axis=0) > 0
        part = L[seen][:, there]
        weighed = np.linalg.pinv(W[np.ix_(seen, seen)], hermitian=True) @ part
        F = np.linalg.pinv(part.T @ weighed, hermitian=True) @ weighed.T
        out[np.ix_(rows, there)] = D[np.ix_(rows, seen)] @ F.T
    return out


def _deviations(problem: Problem, g: int, centre: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """y - mu with missing entries at their expectation."""
    Y = problem.data.groups[g].Y
    D = Y - centre
    found = patterns(Y)
    for k, seen in enumerate(found.masks):
        if seen.all():
            continue
        rows = np.flatnonzero(found.of == k)
        known = cov[np.ix_(seen, seen)]
        D[np.ix_(rows, ~seen)] = D[np.ix_(rows, seen)] @ np.linalg.solve(known, cov[np.ix_(seen, ~seen)])
    return D
