"""Would the same groups be found again? Partitions of resamples, and whether groups stand apart from each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.customers.clusters import Partition, partition
from crmlab.customers.unimodal import unimodal_p

FEWEST = 12  # rows of two groups from which it can be judged whether they are one heap


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """What resampling says of a partition into k groups.

    Attributes
    ----------
    rand : (pairs,) adjusted Rand index of the partitions of two resamples, over all rows
    jaccard : (k,) mean over resamples of each group's best overlap
    apart : (k,) p-value that each group and its nearest one are a single heap
    """

    rand: np.ndarray
    jaccard: np.ndarray
    apart: np.ndarray


def stability(
    X: np.ndarray, found: Partition, method: str, *, resamples: int, rng: np.random.Generator
) -> Stability:
    """Bootstrap stability of a partition.

    Parameters
    ----------
    X : (n, d)
    found : the partition of all rows
    resamples : bootstrap samples; each is partitioned anew and its groups are extended to all rows

    Notes
    -----
    `rand` compares each resample with the next one. `apart` projects the rows of two neighbouring groups on the line that
    tells them apart best in those resamples that have NOT drawn the row, takes the mean over these, and asks by
    Hartigans' dip whether the rows are one heap: no row judges groups that it has helped to find. Of the larger group
    as many rows count as the smaller has, those next to it: a part of a single heap is a single heap, and a small
    group would not be seen beside a large one. Neighbours are those of least Mahalanobis distance.

    Source
    ------
    Hennig, C. (2007). Cluster-wise assessment of cluster stability. Computational Statistics & Data Analysis 52,
    258-271. Hubert, L. & Arabie, P. (1985). Comparing partitions. Journal of Classification 2, 193-218.
    Dolnicar, S. & Leisch, F. (2010). Evaluation of structure and reproducibility of cluster solutions using the
    bootstrap. Marketing Letters 21, 83-101. Kalogeratos, A. & Likas, A. (2012). Dip-means. NIPS 25 (the dip).
    """
    n, k = len(X), found.k
    judged = np.column_stack([X, np.ones(n)])
    labels = np.empty((resamples, n), dtype=int)
    jaccard = np.empty((resamples, k))
    near = _neighbours(found)
    scores, times = np.zeros((k, n)), np.zeros((k, n))
    for b in range(resamples):
        drawn = rng.integers(0, n, n)
        again = partition(X[drawn], k, method, rng=rng)
        labels[b] = again.assign(X)
        table = _jaccard(found.labels, labels[b], k, again.k)
        jaccard[b] = table.max(axis=1)
        out = np.bincount(drawn, minlength=n) == 0
        lines = _lines(again, table.argmax(axis=1), near)
        scores[:, out] += lines @ judged[out].T
        times[:, out] += 1
    pairs = [adjusted_rand(labels[b], labels[(b + 1) % resamples]) for b in range(resamples)]
    apart = _apart(scores, times, found.labels, near)
    return Stability(np.array(pairs), jaccard.mean(axis=0), apart)


def _neighbours(found: Partition) -> np.ndarray:
    """(k,) the group nearest to each."""
    between = found.centres[:, None] - found.centres
    distance = np.einsum("abi,ij,abj->ab", between, _precision(found), between)
    np.fill_diagonal(distance, np.inf)
    return distance.argmin(axis=1)


def _precision(found: Partition) -> np.ndarray:
    """Inverse of the covariance within groups."""
    V = found.covariances
    return np.asarray(np.linalg.inv(np.einsum("k,kij->ij", found.shares, V) if V.ndim == 3 else V))


def _lines(again: Partition, match: np.ndarray, near: np.ndarray) -> np.ndarray:
    """(k, d + 1) weights and constant that put the counterpart of each group at 1, that of its neighbour at -1."""
    a, b = again.centres[match], again.centres[match[near]]
    w = (a - b) @ _precision(again)
    half = np.einsum("kd,kd->k", w, a - b) / 2
    same = half <= 0  # both have the same counterpart: nothing tells them apart
    w = np.where(same[:, None], 0.0, w / np.where(same, 1.0, half)[:, None])
    return np.column_stack([w, -np.einsum("kd,kd->k", w, (a + b) / 2)])


def _apart(scores: np.ndarray, times: np.ndarray, labels: np.ndarray, near: np.ndarray) -> np.ndarray:
    """(k,) p of one heap."""
    p = np.ones(len(near))
    for a, b in enumerate(near):
        known = times[a] > 0
        above, below = (
            np.sort(scores[a, rows] / times[a, rows])
            for rows in (known & (labels == a), known & (labels == b))
        )
        few = min(len(above), len(below))
        if 2 * few >= FEWEST:
            p[a] = unimodal_p(np.concatenate([below[len(below) - few :], above[:few]]))
    return p


def _jaccard(labels: np.ndarray, other: np.ndarray, k: int, m: int) -> np.ndarray:
    """(k, m) shared rows over rows of either, of each group of `labels` with each of `other`."""
    table = np.bincount(labels * m + other, minlength=k * m).reshape(k, m).astype(float)
    return table / np.maximum(table.sum(axis=1)[:, None] + table.sum(axis=0) - table, 1)


def adjusted_rand(a: np.ndarray, b: np.ndarray) -> float:
    """Agreement of two partitions: 1 equal, 0 what chance gives.

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    table = crossed(a, b)
    pairs = lambda m: float((m * (m - 1) / 2).sum())  # noqa: E731
    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    n = len(a)
    chance = rows * columns / (n * (n - 1) / 2)
    most = (rows + columns) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def crossed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Counts of pairs of labels."""
    k, m = int(a.max()) + 1, int(b.max()) + 1
    return np.bincount(a * m + b, minlength=k * m).reshape(k, m).astype(float)
