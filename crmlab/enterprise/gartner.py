"""Gartner's eight blocks as a state: how even is the profile, and which block holds the rest back?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlab.enterprise.levels import Levels
from crmlab.enterprise.resample import interval, spread
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.study.maturity import HIGHEST, LOWEST

EVEN = 0.75


def balance(
    levels: Levels | pd.DataFrame | Mapping[str, float], *, model: str = "gartner", level: float = 0.95
) -> Result:
    """How balanced are the capabilities of each unit?

    Parameters
    ----------
    levels : levels with their draws; or a frame of units x elements; or element -> level of one unit (named "all")
    model : whose elements are compared, where several have been rated
    level : of the intervals, which need draws

    Returns
    -------
    Result
        `weakest_index:<unit>` = smallest level / mean level (1 if even), `imbalance:<unit>` = standard deviation
        (divisor n) / mean (0 if even), `weakest:<element>.<unit>` the smallest level, `mean_level:<unit>`.
        Without a unit: of the mean profile over units.

    Notes
    -----
    The weakest-link index states how far the weakest capability lies below the average one: a chain of
    capabilities carries what its weakest link carries. If several elements share the smallest level each of
    them has its row.
    """
    table, draws, raters, source = _admit(levels, model)
    rows, checks = [], []
    profiles = [(f":{unit}", f".{unit}", table.loc[unit].to_numpy(dtype=float)) for unit in table.index]
    if len(table) > 1:
        rated = table.notna().any()
        middle = np.where(rated, table.mean().to_numpy(dtype=float), np.nan)
        profiles.append(("", "", middle))
    for place, (of, dot, profile) in enumerate(profiles):
        if np.isnan(profile).all():
            checks.append(Check(f"check.not_rated{of}", False, 0, "a level in at least one element"))
            continue
        index, uneven, mean = profile_balance(profile[None])
        drawn = draws[:, place] if draws is not None and place < len(table) else None
        n = int(raters[place]) if raters is not None and place < len(table) else 1
        for name, value, k in (
            ("weakest_index", index, 0),
            ("imbalance", uneven, 1),
            ("mean_level", mean, 2),
        ):
            row: dict[str, object] = {"term": name + of, "estimate": float(value[0])}
            if drawn is not None and n > 1:
                found = profile_balance(drawn)[k]
                low, high = interval(found, n, level)
                row |= {"std_error": float(spread(found, n)), "ci_low": float(low), "ci_high": float(high)}
            rows.append(row)
        least = np.nanmin(profile)
        rows += [
            {"term": f"weakest:{element}{dot}", "estimate": least}
            for element, value in zip(table.columns, profile, strict=True)
            if value <= least + 1e-12
        ]
        rule = f">= {EVEN:.2f} of the mean level"
        checks.append(Check(f"check.weakest_link{of}", index[0] >= EVEN, index[0], rule))
    return Result(
        "model.balance", tidy_frame(rows), {"units": len(table), "level": level}, tuple(checks), source
    )


def profile_balance(profiles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """min/mean, standard deviation/mean and mean of each row; NaN left out; (B, elements) -> three (B,)."""
    there = np.isfinite(profiles)
    n = there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, profiles, 0.0).sum(axis=1) / n
        least = np.where(there, profiles, np.inf).min(axis=1)
        least = np.where(n > 0, least, np.nan)
        deviation = np.where(there, profiles - mean[:, None], 0.0)
        return least / mean, np.sqrt((deviation**2).sum(axis=1) / n) / mean, mean


def _admit(
    levels: Levels | pd.DataFrame | Mapping[str, float], model: str
) -> tuple[pd.DataFrame, np.ndarray | None, np.ndarray | None, dict[str, str]]:
    if isinstance(levels, Levels):
        here = levels.of(model)
        return here.table, here.draws, here.raters.to_numpy(), here.result.source
    table = levels if isinstance(levels, pd.DataFrame) else pd.DataFrame(dict(levels), index=["all"])
    if table.index.has_duplicates:
        raise ModelError("balance: a unit stands twice")
    values = table.to_numpy(dtype=float)
    known = values[~np.isnan(values)]
    if table.shape[1] < 2 or not known.size or np.isnan(values).all(axis=1).any():
        raise ModelError("balance: each unit needs levels of two or more elements")
    if ((known < LOWEST) | (known > HIGHEST)).any():
        raise ModelError(f"balance: a level outside {LOWEST}-{HIGHEST}")
    return table, None, None, source_of(table.reset_index(drop=True))
