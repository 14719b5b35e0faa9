"""What a notebook shows of step 01: the tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from crmlab.present import design_figures as figures
from crmlab.present import design_sentences as sentences
from crmlab.present import design_tables as tables
from crmlab.present.blocks import Figure, Paragraph, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes, one_row_each

if TYPE_CHECKING:
    from crmlab.study import Study

Blocks = list[Table | Figure | Paragraph | None]
POWER = "model.power_"


def blocks(
    source: Source,
    language: Language,
    study: Study | None,
    beside: Mapping[str, Source] = MappingProxyType({}),
) -> Blocks | None:
    """Tables and figures of a result of step 01; None for any other result. `beside`: those of the same cell."""
    model = source.result.model
    if model in ("model.cvr", "model.cvi"):
        if not len(source.result.tidy):
            return list(failed_notes(source, language))
        ratio, index = (source, None) if model == "model.cvr" else (None, source)
        return [tables.content(ratio, index, language)]
    if model == "model.design_card":
        return [Paragraph(sentences.card(source, language)[:-1]), tables.departures(source, language)]
    if model == "model.sample_size":
        return [tables.sample_size(source, language)]
    if model == "model.size_needed":  # a column of the table of power, if that stands in the same cell
        beside_power = any(one.result.model.startswith(POWER) for one in beside.values())
        return [] if beside_power else [_needed(source, language)]
    if study is None:
        return None
    if model == "model.hypotheses":
        drawn = figures.concept(language, study)
        told = None if study.hypotheses else Paragraph(sentences.hypotheses(source, language, False)[:-1])
        return [told, drawn, tables.hypotheses(source, language, study)]
    if model == "model.instrument":
        return [tables.instrument(source, language, study)]
    if model.startswith(POWER) and source.subjects("planted") and source.subjects("fitted"):
        key = model.removeprefix(POWER)
        drawn = figures.power_curves(source, language, key, study.design.n, study.design.power)
        return [
            tables.power(source, beside.get(f"needed_{key}"), language, key, study),
            drawn,
            tables.precision(source, language, key, study),
        ]
    return None


def _needed(source: Source, language: Language) -> Table:
    table = one_row_each(
        source, language, "size_needed", ("effect", "n"), source.subjects("n"),
        lambda of: [source.cell(f"n:{of}", style="integer")], first=tables.arrow,
    )  # fmt: skip
    return table
