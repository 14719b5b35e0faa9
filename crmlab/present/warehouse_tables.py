"""02 as tables: the load log of the warehouse, and who is known from where."""

from __future__ import annotations

from crmlab.present.blocks import EMPTY, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes

LOADED = ("read", "refused", "kept", "superseded", "stored")
KNOWN = ("customers", "matched", "unmatched", "orphans", "orphan_rows", "nameless_rows")


def blocks(source: Source, language: Language) -> list[Table] | None:
    """The table of a result of the warehouse; None for any other result."""
    if source.result.model == "model.loads":
        return [loads(source, language)]
    return [coverage(source, language)] if source.result.model == "model.coverage" else None


def loads(source: Source, language: Language) -> Table:
    """02 loads: rows read, refused, kept, superseded and stored of each file."""
    rows = tuple(
        (_load(language, subject), *(source.cell(f"{kind}:{subject}", style="integer") for kind in LOADED))
        for subject in source.subjects("read")
    )
    notes = (Paragraph((language.word("warehouse.note.loads"),), "note"), *failed_notes(source, language))
    return Table(
        "loads",
        (language.word("caption.loads"),),
        _head(language, "load", *LOADED),
        rows,
        "sccccc",
        (2.4, *[1.0] * 5),
        notes,
    )


def coverage(source: Source, language: Language) -> Table:
    """02 coverage: people of each table, those with transactions, and those nobody knows."""
    rows = tuple(
        (
            (language.word(f"warehouse.{subject}"),),
            *(source.cell(f"{kind}:{subject}", style="integer") for kind in KNOWN),
            source.cell(f"share:{subject}", style="percent", digits=1)
            if f"share:{subject}" in source
            else (EMPTY,),
        )
        for subject in source.subjects("customers")
    )
    notes = (Paragraph((language.word("warehouse.note.coverage"),), "note"), *failed_notes(source, language))
    header = _head(language, "table", *KNOWN, "share")
    return Table(
        "coverage", (language.word("caption.coverage"),), header, rows, "sccccccc", (1.8, *[1.0] * 7), notes
    )


def _head(language: Language, *keys: str) -> tuple[Spans, ...]:
    return tuple((language.word(f"warehouse.head.{key}"),) for key in keys)


def _load(language: Language, subject: str) -> Spans:
    table, _, source = subject.partition(".")
    word: Spans = (language.word(f"warehouse.{table}"),)
    return word if source in (table, "ledger", "survey") else (*word, ": ", Label(source))
