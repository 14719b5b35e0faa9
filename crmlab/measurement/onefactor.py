"""One common factor by maximum likelihood, for many correlation matrices at once (batch last)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.pls.weights import solve

FLOOR = 0.005  # smallest unique variance allowed, as in R's factanal


@dataclass(frozen=True, slots=True, eq=False)
class OneFactor:
    """Loadings and unique variances of k items on one factor.

    Attributes
    ----------
    loadings : (k, B), standardised; their sum is positive
    unique : (k, B), never below FLOOR
    converged : (B,)
    """

    loadings: np.ndarray
    unique: np.ndarray
    converged: np.ndarray

    @property
    def improper(self) -> np.ndarray:
        """(B,) a unique variance stands at its floor (a Heywood case)."""
        return np.any(self.unique <= FLOOR, axis=0)


def one_factor(R: np.ndarray, *, tol: float = 1e-9, max_iter: int = 200) -> OneFactor:
    """Minimise log|S| + tr(R S^-1), S = l l' + diag(u), by Fisher scoring with halved steps.

    Parameters
    ----------
    R : correlations, shape (k, k, B), k >= 3; with three items the solution reproduces R exactly
    tol : settled when no parameter moves by more

    Notes
    -----
    Maximum likelihood is equivariant: loadings on the raw scale are sd * l, unique variances sd^2 * u. A
    column with NaN gives NaN; a unique variance that would fall below FLOOR is held there.

    Source
    ------
    Lawley, D. N. & Maxwell, A. E. (1971). Factor Analysis as a Statistical Method, 2nd ed., ch. 4.
    """
    k, _, B = R.shape
    off = (R.sum(axis=0) - 1) / (k - 1)
    loadings = np.sqrt(np.clip(off, 0.05, 0.9))
    theta = np.concatenate([loadings, np.clip(1 - loadings**2, FLOOR, 1)])
    theta[:, ~np.isfinite(R).all(axis=(0, 1))] = np.nan
    out, done = np.full((2 * k, B), np.nan), np.zeros(B, dtype=bool)
    alive = np.flatnonzero(np.isfinite(theta).all(axis=0))
    theta, S = theta[:, alive], R[:, :, alive]
    for _ in range(max_iter):
        if not alive.size:
            break
        theta, moved = _step(theta, S)
        settled = moved < tol
        out[:, alive] = theta
        done[alive[settled]] = True
        keep = ~settled & np.isfinite(moved)
        alive, theta, S = alive[keep], theta[:, keep], S[:, :, keep]
    sign = np.where(out[:k].sum(axis=0) < 0, -1.0, 1.0)
    return OneFactor(out[:k] * sign, out[k:], done)


def _step(theta: np.ndarray, R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One Fisher scoring step that does not raise the loss; with it the largest change of a parameter."""
    k = len(theta) // 2
    gradient, information = _score(theta[:k], theta[k:], R)
    held = np.zeros_like(gradient, dtype=bool)
    held[k:] = (theta[k:] <= FLOOR) & (gradient[k:] > 0)
    information = np.where(held[:, None] | held, 0.0, information)
    diagonal = np.arange(2 * k)
    information[diagonal, diagonal] += held
    change = -solve(information, np.where(held, 0.0, gradient)[:, None])[:, 0]
    before, size = _loss(theta, R), np.ones(theta.shape[1])
    for _ in range(12):
        trial = theta + size * change
        trial[k:] = np.maximum(trial[k:], FLOOR)
        worse = _loss(trial, R) > before + 1e-12
        if not worse.any():
            break
        size = np.where(worse, size / 2, size)
    return trial, np.abs(trial - theta).max(axis=0)


def _loss(theta: np.ndarray, R: np.ndarray) -> np.ndarray:
    k = len(theta) // 2
    loadings, unique = theta[:k], theta[k:]
    scaled = loadings / unique
    plus = 1 + (loadings * scaled).sum(axis=0)
    quadratic = (scaled * np.einsum("ijb,jb->ib", R, scaled)).sum(axis=0)
    return np.log(unique).sum(axis=0) + np.log(plus) + (1 / unique).sum(axis=0) - quadratic / plus


def _score(loadings: np.ndarray, unique: np.ndarray, R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient (2k, B) and expected information (2k, 2k, B) of half the loss."""
    k = len(loadings)
    scaled = loadings / unique
    plus = 1 + (loadings * scaled).sum(axis=0)
    V = -scaled[:, None] * scaled / plus
    diagonal = np.arange(k)
    V[diagonal, diagonal] += 1 / unique
    implied = loadings[:, None] * loadings
    implied[diagonal, diagonal] += unique
    left = np.einsum("ijb,jlb->ilb", V, implied - R)
    G = np.einsum("ilb,lmb->imb", left, V)
    v = scaled / plus
    q = (loadings * v).sum(axis=0)
    gradient = np.concatenate([np.einsum("ijb,jb->ib", G, loadings), G[diagonal, diagonal] / 2])
    information = np.empty((2 * k, 2 * k, loadings.shape[1]))
    information[:k, :k] = v[:, None] * v + V * q
    information[:k, k:] = V * v
    information[k:, :k] = information[:k, k:].transpose(1, 0, 2)
    information[k:, k:] = V**2 / 2
    return gradient, information
