"""A report on disk: all three formats, or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from crmlab.files import write_bytes
from crmlab.present.theme import Theme
from crmlab.report.chapters import compose
from crmlab.report.model import Document
from crmlab.report.pictures import Picture, draw, rasters

if TYPE_CHECKING:
    from crmlab.result import Result
    from crmlab.study import Study

FORMATS = ("html", "pdf", "docx")


def write(
    document: Document, folder: str | Path, *, formats: Collection[str] = FORMATS, theme: Theme | None = None
) -> list[Path]:
    """Write `report.<language>.<format>` into `folder` and return the paths.

    Everything is made before the first file is replaced; a label that the fonts cannot print is refused first.

    Raises
    ------
    StudyError
        A label holds a character that no font has.
    RunError
        Typst warns: the PDF would not be what it should.
    """
    theme = theme or Theme.load()
    for text in document.words():
        theme.admit(text, document.name)
    pictures = draw(document, theme)
    made = {kind: _make(kind, document, pictures, theme) for kind in FORMATS if kind in formats}
    paths = []
    for kind, content in made.items():
        path = Path(folder) / f"report.{document.language.code}.{kind}"
        write_bytes(path, content)
        paths.append(path)
    return paths


def write_reports(
    study: Study, results: Mapping[str, Result], folder: str | Path, languages: Collection[str] = ()
) -> list[Path]:
    """The report in every language of the study (or in `languages`), in all formats, into `folder`."""
    documents = [compose(study, results, language) for language in languages or study.languages]
    return [path for document in documents for path in write(document, folder)]


def _make(kind: str, document: Document, pictures: Mapping[str, Picture], theme: Theme) -> bytes:
    if kind == "html":
        from crmlab.report.html import to_html

        return to_html(document, pictures, theme).encode("utf-8")
    if kind == "pdf":
        from crmlab.report.pdf import to_pdf

        return to_pdf(document, pictures, theme)
    from crmlab.report.docx import to_docx

    return to_docx(document, rasters(pictures), theme)
