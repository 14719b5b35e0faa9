"""An examination in words: for the terminal, for JupyterLab, and as a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from crmlab.errors import StudyError
from crmlab.examiner.finding import Finding, Number
from crmlab.files import write_text
from crmlab.present.language import Language
from crmlab.present.sentences import templates

if TYPE_CHECKING:
    from crmlab.examiner.examine import Examination

PAGE = """<!doctype html>
<html lang="{code}" dir="{direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font-family:"IBM Plex Sans Arabic","Vazirmatn",Tahoma,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;line-height:1.7}}
table{{border-collapse:collapse;width:100%}}td,th{{border-block:1px solid #bbb;padding:.4rem;text-align:start;vertical-align:top}}
.disagreement td:first-child{{color:#8c1d00;font-weight:bold}}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


def sentence(finding: Finding, language: Language) -> str:
    """What one finding says, without its place; numbers of the document stand as they are printed there."""
    fields = {name: _field(value, language) for name, value in finding.fields.items()}
    return templates()[f"examiner_{finding.rule}"][language.code].format(
        printed=_bare(finding.printed, language), **fields
    )


def place(finding: Finding, language: Language) -> str:
    """Where a finding stands, as a reader would look for it."""
    where, number = finding.place, language.integer(finding.place.number)
    if where.kind == "paragraph":
        return language.word("examiner.paragraph", number=number, title=where.title)
    key = "examiner.table_titled" if where.title else "examiner.table"
    row = language.word("examiner.row", row=where.row) if where.row else ""
    return language.word(key, number=number, title=where.title) + row


def text(examination: Examination, language: Language) -> str:
    """The examination as lines for a terminal."""
    lines = [*_summary(examination, language), ""]
    for finding in examination.findings:
        kind = language.word(f"examiner.kind.{finding.kind}")
        lines += [f"{kind}: {place(finding, language)}", f"    {sentence(finding, language)}"]
    return "\n".join(lines).rstrip()


def fragment(examination: Examination, language: Language) -> str:
    """The examination as HTML, everything from the document escaped."""
    heads = "".join(
        f"<th scope='col'>{escape(language.word(f'examiner.head.{name}'))}</th>"
        for name in ("kind", "place", "found")
    )
    rows = "".join(
        f"<tr class='{finding.kind}'>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(finding, language))
        + "</tr>"
        for finding in examination.findings
    )
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in _summary(examination, language)[1:])
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    return f'<div dir="{language.direction}" lang="{language.code}">{paragraphs}{table}</div>'


def write(examination: Examination, path: Path, reading: str) -> None:
    """The examination as a file, `.html` or `.txt` by its ending."""
    language = Language.load(reading)
    if path.suffix == ".txt":
        write_text(path, text(examination, language) + "\n")
        return
    if path.suffix not in (".html", ".htm"):
        raise StudyError(f"cannot write '{path.name}'", hint="name a file that ends with .html or .txt")
    title = escape(language.word("examiner.title", file=examination.file))
    body = fragment(examination, language)
    write_text(path, PAGE.format(code=language.code, direction=language.direction, title=title, body=body))


def _summary(examination: Examination, language: Language) -> Sequence[str]:
    counts = {
        name: language.integer(getattr(examination, name))
        for name in ("tables", "understood", "sentences", "checked")
    }
    wrong = len(examination.disagreements)
    lines = [language.word("examiner.title", file=examination.file), language.word("examiner.read", **counts)]
    lines.append(
        language.word("examiner.some", count=language.integer(wrong))
        if wrong
        else language.word("examiner.none")
    )
    if notes := len(examination.findings) - wrong:
        lines.append(language.word("examiner.notes", count=language.integer(notes)))
    return lines


def _cells(finding: Finding, language: Language) -> tuple[str, str, str]:
    return (
        language.word(f"examiner.kind.{finding.kind}"),
        place(finding, language),
        sentence(finding, language),
    )


def _field(value: str | Number, language: Language) -> str:
    if isinstance(value, tuple):
        return language.number(*value)
    return (
        language.word(value)
        if value.startswith("examiner.")
        else _bare(value.replace(", ", language.word("comma")), language)
    )


def _bare(printed: str, language: Language) -> str:
    """A number of the document in the reader's digits."""
    return language.digits(printed)
