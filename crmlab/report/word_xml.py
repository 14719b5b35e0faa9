"""The pieces of WordprocessingML that a report needs, right-to-left included, as text: one parse at the end is far
faster than an element at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import oxml_parser, parse_xml

from crmlab.present.language import LRM

NUMBER = "\u200e?[\u2212<>]?\\s?[0-9\u06f0-\u06f9\u066b\u066c./]+"
LATIN = re.compile(  # what runs from left to right inside Persian: Latin words, "p < ...", signed numbers
    f"[0-9]*_?[A-Za-z\u0370-\u03ff²](?:[A-Za-z\u0370-\u03ff0-9 _.,/²&-]*[A-Za-z\u0370-\u03ff0-9²])?(?:\\s?[=<>]\\s?{NUMBER})?"
    "|\u200e[\u2212<]\\s?[0-9\u06f0-\u06f9\u066b\u066c./]+"
)
NAMESPACES = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
DECLARED = nsdecls("w", "r", "m", "wp", "a", "pic") + (
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'
)
INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SPACES = {ord(char): " " for char in "\t\r\n\u2028\u2029"}
# character styles
STRONG, EMPHASIS, RAISED = "Strong", "Emphasis", "FootnoteReference"
DIGITS, STRONG_DIGITS = "CountedNumber", "CountedNumberStrong"  # numbers that Word counts


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


def element(source: str) -> Any:
    """The element that a text describes."""
    at = re.match(r"<[\w:]+", source)
    start = at[0] if at else "<w:p"
    return parse_xml(f"{start} {DECLARED}{source[len(start) :]}")


def elements(sources: Sequence[str]) -> list[Any]:
    """The elements of a body, parsed together."""
    return list(parse_xml(f"<w:body {DECLARED}>{''.join(sources)}</w:body>"))


@cache
def _properties(rtl: bool, style: str) -> str:
    """The properties of a run in the order the schema asks for; `style` is a character style."""
    inside = f"{f'<w:rStyle w:val={quoteattr(style)}/>' if style else ''}{'<w:rtl/>' if rtl else ''}"
    return f"<w:rPr>{inside}</w:rPr>" if inside else ""


def run(content: str, rtl: bool, style: str = "") -> str:
    """One run."""
    return f"<w:r>{_properties(rtl, style)}{content}</w:r>"


def text(words: str, tag: str = "w:t") -> str:
    """Text that keeps its spaces; tabs and line ends become spaces, characters XML cannot hold are dropped."""
    return f'<{tag} xml:space="preserve">{escape(INVALID.sub("", words.translate(SPACES)))}</{tag}>'


def runs(words: str, rtl: bool, style: str = "") -> str:
    """A text as runs: in a right-to-left text one for each change of script."""
    if not rtl:
        return run(text(words), False, style) if words else ""
    return "".join(run(text(part), not latin, style) for part, latin in _scripts(words))


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


def field(instruction: str, shown: str, rtl: bool, style: str = "") -> str:
    """A field with the result it shows until it is updated."""
    parts = (
        '<w:fldChar w:fldCharType="begin"/>',
        text(f" {instruction} ", "w:instrText"),
        '<w:fldChar w:fldCharType="separate"/>',
        text(shown),
        '<w:fldChar w:fldCharType="end"/>',
    )
    return "".join(run(part, rtl, style) for part in parts)


def marked(number: int, name: str, inside: str) -> str:
    """Runs inside a bookmark."""
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{inside}<w:bookmarkEnd w:id="{number}"/>'


def link(name: str, inside: str) -> str:
    """Runs that lead to a bookmark."""
    return f'<w:hyperlink w:anchor="{name}" w:history="1">{inside}</w:hyperlink>'


def paragraph(
    inside: str,
    style: str,
    rtl: bool,
    *,
    align: str = "",
    next_too: bool = False,
    section: str = "",
    against: bool = False,
    counted: str = "",
) -> str:
    """A paragraph in a style; bidi is said in each one, so that pasted text keeps it.

    `section` ends a section with the paragraph; `against` sets it from left to right in a right-to-left document;
    `counted` says in which list its heading is counted, if not in that of its style.
    """
    way = "<w:bidi/>" if rtl else '<w:bidi w:val="0"/>' if against else ""
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>'
        f"{'<w:keepNext/>' if next_too else ''}{counted}{way}"
        f"{f'<w:jc w:val={quoteattr(align)}/>' if align else ''}{section}</w:pPr>{inside}</w:p>"
    )


def cell(inside: str, width: int, *, span: int = 1) -> str:
    """A table cell holding paragraphs."""
    across = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{across}</w:tcPr>{inside}</w:tc>'


def row(cells: Sequence[str], *, header: bool = False) -> str:
    """A table row that does not break across pages; a header repeats on each page."""
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if header else ''}</w:trPr>{''.join(cells)}</w:tr>"


def table(header: str, rows: Sequence[str], widths: Sequence[int], rtl: bool, caption: str) -> str:
    """A table in the style of the report's tables; its columns run from the right in a right-to-left document."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="ReportTable"/>{"<w:bidiVisual/>" if rtl else ""}'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
        f"<w:tblCaption w:val={quoteattr(INVALID.sub('', caption))}/></w:tblPr>"
        f"<w:tblGrid>{grid}</w:tblGrid>{header}{''.join(rows)}</w:tbl>"
    )


def formula(inside: str, number: str, rtl: bool) -> str:
    """A formula in the middle of its line, with its number at the end of the line."""
    math = f"<m:oMath>{inside}</m:oMath>"
    tab = run("<w:tab/>", rtl)
    return paragraph(f"{tab}{math}{tab}{number}", "Equation", rtl)


def picture(number: int, relation: str, key: str, alt: str, size: tuple[int, int]) -> str:
    """A picture in the line, with its alternative text; sizes in English Metric Units."""
    width, height = size
    name, told = quoteattr(key), quoteattr(INVALID.sub("", alt))
    return (
        f'<w:r><w:drawing><wp:inline><wp:extent cx="{width}" cy="{height}"/><wp:docPr id="{number}" name={name} descr={told}/>'
        '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="0" name={quoteattr(f"{key}.png")}/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )
