"""The empty Word document a report is written into: page, styles, fonts, fixed dates."""

from __future__ import annotations

import io
import os
import re
import uuid
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from crmlab.present.language import Language
from crmlab.present.theme import Theme
from crmlab.report.profiles import PLAIN, Profile
from crmlab.report.word_fonts import embed
from crmlab.report.word_xml import el, element, elements, field, paragraph

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
TWIPS = 567  # in a centimetre
MARGIN, TEXT, LONG = 2.4, 16.2, 24.9  # centimetres; LONG is a line of a page turned on its side
# style: (based on a paragraph style, size in points, bold, colour, space before, space after, keep with next)
STYLES = {
    "Normal": (11.0, False, "1C2733", 0, 8, False),
    "Title": (24.0, True, "1C2733", 0, 12, False),
    "Subtitle": (13.0, False, "5B6672", 0, 12, False),
    "Heading 1": (18.0, True, "1C2733", 0, 14, True),
    "Heading 2": (13.0, True, "1C2733", 20, 8, True),
    "Heading 3": (11.5, True, "1C2733", 14, 6, True),
    "Caption": (9.5, False, "1C2733", 14, 5, False),
    "Table Text": (9.0, False, "1C2733", 1, 1, False),
    "Note": (8.5, False, "5B6672", 3, 3, False),
    "Failed": (9.0, False, "8F3606", 4, 4, False),
    "Statement": (11.0, False, "1C2733", 12, 4, True),
    "Item": (11.0, False, "1C2733", 0, 4, False),
    "Equation": (11.0, False, "1C2733", 8, 8, False),
    "Reference": (10.5, False, "1C2733", 0, 6, False),
    "Footnote Text": (8.5, False, "1C2733", 0, 0, False),
    "Table of Figures": (10.5, False, "1C2733", 1, 1, False),
    "Figure": (11.0, False, "1C2733", 14, 2, True),
    "Contents": (16.0, True, "1C2733", 0, 10, True),
    "TOC 1": (11.0, True, "1C2733", 8, 2, False),
    "TOC 2": (11.0, False, "1C2733", 1, 1, False),
    "TOC 3": (10.5, False, "1C2733", 1, 1, False),
}  # fmt: skip
JUSTIFIED = ("Normal",)
CENTRED = ("Title", "Subtitle", "Caption", "Figure")


# the fonts of Persian theses by name: Persian, Latin, how much larger the text is set
NAZANIN = ("B Nazanin", "Times New Roman", {True: 1.25, False: 1.09})
ARTICLE = ("Normal", "Item", "Reference")  # set in double spacing in a manuscript


def blank(
    language: Language,
    theme: Theme,
    title: str,
    author: str,
    profile: Profile = PLAIN,
    *,
    brief: bool = False,
) -> Any:
    """A document with our page, styles and properties and nothing in it; a brief is set closer."""
    from docx import Document

    document = Document()
    body = document.element.body
    for child in list(body)[:-1]:
        body.remove(child)
    for name, look in STYLES.items():
        _style(document, name, _closer(look) if brief else look, language, theme, profile)
        if brief:
            _close(document.styles[name].paragraph_format)
    _page(document, language, brief=brief)
    _properties(document, language, title, author)
    if profile.fonts == "free":
        embed(document, theme)
    return document


def section(document: Any, *, on_its_side: bool, first: bool) -> str:
    """The properties that end a section of pages upright or on their side; only the first has a title page."""
    from docx.oxml.ns import qn
    from lxml import etree

    ends = deepcopy(document.sections[-1]._sectPr)
    size = ends.find(qn("w:pgSz"))
    if on_its_side:
        short, long = size.get(qn("w:w")), size.get(qn("w:h"))
        for key, value in (("w", long), ("h", short), ("orient", "landscape")):
            size.set(qn(f"w:{key}"), value)
    if not first:
        for title_page in ends.findall(qn("w:titlePg")):
            ends.remove(title_page)
    return re.sub(r' xmlns:\w+="[^"]*"', "", etree.tostring(ends, encoding="unicode"))


def sealed(document: Any, body: Sequence[str]) -> bytes:
    """The bytes of the document with this body, the same every time: entries in order, their dates fixed."""
    last = document.element.body[-1]
    if any("<w:sectPr" in part for part in body):  # the last of several sections has no title page
        for title_page in last.findall(_q("w:titlePg")):
            last.remove(title_page)
    for block in elements(body):
        last.addprevious(block)
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as loose, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as tight:
        for name in loose.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            tight.writestr(entry, loose.read(name))
    return out.getvalue()


def _style(
    document: Any, name: str, look: tuple[Any, ...], language: Language, theme: Theme, profile: Profile
) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Cm, Pt, RGBColor

    size, bold, colour, before, after, next_too = look
    known = [style.name for style in document.styles]
    style = (
        document.styles[name] if name in known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    )
    style.hidden, style.quick_style = False, True
    for old in ("w:rPr", "w:pPr"):
        for part in style.element.findall(_q(old)):
            style.element.remove(part)
    style.font.size, style.font.bold, style.font.color.rgb = Pt(size), bold, RGBColor.from_string(colour)
    form = style.paragraph_format
    form.space_before, form.space_after, form.keep_with_next = Pt(before), Pt(after), next_too
    plain = 1.0 if name in ("Table Text", "Footnote Text") else 1.25 if language.rtl else 1.15
    form.line_spacing = 2.0 if profile.name == "article" and name in ARTICLE else plain
    form.page_break_before = name in ("Contents", "Heading 1")
    if name.startswith("TOC"):
        _leader(style, int(name[-1]))
    if name in ("Statement", "Failed"):
        form.left_indent = Cm(0.4)
    if name == "Item":
        form.left_indent = Cm(0.6)
    if name == "Reference":
        form.left_indent, form.first_line_indent = Cm(1.0), Cm(-1.0)
    if name == "Equation":
        _tabs(style)
    _letters(style.element.get_or_add_rPr(), theme.family, size, bold, language, profile)
    _side(style.element.get_or_add_pPr(), name, language)


def _letters(
    properties: Any, family: str, size: float, bold: bool, language: Language, profile: Profile
) -> None:
    persian, latin = family, family
    if profile.fonts == "nazanin":
        persian, latin, larger = NAZANIN
        size = round(2 * size * larger[language.rtl]) / 2
        properties.find(_q("w:sz")).set(_q("w:val"), str(round(2 * size)))
    fonts = el("w:rFonts", ascii=latin, hAnsi=latin, cs=persian, eastAsia=latin)
    properties.insert(0, fonts)
    for old in properties.findall(_q("w:szCs")):
        properties.remove(old)
    if bold:
        properties.find(_q("w:b")).addnext(el("w:bCs"))
    properties.find(_q("w:sz")).addnext(el("w:szCs", val=str(round(2 * size))))
    properties.append(el("w:lang", val="en-US", bidi="fa-IR") if language.rtl else el("w:lang", val="en-GB"))


def _side(properties: Any, name: str, language: Language) -> None:
    align = "both" if name in JUSTIFIED else "center" if name in CENTRED else "start"
    properties.append(el("w:jc", val=align))
    if language.rtl:
        spacing = properties.find(_q("w:spacing"))
        spacing.addprevious(el("w:bidi")) if spacing is not None else properties.append(el("w:bidi"))


def _leader(style: Any, level: int) -> None:
    from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
    from docx.shared import Cm

    style.paragraph_format.left_indent = Cm(0.7 * (level - 1))
    style.paragraph_format.tab_stops.add_tab_stop(Cm(TEXT), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def _tabs(style: Any) -> None:
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.shared import Cm

    stops = style.paragraph_format.tab_stops
    stops.add_tab_stop(Cm(TEXT / 2), WD_TAB_ALIGNMENT.CENTER)
    stops.add_tab_stop(Cm(TEXT), WD_TAB_ALIGNMENT.RIGHT)


def _closer(look: tuple[Any, ...]) -> tuple[Any, ...]:
    size, bold, colour, before, after, next_too = look
    return (round(1.76 * size) / 2, bold, colour, round(0.5 * before), round(0.4 * after), next_too)


def _close(form: Any) -> None:
    form.line_spacing, form.page_break_before = 1.0, False


def _page(document: Any, language: Language, *, brief: bool = False) -> None:
    from docx.shared import Cm

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(MARGIN)
    section.top_margin, section.bottom_margin = (Cm(1.5), Cm(1.5)) if brief else (Cm(2.4), Cm(2.2))
    section.different_first_page_header_footer = True
    if language.rtl:
        grid = section._sectPr.find(_q("w:docGrid"))
        place = section._sectPr.append if grid is None else grid.addprevious
        place(el("w:bidi"))
    footer = section.footer._element
    for old in list(footer):
        footer.remove(old)
    number = field("PAGE", language.integer(2), language.rtl)
    footer.append(element(paragraph(number, "TableText", language.rtl, align="center")))


def _properties(document: Any, language: Language, title: str, author: str) -> None:
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(seconds), UTC) if seconds else EPOCH
    core = document.core_properties
    core.title, core.author, core.last_modified_by = title[:255], author[:255], "crmlab"
    core.created = core.modified = moment.replace(tzinfo=None)
    core.language = "fa-IR" if language.rtl else "en-GB"
    core.comments, core.revision = "", 1
    core.identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"crmlab/{language.code}/{title}"))
    document.settings.element.find(_q("w:defaultTabStop")).addprevious(el("w:updateFields", val="true"))


def _q(tag: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(tag))
