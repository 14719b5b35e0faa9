"""The report as DOCX: native right-to-left paragraphs and tables; headings, captions and references that Word counts."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crmlab.present.blocks import (
    Block,
    Cite,
    Equation,
    Fact,
    Figure,
    Footnote,
    Heading,
    Paragraph,
    Ref,
    Reference,
    Slanted,
    Spans,
    Strong,
    Table,
)
from crmlab.present.theme import Theme
from crmlab.report import word_front, word_notes
from crmlab.report import word_xml as xml
from crmlab.report.equations import omml
from crmlab.report.layout import spreads, wide
from crmlab.report.model import Chapter, Document
from crmlab.report.word_numbers import DEPTH, Numbering, definitions, marks, numbering
from crmlab.report.word_style import LONG, TEXT, TWIPS, blank, counting_font, sealed, section

STYLE_OF = {
    "body": "Normal",
    "item": "Item",
    "gap": "Failed",
    "note": "Note",
    "notice": "Failed",
    "failed": "Failed",
    "statement": "Statement",
}
SEQUENCE = {"table": "Table", "figure": "Figure", "equation": "Equation"}
ALIGN = {"s": "", "c": "center", "e": "end"}
SHORT = 18  # rows
SMALL, TINY = 6, 9  # columns beyond which a table is set smaller
EMU = 360000  # in a centimetre


def to_docx(document: Document, rasters: Mapping[str, bytes], theme: Theme) -> bytes:
    """The whole report as DOCX bytes."""
    language, brief = document.language, document.form == "brief"
    counted = Numbering({}, {}) if brief else numbering(document)
    lists = definitions(counted.lists, counting_font(language, document.profile), language.rtl)
    word = blank(
        language, theme, document.title, document.organisation, document.profile, brief=brief, lists=lists
    )
    keys = [*document.numbers, *(block.key for block in document.blocks() if isinstance(block, Reference))]
    writer = _Writer(document, word, {key: k for k, key in enumerate(keys, 1)}, rasters, counted)
    if brief:
        word_front.masthead(writer)
    else:
        word_front.front(writer)
        word_front.contents(writer)
    for chapter in document.chapters:
        writer.chapter(chapter)
    word_notes.attach(word, writer.footnotes, document.language.rtl)
    return sealed(word, writer.body)


@dataclass(frozen=True)
class _Writer:
    """Writes blocks at the end of one Word document.

    Attributes
    ----------
    counted : which headings Word counts, and in which list
    body : what is written so far
    footnotes : the footnotes so far
    started : the sequences of captions that have begun in this chapter
    """

    document: Document
    word: Any
    order: dict[str, int]
    rasters: Mapping[str, bytes]
    counted: Numbering
    body: list[str] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    started: set[str] = field(default_factory=set)

    @property
    def rtl(self) -> bool:
        return self.document.language.rtl

    def line(self, inside: str, style: str, **how: Any) -> None:
        """Add a paragraph; `style` is the name without spaces, as Word keys it."""
        self.body.append(xml.paragraph(inside, style.replace(" ", ""), self.rtl, **how))

    def words(self, text: str, style: str, **how: Any) -> None:
        """Add a paragraph of plain words."""
        self.line(xml.runs(text, self.rtl), style, **how)

    def bookmark(self, key: str) -> str:
        """A name Word accepts for a place in the document."""
        return re.sub(r"\W", "_", f"b{self.order[key]}_{key}", flags=re.ASCII)[:40]

    def spans(self, spans: Spans, style: str = "", rtl: bool | None = None) -> str:
        """Spans as runs; references are fields. `rtl` is the direction of a listed work."""
        way = self.rtl if rtl is None else rtl
        inside: list[str] = []
        for span in self.document.spelled(spans):
            shown = self.document.span(span)
            if isinstance(span, Ref) and span.key in self.document.numbers:
                inside.append(self.cross_reference(span.key, shown, style))
            elif isinstance(span, Cite):
                cited = xml.runs(shown, way and not shown.isascii(), style)
                place = self.document.place(span)
                inside.append(xml.link(self.bookmark(place), cited) if place else cited)
            elif isinstance(span, Footnote):
                self.footnotes.append(self.spans(span.spans))
                inside.append(word_notes.reference(len(self.footnotes), way))
            elif isinstance(span, Slanted):
                inside.append(xml.runs(shown, way, xml.STRONG if way else xml.EMPHASIS))
            else:
                strong = isinstance(span, Strong) or (isinstance(span, Fact) and span.strong)
                inside.append(xml.runs(shown, way, xml.STRONG if strong else style))
        return "".join(inside)

    def cross_reference(self, key: str, shown: str, style: str) -> str:
        """A field that shows a caption's or chapter's name and number, of a section or formula the number only.

        What Word counts is asked for its number (`\\n`), of the rest the bookmarked words are repeated.
        """
        kind, number = self.document.kinds[key], self.document.numbers[key]
        if not number:
            return xml.link(self.bookmark(key), xml.runs(shown, self.rtl, style))
        heading = self.counted.of.get(key)
        asked = "\\n \\h" if heading is not None and not heading.typed else "\\h"
        look = xml.STRONG_DIGITS if style == xml.STRONG else xml.DIGITS
        instruction = (
            f"REF {self.bookmark(key)} {asked} \\* CHARFORMAT"  # in the looks of the field, not of the place
        )
        if kind not in ("section", "equation"):
            return xml.field(instruction, shown, self.rtl, look)
        before, _, after = self.document.language.word(f"{kind}_number", number="\0").partition("\0")
        field_ = xml.field(instruction, number, self.rtl, look)
        return xml.runs(before, self.rtl, style) + field_ + xml.runs(after, self.rtl, style)

    def heading(self, key: str, level: int, title: str) -> None:
        """A heading that Word counts; where its count would be another, the number is typed and bookmarked."""
        counted = self.counted.of.get(key)
        style = f"Heading {level}"
        words = xml.runs(title, self.rtl)
        if counted is None or not counted.typed:
            inside = xml.marked(self.order[key], self.bookmark(key), words)
        else:
            number = xml.runs(counted.typed, self.rtl)
            inside = xml.marked(self.order[key], self.bookmark(key), number) + xml.runs(" ", self.rtl) + words
        self.line(inside, style, counted=marks(counted.list_, level) if counted else "")

    def chapter(self, chapter: Chapter) -> None:
        """A chapter on a new page; in a brief a section."""
        if self.document.form == "brief":
            self.heading(chapter.key, 2, self.document.chapter_title(chapter))
        else:
            self.heading(chapter.key, 1, chapter.title)
        self.started.clear()
        for turned, blocks in spreads(chapter.blocks):
            if turned:
                self.turn(on_its_side=False)
            for block in blocks:
                self.block(block)
            if turned:
                self.turn(on_its_side=True)

    def block(self, block: Block) -> None:
        """One block."""
        if isinstance(block, Paragraph):
            self.line(self.spans(block.spans), STYLE_OF[block.role])
        elif isinstance(block, Heading):
            level = min(self.document.levels[block.key], DEPTH)
            self.heading(block.key, level, self.document.text(block.spans))
        elif isinstance(block, Equation):
            brackets = [xml.runs(sign, self.rtl) for sign in "()"]
            number = self.number(block.key, "{}").join(brackets)
            self.body.append(xml.formula(omml(block.formula), number, self.rtl))
        elif isinstance(block, Reference):
            inside = xml.marked(
                self.order[block.key], self.bookmark(block.key), self.spans(block.spans, rtl=block.rtl)
            )
            against = self.rtl and not block.rtl
            self.body.append(xml.paragraph(inside, "Reference", block.rtl, against=against))
        elif isinstance(block, Table):
            self.caption(block)
            self.table(block, LONG if wide(block) else TEXT)
            self.notes(block)
        else:
            self.picture(block)
            self.caption(block)
            self.notes(block)

    def turn(self, *, on_its_side: bool) -> None:
        """End a section here; the pages since the last end are upright, or turned on their side."""
        first = not any("<w:sectPr" in each for each in self.body)
        ends = section(self.word, on_its_side=on_its_side, first=first)
        self.line("", "TableText", section=ends)

    def number(self, key: str, mould: str) -> str:
        """The printed number of a caption or formula, its last part a sequence field that starts anew in each chapter."""
        before, _, after = mould.partition("{}")
        start, dash, last = self.document.numbers[key].rpartition("-")
        kind = self.document.kinds[key]
        plain, digits = ("", xml.DIGITS) if kind == "equation" else (xml.STRONG, xml.STRONG_DIGITS)
        anew = (" \\r 1" if kind not in self.started else "") + " \\s 1" if start else ""
        self.started.add(kind)
        sequence = xml.field(f"SEQ {SEQUENCE[kind]} \\* ARABIC{anew}", last, self.rtl, digits)
        shown = xml.runs(f"{before}{start}{dash}", self.rtl, plain) + sequence
        return xml.marked(
            self.order[key], self.bookmark(key), shown + (xml.runs(after, self.rtl, plain) if after else "")
        )

    def caption(self, block: Table | Figure) -> None:
        """A caption with its number."""
        kind = self.document.kinds[block.key]
        inside = self.number(block.key, self.document.language.word(f"{kind}_number", number="{}"))
        inside += xml.runs(": ", self.rtl, xml.STRONG) + self.spans(block.caption)
        self.line(inside, "Caption", next_too=isinstance(block, Table))

    def notes(self, block: Table | Figure) -> None:
        """The notes below a table or figure, and room after them."""
        centred = "center" if isinstance(block, Figure) else ""
        for note in block.notes:
            self.line(self.spans(note.spans), STYLE_OF[note.role], align=centred)
        if not block.notes and isinstance(block, Table):
            self.line("", "Table End")

    def table(self, block: Table, room: float) -> None:
        """A table ruled like a book's, `room` centimetres wide."""
        total = round(room * TWIPS)
        widths = [round(total * share / sum(block.shares)) for share in block.shares]
        columns = list(zip(widths, block.align, strict=True))
        style = "Table Text" if len(widths) <= SMALL else "Table Text Small"
        style = "Table Text Tiny" if len(widths) > TINY and room == TEXT else style
        head = [
            xml.cell(self.inside(cell, align, style, next_too=True), width)
            for cell, (width, align) in zip(block.header, columns, strict=True)
        ]
        rows = []
        for k, cells in enumerate(block.rows):
            whole = len(block.rows) <= SHORT and k < len(block.rows) - 1  # a short table stays on one page
            if len(cells) == 1 and len(widths) > 1:
                group = self.inside(cells[0], "s", style, strong=True, next_too=True)
                rows.append(xml.row([xml.cell(group, total, span=len(widths))]))
                continue
            inside = [
                xml.cell(self.inside(cell, align, style, next_too=whole), width)
                for cell, (width, align) in zip(cells, columns, strict=True)
            ]
            rows.append(xml.row(inside))
        self.body.append(
            xml.table(xml.row(head, header=True), rows, widths, self.rtl, self.document.caption(block))
        )

    def inside(
        self, cell: Spans, align: str, style: str, *, strong: bool = False, next_too: bool = False
    ) -> str:
        """The paragraph of one cell."""
        words = self.spans(cell, xml.STRONG if strong else "")
        return xml.paragraph(words, style.replace(" ", ""), self.rtl, align=ALIGN[align], next_too=next_too)

    def picture(self, figure: Figure) -> None:
        """A picture with its alternative text."""
        relation, image = self.word.part.get_or_add_image(io.BytesIO(self.rasters[figure.key]))
        width = round(TEXT * figure.width * EMU)
        size = (width, round(width * image.px_height / image.px_width))
        shape = xml.picture(self.order[figure.key], relation, figure.key, figure.alt, size)
        self.line(shape, "Figure", align="center", next_too=True)
