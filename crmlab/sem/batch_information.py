"""Information and covariance of the estimates of many fits of one model, in closed form.

The second derivative of F is written with the vectors that make dSigma = u v' + v u' (see `Model.information`),
so that one fit costs a few products of p x q matrices; complex steps cost a gradient for each parameter.

Source
------
Bollen, K. A. (1989). Structural equations with latent variables. Wiley, app. 4B.
White, H. (1982). Econometrica 50, 1-25.
"""

from __future__ import annotations

import numpy as np

from crmlab.sem.matrices import Model, State


def observed_information(model: Model, state: State, T: np.ndarray) -> np.ndarray:
    """(q, q) half the second derivative of the normal discrepancy of one group.

    Parameters
    ----------
    state : matrices at the parameters
    T : (p, p) sample covariances about the model's means; these meet the sample's (free intercepts)

    Notes
    -----
    With W = Sigma^-1, M = W T W and D = W - M,
    H_ab = tr(dSigma_a W dSigma_b M) - tr(W dSigma_a W dSigma_b)/2 + tr(D d2Sigma_ab)/2 + dmu_a' W dmu_b.
    """
    group, p = model.groups[0], model.p
    W = np.linalg.inv(state.cov)
    M = W @ T @ W
    G, a, s = state.E[:p], group.a, group.s
    U = np.hstack([G[:, a[:, 0]], G[:, s[:, 0]]])
    V = np.hstack([state.C[a[:, 1]].T, G[:, s[:, 1]] * np.where(s[:, 0] == s[:, 1], 0.5, 1.0)])
    WU, WV, MU, MV = W @ U, W @ V, M @ U, M @ V
    uu, vv, uv = U.T @ WU, V.T @ WV, U.T @ WV
    cross = U.T @ MV
    part = uv.T * cross + uv * cross.T + vv * (U.T @ MU) + uu * (V.T @ MV) - uu * vv - uv * uv.T
    part += _second(state, group.a, group.s, W - M)
    out = np.zeros((len(model.free), len(model.free)))
    rows = group.moment_rows
    out[np.ix_(rows, rows)] = part
    if model.means:
        J = model.mean_jacobian(state, 0)
        out += J.T @ W @ J
    return model.gather(model.gather(out).T)


def _second(state: State, a: np.ndarray, s: np.ndarray, D: np.ndarray) -> np.ndarray:
    """tr(D d2Sigma)/2 by every two rows of A and S."""
    p, E = len(D), state.E
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


def standardised_paths(
    model: Model, theta: np.ndarray, pairs: list[tuple[str, str]]
) -> tuple[np.ndarray, np.ndarray]:
    """Fully standardised paths between latent variables of many fits, and their derivatives.

    Parameters
    ----------
    theta : (B, q)
    pairs : P of (source, target), each a regression of the model

    Returns
    -------
    paths (B, P), derivatives (B, P, q)

    Notes
    -----
    b* = b sqrt(Omega_ss / Omega_tt) with Omega = E S E'; dOmega_kk = 2 E_ki Omega_jk by an arrow from j to
    i, E_ki E_kj (2 - [i = j]) by a (co)variance.
    """
    place = {name: model.p + k for k, name in enumerate(model.latent)}
    values = model.values(theta)
    state = model.state(values, 0)
    group = model.groups[0]
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    k = [place[name] for name in names]
    E = state.E[:, k]  # (B, K, t)
    omega = E @ state.S @ np.swapaxes(state.E, 1, 2)  # (B, K, t): Omega_k.
    size = np.stack([omega[:, r, place[name]] for r, name in enumerate(names)], axis=1)  # (B, K)
    slope = np.zeros((*size.shape, len(model.free)))
    i, j, row = group.a.T
    slope[:, :, row] = 2 * E[:, :, i] * omega[:, :, j]
    i, j, row = group.s.T
    slope[:, :, row] = E[:, :, i] * E[:, :, j] * np.where(i == j, 1.0, 2.0)
    log = slope / (2 * size[:, :, None])  # d log sd
    arrows = {(int(j), int(i)): int(row) for i, j, row in group.a}
    paths = np.empty((len(theta), len(pairs)))
    J = np.empty((len(theta), len(pairs), len(model.free)))
    for c, (source, target) in enumerate(pairs):
        row = arrows[place[source], place[target]]
        f, t = names.index(source), names.index(target)
        square = size[:, f] / size[:, t]
        ratio = np.sqrt(np.where(square > 0, square, np.nan))  # a fit may leave the admissible region
        paths[:, c] = values[:, row] * ratio
        J[:, c] = paths[:, c, None] * (log[:, f] - log[:, t])
        J[:, c, row] += ratio
    return paths, model.gather(J)
