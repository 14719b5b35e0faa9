"""Factor scores: regression (Thurstone) and Bartlett.

Source
------
Thurstone, L. L. (1935). The vectors of mind. Bartlett, M. S. (1937). British Journal of Psychology 28, 97-104.
Skrondal, A. & Laake, P. (2001). Psychometrika 66, 563-576 (which scores suit which regression).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.sem.missing import patterns
from crmlab.sem.problem import Problem
from crmlab.sem.sample import Sample

METHODS = ("regression", "bartlett")


def factor_scores(
    problem: Problem, theta: np.ndarray, samples: tuple[Sample, ...], method: str
) -> pd.DataFrame:
    """One row per case used, one column per latent variable.

    Notes
    -----
    regression: E(eta | y) = alpha + C Sigma^-1 (y - mu) with C = cov(eta, y); a missing answer is replaced by
    its expectation given the others, which makes this the expectation given what was answered.
    bartlett: (L' Theta^-1 L)^-1 L' Theta^-1 (y - nu - ...) over the latent variables with observed indicators.
    """
    method = {"ebm": "regression"}.get(method.lower(), method.lower())
    if method not in METHODS:
        raise ModelError(f"factor scores '{method}' are not known", hint=", ".join(METHODS))
    if problem.estimator.ordinal:
        raise ModelError(
            "factor scores of ordered items are not supported", hint="estimator='MLR' without ordered"
        )
    if not problem.model.latent:
        raise ModelError("the model has no latent variable")
    parts = []
    for g, sample in enumerate(samples):
        values = _one(problem, theta, g, method)
        parts.append(pd.DataFrame(values, index=sample.index, columns=list(problem.model.latent)))
    return pd.concat(parts).reindex(pd.Index([i for s in samples for i in s.index]))


def _one(problem: Problem, theta: np.ndarray, g: int, method: str) -> np.ndarray:
    model, group = problem.model, problem.data.groups[g]
    state = model.state(model.values(theta), g)
    p = model.p
    centre = state.mean if model.means else group.mean
    level = (state.E @ state.M)[p:] if model.means else np.zeros(len(model.latent))
    D = _deviations(problem, g, centre, state.cov)
    if method == "regression":
        return level + D @ np.linalg.solve(state.cov, state.C[p:].T)
    if np.isnan(group.Y).any():
        raise ModelError("Bartlett scores need complete answers", hint="method='regression'")
    L = state.A[:p, p:]
    if (np.abs(L).sum(axis=0) == 0).any():
        raise ModelError(
            "Bartlett scores are for latent variables with observed indicators", hint="regression"
        )
    T = state.S[:p, :p]
    if np.linalg.eigvalsh(T)[0] <= 0:
        raise ModelError("Bartlett scores need positive residual variances", hint="method='regression'")
    W = np.linalg.solve(T, L)
    return level + D @ W @ np.linalg.inv(L.T @ W)


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
