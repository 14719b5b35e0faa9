"""What a board of charts says, as saved results: series and limits, alarms, new levels and spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmlab.customers.board_of_charts import Board, Watched
from crmlab.customers.change_points import any_change, best_cuts
from crmlab.customers.charts import scale_of
from crmlab.customers.clustered import holm
from crmlab.customers.expected_series import AliveMix
from crmlab.customers.series import Series
from crmlab.result import Check, Result, tidy_block, tidy_frame


def label(series: Series, place: int) -> str:
    """The subject of one period: "quality.017"."""
    return f"{series.name}.{int(series.period[place]) + 1:03d}"


def series_result(
    watched: Sequence[Watched], board: Board, checks: list[Check], source: dict[str, str]
) -> Result:
    blocks = []
    for one in watched:  # a few series
        s, base = one.series, one.baseline
        shown = np.exp if s.log else np.asarray
        names = [label(s, k) for k in range(len(s.period))]
        lines = one.scores.limits
        low, high = lines.low, lines.high
        if s.kind in ("share", "rate"):
            low = np.maximum(low, 0.0)
            high = np.minimum(high, 1.0) if s.kind == "share" else high
        blocks += [
            tidy_block("value", names, shown(s.value), ci_low=shown(low), ci_high=shown(high)),
            tidy_block("size", names, s.size),
            tidy_block("start", names, s.clock.start + s.clock.step * s.period.astype(float)),
            *(tidy_block(chart, names[base:], one.paths[chart]) for chart in one.paths),
            _summary(one, shown),
        ]
        bound = 1.96 / np.sqrt(base)
        rule = "|r| <= 1.96 / sqrt(n): otherwise false alarms are not as rare as promised"
        checks.append(
            Check(f"check.independent:{s.name}", abs(one.correlation) <= bound, one.correlation, rule)
        )
    glance = {"series": float(len(watched)), "arl": board.arl}
    clock = watched[0].series.clock
    glance |= {"step_days": float(clock.step)}
    return Result("model.monitor_series", pd.concat(blocks), glance, tuple(checks), source)


def _summary(one: Watched, shown: Any) -> pd.DataFrame:
    s = one.series
    rows: list[dict[str, object]] = [
        {"term": f"centre:{s.name}", "estimate": float(shown(one.scores.centre))},
        {"term": f"sigma:{s.name}", "estimate": one.scores.spread},
        {"term": f"baseline:{s.name}", "estimate": float(one.baseline)},
        {"term": f"periods:{s.name}", "estimate": float(len(s.period))},
        {"term": f"days:{s.name}", "estimate": float(s.clock.step)},
        {"term": f"empty:{s.name}", "estimate": float(s.left_out)},
        {"term": f"set_aside:{s.name}", "estimate": float(one.scores.set_aside.sum())},
        {"term": f"autocorrelation:{s.name}", "estimate": one.correlation},
    ]
    if np.isfinite(one.spread[0]):
        rows.append({"term": f"overdispersion:{s.name}", "estimate": one.spread[0], "p_value": one.spread[1]})
    return tidy_frame(rows)


def alarm_result(
    watched: Sequence[Watched], board: Board, limits: dict[str, float], source: dict[str, str]
) -> Result:
    own, names = board.own_arl(len(watched)), list(limits)
    promised = board.promised(limits)
    blocks = [
        tidy_block("limit", names, [limits[name] for name in names]),
        tidy_block("arl", names, [own] * len(names)),
        tidy_block("delay", names, [promised[name] for name in names]),
    ]
    rows: list[dict[str, object]] = []
    expected = 0.0
    for one in watched:
        ahead = len(one.series.period) - one.baseline
        expected += ahead * len(names) / own
        for name in names:
            of = f"{one.series.name}.{name}"
            rows.append({"term": f"chance:{of}", "estimate": board.within(name, limits[name], ahead)})
            rows.append({"term": f"alarms:{of}", "estimate": float(one.alarms[name].sum())})
            if one.alarms[name].any():
                place = int(np.argmax(one.alarms[name]))
                rows.append(
                    {"term": f"first:{of}", "estimate": float(one.series.period[one.baseline + place] + 1)}
                )
                day = one.series.clock.start + one.series.clock.step * int(
                    one.series.period[one.baseline + place]
                )
                rows.append({"term": f"first_day:{of}", "estimate": float(day)})
                rows.append({"term": f"side:{of}", "estimate": float(np.sign(one.paths[name][place]))})
    rows.append({"term": "false_alarms", "estimate": expected})
    alarmed = sum(any(found.any() for found in one.alarms.values()) for one in watched)
    rows.append({"term": "alarmed", "estimate": float(alarmed)})
    glance = {
        "series": float(len(watched)), "charts": float(len(names)), "arl_board": board.arl, "shift": board.shift,
        "weight": board.weight, "reference": board.shift / 2,
    }  # fmt: skip
    return Result("model.monitor_alarms", pd.concat([*blocks, tidy_frame(rows)]), glance, (), source)


def change_result(
    watched: Sequence[Watched], board: Board, source: dict[str, str], mix: AliveMix | None = None
) -> Result:
    rng = np.random.default_rng(board.seed)
    names = [one.series.name for one in watched]
    scaled = [_standardised(one) for one in watched]
    found = [any_change(z, rng) for z in scaled]
    adjusted = holm(np.array([p for _, p in found]))
    blocks = [
        tidy_block("change", names, [size for size, _ in found], p_value=[p for _, p in found]),
        tidy_block("p_change", names, adjusted),
    ]
    rows: list[dict[str, object]] = []
    for one, z, p in zip(watched, scaled, adjusted, strict=True):
        s = one.series
        cuts = best_cuts(z, least=1) if p < board.alpha else []
        for k, (a, b) in enumerate(zip([0, *cuts], [*cuts, len(z)], strict=True)):
            level = (
                s.count[a:b].sum() / s.size[a:b].sum()
                if s.kind in ("share", "rate")
                else np.average(s.value[a:b], weights=s.size[a:b])
            )
            rows.append(
                {"term": f"level:{s.name}.{k + 1}", "estimate": float(np.exp(level) if s.log else level)}
            )
            if k:
                rows.append({"term": f"cut:{s.name}.{k}", "estimate": float(s.period[a] + 1)})
                rows.append(
                    {
                        "term": f"cut_day:{s.name}.{k}",
                        "estimate": float(s.clock.start + s.clock.step * s.period[a]),
                    }
                )
    rows += _alive(mix)
    blocks += [tidy_frame(rows), *_spreads(watched, scaled, names)]
    glance = {"alpha": board.alpha, "series": float(len(watched))}
    return Result("model.monitor_changes", pd.concat(blocks), glance, (), source | {"seed": str(board.seed)})


def _alive(mix: AliveMix | None) -> list[dict[str, object]]:
    """The mix of customers still active, as rows."""
    if mix is None:
        return []
    rows: list[dict[str, object]] = []
    for when, share, n in zip(("then", "now"), mix.share, mix.customers, strict=True):
        rows.append({"term": f"alive:{when}", "estimate": share})
        rows.append({"term": f"alive_customers:{when}", "estimate": float(n)})
    rows.append({"term": "alive_psi", "estimate": mix.psi, "std_error": mix.noise})
    return [*rows, {"term": "alive_band", "estimate": float(mix.band)}]


def _standardised(one: Watched) -> np.ndarray:
    s = one.series
    level = (
        float(s.count.sum() / s.size.sum())
        if s.kind in ("share", "rate")
        else float(np.average(s.value, weights=s.size))
    )
    found: np.ndarray = (s.value - level) / scale_of(s.kind, level, s.size)
    return found


def _spreads(
    watched: Sequence[Watched], scaled: Sequence[np.ndarray], names: list[str]
) -> list[pd.DataFrame]:
    """Did the spread from period to period change after the baseline? Deviations from the medians (Brown & Forsythe)."""
    from scipy.stats import levene

    ratio, p = [], []
    for one, z in zip(watched, scaled, strict=True):
        before, after = z[: one.baseline], z[one.baseline :]
        ratio.append(float(after.std(ddof=1) / before.std(ddof=1)))
        p.append(float(levene(before, after, center="median").pvalue))
    return [tidy_block("spread", names, ratio, p_value=p), tidy_block("p_spread", names, holm(np.array(p)))]
