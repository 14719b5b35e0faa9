"""Names of cells, phases and reasons of the learning loop in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import EMPTY, Fact, Figure, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes

WHY = "chosen_"


def said(ways: Ways, key: str, **values: object) -> Spans:
    """A word or template of this topic."""
    return ways.said(f"swift.{key}", **values)


def told(ways: Ways, key: str, **values: object) -> Spans:
    """A sentence of this topic."""
    return say(ways.language, f"swift_{key}", money=ways.money, **values)


def segment(language: Language, key: str) -> Spans:
    """The name of a segment."""
    return (language.word("swift.segment.all" if key == "all" else f"group.{key}"),)


def parts(cell: str) -> tuple[str, str, str, str]:
    """ "best.own.phone.12-16" -> segment, offer, channel, hours ("" where the day is not parted)."""
    found = [*cell.split("."), ""]
    return found[0], found[1], found[2], found[3]


def offer(language: Language, key: str) -> Spans:
    """The study's name of an offer."""
    return (Label(language.name(f"offer:{key}")),)


def channel(language: Language, key: str) -> Spans:
    """The study's name of a channel."""
    return (Label(language.name(f"channel:{key}")),)


def hours(ways: Ways, key: str) -> Spans:
    """ "12-16" as hours of the day."""
    start, _, end = key.partition("-")
    digits = ways.language.digits
    return said(ways, "hours", **{"from": digits(start), "to": digits(end)})


def cell(ways: Ways, key: str) -> Spans:
    """The name of a cell."""
    s, o, c, h = parts(key)
    language = ways.language
    names: dict[str, object] = {"segment": segment(language, s), "offer": offer(language, o), "channel": channel(language, c)}  # fmt: skip
    return said(ways, "cell_hours", hours=hours(ways, h), **names) if h else said(ways, "cell", **names)


def percent(source: Source, term: str, column: str = "estimate", digits: int = 1) -> Fact:
    """A share as a percentage."""
    return source.fact(term, column, "percent", digits)


def between(source: Source, term: str, language: Language, digits: int = 1) -> Spans:
    """Both ends of a share's interval."""
    low, high = (percent(source, term, end, digits) for end in ("ci_low", "ci_high"))
    if low.value != low.value or high.value != high.value:
        return (EMPTY,)
    return fill(language.word("interval"), low=low, high=high)


def reason(source: Source, key: str) -> str:
    """Why a cell was chosen."""
    return next((name.removeprefix(WHY) for name in _kinds(source) if f"{name}:{key}" in source), "learning")


def _kinds(source: Source) -> list[str]:
    kinds = dict.fromkeys(str(term).partition(":")[0] for term in source.result.tidy["term"])
    return [kind for kind in kinds if kind.startswith(WHY)]


def bare(source: Source, start: str) -> list[str]:
    """What follows `start` in terms without a subject: "idle_lost" -> "lost"."""
    terms = [str(term) for term in source.result.tidy["term"]]
    return [term.removeprefix(start) for term in terms if term.startswith(start) and ":" not in term]


def heads(ways: Ways, *keys: str) -> tuple[Spans, ...]:
    """Header cells."""
    return tuple(said(ways, f"column.{key}") for key in keys)


def note(ways: Ways, key: str, **values: object) -> Paragraph:
    """A note below a table or figure."""
    return Paragraph(said(ways, f"note.{key}", **values), "note")


def table(
    source: Source, ways: Ways, key: str, header: tuple[Spans, ...], rows: Sequence[tuple[Spans, ...]], *,
    widths: tuple[float, ...] = (), align: str = "", notes: tuple[Paragraph, ...] = (), failed: bool = True,
) -> Table:  # fmt: skip
    """A table of this topic with its failed checks."""
    bad = failed_notes(source, ways.language) if failed else ()
    return Table(key, said(ways, f"caption.{key}"), header, tuple(rows), align, widths, (*notes, *bad))


def figure(
    ways: Ways, key: str, draw: Any, facts: Sequence[Fact], *, width: float = 1.0, notes: tuple[Paragraph, ...] = ()
) -> Figure:  # fmt: skip
    """A figure of this topic."""
    known = tuple(fact for fact in facts if fact.value == fact.value)
    alt = ways.language.plain(said(ways, f"alt.{key}"))
    return Figure(key, said(ways, f"figure.{key}"), alt, draw, known, width, notes)
