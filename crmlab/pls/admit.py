"""From a frame to the matrix that PLS sees, or a ModelError that names the item and the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.model import Model
from crmlab.pls.words import near
from crmlab.result import Check

HUGE = 1e100  # squares of larger numbers leave the range of a float
MISSING = ("mean", "casewise")


@dataclass(frozen=True, slots=True, eq=False)
class Admitted:
    """Z (n, p): standardised items (mean 0, standard deviation 1 with n - 1); their rows; what was verified;
    the items' means and standard deviations."""

    Z: np.ndarray
    index: pd.Index
    checks: tuple[Check, ...]
    units: tuple[np.ndarray, np.ndarray]


def admit(data: pd.DataFrame, model: Model, missing: str) -> Admitted:
    """Take the model's items out of a frame, in its order; missing cells by item mean or row by row."""
    if missing not in MISSING:
        raise ModelError(f"missing '{missing}' is not one of {', '.join(MISSING)}")
    items = model.observed
    X = numbers(data, items)
    holes = np.isnan(X)
    empty = [item for item, hole in zip(items, holes.T, strict=True) if hole.all()]
    if empty and len(data):
        raise ModelError(f"item '{empty[0]}' has no answers at all", hint="leave it out of its construct")
    checks: tuple[Check, ...] = ()
    keep = np.ones(len(X), dtype=bool)
    if missing == "casewise":
        keep = ~holes.any(axis=1)
        lost = int((~keep).sum())
        rule = "rows with a missing answer, left out; at most 5 % of all (Hair et al. 2022)"
        checks = (Check("check.missing_casewise", lost <= 0.05 * len(X), lost, rule),)
        X = X[keep]
    _enough_rows(len(X), model)
    if missing == "mean":
        checks = _replaced(items, holes)
        X = np.where(holes, np.nanmean(X, axis=0), X)
    Z = standardise(X, items)
    return Admitted(Z, data.index[keep], checks, (X.mean(axis=0), X.std(axis=0, ddof=1)))


def numbers(data: pd.DataFrame, items: Sequence[str]) -> np.ndarray:
    """The items' columns as floats (n, p), NaN where missing; refuses words, infinities, huge numbers."""
    columns = []
    for item in items:
        if item not in data.columns:
            raise ModelError(
                f"item '{item}' is not a column of the data" + near(item, map(str, data.columns))
            )
        column = data[item]
        if isinstance(column, pd.DataFrame):
            raise ModelError(f"the data have {column.shape[1]} columns named '{item}'")
        if not pd.api.types.is_numeric_dtype(column):
            raise ModelError(f"item '{item}' holds words, not numbers", hint="code the answers first")
        columns.append(column.to_numpy(dtype=float, na_value=np.nan))
    X = np.column_stack(columns)
    wrong = np.argwhere(np.isinf(X) | (np.abs(X) > HUGE))
    if len(wrong):
        row, place = wrong[0]
        raise ModelError(
            f"item '{items[place]}', row {data.index[row]}: {X[row, place]} cannot be computed with"
        )
    return X


def _replaced(items: Sequence[str], holes: np.ndarray) -> tuple[Check, ...]:
    rule = "cells replaced by their item's mean; at most 5 % of all (Hair et al. 2022)"
    found = [Check("check.missing_replaced", holes.mean() <= 0.05, holes.sum(), rule)]
    for item, share in zip(items, holes.mean(axis=0), strict=True):
        if share > 0.05:
            rule = "<= 0.05 of an item's answers missing (Hair et al. 2022)"
            found.append(Check(f"check.missing_item:{item}", False, share, rule))
    return tuple(found)


def _enough_rows(n: int, model: Model) -> None:
    needed, why = 3, "a correlation"
    for stage in model.stages:
        for j, name in enumerate(stage.names):
            k = len(stage.sources[j])
            if k + 2 > needed:
                needed, why = k + 2, f"{k} predictors of '{name}'"
            k = stage.blocks[j].stop - stage.blocks[j].start
            if stage.modes[j] == "B" and k + 2 > needed:
                needed, why = k + 2, f"{k} items of '{name}' in mode B"
    if n < needed:
        raise ModelError(f"{n} usable rows, but {why} need at least {needed}")


def standardise(X: np.ndarray, items: Sequence[str]) -> np.ndarray:
    """(n, p) with mean 0 and standard deviation 1 (n - 1); refuses items without variance."""
    middle = X.mean(axis=0)
    size = np.abs(X).max(axis=0)
    deviation = X - middle
    spread = np.sqrt((deviation**2).sum(axis=0) / (len(X) - 1))
    flat = np.flatnonzero((np.ptp(X, axis=0) == 0) | (spread <= 1e-12 * size))
    if flat.size:
        names = ", ".join(f"'{items[place]}'" for place in flat[:5])
        raise ModelError(
            f"item{'s' if flat.size > 1 else ''} {names}: every answer is the same, so there is no variance",
            hint="leave it out of its construct",
        )
    Z = deviation / spread
    Z -= Z.mean(axis=0)  # a second pass: exact also where the mean is large against the spread
    return Z / np.sqrt((Z**2).sum(axis=0) / (len(Z) - 1))
