"""Constructs with their definitions: what each means, and how this study measures it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Span, Spans, Table
from crmlab.present.facts import fill
from crmlab.present.language import Language
from crmlab.present.table_parts import heads, named
from crmlab.study.instrument import LANGUAGES, read_catalogue

if TYPE_CHECKING:
    from crmlab.study import Study


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Definitions of the bundled constructs, construct -> language -> words."""
    return {
        row["construct"]: {code: row[f"definition_{code}"] for code in LANGUAGES}
        for row in read_catalogue("definitions")
    }


def definitions(study: Study, language: Language) -> Table | None:
    """Every construct: its conceptual definition where the instrument has one, and its operational one."""
    rows: list[tuple[Spans, ...]] = []
    for name in study.constructs:
        meant = catalogue().get(name) if bundled(study, name) else None
        meaning: Spans = (meant[language.code],) if meant else (language.word("definition.own"),)
        rows.append((named(language, name), meaning, _measured(study, name, language)))
    header = heads(language, "construct", "conceptual", "operational")
    caption = (language.word("caption.definitions"),)
    return Table("definitions", caption, header, tuple(rows), "sss", (1.5, 3.2, 2.6)) if rows else None


def bundled(study: Study, name: str) -> bool:
    """Whether a construct is one of the bundled questionnaire's: measured by its items, or made of such dimensions."""
    construct = study.constructs[name]
    if construct.dimensions:
        return all(bundled(study, part) for part in construct.dimensions)
    return study.spec.instrument.base == "bundled" and all(item.startswith(name) for item in construct.items)


def _measured(study: Study, name: str, language: Language) -> Spans:
    construct = study.constructs[name]
    if construct.dimensions:
        parts: list[Span] = []
        for part in construct.dimensions:
            parts += [language.word("comma")] if parts else []
            parts.append(Label(language.name(part)))
        return fill(language.word("definition.dimensions"), list=tuple(parts))
    codes: list[Span] = []
    for item in construct.items:
        codes += [language.word("comma")] if codes else []
        codes.append(Label(item))
    k = Fact(f"study/constructs/{name}/items", len(construct.items), "integer")
    points = Fact(
        f"study/constructs/{name}/points", study.instrument.scale_of(construct.items[0]).points, "integer"
    )
    key = "definition.item" if len(construct.items) == 1 else "definition.items"
    return fill(language.word(key), k=k, points=points, list=tuple(codes))
