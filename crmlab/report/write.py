"""A report on disk: all three formats, or none."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crmlab.errors import RunError
from crmlab.files import write_bytes
from crmlab.present.facts import sources
from crmlab.present.theme import Theme
from crmlab.report.brief import brief, fitting
from crmlab.report.chapters import compose
from crmlab.report.model import Document
from crmlab.report.pictures import Picture, draw, rasters
from crmlab.report.trace import Told, differences, facts_by_section, lint

if TYPE_CHECKING:
    from crmlab.result import Result
    from crmlab.study import Study

FORMATS = ("html", "pdf", "docx")
NAMES = {"report": "report", "brief": "report.brief"}


@dataclass(frozen=True)
class Made:
    """What was made in one language.

    Attributes
    ----------
    files : file name -> content
    told : the facts of the report and its brief, section by section
    size : how much the brief holds (a place in `brief.SIZES`)
    document : the report itself, where it was made by this process
    """

    files: dict[str, bytes]
    told: Told
    size: int = 0
    document: Document | None = None


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

    Raises
    ------
    StudyError, RunError
        As `write` does; RunError also for a number that is no saved fact, one fact with two values, a reference to
        nothing, an empty section, and languages that tell different facts. Nothing is written then.
    """
    from crmlab.report.apart import workers

    first, *others = list(languages or study.languages)
    with workers(study, results, others) as apart:
        found = [made_in(study, results, first)]
        for language in others:
            answer = apart[language].answer() if language in apart else None
            found.append(answer or made_in(study, results, language))
    # A brief holds the same in every language of the study, written now or not: what the longest one has room for.
    unwritten = set(study.languages) - {first, *others}
    size = max([one.size for one in found] + [_size_in(study, results, each) for each in unwritten])
    for k, language in enumerate((first, *others)):
        if found[k].size < size:
            found[k] = _with_brief(found[k], study, results, language, size)
    for other in found[1:]:
        _admit(study.name, differences(found[0].told, other.told))
    return _put({name: content for one in found for name, content in one.files.items()}, folder)


def made_in(study: Study, results: Mapping[str, Result], language: str) -> Made:
    """Everything that is written in one language; raises as `write_reports`."""
    from crmlab.report.html import letters_of

    with _settled():
        theme, document = Theme.load(), compose(study, results, language)
        _admit(f"{study.name}, {language}", lint(document))
        letters = letters_of(document)  # one set of fonts serves the report and its brief
        files = made(document, theme=theme, letters=letters)
        report = Made(files, facts_by_section(document), document=document)
        if not study.spec.report.brief:
            return report
        size = fitting(document, study, sources(results), theme)
        return _with_brief(report, study, results, language, size)


def _size_in(study: Study, results: Mapping[str, Result], language: str) -> int:
    """How much the brief holds in one language."""
    if not study.spec.report.brief:
        return 0
    return fitting(compose(study, results, language), study, sources(results), Theme.load())


def _with_brief(whole: Made, study: Study, results: Mapping[str, Result], language: str, size: int) -> Made:
    """What was made, and a brief of this size."""
    from crmlab.report.html import letters_of

    document = whole.document or compose(study, results, language)
    short = brief(document, study, sources(results), size)
    _admit(f"{study.name}, brief, {language}", lint(short))
    files = whole.files | made(short, letters=letters_of(document))
    return replace(whole, files=files, told=whole.told | facts_by_section(short), size=size)


def _admit(place: str, faults: Sequence[str]) -> None:
    """Nothing is written of a report in which the lint finds a fault."""
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise RunError(
            f"{place}: {faults[0]}{more}; no report was written",
            hint="this is a fault of crmlab's own words: please report it with this line",
        )


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
