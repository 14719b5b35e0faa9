"""The PLS algorithm on correlation matrices, many at a time.

Every array carries the batch on its LAST axis: R has shape (p, p, B), weights (p, B), construct
correlations (J, J, B). The full sample is a batch of one; 1,000 resamples are a batch of 1,000. Each
operation runs along the batch, so nothing is lost to small matrices, and a column's numbers do not
depend on its neighbours: a matrix that has converged is taken out of the iteration at once.

Source
------
Lohmöller, J.-B. (1989). Latent Variable Path Modeling with Partial Least Squares, ch. 2.
Tenenhaus, M., Vinzi, V. E., Chatelin, Y.-M. & Lauro, C. (2005). CSDA 48(1), 159-205, sections 2.2-2.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.pls.model import Stage

PIVOT = 1e-11  # a correlation matrix with a smaller pivot is taken as singular


@dataclass(frozen=True, slots=True, eq=False)
class Outer:
    """Converged outer weights.

    Attributes
    ----------
    w : (p, B) weights of standardised items that give construct scores of variance 1; NaN where it failed
    rw : (p, J, B) correlation of every item with every construct (the cross loadings)
    c : (J, J, B) correlation of the constructs
    iterations : (B,) iterations used
    converged : (B,) whether the weights settled
    """

    w: np.ndarray
    rw: np.ndarray
    c: np.ndarray
    iterations: np.ndarray
    converged: np.ndarray


def outer_weights(
    R: np.ndarray, stage: Stage, tol: float, max_iter: int, units: np.ndarray | None = None
) -> Outer:
    """Iterate outer and inner estimation until the weights settle, from unit weights.

    Items that keep their units (p, B) are weighed by covariances: in terms of standardised items weights of mode
    A are multiplied by the variance, unit weights by the standard deviation (plspm's scaled = FALSE).

    Stops where sum |abs(w) - abs(w_before)| < tol over all items, w scaled to scores of variance 1.
    """
    p, _, B = R.shape
    J = len(stage.names)
    out = (np.full((p, B), np.nan), np.full((p, J, B), np.nan), np.full((J, J, B), np.nan))
    steps = np.zeros(B, dtype=int)
    ok = np.zeros(B, dtype=bool)
    size = np.ones((p, B)) if units is None else units * np.ones((p, B))
    alive, Ra, w, before = np.arange(B), R, size, None
    running = np.ones(B, dtype=bool)
    for step in range(max_iter + 1):
        w, rw, c = _standardise(Ra, w, stage)
        if before is not None:
            gap = np.abs(np.abs(w) - np.abs(before)).sum(axis=0)
            now = running & (gap < tol)
            _keep(out, (w, rw, c), alive, now)
            steps[alive[now]] = step
            ok[alive[now]] = True
            running &= ~now & np.isfinite(gap)
            if not running.any() or step == max_iter:
                break
            if running.sum() <= running.size // 2:
                alive, Ra, w, size = alive[running], Ra[:, :, running], w[:, running], size[:, running]
                rw, c, running = rw[:, :, running], c[:, :, running], np.ones(running.sum(), dtype=bool)
        before = w
        w = _update(Ra, rw, inner_weights(c, stage), stage, size)
    if running.any():  # max_iter reached: hand over what there is, marked as not converged
        _keep(out, (w, rw, c), alive, running)
        steps[alive[running]] = max_iter
    return Outer(*out, steps, ok)


def _keep(
    out: tuple[np.ndarray, ...], found: tuple[np.ndarray, ...], alive: np.ndarray, which: np.ndarray
) -> None:
    """Write the chosen columns of the running batch to their places in the whole batch."""
    if which.any():
        places, chosen = alive[which], np.flatnonzero(which)
        for whole, part in zip(out, found, strict=True):
            whole[..., places] = part.take(chosen, axis=-1)


def _standardise(R: np.ndarray, w: np.ndarray, stage: Stage) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale weights to scores of variance 1; with them item-construct and construct correlations."""
    p, _, B = R.shape
    J = len(stage.names)
    w = w.copy()
    rw = np.empty((p, J, B))
    c = np.empty((J, J, B))
    for j, block in enumerate(stage.blocks):
        peak = np.abs(w[block]).max(axis=0)  # weights near zero are as good as any: only their ratios count
        w[block] /= np.where(peak > 0, peak, np.nan)
        np.einsum("ikb,kb->ib", R[:, block], w[block], out=rw[:, j])
        variance = np.einsum("kb,kb->b", w[block], rw[block, j])
        scale = 1 / np.sqrt(np.where(variance > PIVOT, variance, np.nan))
        w[block] *= scale
        rw[:, j] *= scale
    for j, block in enumerate(stage.blocks):
        np.einsum("kb,kjb->jb", w[block], rw[block, j:], out=c[j, j:])
        c[j:, j] = c[j, j:]
    return w, rw, c


def inner_weights(c: np.ndarray, stage: Stage) -> np.ndarray:
    """e[k, j]: the weight of construct k in the inner proxy of construct j, shape (J, J, B)."""
    linked = (stage.inner | stage.inner.T)[:, :, None]
    if stage.scheme == "centroid":
        return np.where(linked, np.sign(c), 0.0)
    e = np.where(linked, c, 0.0)
    if stage.scheme == "path":
        for sources, outcomes in stage.regressions.items():
            e[np.ix_(sources, outcomes)] = regress(c, sources, outcomes)
    return e


def _update(R: np.ndarray, rw: np.ndarray, e: np.ndarray, stage: Stage, size: np.ndarray) -> np.ndarray:
    """New outer weights: mode A = covariance of item and inner proxy, mode B = regression on the block."""
    w = size.copy()
    for j, block in enumerate(stage.blocks):
        if stage.modes[j] == "unit":
            continue
        covariance = np.einsum("ikb,kb->ib", rw[block][:, stage.linked[j]], e[stage.linked[j], j])
        if stage.modes[j] == "A":
            w[block] = covariance if stage.units is None else covariance * size[block] ** 2
        else:
            w[block] = solve(R[block, block], covariance[:, None])[:, 0]
    return w


def regress(
    c: np.ndarray, sources: tuple[int, ...], outcomes: tuple[int, ...], definite: bool = True
) -> np.ndarray:
    """Standardised coefficients of each outcome on the sources, shape (sources, outcomes, B)."""
    return solve(c[np.ix_(sources, sources)], c[np.ix_(sources, outcomes)], definite)


def solve(A: np.ndarray, y: np.ndarray, definite: bool = True) -> np.ndarray:
    """Solve A x = y for symmetric positive definite A, shape (k, k, B), y (k, m, B), batch last.

    Gaussian elimination without exchange of rows (stable for such matrices). A matrix with a pivot
    below PIVOT gives NaN in its own column of the batch and disturbs no other. With `definite` False a
    pivot may be negative (correlations corrected for attenuation need not be positive definite).
    """
    k = A.shape[0]
    A, y = A.copy(), y.copy()
    for j in range(k):
        pivot = A[j, j]
        pivot[~((pivot if definite else np.abs(pivot)) > PIVOT)] = np.nan
        factor = A[j + 1 :, j] / pivot
        A[j + 1 :, j + 1 :] -= factor[:, None] * A[j, j + 1 :]
        y[j + 1 :] -= factor[:, None] * y[j]
    for j in reversed(range(k)):
        y[j] -= np.einsum("ib,imb->mb", A[j, j + 1 :], y[j + 1 :])
        y[j] /= A[j, j]
    return y
