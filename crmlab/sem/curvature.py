"""The second derivative of the normal discrepancy, in closed form.

It is written with the vectors that make dSigma = u v' + v u' (see `Model.information`), so that one fit costs a few
products of p x q matrices; complex steps cost a gradient for each parameter.

Source
------
Bollen, K. A. (1989). Structural equations with latent variables. Wiley, app. 4B.
Magnus, J. R. & Neudecker, H. (2019). Matrix differential calculus, 3rd ed. Wiley, ch. 6.
"""

from __future__ import annotations

import numpy as np

from crmlab.sem.matrices import GroupMap, Model, State


def second_derivative(
    model: Model, state: State, g: int, cov: np.ndarray, gap: np.ndarray | None = None
) -> np.ndarray:
    """(q, q) half the second derivative of the normal discrepancy of group g.

    Parameters
    ----------
    state : matrices at the parameters
    cov : (p, p) sample covariances about the sample's means
    gap : (p,) sample means less the model's; None where they meet (free intercepts, or no mean structure)

    Notes
    -----
    With W = Sigma^-1, T = cov + gap gap', M = W T W, D = W - M and z = W gap,
    H_ab = tr(dSigma_a W dSigma_b M) - tr(W dSigma_a W dSigma_b)/2 + tr(D d2Sigma_ab)/2 + dmu_a' W dmu_b
         + z' dSigma_a W dmu_b + z' dSigma_b W dmu_a - z' d2mu_ab.
    """
    group, p = model.groups[g], model.p
    W = np.linalg.inv(state.cov)
    M = W @ (cov if gap is None else cov + np.outer(gap, gap)) @ W
    U, V = _factors(state, group, p)
    WU, WV, MU, MV = W @ U, W @ V, M @ U, M @ V
    uu, vv, uv = U.T @ WU, V.T @ WV, U.T @ WV
    cross = U.T @ MV
    part = uv.T * cross + uv * cross.T + vv * (U.T @ MU) + uu * (V.T @ MV) - uu * vv - uv * uv.T
    out = np.zeros((len(model.free), len(model.free)))
    rows = group.moment_rows
    out[np.ix_(rows, rows)] = part
    if model.means:
        J = model.mean_jacobian(state, g)
        out += J.T @ W @ J
        if gap is not None:
            z = W @ gap
            mixed = (z @ U)[:, None] * (WV.T @ J) + (z @ V)[:, None] * (WU.T @ J)
            out[rows] += mixed
            out[:, rows] += mixed.T
    mean = -2 * (W @ gap) if model.means and gap is not None else None
    out += curvature(model, state, g, mean, W - M) / 2
    return model.gather(model.gather(out).T)


def curvature(model: Model, state: State, g: int, d_mean: np.ndarray | None, d_cov: np.ndarray) -> np.ndarray:
    """(R, R) sum(d_cov * d2Sigma) + d_mean' d2mu by every two rows of group g: what the model bends.

    Parameters
    ----------
    d_mean : (p,) or None; d_cov : (p, p) symmetric; derivatives of a function by the moments (see `Model.pull`)
    """
    group = model.groups[g]
    out = np.zeros((len(model.free), len(model.free)))
    rows = group.moment_rows
    out[np.ix_(rows, rows)] = 2 * _bent_cov(state, group, d_cov)
    if d_mean is None:
        return out
    E = state.E
    level, r = E @ state.M, E[: model.p].T @ d_mean
    i, j, arrows = group.a.T
    one = (
        r[i] * E[np.ix_(j, i)].T * level[j][:, None]
    )  # of arrows a, b: r[i_b] E[j_b, i_a] level[j_a], turned
    out[np.ix_(arrows, arrows)] += one + one.T
    k, means = group.m.T
    mixed = r[i][:, None] * E[np.ix_(j, k)]
    out[np.ix_(arrows, means)] += mixed
    out[np.ix_(means, arrows)] += mixed.T
    return out


def _factors(state: State, group: GroupMap, p: int) -> tuple[np.ndarray, np.ndarray]:
    """(p, k) u and v of every row of A and S."""
    G, a, s = state.E[:p], group.a, group.s
    U = np.hstack([G[:, a[:, 0]], G[:, s[:, 0]]])
    V = np.hstack([state.C[a[:, 1]].T, G[:, s[:, 1]] * np.where(s[:, 0] == s[:, 1], 0.5, 1.0)])
    return U, V


def _bent_cov(state: State, group: GroupMap, D: np.ndarray) -> np.ndarray:
    """tr(D d2Sigma)/2 by every two rows of A and S."""
    p, E, a, s = len(D), state.E, group.a, group.s
    G = E[:p]
    N = G.T @ D @ G
    omega = E @ state.S @ E.T
    X = omega[:, :p] @ D @ G
    i, j = a[:, 0], a[:, 1]
    one = E[np.ix_(j, i)].T * X[np.ix_(j, i)]  # E[j_b, i_a] X[j_a, i_b]
    both = one + one.T + omega[np.ix_(j, j)] * N[np.ix_(i, i)]
    k, l = s[:, 0], s[:, 1]
    mixed = E[np.ix_(j, k)] * N[np.ix_(l, i)].T + E[np.ix_(j, l)] * N[np.ix_(k, i)].T
    mixed *= np.where(k == l, 0.5, 1.0)
    out = np.zeros((len(a) + len(s),) * 2)
    out[: len(a), : len(a)] = both
    out[: len(a), len(a) :] = mixed
    out[len(a) :, : len(a)] = mixed.T
    return out
