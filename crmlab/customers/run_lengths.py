"""How long a control chart runs before it alarms: on average, and within a number of periods; limits for a promise.

All of standardised, independent, normal values. An integral equation over the chart's state, by Gauss-Legendre nodes:
the Markov chain of Brook & Evans (1972) with a rule that converges much faster.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

NODES = 96  # of the integral equation
SQRT_2PI = np.sqrt(2 * np.pi)


def shewhart_arl(limit: float, shift: float = 0.0) -> float:
    """Average run length of a chart that alarms beyond +-limit standard deviations.

    Examples
    --------
    >>> round(shewhart_arl(3.0), 1)
    370.4
    """
    with np.errstate(divide="ignore"):
        return float(1 / (ndtr(-limit + shift) + ndtr(-limit - shift)))


def ewma_arl(weight: float, limit: float, shift: float = 0.0) -> float:
    """Average run length of a two-sided EWMA chart with its limits at their final width.

    L(u) = 1 + 1/w int_{-h}^{h} L(y) phi((y - (1 - w) u) / w - shift) dy, h = limit sqrt(w / (2 - w)).

    Source
    ------
    Crowder, S. V. (1987). Technometrics 29, 401-407; values: Lucas, J. M. & Saccucci, M. S. (1990). Technometrics
    32, 1-12.

    Examples
    --------
    >>> round(ewma_arl(0.10, 2.814))
    500
    """
    h = limit * np.sqrt(weight / (2 - weight))
    y, w = _nodes(-h, h)
    kernel = w * _phi((y - (1 - weight) * y[:, None]) / weight - shift) / weight
    lengths = np.linalg.solve(np.eye(len(y)) - kernel, np.ones(len(y)))
    return float(1 + (w * _phi(y / weight - shift) / weight) @ lengths)


def cusum_arl(reference: float, limit: float, shift: float = 0.0) -> float:
    """Average run length of a two-sided tabular CUSUM from 0: 1/L = 1/L+ + 1/L-.

    L(s) = 1 + L(0) Phi(k - s - shift) + int_0^h L(y) phi(y + k - s - shift) dy on either side.

    Source
    ------
    Brook, D. & Evans, D. A. (1972). Biometrika 59, 539-549; van Dobben de Bruyn, C. S. (1968). Cumulative sum tests
    (both sides).

    Examples
    --------
    >>> round(cusum_arl(0.5, 5.0))
    465
    """
    sides = [_one_sided(reference, limit, way * shift) for way in (1.0, -1.0)]
    return float(1 / sum(1 / length for length in sides))


def _one_sided(k: float, h: float, shift: float) -> float:
    y, w = _nodes(0.0, h)
    start = np.concatenate([[0.0], y])
    kernel = np.column_stack([
        ndtr(k - start - shift), w * _phi(y + k - start[:, None] - shift),
    ])  # fmt: skip
    return float(np.linalg.solve(np.eye(len(start)) - kernel, np.ones(len(start)))[0])


def siegmund_arl(reference: float, limit: float, shift: float = 0.0) -> float:
    """Siegmund's approximation to `cusum_arl`, one side: (exp(-2 D b) + 2 D b - 1) / (2 D^2), b = h + 1.166, D = shift - k.

    Source
    ------
    Siegmund, D. (1985). Sequential analysis; Montgomery, D. C. (2013). Introduction to statistical quality control.
    """
    b, d = limit + 1.166, shift - reference
    return float(b**2) if d == 0 else float((np.exp(-2 * d * b) + 2 * d * b - 1) / (2 * d**2))


@cache
def ewma_alarm_within(weight: float, limit: float, periods: int) -> float:
    """Chance of a false alarm within so many periods, of an EWMA chart whose limits widen exactly from the start."""
    survivors = 1.0
    y, w = np.zeros(1), np.ones(1)
    density = np.ones(1)
    for t in range(1, periods + 1):  # one step a period, each a product of small matrices
        h = limit * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * t)))
        to, width = _nodes(-h, h)
        step = _phi((to[:, None] - (1 - weight) * y) / weight) / weight
        density = step @ (w * density)
        y, w = to, width
        survivors = float(w @ density)
    return 1 - survivors


@cache
def cusum_alarm_within(reference: float, limit: float, periods: int) -> float:
    """Chance of a false alarm within so many periods, of a two-sided CUSUM (both sides taken as independent)."""
    y, w = _nodes(0.0, limit)
    start = np.concatenate([[0.0], y])
    kernel = np.column_stack([ndtr(reference - start), w * _phi(y + reference - start[:, None])])
    alive = np.ones(len(start))
    for _ in range(periods):
        alive = kernel @ alive
    return float(1 - alive[0] ** 2)


def shewhart_alarm_within(limit: float, periods: int) -> float:
    """Chance of a false alarm within so many periods, of a chart without memory."""
    return float(-np.expm1(periods * np.log1p(-2 * ndtr(-limit))))


@cache
def shewhart_limit(arl: float) -> float:
    """The limit whose in-control average run length is `arl`."""
    return float(-ndtri(0.5 / arl))


@cache
def ewma_limit(weight: float, arl: float) -> float:
    """The limit whose in-control average run length is `arl`."""
    return _solved(lambda limit: ewma_arl(weight, limit), arl, shewhart_limit(arl) + 0.5)


@cache
def cusum_limit(reference: float, arl: float) -> float:
    """The limit whose in-control average run length is `arl`."""
    return _solved(lambda limit: cusum_arl(reference, limit), arl, (np.log(arl) + 3) / (2 * reference))


def _solved(length: Callable[[float], float], arl: float, high: float) -> float:
    return float(brentq(lambda limit: np.log(length(limit) / arl), 0.05, high, xtol=1e-7))


def _nodes(low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    x, w = _legendre()
    return low + (high - low) * (x + 1) / 2, w * (high - low) / 2


@cache
def _legendre() -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(NODES)


def _phi(z: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.exp(-0.5 * z**2) / SQRT_2PI
    return found
