"""Fonts inside a Word document, so that it looks the same where they are not installed.

The font file is obfuscated as ECMA-376 part 4, 2.8.1 asks: its first 32 bytes are mixed with the key that stands in
the font table.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from crmlab.present.theme import Theme
from crmlab.report.word_xml import el

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/font"
TYPE = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
TABLE_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"
R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def embed(document: Any, theme: Theme) -> None:
    """Put the regular and the bold face into the document's font table."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from lxml import etree

    package = document.part.package
    table = next(part for part in package.iter_parts() if part.content_type == TABLE_TYPE)
    root = etree.fromstring(table.blob)
    font = el("w:font", name=theme.family)
    for number, (tag, path) in enumerate((("w:embedRegular", theme.regular), ("w:embedBold", theme.bold)), 1):
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"crmlab/font/{path.name}")
        part = Part(PackURI(f"/word/fonts/font{number}.odttf"), TYPE, _mixed(path, key), package)
        face = el(tag, fontKey="{" + str(key).upper() + "}")
        face.set(R_ID, table.relate_to(part, RELATION))
        font.append(face)
    root.append(font)
    table._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    document.settings.element.insert(1, el("w:embedTrueTypeFonts"))  # its place is after w:zoom


def _mixed(path: Path, key: uuid.UUID) -> bytes:
    font, mask = path.read_bytes(), key.bytes[::-1]
    head = bytes(byte ^ mask[k % 16] for k, byte in enumerate(font[:32]))
    return head + font[32:]
