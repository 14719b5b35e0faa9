"""Casewise scores and information of the saturated moments of incomplete data.

Parameters are ordered (mean, vech(cov)): the lower triangle column by column. Sums over patterns of Kronecker
products are taken as ONE matrix product of the stacked vec's.

Source
------
Yuan, K.-H. & Bentler, P. M. (2000). Sociological Methodology 30, 165-200.
Savalei, V. & Bentler, P. M. (2009). Structural Equation Modeling 16(3), 477-497 (two-stage).
Savalei, V. (2010). British Journal of Mathematical and Statistical Psychology 63(2), 257-277.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem.incomplete import Completed, Patterns, complete, small_inverses


def vech_index(p: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the lower triangle, column by column.

    Examples
    --------
    >>> rows, columns = vech_index(3)
    >>> rows.tolist(), columns.tolist()
    ([0, 1, 2, 1, 2, 2], [0, 0, 0, 1, 1, 2])
    """
    columns, rows = np.triu_indices(p)
    return rows, columns


def scores(mean: np.ndarray, cov: np.ndarray, data: Patterns) -> np.ndarray:
    """Casewise derivatives of the log-likelihood, (n, p + p(p + 1)/2).

    With e = W d (W = cov_oo^-1 with zeros where missing, d the deviations): e for the mean,
    (e_a e_b - W_ab) / (1 + [a = b]) for an element of the covariance matrix.
    """
    step = _insist(complete(mean, cov, data))
    rows, columns = vech_index(data.p)
    e = step.deviations @ step.precision
    W = precisions(step.precision, data)[:, rows, columns]
    half = np.where(rows == columns, 0.5, 1.0)
    return np.hstack([e, (e[:, rows] * e[:, columns] - W[data.of]) * half])


def information(
    mean: np.ndarray, cov: np.ndarray, data: Patterns, kind: Literal["observed", "expected"] = "observed"
) -> np.ndarray:
    """Minus the second derivatives of the log-likelihood, per case, (q, q) with q = p + p(p + 1)/2.

    Notes
    -----
    With W of a pattern and E = mean of e e' over its n_k cases, minus the second derivative is
    W for two means, W_ac e_d + W_ad e_c for a mean and a covariance, and tr(A V B W) with V = E - W/2 for
    two covariances in directions A and B. "expected" puts E = W (missing completely at random) and drops
    the middle block; under MAR "observed" is right (Kenward & Molenberghs 1998).
    """
    step = _insist(complete(mean, cov, data))
    W = precisions(step.precision, data)
    weight = data.counts / data.n
    p = data.p
    rows, columns = vech_index(p)
    half = np.where(rows == columns, 0.5, 1.0)
    out = np.zeros((p + len(rows), p + len(rows)))
    out[:p, :p] = np.tensordot(weight, W, axes=1)
    if kind == "expected":
        out[p:, p:] = _pairs(W / 2, W, weight, rows, columns)
        return out
    e = step.deviations @ step.precision
    order = np.argsort(data.of, kind="stable")
    parts = np.split(e[order], np.cumsum(data.counts)[:-1])
    E = np.stack([part.T @ part / len(part) for part in parts])
    out[p:, p:] = _pairs(E - W / 2, W, weight, rows, columns)
    means = np.stack([part.mean(axis=0) for part in parts])
    cross = np.tensordot(W * weight[:, None, None], means, axes=(0, 0))  # sum of W_ac e_d at [a, c, d]
    out[:p, p:] = (cross[:, rows, columns] + cross[:, columns, rows]) * half
    out[p:, :p] = out[:p, p:].T
    return out


def two_stage_gamma(mean: np.ndarray, cov: np.ndarray, data: Patterns, robust: bool = False) -> np.ndarray:
    """Asymptotic covariance of sqrt(n) (mean, vech(cov)) estimated by EM, the first stage of two.

    Savalei & Bentler (2009): the inverse observed information A^-1 under normality; with `robust`
    A^-1 B A^-1 with B the mean outer product of the casewise scores (Yuan & Bentler 2000).
    """
    try:
        inverse = np.linalg.inv(information(mean, cov, data))
    except np.linalg.LinAlgError:
        raise ModelError(
            "missing answers leave moments without information: two items are hardly ever answered together",
            hint="leave one of them out",
        ) from None
    inverse = (inverse + inverse.T) / 2
    if not robust:
        return inverse
    influence = scores(mean, cov, data) @ inverse
    return influence.T @ influence / data.n


def precisions(P: np.ndarray, data: Patterns) -> np.ndarray:
    """cov_oo^-1 of every pattern with zeros where missing, (K, p, p): P - P_.m P_mm^-1 P_m. ."""
    W = np.broadcast_to(P, (len(data.masks), *P.shape)).copy()
    for batch in data.batches:
        strip = P[batch.at]  # (K, m, p)
        taken = strip.transpose(0, 2, 1) @ (small_inverses(P, batch) @ strip)
        W[batch.patterns] = P - (taken + taken.transpose(0, 2, 1)) / 2
    return W * (data.masks[:, :, None] & data.masks[:, None, :])


def _pairs(
    V: np.ndarray, W: np.ndarray, weight: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """sum over patterns of weight * tr(A V B W) for all pairs of elements of the lower triangle.

    V and W are symmetric, so the products of their lower triangles hold all products of elements.
    """
    q = len(rows)
    product = (V[:, rows, columns] * weight[:, None]).T @ W[:, rows, columns]
    product = (product + product.T).ravel()
    place = np.empty(V.shape[1:], dtype=np.intp)
    place[rows, columns] = place[columns, rows] = np.arange(q)
    total = np.empty((q, q))
    for start in range(0, q, 256):  # the table of places would be larger than what it fetches
        a, b = rows[start : start + 256], columns[start : start + 256]
        straight = place[np.ix_(a, rows)] * q + place[np.ix_(b, columns)]
        crossed = place[np.ix_(a, columns)] * q + place[np.ix_(b, rows)]
        total[start : start + 256] = product.take(straight) + product.take(crossed)
    half = np.where(rows == columns, 0.5, 1.0)
    return total * half[:, None] * half


def _insist(step: Completed | None) -> Completed:
    if step is None:
        raise ModelError("the covariance matrix is not positive definite: no likelihood can be computed")
    return step
