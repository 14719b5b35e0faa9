"""Estimate the office graph from a panel of units: causes before effects, units against themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr

from crmlab.data.office_panel import OfficePanel
from crmlab.enterprise.panel_grid import no_loop_at_once, outcomes, panel_grid
from crmlab.enterprise.panel_moments import Equation, equation, moments, solve
from crmlab.enterprise.resample import by_content, counts, interval, spread
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

COLUMNS = {
    "MO": "mo_budget",
    "POL": "mo_policy",
    "BO": "bo_capacity",
    "CYC": "bo_cycle_time",
    "KAR": "bo_karaneh",  # performance pay
    "FO": "fo_service",
    "COM": "fo_complaints",
    "RQ": "rq_mean",
}
PATHS = {"BO~MO": 1, "BO~RQ": 0, "FO~MO": 0, "FO~BO": 1, "RQ~FO": 0}
FEW = 20


@dataclass(frozen=True, eq=False)
class OfficePaths:
    """Estimated strengths with their joint uncertainty.

    Attributes
    ----------
    paths : "outcome~cause" -> strength, standardised unless asked otherwise
    lags : "outcome~cause" -> periods
    draws : resamples x paths, joint: whole units are drawn, all equations from the same draw
    scale : node -> standard deviation that strengths are measured in
    mean : node -> mean in its own unit
    standardised : False if strengths are in the figures' own units
    result : terms `path:<outcome>~<cause>` (se, interval, p), `sd:<node>`
    """

    paths: dict[str, float]
    lags: dict[str, int]
    draws: pd.DataFrame
    scale: dict[str, float]
    mean: dict[str, float]
    standardised: bool
    result: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, for `save_all`."""
        return {"office_paths": self.result}


def office_paths(
    panel: OfficePanel | pd.DataFrame,
    *,
    paths: Mapping[str, int] | None = None,
    columns: Mapping[str, str] | None = None,
    effects: str = "fixed",
    periods: bool = True,
    standardised: bool = True,
    scale: Mapping[str, float] | None = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 20240101,
) -> OfficePaths:
    """The strengths of the paths between offices.

    Parameters
    ----------
    panel : admitted panel, or a frame with columns unit, time (whole numbers) and the figures
    paths : "outcome~cause" -> lag in periods (0: within the period); all paths of one outcome make one
        equation. The default is the loop mid -> back -> front -> relationship -> back, and mid -> front; for pay
        add {"KAR~FO": 0}, or {"BO~KAR": 1} to close the loop over it
    columns : node -> column of the panel
    effects : "fixed" compares each unit with itself; "pooled" also with others, which is more precise, and right
        only if units do not differ for lasting reasons that the figures do not show
    periods : True takes off what moves all units in one period alike (season, prices)
    standardised : strengths per standard deviation of the panel, rather than in the figures' own units
    scale : node -> standard deviation to use instead of the panel's, taken as known
    level, resamples, seed : of the cluster bootstrap over units

    Returns
    -------
    OfficePaths

    Raises
    ------
    ModelError
        A figure is lost or does not vary; paths within one period make a loop (which cause came first?); too few
        units or periods; two rows for one unit and period.

    Notes
    -----
    In a loop an outcome comes back, later, as a cause: causes are predetermined, not strictly exogenous, and
    subtracting unit means biases their paths by the order of 1/T. So units' levels are removed by forward
    orthogonal deviations (each value less the mean of the unit's later ones), and the instrument of a cause is
    its value less what is known by then of the unit's mean. Intervals: units are drawn with replacement, with
    all their periods; expanded percentile interval. p: t with units - 1 degrees of freedom.

    Source
    ------
    Arellano, M. & Bover, O. (1995). Journal of Econometrics 68(1), 29-51. Nickell, S. (1981). Econometrica 49,
    1417-1426 (the bias). Cameron, A. C., Gelbach, J. B. & Miller, D. L. (2008). Review of Economics and Statistics
    90(3), 414-427. Hesterberg, T. C. (2015). The American Statistician 69(4), 371-386.
    """
    what = "office paths"
    lags = dict(PATHS if paths is None else paths)
    frame = panel.frame if isinstance(panel, OfficePanel) else panel
    grid, units, nodes = panel_grid(frame, lags, {**COLUMNS, **(columns or {})}, what)
    if effects not in ("fixed", "pooled"):
        raise ModelError(f"{what}: effects '{effects}'", hint="fixed or pooled")
    no_loop_at_once(lags, what)
    order = by_content([np.nan_to_num(grid[place], nan=-np.inf) for place in range(len(units))])
    grid = grid[order]
    equations = [equation(grid, nodes, lags, outcome, effects, periods) for outcome in outcomes(lags)]
    _enough(equations, len(units), what)
    known = {node: float(size) for node, size in (scale or {}).items()}
    W = counts(np.random.default_rng(seed), len(units), resamples)
    everyone = np.ones((1, len(units)))
    value, drawn = _strengths(equations, everyone), _strengths(equations, W)
    sd = _spreads(grid, nodes, everyone, periods, known)
    if standardised:
        value = _standardised(value, equations, sd)
        drawn = _standardised(drawn, equations, _spreads(grid, nodes, W, periods, known))
    names = [f"{one.outcome}~{cause}" for one in equations for cause in one.causes]
    table = pd.DataFrame(drawn, columns=names)[list(lags)]
    point = dict(zip(names, value[0], strict=True))
    scales = dict(zip(nodes, sd[0], strict=True))
    middle = {node: float(np.nanmean(grid[:, :, place])) for place, node in enumerate(nodes)}
    result = _result(point, table, scales, equations, len(units), level, seed, frame)
    return OfficePaths(
        {name: float(point[name]) for name in lags}, lags, table, scales, middle, standardised, result
    )


def _enough(equations: list[Equation], units: int, what: str) -> None:
    for one in equations:
        used = int((one.rows > 0).sum())
        if used < one.Z.shape[2] + 2:
            raise ModelError(
                f"{what}: {used} of {units} units have enough periods for outcome '{one.outcome}', "
                f"at least {one.Z.shape[2] + 2} are needed",
                hint="gather more units, or take off no periods",
            )


def _strengths(equations: list[Equation], W: np.ndarray) -> np.ndarray:
    """(draws, paths) in the figures' own units."""
    found = []
    for one in equations:
        Szx, Szy = moments(one)
        found.append(solve(Szx, Szy, W)[:, : len(one.causes)])
    return np.hstack(found)


def _spreads(
    grid: np.ndarray, nodes: list[str], W: np.ndarray, periods: bool, known: Mapping[str, float]
) -> np.ndarray:
    """(draws, nodes) standard deviations over all unit-periods of the drawn units."""
    there = np.isfinite(grid)
    plain = np.where(there, grid, 0.0)
    if periods:
        n = np.maximum(there.sum(axis=0), 1)
        plain = np.where(there, grid - plain.sum(axis=0) / n, 0.0)
    else:
        plain = np.where(there, grid - plain.sum(axis=(0, 1)) / there.sum(axis=(0, 1)), 0.0)
    n, first, second = (W @ part.sum(axis=1) for part in (there.astype(float), plain, plain**2))
    sd = np.sqrt((second - first**2 / n) / (n - 1))
    for node, size in known.items():
        if node in nodes:
            if not size > 0:
                raise ModelError(f"office paths: a standard deviation of {size:g} for '{node}'")
            sd[:, nodes.index(node)] = size
    return sd


def _standardised(value: np.ndarray, equations: list[Equation], sd: np.ndarray) -> np.ndarray:
    ratio = [sd[:, cause] / sd[:, one.outcome_at] for one in equations for cause in one.causes_at]
    return value * np.column_stack(ratio)


def _result(
    point: dict[str, float],
    draws: pd.DataFrame,
    scale: dict[str, float],
    equations: list[Equation],
    units: int,
    level: float,
    seed: int,
    frame: pd.DataFrame,
) -> Result:
    names = list(draws.columns)
    D = draws.to_numpy()
    low, high = interval(D, units, level)
    error = spread(D, units)
    value = np.array([point[name] for name in names])
    p = 2 * stdtr(units - 1, -np.abs(value / error))
    tidy = pd.concat(
        [
            tidy_block("path", names, value, std_error=error, ci_low=low, ci_high=high, p_value=p),
            tidy_block("sd", list(scale), list(scale.values())),
        ]
    )
    rows = {one.outcome: float(one.rows.sum()) for one in equations}
    lost = float((~np.isfinite(D)).any(axis=1).mean()) if len(D) else math.nan
    checks = [
        Check(
            "check.panel_units",
            units >= FEW,
            units,
            f">= {FEW} units to draw (Cameron, Gelbach & Miller 2008)",
        ),
        Check("check.lost_draws", lost <= 0.01, lost, "<= 0.01 of the draws without an estimate"),
    ]
    glance = {"units": float(units), "resamples": float(len(D)), "level": level}
    glance |= {f"rows_{outcome}": number for outcome, number in rows.items()}
    return Result("model.office_paths", tidy, glance, tuple(checks), source_of(frame, seed=seed))
