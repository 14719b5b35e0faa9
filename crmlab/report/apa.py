"""How a work is named in the text and printed in a list of references, in the manner of APA 7."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crmlab.present.blocks import (
    Slanted,
    Span,
    Spans,
)
from crmlab.present.language import Language
from crmlab.report.bibtex import Entry, names

if TYPE_CHECKING:
    pass


PERSIAN = re.compile("[\u0621-\u06ff]")


INITIAL = re.compile(r"[^\W\d_]", re.UNICODE)


WHOLE = frozenset(
    ("book", "phdthesis", "mastersthesis", "thesis", "techreport", "report", "manual", "misc", "online")
)


THESES = {"phdthesis": "dissertation", "mastersthesis": "thesis"}


def is_persian(entry: Entry) -> bool:
    """A Persian work: it says so, or its title is written in Persian letters."""
    said = entry.get("language", "langid").lower()
    return said in ("persian", "farsi", "fa") or bool(PERSIAN.search(said or entry.get("title")))


def own_word(entry: Entry, key: str, **values: str) -> str:
    """Our own word in the language of a work, which need not be that of the document."""
    return Language.load("fa" if is_persian(entry) else "en").word(f"reference.{key}", **values)


def year_of(entry: Entry) -> str:
    """The year as printed; what has none is "n.d."."""
    return entry.get("year") or entry.get("date")[:4] or own_word(entry, "undated")


def cited_as(entry: Entry) -> str:
    """Who wrote it, as the text names them: one, two, or the first and others."""
    people = [family for family, _ in names(entry.get("author", "editor"))]
    if not people:
        return entry.get("organization", "institution", "publisher", "title")
    if len(people) == 2:
        return own_word(entry, "both", first=people[0], second=people[1])
    return people[0] if len(people) == 1 else own_word(entry, "others", first=people[0])


def named_as(entry: Entry) -> str:
    """How our own words name a source: up to three names in full, or as the entry says."""
    said = entry.get("named")
    people = [family for family, _ in names(entry.get("author", "editor"))]
    if said or len(people) < 3:
        return said or cited_as(entry)
    return f"{', '.join(people[:-1])} & {people[-1]}"


def editors(entry: Entry) -> str:
    """The editors of the book a chapter stands in: "K. A. Bollen & J. S. Long (Eds.)"."""
    people = names(entry.get("editor"))
    if not people or not entry.get("author"):
        return ""
    given = (lambda name: name) if is_persian(entry) else _initials
    shown = [f"{given(first)} {family}" if first else family for family, first in people]
    between = own_word(entry, "between")
    last = own_word(entry, "last").lstrip(",") if len(shown) == 2 else own_word(entry, "last")
    joined = between.join(shown[:-1]) + (last if len(shown) > 1 else "") + shown[-1]
    return joined + own_word(entry, "editors" if len(shown) > 1 else "editor") + own_word(entry, "comma")


def authors(entry: Entry) -> str:
    """The authors of a listed work: "Fornell, C., & Larcker, D. F."."""
    persian = is_persian(entry)
    given = (lambda name: name) if persian else _initials
    shown = [
        f"{family}{own_word(entry, 'comma')}{given(first)}" if first else family
        for family, first in names(entry.get("author", "editor"))
    ]
    between, last = own_word(entry, "between"), own_word(entry, "last")
    if len(shown) > 20:  # APA 7: the first nineteen, then the last
        return between.join(shown[:19]) + f"{between}… {shown[-1]}"
    return between.join(shown[:-1]) + (last if len(shown) > 1 else "") + shown[-1] if shown else ""


def _initials(given: str) -> str:
    words = []
    for word in given.replace(".-", "-").replace(".", ". ").split():
        parts = [part[:1].upper() + "." for part in word.split("-") if INITIAL.match(part)]
        words.append("-".join(parts))
    return " ".join(word for word in words if word)


def listed_as(entry: Entry, suffix: str) -> Spans:
    """The work as a list of references prints it; `suffix` tells works of one year apart."""
    people, title = authors(entry), entry.get("title")
    if people and not entry.get("author"):
        people += own_word(entry, "editors" if " and " in entry.get("editor") else "editor")
    year = f"({year_of(entry)}{suffix})."
    before = (
        f"{people}{'' if people.endswith(('.', ')')) or is_persian(entry) else '.'} {year} " if people else ""
    )
    after = "" if people else f"{year} "
    if entry.kind in WHOLE:
        edition = own_word(entry, "edition", number=_ordinal(entry)) if entry.get("edition") else ""
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
        kind = own_word(entry, THESES[entry.kind])
        return f"[{kind}{own_word(entry, 'comma')}{school}]." if school else f"[{kind}]."
    house = entry.get("publisher", "institution", "organization", "howpublished")
    return f"{house}." if house else ""


def _place(entry: Entry) -> list[Span]:
    """Where an article or a chapter stands: journal, volume, number, pages."""
    comma = own_word(entry, "comma")
    pages = re.sub(r"\s*[-–—]+\s*", "–", entry.get("pages"))
    if entry.get("booktitle"):
        house = entry.get("publisher")
        shown = f" {own_word(entry, 'pages', pages=pages)}" if pages else ""
        return [
            own_word(entry, "in") + editors(entry),
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
