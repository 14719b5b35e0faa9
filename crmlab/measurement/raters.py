"""Do raters give the same numbers? Intraclass correlations and within-group agreement."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import fdtrc, fdtri

from crmlab.errors import ModelError
from crmlab.measurement.answers import complete
from crmlab.result import Check, Result, tidy_block, tidy_frame

# shares of the answers of a five-step scale if nobody agrees but all lean one way (LeBreton & Senter 2008, table 2)
LEANING = {
    "slight": (0.05, 0.15, 0.20, 0.35, 0.25),
    "moderate": (0.0, 0.10, 0.15, 0.40, 0.35),
    "heavy": (0.0, 0.0, 0.10, 0.40, 0.50),
}
AGREED = 0.70


def icc(frame: pd.DataFrame, *, level: float = 0.95) -> Result:
    """How much of the ratings' variance lies between the things that are rated?

    Parameters
    ----------
    frame : one row per target, one column per rater; rows rated by all are used

    Returns
    -------
    Result
        `icc1`, `icc2`, `icc3` of a single rating and `icc1k`, `icc2k`, `icc3k` of the raters' mean, with
        intervals and p. 1: each target has its own raters; 2: the same raters, drawn from many, absolute
        agreement; 3: just these raters, consistency.

    Notes
    -----
    In McGraw and Wong's names ICC(1), ICC(A,1), ICC(C,1) and with k for 1. Intervals from F, for ICC(2) with
    Satterthwaite's degrees of freedom. p is for a population value of zero.

    Source
    ------
    Shrout, P. E. & Fleiss, J. L. (1979). Psychological Bulletin 86, 420-428. McGraw, K. O. & Wong, S. P.
    (1996). Psychological Methods 1, 30-46 (and 390, corrections).
    """
    given = complete(frame, what="ICC", varying=False)
    X = given.X
    n, k = X.shape
    rows = k * X.mean(axis=1).var(ddof=1)
    columns = n * X.mean(axis=0).var(ddof=1)
    left = X - X.mean(axis=1, keepdims=True)
    within = (left**2).sum() / (n * (k - 1))
    error = ((left - left.mean(axis=0)) ** 2).sum() / ((n - 1) * (k - 1))
    if rows <= 1e-14 * (X**2).mean():
        raise ModelError("ICC: the targets' means are all the same, so there is nothing to tell apart")
    if error <= 1e-14 * rows:
        raise ModelError("ICC: the raters differ by a constant only, so there is no error to compare with")
    single = [
        _one_way(rows, within, n, k, n * (k - 1), level),
        _two_way(rows, columns, error, n, k, level),
        _one_way(rows, error, n, k, (n - 1) * (k - 1), level),
    ]
    tails = [fdtrc(n - 1, n * (k - 1), rows / within)] + [fdtrc(n - 1, (n - 1) * (k - 1), rows / error)] * 2
    table = [
        _row(f"icc{form}{mean}", values, p, k if mean else 1)
        for mean in ("", "k")
        for form, values, p in zip((1, 2, 3), single, tails, strict=True)
    ]
    glance = {"n": n, "raters": k, "level": level}
    return Result("model.icc", tidy_frame(table), glance, given.checks, given.source)


def rwg(
    frame: pd.DataFrame,
    *,
    points: int,
    groups: Sequence[object] | pd.Series | None = None,
    null: str | Sequence[float] = "uniform",
) -> Result:
    """Do the raters of a group agree more than people who answer at random?

    Parameters
    ----------
    frame : one row per rater, one column per item of ONE construct; complete rows are used
    points : steps of the answer scale, 1 ... points
    groups : the group of each row; one group if not given
    null : "uniform"; "slight", "moderate", "heavy" skew (five steps); or the shares of the answers if nobody
        agreed, `points` of them

    Returns
    -------
    Result
        `rwg:<group>`, `raters:<group>`; over the groups `mean`, `median`, `agreed` (share at .70 or above).

    Notes
    -----
    One item: 1 - s^2/e, e the variance of the null answers, (A^2 - 1)/12 if uniform. J items:
    J(1 - m/e) / (J(1 - m/e) + m/e), m the mean of the items' variances (divisor n - 1). More variance than
    the null has is reported as 0 with a failed check. A group of one rater has no value (NaN).

    Source
    ------
    James, L. R., Demaree, R. G. & Wolf, G. (1984). Journal of Applied Psychology 69, 85-98. LeBreton, J. M. &
    Senter, J. L. (2008). Organizational Research Methods 11, 815-852 (skewed nulls).
    """
    expected = null_variance(points, null)
    given = complete(frame, what="rwg", least_items=1, least_rows=2, varying=False)
    if given.X.min() < 1 or given.X.max() > points:
        odd = given.X[(given.X < 1) | (points < given.X)][0]
        raise ModelError(f"rwg: an answer of {odd:g} is not on the scale 1-{points}")
    names = _labels(frame, groups)[frame.notna().all(axis=1).to_numpy()]
    subjects = list(dict.fromkeys(names))
    raw = np.array([agreement(given.X[names == name], expected) for name in subjects])
    rule = ">= 0: no more variance than answers at random have"
    checks = [
        Check(f"check.rwg_range:{name}", False, value, rule)
        for name, value in zip(subjects, raw, strict=True)
        if value < 0
    ]
    value = np.where(raw < 0, 0.0, raw)
    good = value[~np.isnan(value)]
    blocks = [
        tidy_block("rwg", subjects, value),
        tidy_block("raters", subjects, [int((names == name).sum()) for name in subjects]),
    ]
    if good.size:
        over = {"mean": good.mean(), "median": np.median(good), "agreed": (good >= AGREED).mean()}
        blocks.append(tidy_frame({"term": term, "estimate": number} for term, number in over.items()))
    glance = {"n": given.n, "points": points, "null_variance": expected}
    return Result("model.rwg", pd.concat(blocks), glance, (*given.checks, *checks), given.source)


def _labels(frame: pd.DataFrame, groups: Sequence[object] | pd.Series | None) -> np.ndarray:
    """The group of each row, as words."""
    if groups is None:
        return np.full(len(frame), "all", dtype=object)
    label = pd.Series(list(groups))
    if len(label) != len(frame):
        raise ModelError(f"rwg: {len(label)} groups are named for {len(frame)} rows")
    if label.isna().any():
        raise ModelError(f"rwg: {int(label.isna().sum())} rows have no group", hint="leave these rows out")
    return label.astype(str).to_numpy(dtype=object)


def null_variance(points: int, null: str | Sequence[float]) -> float:
    """Variance of answers 1 ... points if nobody agreed; see `rwg`."""
    if points < 2:
        raise ModelError(f"rwg: a scale of {points} steps has no variance")
    if null == "uniform":
        return (points**2 - 1) / 12
    if isinstance(null, str):
        if null not in LEANING or points != 5:
            raise ModelError(
                f"rwg: null '{null}' for {points} steps is not known; known are uniform, and for five steps "
                + ", ".join(LEANING),
                hint="give the shares of the answers, one for each step",
            )
        null = LEANING[null]
    share = np.asarray(null, dtype=float)
    if share.shape != (points,) or (share < 0).any() or abs(share.sum() - 1) > 1e-6:
        raise ModelError(f"rwg: the null needs {points} shares that sum to 1")
    steps = np.arange(1, points + 1)
    variance = float((share * steps**2).sum() - (share * steps).sum() ** 2)
    if variance <= 0:
        raise ModelError("rwg: a null in which all give one answer has no variance")
    return variance


def agreement(X: np.ndarray, expected: float) -> float:
    """rwg of one item, rwg(J) of several, of answers (raters, items), as computed; NaN for one rater."""
    if len(X) < 2:
        return math.nan
    ratio = float(X.var(axis=0, ddof=1).mean()) / expected
    J = X.shape[1]
    bottom = J * (1 - ratio) + ratio
    if J > 1 and bottom <= 0:
        return -math.inf
    return 1 - ratio if J == 1 else J * (1 - ratio) / bottom


def _one_way(rows: float, noise: float, n: int, k: int, df: int, level: float) -> tuple[float, float, float]:
    F = rows / noise
    low = F / fdtri(n - 1, df, (1 + level) / 2)
    high = F * fdtri(df, n - 1, (1 + level) / 2)
    return (F - 1) / (F + k - 1), (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _two_way(
    rows: float, columns: float, error: float, n: int, k: int, level: float
) -> tuple[float, float, float]:
    r = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    F = columns / error
    part = n * (1 + (k - 1) * r) - k * r
    df = (k - 1) * (n - 1) * (k * r * F + part) ** 2 / ((n - 1) * (k * r * F) ** 2 + part**2)
    f_low, f_high = fdtri(n - 1, df, (1 + level) / 2), fdtri(df, n - 1, (1 + level) / 2)
    rest = k * columns + (k * n - k - n) * error
    low = n * (rows - f_low * error) / (f_low * rest + n * rows)
    return r, low, n * (f_high * rows - error) / (rest + n * f_high * rows)


def _row(term: str, single: tuple[float, float, float], p: float, k: int) -> dict[str, object]:
    value, low, high = (k * x / (1 + (k - 1) * x) for x in single)
    return {"term": term, "estimate": value, "ci_low": low, "ci_high": high, "p_value": float(p)}
