"""Frames of figures as arrays, or a ModelError that names the column and the row."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlab.errors import ModelError


def columns(frame: pd.DataFrame, names: Sequence[str], what: str) -> None:
    """Every named column must be there, once."""
    for name in names:
        if name not in frame.columns:
            near = difflib.get_close_matches(str(name), [str(one) for one in frame.columns], 3, 0.5)
            raise ModelError(
                f"{what}: there is no column '{name}'" + (f"; near: {', '.join(near)}" if near else "")
            )
        if isinstance(frame[name], pd.DataFrame):
            raise ModelError(f"{what}: {frame[name].shape[1]} columns are called '{name}'")
    if len(set(names)) < len(names):
        raise ModelError(f"{what}: a column is named twice", hint="name each once")


def figures(frame: pd.DataFrame, names: Sequence[str], what: str) -> np.ndarray:
    """(rows, names) of floats, NaN where blank; words and infinities are refused."""
    columns(frame, names, what)
    found = []
    for name in names:
        column = frame[name]
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
            raise ModelError(f"{what}: column '{name}' holds words, not numbers", hint="code them first")
        found.append(column.to_numpy(dtype=float, na_value=np.nan))
    X = np.column_stack(found) if found else np.empty((len(frame), 0))
    wrong = np.argwhere(np.isinf(X) | (np.abs(X) > 1e150))
    if len(wrong):
        row, place = wrong[0]
        raise ModelError(
            f"{what}: column '{names[place]}', row {frame.index[row]}: {X[row, place]} cannot be computed with"
        )
    return X


def labels(frame: pd.DataFrame, name: str, what: str, *, unique: bool = False) -> list[str]:
    """A column of names; blanks, and twins where each must stand once, are refused."""
    columns(frame, [name], what)
    if frame[name].isna().any():
        raise ModelError(f"{what}: {int(frame[name].isna().sum())} rows have no {name}")
    found = [str(one) for one in frame[name]]
    if unique and len(set(found)) < len(found):
        twin = next(one for one in found if found.count(one) > 1)
        raise ModelError(f"{what}: {name} '{twin}' stands twice", hint="one row each")
    return found


def share(value: float, setting: str, what: str, *, low: float = 0.0, high: float = 1.0) -> float:
    """A number strictly between two ends."""
    if not low < value < high:
        raise ModelError(f"{what}: {setting} {value:g} is not between {low:g} and {high:g}")
    return float(value)
