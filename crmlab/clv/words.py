"""How arrays are read and how bad rows are named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check


def labels_of(values: object) -> pd.Index:
    """The row labels of a Series; positions from 0 for anything else."""
    if isinstance(values, pd.Series):
        return values.index
    return pd.RangeIndex(np.atleast_1d(np.asarray(values)).shape[0])


def column(values: object, name: str, labels: pd.Index) -> np.ndarray:
    """One column of finite floats, shape (n,)."""
    try:
        if isinstance(values, pd.Series):
            found = values.to_numpy(dtype=float, na_value=np.nan)
        else:
            found = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError):
        raise ModelError(f"{name} holds words, not numbers") from None
    if found.ndim != 1:
        raise ModelError(f"{name} has {found.ndim} dimensions; give one number per customer")
    if len(found) == len(labels):
        bad_rows(np.isnan(found), labels, name, found, "is missing")
        bad_rows(np.isinf(found), labels, name, found, "cannot be computed with")
    elif not np.isfinite(found).all():
        raise ModelError(f"{name} has missing or infinite values")
    return found


def bad_rows(
    bad: np.ndarray, labels: pd.Index, name: str, values: np.ndarray, problem: str, hint: str = ""
) -> None:
    """Raise a ModelError that names the first five bad rows and counts the rest."""
    rows = np.flatnonzero(bad)
    if not rows.size:
        return
    shown = ", ".join(str(labels[row]) for row in rows[:5])
    more = f" and {rows.size - 5} more" if rows.size > 5 else ""
    first = f" (first: {values[rows[0]]:g})"
    raise ModelError(f"{name}, row{'s' if rows.size > 1 else ''} {shown}{more}: {problem}{first}", hint=hint)


def positive(value: float, name: str, *, zero: bool = False) -> float:
    """A finite number above 0 (or from 0 on)."""
    value = float(value)
    if not np.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise ModelError(f"{name} is {value:g}; it must be a number {'from' if zero else 'above'} 0")
    return value


def shortly(name: str, params: dict[str, float], loglik: float, checks: tuple[Check, ...]) -> str:
    """One line for the eye, with what failed; no customer's number is in it."""
    numbers = ", ".join(f"{key}={value:.4g}" for key, value in params.items())
    failed = [check.name for check in checks if not check.ok]
    return f"<{name}: {numbers}; loglik {loglik:.2f}{'; FAILED ' + ', '.join(failed) if failed else ''}>"
