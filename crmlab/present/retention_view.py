"""What a notebook shows of contracts: the tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmlab.present import retention_figures as figures
from crmlab.present import retention_tables as tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Figure, Paragraph, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes

if TYPE_CHECKING:
    from crmlab.study import Study

Blocks = list[Table | Figure | Paragraph | None]
VIEWS: dict[str, Callable[[Source, Ways], Blocks]] = {
    "model.contract_flow": lambda source, ways: [tables.flow(source, ways)],
    "model.kaplan_meier": lambda source, ways: [figures.survival(source, ways), tables.stays(source, ways)],
    "model.contract": lambda source, ways: [figures.models(source, ways), tables.models(source, ways)],
    "model.cox": lambda source, ways: [tables.cox(source, ways)],
    "model.aft": lambda source, ways: [tables.aft(source, ways)],
    "model.aft_weibull": lambda source, ways: [tables.aft(source, ways)],
    "model.aft_lognormal": lambda source, ways: [tables.aft(source, ways)],
    "model.aft_loglogistic": lambda source, ways: [tables.aft(source, ways)],
    "model.churn": lambda source, ways: [tables.churn(source, ways)],
    "model.churn_calibration": lambda source, ways: [figures.calibration(source, ways)],
    "model.churn_gains": lambda source, ways: [figures.gains(source, ways)],
    "model.churn_profit": lambda source, ways: [figures.profit(source, ways), tables.profit(source, ways)],
}


def blocks(source: Source, language: Language, study: Study | None) -> Blocks | None:
    """Tables and figures of a result on contracts; None for any other result."""
    model = source.result.model
    if model not in VIEWS:
        return None
    if not len(source.result.tidy):
        return list(failed_notes(source, language))
    return VIEWS[model](source, Ways.of_contracts(language, study))
