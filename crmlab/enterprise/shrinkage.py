"""Small units are noisy: their levels are drawn towards the mean by as much as noise explains."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.enterprise.admit import figures, labels
from crmlab.enterprise.levels import Levels
from crmlab.enterprise.resample import spread
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """Posterior means and standard deviations of units, weights of their own values, mean and variance between."""

    value: np.ndarray
    error: np.ndarray
    weight: np.ndarray
    mean: float
    between: float


def shrink(
    units: pd.DataFrame, *, value: str = "value", error: str = "std_error", level: float = 0.95
) -> Result:
    """Values of units, each drawn towards the mean of all by its own imprecision.

    Parameters
    ----------
    units : one row a unit: `unit`, its value and the standard error of it
    value, error : columns
    level : of the intervals

    Returns
    -------
    Result
        `shrunk:<unit>` (se, interval), `weight:<unit>` of the unit's own value (1: none of it is noise), `mean`,
        `between` (variance of the true values).

    Raises
    ------
    ModelError
        Fewer than three units, an error that is blank or not above 0.

    Notes
    -----
    y_i ~ N(theta_i, s_i^2), theta_i ~ N(mu, A): theta_i* = w_i y_i + (1 - w_i) mu, w_i = A / (A + s_i^2); A solves
    sum (y_i - mu)^2 / (A + s_i^2) = k - 1 (0 if even A = 0 leaves less). Variance: w_i s_i^2 + (1 - w_i)^2 var(mu), and,
    as A is estimated, 2 / (k - 3) (1 - w_i)^2 (mean(s^2) + A) / (s_i^2 + A) (y_i - mu)^2 where k > 3.

    Source
    ------
    Efron, B. & Morris, C. (1975). Journal of the American Statistical Association 70, 311-319. Paule, R. C. &
    Mandel, J. (1982). Journal of Research of the National Bureau of Standards 87, 377-385. Morris, C. N. (1983).
    Journal of the American Statistical Association 78, 47-55 (variance).
    """
    names = labels(units, "unit", "shrinkage", unique=True)
    X = figures(units, [value, error], "shrinkage")
    found = empirical_bayes(X[:, 0], X[:, 1])
    z = float(ndtri((1 + level) / 2))
    tidy = pd.concat(
        [
            tidy_block(
                "shrunk",
                names,
                found.value,
                std_error=found.error,
                ci_low=found.value - z * found.error,
                ci_high=found.value + z * found.error,
            ),
            tidy_block("weight", names, found.weight),
            tidy_frame(
                [{"term": "mean", "estimate": found.mean}, {"term": "between", "estimate": found.between}]
            ),
        ]
    )
    rule = "> 0: units differ beyond noise"
    checks = [Check("check.units_differ", found.between > 0, found.between, rule)]
    return Result(
        "model.shrinkage", tidy, {"units": len(names), "level": level}, tuple(checks), source_of(units)
    )


def best_practice(levels: Levels, *, level: float = 0.95) -> Result:
    """How far is each unit from the best one, when luck of few raters is taken off?

    Parameters
    ----------
    levels : levels with their draws; a unit of one rater gets the error that its element has on average
    level : of the intervals

    Returns
    -------
    Result
        `shrunk:<element>.<unit>` (se, interval), `best:<element>.<unit>` the highest of them, `best_gap:<element>.<unit>`
        how far the unit stays below it. Elements rated in fewer than three units are left out with a failed check.
    """
    z = float(ndtri((1 + level) / 2))
    per_rater = np.array(
        [spread(levels.draws[:, place], int(n)) * math.sqrt(n) for place, n in enumerate(levels.raters)]
    )
    blocks, checks = [], []
    for e, element in enumerate(levels.table.columns):
        y = levels.table[element].to_numpy(dtype=float)
        known = per_rater[np.isfinite(per_rater[:, e]), e]
        pooled = math.sqrt(float((known**2).mean())) if known.size else math.nan
        # one variance over units: a unit whose few raters agree by luck is not thereby exact
        error = pooled / np.sqrt(levels.raters.to_numpy(dtype=float))
        there = ~np.isnan(y)
        if there.sum() < 3 or not pooled > 0:
            rule = ">= 3 units, and raters who differ at all"
            checks.append(Check(f"check.not_compared:{element}", False, there.sum(), rule))
            continue
        found = empirical_bayes(y[there], error[there])
        subjects = [f"{element}.{unit}" for unit in levels.table.index[there]]
        top = int(np.argmax(found.value))
        blocks += [
            tidy_block(
                "shrunk",
                subjects,
                found.value,
                std_error=found.error,
                ci_low=found.value - z * found.error,
                ci_high=found.value + z * found.error,
            ),
            tidy_block("best", [subjects[top]], [found.value[top]]),
            tidy_block("best_gap", subjects, found.value[top] - found.value),
        ]
    if not blocks:
        raise ModelError("best practice: no element can be compared over three units")
    glance = {"units": len(levels.table), "level": level}
    return Result("model.best_practice", pd.concat(blocks), glance, tuple(checks), levels.result.source)


def empirical_bayes(y: np.ndarray, s: np.ndarray) -> Shrunk:
    """Normal-normal shrinkage of y (k,) with standard errors s (k,)."""
    if len(y) < 3:
        raise ModelError(f"shrinkage: {len(y)} units, at least 3 are needed")
    if np.isnan(y).any() or not (s > 0).all():
        raise ModelError("shrinkage: each unit needs a value and a standard error above 0")

    def excess(A: float) -> float:
        w = 1 / (A + s**2)
        return float((w * (y - w @ y / w.sum()) ** 2).sum()) - (len(y) - 1)

    A = 0.0
    if excess(0.0) > 0:
        from scipy.optimize import brentq

        high = float(np.var(y, ddof=1)) + float((s**2).max())
        while excess(high) > 0:
            high *= 2
        A = float(brentq(excess, 0.0, high, xtol=1e-15, rtol=1e-14))
    w = 1 / (A + s**2)
    mean, variance = float(w @ y / w.sum()), 1 / float(w.sum())
    own = A / (A + s**2)
    error2 = own * s**2 + (1 - own) ** 2 * variance
    if len(y) > 3:  # A is an estimate, too: without this, intervals hold the truth too seldom
        sized = (float((s**2).mean()) + A) / (A + s**2)
        error2 = error2 + 2 / (len(y) - 3) * (1 - own) ** 2 * sized * (y - mean) ** 2
    error = np.sqrt(error2)
    return Shrunk(own * y + (1 - own) * mean, error, own, mean, A)
