"""The report as one self-contained HTML file: no script, nothing from outside, every number with its address."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from crmlab.present.blocks import (
    Block,
    Fact,
    Figure,
    Heading,
    Hidden,
    Label,
    Paragraph,
    Ref,
    Span,
    Spans,
    Strong,
    Table,
)
from crmlab.present.theme import Theme
from crmlab.report.fonts import faces
from crmlab.report.model import Chapter, Document, contained
from crmlab.report.pictures import Picture

TEMPLATES = Path(__file__).parent / "templates"


def to_html(document: Document, pictures: Mapping[str, Picture], theme: Theme) -> str:
    """The whole page as text."""
    language = document.language
    text = "".join([*document.words(), *language.words.values(), document.code])
    page = _template("report.html.j2").render(
        lang=language.code,
        dir=language.direction,
        title=document.title,
        organisation=document.organisation,
        notice=document.notice,
        code=document.code,
        word=language.word,
        contents=document.contents,
        chapters=[_chapter(document, chapter, pictures) for chapter in document.chapters],
        fonts=Markup(faces(theme, text)),
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
    )
    return page + "\n"


def spans_html(document: Document, spans: Spans) -> Markup:
    """Spans as HTML: everything escaped, facts as `<data>` with their address."""
    return Markup("").join(_span(document, span) for span in spans)


def _span(document: Document, span: Span) -> Markup:
    language = document.language
    if isinstance(span, Fact):
        if math.isnan(span.value):
            return escape(language.fact(span))
        if not span.saved:
            return Markup('<span class="set" title="{}">{}</span>').format(span.address, language.fact(span))
        mould = Markup('<data value="{}" title="{}">{}</data>')
        if span.strong:
            mould = Markup('<strong><data value="{}" title="{}">{}</data></strong>')
        return mould.format(repr(float(span.value)), span.address, language.fact(span))
    if isinstance(span, Label):
        return Markup("<bdi>{}</bdi>").format(contained(span.text))
    if isinstance(span, Strong):
        return Markup("<strong>{}</strong>").format(span.text)
    if isinstance(span, Ref):
        if span.key not in document.numbers:
            return escape(document.reference(span.key))
        return Markup('<a href="#{}">{}</a>').format(span.key, document.reference(span.key))
    return escape(language.hidden(span) if isinstance(span, Hidden) else span)


def _chapter(document: Document, chapter: Chapter, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    blocks = [_block(document, block, pictures) for block in chapter.blocks]
    return {"key": chapter.key, "title": document.chapter_title(chapter), "blocks": blocks}


def _block(document: Document, block: Block, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "role": block.role, "text": spans_html(document, block.spans)}
    if isinstance(block, Heading):
        return {
            "kind": "heading",
            "level": block.level,
            "key": block.key,
            "text": document.heading_title(block),
        }
    caption = Markup("{}: {}").format(document.reference(block.key), spans_html(document, block.caption))
    common = {
        "key": block.key,
        "caption": caption,
        "notes": [_block(document, note, pictures) for note in block.notes],
    }
    if isinstance(block, Table):
        return {"kind": "table", "header": _row(document, block, block.header),
                "rows": [_row(document, block, row) for row in block.rows], **common}  # fmt: skip
    return {"kind": "figure", **_image(block, pictures[block.key]), **common}


def _row(document: Document, table: Table, cells: tuple[Spans, ...]) -> list[dict[str, Any]]:
    return [
        {"text": spans_html(document, cell), "align": align}
        for cell, align in zip(cells, table.align, strict=False)
    ]


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
