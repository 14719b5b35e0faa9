"""What a notebook shows of answers joined with purchases: the tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmlab.present import linkage_figures as figures
from crmlab.present import linkage_sentences as sentences
from crmlab.present import linkage_tables as tables
from crmlab.present import tables as plain_tables
from crmlab.present.blocks import Figure, Paragraph, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.linkage_words import Link
from crmlab.present.table_parts import failed_notes

if TYPE_CHECKING:
    from crmlab.study import Study

Blocks = list[Table | Figure | Paragraph | None]


def _quadrants(source: Source, link: Link) -> Blocks:
    table, drawn = tables.quadrants(source, link), figures.cells(source, link)
    told = Paragraph(sentences.quadrants(source, link, table is not None, drawn is not None))
    return [told, table, drawn, *(failed_notes(source, link.language) if table is None else ())]


VIEWS: dict[str, Callable[[Source, Link], Blocks]] = {
    "model.link_join": lambda source, link: [
        Paragraph(sentences.order(source, link)), tables.join(source, link),
    ],
    "model.link_selection": lambda source, link: [tables.selection(source, link)],
    "model.link_measure": lambda source, link: [plain_tables.plain(source, link.language)],
    "model.link_estimates": lambda source, link: [tables.estimates(source, link), figures.forest(source, link)],
    "model.link_joint": lambda source, link: [tables.joint(source, link)],
    "model.link_money": lambda source, link: [tables.money(source, link), figures.parts(source, link)],
    "model.link_curve": lambda source, link: [figures.curve(source, link)],
    "model.link_quadrants": _quadrants,
    "model.link_afterwards": lambda source, link: [tables.afterwards(source, link)],
    "model.link_next_product": lambda source, link: [tables.next_product(source, link)],
}  # fmt: skip


def blocks(source: Source, language: Language, study: Study | None) -> Blocks | None:
    """Tables and figures of a result of step 08; None for any other result."""
    model = source.result.model
    if model not in VIEWS:
        return None
    if not len(source.result.tidy):
        return list(failed_notes(source, language))
    return VIEWS[model](source, Link.of(language, study))
