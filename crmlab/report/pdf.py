"""The report as PDF, set by Typst from data: our fonts only, bookmarks and tags, no clock."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crmlab.errors import RunError
from crmlab.present.blocks import (
    Block,
    Cite,
    Equation,
    Fact,
    Footnote,
    Heading,
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
from crmlab.present.theme import FALLBACK, Theme
from crmlab.report.equations import typst as in_typst
from crmlab.report.heights import breaks
from crmlab.report.layout import spreads, wide
from crmlab.report.model import Document
from crmlab.report.pictures import Picture

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
STANDARDS = ("a-2b", "ua-1")  # PDF/A-2b to be kept, PDF/UA-1 to be read aloud
EPOCH = 1577836800  # 2020-01-01, where SOURCE_DATE_EPOCH does not say otherwise
FIRST_STRONG, POP = "\u2068", "\u2069"


def to_pdf(document: Document, pictures: Mapping[str, Picture], theme: Theme) -> bytes:
    """The whole report as PDF bytes; a warning of Typst (a missing font, a missing glyph) is a failure."""
    return typeset(TEMPLATE, _data(document, pictures, theme), theme)


def typeset(template: Path, data: dict[str, Any], theme: Theme) -> bytes:
    """Compile one of our templates with its data."""
    import typst

    compiler: Any = typst.compile_with_warnings
    pdf, warnings = compiler(
        template.read_bytes(),
        format="pdf",
        timestamp=int(os.environ.get("SOURCE_DATE_EPOCH", EPOCH)),
        pdf_standards=list(STANDARDS),
        **_inputs(data, theme),
    )
    if warnings:
        raise RunError(f"the PDF is not right: {warnings[0].message}", hint="check the fonts and the labels")
    return bytes(pdf)


def pages_of(document: Document, theme: Theme) -> int:
    """How many pages a document without pictures takes."""
    import typst

    found = typst.query(
        TEMPLATE.read_bytes(),
        "<pages>",
        field="value",
        one=True,
        **_inputs(_data(document, {}, theme), theme),
    )
    return int(json.loads(found))


def _inputs(data: dict[str, Any], theme: Theme) -> dict[str, Any]:
    return {
        "font_paths": [str(theme.regular.parent), str(theme.fallback.parent)],
        "ignore_system_fonts": True,
        "sys_inputs": {"data": json.dumps(data, ensure_ascii=False)},
    }


def _data(document: Document, pictures: Mapping[str, Picture], theme: Theme) -> dict[str, Any]:
    language = document.language
    return {
        "lang": language.code,
        "rtl": language.rtl,
        "fonts": [theme.family, FALLBACK],
        "persian": [language.digits(str(digit)) for digit in range(10)],
        "form": document.form,
        "lists": document.profile.lists,
        "above": list(document.profile.above),
        "below": [list(line) for line in document.profile.below],
        "day": document.profile.day,
        "title": document.title,
        "organisation": document.organisation,
        "notice": document.notice,
        "code": document.code,
        "words": {
            "report": language.word("report"),
            "notice": language.word("notice"),
            "code": language.word("run_code"),
            "contents": language.word("contents"),
            "tables": language.word("tables_list"),
            "figures": language.word("figures_list"),
        },
        "chapters": [
            {
                "key": chapter.key,
                "title": document.chapter_title(chapter),
                "runs": [
                    {
                        "turned": turned,
                        "blocks": [_block(document, block, pictures, theme) for block in blocks],
                    }
                    for turned, blocks in spreads(chapter.blocks)
                ],
            }
            for chapter in document.chapters
        ],
    }


def _block(document: Document, block: Block, pictures: Mapping[str, Picture], theme: Theme) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "role": block.role, "spans": spans_data(document, block.spans)}
    if isinstance(block, Heading):
        return {
            "kind": "heading",
            "level": document.levels[block.key],
            "key": block.key,
            "text": document.heading_title(block),
        }
    if isinstance(block, Equation):
        return {"kind": "equation", "key": block.key, "number": document.numbers[block.key], "alt": block.alt,
                "math": in_typst(block.formula)}  # fmt: skip
    if isinstance(block, Reference):
        return {"kind": "reference", "key": block.key, "rtl": block.rtl,
                "spans": spans_data(document, block.spans, rtl=block.rtl)}  # fmt: skip
    common = {
        "key": block.key,
        "number": document.reference(block.key),
        "alt-caption": document.caption(block),
        "caption": spans_data(document, block.caption),
        "notes": [_block(document, note, pictures, theme) for note in block.notes],
    }
    if isinstance(block, Table):
        return {"kind": "table", "alt": document.caption(block), **_table(document, block, theme), **common}
    return {
        "kind": "figure",
        "svg": pictures[block.key].svg,
        "alt": block.alt,
        "width": 100 * block.width,
        **common,
    }


def _table(document: Document, table: Table, theme: Theme) -> dict[str, Any]:
    header = [spans_data(document, cell) for cell in table.header]
    rows = [[spans_data(document, cell) for cell in row] for row in table.rows]
    words = [[_words(cell) for cell in row] for row in (header, *rows)]
    return {
        "header": header,
        "rows": [[_brief(cell) for cell in row] for row in rows],
        "align": list(table.align),
        "widths": list(table.shares),
        "wide": wide(table),
        "breaks": breaks(words[0], words[1:], table.shares, wide(table), theme),
    }


def _brief(cell: list[dict[str, Any]]) -> Any:
    """A cell; as its words where it has nothing but words, which the template then need not put together."""
    return cell[0]["v"] if len(cell) == 1 and cell[0]["t"] == "text" else cell


def _words(spans: list[dict[str, Any]]) -> str:
    return "".join([span["v"] for span in spans if span["t"] != "foot"])


def spans_data(document: Document, spans: Spans, *, rtl: bool = False) -> list[dict[str, Any]]:
    """Spans as data for the template; a label keeps its own direction. `rtl` is the direction of a listed work.

    Neighbours of plain text become one: the typesetter spends a third of its time on their seams otherwise.
    """
    found: list[dict[str, Any]] = []
    for span in document.spelled(spans):
        data = _span(document, span, rtl)
        if found and data["t"] == found[-1]["t"] == "text":
            found[-1]["v"] += data["v"]
        else:
            found.append(data)
    return found


def _span(document: Document, span: Span, rtl: bool) -> dict[str, Any]:
    if isinstance(span, Ref) and span.key in document.numbers:
        return {"t": "ref", "v": document.reference(span.key), "to": span.key}
    if isinstance(span, Cite) and document.place(span):
        return {
            "t": "ref",
            "v": FIRST_STRONG + document.span(span) + POP,
            "to": document.place(span),
        }
    if isinstance(span, Footnote):
        return {"t": "foot", "v": spans_data(document, span.spans)}
    if isinstance(span, Slanted):
        return {"t": "slanted", "v": span.text, "rtl": rtl}
    if isinstance(span, Label):
        return {"t": "text", "v": FIRST_STRONG + document.span(span) + POP}
    if isinstance(span, Strong):
        return {"t": "strong", "v": span.text}
    if isinstance(span, Fact) and span.strong:
        return {"t": "strong", "v": document.span(span)}
    return {"t": "text", "v": document.span(span)}
