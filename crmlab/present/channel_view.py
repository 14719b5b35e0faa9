"""What a notebook shows of phases, channels and monitoring: the tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmlab.present import channel_figures, channel_tables, monitor_figures, monitor_tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Figure, Paragraph, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes

if TYPE_CHECKING:
    from crmlab.study import Study

Blocks = list[Table | Figure | Paragraph | None]
VIEWS: dict[str, Callable[[Source, Ways], Blocks]] = {
    "model.phase_scorecard": lambda source, ways: [
        channel_tables.scorecard(source, ways),
        channel_tables.voice(source, ways),
    ],
    "model.phase_drift": lambda source, ways: [
        channel_tables.attributes(source, ways),
        channel_tables.changes(source, ways),
    ],
    "model.channel_parity": lambda source, ways: [
        channel_tables.levels([source], ways),
        channel_tables.gaps([source], ways),
        *channel_figures.gaps([source], ways),
    ],
    "model.same_scale": lambda source, ways: list(failed_notes(source, ways.language)),
    "model.monitor_series": lambda source, ways: [
        monitor_figures.board(source, ways),
        monitor_tables.series(source, ways),
    ],
    "model.monitor_alarms": lambda source, ways: [
        monitor_tables.rules(source, ways),
        monitor_tables.alarms(source, ways),
    ],
    "model.monitor_changes": lambda source, ways: [monitor_tables.changes(source, ways)],
}


def blocks(source: Source, language: Language, study: Study | None) -> Blocks | None:
    """Tables and figures of a result on phases, channels or monitoring; None for any other result."""
    view = VIEWS.get(source.result.model)
    if view is None:
        return None
    if not len(source.result.tidy):
        return list(failed_notes(source, language))
    return view(source, Ways.of(language, study))
