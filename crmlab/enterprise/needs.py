"""Which needs are important and badly met: of the company, and of each segment of its customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from crmlab.enterprise.admit import figures, labels
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame

SMALL_SEGMENT = 30


def need_gaps(needs: pd.DataFrame, *, level: float = 0.95) -> Result:
    """How far does performance stay behind importance?

    Parameters
    ----------
    needs : columns need, importance, performance (one scale); a row a need, or a row a need and respondent
    level : of the intervals, which need two or more respondents

    Returns
    -------
    Result
        `need_gap:<need>` = importance - performance (positive: unmet; interval and p by t over respondents),
        `importance:<need>`, `performance:<need>`, `respondents:<need>`; `met_share` of the needs have no gap.
    """
    what = "needs"
    names = np.array(labels(needs, "need", what), dtype=object)
    X = figures(needs, ["importance", "performance"], what)
    order = list(dict.fromkeys(names))
    stats = [_gap(X[names == name], level) for name in order]
    known = [one["gap"] for one in stats if not np.isnan(one["gap"])]
    met = float(np.mean(np.array(known) <= 0)) if known else np.nan
    share = tidy_frame([{"term": "met_share", "estimate": met}])
    return Result(
        "model.need_gaps",
        pd.concat([_tidy("need_gap", order, stats), share]),
        {"needs": len(order), "level": level},
        tuple(_blank(X)),
        source_of(needs[["need", "importance", "performance"]]),
    )


def product_brief(
    customers: pd.DataFrame,
    needs: Mapping[str, tuple[str, str]],
    *,
    segment: str = "segment",
    profile: Sequence[str] = (),
    level: float = 0.95,
) -> Result:
    """What does each segment want that it does not get? The brief for a new product.

    Parameters
    ----------
    customers : one row a customer: the segment and the columns named by `needs` and `profile`
    needs : need -> (column of its importance, column of its performance), on one scale
    segment : column of the segment; customers without one are left out and counted
    profile : columns that describe a segment: wants, patterns, purchases
    level : of the intervals

    Returns
    -------
    Result
        `segment_size:<s>`, `segment_share:<s>`, `unmet:<need>.<s>` = mean importance - performance (interval,
        p), `importance:<need>.<s>`, `performance:<need>.<s>`, `top_need:<need>.<s>` the largest gap of the segment
        if it is positive, `briefed_share` of the segments that have one, `profile:<column>.<s>` means (se, interval). Segments smaller than 30 fail a check.
    """
    what = "product brief"
    if not needs:
        raise ModelError(f"{what}: no needs are named")
    pairs = [column for pair in needs.values() for column in pair]
    X = figures(customers, list(dict.fromkeys([*pairs, *profile])), what)
    at = {name: place for place, name in enumerate(dict.fromkeys([*pairs, *profile]))}
    if segment not in customers.columns:
        raise ModelError(f"{what}: there is no column '{segment}'")
    known = customers[segment].notna().to_numpy()
    names = np.array([str(one) for one in customers[segment]], dtype=object)
    segments = sorted(set(names[known]))
    if not segments:
        raise ModelError(f"{what}: no customer has a segment")
    blocks, checks = [], []
    size = np.array([int((known & (names == s)).sum()) for s in segments])
    blocks += [
        tidy_block("segment_size", segments, size),
        tidy_block("segment_share", segments, size / size.sum()),
    ]
    for s, n in zip(segments, size, strict=True):
        here = X[known & (names == s)]
        stats = [_gap(here[:, [at[a], at[b]]], level) for a, b in needs.values()]
        subjects = [f"{name}.{s}" for name in needs]
        blocks.append(_tidy("unmet", subjects, stats))
        gap = np.array([one["gap"] for one in stats])
        if np.isfinite(gap).any() and np.nanmax(gap) > 0:
            blocks.append(tidy_block("top_need", [subjects[int(np.nanargmax(gap))]], [np.nanmax(gap)]))
        blocks.append(
            _profile(here[:, [at[name] for name in profile]], [f"{name}.{s}" for name in profile], level)
        )
        rule = f">= {SMALL_SEGMENT} customers in a segment"
        checks.append(Check(f"check.segment_size:{s}", n >= SMALL_SEGMENT, n, rule))
    told = sum(len(block) == 1 and str(block["term"].iloc[0]).startswith("top_need:") for block in blocks)
    blocks.append(tidy_frame([{"term": "briefed_share", "estimate": told / len(segments)}]))
    lost = int((~known).sum())
    if lost:
        checks.append(
            Check("check.without_segment", lost <= 0.05 * len(known), lost, "customers without a segment")
        )
    tidy = pd.concat([block for block in blocks if len(block)])
    glance = {"n": int(known.sum()), "segments": len(segments), "needs": len(needs), "level": level}
    return Result("model.product_brief", tidy, glance, tuple(checks), source_of(customers[[segment, *at]]))


def _gap(X: np.ndarray, level: float) -> dict[str, float]:
    """Means of both columns and their paired difference with a t interval, over rows with both."""
    both = X[~np.isnan(X).any(axis=1)]
    if not len(both):
        return dict.fromkeys(("gap", "error", "low", "high", "p", "importance", "performance"), np.nan) | {
            "n": 0
        }
    d = both[:, 0] - both[:, 1]
    mean, n = float(d.mean()), len(d)
    found = {"gap": mean, "importance": both[:, 0].mean(), "performance": both[:, 1].mean(), "n": n}
    if n < 2:
        return found | dict.fromkeys(("error", "low", "high", "p"), np.nan)
    error = float(d.std(ddof=1)) / np.sqrt(n)
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * error
    p = 2 * float(stdtr(n - 1, -abs(mean / error))) if error > 0 else np.nan
    return found | {"error": error, "low": mean - reach, "high": mean + reach, "p": p}


def _tidy(quantity: str, subjects: Sequence[str], stats: Sequence[dict[str, float]]) -> pd.DataFrame:
    take = {key: [one[key] for one in stats] for key in stats[0]}
    gap = tidy_block(
        quantity,
        subjects,
        take["gap"],
        std_error=take["error"],
        ci_low=take["low"],
        ci_high=take["high"],
        p_value=take["p"],
    )
    rest = [tidy_block(key, subjects, take[key]) for key in ("importance", "performance")]
    return pd.concat([gap, *rest, tidy_block("respondents", subjects, take["n"])])


def _profile(X: np.ndarray, subjects: list[str], level: float) -> pd.DataFrame:
    n = (~np.isnan(X)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(np.isnan(X), 0.0, X).sum(axis=0) / n
        error = np.sqrt(np.where(np.isnan(X), 0.0, (X - mean) ** 2).sum(axis=0) / (n - 1) / n)
    error = np.where(n > 1, error, np.nan)
    reach = stdtrit(np.maximum(n - 1, 1), (1 + level) / 2) * error
    return tidy_block("profile", subjects, mean, std_error=error, ci_low=mean - reach, ci_high=mean + reach)


def _blank(X: np.ndarray) -> list[Check]:
    lost = int(np.isnan(X).any(axis=1).sum())
    rule = "rows without importance or performance, left out"
    return [Check("check.blank_needs", lost <= 0.05 * len(X), lost, rule)] if lost else []
