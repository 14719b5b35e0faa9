"""Shares with their intervals, and frames of figures as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.wilson import wilson


def clustered_share(y: np.ndarray, who: np.ndarray, level: float) -> tuple[float, float, float]:
    """Share of ones in y (n,) and its interval where rows of one customer `who` (n,) belong together.

    Wilson's interval with n divided by the design effect (cluster-robust over binomial variance, at least 1).

    Source
    ------
    Korn, E. L. & Graubard, B. I. (1998). Survey Methodology 24, 193-201 (effective sample size).
    """
    n = len(y)
    if not n:
        return np.nan, np.nan, np.nan
    p = float(y.mean())
    sums = np.bincount(pd.factorize(who)[0], weights=y - p)
    G = len(sums)
    plain = p * (1 - p) / n
    robust = float((sums**2).sum()) / n**2 * G / (G - 1) if G > 1 else plain
    effective = n / max(robust / plain, 1.0) if plain > 0 else n
    _, low, high = wilson(p * effective, effective, level)
    return p, float(low), float(high)


def figures(contacts: pd.DataFrame, names: Sequence[str], what: str) -> np.ndarray:
    """(rows, names) of floats, NaN where blank; words and infinities are refused."""
    found = []
    for name in names:
        if name not in contacts.columns:
            raise ModelError(f"{what}: there is no column '{name}'")
        column = contacts[name]
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            raise ModelError(f"{what}: column '{name}' holds words, not numbers", hint="code them first")
        found.append(column.to_numpy(dtype=float, na_value=np.nan))
    X = np.column_stack(found) if found else np.empty((len(contacts), 0))
    wrong = np.argwhere(np.isinf(X))
    if len(wrong):
        row, place = wrong[0]
        raise ModelError(
            f"{what}: column '{names[place]}', row {row}: {X[row, place]} cannot be computed with"
        )
    return X
