"""The annex of superseded statistics as tables; each says what has superseded it."""

from __future__ import annotations

from collections.abc import Sequence

from crmlab.present.blocks import Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import arrow, failed_notes, heads, level_note, named, one_row_each


def superseded(language: Language, *names: str) -> tuple[Paragraph, ...]:
    """One line for each statistic: its name, and what to read instead."""
    return tuple(
        Paragraph(
            fill(
                language.word("legacy.line"),
                name=(Strong(language.word(f"legacy.{name}")),),
                instead=language.word(f"superseded.{name}"),
            ),
            "note",
        )
        for name in names
    )


def gof(source: Source, language: Language) -> Table:
    """05 legacy_gof: Tenenhaus' index."""
    rows = tuple(
        ((language.word(f"gof.{term}"),), source.cell(term, digits=3))
        for term in ("communality", "r2", "gof")
    )
    header = heads(language, "measure", "value")
    notes = (*superseded(language, "gof"), *failed_notes(source, language))
    return Table("legacy_gof", (language.word("caption.legacy_gof"),), header, rows, "sc", (3.0, 1.0), notes)


def indirect(source: Source, language: Language) -> Table:
    """05 legacy_indirect: normal tests of each indirect effect, and its share of the total."""

    def cells(subject: str) -> list[Spans]:
        found: list[Spans] = []
        for test in ("sobel", "aroian"):
            found += [source.cell(f"{test}:{subject}"), source.cell(f"{test}:{subject}", "p_value", "p", 3)]
        return [*found, source.cell(f"vaf:{subject}", style="percent", digits=1)]

    return one_row_each(
        source, language, "legacy_indirect", ("effect", "sobel", "p", "aroian", "p", "vaf"), source.subjects("sobel"),
        cells, first=arrow, notes=superseded(language, "sobel", "vaf"), widths=(3.6, 0.9, 0.8, 0.9, 0.8, 1.0),
    )  # fmt: skip


def normality(source: Source, language: Language) -> Table:
    """05 legacy_ks: Kolmogorov-Smirnov's distance of each item."""

    def cells(item: str) -> list[Spans]:
        return [
            source.cell(f"ks_d:{item}", digits=3),
            source.cell(f"ks_d:{item}", "p_value", "p", 3),
            source.cell(f"ks_z:{item}"),
            source.cell(f"ks_z:{item}", "p_value", "p", 3),
        ]

    return one_row_each(
        source, language, "legacy_ks", ("item", "ks_d", "p_lilliefors", "ks_z", "p_kolmogorov"), source.subjects("ks_d"),
        cells, notes=superseded(language, "ks"), widths=(1.4, 1.0, 1.2, 1.0, 1.2),
    )  # fmt: skip


def against_midpoint(source: Source, language: Language) -> Table:
    """05 legacy_t: each construct's mean against the middle of its scale."""

    def cells(name: str) -> list[Spans]:
        term = f"difference:{name}"
        return [
            source.cell(term),
            source.interval(term, language),
            source.cell(f"t:{name}"),
            source.cell(term, "p_value", "p", 3),
            source.cell(f"d:{name}"),
        ]

    notes = (level_note(source, language), *superseded(language, "t_midpoint"))
    return one_row_each(
        source, language, "legacy_t", ("construct", "difference", "interval", "t", "p", "cohen_d"),
        source.subjects("difference"), cells, notes=notes, widths=(3.0, 1.1, 1.7, 0.9, 0.9, 0.9),
    )  # fmt: skip


def ranking(source: Source, language: Language) -> Table:
    """05 legacy_friedman: mean ranks, the highest first, with Kendall's W as their size."""
    names: Sequence[str] = sorted(
        source.subjects("mean_rank"), key=lambda name: -source.value(f"mean_rank:{name}")
    )

    def cells(name: str) -> list[Spans]:
        return [source.cell(f"mean_rank:{name}")]

    told = fill(
        language.word("note.friedman"), chi2=source.fact("chi2", digits=1), df=source.glance("df", "integer"),
        p=source.fact("chi2", "p_value", "p_relation", 3), w=source.fact("kendall_w", digits=3),
    )  # fmt: skip
    notes = (Paragraph(told, "note"), *superseded(language, "friedman"))
    return one_row_each(
        source, language, "legacy_friedman", ("construct", "mean_rank"), names, cells, first=named, notes=notes,
        widths=(3.0, 1.0),
    )  # fmt: skip
