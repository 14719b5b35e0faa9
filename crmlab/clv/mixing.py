"""Expectations over gamma and beta variables by the trapezium rule on a sinh-stretched axis.

Both densities are log-concave on the right scale (log for gamma, logit for beta) with tails at most
exponential; after y = mode + sd * sinh(u) they fall doubly exponentially, where the trapezium rule
converges geometrically. Weights are normalised by their own sum, so no normalising constant can overflow.

Source
------
Takahasi, H. & Mori, M. (1974). Publications of RIMS 9, 721-741 (double exponential formulas).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit

FALL = 40.0  # nodes reach down to exp(-40) of the peak
WIDTH = 9.0  # and at least nine standard deviations out


def gamma_nodes(shape: np.ndarray, n: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (m, n) and weights (m, n), rows summing to 1, of Gamma(shape (m,), rate 1)."""
    k = np.asarray(shape, dtype=float)[:, None]
    sd = 1 / np.sqrt(k)
    u, stretch = _axis(WIDTH + FALL / (k * sd), np.full_like(k, WIDTH), n)
    s = sd * np.sinh(u)  # distance from the mode on the log scale
    log_w = k * (s - np.expm1(np.minimum(s, 700.0))) + np.log(stretch)
    return k * np.exp(np.minimum(s, 700.0)), _normalised(log_w)


def beta_nodes(a: np.ndarray, b: np.ndarray, n: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """Nodes p (m, n) and weights (m, n), rows summing to 1, of Beta(a (m,), b (m,))."""
    p, _, w = beta_sides(a, b, n)
    return p, w


def beta_sides(a: np.ndarray, b: np.ndarray, n: int = 96) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p, log(1 - p), exact where p is nearly 1, and weights, each (m, n), of Beta(a (m,), b (m,))."""
    a = np.asarray(a, dtype=float)[:, None]
    b = np.asarray(b, dtype=float)[:, None]
    sd = np.sqrt((a + b) / (a * b))
    u, stretch = _axis(WIDTH + FALL / (a * sd), WIDTH + FALL / (b * sd), n)
    y = np.log(a / b) + sd * np.sinh(u)
    return expit(y), log_expit(-y), _normalised(a * log_expit(y) + b * log_expit(-y) + np.log(stretch))


def _axis(left: np.ndarray, right: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    low, high = -np.arcsinh(left), np.arcsinh(right)
    u = low + (high - low) * (np.arange(n) / (n - 1))
    return u, np.cosh(u)


def _normalised(log_w: np.ndarray) -> np.ndarray:
    w = np.exp(log_w - log_w.max(axis=1, keepdims=True))
    return w / w.sum(axis=1, keepdims=True)
