"""Groups by PLS as tables: which composites are the same in two groups, paths, differences, tests over all groups."""

from __future__ import annotations

import math

from crmlab.present.blocks import EMPTY, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.group_tables import between, difference_rows, grouped_rows, shown_size, split, titled
from crmlab.present.language import Language
from crmlab.present.table_parts import arrow, level_note, named


def invariance(source: Source, language: Language) -> Table:
    """06 composites_<item>: MICOM for every construct and every two groups."""
    rows: list[tuple[Spans, ...]] = []
    seen = ""
    for subject in sorted(source.subjects("invariant"), key=lambda of: _order(source, of)):
        name, pair = split(subject)
        if name != seen:
            rows.append((named(language, name),))
            seen = name
        state = {0.0: "no", 0.5: "part", 1.0: "full"}[source.value(f"invariant:{subject}")]
        rows.append(
            (
                between(language, pair),
                source.cell(f"compositional:{subject}", digits=3),
                source.cell(f"compositional:{subject}", "ci_low", digits=3),
                source.cell(f"compositional:{subject}", "p_value", "p", 3),
                source.cell(f"mean_difference:{subject}"),
                source.cell(f"mean_difference:{subject}", "p_value", "p", 3),
                source.cell(f"log_variance_ratio:{subject}"),
                source.cell(f"log_variance_ratio:{subject}", "p_value", "p", 3),
                (Strong(language.word(f"composite.{state}")),),
            )
        )
    columns = ("groups", "micom_c", "micom_limit", "p", "mean_gap", "p", "log_variance", "p", "composite")
    note = fill(language.word("note.composites"), b=source.glance("permutations", "integer"))
    widths = (3.0, 0.8, 0.9, 0.8, 1.0, 0.8, 1.0, 0.8, 1.5)
    return titled(source, language, "composites", columns, rows, widths, [Paragraph(note, "note")])


def _order(source: Source, subject: str) -> int:
    """Construct by construct, as the first pair of groups has them."""
    names = list(dict.fromkeys(split(of)[0] for of in source.subjects("invariant")))
    return names.index(split(subject)[0])


def paths(source: Source, language: Language) -> Table:
    """06 pls_paths_<item>: every path and indirect effect in every group, standardised."""

    def cells(name: str, term: str) -> tuple[Spans, ...]:
        return (
            shown_size(source, name),
            source.cell(term, digits=3),
            source.cell(term, "std_error", digits=3),
            source.interval(term, language, 3),
            source.cell(term, "p_value", "p", 3),
        )

    rows = grouped_rows(source, language, cells)
    columns = ("group", "n", "beta", "se", "interval", "p")
    note = fill(language.word("note.pls_group_paths"), b=source.glance("resamples", "integer"))
    notes = [Paragraph(note, "note"), level_note(source, language)]
    return titled(source, language, "pls_group_paths", columns, rows, (2.6, 0.7, 1, 1.1, 1.7, 0.9), notes)


def differences(source: Source, language: Language) -> Table | None:
    """06 pls_paths_<item>: the differences that may be looked at, and those that these groups could show."""
    rows = difference_rows(
        source, language, lambda subject: (source.cell(f"p_holm_pair:{subject}", style="p", digits=3),)
    )
    if not rows:
        return None
    columns = ("groups", "difference", "interval", "p", "p_holm", "detectable")
    power = source.glance("power", "percent", 0)
    notes = [
        Paragraph((language.word("note.pls_differences"),), "note"),
        Paragraph(fill(language.word("note.detectable"), power=power), "note"),
        level_note(source, language),
    ]
    return titled(
        source, language, "pls_group_differences", columns, rows, (3.2, 1, 1.8, 0.8, 0.9, 1.2), notes
    )


def equal(source: Source, language: Language) -> Table | None:
    """06 pls_paths_<item>: is an effect the same in all groups, and how many people would show the smallest one?"""
    rows: list[tuple[Spans, ...]] = []
    for quantity, kind in (("equal", "path"), ("equal_indirect", "indirect")):
        for effect in source.subjects(quantity):
            p = source.value(f"{quantity}:{effect}", "p_value")
            rows.append(
                (
                    (*arrow(language, effect), f" ({language.word(f'effect.{kind}.short')})"),
                    source.cell(f"{quantity}:{effect}", "p_value", "p", 3) if not math.isnan(p) else (EMPTY,),
                    source.cell(f"p_holm:{effect}", style="p", digits=3),
                    source.cell(f"size_needed:{effect}", style="integer"),
                )
            )
    if not rows:
        return None
    note = fill(
        language.word("note.pls_equal"), b=source.glance("permutations", "integer"),
        smallest=source.glance("smallest"), power=source.glance("power", "percent", 0),
    )  # fmt: skip
    columns = ("effect", "p", "p_holm", "size_needed")
    return titled(
        source, language, "pls_group_equal", columns, rows, (3.6, 1, 1, 1.6), [Paragraph(note, "note")]
    )
