"""The report before it has a file format: chapters of blocks, numbered by chapter, with every reference resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from crmlab.present.blocks import (
    Block,
    Cite,
    Equation,
    Fact,
    Figure,
    Footnote,
    Heading,
    Label,
    Paragraph,
    Ref,
    Reference,
    Span,
    Spans,
    Table,
    facts_of,
)
from crmlab.present.formula import letters
from crmlab.present.language import Language
from crmlab.report.layout import contained, kept_together
from crmlab.report.profiles import PLAIN, Profile
from crmlab.report.references import Bibliography


@dataclass(frozen=True)
class Chapter:
    """One chapter or annex.

    Attributes
    ----------
    key : unique in the document
    number : "4", or the order of an annex, "1"
    kind : what it is called; "front" (an abstract, the list of references) has no number
    title : its words
    blocks : its content; headings inside have level 2 or more
    """

    key: str
    number: str
    kind: Literal["front", "chapter", "annex"]
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
    form : "report", or "brief": two pages without a title page and contents
    profile : how the page is made
    works : what may be cited
    outside : key -> the printed reference of what stands in another document
    """

    name: str
    language: Language
    title: str
    organisation: str
    notice: str
    code: str
    chapters: tuple[Chapter, ...]
    form: Literal["report", "brief"] = "report"
    profile: Profile = PLAIN
    works: Bibliography | None = None
    outside: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> dict[str, str]:
        """Key -> the printed number of a chapter, heading, table or figure, digits in the reader's language."""
        found: dict[str, str] = {}
        unnumbered: dict[object, int] = {}  # tables and figures outside numbered chapters are counted through
        for chapter in self.chapters:
            start = self.ordinal(chapter)
            found[chapter.key] = start
            counts: dict[object, int] = {} if start else unnumbered
            for block in chapter.blocks:
                if isinstance(block, Table | Figure | Equation):
                    counts[type(block)] = counts.get(type(block), 0) + 1
                    before = f"{start}-" if start else ""
                    found[block.key] = self.language.digits(f"{before}{counts[type(block)]}")
                elif isinstance(block, Heading) and not start:
                    found[block.key] = ""
                elif isinstance(block, Heading):
                    counts[block.level] = counts.get(block.level, 0) + 1
                    counts.update(dict.fromkeys(range(block.level + 1, 6), 0))
                    parts = [str(counts.get(level, 0)) for level in range(2, block.level + 1)]
                    found[block.key] = self.language.digits("-".join([start, *parts]))
        return found

    def ordinal(self, chapter: Chapter) -> str:
        """The number of a chapter, the letter of an annex."""
        if chapter.kind == "front":
            return ""
        if chapter.kind == "annex":
            return self.language.word(f"annex.{chapter.number}")
        return self.language.digits(chapter.number)

    @cached_property
    def levels(self) -> dict[str, int]:
        """Key of a heading -> its level, no level skipped on the way down: readers that read aloud rely on it."""
        found: dict[str, int] = {}
        for chapter in self.chapters:
            above = 1
            for block in chapter.blocks:
                if isinstance(block, Heading):
                    found[block.key] = above = min(block.level, above + 1)
        return found

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Key -> "table", "figure", "section", "chapter" or "annex"."""
        found: dict[str, str] = {chapter.key: chapter.kind for chapter in self.chapters}
        for block in self.blocks():
            if isinstance(block, Table | Figure | Heading | Equation):
                found[block.key] = type(block).__name__.lower().replace("heading", "section")
        return found

    def reference(self, key: str) -> str:
        """A cross reference as it is printed: "Table 4-1"; what is not in the document is said to be missing."""
        if key not in self.numbers:
            return self.outside.get(key) or self.language.word("not_found")
        if self.kinds[key] == "front":
            return next(chapter.title for chapter in self.chapters if chapter.key == key)
        return self.language.word(f"{self.kinds[key]}_number", number=self.numbers[key])

    @cached_property
    def listed(self) -> frozenset[str]:
        """The keys of the works in its list of references."""
        return frozenset(block.key for block in self.blocks() if isinstance(block, Reference))

    def place(self, cite: Cite) -> str:
        """The key of the listed work that a citation leads to; empty if it is not listed."""
        key = self.works.anchor(cite.key) if self.works is not None else ""
        return key if key in self.listed else ""

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
                    found.append(Entry(self.levels[block.key], block.key, self.heading_title(block)))
        return found

    def chapter_title(self, chapter: Chapter) -> str:
        """ "Chapter 4: Findings"; what stands before the chapters has a title only."""
        if chapter.kind == "front":
            return chapter.title
        return f"{self.reference(chapter.key)}: {chapter.title}"

    def heading_title(self, heading: Heading) -> str:
        """ "4-1 Introduction"."""
        number = self.numbers[heading.key]
        return f"{number}  {self.text(heading.spans)}" if number else self.text(heading.spans)

    def text(self, spans: Spans) -> str:
        """Spans as plain text, references resolved."""
        return "".join(self.span(span) for span in self.spelled(spans))

    def spelled(self, spans: Spans) -> Spans:
        """Spans with the brackets around works cited side by side; a work stays a span of its own."""
        spans = kept_together(spans)
        if not any(isinstance(span, Cite) for span in spans):
            return spans
        found: list[Span] = []
        before, after = self.language.word("cited", works="\0").split("\0")
        for k, span in enumerate(spans):
            if not isinstance(span, Cite):
                found.append(span)
                continue
            found.append(
                self.language.word("cited.semicolon") if k and isinstance(spans[k - 1], Cite) else before
            )
            found.append(span)
            if k + 1 == len(spans) or not isinstance(spans[k + 1], Cite):
                found.append(after)
        return tuple(found)

    def span(self, span: Span) -> str:
        """One span as plain text."""
        if isinstance(span, Ref):
            return self.reference(span.key)
        if isinstance(span, Label):
            return contained(self.language.own(span.text))
        if isinstance(span, Cite) and self.works is not None:
            return self.works.inside(span)
        return self.language.plain((span,))

    def caption(self, block: Table | Figure) -> str:
        """ "Table 4-1: Reliability"."""
        return f"{self.reference(block.key)}: {self.text(block.caption)}"

    def words(self) -> Iterator[str]:
        """Every text that is printed, for the check of the fonts."""
        yield from (self.title, self.organisation, self.notice, *self.profile.words())
        yield from (entry.text for entry in self.contents)
        for block in self.blocks():
            yield from self._words(block)

    def _words(self, block: Block) -> Iterator[str]:
        if isinstance(block, Equation):
            yield letters(block.formula) + block.alt
            return
        if isinstance(block, Table | Figure):
            yield self.caption(block)
            yield from (self.text(note.spans) for note in block.notes)
        if isinstance(block, Table):
            yield from (self.text(cell) for row in (block.header, *block.rows) for cell in row)
        elif isinstance(block, Paragraph | Heading | Reference):
            yield self.text(block.spans)
            yield from (self.text(span.spans) for span in block.spans if isinstance(span, Footnote))
