"""Moments of pairwise deletion: every mean and every covariance from all cases that have the values.

Source
------
Van Praag, B. M. S., Dijkstra, T. K. & Van Velzen, J. (1985). Psychometrika 50(1), 25-36.
"""

from __future__ import annotations

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem.missing_information import vech_index


def pairwise(Y: np.ndarray, names: tuple[str, ...] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Mean (p,) and covariance matrix (p, p) of available cases.

    Notes
    -----
    cov_ab = [(n - 1)/n] * sum over the n_ab common cases of (y_a - mean_a)(y_b - mean_b) / (n_ab - 1), the
    means taken over the SAME cases; n is the number of all cases (lavaan's convention for
    missing = "pairwise"). The matrix need not be positive definite; it is handed over as it is.

    Examples
    --------
    >>> mean, cov = pairwise(np.array([[1.0, 2.0], [2.0, np.nan], [3.0, 1.0]]))
    >>> mean.tolist(), round(float(cov[1, 0]), 4)
    ([2.0, 1.5], -0.6667)
    """
    seen, X, centre = _admit(Y, names)
    common = seen.T @ seen
    sums = X.T @ seen  # [a, b]: sum of a over cases that have b too
    cross = X.T @ X - sums * sums.T / common
    n = len(X)
    return centre + X.sum(axis=0) / np.diag(common), cross / (common - 1) * (n - 1) / n


def pairwise_gamma(Y: np.ndarray, names: tuple[str, ...] | None = None) -> np.ndarray:
    """Asymptotic covariance of sqrt(n) (mean, vech(cov)) of `pairwise`, without distribution.

    Valid if values are missing completely at random. A case's influence on a moment is its centred
    product, less the moment, times n / n_ab where it has the values, zero where not.
    """
    seen, X, _ = _admit(Y, names)
    n, common = len(X), seen.T @ seen
    rows, columns = vech_index(X.shape[1])
    at_pair = (X.T @ seen) / common  # mean of a over cases that have b too
    here = seen[:, rows] * seen[:, columns]
    product = (X[:, rows] - at_pair[rows, columns]) * (X[:, columns] - at_pair[columns, rows]) * here
    count = common[rows, columns]
    product -= product.sum(axis=0) / count * here
    means = (X - X.sum(axis=0) / np.diag(common)) * seen
    influence = np.hstack([means * n / np.diag(common), product * n / count])
    return influence.T @ influence / n


def _admit(Y: np.ndarray, names: tuple[str, ...] | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is seen (0/1), deviations from the available means with zeros where missing, and those means."""
    Y = np.asarray(Y, dtype=float)
    Y = Y[~np.isnan(Y).all(axis=1)]
    seen = (~np.isnan(Y)).astype(float)
    few = np.argwhere(np.tril(seen.T @ seen < 2))
    if len(few):
        words = names or tuple(f"y{j + 1}" for j in range(Y.shape[1]))
        a, b = few[0]
        who = f"'{words[a]}' has" if a == b else f"'{words[b]}' and '{words[a]}' have"
        raise ModelError(f"{who} fewer than two cases with values: no covariance by pairwise deletion")
    centre = np.nansum(Y, axis=0) / seen.sum(axis=0)
    return seen, np.where(seen > 0, Y - centre, 0.0), centre
