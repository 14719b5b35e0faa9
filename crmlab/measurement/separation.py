"""Are constructs told apart? The forms of HTMT beside each other, and Fornell and Larcker's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from crmlab.measurement.discriminant import fornell_larcker
from crmlab.measurement.validity import THRESHOLD, htmt, htmt_checks
from crmlab.result import Result, attempt


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """The saved results on discriminant validity beside `htmt`, by their names in docs/terms.md."""

    fornell_larcker: Result
    htmt_forms: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result."""
        return {name: getattr(self, name) for name in self.__slots__}


def separate(
    frame: pd.DataFrame,
    reliability: Result,
    correlations: Result,
    constructs: Mapping[str, Sequence[str]],
    *,
    n_boot: int = 2000,
    seed: int = 0,
    level: float = 0.95,
    htmt_limit: float = THRESHOLD,
) -> Separation | None:
    """Do several criteria agree that the constructs differ?

    Parameters
    ----------
    frame : answers
    reliability, correlations : `ave:<construct>` and `cor:<A>~<B>`, as `assess` gives them
    constructs : first-order construct -> items
    n_boot, seed, level : of HTMT's percentile intervals
    htmt_limit : limit of the study

    Returns
    -------
    Separation or None
        `htmt_signed` (as first printed) and `htmt2` (geometric means) of each pair with intervals; None for a single
        construct.
    """
    names = list(constructs)
    if len(names) < 2:
        return None
    how: dict[str, Any] = {"n_boot": n_boot, "seed": seed, "level": level}
    return Separation(
        fornell_larcker=attempt("model.fornell_larcker", lambda: _table(names, reliability, correlations)),
        htmt_forms=attempt("model.htmt_forms", lambda: _forms(frame, constructs, htmt_limit, how)),
    )


def _table(names: Sequence[str], reliability: Result, correlations: Result) -> Result:
    ave = reliability.select("ave")["estimate"].reindex(list(names))
    found = correlations.select("cor")["estimate"]
    cor = pd.DataFrame(np.eye(len(names)), index=list(names), columns=list(names))
    for a, b in combinations(names, 2):
        value = found.get(f"{a}~{b}", found.get(f"{b}~{a}", np.nan))
        cor.loc[a, b] = cor.loc[b, a] = value
    return fornell_larcker({str(name): float(value) for name, value in ave.items()}, cor)


def _forms(
    frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]], limit: float, how: dict[str, Any]
) -> Result:
    """Signed and geometric ratios in one table; a pair is judged by its HTMT2."""
    signed = htmt(frame, constructs, kind="signed", **how)
    geometric = htmt(frame, constructs, kind="htmt2", **how)
    judged = [check for check in geometric.checks if not check.name.startswith("check.htmt:")]
    over = htmt_checks(geometric.tidy, limit)
    tidy = pd.concat([signed.tidy, geometric.tidy])
    return Result("model.htmt_forms", tidy, geometric.glance, (*judged, *over), geometric.source)
