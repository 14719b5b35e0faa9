"""The report as DOCX: native right-to-left paragraphs and tables, captions and references as fields."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
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
from crmlab.report import word_notes
from crmlab.report import word_xml as xml
from crmlab.report.equations import omml
from crmlab.report.model import Chapter, Document, Entry, spreads, wide
from crmlab.report.word_style import LONG, TEXT, TWIPS, blank, sealed, section

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
BAD = xml.Look(colour="8F3606")
EMU = 360000  # in a centimetre


def to_docx(document: Document, rasters: Mapping[str, bytes], theme: Theme) -> bytes:
    """The whole report as DOCX bytes."""
    word = blank(
        document.language,
        theme,
        document.title,
        document.organisation,
        document.profile,
        brief=document.form == "brief",
    )
    keys = [*document.numbers, *(block.key for block in document.blocks() if isinstance(block, Reference))]
    writer = _Writer(document, word, {key: k for k, key in enumerate(keys, 1)}, rasters)
    if document.form == "brief":
        writer.masthead()
    else:
        writer.front()
        writer.contents()
    for chapter in document.chapters:
        writer.chapter(chapter)
    word_notes.attach(word, writer.footnotes, document.language.rtl)
    return sealed(word, writer.body)


@dataclass(frozen=True)
class _Writer:
    """Writes blocks at the end of one Word document.

    Attributes
    ----------
    body : what is written so far
    footnotes : the footnotes so far
    """

    document: Document
    word: Any
    order: dict[str, int]
    rasters: Mapping[str, bytes]
    body: list[str] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)

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

    def spans(self, spans: Spans, look: xml.Look = xml.PLAIN, rtl: bool | None = None) -> str:
        """Spans as runs; references are fields. `rtl` is the direction of a listed work."""
        way = self.rtl if rtl is None else rtl
        inside: list[str] = []
        for span in self.document.spelled(spans):
            shown = self.document.span(span)
            if isinstance(span, Ref) and span.key in self.document.numbers:
                inside.append(self.cross_reference(span.key, shown, look))
            elif isinstance(span, Cite):
                cited = xml.runs(shown, way and not shown.isascii(), look)
                place = self.document.place(span)
                inside.append(xml.link(self.bookmark(place), cited) if place else cited)
            elif isinstance(span, Footnote):
                self.footnotes.append(self.spans(span.spans))
                inside.append(word_notes.reference(len(self.footnotes), way))
            elif isinstance(span, Slanted):
                inside.append(xml.runs(shown, way, xml.Look(bold=way, italic=not way)))
            else:
                strong = isinstance(span, Strong) or (isinstance(span, Fact) and span.strong)
                bold = xml.Look(True, look.colour, look.size) if strong else look
                inside.append(xml.runs(shown, way, bold))
        return "".join(inside)

    def cross_reference(self, key: str, shown: str, look: xml.Look) -> str:
        """A field that shows what is bookmarked: a caption's or chapter's name and number, of the rest the number only."""
        kind = self.document.kinds[key]
        if kind not in ("section", "equation"):
            return xml.field(f"REF {self.bookmark(key)} \\h", shown, self.rtl, look)
        number = self.document.numbers[key]
        if not number:
            return xml.link(self.bookmark(key), xml.runs(shown, self.rtl, look))
        before, _, after = self.document.language.word(f"{kind}_number", number="\0").partition("\0")
        field_ = xml.field(f"REF {self.bookmark(key)} \\h", number, self.rtl, look)
        return xml.runs(before, self.rtl, look) + field_ + xml.runs(after, self.rtl, look)

    def heading(self, key: str, title: str, named: str) -> str:
        """A heading whose bookmark holds `named`, the part that cross references repeat."""
        after = title.removeprefix(named)
        inside = xml.marked(self.order[key], self.bookmark(key), xml.runs(named or title, self.rtl))
        return inside + (xml.runs(after, self.rtl) if named else "")

    def front(self) -> None:
        """The title page."""
        document, language, page = self.document, self.document.language, self.document.profile
        thesis = bool(page.above or page.below)
        for text in page.above:
            self.words(text, "Subtitle")
        for _ in range(3 if thesis else 6):
            self.line("", "Normal")
        self.words(language.word("report"), "Subtitle")
        self.words(document.title, "Title")
        self.words(document.organisation, "Subtitle")
        for name, people in page.below:
            if not people:
                self.line("", "Normal")
            self.words(
                name if not people else f"{name}:", "Subtitle" if not people else "Note", align="center"
            )
            if people:
                self.words(people, "Subtitle")
        if page.day:
            self.words(page.day, "Subtitle")
        self.notice(align="center")
        self.line("", "Normal")
        self.words(f"{language.word('run_code')}: {document.code}", "Note", align="center")

    def masthead(self) -> None:
        """The head of a brief."""
        self.words(self.document.title, "Heading 1")
        self.words(self.document.organisation, "Note")
        self.notice()

    def notice(self, align: str = "") -> None:
        """What the first page must say."""
        if self.document.notice:
            told = xml.runs(f"{self.document.language.word('notice')}: ", self.rtl, xml.Look(True, "8F3606"))
            self.line(told + xml.runs(self.document.notice, self.rtl, BAD), "Failed", align=align)

    def contents(self) -> None:
        """Tables of contents as fields, their entries filled in; the page numbers come when Word updates them."""
        document = self.document
        if document.profile.name == "article":
            return
        self.listing("contents", ' TOC \\o "1-3" \\h \\z \\u ', document.contents)
        for name, kind, blocks in (
            ("tables", "Table", document.tables),
            ("figures", "Figure", document.figures),
        ):
            if blocks and document.profile.lists:
                entries = [Entry(2, block.key, document.caption(block)) for block in blocks]
                self.listing(f"{name}_list", f' TOC \\h \\z \\c "{kind}" ', entries, "Table of Figures")

    def listing(self, title: str, instruction: str, entries: Sequence[Entry], style: str = "") -> None:
        """One table of contents."""
        self.words(self.document.language.word(title), "Contents")
        begin = (
            '<w:fldChar w:fldCharType="begin"/>',
            xml.text(instruction, "w:instrText"),
            '<w:fldChar w:fldCharType="separate"/>',
        )
        end = xml.run('<w:fldChar w:fldCharType="end"/>', self.rtl)
        for k, entry in enumerate(entries):
            before = "".join(xml.run(part, self.rtl) for part in begin) if k == 0 else ""
            shown = xml.link(self.bookmark(entry.key), xml.runs(entry.text, self.rtl))
            after = end if k == len(entries) - 1 else ""
            self.line(before + shown + after, style or f"TOC {min(entry.level, 3)}")

    def chapter(self, chapter: Chapter) -> None:
        """A chapter on a new page; in a brief a section."""
        brief = self.document.form == "brief"
        title, named = self.document.chapter_title(chapter), self.document.reference(chapter.key)
        inside = self.heading(chapter.key, title, named)
        self.line(inside, "Heading 2" if brief else "Heading 1")
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
            inside = self.heading(
                block.key, self.document.heading_title(block), self.document.numbers[block.key]
            )
            self.line(inside, f"Heading {min(self.document.levels[block.key], 3)}")
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
        sequence = f"SEQ {SEQUENCE[kind]} \\* ARABIC \\s 1"
        look = xml.PLAIN if kind == "equation" else xml.BOLD
        if (
            self.rtl
        ):  # fields count in Latin digits only: here the field counts unseen beside the Persian number
            shown = xml.runs(f"{before}{start}{dash}{last}{after}", True, look)
            unseen = xml.field(sequence, last, True, xml.UNSEEN)
        else:
            shown = xml.runs(f"{before}{start}{dash}", False, look) + xml.field(sequence, last, False, look)
            shown, unseen = shown + xml.runs(after, False, look), ""
        return xml.marked(self.order[key], self.bookmark(key), shown) + unseen

    def caption(self, block: Table | Figure) -> None:
        """A caption with its number."""
        kind = self.document.kinds[block.key]
        inside = self.number(block.key, self.document.language.word(f"{kind}_number", number="{}"))
        inside += xml.runs(": ", self.rtl, xml.BOLD) + self.spans(block.caption)
        self.line(inside, "Caption", next_too=isinstance(block, Table))

    def notes(self, block: Table | Figure) -> None:
        """The notes below a table or figure, and room after them."""
        centred = "center" if isinstance(block, Figure) else ""
        for note in block.notes:
            self.line(self.spans(note.spans), STYLE_OF[note.role], align=centred)
        if not block.notes and isinstance(block, Table):
            self.line("", "Note")

    def table(self, block: Table, room: float) -> None:
        """A table ruled like a book's, `room` centimetres wide."""
        total = round(room * TWIPS)
        widths = [round(total * share / sum(block.shares)) for share in block.shares]
        columns = list(zip(widths, block.align, strict=True))
        crowded = len(widths) > 9 and room == TEXT
        small = xml.Look(size=15) if crowded else xml.Look(size=17) if len(widths) > 6 else xml.PLAIN
        strong = xml.Look(True, "", small.size)
        head = [
            xml.cell(self.inside(cell, align, strong, next_too=True), width, line_below=True)
            for cell, (width, align) in zip(block.header, columns, strict=True)
        ]
        rows = []
        for k, cells in enumerate(block.rows):
            whole = len(block.rows) <= SHORT and k < len(block.rows) - 1  # a short table stays on one page
            if len(cells) == 1 and len(widths) > 1:
                group = self.inside(cells[0], "s", strong, next_too=True)
                rows.append(xml.row([xml.cell(group, total, span=len(widths))]))
                continue
            inside = [
                xml.cell(self.inside(cell, align, small, next_too=whole), width)
                for cell, (width, align) in zip(cells, columns, strict=True)
            ]
            rows.append(xml.row(inside))
        self.body.append(
            xml.table(xml.row(head, header=True), rows, widths, self.rtl, self.document.caption(block))
        )

    def inside(self, cell: Spans, align: str, look: xml.Look, *, next_too: bool = False) -> str:
        """The paragraph of one cell."""
        return xml.paragraph(
            self.spans(cell, look), "TableText", self.rtl, align=ALIGN[align], next_too=next_too
        )

    def picture(self, figure: Figure) -> None:
        """A picture with its alternative text."""
        relation, image = self.word.part.get_or_add_image(io.BytesIO(self.rasters[figure.key]))
        width = round(TEXT * figure.width * EMU)
        size = (width, round(width * image.px_height / image.px_width))
        shape = xml.picture(self.order[figure.key], relation, figure.key, figure.alt, size)
        self.line(shape, "Figure", align="center", next_too=True)
