"""What is watched over time: control charts of all series of a study, alarms with their rules, cuts, and spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crmlab.customers.board_of_charts import Board, watched_series
from crmlab.customers.expected_series import AliveMix
from crmlab.customers.monitor_results import alarm_result, change_result, series_result
from crmlab.customers.series import Series
from crmlab.errors import ModelError
from crmlab.provenance import versions
from crmlab.result import Check, Result

FEWEST_BASE, FEWEST_WATCHED = 12, 4  # periods before and after the end of the baseline
EPSILON = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Monitoring:
    """The saved results on what is watched: `monitor_series`, `monitor_alarms`, `monitor_changes`."""

    results: dict[str, Result]


def monitor(
    series: Sequence[Series], board: Board | None = None, *, baseline_end: int | None = None,
    mix: AliveMix | None = None,
) -> dict[str, Result]:  # fmt: skip
    """Charts, alarms and change points of several series at once.

    Parameters
    ----------
    series : what is watched; see `purchase_series` and `contact_series`
    board : how the charts are set
    baseline_end : last day (since 1970) of the baseline; None takes the first half of each series
    mix : how likely customers were still active, see `expected_series`

    Returns
    -------
    dict of Result
        `monitor_series`: of each period `value:<s>.<t>` (interval: limits of the chart of single values), `size:<s>.<t>`,
        `shewhart:<s>.<t>`, `ewma:<s>.<t>` and
        `cusum:<s>.<t>` (in units of their limits), `start:<s>.<t>` (day); `centre:<s>`, `sigma:<s>`
        (factor on the counting error, or standard deviation), `baseline:<s>` (periods), `set_aside:<s>`,
        `overdispersion:<s>` (p), `autocorrelation:<s>`.
        `monitor_alarms`: `limit:<chart>`, `arl:<chart>` (in control), `delay:<chart>` (periods to the alarm after the
        shift, on average); `chance:<s>.<chart>` of a false alarm in the periods watched; `first:<s>.<chart>` period of the first
        alarm, `alarms:<s>.<chart>` how many periods, `side:<s>.<chart>` 1 up, -1 down; `false_alarms` to be expected.
        `monitor_changes`: `change:<s>` (largest standardised difference; p), `p_change:<s>` by Holm, `cut:<s>.<k>` first
        period of a new level, `level:<s>.<k>`; `spread:<s>` (later over earlier standard deviation of the standardised
        values; p of Brown and Forsythe), `p_spread:<s>` by Holm; with a mix `alive:then` and
        `alive:now` (share still active with a probability of one half or more), `alive_customers:…`, `alive_psi`
        (std_error: what chance makes of it), `alive_band`.

    Raises
    ------
    ModelError
        No series has enough periods.

    Notes
    -----
    Each later value is turned to a standard normal score against all before it (`self_starting`), so that limits hold
    for a baseline of any length; the in-control run length of each chart is that of the board times the number of
    charts (Bonferroni on the run length). Limits are solved numerically, not taken from tables.
    """
    board = board or Board()
    checks: list[Check] = []
    chosen = [(one, _baseline(one, baseline_end)) for one in series]
    large = [(one, base) for one, base in chosen if _long_enough(one, base, checks)]
    if not large:
        raise ModelError(
            f"no series has {FEWEST_BASE} periods of baseline and {FEWEST_WATCHED} after it",
            hint="observe for longer, or shorter periods: monitoring.every",
        )
    limits = board.limits(len(large))
    watched = [watched_series(one, base, board, limits) for one, base in large]
    source = versions()
    return {
        "monitor_series": series_result(watched, board, checks, source),
        "monitor_alarms": alarm_result(watched, board, limits, source),
        "monitor_changes": change_result(watched, board, source, mix),
    }


def _baseline(series: Series, end: int | None) -> int:
    """How many periods of a series belong to the baseline."""
    if end is None:
        return len(series.period) // 2
    last = series.clock.start + series.clock.step * (series.period + 1) - 1
    return int((last <= end).sum())


def _long_enough(series: Series, base: int, checks: list[Check]) -> bool:
    n, name = len(series.period), series.name
    enough = base >= FEWEST_BASE and n - base >= FEWEST_WATCHED
    rule = f">= {FEWEST_BASE} periods of baseline and >= {FEWEST_WATCHED} after it"
    checks.append(Check(f"check.periods:{name}", enough, float(min(base, n - base)), rule))
    if enough:
        same = not np.ptp(series.value[:base]) > EPSILON * max(1.0, float(np.abs(series.value[:base]).max()))
        checks.append(
            Check(
                f"check.varies:{name}", not same, float("nan"), "the baseline is not one and the same value"
            )
        )
        return not same
    return False
