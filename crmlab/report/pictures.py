"""The figures of a document, each drawn once: as SVG for HTML and PDF, as PNG for DOCX."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from crmlab.present.theme import DPI, Theme, svg
from crmlab.report.model import Document

SIZE = re.compile(
    r'<svg [^>]*?width="([\d.]+)pt"[^>]*?height="([\d.]+)pt"|<svg [^>]*?height="([\d.]+)pt"[^>]*?width="([\d.]+)pt"',
    re.S,
)
PAGES = """#set page(margin: 0pt, fill: white)
#for picture in json(bytes(sys.inputs.pictures)) {
  page(width: picture.width * 1pt, height: picture.height * 1pt, image(bytes(picture.svg), format: "svg", width: 100%))
}
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawn figure: its SVG and its size in points."""

    svg: str
    width: float
    height: float


def draw(document: Document, theme: Theme) -> dict[str, Picture]:
    """Every figure of the document, by key."""
    found = {}
    with theme.drawing():
        for figure in document.figures:
            text = svg(figure.draw())
            found[figure.key] = Picture(text, *_size(text))
    return found


def rasters(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """The pictures as PNG; Typst draws them, which is faster than drawing them again."""
    import typst

    if not pictures:
        return {}
    data = [{"svg": each.svg, "width": each.width, "height": each.height} for each in pictures.values()]
    pages = typst.compile(
        PAGES.encode(),
        format="png",
        ppi=DPI,
        ignore_system_fonts=True,
        sys_inputs={"pictures": json.dumps(data)},
    )
    listed = pages if isinstance(pages, list) else [pages]
    return dict(zip(pictures, listed, strict=True))


def _size(text: str) -> tuple[float, float]:
    match = SIZE.search(text)
    if match is None:
        raise ValueError("the drawing has no size in points")
    if match[1]:
        return float(match[1]), float(match[2])
    return float(match[4]), float(match[3])
