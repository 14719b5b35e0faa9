"""Describing answers: items, construct scores, profile questions and the global metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from crmlab.errors import ModelError
from crmlab.pls.admit import numbers
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.wilson import wilson

ANSWERED = 0.5  # a construct score needs at least this share of its items


def item_statistics(
    frame: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    values: Mapping[str, Sequence[int]] | None = None,
    level: float = 0.95,
) -> Result:
    """How was each item answered?

    Parameters
    ----------
    frame : answers, one row per respondent, missing = NaN
    items : columns to describe; all if not given
    values : item -> the answers its scale allows; for these items `share:<item>.<value>` is given too
    level : probability covered by the t interval of the mean

    Returns
    -------
    Result
        `n`, `missing`, `mean` (se, interval), `sd` (divisor n - 1), `skewness`, `kurtosis` (excess).

    Notes
    -----
    Each item over its own answers. Skewness is G1 = sqrt(n(n-1))/(n-2) m3/m2^1.5, kurtosis G2 =
    (n-1)/((n-2)(n-3)) ((n+1)(m4/m2^2 - 3) + 6), as in SPSS and Excel; NaN without variance, with fewer
    than 3 or 4 answers. An item without variance is a failed check.

    Source
    ------
    Joanes, D. N. & Gill, C. A. (1998). The Statistician 47(1), 183-189.
    """
    items = list(frame.columns if items is None else items)
    X = numbers(frame, items)
    table = _moments_table(items, X, level)
    tables = [table]
    for item in items:
        if values and item in values:
            tables.append(_shares(item, X[:, items.index(item)], values[item]))
    checks = [
        Check(f"check.variance:{item}", False, 0.0, "> 0: the answers to an item differ")
        for item, column in zip(items, X.T, strict=True)
        if _answered(column).size and np.ptp(_answered(column)) == 0
    ]
    checks += [
        Check(f"check.answered:{item}", False, 0.0, "> 0 answers")
        for item, column in zip(items, X.T, strict=True)
        if not _answered(column).size
    ]
    glance = {"n": len(frame), "level": level}
    return Result("model.item_statistics", pd.concat(tables), glance, tuple(checks), source_of(frame[items]))


def construct_scores(frame: pd.DataFrame, blocks: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Mean of the answered items of each construct, on the answer scale.

    A respondent who answered fewer than half of a construct's items has no score (NaN).
    """
    found = {}
    for name, items in blocks.items():
        X = numbers(frame, items)
        answered = (~np.isnan(X)).sum(axis=1)
        total = np.where(np.isnan(X), 0.0, X).sum(axis=1)
        found[name] = np.where(answered >= ANSWERED * len(items), total / np.maximum(answered, 1), np.nan)
    return pd.DataFrame(found, index=frame.index)


def construct_statistics(
    frame: pd.DataFrame, blocks: Mapping[str, Sequence[str]], *, level: float = 0.95
) -> Result:
    """As `item_statistics`, for the mean score of each construct's items (see `construct_scores`)."""
    found = item_statistics(construct_scores(frame, blocks), level=level)
    items = list(dict.fromkeys(item for block in blocks.values() for item in block))
    return Result(
        "model.construct_statistics", found.tidy, found.glance, found.checks, source_of(frame[items])
    )


def profile(frame: pd.DataFrame, categories: Mapping[str, Sequence[int]], *, level: float = 0.95) -> Result:
    """Who answered? Counts and shares of every category, the empty ones too.

    Parameters
    ----------
    frame : coded answers, missing = NaN
    categories : item -> all its codes, in the order of the table

    Returns
    -------
    Result
        `count:<item>.<value>`, `share:<item>.<value>` of those who answered (interval: Wilson score),
        `missing:<item>`.

    Source
    ------
    Wilson, E. B. (1927). JASA 22, 209-212.
    """
    X = numbers(frame, list(categories)) if categories else np.empty((len(frame), 0))
    tables, checks = [], []
    for (item, codes), column in zip(categories.items(), X.T, strict=True):
        answers = _answered(column)
        strange = answers[~np.isin(answers, codes)]
        if strange.size:
            raise ModelError(f"item '{item}' holds {strange[0]:g}, which is none of its categories")
        subjects = [f"{item}.{code}" for code in codes]
        count = np.array([(answers == code).sum() for code in codes], dtype=float)
        _, low, high = wilson(count, answers.size, level)
        share = count / answers.size if answers.size else np.full(len(codes), np.nan)
        tables += [
            tidy_block("count", subjects, count),
            tidy_block("share", subjects, share, ci_low=low, ci_high=high),
            tidy_block("missing", [item], [float(len(column) - answers.size)]),
        ]
        if not answers.size:
            checks.append(Check(f"check.answered:{item}", False, 0.0, "> 0 answers"))
    glance = {"n": len(frame), "level": level}
    return Result(
        "model.profile",
        pd.concat(tables or [tidy_frame([])]),
        glance,
        tuple(checks),
        source_of(frame[list(categories)]),
    )


def globals_(
    frame: pd.DataFrame, *, nps: str = "NPS", csat: str = "CSAT", ces: str = "CES", level: float = 0.95
) -> Result:
    """Net promoter score, overall satisfaction and effort; only the columns that are there.

    Notes
    -----
    NPS = 100 (P - D), P the share of answers 9-10, D of 0-6, in points from -100 to 100; its standard
    error is 100 sqrt((P + D - (P - D)^2) / n), its interval normal. CSAT and CES are means of the answers
    as given (a high CES means much effort), with a t interval.

    Source
    ------
    Rocks, B. (2016). The American Statistician 70(4), 365-372 (interval of the NPS).
    """
    rows, checks = [], []
    present = [column for column in (nps, csat, ces) if column in frame.columns]
    for quantity, column in (("nps", nps), ("csat", csat), ("ces", ces)):
        if column not in present:
            continue
        answers = _answered(numbers(frame, [column])[:, 0])
        if not answers.size:
            checks.append(Check(f"check.answered:{column}", False, 0.0, "> 0 answers"))
        rows.append(
            {"term": f"{quantity}:{column}", **(_nps if quantity == "nps" else _mean)(answers, level)}
        )
        rows.append({"term": f"n:{column}", "estimate": answers.size})
    glance = {"n": len(frame), "level": level}
    return Result("model.globals", tidy_frame(rows), glance, tuple(checks), source_of(frame[present]))


def _nps(answers: np.ndarray, level: float) -> dict[str, float]:
    n = answers.size
    if not n:
        return {"estimate": math.nan}
    if answers.min() < 0 or answers.max() > 10:
        raise ModelError(
            f"a recommendation of {answers[(answers < 0) | (answers > 10)][0]:g} is not on the scale 0-10"
        )
    promoters, detractors = (answers >= 9).mean(), (answers <= 6).mean()
    score = promoters - detractors
    se = math.sqrt(max(promoters + detractors - score**2, 0.0) / n)
    z = float(ndtri((1 + level) / 2))
    return {
        "estimate": 100 * score,
        "std_error": 100 * se,
        "ci_low": max(-100.0, 100 * (score - z * se)),
        "ci_high": min(100.0, 100 * (score + z * se)),
    }


def _mean(answers: np.ndarray, level: float) -> dict[str, float]:
    n = answers.size
    if n < 2:
        return {"estimate": float(answers[0]) if n else math.nan}
    mean, se = float(answers.mean()), float(answers.std(ddof=1)) / math.sqrt(n)
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * se
    return {"estimate": mean, "std_error": se, "ci_low": mean - reach, "ci_high": mean + reach}


def _moments_table(items: Sequence[str], X: np.ndarray, level: float) -> pd.DataFrame:
    columns = [_answered(column) for column in X.T]
    means = [_mean(answers, level) for answers in columns]
    blocks = [
        tidy_block("n", items, [float(c.size) for c in columns]),
        tidy_block("missing", items, [float(len(X) - c.size) for c in columns]),
        tidy_frame({"term": f"mean:{item}", **mean} for item, mean in zip(items, means, strict=True)),
        tidy_block("sd", items, [float(c.std(ddof=1)) if c.size > 1 else math.nan for c in columns]),
        tidy_block("skewness", items, [skewness(c) for c in columns]),
        tidy_block("kurtosis", items, [kurtosis(c) for c in columns]),
    ]
    return pd.concat(blocks)


def skewness(x: np.ndarray) -> float:
    """G1, see `item_statistics`; NaN for fewer than 3 answers or no variance."""
    n, d = x.size, x - x.mean() if x.size else x
    if n < 3 or np.ptp(x) == 0:
        return math.nan
    return float(math.sqrt(n * (n - 1)) / (n - 2) * np.mean(d**3) / np.mean(d**2) ** 1.5)


def kurtosis(x: np.ndarray) -> float:
    """G2 (excess), see `item_statistics`; NaN for fewer than 4 answers or no variance."""
    n, d = x.size, x - x.mean() if x.size else x
    if n < 4 or np.ptp(x) == 0:
        return math.nan
    excess = np.mean(d**4) / np.mean(d**2) ** 2 - 3
    return float((n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6))


def _shares(item: str, column: np.ndarray, values: Sequence[int]) -> pd.DataFrame:
    answers = _answered(column)
    share = [float((answers == v).mean()) if answers.size else math.nan for v in values]
    return tidy_block("share", [f"{item}.{v}" for v in values], share)


def _answered(column: np.ndarray) -> np.ndarray:
    return column[~np.isnan(column)]
