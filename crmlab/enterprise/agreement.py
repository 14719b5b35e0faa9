"""May the raters of a unit be averaged? Agreement within units and reliability of unit means."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import fdtrc, fdtri

from crmlab.data.ratings import Ratings
from crmlab.enterprise.ratings_table import RatingTable, rating_table
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.study.maturity import HIGHEST, LOWEST, MaturityItem

AGREED = 0.70
RELIABLE = 0.70
NULL_VARIANCE = ((HIGHEST - LOWEST + 1) ** 2 - 1) / 12  # of levels given at random


def agreement(
    ratings: Ratings | pd.DataFrame,
    *,
    level: float = 0.95,
    items: Mapping[str, MaturityItem] | None = None,
) -> Result:
    """Do the raters of each unit agree, and do units differ beyond their raters' disagreement?

    Parameters
    ----------
    ratings : admitted ratings, or a frame with columns unit, rater, item_code, level
    level : of the intervals of ICC(1) and ICC(2)
    items : what the codes mean; the bundled catalogue if not given

    Returns
    -------
    Result
        `rwg_item:<item>.<unit>`, `rwg:<element>.<unit>` (of the element's items together), `rwg_median:<element>`;
        `icc1:<element>` (interval, p), `icc2:<element>` (interval). A unit of one rater has NaN, and a failed
        check says that it carries no agreement claim.

    Notes
    -----
    rwg = 1 - s^2/e with e = (5^2 - 1)/12 = 2; of J items J(1 - m/e) / (J(1 - m/e) + m/e), m the mean of the
    items' variances (divisor n - 1) over the raters who gave the item. More variance than random levels have is
    reported as 0 with a failed check. ICC(1) = (B - W) / (B + (k - 1) W), ICC(2) = (B - W) / B from the one-way
    analysis of variance of raters' mean levels, k = (N - sum n^2 / N) / (units - 1) for unequal n; units of one
    rater are left out. Intervals from F, exact for equal n.

    Source
    ------
    James, L. R., Demaree, R. G. & Wolf, G. (1984). Journal of Applied Psychology 69, 85-98. Bliese, P. D. (2000).
    In Klein & Kozlowski (eds.), Multilevel theory, research, and methods in organizations, 349-381.
    """
    table = rating_table(ratings, items=items, what="agreement")
    blocks, checks = [], []
    groups = [np.flatnonzero(table.weights[:, e]) for e in range(len(table.elements))]
    raw = np.full((len(table.units), len(table.elements)), np.nan)
    for place, unit in enumerate(table.units):
        block = table.blocks[place]
        variance = item_variances(block)
        blocks.append(
            tidy_block(
                "rwg_item", [f"{code}.{unit}" for code in table.items], _floor(1 - variance / NULL_VARIANCE)
            )
        )
        raw[place] = [rwg_j(variance[group]) for group in groups]
        blocks.append(tidy_block("rwg", [f"{code}.{unit}" for code in table.elements], _floor(raw[place])))
        if len(block) < 2:
            rule = ">= 2 raters: one rater carries no agreement claim"
            checks.append(Check(f"check.one_rater:{unit}", False, len(block), rule))
        elif np.isnan(raw[place]).any():
            for e in np.flatnonzero(
                np.isnan(raw[place]) & np.isfinite(block).any(axis=0) @ (table.weights > 0)
            ):
                rule = ">= 2 raters: one rater carries no agreement claim"
                checks.append(Check(f"check.one_rater:{table.elements[e]}.{unit}", False, 1, rule))
    checks += _checks(table, raw)
    good = _floor(raw)
    median = [np.median(one[~np.isnan(one)]) if (~np.isnan(one)).any() else np.nan for one in good.T]
    blocks.append(tidy_block("rwg_median", table.elements, median))
    blocks.append(tidy_frame(row for row in _iccs(table, groups, level, checks)))
    known = good[~np.isnan(good)]
    glance = {
        "units": len(table.units),
        "units_of_one_rater": sum(len(block) < 2 for block in table.blocks),
        "agreed": float((known >= AGREED).mean()) if known.size else math.nan,
        "null_variance": NULL_VARIANCE,
        "level": level,
    }
    return Result("model.rater_agreement", pd.concat(blocks), glance, tuple(checks), table.source)


def item_variances(block: np.ndarray) -> np.ndarray:
    """Variance of each item over the raters who gave it, divisor n - 1; NaN for fewer than two. (R, I) -> (I,)."""
    there = np.isfinite(block)
    n = there.sum(axis=0)
    filled = np.where(there, block, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = filled.sum(axis=0) / n
        variance = (np.where(there, block - middle, 0.0) ** 2).sum(axis=0) / (n - 1)
    return np.where(n > 1, variance, np.nan)


def rwg_j(variances: np.ndarray, null_variance: float = NULL_VARIANCE) -> float:
    """rwg of one item, rwg(J) of several, from their variances over raters; NaN if none is known.

    Examples
    --------
    >>> rwg_j(np.array([0.5])), rwg_j(np.array([0.5, 0.5]))
    (0.75, 0.8571428571428571)
    """
    known = variances[~np.isnan(variances)]
    if not known.size:
        return math.nan
    ratio, J = float(known.mean()) / null_variance, known.size
    bottom = J * (1 - ratio) + ratio
    if J > 1 and bottom <= 0:
        return -math.inf
    return 1 - ratio if J == 1 else J * (1 - ratio) / bottom


def icc(groups: list[np.ndarray], level: float = 0.95) -> dict[str, float]:
    """One-way intraclass correlations of groups of values: icc1, icc2, their intervals, F, p and mean size k.

    Raises
    ------
    ModelError
        Fewer than two groups of two or more.
    """
    groups = [values for values in (np.asarray(one, dtype=float) for one in groups) if len(values) > 1]
    if len(groups) < 2:
        raise ModelError(f"ICC: {len(groups)} units have two or more raters, at least 2 are needed")
    n = np.array([len(values) for values in groups])
    N, J = int(n.sum()), len(groups)
    means = np.array([values.mean() for values in groups])
    grand = float((n * means).sum() / N)
    B = float((n * (means - grand) ** 2).sum()) / (J - 1)
    W = float(sum(((values - values.mean()) ** 2).sum() for values in groups)) / (N - J)
    k = (N - (n**2).sum() / N) / (J - 1)
    if max(grand**2, 1) * 1e-14 >= B:
        return dict.fromkeys(("icc1", "icc2", "low", "high", "F", "p"), math.nan) | {"k": k}
    if W <= 1e-14 * B:
        return {"icc1": 1.0, "icc2": 1.0, "low": math.nan, "high": math.nan, "F": math.inf, "p": 0.0, "k": k}
    F = B / W
    low = F / fdtri(J - 1, N - J, (1 + level) / 2)
    high = F * fdtri(N - J, J - 1, (1 + level) / 2)
    return {
        "icc1": (F - 1) / (F + k - 1),
        "icc2": 1 - 1 / F,
        "low": float(low),
        "high": float(high),
        "F": F,
        "p": float(fdtrc(J - 1, N - J, F)),
        "k": k,
    }


def _iccs(table: RatingTable, groups: list[np.ndarray], level: float, checks: list[Check]) -> list[dict]:
    rows: list[dict] = []
    for code, group in zip(table.elements, groups, strict=True):
        try:
            found = icc(
                [_scores(block[:, group], table.weights[group].sum(axis=1)) for block in table.blocks], level
            )
        except ModelError:
            continue
        k, low, high = found["k"], found["low"], found["high"]
        rows.append(
            {
                "term": f"icc1:{code}",
                "estimate": found["icc1"],
                "ci_low": (low - 1) / (low + k - 1),
                "ci_high": (high - 1) / (high + k - 1),
                "p_value": found["p"],
            }
        )
        rows.append(
            {
                "term": f"icc2:{code}",
                "estimate": found["icc2"],
                "ci_low": 1 - 1 / low,
                "ci_high": 1 - 1 / high,
            }
        )
        rule = f">= {RELIABLE:.2f} (Bliese 2000): means of units can be told apart"
        checks.append(Check(f"check.icc2:{code}", found["icc2"] >= RELIABLE, found["icc2"], rule))
    if not rows:
        rule = ">= 2 units of two or more raters, to compare units"
        checks.append(Check("check.icc_units", False, sum(len(b) > 1 for b in table.blocks), rule))
    return rows


def _scores(block: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """A rater's mean level over the items given; raters who gave none are left out."""
    there = np.isfinite(block)
    rated = there.any(axis=1)
    total = np.where(there, block, 0.0) @ weight
    return total[rated] / (there @ weight)[rated]


def _floor(values: np.ndarray) -> np.ndarray:
    return np.where(values < 0, 0.0, values)


def _checks(table: RatingTable, raw: np.ndarray) -> list[Check]:
    found = []
    for place, unit in enumerate(table.units):
        known = raw[place][~np.isnan(raw[place])]
        if known.size:
            middle = float(np.median(_floor(known)))
            rule = f">= {AGREED:.2f} in the middle of the elements (LeBreton & Senter 2008)"
            found.append(Check(f"check.rwg:{unit}", middle >= AGREED, middle, rule))
        for e in np.flatnonzero(raw[place] < 0):
            rule = ">= 0: no more variance than levels at random have"
            found.append(Check(f"check.rwg_range:{table.elements[e]}.{unit}", False, raw[place][e], rule))
    return found
