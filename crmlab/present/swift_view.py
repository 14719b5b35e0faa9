"""What a notebook shows of contacts and the loop: the tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
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
}  # fmt: skip


def blocks(
    source: Source,
    language: Language,
    study: Study | None,
    beside: Mapping[str, Source] = MappingProxyType({}),
) -> Blocks | None:
    """Tables and figures of a result on contacts or the loop; None for any other result. `beside`: those of the cell."""
    model = source.result.model
    if model not in VIEWS and model != "model.action_plan":
        return None
    if not len(source.result.tidy):
        return list(failed_notes(source, language))
    ways = Ways.of(language, study)
    if model == "model.action_plan":
        return _plan(source, ways, beside.get("swift_cells"))
    return VIEWS[model](source, ways)


def _plan(source: Source, ways: Ways, cells: Source | None) -> Blocks:
    told = Paragraph(sentences.plan(source, ways))
    return [told, tables.plan(source, ways, cells), *failed_notes(source, ways.language)]
