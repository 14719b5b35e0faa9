"""A report on disk: all three formats, or none."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crmlab.files import write_bytes
from crmlab.present.facts import sources
from crmlab.present.theme import Theme
from crmlab.report.brief import brief
from crmlab.report.chapters import compose
from crmlab.report.model import Document
from crmlab.report.pictures import Picture, draw, rasters

if TYPE_CHECKING:
    from crmlab.result import Result
    from crmlab.study import Study

FORMATS = ("html", "pdf", "docx")
NAMES = {"report": "report", "brief": "report.brief"}


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
    return _put(made(document, formats=formats, theme=theme), folder)


def made(
    document: Document,
    *,
    formats: Collection[str] = FORMATS,
    theme: Theme | None = None,
    letters: str | None = None,
) -> dict[str, bytes]:
    """File name -> content of a document in each format; raises as `write`. `letters` as in `to_html`."""
    theme = theme or Theme.load()
    theme.admit("".join(sorted(set().union(*document.words()))), document.name)
    with _settled():
        pictures = draw(document, theme)
        return {
            f"{NAMES[document.form]}.{document.language.code}.{kind}": _make(
                kind, document, pictures, theme, letters
            )
            for kind in FORMATS
            if kind in formats
        }


def write_reports(
    study: Study, results: Mapping[str, Result], folder: str | Path, languages: Collection[str] = ()
) -> list[Path]:
    """The report in every language of the study (or in `languages`), in all formats, into `folder`.

    Each language after the first is made by a process of its own where the machine has a processor for it; the bytes are
    the same either way.
    """
    from crmlab.report.apart import workers

    first, *others = list(languages or study.languages)
    with workers(study, results, others) as apart:
        files = made_in(study, results, first)
        for language in others:
            files |= (language in apart and apart[language].answer()) or made_in(study, results, language)
    return _put(files, folder)


def made_in(study: Study, results: Mapping[str, Result], language: str) -> dict[str, bytes]:
    """File name -> content of everything that is written in one language."""
    from crmlab.report.html import letters_of

    with _settled():
        theme, document = Theme.load(), compose(study, results, language)
        letters = letters_of(document)  # one set of fonts serves the report and its brief
        files = made(document, theme=theme, letters=letters)
        if study.spec.report.brief:
            files |= made(brief(document, study, sources(results), theme), theme=theme, letters=letters)
        return files


def _put(files: Mapping[str, bytes], folder: str | Path) -> list[Path]:
    for name, content in files.items():
        write_bytes(Path(folder) / name, content)
    return [Path(folder) / name for name in files]


@contextmanager
def _settled() -> Iterator[None]:
    """Nothing is searched for garbage meanwhile: figures leave little behind, and each search goes through everything."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _make(
    kind: str, document: Document, pictures: Mapping[str, Picture], theme: Theme, letters: str | None
) -> bytes:
    if kind == "html":
        from crmlab.report.html import to_html

        return to_html(document, pictures, theme, letters).encode("utf-8")
    if kind == "pdf":
        from crmlab.report.pdf import to_pdf

        return to_pdf(document, pictures, theme)
    from crmlab.report.docx import to_docx

    return to_docx(document, rasters(pictures), theme)
