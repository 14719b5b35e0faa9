"""What a notebook shows of segments, prospects and the life cycle: tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmlab.present import lifecycle_figures, lifecycle_tables, segment_figures, segment_tables
from crmlab.present.blocks import Figure, Paragraph, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.segment_words import Look
from crmlab.present.table_parts import failed_notes

if TYPE_CHECKING:
    from crmlab.study import Study

Blocks = list[Table | Figure | Paragraph | None]
VIEWS: dict[str, Callable[[Source, Look], Blocks]] = {
    "model.customer_segments": lambda s, look: [
        segment_tables.profile(s, look), segment_figures.profile(s, look, "segments_chart"), segment_tables.thoughts(s, look)
    ],
    "model.prospect_groups": lambda s, look: [
        segment_tables.kinds(s, look), segment_figures.profile(s, look, "prospect_chart")
    ],
    "model.prospect_model": lambda s, look: [segment_tables.model(s, look)],
    "model.prospect_calibration": lambda s, look: [segment_figures.calibration(s, look)],
    "model.stages": lambda s, look: [lifecycle_tables.stages(s, look)],
    "model.transitions": lambda s, look: [lifecycle_tables.transitions(s, look)],
    "model.occupation": lambda s, look: [lifecycle_figures.occupation(s, look)],
    "model.movement": lambda s, look: [lifecycle_tables.movement(s, look), lifecycle_figures.movement(s, look)],
    "model.flows": lambda s, look: [lifecycle_figures.flows(s, look)],
    "model.placement": lambda s, look: [lifecycle_tables.placement(s, look)],
    "model.stress": lambda s, look: [lifecycle_tables.stress(s, look)],
}  # fmt: skip


def blocks(source: Source, language: Language, study: Study | None) -> Blocks | None:
    """Tables and figures of a result on segments, prospects or stages; None for any other result."""
    model = source.result.model
    if model in ("model.segments_choice", "model.prospect_choice"):
        key = model.removeprefix("model.")
        look = Look.of(language, study)
        return (
            [segment_tables.choice(source, look, key)]
            if len(source.result.tidy)
            else list(failed_notes(source, language))
        )
    if model not in VIEWS:
        return None
    if not len(source.result.tidy):
        return list(failed_notes(source, language))
    return VIEWS[model](source, Look.of(language, study))
