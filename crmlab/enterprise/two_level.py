"""A regression over two levels whose predictors belong to the upper one: customers in units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar


@dataclass(frozen=True, slots=True, eq=False)
class TwoLevel:
    """REML fit of y = X beta + u(unit) + e with X constant in units: beta and covariance, variances, df."""

    beta: np.ndarray
    covariance: np.ndarray
    between: float
    within: float
    df: int


def two_level(n: np.ndarray, mean: np.ndarray, within: float, X: np.ndarray) -> TwoLevel:
    """REML from sizes n and means of units, pooled sum of squares within them, and X (units, p)."""
    N, (U, p) = int(n.sum()), X.shape

    def pieces(ratio: float) -> tuple[np.ndarray, np.ndarray, float]:
        w = n / (1 + n * ratio)
        A = X.T @ (X * w[:, None])
        beta = np.linalg.solve(A, X.T @ (w * mean))
        return beta, A, within + float((w * (mean - X @ beta) ** 2).sum())

    def deviance(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        _, A, Q = pieces(ratio)
        return (N - p) * math.log(Q) + float(np.log1p(n * ratio).sum()) + float(np.linalg.slogdet(A)[1])

    ratio = 0.0
    if N > U and within > 0:
        grid = np.linspace(-14, 8, 45)
        start = grid[int(np.argmin([deviance(at) for at in grid]))]
        best = minimize_scalar(
            deviance, bounds=(start - 0.5, start + 0.5), method="bounded", options={"xatol": 1e-9}
        )
        _, A0, Q0 = pieces(0.0)
        zero = (N - p) * math.log(Q0) + float(np.linalg.slogdet(A0)[1])
        ratio = 0.0 if zero <= best.fun + 1e-9 else math.exp(best.x)
    beta, A, Q = pieces(ratio)
    sigma2 = Q / (N - p)
    return TwoLevel(beta, sigma2 * np.linalg.inv(A), ratio * sigma2, sigma2, U - p)
