"""Asymptotics of sample moments: fourth-moment matrices, normal-theory weights, casewise scores."""

from __future__ import annotations

import numpy as np

from crmlab.sem.matrices import Model, State


def pairs(p: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the lower triangle, column by column."""
    col, row = np.triu_indices(p)
    return row, col


def vech(S: np.ndarray) -> np.ndarray:
    """(p(p+1)/2,) lower triangle, column by column."""
    row, col = pairs(len(S))
    return S[row, col]


def products(Y: np.ndarray, means: bool, exogenous: tuple[int, ...] = ()) -> np.ndarray:
    """(n, k) centred variables (if `means`) and centred products: their covariance is gamma.

    What fixed exogenous variables predict is taken out: given them, it does not vary from sample to sample.
    """
    X = Y - Y.mean(axis=0)
    row, col = pairs(Y.shape[1])
    Z = X[:, row] * X[:, col]
    if exogenous:
        x = X[:, exogenous]
        hat = x @ np.linalg.lstsq(x, X, rcond=None)[0]
        Z = Z - hat[:, row] * hat[:, col]
        X = X - hat
    Z = Z - Z.mean(axis=0)
    return np.hstack([X, Z]) if means else Z


def gamma_adf(Y: np.ndarray, means: bool, exogenous: tuple[int, ...] = ()) -> np.ndarray:
    """(k, k) asymptotic covariance of sqrt(n) times (means and) covariances, without distribution.

    Source
    ------
    Browne, M. W. (1984). British Journal of Mathematical and Statistical Psychology 37, 62-83.
    """
    Z = products(Y, means, exogenous)
    return Z.T @ Z / len(Y)


def gamma_normal(S: np.ndarray, means: bool) -> np.ndarray:
    """(k, k) the same under normality: cov(s_ij, s_kl) = s_ik s_jl + s_il s_jk."""
    i, j = pairs(len(S))
    G = S[np.ix_(i, i)] * S[np.ix_(j, j)] + S[np.ix_(i, j)] * S[np.ix_(j, i)]
    return _block(S, G) if means else G


def weight_normal(S: np.ndarray, means: bool) -> np.ndarray:
    """(k, k) inverse of `gamma_normal`: S^-1 and D'(S^-1 x S^-1)D / 2."""
    P = np.linalg.inv(S)
    i, j = pairs(len(S))
    e = np.where(i == j, 1.0, 2.0)
    W = (P[np.ix_(i, i)] * P[np.ix_(j, j)] + P[np.ix_(i, j)] * P[np.ix_(j, i)]) * np.outer(e, e) / 4
    return _block(P, W) if means else W


def _block(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    out = np.zeros((len(A) + len(B),) * 2)
    out[: len(A), : len(A)] = A
    out[len(A) :, len(A) :] = B
    return out


def moment_scores(Y: np.ndarray, mean: np.ndarray, cov: np.ndarray, means: bool) -> np.ndarray:
    """(n, k) casewise derivatives of the normal log-likelihood by (mu and) vech Sigma."""
    P = np.linalg.inv(cov)
    Z = (Y - mean) @ P
    i, j = pairs(len(cov))
    s = (Z[:, i] * Z[:, j] - P[i, j]) * np.where(i == j, 0.5, 1.0)
    return np.hstack([Z, s]) if means else s


def row_scores(model: Model, state: State, g: int, Y: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """(n, R) casewise derivatives of the normal log-likelihood by every row of the table.

    `mean` is the centre used: the model's with a mean structure, the sample's without.
    """
    group, p = model.groups[g], model.p
    P = np.linalg.inv(state.cov)
    Z = (Y - mean) @ P
    G = state.E[:p]
    left = np.hstack([G[:, group.a[:, 0]], G[:, group.s[:, 0]]])
    same = np.where(group.s[:, 0] == group.s[:, 1], 0.5, 1.0)
    right = np.hstack([state.C[group.a[:, 1]].T, G[:, group.s[:, 1]] * same])
    out = np.zeros((len(Y), len(model.free)))
    out[:, group.moment_rows] = (Z @ left) * (Z @ right) - np.einsum("ij,ij->j", left, P @ right)
    if model.means:
        out += Z @ model.mean_jacobian(state, g)
    return out
