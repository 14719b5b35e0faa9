"""A board of control charts: how it is set for its rate of false alarms, and one series on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.customers import run_lengths as arl
from crmlab.customers.charts import cusum, ewma, scale_of, set_aside
from crmlab.customers.drift import overdispersion
from crmlab.customers.self_starting import Scores, self_starting, self_starting_counts
from crmlab.customers.series import Series

CHARTS = ("shewhart", "ewma", "cusum")
SPREAD_FROM = 0.05  # p of overdispersion below which the spread of counts is estimated, as Laney's charts do


@dataclass(frozen=True, slots=True)
class Board:
    """How the charts of a board are set.

    Attributes
    ----------
    charts : "shewhart", "ewma", "cusum"
    arl : periods from one false alarm of the whole board to the next
    weight : of the newest value in the EWMA
    shift : in standard deviations; a CUSUM takes half of it as its reference value
    alpha : of change points and of spread, over all series
    seed : of the shuffles
    """

    charts: tuple[str, ...] = CHARTS
    arl: float = 370.0
    weight: float = 0.2
    shift: float = 1.0
    alpha: float = 0.05
    seed: int = 1

    def limits(self, series: int) -> dict[str, float]:
        """Chart -> its limit, so that all charts of all series together alarm once in `arl` periods for nothing."""
        each = self.own_arl(series)
        found = {
            "shewhart": lambda: arl.shewhart_limit(each),
            "ewma": lambda: arl.ewma_limit(self.weight, each),
            "cusum": lambda: arl.cusum_limit(self.shift / 2, each),
        }
        return {name: found[name]() for name in self.charts}

    def own_arl(self, series: int) -> float:
        """In-control run length of one chart."""
        return self.arl * series * len(self.charts)

    def promised(self, limits: dict[str, float]) -> dict[str, float]:
        """Chart -> periods to its alarm, on average, after a lasting shift."""
        found = {
            "shewhart": lambda limit: arl.shewhart_arl(limit, self.shift),
            "ewma": lambda limit: arl.ewma_arl(self.weight, limit, self.shift),
            "cusum": lambda limit: arl.cusum_arl(self.shift / 2, limit, self.shift),
        }
        return {name: found[name](limit) for name, limit in limits.items()}

    def within(self, name: str, limit: float, periods: int) -> float:
        """Chance of a false alarm of one chart within so many periods."""
        if name == "shewhart":
            return arl.shewhart_alarm_within(limit, periods)
        if name == "ewma":
            return arl.ewma_alarm_within(self.weight, limit, periods)
        return arl.cusum_alarm_within(self.shift / 2, limit, periods)


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """One series on the board.

    Attributes
    ----------
    series : what is watched
    baseline : how many of its periods come before
    scores : see `self_starting`
    paths : chart -> its statistic, in units of its limit, (n - baseline,)
    alarms : chart -> (n - baseline,) True where it alarms
    spread : variance of the standardised values of the baseline over what counting alone makes, and its p; NaN of means
    correlation : of the baseline with itself one period later
    """

    series: Series
    baseline: int
    scores: Scores
    paths: dict[str, np.ndarray]
    alarms: dict[str, np.ndarray]
    spread: tuple[float, float]
    correlation: float


def watched_series(series: Series, base: int, board: Board, limits: dict[str, float]) -> Watched:
    x, size = series.value, series.size
    first = slice(0, base)
    level = float(series.count[first].sum() / size[first].sum()) if series.kind in ("share", "rate") else 0.0
    scale = scale_of(series.kind, level, size)
    counted = series.kind in ("share", "rate")
    spread = (float("nan"), float("nan"))
    if counted:
        z = (x[first] - level) / scale[first]
        spread = overdispersion(z[~set_aside(z)])
    known = counted and spread[1] >= SPREAD_FROM
    limit = limits.get("shewhart", arl.shewhart_limit(board.own_arl(1)))
    scores = (
        self_starting_counts(series.count, size, series.kind, base, limit)
        if known
        else self_starting(x, scale, base, limit)
    )
    score = np.nan_to_num(scores.score[base:])
    paths: dict[str, np.ndarray] = {}
    if "shewhart" in limits:
        paths["shewhart"] = score / limits["shewhart"]
    if "ewma" in limits:
        path, reach = ewma(score, board.weight, limits["ewma"])
        paths["ewma"] = path / reach
    if "cusum" in limits:
        up, down = cusum(score, board.shift / 2)
        paths["cusum"] = np.where(up >= down, up, -down) / limits["cusum"]
    alarms = {name: np.abs(path) > 1 for name, path in paths.items()}
    z = (x[first] - scores.centre) / scale[first] / (scores.spread if scores.spread > 0 else 1.0)
    return Watched(series, base, scores, paths, alarms, spread, _lag_one(z[~scores.set_aside[first]]))


def _lag_one(z: np.ndarray) -> float:
    z = z - z.mean()
    return float((z[1:] * z[:-1]).sum() / (z**2).sum()) if (z**2).sum() > 0 else float("nan")
