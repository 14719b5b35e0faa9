"""Proofreading of a report: what a supervisor would mark and a machine can see.

A table or figure that no sentence names before it stands, a sentence said twice in one section or over and over in a chapter, a bold number that no note
explains, and in Persian letters, digits and spaces that do not belong there. Text of the author's own is left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from crmlab.present.blocks import Fact, Figure, Heading, Paragraph, Ref, Spans, Table
from crmlab.report.model import Chapter, Document

MARKS = re.compile("[\u200e\u200f\u2066-\u2069]")  # direction, which nobody reads
SENTENCE = re.compile(r"(?<=[.!?؟])\s+")
SHORT = 40  # letters from which a sentence said twice is noticed
OFTEN = 2  # sections of a chapter that may say the same
BOLD = {"en": ("bold", "Bold", "strong"), "fa": ("پررنگ",)}
PERSIAN = {
    "an Arabic letter": re.compile("[\u064a\u0643\u0629\u0649]"),
    "a Latin digit": re.compile(r"(?<![A-Za-z0-9_.-])(?!(?:19|20)\d\d(?!\d))[0-9]"),  # years of Latin works stay Latin
    "a space for a half-space": re.compile(r"(?<![\w\u200c])ن?می [\u0600-\u06ff]|[\u0600-\u06ff] ها(?:ی|یی)?(?![\w\u200c])"),
    "a space before a mark": re.compile(r" [،؛؟:.](?=\s|$)"),
    "two spaces": re.compile(r"[^\s]  +[^\s]"),
}  # fmt: skip


def proofread(document: Document) -> list[str]:
    """What is to be corrected, a line each; an empty list if nothing is found."""
    found = [*unnamed(document), *unexplained(document)]
    for chapter in document.chapters:
        found += repeated(chapter, document)
    return [*found, *misspelled(document)] if document.language.code == "fa" else found


def unnamed(document: Document) -> list[str]:
    """Tables and figures that no paragraph names before they stand."""
    told: set[str] = set()
    found = []
    for block in document.blocks():
        if isinstance(block, Paragraph):
            told |= {span.key for span in block.spans if isinstance(span, Ref)}
        elif isinstance(block, Table | Figure) and block.key not in told:
            found.append(f"{block.key}: no sentence names it before it stands")
    return found


def repeated(chapter: Chapter, document: Document) -> list[str]:
    """Sentences that stand twice in one section, or in more than two sections of a chapter.

    Two comparisons, each in a section of its own, may well end alike.
    """
    counts: Counter[str] = Counter()
    within: Counter[tuple[int, str]] = Counter()
    alone, section = _alone(chapter), 0
    for block in chapter.blocks:
        section += isinstance(block, Heading)
        told = isinstance(block, Paragraph) and block.role in ("body", "item") and not block.author
        if isinstance(block, Paragraph) and told and id(block) not in alone:
            text = MARKS.sub("", document.text(block.spans))
            parts = [part for part in SENTENCE.split(text) if len(part) >= SHORT]
            counts.update(parts)
            within.update((section, part) for part in parts)
    twice = {part for (_, part), k in within.items() if k > 1}
    wrong = ((part, k) for part, k in counts.items() if k > OFTEN or part in twice)
    return [f"{chapter.key}: said {k} times: “{part[:90]}”" for part, k in wrong]


def _alone(chapter: Chapter) -> set[int]:
    """Paragraphs that are all a section holds: that it has no results, which may be so of several."""
    blocks = [None, *chapter.blocks, None]
    return {
        id(block)
        for before, block, after in zip(blocks, blocks[1:], blocks[2:], strict=False)
        if isinstance(before, Heading) and (after is None or isinstance(after, Heading))
    }


def unexplained(document: Document) -> list[str]:
    """Tables with a bold number and no note that says what bold means."""
    found = []
    for table in document.tables:
        bold = any(
            isinstance(span, Fact) and span.strong for row in table.rows for cell in row for span in cell
        )
        notes = " ".join(document.text(note.spans) for note in table.notes)
        if bold and not any(word in notes for word in BOLD[document.language.code]):
            found.append(f"{table.key}: bold numbers, and no note that says what bold means")
    return found


def misspelled(document: Document) -> list[str]:
    """Our own Persian words with letters, digits or spaces that do not belong there."""
    found = []
    for key, spans in _spans(document):
        for span in spans:
            if not isinstance(span, str):
                continue  # names of the study, and numbers, which are printed elsewhere
            text = MARKS.sub("", span)
            found += [
                f"{key}: {what} in “{text.strip()[:70]}”"
                for what, wrong in PERSIAN.items()
                if wrong.search(text)
            ]
    return found


def _spans(document: Document) -> Iterator[tuple[str, Spans]]:
    for block in document.blocks():
        if isinstance(block, Paragraph):
            if not block.author:
                yield "prose", block.spans
        elif isinstance(block, Table | Figure):
            yield block.key, block.caption
            yield from ((block.key, note.spans) for note in block.notes)
            if isinstance(block, Table):
                yield from ((block.key, cell) for row in (block.header, *block.rows) for cell in row)
