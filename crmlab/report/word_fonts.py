"""Fonts inside a Word document, so that it looks the same where they are not installed.

The font file is obfuscated as ECMA-376 part 4, 2.8.1 asks: its first 32 bytes are mixed with the key that stands in
the font table.
"""

from __future__ import annotations

import io
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from crmlab.present.language import PERSIAN_DIGITS
from crmlab.present.theme import PERSIAN, Theme
from crmlab.report.fonts import ALWAYS, FEATURES
from crmlab.report.word_xml import el

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/font"
TYPE = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
TABLE_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"
R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
COUNTING = "Report Persian Digits"  # the name of our font in which 0-9 look Persian
KEPT = (0, 13, 14)  # records of a font's name table: copyright and licence


def embed(document: Any, theme: Theme, *, counting: bool) -> None:
    """Put the regular and the bold face into the document's font table, `counting` those with Persian digits too."""
    package = document.part.package
    table = next(part for part in package.iter_parts() if part.content_type == TABLE_TYPE)
    fonts = [(theme.family, [face.read_bytes() for face in (theme.regular, theme.bold)])]
    if counting:
        fonts.append((COUNTING, [persian_digits(face) for face in (theme.regular, theme.bold)]))
    written = [_font(package, table, 2 * k, name, faces) for k, (name, faces) in enumerate(fonts)]
    from lxml import etree

    root = el("w:fonts", *written)
    table._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _font(package: Any, table: Any, before: int, name: str, faces: list[bytes]) -> Any:
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    font = el("w:font", name=name)
    for number, (tag, face) in enumerate(zip(("w:embedRegular", "w:embedBold"), faces, strict=True), 1):
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"crmlab/font/{name}/{number}")
        place = PackURI(f"/word/fonts/font{before + number}.odttf")
        held = el(tag, fontKey="{" + str(key).upper() + "}")
        held.set(R_ID, table.relate_to(Part(place, TYPE, _mixed(face, key), package), RELATION))
        font.append(held)
    return font


def _mixed(font: bytes, key: uuid.UUID) -> bytes:
    mask = key.bytes[::-1]
    head = bytes(byte ^ mask[k % 16] for k, byte in enumerate(font[:32]))
    return head + font[32:]


@cache
def persian_digits(path: Path) -> bytes:
    """A face cut down to what numbers, contents and captions need, its 0-9 drawn as the digits of Persian.

    The same bytes every time. It bears a name of its own, as the licence of fonts asks of changed ones.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(hinting=False, recalc_timestamp=False, glyph_names=False)
    options.layout_features, options.drop_tables = FEATURES, [*options.drop_tables, "FFTM", "meta"]
    with TTFont(path, recalcTimestamp=False) as font:
        names = font["name"]
        del font["name"]
        cutter = Subsetter(options)
        cutter.populate(text="".join(sorted(ALWAYS | set(PERSIAN))))
        cutter.subset(font)
        for table in font["cmap"].tables:
            table.cmap.update({latin: table.cmap[persian] for latin, persian in PERSIAN_DIGITS.items()})
        names.names = [each for each in names.names if each.nameID in KEPT and each.platformID == 3]
        face = "Bold" if font["OS/2"].usWeightClass > 500 else "Regular"
        told = {1: COUNTING, 2: face, 3: f"crmlab {COUNTING} {face}", 4: f"{COUNTING} {face}", 6: f"{COUNTING.replace(' ', '')}-{face}"}  # fmt: skip
        for number, words in told.items():
            names.setName(words, number, 3, 1, 0x409)
        font["name"] = names
        out = io.BytesIO()
        font.save(out)
    return out.getvalue()
