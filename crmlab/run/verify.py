"""`crmlab verify`: compute a study again, and say where a report differs from what comes out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

from crmlab.errors import DataError, StudyError
from crmlab.run.report_blocks import Block, Places, blocks_of, html_blocks
from crmlab.run.runner import Options, run
from crmlab.study import Study

FORMATS = (".html", ".docx", ".pdf")
LANGUAGE = re.compile(r"\.(fa|en)\.(?:html|docx|pdf)$")
NUMBER = re.compile(r"[\d\u06f0-\u06f9]+(?:[.,/\u066b\u066c][\d\u06f0-\u06f9]+)*")
DECIMAL = re.compile(r"[\d\u06f0-\u06f9,\u066c]+[./\u066b][\d\u06f0-\u06f9]+")
FEW = 0.2  # of the blocks in common: below it the report is taken for another study's
LISTED, SHORT = 200, 5  # differences that are printed one by one; of another study's report
CANDIDATES = 4  # facts a number of a PDF may be, to be named


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the report and the recomputed one differ.

    Attributes
    ----------
    printed : text in the report; "" if it is not there
    recomputed : text that comes out; "" if nothing does
    facts : addresses of the facts whose values differ there; of a page the few that are printed as what comes out
    place : where it stands, "page 43"; empty where the text says enough
    """

    printed: str
    recomputed: str
    facts: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it.

    Attributes
    ----------
    report : the file
    identical : whether it is the recomputed one byte by byte
    blocks, facts : paragraphs and cells (of a PDF: pages) compared, and facts told among them (by HTML only)
    differences : in the order of the report; empty if nothing that can be read differs
    common : the share of the blocks that are found in the recomputed report
    """

    report: Path
    identical: bool
    blocks: int
    facts: int
    differences: tuple[Difference, ...]
    common: float = 1.0

    def __str__(self) -> str:
        if self.identical:
            return f"{self.report}: identical to the recomputed report, byte by byte"
        unit = "pages" if self.report.suffix.lower() == ".pdf" else "paragraphs and cells"
        counted = f"{self.blocks} {unit}" + (f" with {self.facts} facts" if self.facts else "")
        if not self.differences:
            return f"{self.report}: {counted} compared, none differs (the files differ in form only)"
        lines = [f"{self.report}: {counted} compared, {len(self.differences)} differ"]
        listed = LISTED
        if self.common < FEW:
            lines[0] += (
                f"; only {self.common:.0%} are found there: it is of another study, of other data, or not of crmlab"
            )
            listed = SHORT
        for one in self.differences[:listed]:
            at = f"{one.place}: " if one.place else ""
            lines += [
                f"- {at}printed:    {one.printed or '(nothing)'}",
                f"  {at}recomputed: {one.recomputed or '(nothing)'}",
            ]
            name = "may be:     " if one.place else "fact:       "  # of a page only the print is known
            lines += [f"  {name}{address}" for address in one.facts]
        more = len(self.differences) - listed
        return "\n".join([*lines, f"... and {more} more"] if more > 0 else lines)


def verify(
    report: str | Path, study: Study, options: Options | None = None, language: str = ""
) -> Verification:
    """Run a study anew, apart from its saved results, and compare a report with the one that comes out.

    Parameters
    ----------
    report : a report of the study, or its brief (`report.brief.fa.html`), as `.html`, `.docx` or `.pdf`
    study : computed again from its raw files
    options : jobs and progress of the run
    language : of the report; read from its name (`report.fa.html`) if not told

    Raises
    ------
    DataError
        The report is missing, not of a kind that is written here, or cannot be read.
    StudyError
        Its language is not told, or the study writes no such report.
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
    if language not in study.languages:
        raise StudyError(f"the study writes no report in '{language}'", file=study.file)
    blocks_of(report)  # what cannot be read is said before the study is computed
    brief = ".brief" if ".brief." in report.name.lower() else ""
    with TemporaryDirectory(prefix="crmlab-verify-") as folder:
        asked = replace(
            options or Options(), reports=Path(folder), force=True, languages=(language,), only=()
        )
        made = run(study, asked).reports
        name = f"report{brief}.{language}"
        fresh = next((path for path in made if path.name == f"{name}{kind}"), None)
        if fresh is None:
            raise StudyError(f"the study writes no {name}{kind}", file=study.file)
        return compare(report, fresh)


def compare(report: Path, fresh: Path) -> Verification:
    """Compare two reports of one kind, block by block; an HTML beside `fresh` tells the facts of other kinds."""
    if report.read_bytes() == fresh.read_bytes():
        return Verification(report, True, 0, 0, ())
    printed, recomputed = blocks_of(report), blocks_of(fresh)
    facts = sum(len(block.facts) for block in printed)
    page = fresh.with_suffix(".html")
    places = Places(html_blocks(page)) if page.is_file() else Places(())
    found = tuple(_differences(printed, recomputed, places))
    known = Counter(block.words or block.text for block in recomputed)
    same = sum((Counter(block.words or block.text for block in printed) & known).values())
    common = same / len(printed) if printed else 0.0
    if fresh.suffix.lower() == ".pdf":  # one number moves every page after it: words in common say more
        common = _alike(printed, recomputed)
    return Verification(report, False, len(printed), facts, found, common)


def _alike(printed: Sequence[Block], recomputed: Sequence[Block]) -> float:
    left, right = (
        Counter(word for block in blocks for word in block.words) for blocks in (printed, recomputed)
    )
    return (left & right).total() / max(left.total(), 1)


def _differences(
    printed: Sequence[Block], recomputed: Sequence[Block], places: Places
) -> Iterator[Difference]:
    if any(block.words for block in (*printed, *recomputed)):
        yield from _words_apart(printed, recomputed, places)
        return
    matcher = SequenceMatcher(None, printed, recomputed, autojunk=False)
    for tag, start, stop, begin, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        left, right = printed[start:stop], recomputed[begin:end]
        for place in range(max(len(left), len(right))):
            old = left[place] if place < len(left) else Block("")
            new = right[place] if place < len(right) else Block("")
            facts = _changed(old, new, recomputed, begin + place, places)
            yield Difference(old.text, new.text, facts)


def _changed(old: Block, new: Block, recomputed: Sequence[Block], at: int, places: Places) -> tuple[str, ...]:
    """The facts whose values differ: those HTML tells; of Word those whose printed number is not in the old text."""
    if old.facts or new.facts:
        known = {fact.address: fact.value for fact in new.facts}
        return tuple(
            dict.fromkeys(each.address for each in old.facts if known.get(each.address) != each.value)
        )
    if not old.text or not new.text:
        return ()
    left = Counter(NUMBER.findall(old.text))
    gone = []
    for fact in places.facts(recomputed, at):
        numbers = NUMBER.findall(fact.shown)
        if any(not left[number] for number in numbers):
            gone.append(fact.address)
        left.subtract(number for number in numbers if left[number])
    return tuple(dict.fromkeys(gone))


def _words_apart(left: Sequence[Block], right: Sequence[Block], places: Places) -> Iterator[Difference]:
    """What words pages do not share; a number is named with the facts that are printed so, if they are few."""
    old = [(block.text, word) for block in left for word in block.words]
    new = [word for block in right for word in block.words]
    for start, stop, begin, end in _apart([word for _, word in old], new):
        gone, come = " ".join(word for _, word in old[start:stop]), " ".join(new[begin:end])
        if gone == come:
            continue
        place = old[min(start, len(old) - 1)][0] if old else ""
        numbers = (word.strip("()[]،,;:؛") for word in new[begin:end])
        found = [places.printed(number) for number in numbers if DECIMAL.fullmatch(number)]
        facts = tuple(dict.fromkeys(one for each in found if len(each) <= CANDIDATES for one in each))
        yield Difference(gone, come, facts, place)


def _apart(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where two long texts differ: held together by what stands once in both, compared word by word in between."""
    at, to = 0, 0
    for start, begin in [*_anchors(old, new), (len(old), len(new))]:
        if old[at:start] != new[to:begin]:
            matcher = SequenceMatcher(None, old[at:start], new[to:begin], autojunk=False)
            for tag, left, right, low, high in matcher.get_opcodes():
                if tag != "equal":
                    yield at + left, at + right, to + low, to + high
        at, to = start, begin


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of runs of three words that stand once in both texts, in an order both share (the longest such)."""
    first, second = _once(old), _once(new)
    pairs = [(place, second[key]) for key, place in first.items() if key in second]
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for k, (_, place) in enumerate(pairs):
        rank = bisect_left(tails, place)
        tails[rank : rank + 1] = [place]
        ends[rank : rank + 1] = [k]
        before.append(ends[rank - 1] if rank else -1)
    chain, k = [], ends[-1] if ends else -1
    while k >= 0:
        chain.append(pairs[k])
        k = before[k]
    return chain[::-1]


def _once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    keys = list(zip(words, words[1:], words[2:], strict=False))
    count = Counter(keys)
    return {key: place for place, key in enumerate(keys) if count[key] == 1}
