"""Information of one fit among many of a model, and standardised paths of all of them with their derivatives.

Source
------
Bollen, K. A. (1989). Structural equations with latent variables. Wiley, app. 4B.
White, H. (1982). Econometrica 50, 1-25.
"""

from __future__ import annotations

import numpy as np

from crmlab.sem.curvature import second_derivative
from crmlab.sem.matrices import Model, State


def observed_information(model: Model, state: State, T: np.ndarray) -> np.ndarray:
    """(q, q) half the second derivative of the normal discrepancy of one group.

    Parameters
    ----------
    state : matrices at the parameters
    T : (p, p) sample covariances about the model's means; these meet the sample's (free intercepts)
    """
    return second_derivative(model, state, 0, T)


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
