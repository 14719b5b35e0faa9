"""Is a line of numbers one heap or several? Hartigans' dip, with p-values against the flattest single heap."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

# quantiles (LEVELS) of sqrt(n) dip for n uniform numbers, simulated: 40,000 samples each to n = 160, then 16,000
LEVELS = (0.50, 0.75, 0.90, 0.95, 0.975, 0.99, 0.999)
TABLE = {
    10: (0.3095, 0.3612, 0.4127, 0.4428, 0.4678, 0.5037, 0.57),
    20: (0.3272, 0.3803, 0.4341, 0.4687, 0.4996, 0.5417, 0.6187),
    40: (0.342, 0.397, 0.4537, 0.491, 0.5253, 0.5687, 0.6627),
    80: (0.3523, 0.4088, 0.4669, 0.5055, 0.5408, 0.5843, 0.6833),
    160: (0.3597, 0.4172, 0.4782, 0.5179, 0.557, 0.601, 0.7012),
    320: (0.3667, 0.4236, 0.4843, 0.5274, 0.5669, 0.6119, 0.695),
    640: (0.3684, 0.4267, 0.4911, 0.534, 0.5738, 0.6159, 0.7068),
}


def unimodal_p(values: np.ndarray) -> float:
    """P-value that the values are one heap: the chance of a dip as large among as many uniform numbers.

    Interpolated in the simulated table, between 1 (below its median) and 0.0005 (beyond its last quantile).
    """
    n = len(values)
    sizes = np.array(list(TABLE))
    rows = np.array(list(TABLE.values()))
    here = np.array([np.interp(np.log(n), np.log(sizes), column) for column in rows.T])
    ends = np.concatenate([[0.5 * here[0]], here, [1.05 * here[-1]]])
    tails = np.concatenate([[1.0], 1 - np.array(LEVELS), [0.0005]])
    return float(np.interp(np.sqrt(n) * dip(values), ends, tails))


def dip(values: np.ndarray) -> float:
    """Largest distance between the empirical distribution and the nearest one with a single mode.

    Parameters
    ----------
    values : (n,) finite numbers

    Returns
    -------
    float
        From 1/(2n) to 1/4.

    Notes
    -----
    The greatest convex minorant and the least concave majorant of the distribution function are drawn on an interval
    that shrinks to the modal one, until their distance is no larger than what was left outside.

    Source
    ------
    Hartigan, J. A. & Hartigan, P. M. (1985). The dip test of unimodality. Annals of Statistics 13(1), 70-84.
    Hartigan, P. M. (1985). Algorithm AS 217. Applied Statistics 34(3), 320-325.
    """
    x = np.sort(np.asarray(values, dtype=float))
    n = len(x)
    if n < 4 or x[0] == x[-1]:
        return 1 / (2 * max(n, 1))
    line = x.tolist()
    below, above = _before(line), _after(line)
    low, high, found = 0, n - 1, 1.0
    while True:
        minorant, majorant = _chain(below, high, low)[::-1], _chain(above, low, high)
        gap, left, right = _widest(x, np.array(minorant), np.array(majorant))
        if gap <= found and (low, high) != (0, n - 1):
            break
        outside = [_off(x, a, b, 1) for a, b in _pairs(minorant, low, left)]
        outside += [_off(x, a, b, -1) for a, b in _pairs(majorant, right, high)]
        found = max(found, *outside, 0.0)
        if (left, right) == (low, high) or gap <= found:
            break
        low, high = left, right
    return found / (2 * n)


def _before(x: list[float]) -> list[int]:
    """For each point the corner before it on the greatest convex minorant of (x, rank) that ends there."""
    back = [0] * len(x)
    for j in range(1, len(x)):
        i = j - 1
        while i and (x[j] - x[i]) * (i - back[i]) >= (x[i] - x[back[i]]) * (j - i):
            i = back[i]
        back[j] = i
    return back


def _after(x: list[float]) -> list[int]:
    """For each point the corner after it on the least concave majorant of (x, rank) that starts there."""
    last = len(x) - 1
    on = [last] * len(x)
    for j in range(last - 1, -1, -1):
        i = j + 1
        while i < last and (x[i] - x[j]) * (on[i] - i) >= (x[on[i]] - x[i]) * (i - j):
            i = on[i]
        on[j] = i
    return on


def _chain(links: list[int], start: int, end: int) -> list[int]:
    found = [start]
    while found[-1] != end:
        found.append(links[found[-1]])
    return found


def _widest(x: np.ndarray, minorant: np.ndarray, majorant: np.ndarray) -> tuple[float, int, int]:
    """Largest distance of both curves, in ranks, with the corners of each that enclose it."""
    if len(minorant) == 2 and len(majorant) == 2:
        return 1.0, int(minorant[0]), int(minorant[1])
    over = majorant - np.interp(x[majorant], x[minorant], minorant) + 1
    under = np.interp(x[minorant], x[majorant], majorant) - minorant + 1
    k, j = int(over.argmax()), int(under.argmax())
    if over[k] >= under[j]:
        at = majorant[k]
        return float(over[k]), int(minorant[minorant <= at].max()), int(at)
    at = minorant[j]
    return float(under[j]), int(at), int(majorant[majorant >= at].min())


def _pairs(corners: list[int], low: int, high: int) -> list[tuple[int, int]]:
    return [(a, b) for a, b in pairwise(corners) if low <= a and b <= high]


def _off(x: np.ndarray, a: int, b: int, side: int) -> float:
    """How far the distribution function leaves the chord from point a to point b, in ranks."""
    if b - a < 2 or x[a] == x[b]:
        return 1.0
    chord = (x[a : b + 1] - x[a]) * (b - a) / (x[b] - x[a])
    return float((side * (np.arange(b - a + 1) - chord) + 1).max())
