"""The pieces of WordprocessingML that a report needs, right-to-left included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from docx.oxml.ns import qn
from docx.oxml.parser import oxml_parser

from crmlab.present.language import LRM

NUMBER = "\u200e?[\u2212<>]?\\s?[0-9\u06f0-\u06f9\u066b\u066c./]+"
LATIN = re.compile(  # what runs from left to right inside Persian: Latin words, "p < ...", signed numbers
    f"[0-9]*_?[A-Za-z\u0370-\u03ff²](?:[A-Za-z\u0370-\u03ff0-9 _.,/²-]*[A-Za-z\u0370-\u03ff0-9²])?(?:\\s?[=<>]\\s?{NUMBER})?"
    "|\u200e[\u2212<]\\s?[0-9\u06f0-\u06f9\u066b\u066c./]+"
)
NAMESPACES = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Look:
    """How a run looks; None keeps what its style says. Sizes in half points."""

    bold: bool = False
    colour: str = ""
    size: int = 0
    hidden: bool = False


PLAIN, BOLD, UNSEEN = Look(), Look(bold=True), Look(hidden=True)


@cache
def _name(tag: str) -> str:
    return str(qn(tag))


def el(tag: str, *children: Any, **attributes: str) -> Any:
    """An element of the main namespace: `el("w:jc", val="center")`."""
    element = oxml_parser.makeelement(
        _name(tag), {_name(f"w:{key}"): value for key, value in attributes.items()}, NAMESPACES
    )
    element.extend(child for child in children if child is not None)
    return element


def run(content: Any, rtl: bool, look: Look = PLAIN) -> Any:
    """One run with its properties in the order the schema asks for."""
    properties = [
        *([el("w:b"), el("w:bCs")] if look.bold else []),
        *([el("w:vanish")] if look.hidden else []),
        *([el("w:color", val=look.colour)] if look.colour else []),
        *([el("w:sz", val=str(look.size)), el("w:szCs", val=str(look.size))] if look.size else []),
        *([el("w:rtl")] if rtl else []),
    ]
    return el("w:r", el("w:rPr", *properties) if properties else None, content)


def text(words: str, tag: str = "w:t") -> Any:
    """Text that keeps its spaces; characters XML cannot hold are dropped."""
    element = el(tag)
    element.text = INVALID.sub("", words)
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element


def runs(words: str, rtl: bool, look: Look = PLAIN) -> list[Any]:
    """A text as runs: in a right-to-left text one for each change of script."""
    if not rtl:
        return [run(text(words), False, look)] if words else []
    return [run(text(part), not latin, look) for part, latin in _scripts(words)]


def _scripts(words: str) -> Iterator[tuple[str, bool]]:
    at = 0
    for match in LATIN.finditer(words):
        if match.start() > at:
            yield words[at : match.start()], False
        digits_first = match[0][0].isdigit()  # else the digits go to the other side of the word
        yield LRM * digits_first + match[0], True
        at = match.end()
    if at < len(words):
        yield words[at:], False


def field(instruction: str, shown: str, rtl: bool, look: Look = PLAIN) -> list[Any]:
    """A field with the result it shows until it is updated."""
    parts = [el("w:fldChar", fldCharType="begin"), text(f" {instruction} ", "w:instrText")]
    parts += [el("w:fldChar", fldCharType="separate"), text(shown), el("w:fldChar", fldCharType="end")]
    return [run(part, rtl, look) for part in parts]


def marked(number: int, name: str, inside: Sequence[Any]) -> list[Any]:
    """Runs inside a bookmark."""
    return [el("w:bookmarkStart", id=str(number), name=name), *inside, el("w:bookmarkEnd", id=str(number))]


def paragraph(
    inside: Sequence[Any], style: str, rtl: bool, *, align: str = "", next_too: bool = False
) -> Any:
    """A paragraph in a style; bidi is said in each one, so that pasted text keeps it."""
    properties = el(
        "w:pPr",
        el("w:pStyle", val=style),
        el("w:keepNext") if next_too else None,
        el("w:bidi") if rtl else None,
        el("w:jc", val=align) if align else None,
    )
    return el("w:p", properties, *inside)


def cell(inside: Sequence[Any], width: int, *, span: int = 1, line_below: bool = False) -> Any:
    """A table cell holding paragraphs."""
    border = (
        el("w:tcBorders", el("w:bottom", val="single", sz="4", space="0", color="1C2733"))
        if line_below
        else None
    )
    properties = el(
        "w:tcPr",
        el("w:tcW", w=str(width), type="dxa"),
        el("w:gridSpan", val=str(span)) if span > 1 else None,
        border,
        el("w:vAlign", val="bottom") if line_below else None,
    )
    return el("w:tc", properties, *inside)


def table(header: Any, rows: Sequence[Any], widths: Sequence[int], rtl: bool, caption: str) -> Any:
    """A table ruled above and below; its columns run from the right in a right-to-left document."""
    rule = {"val": "single", "sz": "10", "space": "0", "color": "1C2733"}
    properties = el(
        "w:tblPr",
        el("w:bidiVisual") if rtl else None,
        el("w:tblW", w=str(sum(widths)), type="dxa"),
        el("w:jc", val="center"),
        el("w:tblBorders", el("w:top", **rule), el("w:bottom", **rule)),
        el("w:tblLayout", type="fixed"),
        el("w:tblCellMar", el("w:left", w="60", type="dxa"), el("w:right", w="60", type="dxa")),
        el("w:tblLook", val="0420"),
        el("w:tblCaption", val=INVALID.sub("", caption)),
    )
    grid = el("w:tblGrid", *(el("w:gridCol", w=str(width)) for width in widths))
    return el("w:tbl", properties, grid, header, *rows)


def row(cells: Sequence[Any], *, header: bool = False) -> Any:
    """A table row that does not break across pages; a header repeats on each page."""
    return el("w:tr", el("w:trPr", el("w:cantSplit"), el("w:tblHeader") if header else None), *cells)
