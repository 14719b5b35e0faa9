"""Names of units, elements, goals, blocks and offices in the reader's words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from crmlab.present.blocks import Fact, Figure, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes
from crmlab.study.maturity import elements, elements_of

FEW_UNITS = 6  # columns of units that a table has room for


def money(language: Language) -> Spans:
    """What the amounts of plans and offices are counted in, as the study file says."""
    own = language.names.get("money:enterprise")
    return (Label(own),) if own else (language.word("currency"),)


def said(language: Language, key: str, **values: object) -> Spans:
    """A word or template of this topic."""
    return fill(language.word(f"ent.{key}"), **{"money": money(language), **values})


def told(language: Language, key: str, **values: object) -> Spans:
    """A sentence of this topic."""
    return say(language, f"ent_{key}", **{"money": money(language), **values})


def element(language: Language, code: str) -> Spans:
    """The heading of a block, stage or gate."""
    known = elements().get(code)
    return (Label(known.name[language.code] if known else code),)


def in_quotes(language: Language, spans: Spans) -> Spans:
    """Spans in the reader's quotation marks."""
    return fill(language.word("quote"), text=spans)


def split(subject: str) -> tuple[str, str]:
    """ "GAR1.Unit 3" -> ("GAR1", "Unit 3")."""
    first, _, rest = subject.partition(".")
    return first, rest


def units(source: Source) -> list[str]:
    """Names of the rated units, in the result's order."""
    return source.subjects("raters")


def rated(source: Source, model: str) -> list[str]:
    """Elements of a model that any unit has a level in."""
    return [code for code in elements_of(model) if f"level_mean:{code}" in source]


def count(source: Source, what: str, number: int) -> Fact:
    """A count of saved numbers."""
    return Fact(f"counted/{source.address}/{what}", number, "integer")


def heads(language: Language, *keys: str) -> tuple[Spans, ...]:
    """Header cells."""
    return tuple(said(language, f"column.{key}") for key in keys)


def note(language: Language, key: str, **values: object) -> Paragraph:
    """A note below a table or figure."""
    return Paragraph(said(language, f"note.{key}", **values), "note")


def table(
    source: Source, language: Language, key: str, header: tuple[Spans, ...], rows: Sequence[tuple[Spans, ...]],
    *, widths: tuple[float, ...] = (), align: str = "", notes: tuple[Paragraph, ...] = (), failed: bool = True,
    kind: str = "",
) -> Table:  # fmt: skip
    """A table of this topic with its failed checks."""
    bad = failed_notes(source, language) if failed else ()
    caption = said(language, f"caption.{kind or key}")
    return Table(key, caption, header, tuple(rows), align, widths, (*notes, *bad))


def figure(
    language: Language, key: str, draw: Any, facts: Sequence[Fact], *, width: float = 1.0,
    notes: tuple[Paragraph, ...] = (), kind: str = "",
) -> Figure:  # fmt: skip
    """A figure of this topic."""
    known = tuple(fact for fact in facts if not math.isnan(fact.value))
    alt = language.plain(said(language, f"alt.{kind or key}"))
    return Figure(key, said(language, f"figure.{kind or key}"), alt, draw, known, width, notes)


def plain(language: Language, spans: Spans) -> str:
    """Spans as text for the drawing engine."""
    return language.plain(spans)
