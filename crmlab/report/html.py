"""The report as one self-contained HTML file: no script, nothing from outside, every number with its address."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from crmlab.present.blocks import (
    Block,
    Cite,
    Equation,
    Fact,
    Figure,
    Footnote,
    Heading,
    Hidden,
    Label,
    Paragraph,
    Ref,
    Reference,
    Slanted,
    Span,
    Spans,
    Strong,
    Table,
)
from crmlab.present.theme import Theme
from crmlab.report.addresses import ADDRESSES, addressed
from crmlab.report.equations import mathml
from crmlab.report.fonts import faces
from crmlab.report.layout import contained, wide
from crmlab.report.model import Chapter, Document
from crmlab.report.pictures import Picture

TEMPLATES = Path(__file__).parent / "templates"


def letters_of(document: Document) -> str:
    """Every character that the page of a document may show."""
    found = set(document.code).union(*document.words(), *document.language.words.values())
    return "".join(sorted(found))


def to_html(
    document: Document, pictures: Mapping[str, Picture], theme: Theme, letters: str | None = None
) -> str:
    """The whole page as text; `letters` are what the fonts in it must hold, those of the document by default."""
    language = document.language
    writer = _Writer(document, pictures, addressed(document))
    page = _template("report.html.j2").render(
        lang=language.code,
        dir=language.direction,
        form=document.form,
        title=document.title,
        organisation=document.organisation,
        above=document.profile.above,
        below=document.profile.below,
        day=document.profile.day,
        notice=document.notice,
        code=document.code,
        word=language.word,
        contents=document.contents,
        lists=writer.lists(),
        chapters=[writer.chapter(chapter) for chapter in document.chapters],
        footnotes=writer.footnotes,
        fonts=Markup(faces(theme, letters or letters_of(document))),
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
    )
    return page + "\n"


@dataclass
class _Writer:
    """Writes blocks as what the template takes; footnotes are collected on the way.

    Attributes
    ----------
    places : result -> the row of the annex that holds its address
    """

    document: Document
    pictures: Mapping[str, Picture]
    places: Mapping[str, str]
    footnotes: list[Markup] = field(default_factory=list)

    def spans(self, spans: Spans, *, prose: bool = False) -> Markup:
        """Spans as HTML: everything escaped, facts as `<data>` with their address, in prose linked to the annex."""
        return Markup("".join([self.span(span, prose) for span in self.document.spelled(spans)]))

    def span(self, span: Span, prose: bool) -> Markup:
        """One span."""
        document = self.document
        if isinstance(span, Fact):
            return self.fact(span, prose)
        if isinstance(span, Label):
            own = document.language.own(span.text)
            start = '<bdi dir="rtl">' if document.language.misled(own) else "<bdi>"
            return Markup(start + "{}</bdi>").format(contained(own))
        if isinstance(span, Strong):
            return Markup("<strong>{}</strong>").format(span.text)
        if isinstance(span, Slanted):
            return Markup("<cite>{}</cite>").format(span.text)
        if isinstance(span, Footnote):
            self.footnotes.append(self.spans(span.spans))
            number = len(self.footnotes)
            words = document.language.word("footnote.mark", number=document.language.digits(str(number)))
            return Markup(
                '<sup><a href="#footnote-{0}" id="mark-{0}" role="doc-noteref" aria-label="{1}">{2}</a></sup>'
            ).format(number, words, document.language.digits(str(number)))
        if isinstance(span, Cite) and document.place(span):
            return Markup('<a href="#{}"><bdi>{}</bdi></a>').format(document.place(span), document.span(span))
        if isinstance(span, Ref):
            if span.key not in document.numbers:
                return escape(document.reference(span.key))
            return Markup('<a href="#{}">{}</a>').format(span.key, document.reference(span.key))
        return escape(document.span(span) if isinstance(span, Hidden | Cite) else span)

    def fact(self, fact: Fact, prose: bool) -> Markup:
        """A number with its address; what is not a saved result's cell says where else it comes from."""
        shown = self.document.language.fact(fact)
        if math.isnan(fact.value):
            return escape(shown)
        if not fact.saved:
            return Markup('<span class="set" title="{}">{}</span>').format(fact.address, shown)
        # thousands of them: put together by hand, which takes a fifth of what formatting takes
        text = f'<data value="{float(fact.value)!r}" title="{escape(fact.address)}">{escape(shown)}</data>'
        place = self.places.get("/".join(fact.address.split("/", 2)[:2])) if prose else None
        if place:
            text = f'<a class="fact" href="#{escape(place)}">{text}</a>'
        return Markup(f"<strong>{text}</strong>" if fact.strong else text)

    def lists(self) -> list[dict[str, Any]]:
        """The lists of tables and figures, where the profile has them."""
        document = self.document
        if not document.profile.lists or document.form != "report":
            return []
        kinds = (("tables", document.tables), ("figures", document.figures))
        return [
            {
                "title": document.language.word(f"{name}_list"),
                "entries": [{"key": block.key, "text": document.caption(block)} for block in blocks],
            }
            for name, blocks in kinds
            if blocks
        ]

    def chapter(self, chapter: Chapter) -> dict[str, Any]:
        """A chapter with its blocks."""
        blocks = [self.block(block) for block in chapter.blocks]
        return {"key": chapter.key, "title": self.document.chapter_title(chapter), "blocks": blocks}

    def block(self, block: Block) -> dict[str, Any]:
        """One block as the template takes it."""
        document = self.document
        if isinstance(block, Paragraph):
            return {"kind": "paragraph", "role": block.role, "text": self.spans(block.spans, prose=True)}
        if isinstance(block, Heading):
            text = document.heading_title(block)
            return {"kind": "heading", "level": document.levels[block.key], "key": block.key, "text": text}
        if isinstance(block, Equation):
            number = document.numbers[block.key]
            math_ml = Markup(mathml(block.formula, block.alt))  # of our own formulas, their letters escaped
            return {"kind": "equation", "key": block.key, "math": math_ml, "number": number}
        if isinstance(block, Reference):
            code, way = ("fa", "rtl") if block.rtl else ("en", "ltr")
            return {
                "kind": "reference",
                "key": block.key,
                "lang": code,
                "dir": way,
                "text": self.spans(block.spans),
            }
        caption = Markup("{}: {}").format(document.reference(block.key), self.spans(block.caption))
        notes = [self.block(note) for note in block.notes]
        common = {"key": block.key, "caption": caption, "notes": notes}
        if isinstance(block, Table):
            return {"kind": "table", "wide": wide(block), "header": self.row(block, block.header),
                    "rows": [self.row(block, row) for row in block.rows],
                    "places": self.row_places(block), **common}  # fmt: skip
        return {"kind": "figure", **_image(block, self.pictures[block.key]), **common}

    def row(self, table: Table, cells: tuple[Spans, ...]) -> list[dict[str, Any]]:
        """The cells of a row."""
        return [
            {"text": self.spans(cell), "align": align}
            for cell, align in zip(cells, table.align, strict=False)
        ]

    def row_places(self, table: Table) -> list[str]:
        """The anchor of each row, where the table is the annex of addresses; empty elsewhere."""
        if table.key != ADDRESSES:
            return []
        return [self.places.get(self.document.text(row[0]), "") for row in table.rows]


def _image(figure: Figure, picture: Picture) -> dict[str, Any]:
    data = base64.b64encode(picture.svg.encode("utf-8")).decode("ascii")
    return {
        "source": f"data:image/svg+xml;base64,{data}",
        "alt": figure.alt,
        "width": round(picture.width * 4 / 3),
        "height": round(picture.height * 4 / 3),
        "share": round(100 * figure.width),
    }


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    house = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return house.get_template(name)
