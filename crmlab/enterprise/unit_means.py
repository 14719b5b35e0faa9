"""What customers say of each unit, with the luck of small units taken off."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.enterprise.admit import figures, labels
from crmlab.enterprise.shrinkage import empirical_bayes
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block


def unit_means(
    customers: pd.DataFrame, *, outcome: str = "RQ", unit: str = "unit", level: float = 0.95
) -> Result:
    """How satisfied are the customers of each unit, when small units are not allowed to shine or fail by luck?

    Parameters
    ----------
    customers : one row a customer: the unit's name and the outcome; rows without an outcome are left out
    outcome, unit : columns
    level : of the intervals

    Returns
    -------
    Result
        `mean:<unit>` as observed, `shrunk:<unit>` (se, interval) drawn towards the mean of all by its imprecision,
        `weight:<unit>` of its own mean, `customers:<unit>`, `best_gap:<unit>` how far the shrunk mean stays below the
        best one.

    Raises
    ------
    ModelError
        Fewer than three units, or customers within units who all say the same.

    Notes
    -----
    One variance within units, pooled over them: the standard error of a unit's mean is its root over the root of the
    unit's customers. Shrinkage as in `shrink`.
    """
    what = "means of units"
    y = figures(customers, [outcome], what)[:, 0]
    there = ~np.isnan(y)
    names = np.array(labels(customers, unit, what), dtype=object)[there]
    y = y[there]
    units = sorted(set(names))
    place = np.searchsorted(np.array(units, dtype=str), names.astype(str))
    n = np.bincount(place, minlength=len(units))
    free = len(y) - len(units)
    if len(units) < 3 or free < 1:
        raise ModelError(
            f"{what}: {len(y)} customers of {len(units)} units; three units and more customers are needed"
        )
    mean = np.bincount(place, weights=y, minlength=len(units)) / n
    within = math.sqrt(float(((y - mean[place]) ** 2).sum()) / free)
    if not within > 0:
        raise ModelError(f"{what}: customers of one unit all say the same, so luck cannot be judged")
    found = empirical_bayes(mean, within / np.sqrt(n))
    z = float(ndtri((1 + level) / 2))
    ends = {"ci_low": found.value - z * found.error, "ci_high": found.value + z * found.error}
    tidy = pd.concat(
        [
            tidy_block("mean", units, mean),
            tidy_block("shrunk", units, found.value, std_error=found.error, **ends),
            tidy_block("weight", units, found.weight),
            tidy_block("customers", units, n),
            tidy_block("best_gap", units, found.value.max() - found.value),
        ]
    )
    checks = (
        Check("check.units_differ", found.between > 0, found.between, "> 0: units differ beyond noise"),
    )
    glance = {"n": len(y), "units": len(units), "mean": found.mean, "between": found.between, "level": level}
    source = source_of(pd.DataFrame({unit: names, outcome: y}))
    return Result("model.unit_means", tidy, glance, checks, source)
