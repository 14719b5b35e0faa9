"""Answers of one set of items with their moments, or a ModelError that says what is in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.measurement.incomplete import Moments, influence, likeliest, plain
from crmlab.pls.admit import numbers
from crmlab.pls.moments import products
from crmlab.provenance import source_of
from crmlab.result import Check

SINGULAR = 1e-10  # smallest eigenvalue of a correlation matrix that is still inverted
MISSING = ("fiml", "listwise")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The rows that are used, and their moments.

    Attributes
    ----------
    items : names of the p columns
    X : (n, p); NaN where missing
    moments : means and covariances of the items (divisor n)
    rows : how many rows were given
    checks : what was done about missing answers, if any are missing
    source : what the numbers rest on
    """

    items: tuple[str, ...]
    X: np.ndarray
    moments: Moments
    rows: int
    checks: tuple[Check, ...]
    source: dict[str, str]

    @property
    def n(self) -> int:
        """Number of rows used."""
        return len(self.X)

    @property
    def whole(self) -> np.ndarray:
        """(n,) rows with every item answered."""
        return ~np.isnan(self.X).any(axis=1)

    @property
    def correlation(self) -> np.ndarray:
        """Pearson correlations (p, p); exactly symmetric with ones on the diagonal, NaN without variance."""
        return self.moments.correlation

    @property
    def sd(self) -> np.ndarray:
        """(p,) standard deviations, divisor n."""
        return np.sqrt(np.diag(self.moments.cov))

    @property
    def glance(self) -> dict[str, float]:
        """n (rows used), rows (given), rows_complete (every item answered)."""
        return {"n": self.n, "rows": self.rows, "rows_complete": float(self.whole.sum())}

    def products(self) -> np.ndarray:
        """(n, p + p(p+1)/2) what `pls.moments.correlations` resamples, in units of the standard deviations.

        With every cell answered the standardised items and their products. Otherwise each row's influence on
        the likeliest means and covariances: the resampled moments are those of one Newton step from the
        full sample's, which is the bootstrap itself where nothing is missing.
        """
        if self.whole.all():
            return products((self.X - self.X.mean(axis=0)) / self.X.std(axis=0))
        return influence(self.X, self.moments)


def answered(
    frame: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    what: str,
    missing: str = "fiml",
    least_items: int = 2,
    least_rows: int = 3,
    varying: bool = True,
    seed: int | None = None,
) -> Answers:
    """The answers to some items, with their moments.

    Parameters
    ----------
    items : columns to take; all if not given
    what : the question, for messages ("KMO")
    missing : "fiml" keeps every row with at least one answer and takes the likeliest means and covariances
        of normal items (EM), right if what is missing depends on what was answered (MAR); "listwise" leaves
        out rows with a missing answer, right only if what is missing depends on nothing (MCAR)
    least_items, least_rows : fewer are refused
    varying : refuse an item whose answers are all the same
    seed : goes into the source

    Source
    ------
    Little, R. J. A. & Rubin, D. B. (2002). Statistical Analysis with Missing Data, 2nd ed., ch. 11.
    """
    if missing not in MISSING:
        raise ModelError(f"{what}: missing '{missing}' is not one of {', '.join(MISSING)}")
    columns = list(frame.columns if items is None else items)
    names = _named([str(item) for item in columns], what, least_items)
    X = numbers(frame, columns)
    seen = ~np.isnan(X)
    kept = X[seen.any(axis=1) if missing == "fiml" else seen.all(axis=1)]
    if len(kept) < least_rows:
        one = "an item" if missing == "fiml" else f"all {len(names)} items"
        raise ModelError(
            f"{what}: {len(kept)} of {len(X)} rows have {one} answered, {least_rows} are needed",
            hint="leave out items that hardly anyone answered",
        )
    if varying:
        _vary(kept, names, what)
    found = plain(kept) if seen[seen.any(axis=1)].all() or missing == "listwise" else likeliest(kept, names)
    checks = _counted(X, kept, found, missing)
    return Answers(names, kept, found, len(X), checks, source_of(frame[columns], seed=seed))


def complete(
    frame: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    what: str,
    least_items: int = 2,
    least_rows: int = 3,
    varying: bool = True,
) -> Answers:
    """The rows of `frame` with all items answered; see `answered`."""
    return answered(
        frame,
        items,
        what=what,
        missing="listwise",
        least_items=least_items,
        least_rows=least_rows,
        varying=varying,
    )


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


def _named(names: list[str], what: str, least: int) -> tuple[str, ...]:
    if len(names) < least:
        raise ModelError(f"{what}: {len(names)} columns are given, at least {least} are needed")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ModelError(f"{what}: item '{twice}' is named twice", hint="name each item once")
    return tuple(names)


def _vary(X: np.ndarray, names: Sequence[str], what: str) -> None:
    for name, column in zip(names, X.T, strict=True):
        given = column[~np.isnan(column)]
        if not given.size:
            raise ModelError(f"{what}: item '{name}' has no answers at all", hint="leave it out")
        if np.ptp(given) == 0:
            raise ModelError(
                f"{what}: item '{name}': every answer is the same, so there is no variance",
                hint="leave it out",
            )


def _counted(X: np.ndarray, kept: np.ndarray, found: Moments, missing: str) -> tuple[Check, ...]:
    """What was done with incomplete rows; nothing if there are none."""
    lost = int(np.isnan(X).any(axis=1).sum())
    if not lost:
        return ()
    if missing == "listwise":
        rule = "rows with a missing answer, left out; at most 5 % of all (Hair et al. 2022)"
        return (Check("check.missing_casewise", lost <= 0.05 * len(X), lost, rule),)
    empty = len(X) - len(kept)
    rule = "rows with a missing answer, used by maximum likelihood (EM; Little & Rubin 2002)"
    rule += f"; {empty} rows without any answer left out" if empty else ""
    return (Check("check.missing_fiml", found.converged, lost, rule),)
