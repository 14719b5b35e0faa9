"""Columns that a question names: there, once, and numbers where numbers are needed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from crmlab.errors import ModelError


def known_columns(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Each is one column of the data."""
    for name in names:
        count = int((frame.columns == name).sum())
        if count == 0:
            raise ModelError(f"'{name}' is not a column of the data")
        if count > 1:
            raise ModelError(f"the data have {count} columns named '{name}'")


def numeric_columns(frame: pd.DataFrame, names: Iterable[str], what: str = "column") -> None:
    """Each is one column of finite numbers; missing ones are allowed."""
    names = list(names)
    known_columns(frame, names)
    for name in names:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise ModelError(f"{what} '{name}' holds words, not numbers", hint="code the answers first")
        if np.isinf(frame[name].to_numpy(dtype=float, na_value=np.nan)).any():
            raise ModelError(f"{what} '{name}' holds infinite values")


def word(value: object) -> str:
    """A value of a grouping variable as it stands in a term: 1 and 1.0 are "1"."""
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)
