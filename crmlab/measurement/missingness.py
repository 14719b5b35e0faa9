"""How much is missing, where, and does it depend on what was answered? Little's test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from crmlab.errors import ModelError
from crmlab.pls.admit import numbers
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.sem.incomplete import Patterns, complete, patterns
from crmlab.sem.saturated import saturated


@dataclass(frozen=True, slots=True)
class Little:
    """Little's chi-square and its degrees of freedom; NaN where a saturated model cannot be estimated."""

    chi2: float
    df: float


def missingness(
    frame: pd.DataFrame, blocks: Mapping[str, Sequence[str]], *, most: float = 0.05, alpha: float = 0.05
) -> Result:
    """How many answers are missing, and do those who left one out answer differently elsewhere?

    Parameters
    ----------
    frame : answers, one row per respondent, missing = NaN
    blocks : construct -> its items
    most : share of missing answers above which a construct is named
    alpha : of Little's test

    Returns
    -------
    Result
        `rows`, `rows_complete`, `cells`, `cells_missing`, `patterns` (counts), `share_missing` of all cells,
        `missing:<construct>` and `share:<construct>`, `mcar` (chi-square with p; degrees of freedom in
        `glance["df"]`).

    Notes
    -----
    d2 = sum over patterns j of n_j (m_j - mu_j)' S_jj^-1 (m_j - mu_j), with mu and S of the saturated maximum
    likelihood solution; chi-square with sum p_j - p degrees of freedom if answers are missing completely at
    random. Passing is no proof: answers may be missing for what they would have been. Not given where nothing
    is missing or the saturated model cannot be estimated.

    Source
    ------
    Little, R. J. A. (1988). JASA 83(404), 1198-1202.
    """
    items = list(dict.fromkeys(item for block in blocks.values() for item in block))
    X = numbers(frame, items)
    if not X.size:
        raise ModelError("missing answers: there are no answers at all")
    holes = np.isnan(X)
    place = {item: k for k, item in enumerate(items)}
    own = {name: holes[:, [place[item] for item in block]] for name, block in blocks.items()}
    share = {name: float(part.mean()) for name, part in own.items()}
    counts = {
        "rows": len(X),
        "rows_complete": int((~holes.any(axis=1)).sum()),
        "cells": holes.size,
        "cells_missing": int(holes.sum()),
        "patterns": len(np.unique(holes, axis=0)),
        "share_missing": float(holes.mean()),
    }
    test = little(X)
    p = float(chdtrc(test.df, test.chi2)) if not math.isnan(test.chi2) else math.nan
    rows: list[dict[str, object]] = [{"term": name, "estimate": value} for name, value in counts.items()]
    rows.append({"term": "mcar", "estimate": test.chi2, "p_value": p})
    tidy = pd.concat(
        [
            tidy_frame(rows),
            tidy_block("missing", own, [float(part.sum()) for part in own.values()]),
            tidy_block("share", share, list(share.values())),
        ]
    )
    rule = f"<= {most:.2f} of a construct's answers missing (Hair et al. 2022)"
    checks = [
        Check(f"check.missing_construct:{name}", False, value, rule)
        for name, value in share.items()
        if value > most
    ]
    if not math.isnan(p):
        rule = f"p >= {alpha:g}: missing completely at random is not refuted (Little 1988)"
        checks.append(Check("check.mcar", p >= alpha, p, rule))
    return Result(
        "model.missingness", tidy, {"n": len(X), "df": test.df}, tuple(checks), source_of(frame[items])
    )


def little(X: np.ndarray) -> Little:
    """Little's d2 of answers (n, p) with NaN where missing; see `missingness`."""
    nothing = Little(math.nan, math.nan)
    if not np.isnan(X).any() or np.isnan(X).all(axis=0).any():
        return nothing
    data = patterns(X)
    df = float(data.masks.sum() - data.p)
    try:
        found = saturated(data)
    except ModelError:
        return nothing
    return Little(_distance(data, found.mean, found.cov), df) if found.converged and df > 0 else nothing


def _distance(data: Patterns, mean: np.ndarray, cov: np.ndarray) -> float:
    """Completing is linear, so the completed mean of a pattern has the quadratic form of its observed part."""
    full = complete(mean, cov, data)
    if full is None:
        return math.nan
    middle = np.zeros((len(data.counts), data.p))
    np.add.at(middle, data.of, full.deviations)
    middle /= data.counts[:, None]
    return float(np.einsum("k,ki,ij,kj->", data.counts, middle, full.precision, middle, optimize=True))
