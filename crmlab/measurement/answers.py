"""Complete answers of one set of items, or a ModelError that says what is in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.admit import numbers
from crmlab.provenance import source_of
from crmlab.result import Check

SINGULAR = 1e-10  # smallest eigenvalue of a correlation matrix that is still inverted


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Rows with every item answered.

    Attributes
    ----------
    items : names of the p columns
    X : (n, p)
    checks : how many rows were left out, if any
    source : what the numbers rest on
    """

    items: tuple[str, ...]
    X: np.ndarray
    checks: tuple[Check, ...]
    source: dict[str, str]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.X)

    @property
    def correlation(self) -> np.ndarray:
        """Pearson correlations (p, p); exactly symmetric with ones on the diagonal."""
        Z = self.X - self.X.mean(axis=0)
        Z = Z / np.sqrt((Z**2).sum(axis=0))
        R = Z.T @ Z
        R = (R + R.T) / 2
        np.fill_diagonal(R, 1.0)
        return R


def complete(
    frame: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    what: str,
    least_items: int = 2,
    least_rows: int = 3,
    varying: bool = True,
    seed: int | None = None,
) -> Answers:
    """The rows of `frame` with all items answered.

    Parameters
    ----------
    items : columns to take; all if not given
    what : the question, for messages ("KMO")
    least_items, least_rows : fewer are refused
    varying : refuse an item whose answers are all the same
    seed : goes into the source
    """
    columns = list(frame.columns if items is None else items)
    names = [str(item) for item in columns]
    if len(names) < least_items:
        raise ModelError(f"{what}: {len(names)} columns are given, at least {least_items} are needed")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ModelError(f"{what}: item '{twice}' is named twice", hint="name each item once")
    X = numbers(frame, columns)
    kept = X[~np.isnan(X).any(axis=1)]
    if len(kept) < least_rows:
        raise ModelError(
            f"{what}: {len(kept)} of {len(X)} rows have all {len(names)} items answered, {least_rows} are needed",
            hint="leave out items that hardly anyone answered",
        )
    flat = np.flatnonzero(np.ptp(kept, axis=0) == 0)
    if varying and flat.size:
        raise ModelError(
            f"{what}: item '{names[flat[0]]}': every answer is the same, so there is no variance",
            hint="leave it out",
        )
    lost = len(X) - len(kept)
    rule = "rows with a missing answer, left out; at most 5 % of all (Hair et al. 2022)"
    checks = (Check("check.missing_casewise", lost <= 0.05 * len(X), lost, rule),) if lost else ()
    return Answers(tuple(names), kept, checks, source_of(frame[columns], seed=seed))


def invertible(answers: Answers, what: str) -> np.ndarray:
    """The correlations, if they can be inverted; otherwise a ModelError that names the items in the tie."""
    R = answers.correlation
    values, vectors = np.linalg.eigh(R)
    if values[0] < SINGULAR:
        tied = np.flatnonzero(np.abs(vectors[:, 0]) > 0.1)
        names = ", ".join(f"'{answers.items[i]}'" for i in tied[:5])
        raise ModelError(
            f"{what}: the correlations of {len(R)} items over {answers.n} rows cannot be inverted; "
            f"an exact tie runs through {names}",
            hint="leave out an item that is a sum or a copy of others, or gather more rows than items",
        )
    return R
