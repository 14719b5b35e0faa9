"""Differences between observed and implied moments, and their summaries RMR, SRMR, CRMR and GFI.

Source
------
Bentler, P. M. (1995). EQS structural equations program manual. Jöreskog, K. G. & Sörbom, D. (1981).
LISREL V. Maydeu-Olivares, A. (2017). Psychometrika 82, 533-558 (CRMR).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.sem.categorical import Categorical
from crmlab.sem.inference import Inference
from crmlab.sem.moments import vech
from crmlab.sem.objective import LeastSquares
from crmlab.sem.problem import Problem
from crmlab.sem.residual_errors import standard_errors


@dataclass(frozen=True, eq=False)
class Moments:
    """Observed and implied moments of one group; `mean` holds thresholds where items are ordered."""

    observed: np.ndarray
    implied: np.ndarray
    mean: np.ndarray
    implied_mean: np.ndarray
    mean_scale: tuple[np.ndarray, np.ndarray]


def moments(problem: Problem, theta: np.ndarray, g: int) -> Moments:
    """Moments of group g."""
    group = problem.data.groups[g]
    objective = problem.objective
    if isinstance(objective, Categorical):
        return _categorical(objective, group.cov, theta, g)
    state = problem.model.state(problem.model.values(theta), g)
    scale = (np.sqrt(np.diag(group.cov)), np.sqrt(np.diag(state.cov)))
    mean = state.mean if problem.means else group.mean
    return Moments(group.cov, state.cov, group.mean, mean, scale)


def _categorical(objective: Categorical, observed: np.ndarray, theta: np.ndarray, g: int) -> Moments:
    """Of the outcomes, given fixed predictors, on the scale of the polychoric correlations."""
    y, on = objective.outcomes, objective.ordered
    values = objective.filled(theta)
    state = objective.bare.state(values, g)
    delta = objective.scale(values, state, g)
    implied = state.cov * np.outer(delta, delta)
    implied[on, on] = 1.0
    variable, row = objective.first(g)
    cells = np.flatnonzero(row >= 0)
    variable = variable[cells]
    scale = (np.sqrt(np.diag(observed))[variable], np.sqrt(np.diag(implied))[variable])
    mine = objective.moments(theta, g)[cells]
    block = np.ix_(y, y)
    return Moments(observed[block], implied[block], objective.stats[g][cells], mine, scale)


def variables(problem: Problem) -> list[str]:
    """Names of the variables that residuals are given for: with ordered items not the fixed predictors."""
    names = problem.model.observed
    objective = problem.objective
    return [names[i] for i in objective.outcomes] if isinstance(objective, Categorical) else list(names)


def summaries(problem: Problem, theta: np.ndarray) -> dict[str, float]:
    """rmr, srmr and relatives: the mean over groups, weighted by cases."""
    total: dict[str, float] = {}
    for g, group in enumerate(problem.data.groups):
        m = moments(problem, theta, g)
        size = problem.model.p if problem.estimator.ordinal else None
        for key, value in _one(m, problem.means, size).items():
            total[key] = total.get(key, 0.0) + group.n / problem.n * value
    if problem.estimator.ordinal:
        total["srmr"] = total["srmr_bentler_nomean"]
        total["srmr_mplus"] = total["srmr_mplus_nomean"] = np.nan
    return total


def _one(m: Moments, means: bool, size: int | None) -> dict[str, float]:
    """Summaries of one group; `size` is the number of observed variables where some are ordered.

    Notes
    -----
    With ordered items lavaan (0.6-14) sums the covariances alone, without the variances of numeric outcomes, and
    divides by their number and that of all observed variables, fixed predictors too; so do we.
    """
    s, t = np.sqrt(np.diag(m.observed)), np.sqrt(np.diag(m.implied))
    raw = vech(m.observed - m.implied)
    bentler = vech((m.observed - m.implied) / np.outer(s, s))
    cor = m.observed / np.outer(s, s) - m.implied / np.outer(t, t)
    mplus = cor.copy()
    np.fill_diagonal(mplus, 1 - (t / s) ** 2)
    d = m.mean - m.implied_mean
    by_s = d / m.mean_scale[0]
    by_both = m.mean / m.mean_scale[0] - m.implied_mean / m.mean_scale[1]
    off = vech(cor)
    free = len(off) - len(s)
    count = len(raw)
    if size is not None:
        apart = np.tril_indices(len(s), -1)
        raw, bentler = ((m.observed - m.implied)[apart], ((m.observed - m.implied) / np.outer(s, s))[apart])
        count = free + size
    out: dict[str, float] = {}
    for name, cells, mean, share in (
        ("rmr", raw, d, count),
        ("srmr_bentler", bentler, by_s, count),
        ("crmr", off, by_s, free),
        ("srmr_mplus", vech(mplus), by_both, count),
    ):
        square = float(cells @ cells)
        out[f"{name}_nomean"] = np.sqrt(square / share) if share else 0.0
        out[name] = out[f"{name}_nomean"]
        if means:
            out[name] = np.sqrt((square + float(mean @ mean)) / (share + len(mean))) if share else 0.0
    out["srmr"] = out["srmr_bentler"]
    return out


def gfi(problem: Problem, theta: np.ndarray) -> tuple[float, int]:
    """Goodness of fit 1 - r'Wr / s'Ws over covariances (and thresholds), without means; number of moments.

    Notes
    -----
    lavaan 0.6 includes the means when there is a mean structure, which moves the index towards 1 (.943
    becomes .996 on the Holzinger-Swineford data); theses report the classical index, and so do we.
    """
    total, count = 0.0, 0
    for g, group in enumerate(problem.data.groups):
        m = moments(problem, theta, g)
        if not isinstance(problem.objective, LeastSquares):
            total += group.n / problem.n * _normal_gfi(problem.normal_cov(theta, g), m, list(group.exogenous))
            count += len(vech(m.observed))
            continue
        W = problem.weight(theta, g)
        if problem.estimator.ordinal:
            assert group.ordinal is not None
            assert isinstance(problem.objective, Categorical)
            s, sigma = group.ordinal.stats, problem.objective.moments(theta, g)
        else:
            s, sigma = vech(m.observed), vech(m.implied)
            W = W[-len(s) :, -len(s) :] if W.ndim == 2 else W[-len(s) :]
            x = np.isin(np.arange(problem.model.p), group.exogenous)
            row, col = problem.model.vech
            keep = ~(x[row] & x[col])  # moments of fixed exogenous variables are no fit
            count += int((~keep).sum())  # lavaan counts them in AGFI and PGFI
            s, sigma = s[keep], sigma[keep]
            W = W[np.ix_(keep, keep)] if W.ndim == 2 else W[keep]
        total += group.n / problem.n * (1 - _quadratic(W, s - sigma) / _quadratic(W, s))
        count += len(s)
    return total, count


def _normal_gfi(cov: np.ndarray, m: Moments, exogenous: list[int]) -> float:
    """The same with normal-theory weights, for which r'Wr = tr(cov^-1 R cov^-1 R) / 2."""
    sizes = []
    for R in (m.observed - m.implied, m.observed.copy()):
        R[np.ix_(exogenous, exogenous)] = 0.0
        half = np.linalg.solve(cov, R)
        sizes.append(float((half * half.T).sum()))
    return 1 - sizes[0] / sizes[1]


def _quadratic(W: np.ndarray, x: np.ndarray) -> float:
    return float(x @ W @ x) if W.ndim == 2 else float(W @ (x * x))


KINDS = ("raw", "cor", "cor.bentler", "cor.bollen", "standardized")


def matrix(problem: Problem, theta: np.ndarray, inference: Inference, g: int, kind: str) -> np.ndarray:
    """(p, p) residual covariances of group g in one of `KINDS`."""
    m = moments(problem, theta, g)
    s, t = np.sqrt(np.diag(m.observed)), np.sqrt(np.diag(m.implied))
    raw = m.observed - m.implied
    if kind == "raw":
        return raw
    if kind == "cor.bentler":
        return raw / np.outer(s, s)
    if kind in ("cor", "cor.bollen"):
        return m.observed / np.outer(s, s) - m.implied / np.outer(t, t)
    return raw / standard_errors(problem, theta, inference.K, g)
