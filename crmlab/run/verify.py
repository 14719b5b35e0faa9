"""`crmlab verify`: compute a study again, and say where a report differs from what comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

from crmlab.errors import DataError, StudyError
from crmlab.run.runner import Options, run
from crmlab.study import Study

BLOCKS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "td",
        "th",
        "li",
        "dt",
        "dd",
        "figcaption",
        "caption",
        "title",
        "summary",
    ]
)
UNSEEN = frozenset(("style", "script", "svg", "template"))
FORMATS = (".html", ".docx", ".pdf")
LANGUAGE = re.compile(r"\.(fa|en)\.(?:html|docx|pdf)$")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a cell: its text, and the facts in it as (address, value)."""

    text: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the report and the recomputed one differ.

    Attributes
    ----------
    printed : text in the report; "" if it is not there
    recomputed : text that comes out; "" if nothing does
    facts : addresses of the facts whose values differ there
    """

    printed: str
    recomputed: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it.

    Attributes
    ----------
    report : the file
    identical : whether it is the recomputed one byte by byte
    blocks, facts : paragraphs and cells compared, and facts among them (of a Word document and a PDF none are told)
    differences : in the order of the report; empty if nothing that can be read differs
    """

    report: Path
    identical: bool
    blocks: int
    facts: int
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        if self.identical:
            return f"{self.report}: identical to the recomputed report, byte by byte"
        counted = f"{self.blocks} paragraphs and cells" + (f" with {self.facts} facts" if self.facts else "")
        if not self.differences:
            return f"{self.report}: {counted} compared, none differs (the files differ in form only)"
        lines = [f"{self.report}: {counted} compared, {len(self.differences)} differ"]
        for one in self.differences:
            lines += [
                f"- printed:    {one.printed or '(nothing)'}",
                f"  recomputed: {one.recomputed or '(nothing)'}",
            ]
            lines += [f"  fact:       {address}" for address in one.facts]
        return "\n".join(lines)


def verify(
    report: str | Path, study: Study, options: Options | None = None, language: str = ""
) -> Verification:
    """Run a study anew, apart from its saved results, and compare a report with the one that comes out.

    Parameters
    ----------
    report : a report of the study as `.html`, `.docx` or `.pdf`
    study : computed again from its raw files
    options : jobs and progress of the run
    language : of the report; read from its name (`report.fa.html`) if not told

    Raises
    ------
    DataError
        The report is missing or not of a kind that is written here.
    StudyError
        Its language is not told, or it is a PDF that differs: its text is not read here.
    """
    report = Path(report)
    if not report.is_file():
        raise DataError("no such file", file=report, hint="name a report, reports/demo/report.en.html")
    kind = report.suffix.lower()
    if kind not in FORMATS:
        raise DataError("is not a report", file=report, hint="name a .html, .docx or .pdf file")
    hit = LANGUAGE.search(report.name.lower())
    language = language or (hit[1] if hit else "")
    if not language:
        raise StudyError(
            f"{report.name}: its language is not told by its name", hint="add --lang fa or --lang en"
        )
    with TemporaryDirectory(prefix="crmlab-verify-") as folder:
        asked = replace(
            options or Options(), reports=Path(folder), force=True, languages=(language,), only=()
        )
        made = run(study, asked).reports
        fresh = next((path for path in made if path.name == f"report.{language}{kind}"), None)
        if fresh is None:
            raise StudyError(f"the study writes no {kind} report in '{language}'", file=study.file)
        return compare(report, fresh)


def compare(report: Path, fresh: Path) -> Verification:
    """Compare two reports of one kind, block by block."""
    if report.read_bytes() == fresh.read_bytes():
        return Verification(report, True, 0, 0, ())
    if report.suffix.lower() == ".pdf":
        raise StudyError(
            f"{report}: differs from the recomputed PDF",
            hint="verify the .html or .docx of the same run to see where",
        )
    read = _html if report.suffix.lower() == ".html" else _word
    printed, recomputed = list(read(report)), list(read(fresh))
    facts = sum(len(block.facts) for block in printed)
    return Verification(report, False, len(printed), facts, tuple(_differences(printed, recomputed)))


def _differences(printed: Sequence[Block], recomputed: Sequence[Block]) -> Iterator[Difference]:
    matcher = SequenceMatcher(None, printed, recomputed, autojunk=False)
    for tag, start, stop, begin, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        left, right = printed[start:stop], recomputed[begin:end]
        for place in range(max(len(left), len(right))):
            old = left[place] if place < len(left) else Block("")
            new = right[place] if place < len(right) else Block("")
            known = dict(new.facts)
            changed = tuple(
                dict.fromkeys(address for address, value in old.facts if known.get(address) != value)
            )
            yield Difference(old.text, new.text, changed)


def _html(path: Path) -> list[Block]:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8", errors="replace"))
    reader.close()
    return reader.blocks


def _word(path: Path) -> list[Block]:
    from crmlab.examiner.document import Grid, read_document

    found: list[Block] = []
    for part in read_document(path, ()):
        cells = [cell for row in part.rows for cell in row] if isinstance(part, Grid) else [part.text]
        found += [Block(" ".join(cell.split())) for cell in cells if cell.strip()]
    return found


class _Reader(HTMLParser):
    """The text of a page, a block a paragraph or cell, with the facts in it."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._text: list[str] = []
        self._facts: list[tuple[str, str]] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        elif tag in BLOCKS:
            self._end()
        elif tag == "data":
            given = dict(attrs)
            self._facts.append((given.get("title") or "", given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        text = " ".join("".join(self._text).split())
        if text or self._facts:
            self.blocks.append(Block(text, tuple(self._facts)))
        self._text, self._facts = [], []
