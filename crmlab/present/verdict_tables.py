"""Hypotheses of every kind in one table, with raw and corrected p, and why some have no verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import arrow, failed_notes, heads, level_note

if TYPE_CHECKING:
    from crmlab.study import Hypothesis

PLAIN = ("direct", "mediation")
SMALL = {1: "small", 0: "imprecise"}


def outcome(source: Source, language: Language, name: str, held: Sequence[str] = ()) -> str:
    """What came out: a word, with what qualifies it; `held` names reasons of the brief's words."""
    if not math.isnan(source.value(f"untested:{name}")):
        return language.word("verdict.untested")
    value = source.value(f"verdict:{name}")
    if math.isnan(value):
        return EMPTY
    word, small = language.word(f"verdict.{int(value)}"), source.value(f"small:{name}")
    more = [language.word(f"verdict.{SMALL[int(small)]}")] if value == 0 and not math.isnan(small) else []
    more += [language.word(f"brief.held.{reason}") for reason in held]
    told = language.word("semicolon").join(more)
    return language.word("verdict.with", verdict=word, small=told) if more else word


def verdicts(
    source: Source,
    language: Language,
    hypotheses: Sequence[Hypothesis] = (),
    held: Mapping[str, Sequence[str]] | None = None,
) -> Table:
    """Every hypothesis with the effect it is judged by and what came out; kinds apart where there are several.

    `held` names for a hypothesis what its verdict must not be told without (`outcomes.reservations`).
    """
    known = {one.id: one for one in hypotheses}
    names = source.subjects("hypothesis")
    kinds = {name: known[name].kind if name in known else "direct" for name in names}
    apart = any(kind not in PLAIN for kind in kinds.values())
    if apart:
        order = list(dict.fromkeys(kinds.values()))
        names = sorted(names, key=lambda name: order.index(kinds[name]))
    rows: list[tuple[Spans, ...]] = []
    last = ""
    for name in names:
        if apart and kinds[name] != last:
            rows.append(((language.word(word_of(kinds[name])),),))
            last = kinds[name]
        statement = known[name].statement[language.code] if name in known else ""
        rows.append(_row(source, language, name, statement, (held or {}).get(name, ())))
    notes = _notes(source, language, set(kinds.values()), apart)
    if any(one.behavioural and f"verdict:{one.id}" in source for one in hypotheses):
        notes = (Paragraph((language.word("note.behaviour"),), "note"), *notes)
    reasons = dict.fromkeys(reason for found in (held or {}).values() for reason in found)
    notes = (*(Paragraph((language.word(f"brief.note.{one}"),), "note") for one in reasons), *notes)
    columns = ("hypothesis", "statement", "estimate", "interval", "p", "p_holm", "p_fdr", "verdict")
    return Table(
        "verdicts", (language.word("caption.verdicts"),), heads(language, *columns), tuple(rows), "ssccccc" + "c",
        (0.75, 3.3, 0.95, 1.35, 0.85, 0.85, 0.85, 1.35), notes,
    )  # fmt: skip


def word_of(kind: str) -> str:
    """Key of the word for a kind of hypothesis."""
    return f"kind.{kind.replace(' ', '_')}"


def reason(source: Source, language: Language, name: str) -> str:
    """Why there is no verdict."""
    return language.word(f"untested.{int(source.value(f'untested:{name}'))}")


def way(language: Language, one: Hypothesis) -> Spans:
    """What a hypothesis is about: from where to where, by what, between whom."""
    path = arrow(language, "~".join(reversed(one.constructs)))
    if one.moderator:
        return fill(language.word("way.moderated"), path=path, w=asked(language, one.moderator))
    if one.groups:
        return fill(language.word("way.groups"), path=path, w=asked(language, one.groups))
    return path


def asked(language: Language, name: str) -> Spans:
    """A construct's name, or the wording of a question, in quotation marks."""
    text = language.names.get(name) or language.names.get(f"text:{name}", name)
    return fill(language.word("quote"), text=Label(text))


def _row(
    source: Source, language: Language, name: str, statement: str, held: Sequence[str]
) -> tuple[Spans, ...]:
    term = f"hypothesis:{name}"
    return (
        (Label(name),),
        (Label(statement),),
        source.cell(term, digits=3),
        source.interval(term, language, 3),
        source.cell(term, "p_value", "p", 3),
        source.cell(f"p_holm:{name}", style="p", digits=3),
        source.cell(f"p_fdr:{name}", style="p", digits=3),
        (Strong(outcome(source, language, name, held)),),
    )


def _notes(source: Source, language: Language, kinds: set[str], apart: bool) -> tuple[Paragraph, ...]:
    notes = [level_note(source, language), Paragraph((language.word("note.holm_fdr"),), "note")]
    notes += [Paragraph((language.word("note.kinds"),), "note")] if apart else []
    if "equivalence" in kinds:
        level = source.glance("level_equivalence", "percent", 0)
        notes.append(Paragraph(fill(language.word("note.equivalence_kind"), level=level), "note"))
    for name in source.subjects("untested"):
        why = reason(source, language, name)
        notes.append(Paragraph(fill(language.word("note.untested"), hid=Label(name), why=why), "note"))
    return (*notes, *failed_notes(source, language))
