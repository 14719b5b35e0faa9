"""Differences between groups, as comparisons of groups saved them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from crmlab.result import Result
from crmlab.study.hypotheses import Hypothesis


@dataclass(frozen=True, slots=True)
class Gap:
    """A difference between two groups: its size, its error, and degrees of freedom (infinite: normal theory)."""

    size: float
    error: float
    df: float = math.inf

    def bounds(self, level: float) -> tuple[float, float]:
        """The interval at a level."""
        t = ndtri((1 + level) / 2) if math.isinf(self.df) else stdtrit(self.df, (1 + level) / 2)
        return self.size - float(t) * self.error, self.size + float(t) * self.error

    def equivalence_p(self, margin: float) -> float:
        """The larger p of the two one-sided tests against the margin."""
        z = (self.size - margin) / self.error, -(self.size + margin) / self.error
        return float(max(ndtr(z) if math.isinf(self.df) else stdtr(self.df, z)))


def two_groups(subject: str, item: str) -> tuple[str, str]:
    """The groups of "CRM@STG.1-STG.2"."""
    first, _, second = subject.partition("@")[2].partition(f"-{item}.")
    return first, f"{item}.{second}"


def ways(one: Hypothesis, found: Result) -> list[str]:
    """The paths that a hypothesis about groups is about: along the way, and past its mediators."""
    along = [f"{b}~{a}" for a, b in pairwise(one.constructs)]
    past = f"{one.target}~{one.source}"
    return [*along, past] if one.via and f"equal:{past}" in found else along


def equal_paths_p(found: Result, wanted: Sequence[str]) -> float:
    """p of no difference between any groups in any of the paths."""
    known = [str(subject) for subject in found.select("equal").index]
    if len(wanted) > 1 and set(wanted) == set(known) and "equal_all" in found:
        return found.cell("equal_all", "p_value")
    p = [found.cell(f"equal:{path}", "p_value") for path in wanted if path in known]
    return min(1.0, min(p) * len(p)) if p else math.nan


def welch_p(found: Result, target: str) -> float:
    """p of no difference between any groups in a mean; NaN if it was not tested."""
    term = f"welch_f:{target}"
    return found.cell(term, "p_value") if term in found else math.nan


def gaps_of(found: Result, name: str, subject: str) -> Iterator[Gap]:
    """The differences between every two groups; of means in pooled standard deviations."""
    if name == "paths":
        rows = found.select("path_difference")
        for at, row in rows[rows.index.str.startswith(f"{subject}@")].iterrows():
            if str(at).partition("@")[0] == subject and row["std_error"] > 0:
                yield Gap(float(row["estimate"]), float(row["std_error"]))
        return
    keys = [str(key) for key in found.select("mean").index if str(key).startswith(f"{subject}.")]
    m, s = (np.array([found[f"{q}:{key}"] for key in keys]) for q in ("mean", "sd"))
    e = np.array([found.cell(f"mean:{key}", "std_error") for key in keys])
    if len(keys) < 2 or not ((s > 0) & (e > 0)).all():
        return
    n = (s / e) ** 2
    pooled = math.sqrt(float(((n - 1) * s**2).sum() / (n - 1).sum()))
    for a, b in combinations(range(len(keys)), 2):
        u = e[[a, b]] ** 2
        df = float(u.sum() ** 2 / (u**2 / (n[[a, b]] - 1)).sum())
        yield Gap(float(m[a] - m[b]) / pooled, math.sqrt(float(u.sum())) / pooled, df)


def largest(gaps: Sequence[Gap], level: float, p: float) -> dict[str, float]:
    """The row of the largest difference, with the p of the test of all."""
    gap = max(gaps, key=lambda gap: abs(gap.size))
    low, high = gap.bounds(level)
    return {"estimate": gap.size, "std_error": gap.error, "ci_low": low, "ci_high": high, "p_value": p}
