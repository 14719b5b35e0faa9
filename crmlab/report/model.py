"""The report before it has a file format: chapters of blocks, numbered by chapter, with every reference resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from crmlab.present.blocks import (
    Block,
    Fact,
    Figure,
    Heading,
    Label,
    Paragraph,
    Ref,
    Span,
    Spans,
    Table,
    facts_of,
)
from crmlab.present.language import Language

OVERRIDES = frozenset("\u202a\u202b\u202d\u202e")
ISOLATES = frozenset("\u2066\u2067\u2068")


@dataclass(frozen=True)
class Chapter:
    """One chapter or annex.

    Attributes
    ----------
    key : unique in the document
    number : "4", or the order of an annex, "1"
    kind : what it is called
    title : its words
    blocks : its content; headings inside have level 2 or more
    """

    key: str
    number: str
    kind: Literal["chapter", "annex"]
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents."""

    level: int
    key: str
    text: str


@dataclass(frozen=True)
class Document:
    """A report in one language.

    Attributes
    ----------
    name : the study's name
    language : the reader's language, with the study's names
    title, organisation : the title page
    notice : what the first page must say, empty if nothing
    code : short code of the results it is made of
    chapters : its content
    """

    name: str
    language: Language
    title: str
    organisation: str
    notice: str
    code: str
    chapters: tuple[Chapter, ...]

    @cached_property
    def numbers(self) -> dict[str, str]:
        """Key -> the printed number of a chapter, heading, table or figure, digits in the reader's language."""
        found: dict[str, str] = {}
        for chapter in self.chapters:
            start = self.ordinal(chapter)
            found[chapter.key] = start
            counts: dict[object, int] = {}
            for block in chapter.blocks:
                if isinstance(block, Table | Figure):
                    counts[type(block)] = counts.get(type(block), 0) + 1
                    found[block.key] = self.language.digits(f"{start}-{counts[type(block)]}")
                elif isinstance(block, Heading):
                    counts[block.level] = counts.get(block.level, 0) + 1
                    counts.update(dict.fromkeys(range(block.level + 1, 6), 0))
                    parts = [str(counts.get(level, 0)) for level in range(2, block.level + 1)]
                    found[block.key] = self.language.digits("-".join([start, *parts]))
        return found

    def ordinal(self, chapter: Chapter) -> str:
        """The number of a chapter, the letter of an annex."""
        if chapter.kind == "annex":
            return self.language.word(f"annex.{chapter.number}")
        return self.language.digits(chapter.number)

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Key -> "table", "figure", "section", "chapter" or "annex"."""
        found: dict[str, str] = {chapter.key: chapter.kind for chapter in self.chapters}
        for block in self.blocks():
            if isinstance(block, Table | Figure | Heading):
                found[block.key] = type(block).__name__.lower().replace("heading", "section")
        return found

    def reference(self, key: str) -> str:
        """A cross reference as it is printed: "Table 4-1"; what is not in the document is said to be missing."""
        if key not in self.numbers:
            return self.language.word("not_found")
        return self.language.word(f"{self.kinds[key]}_number", number=self.numbers[key])

    def blocks(self) -> Iterator[Block]:
        """Every block in reading order."""
        for chapter in self.chapters:
            yield from chapter.blocks

    @property
    def tables(self) -> list[Table]:
        """Every table in reading order."""
        return [block for block in self.blocks() if isinstance(block, Table)]

    @property
    def figures(self) -> list[Figure]:
        """Every figure in reading order."""
        return [block for block in self.blocks() if isinstance(block, Figure)]

    @property
    def facts(self) -> list[Fact]:
        """Every fact in reading order."""
        return [fact for block in self.blocks() for fact in facts_of(block)]

    @cached_property
    def contents(self) -> list[Entry]:
        """The table of contents."""
        found = []
        for chapter in self.chapters:
            found.append(Entry(1, chapter.key, self.chapter_title(chapter)))
            for block in chapter.blocks:
                if isinstance(block, Heading):
                    found.append(Entry(block.level, block.key, self.heading_title(block)))
        return found

    def chapter_title(self, chapter: Chapter) -> str:
        """ "Chapter 4: Findings"."""
        return f"{self.reference(chapter.key)}: {chapter.title}"

    def heading_title(self, heading: Heading) -> str:
        """ "4-1 Introduction"."""
        return f"{self.numbers[heading.key]}  {self.text(heading.spans)}"

    def text(self, spans: Spans) -> str:
        """Spans as plain text, references resolved."""
        return "".join(self.span(span) for span in spans)

    def span(self, span: Span) -> str:
        """One span as plain text."""
        if isinstance(span, Ref):
            return self.reference(span.key)
        if isinstance(span, Label):
            return contained(span.text)
        return self.language.plain((span,))

    def caption(self, block: Table | Figure) -> str:
        """ "Table 4-1: Reliability"."""
        return f"{self.reference(block.key)}: {self.text(block.caption)}"

    def words(self) -> Iterator[str]:
        """Every text that is printed, for the check of the fonts."""
        yield from (self.title, self.organisation, self.notice)
        yield from (entry.text for entry in self.contents)
        for block in self.blocks():
            if isinstance(block, Table | Figure):
                yield self.caption(block)
                yield from (self.text(note.spans) for note in block.notes)
            if isinstance(block, Table):
                yield from (self.text(cell) for row in (block.header, *block.rows) for cell in row)
            elif isinstance(block, Paragraph | Heading):
                yield self.text(block.spans)


def contained(text: str) -> str:
    """A label whose direction marks end where it ends."""
    overrides = sum(char in OVERRIDES for char in text) - text.count("\u202c")
    isolates = sum(char in ISOLATES for char in text) - text.count("\u2069")
    return text + "\u202c" * max(overrides, 0) + "\u2069" * max(isolates, 0)
