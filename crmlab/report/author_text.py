"""The author's own prose: a small, safe part of Markdown, with numbers cited from results and works from the list.

Paragraphs, `#` headings, `-` and `1.` lists, `**emphasis**`, `[@key]`, `[words](https://…)` and `{{fact:address}}` mean
something; everything else is printed as typed, markup of other languages too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from crmlab.errors import StudyError
from crmlab.present.blocks import Block, Cite, Heading, Label, Paragraph, Span, Spans, Strong, Style
from crmlab.present.facts import Source
from crmlab.present.language import LATIN_DIGITS, Language
from crmlab.report.layout import contained
from crmlab.result import NUMBERS
from crmlab.study.author_files import AuthorFile, author_files

if TYPE_CHECKING:
    from crmlab.study import Study

INLINE = re.compile(
    r"\{\{\s*fact:(?P<fact>[^{}\n]+?)\s*\}\}"
    r"|\[(?P<cite>@[^\[\]\n]+)\]"
    r"|\*\*(?P<strong>[^*\n]+)\*\*|(?<![\w*])\*(?P<em>[^*\s][^*\n]*?)\*(?![\w*])"
    r"|\[(?P<words>[^\[\]\n]+)\]\((?P<link>https?://[^\s()]+|mailto:[^\s()]+)\)"
)
CITED = re.compile(r"@(?P<key>[\w:.#$%&+?<>~/-]*\w)(?:\s*,\s*(?P<aside>[^;]+))?")
ITEM = re.compile(r"^(?:[-*•]|(?P<number>[0-9\u06f0-\u06f9]{1,3})[.)])\s+")
NUMBER = re.compile(r"[0-9\u06f0-\u06f9\u0660-\u0669]+(?:[.,/\u066b\u066c][0-9\u06f0-\u06f9\u0660-\u0669]+)*")
STYLES: Mapping[str, tuple[Style, int]] = {
    "percent": ("percent", 1), "integer": ("integer", 0), "p": ("p", 3), "number": ("number", 2),
}  # fmt: skip


@dataclass(frozen=True)
class Author:
    """All texts of one language, parsed.

    Attributes
    ----------
    blocks : section -> its blocks
    """

    blocks: Mapping[str, tuple[Block, ...]]

    def of(self, section: str) -> list[Block]:
        """What the author says there; nothing without a file."""
        return list(self.blocks.get(section, ()))


def author(study: Study, sources: Mapping[str, Source], language: Language) -> Author:
    """Read the author's texts in one language.

    Raises
    ------
    StudyError
        A file of an unknown section, or a fact that no saved result has: file, line, and the nearest name.
    """
    files = [file for file in author_files(study) if file.language == language.code]
    return Author({file.section: tuple(parse(file, sources, language)) for file in files})


def parse(file: AuthorFile, sources: Mapping[str, Source], language: Language) -> list[Block]:
    """One file as blocks."""
    found: list[Block] = []
    waiting: list[tuple[int, str]] = []

    def close() -> None:
        if waiting:
            text = " ".join(line.strip() for _, line in waiting)
            found.append(_paragraph(text, file, waiting[0][0], sources, language))
            waiting.clear()

    for number, line in enumerate(file.read().split("\n"), 1):
        heading = re.match(r"^#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            close()
            spans = _spans(heading[1], file, number, sources, language)
            found.append(Heading(3, f"text-{file.section}-{len(found)}", spans))
        elif not line.strip():
            close()
        else:
            if ITEM.match(line.lstrip()):
                close()
            waiting.append((number, line))
    close()
    return found


def _paragraph(
    text: str, file: AuthorFile, line: int, sources: Mapping[str, Source], language: Language
) -> Paragraph:
    item = ITEM.match(text)
    if item is None:
        return Paragraph(_spans(text, file, line, sources, language), "body", author=True)
    mark = f"{item['number']}. " if item["number"] else "• "
    inside = _spans(text[item.end() :], file, line, sources, language)
    return Paragraph((language.digits(mark), *inside), "item", author=True)


def _spans(
    text: str, file: AuthorFile, line: int, sources: Mapping[str, Source], language: Language
) -> Spans:
    spans: list[Span] = []
    place = 0
    for match in INLINE.finditer(text):
        if match.start() > place:
            spans.append(contained(text[place : match.start()]))
        place = match.end()
        if match["fact"]:
            spans.append(_fact(match["fact"], file, line, sources, language))
        elif match["cite"]:
            spans += _cited(match["cite"], match[0])
        elif match["link"]:
            spans += [contained(match["words"]), " (", Label(match["link"]), ")"]
        else:
            spans.append(Strong(contained(match["strong"] or match["em"])))
    if place < len(text):
        spans.append(contained(text[place:]))
    return tuple(spans)


def _cited(text: str, typed: str) -> list[Span]:
    found = [CITED.fullmatch(part.strip()) for part in text.split(";")]
    if not all(found):
        return [typed]
    return [Cite(one["key"], (one["aside"] or "").strip()) for one in found if one]


def _fact(asked: str, file: AuthorFile, line: int, sources: Mapping[str, Source], language: Language) -> Span:
    """The fact of an address such as `05_structure_mediation/paths/path:RQ~CRM/estimate|3`."""
    address, _, how = (part.strip() for part in asked.partition("|"))
    style, digits = _style(how, file, line)
    step, _, rest = address.partition("/")
    name, _, rest = rest.partition("/")
    source = sources.get(f"{step}/{name}")
    if source is None:
        if any(known.startswith(f"{step}/") for known in sources):
            raise _unknown(
                address,
                [one.partition("/")[2] for one in sources if one.startswith(f"{step}/")],
                name,
                file,
                line,
            )
        return language.word("text.no_fact", address=address)
    term, _, column = rest.rpartition("/")
    if term == "glance" and column in source.result.glance:
        return source.glance(column, style, digits)
    if column not in NUMBERS:
        term, column = rest, "estimate"
    if term not in source:
        raise _unknown(address, [str(one) for one in source.result.tidy["term"]], term, file, line)
    fact = source.fact(term, column, style, digits)
    return fact if not math.isnan(fact.value) else language.word("text.no_fact", address=address)


def _style(how: str, file: AuthorFile, line: int) -> tuple[Style, int]:
    if how.translate(LATIN_DIGITS).isdecimal() and int(how) <= 6:
        return "number", int(how)
    if how and how not in STYLES:
        raise StudyError(
            f"line {line}: a fact cannot be printed as '{how}'", file=file.path,
            hint=f"a number of decimals, or {', '.join(STYLES)}",
        )  # fmt: skip
    return STYLES[how or "number"]


def _unknown(address: str, known: list[str], asked: str, file: AuthorFile, line: int) -> StudyError:
    close = get_close_matches(asked, known, 1, 0.5)
    hint = (
        f"did you mean '{close[0]}'?" if close else "the addresses stand in the report (HTML: hover a number)"
    )
    return StudyError(f"line {line}: no saved result has the fact '{address}'", file=file.path, hint=hint)


def typed_numbers(file: AuthorFile) -> list[str]:
    """Numbers that the author typed instead of citing a fact, in reading order; marks of lists do not count."""
    found: list[str] = []
    for line in file.read().split("\n"):
        bare = INLINE.sub(
            lambda match: " " if match["fact"] or match["cite"] or match["link"] else match[0], line
        )
        found += NUMBER.findall(ITEM.sub("", bare.lstrip()))
    return found
