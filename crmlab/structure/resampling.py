"""Covariances of bootstrap resamples of rows, from one matrix product for many resamples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

CHUNK, CELLS = 500, 4_000_000  # resamples, and rows drawn, at a time


def resampled_covariances(Z: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """(B, k, k) covariances (divisor n) of the columns of Z (n, k) in resamples of its rows, some at a time."""
    n, k = Z.shape
    i, j = np.triu_indices(k)
    table = np.hstack([Z, Z[:, i] * Z[:, j]])
    rng = np.random.default_rng(seed)
    size = max(1, min(CHUNK, CELLS // n))
    for begin in range(0, resamples, size):
        rows = rng.integers(0, n, (min(size, resamples - begin), n))
        B = len(rows)
        counts = np.bincount((rows + np.arange(B)[:, None] * n).ravel(), minlength=B * n).reshape(B, n)
        M = counts @ table / n
        C = np.empty((B, k, k))
        C[:, i, j] = C[:, j, i] = M[:, k:] - M[:, i] * M[:, j]
        yield C
