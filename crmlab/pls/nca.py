"""Necessary condition analysis: what must be there for a level of the outcome to be possible?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

CEILINGS = ("ce_fdh", "cr_fdh")
SMALL = 0.1  # an effect size below is not meaningful (Dul 2016)


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """Ceiling of y over x. `peaks` (m, 2) rise in both; the line y = intercept + slope x goes through them."""

    peaks: np.ndarray
    intercept: float
    slope: float


def nca(fit: PlsFit, target: str, permutations: int, seed: int) -> Result:
    """Effect sizes of all predictors; see PlsFit.nca."""
    y, predictors = _target(fit, target)
    if permutations < 0:
        raise ModelError(f"{permutations} permutations cannot be drawn", hint="1000, or 0 for none")
    rng = np.random.default_rng(seed)
    orders = np.array([rng.permutation(fit.n) for _ in range(permutations)], dtype=int).reshape(-1, fit.n)
    rows, checks = [], []
    for name in predictors:
        x = fit.scores[name].to_numpy()
        found = effect_sizes(x, y)
        drawn = np.array([effect_sizes(x, y[order]) for order in orders]).reshape(-1, 2)
        for k, ceiling in enumerate(CEILINGS):
            p = ((drawn[:, k] >= found[k]).sum() + 1) / (len(drawn) + 1) if permutations else np.nan
            rows.append({"term": f"{ceiling}:{target}~{name}", "estimate": found[k], "p_value": p})
        rule = "effect size >= 0.1 (Dul 2016) to count as a necessary condition"
        checks.append(Check(f"check.necessary:{target}~{name}", found[0] >= SMALL, found[0], rule))
    glance = {"n": float(fit.n), "permutations": float(permutations)}
    return Result("model.pls", tidy_frame(rows), glance, tuple(checks), fit.source | {"seed": str(seed)})


def bottleneck(fit: PlsFit, target: str, ceiling: str, steps: int) -> pd.DataFrame:
    """Needed level of each predictor for levels of the target; see PlsFit.bottleneck."""
    y, predictors = _target(fit, target)
    if ceiling not in CEILINGS or steps < 1:
        raise ModelError(f"ceiling '{ceiling}' with {steps} steps", hint=", ".join(CEILINGS))
    share = np.linspace(0, 1, steps + 1)
    wanted = y.min() + share * np.ptp(y)
    columns = {target: 100 * share}
    for name in predictors:
        x = fit.scores[name].to_numpy()
        need = needed(ceiling_of(x, y), wanted, ceiling, float(x.max()))
        need = 100 * (need - x.min()) / np.ptp(x)
        columns[name] = np.where(need < 0, np.nan, need)
    return pd.DataFrame(columns, index=pd.Index(100 * share, name="target"))


def _target(fit: PlsFit, target: str) -> tuple[np.ndarray, list[str]]:
    stage = fit.solution.final.stage
    if target not in stage.names or not stage.sources[stage.names.index(target)]:
        raise ModelError(f"'{target}' is no construct that others explain", hint="an endogenous construct")
    predictors = [stage.names[i] for i in stage.sources[stage.names.index(target)]]
    return fit.scores[target].to_numpy(), predictors


def ceiling_of(x: np.ndarray, y: np.ndarray) -> Ceiling:
    """The step function over the points (free disposal hull) and the line through its peaks.

    A peak is a point whose y is higher than that of every point with x at most as large. The line is the
    least squares line through the peaks.
    """
    order = np.lexsort((-y, x))
    xs, ys = x[order], y[order]
    best = np.maximum.accumulate(ys)
    rises = np.append(True, best[1:] > best[:-1])
    peaks = np.column_stack([xs[rises], ys[rises]])
    if len(peaks) < 2:
        return Ceiling(peaks, float(peaks[0, 1]), 0.0)
    slope, intercept = np.polyfit(peaks[:, 0], peaks[:, 1], 1)
    return Ceiling(peaks, float(intercept), float(slope))


def effect_sizes(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Empty area above the ceiling over the area of the observed ranges: CE-FDH, CR-FDH.

    Source
    ------
    Dul, J. (2016). Organizational Research Methods 19(1), 10-52.
    """
    scope = float(np.ptp(x) * np.ptp(y))
    if scope <= 0:
        return np.nan, np.nan
    found = ceiling_of(x, y)
    edges = np.append(found.peaks[:, 0], x.max())
    empty = float((np.diff(edges) * (y.max() - found.peaks[:, 1])).sum())
    return empty / scope, _above_line(found, x, y) / scope


def _above_line(found: Ceiling, x: np.ndarray, y: np.ndarray) -> float:
    """Area between the line and the top of the observed rectangle, inside the rectangle."""
    if len(found.peaks) < 2 or found.slope <= 0:
        return 0.0
    at = np.array([(end - found.intercept) / found.slope for end in (y.min(), y.max())])
    left, right = np.clip(at, x.min(), x.max())
    low, high = (found.intercept + found.slope * end for end in (left, right))
    top = y.max()
    flat = (left - x.min()) * (top - y.min()) if at[0] > x.min() else 0.0
    return float(flat + (right - left) * (2 * top - low - high) / 2)


def needed(found: Ceiling, wanted: np.ndarray, ceiling: str, top: float) -> np.ndarray:
    """Smallest x that lets y reach each wanted level; on the line it may lie outside the observed range."""
    if ceiling == "cr_fdh" and len(found.peaks) > 1 and found.slope > 0:
        return (wanted - found.intercept) / found.slope
    places = np.searchsorted(found.peaks[:, 1], wanted - 1e-12)
    return np.append(found.peaks[:, 0], top)[places]
