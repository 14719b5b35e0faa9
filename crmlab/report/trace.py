"""The lint of a report: no typed number, no two values of one fact, no dead reference, no empty section, one content in
both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from crmlab.present.blocks import (
    Block,
    Fact,
    Figure,
    Footnote,
    Heading,
    Paragraph,
    Ref,
    Spans,
    Table,
    facts_of,
)
from crmlab.present.language import latin
from crmlab.present.sentences import templates
from crmlab.report.model import Document

Told: TypeAlias = dict[str, list[tuple[str, str, int]]]
DIGITS = re.compile(r"[0-9\u06f0-\u06f9\u0660-\u0669]")
DECIMAL = re.compile(r"\d+\.\d+")
# Names, conventions and years of papers that hold a digit and are no result.
NAMES = re.compile(
    r"HTMT2|AIC[34]|R2|p\s*<\s*0[.٫/]0?0?[15]|[pP]\s*<\s*[۰0][.٫/][۰0]{1,2}[۱۵15]|ICC\([12]\)|rwg|PDF/A-2b|SHA-?256|"
    r"9[05]%|۹[۰۵]٪|صدک ۹۵|\b(?:19|20)\d\d\b|chapter 5|of (?:5|100)\b|−100 to 100|\u200e?−۱۰۰ تا ۱۰۰|از (?:۵|۱۰۰)(?![۰-۹])|(?:[Ss]tage|مرحلهٔ) [1-5۱-۵]|0[.٫]7[05]|۰[.٫]۷[۰۵]"
)


def lint(document: Document) -> list[str]:
    """What is wrong with one report, a line each; an empty list if nothing is.

    Text of the author's own may hold typed numbers (the run record lists them); ours may not.
    """
    return [
        *_typed(document),
        *_typed_beside(document),
        *_untold(document),
        *_split_facts(document),
        *_dead(document),
        *_empty(document),
    ]


def lint_pair(one: Document, other: Document) -> list[str]:
    """Whether two languages carry the same facts in the same sections, printed alike; the author's text aside."""
    return differences(facts_by_section(one), facts_by_section(other))


def differences(one: Told, other: Told) -> list[str]:
    """What `lint_pair` finds, from what two reports tell in each section."""
    found = []
    for key in dict.fromkeys([*one, *other]):
        left, right = one.get(key, []), other.get(key, [])
        if sorted(left) != sorted(right):
            lost = sorted(set(left) ^ set(right))
            what = lost[0][0] if lost else "a fact that stands there more often in one of them"
            found.append(f"{key}: the languages differ in {what}")
    return found


def texts(document: Document) -> Iterator[tuple[str, Spans]]:
    """Running text and cells that are not the author's, with the place they stand in.

    Captions, headers, notes and footnotes are looked at apart (`_typed_beside`): they name conventions.
    """
    place = ""
    for block in document.blocks():
        if isinstance(block, Heading):
            place = block.key
            yield place, block.spans
        elif isinstance(block, Paragraph):
            if not block.author:
                yield place, block.spans
        elif isinstance(block, Table):
            yield from ((block.key, cell) for row in block.rows for cell in row)


def _typed(document: Document) -> list[str]:
    found = []
    for place, spans in texts(document):
        if place.startswith("text-"):
            continue
        for span in spans:
            if isinstance(span, str) and DIGITS.search(NAMES.sub("", span)):
                found.append(f"{place}: a typed number in “{span.strip()[:80]}”")
    return found


def _typed_beside(document: Document) -> Iterator[str]:
    """Numbers typed into captions, headers, notes and footnotes.

    A convention (a scale of 0 to 100, a 95th percentile) may stand there as the catalogue of words has it; a number that
    the catalogue does not hold was put together somewhere else.
    """
    known = _catalogue(document)
    for block in document.blocks():
        beside: list[Spans] = []
        if isinstance(block, Table | Figure):
            beside = [block.caption, *(note.spans for note in block.notes if not note.author)]
        if isinstance(block, Table):
            beside += block.header
        if isinstance(block, Paragraph) and not block.author:
            beside = [span.spans for span in block.spans if isinstance(span, Footnote)]
        place = block.key if isinstance(block, Table | Figure) else "a footnote"
        for span in (span for spans in beside for span in spans):
            if isinstance(span, str) and DIGITS.search(NAMES.sub("", span)) and span.strip() not in known:
                yield f"{place}: a typed number in “{span.strip()[:80]}”"


def _catalogue(document: Document) -> str:
    """All words of the reader's language as one text."""
    spoken = document.language
    patterns = (each[spoken.code] for each in templates().values())
    return "\n".join([*spoken.words.values(), *patterns])


def _untold(document: Document) -> Iterator[str]:
    """Decimal numbers of an alternative text that are none of the figure's facts, as they are printed or rounded."""
    for figure in document.figures:
        told = DECIMAL.findall(latin(figure.alt))
        values = [fact.value for fact in figure.facts]
        for number in told:
            half = 0.5000001 * 10.0 ** -len(number.partition(".")[2])
            wanted = abs(float(number))
            if not any(abs(abs(scale * value) - wanted) <= half for value in values for scale in (1, 100)):
                yield f"{figure.key}: the alternative text tells {number}, which is none of the figure's facts"


def _split_facts(document: Document) -> list[str]:
    """Facts of one address must have one value, wherever they stand."""
    known: dict[str, float] = {}
    found = []
    for fact in document.facts:
        value = known.setdefault(fact.address, fact.value)
        if value != fact.value and value == value and fact.value == fact.value:
            found.append(f"{fact.address}: {value!r} in one place, {fact.value!r} in another")
    return found


def _dead(document: Document) -> list[str]:
    """References to what the report does not hold."""
    spans = [spans for _, spans in texts(document)]
    shown: list[Table | Figure] = [*document.tables, *document.figures]
    spans += [note.spans for block in shown for note in block.notes]
    keys = {span.key for each in spans for span in each if isinstance(span, Ref)}
    return [
        f"a reference to '{key}', which is not in the report"
        for key in sorted(keys - set(document.numbers) - set(document.outside))
    ]


def _empty(document: Document) -> list[str]:
    found = []
    for chapter in document.chapters:
        after: list[Block | None] = [*chapter.blocks[1:], None]
        for block, following in zip(chapter.blocks, after, strict=True):
            if isinstance(block, Heading) and _closes(block, following):
                found.append(f"{chapter.key}: section '{block.key}' is empty")
    return found


def _closes(heading: Heading, following: Block | None) -> bool:
    return following is None or (isinstance(following, Heading) and following.level <= heading.level)


def facts_by_section(document: Document) -> Told:
    """Heading key -> address, style and decimals of each fact below it."""
    found: Told = {}
    for chapter in document.chapters:
        place = chapter.key
        for block in chapter.blocks:
            if isinstance(block, Heading):
                place = block.key
            if isinstance(block, Paragraph) and block.author:
                continue
            found.setdefault(place, []).extend(_mark(fact) for fact in facts_of(block))
    return found


def _mark(fact: Fact) -> tuple[str, str, int]:
    return fact.address, fact.style, fact.digits
