"""Many resamples at once: their moments by one matrix product, their fits by one quasi-Newton climb.

Every resample starts at the estimate with the inverse information as metric; limited-memory BFGS updates take
in what that metric misses, each resample with its own history. Resamples that have settled leave the batch.

Source
------
Efron, B. (1979). Annals of Statistics 7, 1-26. Liu, D. C. & Nocedal, J. (1989). On the limited memory BFGS
method for large scale optimization. Mathematical Programming 45, 503-528.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from crmlab.sem.matrices import Model

SETTLED = 1e-8  # n g' H g: the distance to the maximum is 1e-4 standard errors
MEMORY = 12
HALVINGS = 14


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of B resamples: cov (B, p, p), mean (B, p) of each group."""

    cov: tuple[np.ndarray, ...]
    mean: tuple[np.ndarray, ...]

    def take(self, rows: np.ndarray) -> Moments:
        """Some resamples."""
        return Moments(tuple(S[rows] for S in self.cov), tuple(m[rows] for m in self.mean))


def products(Y: np.ndarray) -> np.ndarray:
    """(n, p + p(p+1)/2) centred variables and their products, so that weights @ this are all raw moments."""
    X = Y - Y.mean(axis=0)
    col, row = np.triu_indices(Y.shape[1])
    return np.hstack([X, X[:, row] * X[:, col]])


def moments(
    table: np.ndarray, counts: np.ndarray, centre: np.ndarray, unbiased: bool
) -> tuple[np.ndarray, np.ndarray]:
    """cov (B, p, p) and mean (B, p) of resamples in which row i stands counts[b, i] times."""
    p = len(centre)
    n = counts.sum(axis=1, keepdims=True)
    M = counts @ table / n
    mean = M[:, :p]
    col, row = np.triu_indices(p)
    cells = M[:, p:] - mean[:, row] * mean[:, col]
    if unbiased:
        cells = cells * (n / (n - 1))
    cov = np.empty((len(M), p, p))
    cov[:, row, col] = cells
    cov[:, col, row] = cells
    return cov, mean + centre


@dataclass(frozen=True, eq=False)
class BatchML:
    """The normal discrepancy of many samples, each at its own parameters."""

    model: Model
    weight: np.ndarray
    exo: tuple[tuple[int, int, int, int], ...] = field(default=())  # row, group, i, j (-1: a mean)

    def evaluate(self, theta: np.ndarray, sample: Moments) -> tuple[np.ndarray, np.ndarray]:
        """F (B,) (infinite where Sigma is not positive definite) and gradient (B, q)."""
        model = self.model
        values = model.values(theta)
        for row, g, i, j in self.exo:
            values[:, row] = sample.mean[g][:, i] if j < 0 else sample.cov[g][:, i, j]
        F = np.zeros(len(theta))
        out = np.zeros_like(values)
        for g, w in enumerate(self.weight):
            state = model.state(values, g)
            logdet, inverse = inverses(state.cov)
            T = sample.cov[g]
            d_mean = None
            if model.means:
                d = sample.mean[g] - state.mean
                T = T + d[:, :, None] * d[:, None, :]
                d_mean = -2 * (inverse @ d[:, :, None])[:, :, 0]
            half = inverse @ T
            F += w * (logdet + np.trace(half, axis1=1, axis2=2))
            out += w * model.pull(state, g, d_mean, inverse - half @ inverse)
        gradient = model.gather(out)
        bad = ~np.isfinite(F)
        gradient[bad] = 0.0
        return F, gradient


def inverses(S: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log-determinant (infinite where not positive definite) and inverse of each matrix."""
    try:
        L = np.linalg.cholesky(S)
        logdet = 2 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
        return logdet, np.linalg.inv(S)
    except np.linalg.LinAlgError:
        good = np.isfinite(S).all(axis=(1, 2))
        good[good] = np.linalg.eigvalsh(S[good])[:, 0] > 0
        safe = np.where(good[:, None, None], S, np.eye(S.shape[1]))
        logdet, inverse = inverses(safe)
        return np.where(good, logdet, np.inf), inverse


@dataclass(frozen=True, eq=False)
class Climbed:
    """theta (B, q), F (B,) up to a constant of the sample, converged (B,), iterations (B,)."""

    theta: np.ndarray
    value: np.ndarray
    converged: np.ndarray
    iterations: np.ndarray


def climb(
    objective: BatchML,
    sample: Moments,
    start: np.ndarray,
    H: np.ndarray,
    K: np.ndarray,
    n: int,
    max_iter: int = 80,
) -> Climbed:
    """Minimise every resample from `start` (q,); H (r, r) inverse of twice the information, K (q, r) a basis."""
    B = len(sample.cov[0])
    theta = np.tile(start, (B, 1))
    final, value = theta.copy(), np.full(B, np.nan)
    done, steps = np.zeros(B, dtype=bool), np.zeros(B, dtype=int)
    rows = np.arange(B)
    F, G = objective.evaluate(theta, sample)
    g = G @ K
    S: list[np.ndarray] = []
    Y: list[np.ndarray] = []
    for iteration in range(max_iter):
        size = n * np.einsum("br,rs,bs->b", g, H, g, optimize=True) / 2
        over = (size < SETTLED) & np.isfinite(F)
        lost = ~np.isfinite(F)
        leave = over | lost
        final[rows[leave]], value[rows[leave]] = theta[leave], F[leave]
        done[rows[over]], steps[rows[leave]] = True, iteration
        if leave.any():
            stay = ~leave
            rows, theta, F, g, sample = (
                rows[stay],
                theta[stay],
                F[stay],
                g[stay],
                sample.take(np.flatnonzero(stay)),
            )
            S, Y = [s[stay] for s in S], [y[stay] for y in Y]
        if not len(rows):
            break
        step = -_direction(g, H, S, Y)
        slope = np.einsum("br,br->b", g, step)
        wrong = slope >= 0
        if wrong.any():
            step[wrong] = -(g[wrong] @ H)
            slope[wrong] = np.einsum("br,br->b", g[wrong], step[wrong])
        length, F_new, g_new = _search(objective, sample, theta, F, step, slope, K)
        moved = step * length[:, None]
        S, Y = [*S[1 - MEMORY :], moved], [*Y[1 - MEMORY :], g_new - g]
        theta, F, g = theta + moved @ K.T, F_new, g_new
    final[rows], value[rows], steps[rows] = theta, F, max_iter
    return Climbed(final, value, done, steps)


def _direction(g: np.ndarray, H: np.ndarray, S: list[np.ndarray], Y: list[np.ndarray]) -> np.ndarray:
    """H_k g by the two-loop recursion, every row with its own pairs."""
    d = g.copy()
    kept = []
    for s, y in zip(reversed(S), reversed(Y), strict=True):
        sy = np.einsum("br,br->b", s, y)
        rho = np.where(sy > 1e-14, 1 / np.where(sy > 1e-14, sy, 1.0), 0.0)
        alpha = rho * np.einsum("br,br->b", s, d)
        d -= alpha[:, None] * y
        kept.append((rho, alpha))
    d = d @ H
    for (s, y), (rho, alpha) in zip(zip(S, Y, strict=True), reversed(kept), strict=True):
        beta = rho * np.einsum("br,br->b", y, d)
        d += (alpha - beta)[:, None] * s
    return d


def _search(
    objective: BatchML,
    sample: Moments,
    theta: np.ndarray,
    F: np.ndarray,
    step: np.ndarray,
    slope: np.ndarray,
    K: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Halve the step of every row until its F falls enough; a row that never falls stands still."""
    length = np.ones(len(F))
    F_new, G = objective.evaluate(theta + step @ K.T, sample)
    g_new = G @ K
    for _ in range(HALVINGS):
        high = np.flatnonzero(~(F_new <= F + 1e-4 * length * slope + 1e-12 * np.abs(F)))
        if not high.size:
            return length, F_new, g_new
        length[high] *= 0.4
        there = theta[high] + (length[high, None] * step[high]) @ K.T
        F_new[high], part = objective.evaluate(there, sample.take(high))
        g_new[high] = part @ K
    stuck = ~(F_new <= F + 1e-4 * length * slope + 1e-12 * np.abs(F))
    F_new[stuck] = np.nan
    length[stuck] = 0.0
    return length, F_new, g_new
