"""When did a series change its level? One test for any change, then the best cuts."""

from __future__ import annotations

import numpy as np

SHORTEST = 4  # periods of a segment
MOST = 6  # cuts that are looked for
PENALTY = 3.0  # times log n, for each cut


def any_change(z: np.ndarray, rng: np.random.Generator, draws: int = 999) -> tuple[float, float]:
    """The largest standardised difference of levels before and after any cut, and its permutation p.

    D = max_k |S_k - k/n S_n| / sqrt(k (n - k) / n); the p counts shuffles of the series that reach it.

    Source
    ------
    Worsley, K. J. (1986). Biometrika 73, 91-104, for the statistic; p: Phipson, B. & Smyth, G. K. (2010).
    """
    if len(z) < 2 * SHORTEST or not np.ptp(z) > 0:
        return 0.0, 1.0
    own = float(_largest(z[None, :])[0])
    shuffled = rng.permuted(np.broadcast_to(z, (draws, len(z))), axis=1)
    reached = int((_largest(shuffled) >= own - 1e-12).sum())
    return own / float(z.std(ddof=1)), (1 + reached) / (1 + draws)


def _largest(z: np.ndarray) -> np.ndarray:
    n = z.shape[1]
    k = np.arange(SHORTEST, n - SHORTEST + 1)
    sums = np.cumsum(z - z.mean(axis=1, keepdims=True), axis=1)[:, k - 1]
    found: np.ndarray = np.abs(sums / np.sqrt(k * (n - k) / n)).max(axis=1)
    return found


def best_cuts(z: np.ndarray, least: int = 0, most: int = MOST) -> list[int]:
    """Places where segments of equal level begin: exact least squares by dynamic programming, their number by BIC.

    Parameters
    ----------
    z : (n,) of even variance
    least, most : how many cuts are tried

    Notes
    -----
    Of m cuts the best leave SSE_m; m minimises n log(SSE_m / n) + 3 m log n. A place costs as much as a level, and
    being looked for costs once more.

    Source
    ------
    Auger, I. E. & Lawrence, C. E. (1989). Bulletin of Mathematical Biology 51, 39-54; Yao, Y.-C. (1988). Statistics &
    Probability Letters 6, 181-189.

    Examples
    --------
    >>> best_cuts(np.repeat([0.0, 4.0], 10) + np.tile([0.1, -0.1], 10))
    [10]
    """
    n = len(z)
    most = min(most, n // SHORTEST - 1)
    if most < max(least, 1) or not np.ptp(z) > 0:
        return []
    cost = _costs(z)
    loss, back = [cost[0, 1:].copy()], list[np.ndarray]()
    for _ in range(most):  # one round a cut
        before = np.concatenate([[np.inf], loss[-1][:-1]])  # best up to, not with, each start
        total = before[:, None] + cost[:n, 1:]
        back.append(total.argmin(axis=0))
        loss.append(total.min(axis=0))
    ends = np.array([row[-1] for row in loss])
    floor = 1e-12 * max(float(ends[0]), 1e-300)
    criterion = n * np.log(np.maximum(ends, floor) / n) + PENALTY * np.arange(most + 1) * np.log(n)
    cuts = int(np.argmin(criterion[least:])) + least
    found, end = list[int](), n - 1
    for k in range(cuts, 0, -1):
        start = int(back[k - 1][end])
        found.append(start)
        end = start - 1
    return found[::-1]


def _costs(z: np.ndarray) -> np.ndarray:
    """(n + 1, n + 1) squared deviations of z[i:j] from their mean; infinite where the piece is too short."""
    n = len(z)
    one, two = np.concatenate([[0.0], np.cumsum(z)]), np.concatenate([[0.0], np.cumsum(z**2)])
    i, j = np.arange(n + 1)[:, None], np.arange(n + 1)[None, :]
    length = (j - i).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = (two[None, :] - two[:, None]) - (one[None, :] - one[:, None]) ** 2 / length
    return np.where(length >= SHORTEST, np.maximum(cost, 0.0), np.inf)
