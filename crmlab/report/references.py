"""Works cited: in the text by author and year, at the end in two lists, Persian ones first, in the manner of APA 7.

Two kinds of works come together: those the author cites by key from the study's BibTeX file, and those our own words
name as the source of a rule ("Fornell & Larcker 1981"), listed from the bundled `sources.bib` if they were really named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from crmlab.errors import StudyError
from crmlab.present.blocks import (
    Block,
    Cite,
    Footnote,
    Heading,
    Paragraph,
    Reference,
    Span,
    Spans,
    Table,
)
from crmlab.present.language import LATIN_DIGITS, Language
from crmlab.report.apa import authors, cited_as, is_persian, listed_as, named_as, own_word, year_of
from crmlab.report.bibtex import Entry, read_bibtex

if TYPE_CHECKING:
    from crmlab.report.model import Chapter, Document
    from crmlab.study import Study

SOURCES = Path(__file__).parent / "sources.bib"
PRIOR = Path(__file__).parent / "prior_studies.bib"
NAMED = re.compile(  # "Fornell & Larcker 1981", "Horn (1965)", "Hair et al. (2019)"
    r"(?P<who>[A-ZÀ-Ž][\w’'-]+(?:, [A-ZÀ-Ž][\w’'-]+)*(?:,? (?:&|and) [A-ZÀ-Ž][\w’'-]+| et al\.)?),? \(?(?P<year>(?:18|19|20)\d\d)\b"
)
COMPOUND = re.compile(r"^[A-ZÀ-Ž][\w’'-]+ (?=[A-ZÀ-Ž])")  # the first of two surnames


@dataclass(frozen=True)
class Bibliography:
    """The works a document may cite.

    Attributes
    ----------
    entries : key -> entry
    suffixes : key -> "a", "b" where authors and year are the same
    same : key -> the key of the same work under which it is listed
    """

    entries: Mapping[str, Entry]
    suffixes: Mapping[str, str]
    same: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Mapping[str, Entry], same: Mapping[str, str] | None = None) -> Bibliography:
        """A bibliography whose twins of author and year are told apart, in the order of their titles."""
        twins: dict[tuple[str, str], list[str]] = {}
        for key, entry in entries.items():
            twins.setdefault((cited_as(entry), year_of(entry)), []).append(key)
        suffixes = {
            key: "abcdefghijklmnopqrstuvwxyz"[k % 26]
            for keys in twins.values()
            if len(keys) > 1
            for k, key in enumerate(sorted(keys, key=lambda key: entries[key].get("title")))
        }
        return cls(entries, suffixes, same or {})

    def only(self, keys: Iterable[str]) -> Bibliography:
        """The works of these keys: what is not cited needs no letter to tell it apart."""
        chosen = {self.same.get(key, key) for key in keys}
        return Bibliography.of({key: self.entries[key] for key in self.entries if key in chosen}, self.same)

    def anchor(self, key: str) -> str:
        """The key of the block that lists a work."""
        return anchor_of(self.same.get(key, key))

    def inside(self, cite: Cite) -> str:
        """ "Fornell & Larcker, 1981, p. 40", without brackets."""
        key = self.same.get(cite.key, cite.key)
        entry = self.entries[key]
        comma = own_word(entry, "comma")
        year = year_of(entry) + self.suffixes.get(key, "")
        shown = f"{cited_as(entry)}{comma}{year if is_persian(entry) else year.translate(LATIN_DIGITS)}"
        return shown + (f"{comma}{cite.aside}" if cite.aside else "")

    def listed(self, key: str) -> Spans:
        """The work as the list of references prints it."""
        return listed_as(self.entries[key], self.suffixes.get(key, ""))


def bibliography(study: Study) -> Bibliography:
    """The study's works and the bundled sources.

    Raises
    ------
    StudyError
        The file is missing or is not BibTeX; a work has no title.
    """
    own: dict[str, Entry] = {}
    if study.spec.report.references:
        path = study.path_of(study.spec.report.references)
        if not path.is_file():
            raise StudyError(f"no such file: {path}", file=study.file, key="report.references")
        try:
            own = read_bibtex(path.read_text(encoding="utf-8"), str(path))
        except UnicodeDecodeError as error:
            raise StudyError(
                f"{path} is not UTF-8 at byte {error.start}", file=study.file, key="report.references"
            ) from None
        for key, entry in own.items():
            if not entry.get("title"):
                raise StudyError(
                    f"{path}: the work '{key}' has no title", file=study.file, key="report.references"
                )
    same = {
        twin: key for key, entry in own.items() for twin, known in shipped().items() if _same(entry, known)
    }
    ours = {key: entry for key, entry in shipped().items() if key not in same and key not in own}
    return Bibliography.of({**ours, **own}, {twin: key for twin, key in same.items() if twin != key})


def _same(a: Entry, b: Entry) -> bool:
    """The same work, whoever typed it: authors, year and the letters of the title agree."""
    if (cited_as(a), year_of(a)) != (cited_as(b), year_of(b)):
        return False
    one, other = (re.sub(r"\W", "", entry.get("title").casefold()) for entry in (a, b))
    return one.startswith(other) or other.startswith(one)


@cache
def bundled() -> dict[str, Entry]:
    """The sources of the product's own rules."""
    return read_bibtex(SOURCES.read_text(encoding="utf-8"), SOURCES.name)


@cache
def shipped() -> dict[str, Entry]:
    """All works that come with crmlab: those of its rules, and the prior studies of its library."""
    return bundled() | read_bibtex(PRIOR.read_text(encoding="utf-8"), PRIOR.name)


def with_references(document: Document, study: Study) -> Document:
    """The document with its list of references before the annexes; unchanged if nothing is cited.

    Raises
    ------
    StudyError
        The text cites a key that no work has.
    """
    works = bibliography(study)
    keys = {cite.key for cite in _cites(document.blocks())}
    known = works.entries.keys() | works.same.keys()
    for key in sorted(keys - known):
        near = get_close_matches(key, known, 1)
        hint = f"did you mean '{near[0]}'?" if near else "add it to the BibTeX file under report.references"
        raise StudyError(
            f"the text cites '{key}', which no work has", file=study.file, key="report.references", hint=hint
        )
    keys |= named_sources(" ".join(replace(document, works=works).words()))
    works = works.only(keys)
    document = replace(document, works=works)
    if not works.entries:
        return document
    chapter = _chapter(document, works)
    at = next((k for k, each in enumerate(document.chapters) if each.kind == "annex"), len(document.chapters))
    return replace(document, chapters=(*document.chapters[:at], chapter, *document.chapters[at:]))


def named_sources(text: str) -> set[str]:
    """The keys of bundled sources that a text names by author and year."""
    known = _by_name()
    return {known[pair] for pair in _named(text) & known.keys()}


def unlisted_sources(text: str) -> set[tuple[str, str]]:
    """(authors, year) of what looks like a source and is not in the bundled list."""
    return _named(text) - _by_name().keys()


def _named(text: str) -> set[tuple[str, str]]:
    flat = text.translate(LATIN_DIGITS).replace("\u00a0", " ").replace("\u200e", "")
    return {(match["who"].replace(" and ", " & "), match["year"]) for match in NAMED.finditer(flat)}


@cache
def _by_name() -> dict[tuple[str, str], str]:
    return {
        (who, entry.get("year")): key
        for key, entry in shipped().items()
        for name in (cited_as(entry), named_as(entry))
        for who in (name, COMPOUND.sub("", name))  # "Serrano Archimi et al." is read as "Archimi et al."
    }


def _cites(blocks: Iterable[Block]) -> list[Cite]:
    spans: list[Span] = []
    for block in blocks:
        if isinstance(block, Paragraph | Heading):
            spans += block.spans
        elif isinstance(block, Table):
            spans += [span for row in (block.header, *block.rows) for cell in row for span in cell]
        notes = getattr(block, "notes", ())
        spans += [span for note in notes for span in note.spans]
    spans += [inner for span in spans if isinstance(span, Footnote) for inner in span.spans]
    return [span for span in spans if isinstance(span, Cite)]


def _chapter(document: Document, works: Bibliography) -> Chapter:
    from crmlab.report.model import Chapter

    language = document.language
    blocks: list[Block] = []
    both = len({is_persian(works.entries[key]) for key in works.entries}) > 1
    for persian in (True, False):
        chosen = sorted(
            (key for key in works.entries if is_persian(works.entries[key]) is persian),
            key=lambda key: _order(works, key),
        )
        if chosen:
            name = "persian" if persian else "latin"
            if both:
                blocks.append(Heading(2, f"references-{name}", (language.word(f"references.{name}"),)))
            blocks += [Reference(f"ref-{_anchor(key)}", works.listed(key), persian) for key in chosen]
    return Chapter("chapter-references", "", "front", language.word("references.title"), tuple(blocks))


def _anchor(key: str) -> str:
    """The key as part of an address: letters and digits stay, the rest is written as numbers."""
    return "".join(char if char.isascii() and char.isalnum() else f"-{ord(char):x}-" for char in key)


def anchor_of(key: str) -> str:
    """The key of the block that lists a work."""
    return f"ref-{_anchor(key)}"


def _order(works: Bibliography, key: str) -> tuple[object, ...]:
    entry = works.entries[key]
    return (*_alphabetical(authors(entry) or entry.get("title")), year_of(entry), entry.get("title"), key)


def _alphabetical(text: str) -> tuple[tuple[int, ...], str]:
    alphabet = Language.load("fa").word("reference.alphabet")
    places = tuple(
        alphabet.find(char) if char in alphabet else 1000 + ord(char.casefold()[0]) for char in text
    )
    return places, text
