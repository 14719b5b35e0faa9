"""Where on a moderator does an effect differ from zero? The technique of Johnson and Neyman."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

GRID = 41  # points of the curve


def region_rows(
    subject: str, b: np.ndarray, V: np.ndarray, df: float, w: np.ndarray, level: float
) -> list[dict[str, Any]]:
    """Boundaries of the region in which a conditional effect is significant, and the curve of the effect.

    Parameters
    ----------
    subject : "<outcome>~<focal>"
    b, V : coefficients of the focal variable and of its product with the moderator (2,), covariances (2, 2)
    df : residual degrees of freedom
    w : (n,) values of the moderator
    level : of the intervals

    Returns
    -------
    rows
        `jn:<subject>.<k>` boundaries within the observed range, `jn_share:<subject>` share of cases at whose
        moderator the effect differs from zero, `jn_at:<subject>.<k>` and `jn_effect:<subject>.<k>` (se,
        interval, p) the curve on a grid.

    Notes
    -----
    Boundaries solve (b1 + b3 w)^2 = t^2 (v11 + 2 v13 w + v33 w^2).

    Source
    ------
    Johnson, P. O. & Neyman, J. (1936). Statistical Research Memoirs 1, 57-93. Bauer, D. J. & Curran, P. J.
    (2005). Multivariate Behavioral Research 40(3), 373-400.
    """
    t = float(stdtrit(df, (1 + level) / 2))
    rows: list[dict[str, Any]] = [
        {"term": f"jn:{subject}.{k}", "estimate": root}
        for k, root in enumerate(_boundaries(b, V, t, w.min(), w.max()), 1)
    ]
    shown = np.abs(b[0] + b[1] * w) > t * np.sqrt(_variance(V, w))
    rows.append({"term": f"jn_share:{subject}", "estimate": float(shown.mean())})
    grid = np.linspace(w.min(), w.max(), GRID)
    effect, error = b[0] + b[1] * grid, np.sqrt(_variance(V, grid))
    p = 2 * stdtr(df, -np.abs(effect) / error)
    for k in range(GRID):
        rows.append({"term": f"jn_at:{subject}.{k + 1}", "estimate": grid[k]})
        rows.append(
            {
                "term": f"jn_effect:{subject}.{k + 1}",
                "estimate": effect[k],
                "std_error": error[k],
                "ci_low": effect[k] - t * error[k],
                "ci_high": effect[k] + t * error[k],
                "p_value": p[k],
            }
        )
    return rows


def _variance(V: np.ndarray, w: np.ndarray) -> np.ndarray:
    return V[0, 0] + 2 * V[0, 1] * w + V[1, 1] * w**2


def _boundaries(b: np.ndarray, V: np.ndarray, t: float, low: float, high: float) -> list[float]:
    square = b[1] ** 2 - t**2 * V[1, 1]
    linear = 2 * (b[0] * b[1] - t**2 * V[0, 1])
    constant = b[0] ** 2 - t**2 * V[0, 0]
    roots = np.roots([square, linear, constant])
    real = np.sort(roots[np.abs(roots.imag) < 1e-12].real)
    return [float(root) for root in real if low <= root <= high]
