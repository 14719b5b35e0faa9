"""Regressions of one variable on fixed predictors: ordered probit or linear, with casewise scores.

Source
------
McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal Statistical Society B 42, 109-142.
Muthén, B. (1984). Psychometrika 49(1), 115-132 (first step, case 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from crmlab.errors import ModelError
from crmlab.sem.bivariate_normal import FAR
from crmlab.sem.polychoric import SMALLEST

STEP = 1e-10  # largest Newton step of a converged probit regression
ROOT = np.sqrt(2 * np.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Regressed:
    """The first step of one variable.

    Attributes
    ----------
    upper, lower : (n,) bounds of the standardised residual: tau - x'b of an ordinal answer; NaN if missing
    z : (n,) standardised residual of a numeric variable, NaN if missing; None for an ordinal one
    code : (n,) category, -1 if missing; None for a numeric variable
    head : thresholds, or the intercept
    slopes : (k,)
    variance : of the residual, 1 for an ordinal variable
    scores : (n, h + k (+ 1)) of head, slopes (and variance), zero where missing
    """

    upper: np.ndarray
    lower: np.ndarray
    z: np.ndarray | None
    code: np.ndarray | None
    head: np.ndarray
    slopes: np.ndarray
    variance: float
    scores: np.ndarray


def probit(code: np.ndarray, cuts: np.ndarray, X: np.ndarray, name: str) -> Regressed:
    """Ordered probit regression by Fisher scoring from the thresholds without predictors.

    Parameters
    ----------
    code : (n,) categories from 0, -1 if missing
    cuts : (t,) start of the thresholds
    X : (n, k), centred or not
    """
    there = code >= 0
    t = len(cuts)
    theta = np.concatenate([cuts, np.zeros(X.shape[1])])
    for _ in range(100):
        p, above, below, upper, lower = _probit(theta, code, X, t)
        s = threshold_scores(code, above, below, X, t) * there[:, None]
        step = np.linalg.solve(s.T @ s, s.sum(axis=0))
        size = np.abs(step).max()
        old, factor = np.log(p[there]).sum(), 1.0
        while factor > 1e-4:
            trial = theta + factor * step
            if (np.diff(trial[:t]) > 0).all() and np.log(
                _probit(trial, code, X, t)[0][there]
            ).sum() >= old - 1e-12 * abs(old):
                break
            factor /= 2
        theta = trial
        if size < STEP:
            break
    else:
        if size > 1e-6:
            raise ModelError(
                f"the probit regression of '{name}' on the fixed predictors has no maximum: they separate its answers",
                hint="leave the predictor out, or join answer categories",
            )
    p, above, below, upper, lower = _probit(theta, code, X, t)
    s = threshold_scores(code, above, below, X, t) * there[:, None]
    upper, lower = np.where(there, upper, np.nan), np.where(there, lower, np.nan)
    return Regressed(upper, lower, None, code, theta[:t], theta[t:], 1.0, s)


def _probit(theta: np.ndarray, code: np.ndarray, X: np.ndarray, t: int) -> tuple[np.ndarray, ...]:
    ends = np.concatenate([[-FAR], theta[:t], [FAR]])
    line = X @ theta[t:]
    at = np.maximum(code, 0)
    upper = np.where(at == t, FAR, ends[at + 1] - line)
    lower = np.where(at == 0, -FAR, ends[at] - line)
    p = np.maximum(ndtr(upper) - ndtr(lower), SMALLEST)
    return p, density(upper) / p, density(lower) / p, upper, lower


def density(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.minimum(np.minimum(np.abs(x), FAR) ** 2 / 2, 700.0)) / ROOT


def threshold_scores(
    code: np.ndarray, above: np.ndarray, below: np.ndarray, X: np.ndarray, t: int
) -> np.ndarray:
    """(n, t + k) from the derivatives of log p by its upper end and minus its lower end."""
    s = np.zeros((len(code), t + X.shape[1]))
    for c in range(t):
        s[:, c] = np.where(code == c, above, 0.0) - np.where(code == c + 1, below, 0.0)
    s[:, t:] = -X * (above - below)[:, None]
    return s


def linear(y: np.ndarray, X: np.ndarray, name: str, where: str) -> Regressed:
    """Regression of a numeric variable, divisor n."""
    there = ~np.isnan(y)
    Z = np.column_stack([np.ones(len(y)), X])
    b = np.linalg.lstsq(Z[there], y[there], rcond=None)[0]
    e = np.where(there, y - Z @ b, np.nan)
    variance = float((e[there] ** 2).mean())
    if not variance > 1e-12 * max(float(y[there].var()), 1e-300):
        raise ModelError(f"'{name}' is determined by the predictors{where}", hint="leave it out")
    z = e / np.sqrt(variance)
    s = np.column_stack([Z * (e / variance)[:, None], (z**2 - 1) / (2 * variance)])
    none = np.full(len(y), np.nan)
    return Regressed(none, none, z, None, b[:1], b[1:], variance, np.nan_to_num(s))
