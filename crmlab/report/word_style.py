"""The empty Word document a report is written into: page, properties, fixed dates."""

from __future__ import annotations

import io
import os
import re
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from crmlab.present.language import Language
from crmlab.present.theme import Theme
from crmlab.report.profiles import PLAIN, Profile
from crmlab.report.word_fonts import COUNTING, embed
from crmlab.report.word_styles import TEXT, TWIPS, Fonts, styles
from crmlab.report.word_xml import DECLARED, DIGITS, el, element, elements, field, paragraph

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
MARGIN, LONG = 2.4, 24.9  # centimetres; LONG is a line of a page turned on its side
# the fonts of Persian theses by name: Persian, Latin, how much larger the text is set; its 0-9 look Persian
NAZANIN = ("B Nazanin", "Times New Roman", {True: 1.25, False: 1.09})
LEFT_OUT = (
    "/stylesWithEffects",
    "/customXml",
    "/webSettings",
    "/metadata/thumbnail",
)  # of python-docx's template
APPLICATION = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>crmlab</Application></Properties>"""
WORD = "http://schemas.microsoft.com/office/word"
SETTINGS = (
    '<w:zoom w:percent="100"/>{embed}<w:defaultTabStop w:val="720"/>'
    '<w:characterSpacingControl w:val="doNotCompress"/><w:updateFields w:val="true"/><w:compat>{compat}</w:compat>'
    '<m:mathPr><m:mathFont m:val="Cambria Math"/><m:defJc m:val="centerGroup"/></m:mathPr>'
    '<w:themeFontLang w:val="en-GB"{bidi}/><w:decimalSymbol w:val="."/><w:listSeparator w:val=","/>'
)
COMPAT = {
    "compatibilityMode": 15, "overrideTableStyleFontSizeAndJustification": 1, "enableOpenTypeFeatures": 1,
    "doNotFlipMirrorIndents": 1, "differentiateMultirowTableHeaders": 1,
}  # fmt: skip


def blank(
    language: Language,
    theme: Theme,
    title: str,
    author: str,
    profile: Profile = PLAIN,
    *,
    brief: bool = False,
    lists: Iterable[str] = (),
) -> Any:
    """A document with our page, styles, `lists` and properties and nothing in it; a brief is set closer."""
    from docx import Document

    document = Document()
    _cleared(document.element.body, but=1)
    _without_leftovers(document)
    numbered = list(lists)
    _filled(
        document.styles.element, styles(fonts_of(language, theme, profile), language, profile, brief=brief, counted=bool(numbered)),
    )  # fmt: skip
    _filled(document.part.numbering_part.element, numbered)
    carried = profile.fonts == "free"
    compat = "".join(
        f'<w:compatSetting w:name="{name}" w:uri="{WORD}" w:val="{value}"/>' for name, value in COMPAT.items()
    )
    told = SETTINGS.format(
        embed="<w:embedTrueTypeFonts/>" if carried else "",
        compat=compat,
        bidi=' w:bidi="fa-IR"' if language.rtl else "",
    )
    _filled(document.settings.element, elements([told]))
    _page(document, language, brief=brief)
    _properties(document, language, title, author)
    if carried:
        embed(document, theme, counting=bool(counting_font(language, profile)))
    return document


def fonts_of(language: Language, theme: Theme, profile: Profile) -> Fonts:
    """The fonts of a document by name."""
    counting = counting_font(language, profile)
    if profile.fonts == "nazanin":
        persian, latin, larger = NAZANIN
        return Fonts(persian, latin, counting, larger[language.rtl])
    return Fonts(theme.family, theme.family, counting, 1.0)


def counting_font(language: Language, profile: Profile) -> str:
    """The font in which the digits that Word counts with look Persian; empty where they are Latin."""
    if not language.rtl or language.latin_digits:
        return ""
    return NAZANIN[0] if profile.fonts == "nazanin" else COUNTING


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
    """The bytes of the document with this body, the same every time: entries in order, their dates fixed.

    The body goes in as the text it is; as elements it would be parsed only to be written again.
    """
    last = document.element.body[-1]
    if any("<w:sectPr" in part for part in body):  # the last of several sections has no title page
        for title_page in last.findall(_q("w:titlePg")):
            last.remove(title_page)
    raw, out = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as loose, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as tight:
        for name in loose.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            content = loose.read(name)
            tight.writestr(entry, _with_body(content, body) if name == "word/document.xml" else content)
    return out.getvalue()


def _with_body(page: bytes, body: Sequence[str]) -> bytes:
    """The main part, still without content, with this body and the namespaces it uses."""
    head, end, tail = page.partition(b"<w:body>")
    for one in DECLARED.split():
        if one.encode() not in head:
            head = head.replace(b"<w:document ", f"<w:document {one} ".encode())
    return b"".join([head, end, "".join(body).encode("utf-8"), tail])


def _without_leftovers(document: Any) -> None:
    """Leave out what the empty template brings along: styles of 2011, a picture of a page, statistics of another file."""
    for owner in (document.part, document.part.package):
        for key, relation in list(owner.rels.items()):
            if relation.reltype.endswith(LEFT_OUT):
                del owner.rels[key]
            elif relation.reltype.endswith("/extended-properties"):
                relation.target_part._blob = APPLICATION


def _cleared(holder: Any, *, but: int = 0) -> None:
    for child in list(holder)[: len(holder) - but]:
        holder.remove(child)


def _filled(holder: Any, content: Iterable[Any]) -> None:
    """Put elements, or their sources, in place of all that an element holds."""
    _cleared(holder)
    for each in content:
        holder.append(element(each) if isinstance(each, str) else each)


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
    number = field("PAGE", language.integer(2), language.rtl, DIGITS)
    _filled(section.footer._element, [paragraph(number, "Footer", language.rtl)])


def _properties(document: Any, language: Language, title: str, author: str) -> None:
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(seconds), UTC) if seconds else EPOCH
    core = document.core_properties
    core.title, core.author, core.last_modified_by = title[:255], author[:255], "crmlab"
    core.created = core.modified = moment.replace(tzinfo=None)
    core.language = "fa-IR" if language.rtl else "en-GB"
    core.comments, core.revision = "", 1
    core.identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"crmlab/{language.code}/{title}"))


def _q(tag: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(tag))


__all__ = ["LONG", "TEXT", "TWIPS", "blank", "counting_font", "sealed", "section"]
