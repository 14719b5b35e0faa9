"""Turning factors: varimax, promax, oblimin, each from several starts, on arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ROTATIONS = ("none", "varimax", "promax", "oblimin")
STARTS = 12  # the unrotated axes and eleven random ones
SETTLED, MAX_ITER = 1e-7, 3000
EARLY = 1e-3  # share of the varimax criterion that an early stop may leave
SAME = 1e-6  # two minima whose criteria differ by less (relatively) are one
POWER = 4  # of promax, as in SPSS, psych and factanal
STOP = 1e-5  # of varimax, as in R (psych, factanal): relative gain of the iteration that ends it


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """Rotated factors.

    Attributes
    ----------
    loadings : (p, k) pattern
    cor : (k, k) correlations of the factors
    share : share of the starts that ended in the best minimum found
    converged : the best start settled
    """

    loadings: np.ndarray
    cor: np.ndarray
    share: float
    converged: bool


def rotate(loadings: np.ndarray, rotation: str, kaiser: bool, stop: float = STOP) -> Rotation:
    """Rotate (p, k) loadings.

    Parameters
    ----------
    kaiser : rotate rows of length one and give them their length back afterwards. For promax, False
        still normalises within its varimax, as R's factanal does, and fits the target to the rows as they are
    stop : relative gain at which the varimax iteration ends. R's 1e-5 leaves loadings up to 3e-3 from the
        maximum, which is what R's users print; 0 goes to the maximum

    Notes
    -----
    varimax: greatest variance of squared loadings within columns. oblimin: least sum over pairs of columns
    of products of squared loadings (direct oblimin with delta = gamma = 0, the quartimin). promax: the
    varimax loadings' fourth power with their sign is the target of a least squares fit. The first two by
    gradient projection from the unrotated axes and from random ones (a fixed seed); the best end counts.
    If the end of varimax's usual iteration from the unrotated axes lies below the best maximum by no more
    than an early stop explains, it is given as it stands, to agree with R.

    Source
    ------
    Jennrich, R. I. (2001). Psychometrika 66, 289-306; (2002). Psychometrika 67, 7-19. Kaiser, H. F.
    (1958). Psychometrika 23, 187-200. Hendrickson, A. E. & White, P. O. (1964). British Journal of
    Statistical Psychology 17, 65-70.
    """
    k = loadings.shape[1]
    if rotation == "none" or k == 1:
        return Rotation(loadings, np.eye(k), 1.0, True)
    length = np.sqrt((loadings**2).sum(axis=1))
    length = np.where(length > 0, length, 1.0)[:, None]
    if rotation == "promax":
        return _promax(loadings, length, kaiser, stop)
    scale = length if kaiser else np.ones_like(length)
    if rotation == "varimax":
        turned, share, settled = _straighten(loadings / scale, stop)
        return Rotation(turned * scale, np.eye(k), share, settled)
    turned, T, share, settled = _descend(loadings / scale, _quartimin, True)
    return Rotation(turned * scale, T.T @ T, share, settled)


def _promax(A: np.ndarray, length: np.ndarray, kaiser: bool, stop: float) -> Rotation:
    straight, share, settled = _straighten(A / length, stop)
    X = straight if kaiser else straight * length
    U = np.linalg.lstsq(X, X * np.abs(X) ** (POWER - 1), rcond=None)[0]
    U = U * np.sqrt(np.diag(np.linalg.inv(U.T @ U)))
    back = np.linalg.inv(U)
    pattern = X @ U
    return Rotation(pattern * length if kaiser else pattern, back @ back.T, share, settled)


def _straighten(A: np.ndarray, stop: float) -> tuple[np.ndarray, float, bool]:
    """Varimax: the best end of all starts, or the usual iteration's where that is on the same maximum."""
    best, _, share, settled = _descend(A, _varimax, False)
    if stop > 0:
        early = A @ _polar(A, stop, 1000)
        top, reached = -_varimax(best[None])[0][0], -_varimax(early[None])[0][0]
        if top - reached <= EARLY * top:
            return early, share, settled
    return best, share, settled


def _polar(A: np.ndarray, stop: float, most: int) -> np.ndarray:
    """Varimax from the unrotated axes: the slope's orthogonal factor, again and again (Horst 1965, ch. 18)."""
    T, size = np.eye(A.shape[1]), 0.0
    for _ in range(most):
        L = A @ T
        U, d, V = np.linalg.svd(A.T @ (L**3 - L * (L**2).mean(axis=0)))
        T, before, size = U @ V, size, float(d.sum())
        if size < before * (1 + stop):
            break
    return T


Criterion = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def _varimax(L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Criterion (S,) and its slope (S, p, k)."""
    centred = L**2 - (L**2).mean(axis=1, keepdims=True)
    return -(centred**2).sum(axis=(1, 2)) / 4, -L * centred


def _quartimin(L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    square = L**2
    others = square.sum(axis=2, keepdims=True) - square
    return (square * others).sum(axis=(1, 2)) / 4, L * others


def _descend(
    A: np.ndarray, criterion: Criterion, oblique: bool
) -> tuple[np.ndarray, np.ndarray, float, bool]:
    """Gradient projection from all starts at once; the best end: loadings, T, share of starts, settled."""
    T = _starts(A.shape[1])
    step = np.ones(len(T))
    f, G = _slope(A, T, criterion, oblique)
    for _ in range(MAX_ITER):
        P = _project(T, G, oblique)
        size = np.sqrt((P**2).sum(axis=(1, 2)))
        moving = size > SETTLED
        if not moving.any():
            break
        step[moving] *= 2  # those that rest must not grow without end
        waiting = moving.copy()
        new, value, slope = T.copy(), f.copy(), G.copy()
        for _ in range(30):
            rows = np.flatnonzero(waiting)
            trial = _onto(T[rows] - step[rows, None, None] * P[rows], oblique)
            f_trial, G_trial = _slope(A, trial, criterion, oblique)
            better = f_trial <= f[rows] - size[rows] ** 2 * step[rows] / 2
            done = rows[better]
            new[done], value[done], slope[done] = trial[better], f_trial[better], G_trial[better]
            waiting[done] = False
            if not waiting.any():
                break
            step[waiting] /= 2
        if not (moving & ~waiting).any():
            break  # no start can fall any further in floating point
        T, f, G = new, value, slope
    best = int(np.argmin(f))
    span = max(abs(float(f[best])), 1e-12)
    share = float((f - f[best] <= SAME * span).mean())
    settled = float(np.sqrt((_project(T, G, oblique)[best] ** 2).sum())) < 1e-4
    return _turn(A, T[best : best + 1], oblique)[0], T[best], share, settled


def _starts(k: int) -> np.ndarray:
    """(S, k, k) orthogonal: the axes as they are first."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((STARTS - 1, k, k)))[0]
    return np.concatenate([np.eye(k)[None], Q])


def _turn(A: np.ndarray, T: np.ndarray, oblique: bool) -> np.ndarray:
    return A @ (np.linalg.inv(T).transpose(0, 2, 1) if oblique else T)


def _slope(
    A: np.ndarray, T: np.ndarray, criterion: Criterion, oblique: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Criterion (S,) and its derivative by T (S, k, k)."""
    L = _turn(A, T, oblique)
    f, G = criterion(L)
    if oblique:
        return f, -(L.transpose(0, 2, 1) @ G @ np.linalg.inv(T)).transpose(0, 2, 1)
    return f, A.T @ G


def _project(T: np.ndarray, G: np.ndarray, oblique: bool) -> np.ndarray:
    if oblique:
        return G - T * (T * G).sum(axis=1, keepdims=True)
    M = T.transpose(0, 2, 1) @ G
    return G - T @ (M + M.transpose(0, 2, 1)) / 2


def _onto(X: np.ndarray, oblique: bool) -> np.ndarray:
    if oblique:
        return X / np.sqrt((X**2).sum(axis=1, keepdims=True))
    U, _, V = np.linalg.svd(X)
    return U @ V
