"""Common factors of a correlation matrix: minimum residuals, maximum likelihood, principal axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from crmlab.measurement.onefactor import FLOOR

METHODS = ("minres", "ml", "pa")
STEEP = 1e-5  # largest slope of a settled solution, where a unique variance is free to move
AXIS_TOL, AXIS_ITER = 1e-9, 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Extraction:
    """Unrotated factors.

    Attributes
    ----------
    loadings : (p, k), columns by falling share, each with a positive sum
    unique : (p,), never below FLOOR
    converged : the solution settled
    """

    loadings: np.ndarray
    unique: np.ndarray
    converged: bool


def extract(R: np.ndarray, k: int, method: str) -> Extraction:
    """k common factors of correlations R (p, p).

    Notes
    -----
    minres: least sum of squared residual correlations, as a function of the unique variances alone
    (half the sum of squares of the p - k smallest eigenvalues of R - diag(u)).
    ml: the likelihood, likewise (sum of t - log t - 1 over the p - k smallest eigenvalues t of
    diag(u)^-1/2 R diag(u)^-1/2).
    pa: communalities by repeated eigen-decomposition until none moves by 1e-9; where all unique variances
    stay inside, its end is the minres solution.
    A unique variance that would fall below FLOOR is held there.

    Source
    ------
    Joreskog, K. G. (1977). In Enslein, Ralston & Wilf (eds.), Statistical Methods for Digital Computers,
    125-153. Harman, H. H. & Jones, W. H. (1966). Psychometrika 31, 351-368 (minres).
    """
    smc = 1 / np.diag(np.linalg.inv(R))
    if method == "pa":
        unique, settled = _principal_axes(R, k, np.clip(smc, FLOOR, 1.0))
    else:
        loss = _likelihood if method == "ml" else _residuals
        begin = smc * (1 - k / (2 * len(R))) if method == "ml" else smc
        unique, settled = _minimise(loss, R, k, np.clip(begin, FLOOR, 1.0))
    loadings = _ml_loadings(R, unique, k) if method == "ml" else _loadings(R, unique, k)
    return Extraction(loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0), unique, settled)


Loss = Callable[[np.ndarray, np.ndarray, int], tuple[float, np.ndarray]]


def _minimise(loss: Loss, R: np.ndarray, k: int, begin: np.ndarray) -> tuple[np.ndarray, bool]:
    """Least loss over unique variances in [FLOOR, 1]: quasi-Newton from `begin`, tried again where it stops early."""
    u = begin
    for _ in range(5):
        found = minimize(
            loss,
            u,
            args=(R, k),
            jac=True,
            method="L-BFGS-B",
            bounds=[(FLOOR, 1.0)] * len(R),
            options={"maxiter": 2000, "maxfun": 20_000, "maxcor": 30, "ftol": 0.0, "gtol": 1e-9},
        )
        u = found.x
        slope = loss(u, R, k)[1]
        free = ~((u <= FLOOR) & (slope > 0)) & ~((u >= 1.0) & (slope < 0))
        if np.abs(slope[free]).max(initial=0.0) < STEEP / 100:
            break
    return u, bool(np.abs(slope[free]).max(initial=0.0) < STEEP)


def _residuals(u: np.ndarray, R: np.ndarray, k: int) -> tuple[float, np.ndarray]:
    values, vectors = np.linalg.eigh(R - np.diag(u))
    values, vectors = values[::-1], vectors[:, ::-1]
    left = values.copy()
    left[:k] = np.minimum(left[:k], 0.0)
    return float((left**2).sum() / 2), -(vectors**2) @ left


def _likelihood(u: np.ndarray, R: np.ndarray, k: int) -> tuple[float, np.ndarray]:
    root = np.sqrt(u)
    values, vectors = np.linalg.eigh(R / np.outer(root, root))
    values, vectors = values[::-1], vectors[:, ::-1]
    rest = np.concatenate([np.minimum(values[:k], 1.0), values[k:]])
    loss = float((rest - np.log(np.maximum(rest, 1e-300)) - 1).sum())
    return loss, (vectors**2) @ (1 - rest) / u


def _principal_axes(R: np.ndarray, k: int, u: np.ndarray) -> tuple[np.ndarray, bool]:
    for _ in range(AXIS_ITER):
        new = np.maximum(1 - (_loadings(R, u, k) ** 2).sum(axis=1), FLOOR)
        change = float(np.abs(new - u).max())
        u = new
        if change < AXIS_TOL:
            return u, True
    return u, False


def _loadings(R: np.ndarray, u: np.ndarray, k: int) -> np.ndarray:
    values, vectors = np.linalg.eigh(R - np.diag(u))
    return vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k], 0.0))


def _ml_loadings(R: np.ndarray, u: np.ndarray, k: int) -> np.ndarray:
    root = np.sqrt(u)
    values, vectors = np.linalg.eigh(R / np.outer(root, root))
    return root[:, None] * vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k] - 1, 0.0))
