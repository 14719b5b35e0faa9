"""What a notebook shows of contacts and the loop: the tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmlab.present import swift_figures as figures
from crmlab.present import swift_sentences as sentences
from crmlab.present import swift_tables as tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Figure, Paragraph, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes

if TYPE_CHECKING:
    from crmlab.study import Study

Blocks = list[Table | Figure | Paragraph | None]
VIEWS: dict[str, Callable[[Source, Ways], Blocks]] = {
    "model.contact_identity": lambda source, ways: [Paragraph(sentences.identity(source, ways)), *failed_notes(source, ways.language)],
    "model.needs_met": lambda source, ways: [Paragraph(sentences.needs(source, ways)), tables.needs(source, ways)],
    "model.contact_return": lambda source, ways: [tables.returns(source, ways)],
    "model.uplift": lambda source, ways: [Paragraph(sentences.uplift(source, ways)), tables.uplift(source, ways)],
    "model.swift_loop": lambda source, ways: [figures.ring(source, ways)],
    "model.swift_cycles": lambda source, ways: [tables.cycles(source, ways), figures.learning(source, ways)],
    "model.swift_cells": lambda source, ways: [figures.cells(source, ways)],
    "model.swift_claims": lambda source, ways: [Paragraph(sentences.sure(source, ways))],
    "model.action_plan": lambda source, ways: [
        Paragraph(sentences.plan(source, ways)), tables.plan(source, ways, None), *failed_notes(source, ways.language),
    ],
}  # fmt: skip


def blocks(source: Source, language: Language, study: Study | None) -> Blocks | None:
    """Tables and figures of a result on contacts or the loop; None for any other result."""
    model = source.result.model
    if model not in VIEWS:
        return None
    if not len(source.result.tidy):
        return list(failed_notes(source, language))
    return VIEWS[model](source, Ways.of(language, study))
