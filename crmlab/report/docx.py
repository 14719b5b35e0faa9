"""The report as DOCX: native right-to-left paragraphs and tables, captions and references as fields."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmlab.present.blocks import Block, Fact, Figure, Heading, Paragraph, Ref, Spans, Strong, Table
from crmlab.present.theme import Theme
from crmlab.report import word_xml as xml
from crmlab.report.model import Chapter, Document
from crmlab.report.word_style import TEXT, TWIPS, blank, sealed

STYLE_OF = {
    "body": "Normal",
    "note": "Note",
    "notice": "Failed",
    "failed": "Failed",
    "statement": "Statement",
}
ALIGN = {"s": "", "c": "center", "e": "end"}
SHORT = 18  # rows
BAD = xml.Look(colour="8F3606")


def to_docx(document: Document, rasters: Mapping[str, bytes], theme: Theme) -> bytes:
    """The whole report as DOCX bytes."""
    word = blank(document.language, theme, document.title, document.organisation)
    writer = _Writer(document, word, {key: k for k, key in enumerate(document.numbers, 1)}, rasters)
    writer.front()
    writer.contents()
    for chapter in document.chapters:
        writer.chapter(chapter)
    return sealed(word)


@dataclass(frozen=True)
class _Writer:
    """Writes blocks at the end of one Word document."""

    document: Document
    word: Any
    order: dict[str, int]
    rasters: Mapping[str, bytes]

    @property
    def rtl(self) -> bool:
        return self.document.language.rtl

    def put(self, element: Any) -> None:
        """Add a block before the section's properties."""
        self.word.element.body[-1].addprevious(element)

    def line(self, inside: list[Any], style: str, **how: Any) -> None:
        """Add a paragraph; `style` is the name without spaces, as Word keys it."""
        self.put(xml.paragraph(inside, style.replace(" ", ""), self.rtl, **how))

    def bookmark(self, key: str) -> str:
        """A name Word accepts for a place in the document."""
        return re.sub(r"\W", "_", f"b{self.order[key]}_{key}", flags=re.ASCII)[:40]

    def spans(self, spans: Spans, look: xml.Look = xml.PLAIN) -> list[Any]:
        """Spans as runs; references are fields."""
        inside: list[Any] = []
        for span in spans:
            if isinstance(span, Ref) and span.key in self.document.numbers:
                shown = self.document.reference(span.key)
                inside += xml.field(f"REF {self.bookmark(span.key)} \\h", shown, self.rtl, look)
            else:
                strong = isinstance(span, Strong) or (isinstance(span, Fact) and span.strong)
                bold = xml.Look(True, look.colour, look.size) if strong else look
                inside += xml.runs(self.document.span(span), self.rtl, bold)
        return inside

    def front(self) -> None:
        """The title page."""
        document, language = self.document, self.document.language
        for _ in range(6):
            self.line([], "Normal")
        self.line(xml.runs(language.word("report"), self.rtl), "Subtitle")
        self.line(xml.runs(document.title, self.rtl), "Title")
        self.line(xml.runs(document.organisation, self.rtl), "Subtitle")
        if document.notice:
            self.line([], "Normal")
            notice = xml.runs(f"{language.word('notice')}: ", self.rtl, xml.Look(True, "8F3606"))
            self.line(notice + xml.runs(document.notice, self.rtl, BAD), "Failed", align="center")
        self.line([], "Normal")
        self.line(xml.runs(f"{language.word('run_code')}: {document.code}", self.rtl), "Note", align="center")

    def contents(self) -> None:
        """The table of contents as a field, its entries filled in; the page numbers come when Word updates it."""
        self.line(xml.runs(self.document.language.word("contents"), self.rtl), "Contents")
        entries = self.document.contents
        for k, entry in enumerate(entries):
            name = self.bookmark(entry.key)
            link = xml.el("w:hyperlink", *xml.runs(entry.text, self.rtl), anchor=name, history="1")
            start = [
                xml.el("w:fldChar", fldCharType="begin"),
                xml.text(' TOC \\o "1-3" \\h \\z \\u ', "w:instrText"),
            ]
            start += [xml.el("w:fldChar", fldCharType="separate")]
            before = [xml.run(part, self.rtl) for part in start] if k == 0 else []
            after = (
                [xml.run(xml.el("w:fldChar", fldCharType="end"), self.rtl)] if k == len(entries) - 1 else []
            )
            self.line([*before, link, *after], f"TOC {min(entry.level, 3)}")

    def chapter(self, chapter: Chapter) -> None:
        """A chapter on a new page."""
        title = xml.runs(self.document.chapter_title(chapter), self.rtl)
        self.line(xml.marked(self.order[chapter.key], self.bookmark(chapter.key), title), "Heading 1")
        for block in chapter.blocks:
            self.block(chapter, block)

    def block(self, chapter: Chapter, block: Block) -> None:
        """One block."""
        if isinstance(block, Paragraph):
            self.line(self.spans(block.spans), STYLE_OF[block.role])
        elif isinstance(block, Heading):
            title = xml.runs(self.document.heading_title(block), self.rtl)
            inside = xml.marked(self.order[block.key], self.bookmark(block.key), title)
            self.line(inside, f"Heading {min(block.level, 3)}")
        elif isinstance(block, Table):
            self.caption(chapter, block)
            self.table(block)
            self.notes(block)
        else:
            self.picture(block)
            self.caption(chapter, block)
            self.notes(block)

    def caption(self, chapter: Chapter, block: Table | Figure) -> None:
        """A caption whose number is a sequence field of its own chapter."""
        kind = self.document.kinds[block.key]
        before, _, after = self.document.language.word(f"{kind}_number", number="\0").partition("\0")
        start, _, last = self.document.numbers[block.key].rpartition("-")
        name = f"{kind}_{chapter.key}".replace("-", "_")
        number = xml.runs(f"{before}{start}-{last if self.rtl else ''}", self.rtl, xml.BOLD)
        unseen: list[Any] = []
        if (
            self.rtl
        ):  # fields count in Latin digits only: here the field counts unseen beside the Persian number
            unseen = xml.field(f"SEQ {name} \\* ARABIC", last, True, xml.UNSEEN)
        else:
            number += xml.field(f"SEQ {name} \\* ARABIC", last, False, xml.BOLD)
        number += xml.runs(after, self.rtl, xml.BOLD)
        inside = xml.marked(self.order[block.key], self.bookmark(block.key), number) + unseen
        inside += xml.runs(": ", self.rtl, xml.BOLD) + self.spans(block.caption)
        self.line(inside, "Caption", next_too=isinstance(block, Table))

    def notes(self, block: Table | Figure) -> None:
        """The notes below a table or figure, and room after them."""
        centred = "center" if isinstance(block, Figure) else ""
        for note in block.notes:
            self.line(self.spans(note.spans), STYLE_OF[note.role], align=centred)
        if not block.notes and isinstance(block, Table):
            self.line([], "Note")

    def table(self, block: Table) -> None:
        """A table ruled like a book's."""
        total = round(TEXT * TWIPS)
        widths = [round(total * share / sum(block.shares)) for share in block.shares]
        columns = list(zip(widths, block.align, strict=True))
        small = xml.Look(size=15) if len(widths) > 9 else xml.Look(size=17) if len(widths) > 6 else xml.PLAIN
        head = [
            xml.cell(
                [self.inside(cell, align, xml.Look(True, "", small.size), next_too=True)],
                width,
                line_below=True,
            )
            for cell, (width, align) in zip(block.header, columns, strict=True)
        ]
        rows = []
        for k, cells in enumerate(block.rows):
            whole = len(block.rows) <= SHORT and k < len(block.rows) - 1  # a short table stays on one page
            if len(cells) == 1 and len(widths) > 1:
                group = self.inside(cells[0], "s", xml.Look(True, "", small.size), next_too=True)
                rows.append(xml.row([xml.cell([group], total, span=len(widths))]))
                continue
            inside = [
                xml.cell([self.inside(cell, align, small, next_too=whole)], width)
                for cell, (width, align) in zip(cells, columns, strict=True)
            ]
            rows.append(xml.row(inside))
        self.put(xml.table(xml.row(head, header=True), rows, widths, self.rtl, self.document.caption(block)))

    def inside(self, cell: Spans, align: str, look: xml.Look, *, next_too: bool = False) -> Any:
        """The paragraph of one cell."""
        return xml.paragraph(
            self.spans(cell, look), "TableText", self.rtl, align=ALIGN[align], next_too=next_too
        )

    def picture(self, figure: Figure) -> None:
        """A picture with its alternative text."""
        from docx.shared import Cm
        from docx.text.paragraph import Paragraph as WordParagraph

        holder = xml.paragraph([], "Figure", self.rtl, align="center", next_too=True)
        self.put(holder)
        shape = (
            WordParagraph(holder, self.word._body)
            .add_run()
            .add_picture(io.BytesIO(self.rasters[figure.key]), width=Cm(TEXT * figure.width))
        )
        shape._inline.docPr.set("descr", figure.alt)
        shape._inline.docPr.set("name", figure.key)
