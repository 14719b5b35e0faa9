"""Do groups of people differ? Means, ranks and shares, always with the size of the difference."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import chdtrc, fdtrc, ndtri, stdtr, stdtrit
from scipy.stats import ncf, nct, rankdata

from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.columns import known_columns, numeric_columns, word
from crmlab.structure.explained import noncentral_bounds
from crmlab.structure.multiplicity import holm

SMALL = 10  # members below which a group's mean says little


def compare_means(frame: pd.DataFrame, scores: Sequence[str], group: str, *, level: float = 0.95) -> Result:
    """Do the groups differ in their mean scores, and by how much?

    Parameters
    ----------
    frame : one row per respondent
    scores : numeric columns; for each the rows with a value and a group are used and counted
    group : column of the groups, two or more

    Returns
    -------
    Result
        For every score: `n:<score>.<group>`, `mean:<score>.<group>` (se, t interval), `sd:<score>.<group>`;
        `welch_f:<score>` and `anova_f:<score>` (p), `kruskal_h:<score>` (p); two groups: `difference:<score>`
        (first less second; Welch's se, interval, p), `student_t`, `welch_t:<score>` (p), `d:<score>`
        (interval); always `eta2`, `omega2`, `epsilon2:<score>` (eta2 with interval; epsilon2 of ranks), and
        `p_holm:<score>` of the Welch tests over the scores.

    Raises
    ------
    ModelError
        Unknown columns, words as scores, fewer than two groups, a group of fewer than 2.

    Notes
    -----
    d = difference / pooled sd; its interval and that of eta2 invert the noncentral t and F (lambda/(lambda+n)).
    omega2 = (SS_b - df_b MS_w)/(SS_t + MS_w); epsilon2 = H (n+1)/(n^2-1).

    Source
    ------
    Welch, B. L. (1951). Biometrika 38, 330-336. Kruskal, W. H. & Wallis, W. A. (1952). JASA 47, 583-621. Steiger,
    J. H. (2004). Psychological Methods 9(2), 164-182 (intervals). Tomczak, M. & Tomczak, E. (2014). Trends in
    Sport Sciences 21, 19-25 (epsilon2).
    """
    known_columns(frame, [*scores, group])
    if not scores:
        raise ModelError("no score is given to compare")
    rows: list[dict[str, object]] = []
    checks: list[Check] = []
    p = []
    numeric_columns(frame, scores)
    for score in scores:
        used = frame[[score, group]].dropna()
        names, values = _split(used, score, group)
        rows += _of_groups(score, names, values, level)
        found, value = _tests(score, values, level)
        rows += found
        p.append(value)
        lost = len(frame) - len(used)
        rule = "rows without score or group, left out; at most 5 % of all (Hair et al. 2022)"
        checks.append(Check(f"check.missing_casewise:{score}", lost <= 0.05 * len(frame), lost, rule))
        checks += [
            Check(f"check.small_group:{score}.{name}", False, len(v), f">= {SMALL} members")
            for name, v in zip(names, values, strict=True)
            if len(v) < SMALL
        ]
    adjusted = holm(np.array(p))
    rows += [{"term": f"p_holm:{s}", "estimate": v} for s, v in zip(scores, adjusted, strict=True)]
    source = source_of(frame[[*scores, group]])
    glance = {"n": len(frame), "level": level, "scores": len(scores)}
    return Result("model.compare_means", tidy_frame(rows), glance, tuple(checks), source)


def _tests(score: str, values: list[np.ndarray], level: float) -> tuple[list[dict[str, object]], float]:
    n = np.array([len(v) for v in values], dtype=float)
    m, s2 = np.array([v.mean() for v in values]), np.array([v.var(ddof=1) for v in values])
    N, k = n.sum(), len(values)
    pooled = ((n - 1) * s2).sum()
    if not pooled > 0:
        raise ModelError(f"score '{score}' does not vary within the groups")
    between = float((n * (m - (n * m).sum() / N) ** 2).sum())
    within = pooled / (N - k)
    F = between / (k - 1) / within
    low, high = noncentral_bounds(lambda size: float(ncf.cdf(F, k - 1, N - k, size)), level)
    rows: list[dict[str, object]] = [
        {"term": f"anova_f:{score}", "estimate": F, "p_value": float(fdtrc(k - 1, N - k, F))},
        {
            "term": f"eta2:{score}",
            "estimate": between / (between + pooled),
            "ci_low": low / (low + N),
            "ci_high": high / (high + N),
        },
        {
            "term": f"omega2:{score}",
            "estimate": (between - (k - 1) * within) / (between + pooled + within),
        },
    ]
    H = _kruskal(values)
    rows += [
        {"term": f"kruskal_h:{score}", "estimate": H, "p_value": float(chdtrc(k - 1, H))},
        {"term": f"epsilon2:{score}", "estimate": H * (N + 1) / (N**2 - 1)},
    ]
    p = math.nan
    if (s2 > 0).all():
        W, df = _welch(n, m, s2)
        p = float(fdtrc(k - 1, df, W))
        rows.append({"term": f"welch_f:{score}", "estimate": W, "p_value": p})
    if k == 2:
        rows += _two(score, n, m, s2, within, level)
    return rows, p


def _welch(n: np.ndarray, m: np.ndarray, s2: np.ndarray) -> tuple[float, float]:
    """Welch's F and its second degrees of freedom."""
    k, w = len(n), n / s2
    centre = (w * m).sum() / w.sum()
    lack = ((1 - w / w.sum()) ** 2 / (n - 1)).sum()
    top = (w * (m - centre) ** 2).sum() / (k - 1)
    return float(top / (1 + 2 * (k - 2) / (k**2 - 1) * lack)), float((k**2 - 1) / (3 * lack))


def _two(
    score: str, n: np.ndarray, m: np.ndarray, s2: np.ndarray, within: float, level: float
) -> list[dict[str, object]]:
    gap, df = float(m[0] - m[1]), float(n.sum() - 2)
    scale = math.sqrt(n[0] * n[1] / n.sum())
    t = gap / math.sqrt(within) * scale
    low = -_t_bound(-t, df, level)
    high = _t_bound(t, df, level)
    u = s2 / n
    error = math.sqrt(u.sum())
    rows: list[dict[str, object]] = [
        {"term": f"student_t:{score}", "estimate": t, "p_value": float(2 * stdtr(df, -abs(t)))},
        {
            "term": f"d:{score}",
            "estimate": gap / math.sqrt(within),
            "ci_low": low / scale,
            "ci_high": high / scale,
        },
    ]
    if error > 0:
        welch = float(u.sum() ** 2 / (u**2 / (n - 1)).sum())
        reach = float(stdtrit(welch, (1 + level) / 2)) * error
        p = float(2 * stdtr(welch, -abs(gap) / error))
        rows += [
            {"term": f"welch_t:{score}", "estimate": gap / error, "p_value": p},
            {
                "term": f"difference:{score}",
                "estimate": gap,
                "std_error": error,
                "ci_low": gap - reach,
                "ci_high": gap + reach,
                "p_value": p,
            },
        ]
    return rows


def _t_bound(t: float, df: float, level: float) -> float:
    """Upper bound of the noncentrality of t."""
    goal = (1 - level) / 2
    reach = 2 * float(-ndtri(goal)) * math.sqrt(1 + t**2 / (2 * df)) + 1

    def gap(size: float) -> float:
        value = float(nct.cdf(t, df, size))
        return (value if math.isfinite(value) else 0.0) - goal  # not finite only where the tail is nothing

    return float(brentq(gap, t - 1e-9, t + reach, xtol=1e-10))


def _kruskal(values: list[np.ndarray]) -> float:
    """H, corrected for ties."""
    everything = np.concatenate(values)
    ranks = rankdata(everything)
    n = len(everything)
    starts = np.cumsum([0, *(len(v) for v in values[:-1])])
    sums = np.add.reduceat(ranks, starts)
    H = 12 / (n * (n + 1)) * sum(s**2 / len(v) for s, v in zip(sums, values, strict=True)) - 3 * (n + 1)
    ties = np.unique(everything, return_counts=True)[1].astype(float)
    return float(H / (1 - (ties**3 - ties).sum() / (n**3 - n)))


def _of_groups(
    score: str, names: list[str], values: list[np.ndarray], level: float
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, v in zip(names, values, strict=True):
        error = v.std(ddof=1) / math.sqrt(len(v))
        reach = float(stdtrit(len(v) - 1, (1 + level) / 2)) * error
        mean = float(v.mean())
        rows += [
            {"term": f"n:{score}.{name}", "estimate": len(v)},
            {
                "term": f"mean:{score}.{name}",
                "estimate": mean,
                "std_error": error,
                "ci_low": mean - reach,
                "ci_high": mean + reach,
            },
            {"term": f"sd:{score}.{name}", "estimate": float(v.std(ddof=1))},
        ]
    return rows


def _split(used: pd.DataFrame, score: str, group: str) -> tuple[list[str], list[np.ndarray]]:
    known = sorted(used[group].unique(), key=lambda v: (isinstance(v, str), v))
    if len(known) < 2:
        raise ModelError(f"'{group}' has {len(known)} group with answers to '{score}'; two are needed")
    values = [used.loc[used[group] == v, score].to_numpy(dtype=float) for v in known]
    for name, v in zip(known, values, strict=True):
        if len(v) < 2:
            raise ModelError(
                f"group '{word(name)}' of '{group}' has {len(v)} answer to '{score}'",
                hint="join it with another group, or leave it out",
            )
    return [word(v) for v in known], values
