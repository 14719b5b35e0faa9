"""The empty Word document a report is written into: page, styles, fonts, fixed dates."""

from __future__ import annotations

import io
import os
import uuid
import zipfile
from datetime import UTC, datetime
from typing import Any

from crmlab.present.language import Language
from crmlab.present.theme import Theme
from crmlab.report.word_fonts import embed
from crmlab.report.word_xml import el, field, paragraph

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
TWIPS = 567  # in a centimetre
MARGIN, TEXT = 2.4, 16.2  # centimetres
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
    "Figure": (11.0, False, "1C2733", 14, 2, True),
    "Contents": (16.0, True, "1C2733", 0, 10, True),
    "TOC 1": (11.0, True, "1C2733", 8, 2, False),
    "TOC 2": (11.0, False, "1C2733", 1, 1, False),
    "TOC 3": (10.5, False, "1C2733", 1, 1, False),
}  # fmt: skip
JUSTIFIED = ("Normal",)
CENTRED = ("Title", "Subtitle", "Caption", "Figure")


def blank(language: Language, theme: Theme, title: str, author: str) -> Any:
    """A document with our page, styles and properties and nothing in it."""
    from docx import Document

    document = Document()
    body = document.element.body
    for child in list(body)[:-1]:
        body.remove(child)
    for name, look in STYLES.items():
        _style(document, name, look, language, theme)
    _page(document, language)
    _properties(document, language, title, author)
    embed(document, theme)
    return document


def sealed(document: Any) -> bytes:
    """The document's bytes, the same every time: entries in order, their dates fixed."""
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as loose, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as tight:
        for name in loose.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            tight.writestr(entry, loose.read(name))
    return out.getvalue()


def _style(document: Any, name: str, look: tuple[Any, ...], language: Language, theme: Theme) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Cm, Pt, RGBColor

    size, bold, colour, before, after, next_too = look
    known = [style.name for style in document.styles]
    style = (
        document.styles[name] if name in known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    )
    style.hidden, style.quick_style = False, True
    for old in ("w:rPr", "w:pPr"):
        for element in style.element.findall(_q(old)):
            style.element.remove(element)
    style.font.size, style.font.bold, style.font.color.rgb = Pt(size), bold, RGBColor.from_string(colour)
    form = style.paragraph_format
    form.space_before, form.space_after, form.keep_with_next = Pt(before), Pt(after), next_too
    form.line_spacing = 1.0 if name == "Table Text" else 1.25 if language.rtl else 1.15
    form.page_break_before = name in ("Contents", "Heading 1")
    if name.startswith("TOC"):
        _leader(style, int(name[-1]))
    if name in ("Statement", "Failed"):
        form.left_indent = Cm(0.4)
    _letters(style.element.get_or_add_rPr(), theme.family, size, bold, language)
    _side(style.element.get_or_add_pPr(), name, language)


def _letters(properties: Any, family: str, size: float, bold: bool, language: Language) -> None:
    fonts = el("w:rFonts", ascii=family, hAnsi=family, cs=family, eastAsia=family)
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


def _page(document: Any, language: Language) -> None:
    from docx.shared import Cm

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(MARGIN)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)
    section.different_first_page_header_footer = True
    if language.rtl:
        grid = section._sectPr.find(_q("w:docGrid"))
        place = section._sectPr.append if grid is None else grid.addprevious
        place(el("w:bidi"))
    footer = section.footer._element
    for old in list(footer):
        footer.remove(old)
    footer.append(
        paragraph(field("PAGE", language.integer(2), language.rtl), "TableText", language.rtl, align="center")
    )


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
