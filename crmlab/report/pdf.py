"""The report as PDF, set by Typst from data: our fonts only, bookmarks and tags, no clock."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crmlab.errors import RunError
from crmlab.present.blocks import Block, Fact, Heading, Label, Paragraph, Ref, Span, Spans, Strong, Table
from crmlab.present.language import PERSIAN_DIGITS
from crmlab.present.theme import FALLBACK, Theme
from crmlab.report.model import Document, contained
from crmlab.report.pictures import Picture

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
FIRST_STRONG, POP = "\u2068", "\u2069"


def to_pdf(document: Document, pictures: Mapping[str, Picture], theme: Theme) -> bytes:
    """The whole report as PDF bytes; a warning of Typst (a missing font, a missing glyph) is a failure."""
    return typeset(TEMPLATE, _data(document, pictures, theme), theme)


def typeset(template: Path, data: dict[str, Any], theme: Theme) -> bytes:
    """Compile one of our templates with its data."""
    import typst

    folders = [str(theme.regular.parent), str(theme.fallback.parent)]
    compiler: Any = typst.compile_with_warnings
    pdf, warnings = compiler(
        template.read_bytes(),
        format="pdf",
        font_paths=folders,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=int(os.environ.get("SOURCE_DATE_EPOCH", "0")),
    )
    if warnings:
        raise RunError(f"the PDF is not right: {warnings[0].message}", hint="check the fonts and the labels")
    return bytes(pdf)


def _data(document: Document, pictures: Mapping[str, Picture], theme: Theme) -> dict[str, Any]:
    language = document.language
    return {
        "lang": language.code,
        "rtl": language.rtl,
        "fonts": [theme.family, FALLBACK],
        "persian": [chr(PERSIAN_DIGITS[ord(str(digit))]) for digit in range(10)],
        "title": document.title,
        "organisation": document.organisation,
        "notice": document.notice,
        "code": document.code,
        "words": {
            "report": language.word("report"),
            "notice": language.word("notice"),
            "code": language.word("run_code"),
            "contents": language.word("contents"),
        },
        "chapters": [
            {
                "key": chapter.key,
                "title": document.chapter_title(chapter),
                "blocks": [_block(document, block, pictures) for block in chapter.blocks],
            }
            for chapter in document.chapters
        ],
    }


def _block(document: Document, block: Block, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "role": block.role, "spans": spans_data(document, block.spans)}
    if isinstance(block, Heading):
        return {
            "kind": "heading",
            "level": block.level,
            "key": block.key,
            "text": document.heading_title(block),
        }
    common = {
        "key": block.key,
        "number": document.reference(block.key),
        "caption": spans_data(document, block.caption),
        "notes": [_block(document, note, pictures) for note in block.notes],
    }
    if isinstance(block, Table):
        return {
            "kind": "table",
            "header": [spans_data(document, cell) for cell in block.header],
            "rows": [[spans_data(document, cell) for cell in row] for row in block.rows],
            "align": list(block.align),
            "widths": list(block.shares),
            "alt": document.caption(block),
            **common,
        }
    return {
        "kind": "figure",
        "svg": pictures[block.key].svg,
        "alt": block.alt,
        "width": 100 * block.width,
        **common,
    }


def spans_data(document: Document, spans: Spans) -> list[dict[str, str]]:
    """Spans as data for the template; a label keeps its own direction."""
    return [_span(document, span) for span in spans]


def _span(document: Document, span: Span) -> dict[str, str]:
    if isinstance(span, Ref) and span.key in document.numbers:
        return {"t": "ref", "v": document.reference(span.key), "to": span.key}
    if isinstance(span, Label):
        return {"t": "text", "v": FIRST_STRONG + contained(span.text) + POP}
    if isinstance(span, Strong):
        return {"t": "strong", "v": span.text}
    if isinstance(span, Fact) and span.strong:
        return {"t": "strong", "v": document.span(span)}
    return {"t": "text", "v": document.span(span)}
