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
    Slanted,
    Span,
    Spans,
    Table,
)
from crmlab.present.language import LATIN_DIGITS, Language
from crmlab.report.bibtex import Entry, names, read_bibtex

if TYPE_CHECKING:
    from crmlab.report.model import Chapter, Document
    from crmlab.study import Study

SOURCES = Path(__file__).parent / "sources.bib"
PERSIAN = re.compile("[\u0621-\u06ff]")
INITIAL = re.compile(r"[^\W\d_]", re.UNICODE)
WHOLE = frozenset(
    ("book", "phdthesis", "mastersthesis", "thesis", "techreport", "report", "manual", "misc", "online")
)
THESES = {"phdthesis": "dissertation", "mastersthesis": "thesis"}
NAMED = re.compile(  # "Fornell & Larcker 1981", "Horn (1965)", "Hair et al. (2019)"
    r"(?P<who>[A-ZÀ-Ž][\w’'-]+(?:, [A-ZÀ-Ž][\w’'-]+)*(?:,? (?:&|and) [A-ZÀ-Ž][\w’'-]+| et al\.)?),? \(?(?P<year>(?:18|19|20)\d\d)\b"
)


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
            twins.setdefault((_who(entry), year_of(entry)), []).append(key)
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
        comma = _word(entry, "comma")
        year = year_of(entry) + self.suffixes.get(key, "")
        shown = f"{_who(entry)}{comma}{year if is_persian(entry) else year.translate(LATIN_DIGITS)}"
        return shown + (f"{comma}{cite.aside}" if cite.aside else "")

    def listed(self, key: str) -> Spans:
        """The work as the list of references prints it."""
        return _listed(self.entries[key], self.suffixes.get(key, ""))


def is_persian(entry: Entry) -> bool:
    """A Persian work: it says so, or its title is written in Persian letters."""
    said = entry.get("language", "langid").lower()
    return said in ("persian", "farsi", "fa") or bool(PERSIAN.search(said or entry.get("title")))


def _word(entry: Entry, key: str, **values: str) -> str:
    """Our own word in the language of a work, which need not be that of the document."""
    return Language.load("fa" if is_persian(entry) else "en").word(f"reference.{key}", **values)


def year_of(entry: Entry) -> str:
    """The year as printed; what has none is "n.d."."""
    return entry.get("year") or entry.get("date")[:4] or _word(entry, "undated")


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
        twin: key for key, entry in own.items() for twin, known in bundled().items() if _same(entry, known)
    }
    ours = {key: entry for key, entry in bundled().items() if key not in same and key not in own}
    return Bibliography.of({**ours, **own}, {twin: key for twin, key in same.items() if twin != key})


def _same(a: Entry, b: Entry) -> bool:
    """The same work, whoever typed it: authors, year and the letters of the title agree."""
    if (_who(a), year_of(a)) != (_who(b), year_of(b)):
        return False
    one, other = (re.sub(r"\W", "", entry.get("title").casefold()) for entry in (a, b))
    return one.startswith(other) or other.startswith(one)


@cache
def bundled() -> dict[str, Entry]:
    """The sources of the product's own rules."""
    return read_bibtex(SOURCES.read_text(encoding="utf-8"), SOURCES.name)


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
        for key, entry in bundled().items()
        for who in (_who(entry), _short(entry))
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
    return (*_alphabetical(_people(entry) or entry.get("title")), year_of(entry), entry.get("title"), key)


def _alphabetical(text: str) -> tuple[tuple[int, ...], str]:
    alphabet = Language.load("fa").word("reference.alphabet")
    places = tuple(
        alphabet.find(char) if char in alphabet else 1000 + ord(char.casefold()[0]) for char in text
    )
    return places, text


def _who(entry: Entry) -> str:
    """Who wrote it, as the text names them: one, two, or the first and others."""
    people = [family for family, _ in names(entry.get("author", "editor"))]
    if not people:
        return entry.get("organization", "institution", "publisher", "title")
    if len(people) == 2:
        return _word(entry, "both", first=people[0], second=people[1])
    return people[0] if len(people) == 1 else _word(entry, "others", first=people[0])


def _short(entry: Entry) -> str:
    """How our own words name a source: up to three names in full, or as the entry says."""
    said = entry.get("named")
    people = [family for family, _ in names(entry.get("author", "editor"))]
    if said or len(people) < 3:
        return said or _who(entry)
    return f"{', '.join(people[:-1])} & {people[-1]}"


def _people(entry: Entry) -> str:
    """The authors of a listed work: "Fornell, C., & Larcker, D. F."."""
    persian = is_persian(entry)
    given = (lambda name: name) if persian else _initials
    shown = [
        f"{family}{_word(entry, 'comma')}{given(first)}" if first else family
        for family, first in names(entry.get("author", "editor"))
    ]
    between, last = _word(entry, "between"), _word(entry, "last")
    if len(shown) > 20:  # APA 7: the first nineteen, then the last
        return between.join(shown[:19]) + f"{between}… {shown[-1]}"
    return between.join(shown[:-1]) + (last if len(shown) > 1 else "") + shown[-1] if shown else ""


def _initials(given: str) -> str:
    words = []
    for word in given.replace(".", ". ").split():
        parts = [part[:1].upper() + "." for part in word.split("-") if INITIAL.match(part)]
        words.append("-".join(parts))
    return " ".join(word for word in words if word)


def _listed(entry: Entry, suffix: str) -> Spans:
    people, title = _people(entry), entry.get("title")
    if people and not entry.get("author"):
        people += _word(entry, "editors" if " and " in entry.get("editor") else "editor")
    year = f"({year_of(entry)}{suffix})."
    before = (
        f"{people}{'' if people.endswith(('.', ')')) or is_persian(entry) else '.'} {year} " if people else ""
    )
    after = "" if people else f"{year} "
    if entry.kind in WHOLE:
        edition = _word(entry, "edition", number=_ordinal(entry)) if entry.get("edition") else ""
        stop = " " if entry.kind in THESES else ". "
        spans: list[Span] = [before, Slanted(title), f"{edition}{stop}{after}", _house(entry)]
    else:
        spans = [before, f"{title}. {after}", *_place(entry)]
    link = _link(entry)
    return (*(span for span in spans if span), *([f" {link}"] if link else []))


def _ordinal(entry: Entry) -> str:
    edition = entry.get("edition")
    if is_persian(entry) or not edition.isdigit():
        return edition
    return {"1": "1st", "2": "2nd", "3": "3rd"}.get(edition, f"{edition}th")


def _house(entry: Entry) -> str:
    if entry.kind in THESES:
        school = entry.get("school", "institution")
        kind = _word(entry, THESES[entry.kind])
        return f"[{kind}{_word(entry, 'comma')}{school}]." if school else f"[{kind}]."
    house = entry.get("publisher", "institution", "organization", "howpublished")
    return f"{house}." if house else ""


def _place(entry: Entry) -> list[Span]:
    """Where an article or a chapter stands: journal, volume, number, pages."""
    comma = _word(entry, "comma")
    pages = re.sub(r"\s*[-–—]+\s*", "–", entry.get("pages"))
    if entry.get("booktitle"):
        house = entry.get("publisher")
        shown = f" {_word(entry, 'pages', pages=pages)}" if pages else ""
        return [
            _word(entry, "in"),
            Slanted(entry.get("booktitle")),
            f"{shown}.",
            f" {house}." if house else "",
        ]
    volume, number = entry.get("volume"), entry.get("number")
    journal = Slanted(entry.get("journal", "journaltitle") + (f"{comma}{volume}" if volume else ""))
    rest = (f"({number})" if number else "") + (f"{comma}{pages}" if pages else "")
    return [journal, f"{rest}."]


def _link(entry: Entry) -> str:
    doi = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", entry.get("doi"))
    url = entry.get("url")
    return f"https://doi.org/{doi}" if doi else url if url.startswith(("http://", "https://")) else ""
