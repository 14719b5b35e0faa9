"""Discounted purchases under BG/NBD and MBG/NBD: one table a purchase count, one interpolation over all ages.

Given alive at T, lambda ~ Gamma(R, A) with R = r+x, A = alpha+T, and p ~ Beta(a, b'). With t = A (e^y - 1)

    DERT = R int_0^Y e^{y - rate A (e^y - 1)} M(y) dy,   M(y) = E[(1 - p + p e^y)^-(R+1)],   Y = log(1 + h/A).

M knows the customer's count but not his age, and the weight before it his age but not his count. So M is
tabulated at Chebyshev points for each count, and the weights at Chebyshev points of log A for all ages
(at the ages themselves where these are fewer); all customers are sums of products of the two.

Both interpolations have a proven error: a function bounded by B in the Bernstein ellipse of sum of axes rho
is met within 4 B rho^-n / (rho - 1) by n points (Trefethen, thm. 8.2). On the lines Im y = theta,
|1 - p + p e^y| >= cos(theta/2) (1 - p + p e^(Re y)), so B = cos(theta/2)^-(R+1), and theta is chosen for the
fewest points; in log A, B <= 6 on |Im| = 1.4, for the integrand g (1 - e^-(..)h) / (rate A + g p) has its only
trouble where A turns negative.

Source
------
Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). Marketing Science 24(2), 275-284, the rates. Trefethen,
L. N. (2013). Approximation Theory and Approximation Practice. SIAM, ch. 8. Derived here.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from crmlab.clv.buyers import collapse
from crmlab.clv.mixing import beta_nodes
from crmlab.clv.params import Rows

CELLS = 1_000_000  # of a table at a time
FINE, COARSE = (128, 1e-12), (48, 1e-8)  # nodes of p, error of an interpolation
TAIL = 32.0  # rate times time beyond which nothing is counted: exp(-32)
BAND = 8.0  # counts within this factor share their points
TURN = 1.4  # imaginary part in log A up to which the bound holds
ANGLES = np.linspace(0.02, 3.0, 150)


def discounted_plain(
    R: np.ndarray, A: np.ndarray, a: np.ndarray, b: np.ndarray, horizon: float, rate: float, fine: bool = True
) -> np.ndarray:
    """Discounted purchases in the next `horizon`, given alive; all of shape (m,), rate above 0."""
    until = min(horizon, TAIL / rate)
    nodes, error = FINE if fine else COARSE
    kinds, _, kind = collapse(np.column_stack([R, a, b]), np.ones(len(R)))
    found = np.empty(len(R))
    band = np.floor(np.log(kinds[:, 0]) / np.log(BAND)).clip(min=0)
    for level in np.unique(band):
        of = np.flatnonzero(band == level)
        here = np.flatnonzero(band[kind] == level)
        place = np.searchsorted(of, kind[here])
        found[here] = R[here] * _band(kinds[of], place, A[here], until, rate, nodes, error)
    return found


def _band(
    kinds: np.ndarray, kind: np.ndarray, A: np.ndarray, until: float, rate: float, nodes: int, error: float
) -> np.ndarray:
    """The integrals (m,) of customers of ages A (m,) and kinds (R, a, b) numbered by `kind`."""
    ages, age = np.unique(A, return_inverse=True)
    low, high = np.log(ages[0]), np.log(ages[-1])
    n = int(_points(high - low, 1.8 + high - low, TURN, error))
    between = len(ages) > n
    at = np.exp(_chebyshev(n, low, high)) if between else ages
    top = float(np.log1p(until / ages[0]))
    R = kinds[:, 0].max() + 1
    loss = np.log1p(R * min(until, 1 / rate) / ages[0])
    size = int(_points(top, loss - R * np.log(np.cos(ANGLES / 2)), ANGLES, error).min())
    weights = _weights(at, top, size, until, rate)
    weights *= (
        at[:, None] if between else 1.0
    )  # over time, not over time by age, is flat enough to interpolate
    y = _chebyshev(size, 0.0, top)
    spread = _interpolation(np.log(ages), low, high, n) if between else None
    found, step = np.empty(len(A)), max(1, CELLS // (size * nodes))
    order = np.argsort(kind, kind="stable")
    starts = np.searchsorted(kind[order], np.arange(0, len(kinds) + step, step))
    for k, first in enumerate(range(0, len(kinds), step)):
        who = order[starts[k] : starts[k + 1]]
        table = _decay(kinds[first : first + step], y, nodes) @ weights.T  # (kinds, ages or their points)
        if spread is None:
            found[who] = table[kind[who] - first, age[who]]
        else:
            found[who] = np.einsum("ij,ij->i", table[kind[who] - first], spread[age[who]]) / A[who]
    return found


def _decay(kinds: np.ndarray, y: np.ndarray, nodes: int) -> np.ndarray:
    """M(y) of each kind, shape (kinds, points): E[(1 - p + p e^y)^-(R+1)]."""
    R, a, b = kinds.T
    p, w = beta_nodes(a, b, nodes)
    log = np.log1p(p[:, None, :] * np.expm1(y)[:, None])
    log *= -(R + 1)[:, None, None]
    return np.einsum("iq,ijq->ij", w, np.exp(log, out=log))


def _weights(at: np.ndarray, top: float, size: int, until: float, rate: float) -> np.ndarray:
    """(ages, points) such that weights @ M(points) is the integral at each age."""
    x, w = _legendre(size // 2 + 14 + int(min(rate * until, TAIL) + 2 * top))
    ends = np.log1p(until / at)[:, None]
    y = ends * (x + 1) / 2
    own = ends / 2 * w * np.exp(y - rate * at[:, None] * np.expm1(y))
    x = 2 * y / top - 1
    moments, before, now = np.empty((len(at), size)), np.ones_like(x), x
    for degree in range(size):  # T_0, T_1, then T_(k+1) = 2 x T_k - T_(k-1)
        moments[:, degree] = (own * before).sum(axis=1)
        before, now = now, 2 * x * now - before
    return moments @ _coefficients(size)


def _points(length: float, log_bound: Rows, turn: Rows, error: float) -> np.ndarray:
    """Chebyshev points on an interval of this length for a function within e^log_bound up to Im = turn."""
    s = 4 * np.asarray(turn) / max(length, 1e-3)
    rho = (s + np.sqrt(s * s + 4)) / 2
    return np.ceil((log_bound + np.log(4 / error / (rho - 1))) / np.log(rho)) + 2


def _chebyshev(n: int, low: float, high: float) -> np.ndarray:
    return (low + high) / 2 + (high - low) / 2 * np.cos((np.arange(n) + 0.5) * np.pi / n)


@cache
def _legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(n)


@cache
def _coefficients(n: int) -> np.ndarray:
    """(degrees, points): from values at Chebyshev points to coefficients."""
    found = 2 / n * np.cos(np.arange(n)[:, None] * (np.arange(n) + 0.5) * np.pi / n)
    found[0] /= 2
    return found


def _interpolation(y: np.ndarray, low: float, high: float, n: int) -> np.ndarray:
    """(len(y), n): values at y from those at the Chebyshev points."""
    angle = np.arccos(np.clip((2 * y - low - high) / (high - low), -1, 1))
    return np.cos(angle[:, None] * np.arange(n)) @ _coefficients(n)
