"""What a notebook shows of a ledger and of step 07: the tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmlab.present import behaviour_figures as figures
from crmlab.present import behaviour_tables as tables
from crmlab.present import value_figures, value_tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Figure, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language

if TYPE_CHECKING:
    from crmlab.study import Study

Blocks = list[Table | Figure | None]
VIEWS: dict[str, Callable[[Source, Ways], Blocks]] = {
    "model.ledger_flow": lambda source, ways: [
        tables.ledger_flow(source, ways),
        figures.ledger_flow(source, ways),
    ],
    "model.customer_base": lambda source, ways: [tables.base(source, ways), tables.rfm(source, ways)],
    "model.pareto_curve": lambda source, ways: [figures.pareto(source, ways)],
    "model.cohorts": lambda source, ways: [
        figures.cohorts(source, ways),
        tables.cohort_revenue(source, ways),
    ],
    "model.gaps": lambda source, ways: [figures.gaps(source, ways)],
    "model.repeat_curve": lambda source, ways: [figures.repeat(source, ways)],
    "model.clv_choice": lambda source, ways: [tables.choice(source, ways)],
    "model.gamma_gamma": lambda source, ways: [tables.spend(source, ways)],
    "model.clv_holdout": lambda source, ways: [tables.holdout(source, ways)],
    "model.tracking": lambda source, ways: [value_figures.tracking(source, ways)],
    "model.frequencies": lambda source, ways: [value_figures.frequencies(source, ways)],
    "model.conditional": lambda source, ways: [value_figures.conditional(source, ways)],
    "model.p_alive": lambda source, ways: [value_figures.alive(source, ways)],
    "model.clv_value": lambda source, ways: [value_tables.value(source, ways)],
    "model.rfm_groups": lambda source, ways: _groups(source, ways, "rfm_groups"),
    "model.value_tiers": lambda source, ways: _groups(source, ways, "value_tiers"),
}


def blocks(source: Source, language: Language, study: Study | None) -> Blocks | None:
    """Tables and figures of a result of step 07; None for any other result."""
    view = VIEWS.get(source.result.model)
    if view is None and "mean_rate" in source:  # the purchase model itself, under any of its keys
        return [tables.purchase(source, Ways.of(language, study))]
    return None if view is None else view(source, Ways.of(language, study))


def _groups(source: Source, ways: Ways, key: str) -> Blocks:
    return [value_tables.groups(source, ways, key, None), value_figures.groups(source, ways, key)]
