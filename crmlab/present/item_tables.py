"""Answers before a model, as tables: missing ones, items one by one, items of a construct together, normality."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Fact, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.rules import percent, rules_note
from crmlab.present.table_parts import failed_notes, heads, named, one_row_each

if TYPE_CHECKING:
    from crmlab.study import Study


def missing(source: Source, language: Language) -> Table:
    """04 missing: answers that each construct lacks."""

    def cells(name: str) -> list[Spans]:
        return [source.cell(f"missing:{name}", style="integer"), percent(source, f"share:{name}")]

    return one_row_each(
        source, language, "missing", ("construct", "missing", "percent"), source.subjects("missing"), cells,
        widths=(3.0, 1.0, 1.0),
    )  # fmt: skip


def analysis(
    described: Source | None,
    rest: Source,
    language: Language,
    study: Study | None,
    blocks: Mapping[str, list[str]],
) -> Table:
    """03 and 04 items: moments, share of the lowest and highest answer, and how each item goes with its construct."""
    rows: list[tuple[Spans, ...]] = []
    for construct, items in blocks.items():
        known = [item for item in items if f"item_rest:{item}" in rest]
        rows += [(named(language, construct),)] if known else []
        rows += [_item(described, rest, language, study, item) for item in known]
    header = heads(
        language,
        "item",
        "mean",
        "sd",
        "skewness",
        "kurtosis",
        "floor",
        "ceiling",
        "item_rest",
        "alpha_if_deleted",
    )
    notes = (
        *rules_note(study, language, "item_rest", "skewness", "kurtosis", "ends"),
        Paragraph((language.word("note.ends"),), "note"),
        *failed_notes(rest, language),
    )
    caption = (language.word("caption.item_analysis"),)
    widths = (1.1, 1.0, 1.0, 1.0, 1.0, 1.1, 1.1, 1.4, 1.3)
    return Table("item_analysis", caption, header, tuple(rows), "s" + "c" * 8, widths, notes)


def _item(
    described: Source | None, rest: Source, language: Language, study: Study | None, item: str
) -> tuple[Spans, ...]:
    moments: list[Spans] = [(EMPTY,)] * 6
    if described is not None:
        ends = ends_of(described, study, item)
        moments = [described.cell(f"{name}:{item}") for name in ("mean", "sd", "skewness", "kurtosis")]
        moments += [percent(described, end) if end else (EMPTY,) for end in ends]
    return (
        (Label(language.name(item)),),
        *moments,
        rest.cell(f"item_rest:{item}"),
        rest.cell(f"alpha_if_deleted:{item}"),
    )


def ends_of(described: Source, study: Study | None, item: str) -> tuple[str, str]:
    """Terms of the shares of an item's lowest and highest answer; empty where they are not saved."""
    values = study.answer_values.get(item, ()) if study else ()
    if not values:
        return "", ""
    low, high = f"share:{item}.{values[0]}", f"share:{item}.{values[-1]}"
    return (low if low in described else ""), (high if high in described else "")


def inter_item(source: Source, language: Language) -> Table:
    """04 inter_item: mean, smallest and largest correlation among the items of each construct."""

    def cells(name: str) -> list[Spans]:
        return [source.cell(f"{quantity}:{name}") for quantity in ("mean_r", "min_r", "max_r")]

    notes = (Paragraph((language.word("note.inter_item"),), "note"),)
    return one_row_each(
        source, language, "inter_item", ("construct", "mean_r", "min_r", "max_r"), source.subjects("mean_r"), cells,
        notes=notes, widths=(3.0, 1.0, 1.0, 1.0),
    )  # fmt: skip


def normality(source: Source, language: Language) -> Table:
    """04 normality: Mardia's skewness and kurtosis of all items together."""
    rows: list[tuple[Spans, ...]] = []
    for name, test in (("skewness", "skewness_chi2_small"), ("kurtosis", "kurtosis_z")):
        if name in source:
            rows.append(
                (
                    (language.word(f"mardia.{name}"),),
                    source.cell(name, digits=1),
                    source.cell(test, digits=1),
                    source.cell(test, "p_value", "p", 3),
                )
            )
    n = source.glance("n", "integer")
    notes = () if math.isnan(n.value) else (Paragraph(fill(language.word("note.mardia"), n=n), "note"),)
    header = heads(language, "measure", "value", "statistic", "p")
    caption = (language.word("caption.normality"),)
    everything = (*notes, *failed_notes(source, language))
    return Table("normality", caption, header, tuple(rows), "sccc", (3.0, 1.0, 1.0, 1.0), everything)


def general(source: Source, language: Language) -> Table:
    """04 general: how much of a second-order construct's sum is due to what all its items share."""

    def cells(name: str) -> list[Spans]:
        return [source.cell(f"{quantity}:{name}") for quantity in ("omega_h", "omega_total", "ecv")]

    notes = (Paragraph((language.word("note.general"),), "note"),)
    return one_row_each(
        source, language, "general", ("construct", "omega_h", "omega_total", "ecv"), source.subjects("omega_h"), cells,
        notes=notes, widths=(3.0, 1.1, 1.1, 1.3),
    )  # fmt: skip


def count(source: Source, what: str, value: float) -> Fact:
    """A count of saved numbers."""
    return Fact(f"counted/{source.address}/{what}", value, "integer")
