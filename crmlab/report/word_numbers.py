"""Headings that Word counts itself: a list of several levels bound to the heading styles.

A heading put in or taken out renumbers those after it, and cross references follow (`REF … \\n`). Three things were
decided by trying them:

* Digits. No number format of Word's means the digits ۰–۹ of Persian: `decimal` follows the numeral setting of whoever
  opens the file (Latin ones by default, and always in LibreOffice), `hindiNumbers` are those of Devanagari. So the
  numbers of a Persian document are counted as `decimal` and set in a font in which 0–9 look Persian (`word_fonts`), as
  fonts of Iranian theses have done for long; where embedded fonts are not read, plain digits appear, never boxes.
* Edges. `left` is the leading edge in Word, the left one in LibreOffice, where a Persian number would hang into the
  margin; each is told its own (`mc:AlternateContent`).
* Letters of annexes. `upperLetter` counts A, B, C. No format counts الف، ب، پ (`arabicAlpha` gives أ، ب، ت), so a
  Persian annex has a list of its own with its letter in it, and only its sections are counted.
* Captions. Their chapter is typed: `STYLEREF 1 \\s`, which Word's dialog writes there, becomes the heading's text in
  newer LibreOffice. The number is a `SEQ` field that starts anew in each chapter, by `\\s 1` and, since LibreOffice
  leaves that out, by `\\r 1` at the first of a chapter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from crmlab.present.blocks import Heading
from crmlab.present.language import LATIN_DIGITS
from crmlab.report.model import Chapter, Document

DEPTH = 3  # levels of headings that have a style
CHAPTERS = 1  # the list that the heading styles are bound to
RLM = "\u200f"  # the space after a number stays on its left
AT_START = {  # which edge of a number stands at the margin
    False: '<w:lvlJc w:val="left"/>',
    True: (
        '<mc:AlternateContent><mc:Choice Requires="w15"><w:lvlJc w:val="left"/></mc:Choice>'
        '<mc:Fallback><w:lvlJc w:val="right"/></mc:Fallback></mc:AlternateContent>'
    ),
}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Counted:
    """How one heading gets its number.

    Attributes
    ----------
    list_ : the list it is counted in; 0 if it has no number or a typed one
    typed : the number where Word's own would be another one; empty else
    """

    list_: int
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Numbering:
    """The lists of a document and who is counted in which.

    Attributes
    ----------
    of : key of a chapter or heading -> how it is counted
    lists : number of a list -> the text of its first level, its format there, and where it starts
    """

    of: dict[str, Counted]
    lists: dict[int, tuple[str, str, int]]


def numbering(document: Document) -> Numbering:
    """Count the headings as Word will; a number that would come out otherwise is typed."""
    language = document.language
    of: dict[str, Counted] = {}
    lists = {CHAPTERS: (language.word("chapter_number", number="%1"), "decimal", 1)}
    counted: dict[int, int] = {}
    current = {"chapter": CHAPTERS, "annex": 0}
    for chapter in document.chapters:
        if chapter.kind == "front":
            of |= {chapter.key: Counted(0)} | _sections(document, chapter, 0)
            continue
        which = current[chapter.kind]
        letter = document.ordinal(chapter).translate(LATIN_DIGITS)
        fixed = not (letter.isdecimal() or letter in LETTERS)
        place = 1 if fixed else int(letter) if letter.isdecimal() else LETTERS.index(letter) + 1
        if not which or fixed or counted.get(which, lists[which][2] - 1) + 1 != place:
            which = CHAPTERS if which and not counted.get(which) else max(lists) + 1
            current[chapter.kind] = which
            text = language.word(f"{chapter.kind}_number", number=letter if fixed else "%1")
            lists[which] = (
                text,
                "none" if fixed else "decimal" if letter.isdecimal() else "upperLetter",
                place,
            )
        counted[which] = place
        of |= {chapter.key: Counted(which)} | _sections(document, chapter, which)
    return Numbering(of, lists)


def _sections(document: Document, chapter: Chapter, which: int) -> dict[str, Counted]:
    of: dict[str, Counted] = {}
    counts = [0] * (DEPTH + 1)
    for block in chapter.blocks:
        if not isinstance(block, Heading):
            continue
        level = min(document.levels[block.key], DEPTH)
        after = [*counts[:level], counts[level] + 1]
        number = document.numbers[block.key]
        ours = "-".join([document.ordinal(chapter), *map(str, after[2:])])
        if which and number and document.language.digits(ours) == number:
            of[block.key], counts = Counted(which), [*after, *[0] * (DEPTH - level)]
        else:
            of[block.key] = Counted(0, number)
    return of


def definitions(lists: dict[int, tuple[str, str, int]], font: str, rtl: bool) -> Iterable[str]:
    """The lists as elements of the numbering part; `font` is that of the digits, empty for the heading's own."""
    for number, (text, form, start) in lists.items():
        levels = "".join(
            _level(level, text, form, start, font, rtl, bound=number == CHAPTERS) for level in range(DEPTH)
        )
        yield (
            f'<w:abstractNum w:abstractNumId="{number}"><w:nsid w:val="{0x3C524D00 + number:08X}"/>'
            f'<w:multiLevelType w:val="multilevel"/><w:tmpl w:val="{0x3C52AD00 + number:08X}"/>{levels}</w:abstractNum>'
        )
    for number in lists:
        yield f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'


def _level(level: int, text: str, form: str, start: int, font: str, rtl: bool, *, bound: bool) -> str:
    fixed = form == "none"
    letter = text.split()[-1] if fixed else "%1"
    shown = text if level == 0 else "-".join([letter, *(f"%{k}" for k in range(2, level + 2))])
    fonts = (
        f"<w:rFonts w:ascii={quoteattr(font)} w:hAnsi={quoteattr(font)} w:cs={quoteattr(font)}/>"
        if font
        else ""
    )
    shown += RLM if rtl else ""
    quiet = '<w:b w:val="0"/><w:bCs w:val="0"/><w:color w:val="5B6672"/>' if level == 0 else ""
    look = f"{fonts}{quiet}{'<w:rtl/>' if rtl else ''}"
    style = f'<w:pStyle w:val="Heading{level + 1}"/>' if bound else ""
    letters = f"<w:rPr>{look}</w:rPr>" if look else ""
    return (
        f'<w:lvl w:ilvl="{level}"><w:start w:val="{start if level == 0 else 1}"/>'
        f'<w:numFmt w:val="{form if level == 0 else "decimal"}"/>'
        f'{style}<w:suff w:val="space"/><w:lvlText w:val={quoteattr(shown)}/>{AT_START[rtl]}'
        f'<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr>{letters}</w:lvl>'
    )


def marks(which: int, level: int) -> str:
    """The properties by which a heading counts in another list than that of its style, or in none."""
    if which == CHAPTERS:
        return ""
    return f'<w:numPr><w:ilvl w:val="{level - 1}"/><w:numId w:val="{which}"/></w:numPr>'
