"""Bivariate normal probabilities and densities on grids of thresholds, many correlations at a time.

Every grid has shape (P, a, b): P pairs, a thresholds of the first variable, b of the second. Thresholds
may be infinite; that is how variables with fewer categories are padded.

Source
------
Drezner, Z. & Wesolowsky, G. O. (1990). Journal of Statistical Computation and Simulation 35, 101-107.
Genz, A. (2004). Statistics and Computing 14, 251-260, section 2.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import ndtr

FAR = 40.0  # a threshold beyond is as good as infinite: the normal tail there is 1e-350
STEEP = 0.925  # above, the integral is taken from r to 1 instead of from 0 to r (Genz 2004)
NODES = ((0.3, 6), (0.75, 12), (STEEP, 20))  # Gauss-Legendre points that give 1e-15 up to each |r|
TWO_PI = 2 * np.pi


def cdf_grid(h: np.ndarray, k: np.ndarray, r: np.ndarray) -> np.ndarray:
    """P(X <= h_a, Y <= k_b) of standard normals with correlation r.

    Parameters
    ----------
    h : array, shape (P, a), thresholds of the first variable, +-inf allowed
    k : array, shape (P, b), thresholds of the second
    r : array, shape (P,), correlations in [-1, 1]

    Returns
    -------
    array, shape (P, a, b); absolute error below 1e-14.

    Notes
    -----
    For |r| <= 0.925: Phi(h) Phi(k) + (1/2 pi) * integral from 0 to asin r of
    exp(-(h^2 + k^2 - 2 h k sin t) / (2 cos^2 t)) dt. Beyond, `_steep`.

    Examples
    --------
    >>> z = np.zeros((1, 1))
    >>> round(float(cdf_grid(z, z, np.array([0.5]))[0, 0, 0]), 12)  # 1/4 + asin(r) / 2 pi
    0.333333333333
    """
    h, k, r = np.clip(h, -FAR, FAR), np.clip(k, -FAR, FAR), np.asarray(r, dtype=float)
    out = np.empty((h.shape[0], h.shape[1], k.shape[1]))
    size, below = np.abs(r), -1.0
    for upper, nodes in NODES:
        rows = np.flatnonzero((size > below) & (size <= upper))
        if rows.size:
            out[rows] = _gentle(h[rows], k[rows], r[rows], nodes)
        below = upper
    rows = np.flatnonzero(size > STEEP)
    if rows.size:
        out[rows] = _steep(h[rows], k[rows], r[rows])
    return np.clip(out, 0.0, 1.0)


def density_grid(h: np.ndarray, k: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bivariate normal density and its derivative with respect to r, both (P, a, b); |r| < 1.

    The density is itself the derivative of the distribution function with respect to r (Plackett 1954):
    d phi2 / dr = phi2 * (r / q + (h k (1 + r^2) - r (h^2 + k^2)) / q^2), q = 1 - r^2.
    """
    h, k = np.clip(h, -FAR, FAR)[:, :, None], np.clip(k, -FAR, FAR)[:, None, :]
    r = np.asarray(r, dtype=float)[:, None, None]
    q = (1 - r) * (1 + r)
    hk, squares = h * k, h**2 + k**2
    density = np.exp(-(squares - 2 * r * hk) / (2 * q)) / (TWO_PI * np.sqrt(q))
    return density, density * (r / q + (hk * (1 + r**2) - r * squares) / q**2)


def cells(grid: np.ndarray) -> np.ndarray:
    """From values at the thresholds (P, a + 1, b + 1), outer bounds included, to cells (P, a, b)."""
    rows = grid[:, 1:] - grid[:, :-1]
    return rows[:, :, 1:] - rows[:, :, :-1]


def _gentle(h: np.ndarray, k: np.ndarray, r: np.ndarray, nodes: int) -> np.ndarray:
    """Gauss-Legendre over the angle, one node after another so that memory stays small."""
    hk = h[:, :, None] * k[:, None, :]
    half = (h**2)[:, :, None] / 2 + (k**2)[:, None, :] / 2
    angle = np.arcsin(r)
    total = np.zeros_like(hk)
    for x, weight in _legendre(nodes):
        sine = np.sin(angle * (1 + x) / 2)[:, None, None]
        total += weight * np.exp((sine * hk - half) / ((1 - sine) * (1 + sine)))
    scale = (angle / (2 * TWO_PI))[:, None, None]
    return scale * total + ndtr(h)[:, :, None] * ndtr(k)[:, None, :]


def _steep(h: np.ndarray, k: np.ndarray, r: np.ndarray) -> np.ndarray:
    """|r| near 1: the value at +-1 less the integral from |r| to 1.

    With b = |h - k| and x = sqrt(1 - t^2) the integrand is exp(-b^2 / 2 x^2) times a smooth function of
    x^2, whose first two Taylor terms are integrated in closed form and the rest by Gauss-Legendre
    (Genz 2004, equations 4 to 7). A negative r is turned: P(X <= h, Y <= k) = Phi(h) - P(X <= h, -Y < -k).
    """
    turned = r < 0
    k = np.where(turned[:, None], -k, k)
    h3, k3 = h[:, :, None], k[:, None, :]
    at_one = ndtr(np.minimum(h3, k3))
    positive = at_one - _missing_part(h3, k3, np.abs(r)[:, None, None])
    return np.where(turned[:, None, None], ndtr(h3) - positive, positive)


def _missing_part(h: np.ndarray, k: np.ndarray, r: np.ndarray) -> np.ndarray:
    """(1/2 pi) * integral over t from r to 1 of the density at (h, k; t), 0 < r <= 1."""
    q = (1 - r) * (1 + r)
    a, hk, bs = np.sqrt(q), h * k, (h - k) ** 2
    c, d = (4 - hk) / 8, (12 - hk) / 16
    safe = np.maximum(q, 1e-300)
    closed = a * _exp(-(bs / safe + hk) / 2) * (1 - c * (bs - q) * (1 - d * bs / 5) / 3 + c * d * q**2 / 5)
    b = np.sqrt(bs)
    tail = np.sqrt(TWO_PI) * ndtr(-b / np.sqrt(safe)) * b * (1 - c * bs * (1 - d * bs / 5) / 3)
    closed = closed - _exp(-hk / 2) * np.where(hk > -2 * FAR, tail, 0.0)
    rest = np.zeros_like(hk)
    for x, weight in _legendre(20):
        xs = np.maximum((a * (1 + x) / 2) ** 2, 1e-300)
        root = np.sqrt(1 - xs)
        smooth = _exp(-bs / (2 * xs) - hk / (1 + root)) / root
        rest += weight * (smooth - _exp(-(bs / xs + hk) / 2) * (1 + c * xs * (1 + d * xs)))
    return (closed + a / 2 * rest) / TWO_PI


@cache
def _legendre(nodes: int) -> tuple[tuple[float, float], ...]:
    """Points and weights of Gauss-Legendre on [-1, 1]."""
    x, weights = np.polynomial.legendre.leggauss(nodes)
    return tuple(zip(x.tolist(), weights.tolist(), strict=True))


def _exp(x: np.ndarray) -> np.ndarray:
    """exp without underflow or overflow warnings: what is below exp(-700) is zero for our purposes."""
    return np.exp(np.clip(x, -700.0, 700.0))
