"""What stands before the chapters of a Word document: title page, contents, lists of tables and figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from crmlab.present.blocks import Heading
from crmlab.report import word_xml as xml
from crmlab.report.model import Document, Entry


class Writer(Protocol):
    """Writes paragraphs at the end of a document."""

    @property
    def document(self) -> Document:
        """What is written."""

    @property
    def rtl(self) -> bool:
        """Whether it is read from right to left."""

    def line(self, inside: str, style: str, **how: Any) -> None:
        """Add a paragraph of runs."""

    def words(self, text: str, style: str, **how: Any) -> None:
        """Add a paragraph of plain words."""

    def bookmark(self, key: str) -> str:
        """The name of a place."""


def front(writer: Writer) -> None:
    """The title page."""
    document, language, page = writer.document, writer.document.language, writer.document.profile
    for text in page.above:
        writer.words(text, "Subtitle")
    writer.words(language.word("report"), "Cover")
    writer.words(document.title, "Title")
    writer.words(document.organisation, "Subtitle")
    for name, people in page.below:
        writer.words(f"{name}:" if people else name, "Cover People" if people else "Subtitle")
        if people:
            writer.words(people, "Subtitle")
    if page.day:
        writer.words(page.day, "Subtitle")
    notice(writer, align="center")
    writer.words(f"{language.word('run_code')}: {document.code}", "Cover People")


def masthead(writer: Writer) -> None:
    """The head of a brief."""
    writer.words(writer.document.title, "Heading 1")
    writer.words(writer.document.organisation, "Note")
    notice(writer)


def notice(writer: Writer, align: str = "") -> None:
    """What the first page must say."""
    if writer.document.notice:
        told = xml.runs(f"{writer.document.language.word('notice')}: ", writer.rtl, xml.STRONG)
        writer.line(told + xml.runs(writer.document.notice, writer.rtl), "Failed", align=align)


def contents(writer: Writer) -> None:
    """Tables of contents as fields, their entries filled in; the page numbers come when Word updates them."""
    document = writer.document
    if document.profile.name == "article":
        return
    listing(writer, "contents", ' TOC \\o "1-3" \\h \\z \\u ', [*headings(document)])
    for name, kind, blocks in (
        ("tables", "Table", document.tables),
        ("figures", "Figure", document.figures),
    ):
        if blocks and document.profile.lists:
            entries = [Entry(2, block.key, document.caption(block)) for block in blocks]
            listing(writer, f"{name}_list", f' TOC \\h \\z \\c "{kind}" ', entries, "Table of Figures")


def listing(writer: Writer, title: str, instruction: str, entries: Sequence[Entry], style: str = "") -> None:
    """One table of contents."""
    writer.words(writer.document.language.word(title), "Contents")
    begin = (
        '<w:fldChar w:fldCharType="begin"/>',
        xml.text(instruction, "w:instrText"),
        '<w:fldChar w:fldCharType="separate"/>',
    )
    end = xml.run('<w:fldChar w:fldCharType="end"/>', writer.rtl)
    for k, entry in enumerate(entries):
        before = "".join(xml.run(part, writer.rtl) for part in begin) if k == 0 else ""
        shown = xml.link(writer.bookmark(entry.key), xml.runs(entry.text, writer.rtl))
        after = end if k == len(entries) - 1 else ""
        writer.line(before + shown + after, style or f"TOC {min(entry.level, 3)}")


def headings(document: Document) -> Iterator[Entry]:
    """The headings as Word will list them: number, space, words."""
    for chapter in document.chapters:
        name = document.reference(chapter.key) if chapter.kind != "front" else ""
        yield Entry(1, chapter.key, f"{name} {chapter.title}".strip())
        for block in chapter.blocks:
            if isinstance(block, Heading):
                words = f"{document.numbers[block.key]} {document.text(block.spans)}"
                yield Entry(document.levels[block.key], block.key, words.strip())
