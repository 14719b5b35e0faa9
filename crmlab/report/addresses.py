"""Where each printed number is saved: the table of addresses that ends a report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from crmlab.present.blocks import Block, Fact, Figure, Heading, Label, Paragraph, Ref, Spans, Table, facts_of
from crmlab.present.facts import fill
from crmlab.report.model import Document

ADDRESSES = "addresses"  # key of the table
EXAMPLE = "04_measurement/reliability/omega:TRU/estimate"
ANNEX = "annex-record"  # the chapter it stands in


def with_addresses(document: Document) -> Document:
    """The document with its table of addresses at the end of the annex on the run, if it prints any saved number."""
    used: dict[str, dict[str, None]] = {}
    quantities: dict[str, dict[str, None]] = {}
    for place, fact in _placed(document):
        result = result_of(fact)
        used.setdefault(result, {})[place] = None
        quantities.setdefault(result, {})[_quantity(fact)] = None
    if not used or all(chapter.key != ANNEX for chapter in document.chapters):
        return document
    blocks = _section(document, used, quantities)
    chapters = tuple(
        replace(chapter, blocks=(*chapter.blocks, *blocks)) if chapter.key == ANNEX else chapter
        for chapter in document.chapters
    )
    return replace(document, chapters=chapters)


def addressed(document: Document) -> dict[str, str]:
    """Result -> the anchor of its row in the table of addresses."""
    table = next((table for table in document.tables if table.key == ADDRESSES), None)
    if table is None:
        return {}
    return {
        name: "address-" + re.sub(r"\W", "-", name) for name in (document.text(row[0]) for row in table.rows)
    }


def result_of(fact: Fact) -> str:
    """The saved result a fact comes from, "04_measurement/reliability"."""
    return "/".join(fact.address.split("/")[:2])


def _quantity(fact: Fact) -> str:
    term = "/".join(fact.address.split("/")[2:-1])
    return fact.address.rpartition("/")[2] if term == "glance" else term.partition(":")[0]


def _placed(document: Document) -> Iterator[tuple[str, Fact]]:
    """Each saved number with the table, figure or section it stands in."""
    for chapter in document.chapters:
        section = chapter.key
        for block in chapter.blocks:
            if isinstance(block, Heading):
                section = block.key if document.numbers.get(block.key) else section
            yield from ((_place(block, section), fact) for fact in facts_of(block) if fact.saved)


def _place(block: Block, section: str) -> str:
    return block.key if isinstance(block, Table | Figure) else section


def _section(
    document: Document, used: dict[str, dict[str, None]], quantities: dict[str, dict[str, None]]
) -> list[Block]:
    language = document.language
    between = language.word("cited.semicolon")
    rows = tuple(
        (
            (Label(result),),
            (Label(", ".join(sorted(quantities[result]))),),
            _joined((Ref(place) for place in places), between),
        )
        for result, places in sorted(used.items())
    )
    header: tuple[Spans, ...] = tuple(
        (language.word(f"addresses.{key}"),) for key in ("result", "quantities", "places")
    )
    table = Table(ADDRESSES, (language.word("caption.addresses"),), header, rows, "sss", (2.4, 3.0, 2.6))
    return [
        Heading(2, "section-addresses", (language.word("section.addresses"),)),
        Paragraph(fill(language.word("addresses.intro"), example=Label(EXAMPLE), ref=Ref(ADDRESSES))),
        table,
    ]


def _joined(refs: Iterable[Ref], between: str) -> Spans:
    spans: list[str | Ref] = []
    for ref in refs:
        spans += [between, ref] if spans else [ref]
    return tuple(spans)
