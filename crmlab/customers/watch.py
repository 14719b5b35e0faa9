"""Monitoring of a study: its series of purchases and contacts on one board."""

from __future__ import annotations

from functools import partial

from crmlab.customers.board_of_charts import Board
from crmlab.customers.days import PurchaseDays
from crmlab.customers.expected_series import AliveMix, expected_series
from crmlab.customers.models import PurchaseModels
from crmlab.customers.monitor import Monitoring, monitor
from crmlab.customers.series import Series, contact_series, purchase_series
from crmlab.customers.touches import Touches, day_of
from crmlab.errors import ModelError
from crmlab.result import Result, attempt
from crmlab.study import Study

NAMES = ("monitor_series", "monitor_alarms", "monitor_changes")


def watch(
    study: Study, days: PurchaseDays | None = None, touched: Touches | None = None, models: PurchaseModels | None = None
) -> Monitoring | None:  # fmt: skip
    """Charts, alarms and change points of everything the study has; None where there is nothing to watch.

    Parameters
    ----------
    days : purchases, see `purchase_days`
    touched : contacts, see `touches`
    models : purchase models, see `fit_models`; the chosen one tells what was to be expected
    """
    if days is None and touched is None:
        return None
    found: dict[str, Result] = {}

    def run(name: str) -> Result:
        if not found:
            found.update(_board(study, days, touched, models))
        return found[name]

    return Monitoring({name: attempt(f"model.{name}", partial(run, name)) for name in NAMES})


def _board(
    study: Study, days: PurchaseDays | None, touched: Touches | None, models: PurchaseModels | None
) -> dict[str, Result]:
    asked = study.spec.monitoring
    calendar = study.ledger.calendar if study.has_ledger else touched.calendar if touched else "gregorian"
    end = day_of(asked.baseline_end, calendar, study, "monitoring.baseline_end")
    series, mix = _series(study, days, touched), None
    if days is not None and models is not None and (not asked.series or "expected" in asked.series):
        series, mix = _with_expected(series, study, days, models, end)
    wanted = [one for one in series if not asked.series or one.name in asked.series]
    if not series:
        raise ModelError("nothing happened in a whole period, so there is nothing to watch")
    if not wanted:
        raise ModelError("the study has none of the series named", hint="monitoring.series")
    board = Board(
        charts=tuple(asked.charts), arl=asked.arl, weight=asked.weight, shift=asked.shift,
        alpha=study.rules.alpha, seed=study.seed,
    )  # fmt: skip
    return monitor(wanted, board, baseline_end=end, mix=mix)


def _series(study: Study, days: PurchaseDays | None, touched: Touches | None) -> list[Series]:
    asked = study.spec.monitoring
    found: list[Series] = []
    if days is not None:
        found += purchase_series(days, asked.every, active=asked.active_days, again=asked.again_days)
    if touched is not None:
        found += contact_series(touched.rows, asked.every)
    return found


def _with_expected(
    series: list[Series], study: Study, days: PurchaseDays, models: PurchaseModels, end: int | None
) -> tuple[list[Series], AliveMix | None]:
    """The series with what the chosen model expected before them; without it where the baseline allows no model."""
    chosen = models.choice.select("chosen")["estimate"]
    clock = next((one.clock for one in series if one.name == "rate"), None)
    if clock is None or not (chosen == 1).any():
        return series, None
    try:
        found, mix = expected_series(
            days, str(chosen.index[chosen == 1][0]), clock, unit=study.behaviour.unit, baseline_end=end
        )
    except ModelError:
        return series, None
    return [found, *series], mix
