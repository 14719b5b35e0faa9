"""Customers drawn by lot from their keys: the same draw on every machine and in every order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlab.files import sha256_text


def lots(customers: Sequence[str] | np.ndarray, *words: object) -> np.ndarray:
    """(n,) numbers in [0, 1), one a customer, that depend on the key and on `words` (a purpose, a cycle, a seed) alone."""
    key = sha256_text("lot", *(str(word) for word in words))[:16]
    hashed = pd.util.hash_array(np.asarray(customers, dtype=object), hash_key=key, categorize=False)
    return (hashed >> np.uint64(11)).astype(float) / 2.0**53


def held_out(customers: Sequence[str] | np.ndarray, share: float, cycle: int, seed: int) -> np.ndarray:
    """(n,) True for customers who get nothing in this cycle, so that the others can be compared with them.

    At least one of two customers or more is held out, however small the share.
    """
    u = lots(customers, "holdout", cycle, seed)
    out = u < share
    if len(u) > 1 and not out.any():
        out[int(np.argmin(u))] = True
    return out
