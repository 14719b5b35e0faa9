"""Discriminant validity as tables: Fornell and Larcker's, cross loadings, the forms of HTMT."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Fact, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.rules import rules_note
from crmlab.present.table_parts import failed_notes, heads, level_note, named, one_row_each

if TYPE_CHECKING:
    from crmlab.study import Study

MOST = 13  # constructs side by side; more go into a further table


def ordinal(language: Language, k: int) -> str:
    """The number by which a wide table names a construct."""
    return language.digits(str(k + 1))


def fornell_larcker(source: Source, language: Language) -> list[Table]:
    """04 fornell_larcker: correlations below the diagonal, the root of AVE on it; constructs are numbered."""
    names = source.subjects("root_ave")
    found = []
    panels = [names[start : start + MOST] for start in range(0, len(names), MOST)]
    for k, panel in enumerate(panels):
        rows = [
            _row(source, language, names, row, panel)
            for row in names
            if names.index(row) >= names.index(panel[0])
        ]
        header = (
            *heads(language, "construct"),
            *((Label(ordinal(language, names.index(n))),) for n in panel),
        )
        notes = (Paragraph((language.word("note.fornell_larcker"),), "note"), *failed_notes(source, language))
        key = "fornell_larcker" if k == 0 else f"fornell_larcker_{k + 1}"
        caption = (language.word("caption.fornell_larcker"),)
        widths = (4.4 if len(panel) > 8 else 3.0, *[1.0] * len(panel))
        found.append(
            Table(key, caption, header, tuple(rows), "", widths, notes if panel is panels[-1] else ())
        )
    return found


def _row(
    source: Source, language: Language, names: Sequence[str], row: str, panel: Sequence[str]
) -> tuple[Spans, ...]:
    place = names.index(row)
    cells: list[Spans] = []
    for other in panel:
        if names.index(other) > place:
            cells.append(("",))
        elif other == row:
            root = source.fact(f"root_ave:{row}")
            cells.append((EMPTY,) if math.isnan(root.value) else (replace(root, strong=True),))
        else:
            cells.append(source.cell(f"cor:{other}~{row}"))
    return ((Label(f"{ordinal(language, place)}. {language.name(row)}"),), *cells)


def cross_loadings(source: Source, language: Language, blocks: Mapping[str, Sequence[str]]) -> list[Table]:
    """04 correlations: each item's correlation with every construct; its own in bold."""
    names = [
        name for name in blocks if any(f"cross_loading:{name}=~{item}" in source for item in blocks[name])
    ]
    panels = [names[start : start + MOST] for start in range(0, len(names), MOST)]
    found = []
    for k, panel in enumerate(panels):
        rows: list[tuple[Spans, ...]] = []
        for place, name in enumerate(names):
            rows.append(((Label(f"{ordinal(language, place)}. {language.name(name)}"),),))
            for item in blocks[name]:
                cells = [_crossed(source, other, name, item) for other in panel]
                rows.append(((Label(language.name(item)),), *cells))
        header = (*heads(language, "item"), *((Label(ordinal(language, names.index(n))),) for n in panel))
        key = "cross_loadings" if k == 0 else f"cross_loadings_{k + 1}"
        notes = (Paragraph((language.word("note.cross_loadings"),), "note"),)
        caption = (language.word("caption.cross_loadings"),)
        found.append(Table(key, caption, header, tuple(rows), "", (1.5, *[1.0] * len(panel)), notes))
    return found if len(names) > 1 else []


def _crossed(source: Source, other: str, own: str, item: str) -> Spans:
    fact = source.fact(f"cross_loading:{other}=~{item}")
    return (replace(fact, strong=other == own),)


def forms(
    plain: Source | None, source: Source, language: Language, study: Study | None, most: int = 10
) -> Table:
    """04 htmt_forms: the pairs that are most alike, by each form of the ratio, with intervals."""
    at = study.rules.htmt if study else 0.90
    ranked = sorted(source.subjects("htmt2"), key=lambda pair: -source.value(f"htmt2:{pair}"))
    over = [pair for pair in ranked if not source.value(f"htmt2:{pair}") < at]
    shown = ranked[: max(most, len(over))]

    def cells(pair: str) -> list[Spans]:
        own = [] if plain is None else [plain.cell(f"htmt:{pair}"), plain.interval(f"htmt:{pair}", language)]
        found = [
            *own,
            source.cell(f"htmt2:{pair}"),
            source.interval(f"htmt2:{pair}", language),
            source.cell(f"htmt_signed:{pair}"),
        ]
        return found

    def first(language: Language, pair: str) -> Spans:
        left, _, right = pair.partition("~")
        return (*named(language, left), language.word("with"), *named(language, right))

    columns = [
        "pair",
        *(() if plain is None else ("htmt_plus", "interval")),
        "htmt2",
        "interval",
        "htmt_signed",
    ]
    count = Fact(f"counted/{source.address}/shown", len(shown), "integer")
    notes = (
        level_note(source, language),
        *rules_note(study, language, "htmt"),
        Paragraph(fill(language.word("note.htmt_forms"), n=count), "note"),
    )
    widths = (3.4, *(() if plain is None else (0.9, 1.6)), 0.9, 1.6, 0.9)
    return one_row_each(
        source, language, "htmt_forms", columns, shown, cells, first=first, notes=notes, widths=widths
    )
