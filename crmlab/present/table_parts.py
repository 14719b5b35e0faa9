"""What the tables of results share: header cells, names, notes, failed checks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from crmlab.present.blocks import Fact, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.result import Check


def heads(language: Language, *keys: str) -> tuple[Spans, ...]:
    """Header cells from word keys `head.*`."""
    return tuple((language.word(f"head.{key}"),) for key in keys)


def named(language: Language, subject: str) -> Spans:
    """The study's name of a subject as a cell."""
    return (Label(language.name(subject)),)


def arrow(language: Language, subject: str) -> Spans:
    """A path `outcome~mediator~origin` from its origin to its outcome, in reading direction."""
    spans: list[Label | str] = []
    for part in reversed(subject.split("~")):
        spans += (
            [language.word("arrow"), Label(language.name(part))] if spans else [Label(language.name(part))]
        )
    return tuple(spans)


def level_note(source: Source, language: Language, key: str = "note.interval") -> Paragraph:
    """The note that says how sure the intervals are."""
    return Paragraph(fill(language.word(key), level=source.level), "note")


def failed_notes(source: Source, language: Language) -> tuple[Paragraph, ...]:
    """The checks that failed, in words, for the place where the table stands."""
    notes = []
    for check in source.result.failed:
        kind, _, subject = check.name.partition(":")
        word = language.word(kind) if language.knows(kind) else kind
        where: Spans = (
            (" (", Label(" / ".join(map(language.name, subject.split("~")))), ")") if subject else ()
        )
        value = Fact(f"checked/{source.address}/{check.name}", check.value, "number", 3)
        told = "check.told" if not math.isnan(check.value) else "check.told_bare"
        spans = fill(
            language.word(told), what=(Strong(word), *where), value=value, rule=_rule(check, kind, language)
        )
        notes.append(Paragraph(spans, "failed"))
    return tuple(notes)


def _rule(check: Check, kind: str, language: Language) -> Label:
    """The rule a check was judged by, in the reader's language where we have the words."""
    key = kind.replace("check.", "rule.", 1)
    if not language.knows(key):
        return Label(check.rule)
    number = re.search(r"\d+(\.\d+)?", check.rule)
    limit = number[0] if number else ""
    shown = language.number(float(limit), len(limit.partition(".")[2])) if limit else ""
    return Label(language.words[key].replace("{limit}", shown))


def one_row_each(
    source: Source,
    language: Language,
    key: str,
    columns: Sequence[str],
    subjects: Sequence[str],
    cells: Callable[[str], list[Spans]],
    *,
    first: Callable[[Language, str], Spans] = named,
    notes: tuple[Paragraph, ...] = (),
    widths: tuple[float, ...] = (),
    align: str = "",
) -> Table:
    """A table with one row for each subject: its name, then its cells."""
    rows = tuple((first(language, subject), *cells(subject)) for subject in subjects)
    caption = (language.word(f"caption.{key}"),)
    everything = (*notes, *failed_notes(source, language))
    return Table(key, caption, heads(language, *columns), rows, align, widths, everything)
