"""Chains of paths: total effects and specific indirect effects. Batch last."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np


def chains(inner: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Every chain of two paths or more in an acyclic graph, origin first, as construct numbers.

    `inner` is bool, shape (J, J), inner[i, j] for i -> j. Ordered by length, then by numbers.
    """
    longer: list[tuple[int, ...]] = [(int(i), int(j)) for i, j in np.argwhere(inner)]
    found: list[tuple[int, ...]] = []
    while longer:
        longer = [(*chain, int(j)) for chain in longer for j in np.flatnonzero(inner[chain[-1]])]
        found += sorted(longer)
    return tuple(found)


def connected(inner: np.ndarray) -> np.ndarray:
    """bool (J, J): whether any chain of one path or more leads from i to j."""
    reach = inner.copy()
    for _ in range(len(inner)):
        reach |= reach @ inner
    return reach


def chain_effects(beta: np.ndarray, along: Sequence[tuple[int, ...]]) -> np.ndarray:
    """(chains, B): product of the coefficients along each chain; beta has shape (J, J, B)."""
    out = np.ones((len(along), beta.shape[2]))
    for row, chain in enumerate(along):
        for source, target in pairwise(chain):
            out[row] *= beta[source, target]
    return out


def total_effects(beta: np.ndarray) -> np.ndarray:
    """(J, J, B): sum over all chains from i to j, beta + beta^2 + ... (finite: no cycles)."""
    total, power = beta.copy(), beta
    for _ in range(beta.shape[0] - 1):
        power = np.einsum("ijb,jkb->ikb", power, beta)
        if not power.any():
            break
        total += power
    return total
