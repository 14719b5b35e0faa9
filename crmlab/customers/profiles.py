"""What the customers of each group are like: sizes, medians, index against all, what they think, their role."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from crmlab.result import Result, tidy_block
from crmlab.wilson import wilson_limits

ROLES = ("carriers", "slipping", "newcomers", "occasional", "core")
MUCH, LITTLE = 1.5, 0.5  # share of money over share of customers, from which, below which
LONGER = 1.5  # silence over that of all


@dataclass(frozen=True, eq=False)
class Grouped:
    """People in named groups.

    Attributes
    ----------
    group : (n,) name of each person's group, None for those who are in none
    order : names of the groups, in the order of the report
    raw : (n, features) in natural units
    X : (n, features) scaled
    value : (n,) money of each person, or None
    scores : constructs of those who answered, indexed as `raw`, or None
    """

    group: np.ndarray
    order: Sequence[str]
    raw: pd.DataFrame
    X: np.ndarray
    value: np.ndarray | None = None
    scores: pd.DataFrame | None = None


def profile(
    of: Grouped, *, model: str = "model.customer_segments", level: float = 0.95, jaccard: Sequence[float] = (),
    source: dict[str, str] | None = None,
) -> Result:  # fmt: skip
    """Describe groups of people.

    Returns
    -------
    Result
        `customers`, `share` (Wilson), `value_share`, `role` (place in `ROLES`), `jaccard`, `scored` (people with
        scores), each `:<group>`; `median`, `index` (100 x median over that of all), `profile` (mean of the scaled
        feature less that of all, in standard deviations), each `:<group>.<feature>`; `median:all.<feature>`;
        `gap:<group>.<construct>`: mean score less that of all others, in standard deviations (Welch's interval).
    """
    names = [name for name in of.order if (of.group == name).any()]
    n = float(np.isin(of.group.astype(object), names).sum())
    size = np.array([(of.group == name).sum() for name in names], dtype=float)
    low, high = wilson_limits(size / n, np.full(len(names), n), level)
    blocks = [
        tidy_block("customers", names, size),
        tidy_block("share", names, size / n, ci_low=low, ci_high=high),
    ]
    blocks += _features(of, names)
    if of.value is not None and np.nansum(of.value) > 0:
        shares = np.array([of.value[of.group == name].sum() for name in names]) / of.value.sum()
        blocks.append(tidy_block("value_share", names, shares))
        roles = [
            _role(of, name, share / (count / n))
            for name, share, count in zip(names, shares, size, strict=True)
        ]
        blocks.append(tidy_block("role", names, roles))
    if len(jaccard):
        blocks.append(tidy_block("jaccard", names, list(jaccard)))
    if of.scores is not None and len(of.scores):
        blocks += _scores(of, names, level)
    glance = {"n": n, "groups": len(names), "level": level, "ungrouped": float(len(of.group) - n)}
    return Result(model, pd.concat(blocks), glance, (), dict(source or {}))


def _features(of: Grouped, names: Sequence[str]) -> list[pd.DataFrame]:
    features = list(map(str, of.raw.columns))
    inside = np.isin(of.group.astype(object), list(names))
    everybody = of.raw.loc[inside].median().to_numpy(dtype=float)
    blocks = [tidy_block("median", [f"all.{one}" for one in features], everybody)]
    middle, spread = np.nanmean(of.X[inside], axis=0), np.nanstd(of.X[inside], axis=0)
    for name in names:
        rows = of.group == name
        own = of.raw.loc[rows].median().to_numpy(dtype=float)
        subjects = [f"{name}.{one}" for one in features]
        with np.errstate(divide="ignore", invalid="ignore"):
            index = np.where(everybody > 0, 100 * own / everybody, math.nan)
            place = (np.nanmean(of.X[rows], axis=0) - middle) / np.where(spread > 0, spread, math.nan)
        blocks.append(tidy_block("median", subjects, own))
        blocks.append(tidy_block("index", subjects, index))
        blocks.append(tidy_block("profile", subjects, place))
    return blocks


def _role(of: Grouped, name: str, ratio: float) -> float:
    """Place in ROLES, by money per person and, where purchases are known, by silence and number of purchases."""
    if {"recency", "frequency"} <= set(of.raw.columns):
        own, everybody = of.raw.loc[of.group == name].median(), of.raw.median()
        if own["recency"] >= LONGER * everybody["recency"] and own["frequency"] > everybody["frequency"]:
            return float(ROLES.index("slipping"))
        if ratio < MUCH and own["frequency"] <= 1 and own["recency"] < everybody["recency"]:
            return float(ROLES.index("newcomers"))
    if ratio >= MUCH:
        return float(ROLES.index("carriers"))
    return float(ROLES.index("occasional" if ratio < LITTLE else "core"))


def _scores(of: Grouped, names: Sequence[str], level: float) -> list[pd.DataFrame]:
    """How the groups' answers differ from those of all others."""
    assert of.scores is not None
    who = pd.Series(of.group, index=of.raw.index).reindex(of.scores.index).to_numpy(dtype=object)
    blocks = []
    for name in names:
        own = who == name
        others = np.isin(who, [one for one in names if one != name])
        blocks.append(tidy_block("scored", [name], [float(own.sum())]))
        if own.sum() < 3 or others.sum() < 3:
            continue
        inside, outside = of.scores.loc[own], of.scores.loc[others]
        sd = of.scores.loc[own | others].std(ddof=1)
        gap = (inside.mean() - outside.mean()) / sd
        a, b = inside.var(ddof=1) / inside.count(), outside.var(ddof=1) / outside.count()
        df = (a + b) ** 2 / (a**2 / (inside.count() - 1) + b**2 / (outside.count() - 1))
        half = student.ppf((1 + level) / 2, df) * np.sqrt(a + b) / sd
        subjects = [f"{name}.{one}" for one in of.scores.columns]
        blocks.append(
            tidy_block(
                "gap", subjects, gap, std_error=np.sqrt(a + b) / sd, ci_low=gap - half, ci_high=gap + half
            )
        )
    return blocks
