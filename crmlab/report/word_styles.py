"""The styles of a Word document: everything that is set, is set by a style of its own name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from crmlab.present.language import Language
from crmlab.report.profiles import Profile

TWIPS = 567  # in a centimetre
TEXT = 16.2  # centimetres between the margins
INK, QUIET, BAD = "1C2733", "5B6672", "8F3606"


@dataclass(frozen=True, slots=True)
class Fonts:
    """Fonts by name.

    Attributes
    ----------
    persian, latin : of the text, by its script
    counting : of the digits Word counts with; empty for those of the text
    larger : how many times the sizes below
    """

    persian: str
    latin: str
    counting: str
    larger: float


@dataclass(frozen=True, slots=True)
class Look:
    """A paragraph style: points, bold, colour, space before and after in points, what it stays together with."""

    size: float
    bold: bool = False
    colour: str = INK
    before: float = 0
    after: float = 0
    next_too: bool = False


STYLES = {
    "Normal": Look(11.0, after=8),
    "Title": Look(24.0, True, after=12),
    "Subtitle": Look(13.0, False, QUIET, 0, 12),
    "Cover": Look(13.0, False, QUIET, 160, 12),
    "Cover People": Look(8.5, False, QUIET, 18, 3, True),
    "Heading 1": Look(18.0, True, INK, 0, 14, True),
    "Heading 2": Look(13.0, True, INK, 20, 8, True),
    "Heading 3": Look(11.5, True, INK, 14, 6, True),
    "Caption": Look(9.5, before=14, after=5),
    "Table Text": Look(9.0, before=1, after=1),
    "Table Text Small": Look(8.5, before=1, after=1),
    "Table Text Tiny": Look(7.5, before=1, after=1),
    "Table End": Look(4.0, after=4),
    "Note": Look(8.5, False, QUIET, 3, 3),
    "Failed": Look(9.0, False, BAD, 4, 4),
    "Statement": Look(11.0, False, INK, 12, 4, True),
    "Item": Look(11.0, after=4),
    "Equation": Look(11.0, before=8, after=8),
    "Reference": Look(10.5, after=6),
    "Footnote Text": Look(8.5),
    "Footer": Look(9.0),
    "Table of Figures": Look(10.5, before=1, after=1),
    "Figure": Look(11.0, False, INK, 14, 2, True),
    "Contents": Look(16.0, True, INK, 0, 10, True),
    "TOC 1": Look(11.0, True, INK, 8, 2),
    "TOC 2": Look(11.0, before=1, after=1),
    "TOC 3": Look(10.5, before=1, after=1),
}
CENTRED = ("Title", "Subtitle", "Cover", "Cover People", "Caption", "Figure", "Footer")
ARTICLE = ("Normal", "Item", "Reference")  # set in double spacing in a manuscript
CLOSE = ("Table Text", "Table Text Small", "Table Text Tiny", "Table End", "Footnote Text")
INDENTS = {
    "Statement": (0.4, 0),
    "Failed": (0.4, 0),
    "Item": (0.6, 0),
    "Reference": (1.0, -1.0),
}  # cm, first line
FOLLOWED = {"Figure": "Caption", "Cover People": "Subtitle"}
PARENTS = {"Table Text Small": "TableText", "Table Text Tiny": "TableText", "Cover": "Subtitle"}
OWN_NAMES = {  # as Word itself writes them; the rest are ours
    "Heading 1": "heading 1", "Heading 2": "heading 2", "Heading 3": "heading 3", "Caption": "caption",
    "Footnote Text": "footnote text", "Footer": "footer", "Table of Figures": "table of figures",
    "TOC 1": "toc 1", "TOC 2": "toc 2", "TOC 3": "toc 3", "Normal": "Normal", "Title": "Title", "Subtitle": "Subtitle",
}  # fmt: skip
RULE = f'w:val="single" w:sz="10" w:space="0" w:color="{INK}"'


def styles(
    fonts: Fonts, language: Language, profile: Profile, *, brief: bool, counted: bool
) -> Iterator[str]:
    """Every style as an element of the styles part; `counted` binds the headings to the list of chapters."""
    lang = '<w:lang w:val="en-US" w:bidi="fa-IR"/>' if language.rtl else '<w:lang w:val="en-GB"/>'
    text = _fonts(fonts.latin, fonts.persian)
    yield (
        f"<w:docDefaults><w:rPrDefault><w:rPr>{text}{_size(11, fonts.larger)}{lang}</w:rPr></w:rPrDefault>"
        "<w:pPrDefault/></w:docDefaults>"
    )
    for name, look in STYLES.items():
        yield _paragraph_style(name, look, fonts, language, profile, brief=brief, counted=counted)
    yield '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/><w:semiHidden/></w:style>'
    digits = _fonts(fonts.counting, fonts.counting) if fonts.counting else ""
    yield _character_style("Strong", "Strong", "<w:b/><w:bCs/>")
    yield _character_style("Emphasis", "Emphasis", "<w:i/><w:iCs/>")
    yield _character_style("FootnoteReference", "footnote reference", '<w:vertAlign w:val="superscript"/>')
    yield _character_style("CountedNumber", "Counted Number", digits)
    yield _character_style("CountedNumberStrong", "Counted Number Strong", f"{digits}<w:b/><w:bCs/>")
    yield (
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:semiHidden/>'
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="60" w:type="dxa"/>'
        '<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    )
    yield (
        '<w:style w:type="table" w:customStyle="1" w:styleId="ReportTable"><w:name w:val="Report Table"/>'
        '<w:basedOn w:val="TableNormal"/><w:qFormat/><w:tblPr>'
        f"<w:tblBorders><w:top {RULE}/><w:bottom {RULE}/></w:tblBorders></w:tblPr>"
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:bCs/></w:rPr><w:tcPr><w:tcBorders>'
        f'<w:bottom w:val="single" w:sz="4" w:space="0" w:color="{INK}"/></w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr>'
        "</w:tblStylePr></w:style>"
    )
    yield '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/><w:semiHidden/></w:style>'


def _paragraph_style(
    name: str,
    look: Look,
    fonts: Fonts,
    language: Language,
    profile: Profile,
    *,
    brief: bool,
    counted: bool,
) -> str:
    key = name.replace(" ", "")
    level = int(name[-1]) if name.startswith("Heading") else 0
    own = OWN_NAMES.get(name)
    kind = ' w:default="1"' if name == "Normal" else "" if own else ' w:customStyle="1"'
    parent = f'<w:basedOn w:val="{PARENTS.get(name, "Normal")}"/>' if name != "Normal" else ""
    follows = FOLLOWED.get(name, "Normal" if level or name == "Caption" else "")
    after = f'<w:next w:val="{follows}"/>' if follows else ""
    digits = f"<w:rFonts w:cs={quoteattr(fonts.counting)}/>" if fonts.counting and _listed(name) else ""
    bound = level and counted
    number = f'<w:numPr><w:ilvl w:val="{level - 1}"/><w:numId w:val="1"/></w:numPr>' if bound else ""
    letters = (
        f'{digits}{"<w:b/><w:bCs/>" if look.bold else ""}<w:color w:val="{look.colour}"/>'
        f"{_size(look.size * (0.88 if brief else 1), fonts.larger)}"
    )
    return (
        f'<w:style w:type="paragraph"{kind} w:styleId="{key}"><w:name w:val="{own or name}"/>{parent}{after}<w:qFormat/>'
        f"<w:pPr>{_set(name, look, language, profile, brief, number)}</w:pPr>"
        f"<w:rPr>{letters}</w:rPr></w:style>"
    )


def _set(name: str, look: Look, language: Language, profile: Profile, brief: bool, number: str) -> str:
    """The properties of a paragraph in the order the schema asks for."""
    level = int(name[-1]) if name.startswith("Heading") else 0
    line = 1.0 if name in CLOSE or brief else 1.25 if language.rtl else 1.15
    line = 2.0 if profile.name == "article" and name in ARTICLE and not brief else line
    before, after = (look.before * 0.5, look.after * 0.4) if brief else (look.before, look.after)
    left, first = INDENTS.get(name, (0.7 * (int(name[-1]) - 1) if name.startswith("TOC") else 0, 0))
    align = "both" if name == "Normal" else "center" if name in CENTRED else "start"
    parts = (
        "<w:keepNext/>" if look.next_too else "",
        "<w:keepLines/>" if level or name == "Caption" else "",
        "<w:pageBreakBefore/>" if name in ("Contents", "Heading 1") and not brief else "",
        number,
        _tabs(name),
        "<w:bidi/>" if language.rtl else "",
        f'<w:spacing w:before="{round(20 * before)}" w:after="{round(20 * after)}" w:line="{round(240 * line)}" w:lineRule="auto"/>',
        f'<w:ind w:left="{round(left * TWIPS)}" w:{"hanging" if first < 0 else "firstLine"}="{round(abs(first) * TWIPS)}"/>',
        f'<w:jc w:val="{align}"/>',
        f'<w:outlineLvl w:val="{level - 1}"/>' if level else "",
    )
    return "".join(parts)


def _listed(name: str) -> bool:
    return name.startswith("TOC") or name == "Table of Figures"


def _tabs(name: str) -> str:
    end, middle = round(TEXT * TWIPS), round(TEXT * TWIPS / 2)
    if _listed(name):
        return f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{end}"/></w:tabs>'
    if name == "Equation":
        return (
            f'<w:tabs><w:tab w:val="center" w:pos="{middle}"/><w:tab w:val="right" w:pos="{end}"/></w:tabs>'
        )
    return ""


def _character_style(key: str, name: str, look: str) -> str:
    kind = ' w:customStyle="1"' if key.startswith("Counted") else ""
    letters = f"<w:rPr>{look}</w:rPr>" if look else ""
    return (
        f'<w:style w:type="character"{kind} w:styleId="{key}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="DefaultParagraphFont"/><w:qFormat/>{letters}</w:style>'
    )


def _fonts(latin: str, persian: str) -> str:
    latin, persian = quoteattr(latin), quoteattr(persian)
    return f"<w:rFonts w:ascii={latin} w:eastAsia={latin} w:hAnsi={latin} w:cs={persian}/>"


def _size(points: float, larger: float) -> str:
    half = round(2 * points * larger)
    return f'<w:sz w:val="{half}"/><w:szCs w:val="{half}"/>'
