"""Footnotes of a Word document: a part of its own beside the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmlab.report import word_xml as xml

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
RULES = (
    ("separator", -1),
    ("continuationSeparator", 0),
)  # the lines above footnotes, which Word wants to be there


def reference(number: int, rtl: bool) -> str:
    """The mark in the text."""
    return xml.run(f'<w:footnoteReference w:id="{number}"/>', rtl, xml.RAISED)


def attach(document: Any, notes: Sequence[str], rtl: bool) -> None:
    """Put the footnotes, each as runs, into the document; number 1 is the first."""
    if not notes:
        return
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    rules = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
        for kind, number in RULES
    )
    mark = xml.run("<w:footnoteRef/>", rtl, xml.RAISED) + xml.run(xml.text(" "), rtl)
    texts = "".join(
        f'<w:footnote w:id="{number}">{xml.paragraph(mark + note, "FootnoteText", rtl)}</w:footnote>'
        for number, note in enumerate(notes, 1)
    )
    content = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:footnotes {xml.DECLARED}>{rules}{texts}</w:footnotes>'
    part = Part(PackURI("/word/footnotes.xml"), TYPE, content.encode("utf-8"), document.part.package)
    document.part.relate_to(part, RELATION)
    numbers = "".join(f'<w:footnote w:id="{number}"/>' for _, number in RULES)
    place = document.settings.element.find(xml.qn("w:compat"))
    place.addprevious(xml.element(f"<w:footnotePr>{numbers}</w:footnotePr>"))
