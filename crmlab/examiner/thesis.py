"""A document as the rules see it: its tables read, its sentences, and the sample sizes it names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from crmlab.data.persian import normalise
from crmlab.examiner.document import Grid, Paragraph, Part
from crmlab.examiner.finding import Finding, Place
from crmlab.examiner.printed import Interval, Printed, in_text
from crmlab.examiner.reading import read_table
from crmlab.examiner.sentences import apa, parts_of_sobel, told
from crmlab.examiner.tables import Row, Table
from crmlab.examiner.vocabulary import fold, is_a, mentions

Outcome = Finding | None  # None: it was recomputed and agrees
_ENDS = re.compile(r"(?<=[.؟!?؛])\s+|\n")
_N = re.compile(r"\b[nN]\s*=\s*([\d,]+)")
TITLE = 70  # letters of a paragraph that stand for it


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, its digits in one script, and the number of its paragraph and part of the document."""

    text: str
    part: int
    place: Place


@dataclass(frozen=True)
class Thesis:
    """What was read of a document.

    Attributes
    ----------
    tables : in reading order, also those that were not understood
    places : number of a table -> its part of the document
    sentences : in reading order
    """

    tables: tuple[Table, ...]
    places: dict[int, int]
    sentences: tuple[Sentence, ...]
    beside: dict[str, list[Interval]] = field(
        default_factory=dict
    )  # kept between sentences: quantity -> numbers near its name

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Thesis:
        """Read every part."""
        tables = tuple(read_table(part) for part in parts if isinstance(part, Grid))
        places = {part.number: place for place, part in enumerate(parts) if isinstance(part, Grid)}
        sentences = tuple(
            Sentence(text, place, Place("paragraph", part.number, _title(part.text)))
            for place, part in enumerate(parts)
            if isinstance(part, Paragraph)
            for text in _ENDS.split(normalise(part.text))
            if text.strip()
        )
        return cls(tables, places, sentences)

    def printed_rows(self, *quantities: str) -> Iterator[tuple[Table, Row]]:
        """Rows of tables that hold all of the quantities."""
        return _holding(self.tables, quantities)

    def rows(self, *quantities: str) -> Iterator[tuple[Table, Row]]:
        """The same, and sentences that give all of them."""
        return _holding((*self.tables, *self.statements), quantities)

    @cached_property
    def statements(self) -> tuple[Table, ...]:
        """Sentences as tables: a row for each statistic in APA's form, and one for what is named once besides."""
        found = []
        for sentence in self.sentences:
            rows = [Row("", "", cells) for cells in apa(sentence.text)]
            named = list(told(sentence.text))
            counted = Counter(name for name, _ in named)
            if not rows and (cells := {name: number for name, number in named if counted[name] == 1}):
                rows = [Row("", "", {**parts_of_sobel(sentence.text), **cells})]
            if rows:
                found.append(Table(Grid(0, sentence.text, ()), tuple(rows), where=sentence.place))
        return tuple(found)

    @cached_property
    def sizes(self) -> frozenset[int]:
        """Sample sizes that the document names: totals of frequency tables, `n = 384`, persons in a sentence on the sample."""
        found: set[int] = set()
        for table, row in self.rows("count"):
            if "percent" in table.quantities and is_a(row.label, "totals") and row.cells["count"].whole:
                found.add(int(row.cells["count"].value))
        for table in self.tables:
            found |= {
                int(sum(row.cells["count"].value for row in rows))
                for rows in blocks(table)
                if all(row.cells["count"].whole for row in rows)
            }
        found |= {int(row.cells["size"].value) for _, row in self.rows("size") if row.cells["size"].whole}
        for sentence in self.sentences:
            found |= {int(hit[1].replace(",", "")) for hit in _N.finditer(sentence.text)}
            if mentions(sentence.text, "sampled"):
                found |= {
                    int(number.value)
                    for _, number in in_text(sentence.text)
                    if number.whole and not number.percent
                }
        return frozenset(size for size in found if 20 <= size <= 100_000)


def _holding(tables: Iterable[Table], quantities: Sequence[str]) -> Iterator[tuple[Table, Row]]:
    for table in tables:
        for row in table.rows:
            if all(name in row.cells for name in quantities):
                yield table, row


def blocks(table: Table) -> list[list[Row]]:
    """The frequency rows of a table, one list a variable, its totals left out."""
    found: dict[str, list[Row]] = {}
    if not {"count", "percent"} <= table.quantities:
        return []
    for row in table.rows:
        if "count" in row.cells and not is_a(row.label, "totals"):
            found.setdefault(row.group, []).append(row)
    return [rows for rows in found.values() if len(rows) > 1]


def construct(row: Row) -> str:
    """The construct a row belongs to: its group, or the letters its item's code begins with."""
    if row.group:
        return fold(row.group)
    hit = re.match(r"([A-Za-z]+)[_ .-]?\d+$", row.label.strip())
    return fold(hit[1]) if hit else fold(row.label)


def shown(number: Printed) -> str:
    """A number as it is printed, without what is around it."""
    return number.text


def _title(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= TITLE else plain[:TITLE].rsplit(" ", 1)[0] + " …"
