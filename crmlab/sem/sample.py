"""From a frame to samples: what is checked before any estimation, and the moments of each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check
from crmlab.sem.rows import near

SAME = 1 - 1e-9  # items that correlate more are one item under two names
SENTINELS = (-9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0)


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of one group.

    Attributes
    ----------
    label : value of the group column, "" without groups
    Y : (n, p) numbers in the order of `names`; NaN where missing answers are kept
    index : labels of the rows used
    names : variables
    """

    label: str
    Y: np.ndarray
    index: pd.Index
    names: tuple[str, ...]

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.Y)

    @cached_property
    def mean(self) -> np.ndarray:
        """(p,) means of rows without missing answers."""
        return self.Y.mean(axis=0)

    @cached_property
    def cov(self) -> np.ndarray:
        """(p, p) covariances with divisor n."""
        X = self.Y - self.mean
        return X.T @ X / self.n


@dataclass(frozen=True, eq=False)
class Admitted:
    """Samples of all groups, what was left out, and what was verified."""

    samples: tuple[Sample, ...]
    dropped: int
    levels: dict[str, np.ndarray]
    frame: pd.DataFrame
    checks: tuple[Check, ...]

    @property
    def n(self) -> int:
        """Rows of all groups."""
        return sum(sample.n for sample in self.samples)


def group_labels(data: pd.DataFrame, group: str | None) -> tuple[object, ...]:
    """Values of the group column in order of appearance."""
    if not isinstance(data, pd.DataFrame):
        raise ModelError(f"data must be a DataFrame, not {type(data).__name__}")
    if group is None:
        return ("",)
    if group not in data.columns:
        raise ModelError(f"no group column '{group}'{near(group, [str(c) for c in data.columns])}")
    found = tuple(pd.unique(data[group].dropna()))
    if len(found) < 2:
        raise ModelError(
            f"group column '{group}' has {len(found)} value{'s' * (len(found) != 1)}, not two or more"
        )
    return found


def admit(
    data: pd.DataFrame,
    names: Sequence[str],
    exogenous: Sequence[str],
    *,
    ordered: Sequence[str],
    group: str | None,
    missing: str,
) -> Admitted:
    """Take the columns of the model out of a frame, group by group.

    Raises
    ------
    ModelError
        An unknown, text, infinite, constant or duplicated variable, a code for missing answers left in the
        data, fewer rows than variables; the message names it.
    """
    frame = _columns(data, names)
    labels = group_labels(data, group)
    Y = frame.to_numpy(dtype=float)
    holes = np.isnan(Y)
    keep = ~holes.all(axis=1)
    if missing == "listwise":
        keep = ~holes.any(axis=1)
    elif exogenous:
        keep &= ~holes[:, [list(names).index(x) for x in exogenous]].any(axis=1)
    if group is not None:
        keep &= data[group].notna().to_numpy()
    _answered(holes, names)
    samples = []
    for label in labels:
        rows = keep if group is None else keep & (data[group] == label).to_numpy()
        samples.append(Sample(str(label), Y[rows], data.index[rows], tuple(names)))
    checks: list[Check] = []
    for sample in samples:
        _inspect(sample, set(ordered))
    if holes.any() or not keep.all():
        share = 1 - keep.mean()
        rule = "share of rows left out for missing answers <= 0.05; else missing='fiml'"
        if missing != "listwise":
            rule = "share of rows left out, without any answer, fixed predictor or group, <= 0.05"
        checks.append(Check("check.listwise", share <= 0.05, share, rule))
    levels = {name: _levels(Y[keep, list(names).index(name)], name) for name in names if name in set(ordered)}
    return Admitted(tuple(samples), int((~keep).sum()), levels, frame, tuple(checks))


def _answered(holes: np.ndarray, names: Sequence[str]) -> None:
    """A variable without any answer would leave no row complete."""
    empty = holes.all(axis=0)
    if len(holes) and empty.any():
        raise ModelError(f"'{names[int(empty.argmax())]}' is empty", hint="take it out of the model")


def _columns(data: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    if data.columns.is_unique and set(names) <= set(data.columns):
        frame = data[list(names)]
        if all(isinstance(kind, np.dtype) and kind.kind in "iufb" for kind in frame.dtypes):
            values = frame.to_numpy(dtype=float)
            if not np.isinf(values).any():
                return pd.DataFrame(values, index=data.index, columns=frame.columns)
    known = [str(column) for column in data.columns]
    twice = data.columns[data.columns.duplicated()]
    found: dict[str, pd.Series] = {}
    for name in names:
        parts = [name] if name in data.columns else name.split(":")
        for part in parts:
            if part not in data.columns:
                raise ModelError(f"variable '{part}' is not in the data{near(part, known)}")
            if part in twice:
                raise ModelError(f"column '{part}' stands twice in the data")
        columns = [_numbers(data[part], part) for part in parts]
        found[name] = columns[0] if len(columns) == 1 else columns[0] * columns[1]
    return pd.DataFrame(found, index=data.index)


def _numbers(column: pd.Series, name: str) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        if not column.cat.ordered and not pd.api.types.is_numeric_dtype(column.cat.categories):
            raise ModelError(f"'{name}' holds categories without order", hint="code it as numbers")
        codes = column.cat.codes.astype(float)
        return codes.where(codes >= 0)
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
    if not (numeric or pd.api.types.is_bool_dtype(column)):
        raise ModelError(f"'{name}' is not numeric (it holds {column.dtype})", hint="code it as numbers")
    values = pd.Series(column.to_numpy(dtype=float, na_value=np.nan), index=column.index)
    if np.isinf(values).any():
        raise ModelError(f"'{name}' has infinite values")
    return values


def _inspect(sample: Sample, ordered: set[str]) -> None:
    where = f" in group '{sample.label}'" if sample.label else ""
    if sample.n < 2:
        count = "1 row" if sample.n else "no row"
        raise ModelError(f"{count}{where} is complete; nothing can be estimated")
    for name, y in zip(sample.names, sample.Y.T, strict=True):
        values = np.unique(y[~np.isnan(y)])
        if len(values) < 2:
            word = "constant" if len(values) else "empty"
            raise ModelError(f"'{name}' is {word}{where}", hint="take it out of the model")
        _sentinel(name, values)
    if sample.n <= len(sample.names) and not ordered:
        raise ModelError(
            f"{sample.n} rows{where} for {len(sample.names)} variables: the covariance matrix is singular",
            hint="more rows or fewer items",
        )
    _duplicates(sample, where)


def _sentinel(name: str, values: np.ndarray) -> None:
    """A code for "no answer" left among the answers."""
    for code in SENTINELS:
        if code not in (values[0], values[-1]) or len(values) < 3:
            continue
        rest = values[values != code]
        gap = rest.min() - code if code == values[0] else code - rest.max()
        whole = bool((values == np.rint(values)).all())
        if gap > max(float(np.ptp(rest)), 1.0) * (1 if whole else 3):
            raise ModelError(
                f"'{name}' has the value {code:g} far from its others ({rest.min():g} to {rest.max():g}): "
                "a code for missing answers was left in",
                hint=f"data.replace({code:g}, float('nan'))",
            )


def _duplicates(sample: Sample, where: str) -> None:
    Y = sample.Y
    if np.isnan(Y).any():
        r = pd.DataFrame(Y).corr().to_numpy()
    else:
        scale = np.sqrt(np.diag(sample.cov))
        r = sample.cov / np.outer(scale, scale)
    pairs = np.argwhere(np.triu(np.abs(r) > SAME, 1))
    if len(pairs):
        a, b = (sample.names[k] for k in pairs[0])
        raise ModelError(f"'{a}' and '{b}' are the same variable{where} (|r| = 1)", hint="leave one out")


def _levels(y: np.ndarray, name: str) -> np.ndarray:
    found = np.unique(y[~np.isnan(y)])
    if len(found) > 20:
        raise ModelError(f"'{name}' is declared ordered and has {len(found)} values", hint="leave it numeric")
    return found
