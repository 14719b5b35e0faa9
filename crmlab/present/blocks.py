"""What a page is made of: frozen values that know no file format and hold numbers only as facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from crmlab.present.formula import Node

EMPTY = "–"  # stands where there is no number

Style: TypeAlias = Literal["number", "integer", "percent", "p", "p_relation"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of one saved result.

    Attributes
    ----------
    address : step/name/term/column; study/... for a number that the study file sets; counted/... for a count of
        saved numbers; checked/... for the value a check was judged by
    value : the number, not rounded
    style : how it is printed; "percent" takes a share in [0, 1] and prints no sign
    digits : decimals; below zero the number is rounded to tens, hundreds, ...
    strong : printed with emphasis
    """

    address: str
    value: float
    style: Style = "number"
    digits: int = 2
    strong: bool = False

    @property
    def saved(self) -> bool:
        """True if the address names one cell of one saved result."""
        return not self.address.startswith(("study/", "counted/", "checked/"))


@dataclass(frozen=True, slots=True)
class Hidden:
    """A count withheld because it shows too few people: "< limit", or plainly hidden when limit is 0."""

    limit: int = 0


@dataclass(frozen=True, slots=True)
class Label:
    """Words of the study, not ours: printed as typed, in their own direction."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Our own words with emphasis."""

    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The number of a table, figure or heading elsewhere in the document."""

    key: str


@dataclass(frozen=True, slots=True)
class Cite:
    """A work cited by its key in the study's bibliography; `aside` stands before it inside the bracket."""

    key: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Footnote:
    """Words at the foot of the page; the mark stands where the span does."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Slanted:
    """The title of a work in a list of references."""

    text: str


Span: TypeAlias = "str | Label | Strong | Slanted | Fact | Hidden | Ref | Cite | Footnote"
Spans: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. `role` says what for: body, item (of a list), note (under a table), notice, failed (bad news),
    statement, gap (what is still to be written). `author` marks text of the author's, of which only one language may be
    there."""

    spans: Spans
    role: Literal["body", "item", "note", "notice", "failed", "statement", "gap"] = "body"
    author: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title; level 1 is a chapter."""

    level: int
    key: str
    spans: Spans


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption.

    Attributes
    ----------
    key : unique in the document
    caption : spans above the table
    header : one cell a column
    rows : cells; a row of one cell is a heading across all columns
    align : one letter a column: "s" start, "c" centre, "e" end
    widths : relative column widths; empty lets the writer choose by content
    notes : paragraphs below
    """

    key: str
    caption: Spans
    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]
    align: str = ""
    widths: tuple[float, ...] = ()
    notes: tuple[Paragraph, ...] = ()

    def __post_init__(self) -> None:
        columns = len(self.header)
        if not self.align:
            object.__setattr__(self, "align", "s" + "c" * (columns - 1))
        wrong = [row for row in self.rows if len(row) not in (1, columns)]
        if wrong or len(self.align) != columns or len(self.widths) not in (0, columns):
            raise ValueError(f"table {self.key}: rows, align and widths must fit {columns} columns")

    @property
    def shares(self) -> tuple[float, ...]:
        """Relative width of each column; equal ones where none are set, the first one wider."""
        return self.widths or (2.0, *[1.0] * (len(self.header) - 1))


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption.

    Attributes
    ----------
    key : unique in the document
    caption : spans below the figure
    alt : what it shows, for those who cannot see it
    draw : makes the matplotlib figure; called once, inside the theme
    facts : the numbers it shows
    width : share of the text width
    notes : paragraphs below the caption
    """

    key: str
    caption: Spans
    alt: str
    draw: Callable[[], Any]
    facts: tuple[Fact, ...] = ()
    width: float = 1.0
    notes: tuple[Paragraph, ...] = ()


@dataclass(frozen=True, slots=True)
class Equation:
    """A numbered formula.

    Attributes
    ----------
    key : unique in the document
    formula : what stands there, in no format yet
    alt : the formula in words, for those who cannot see it
    """

    key: str
    formula: Node
    alt: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One work in the list of references; it keeps its own direction of reading.

    Attributes
    ----------
    key : unique in the document
    spans : the entry
    rtl : read from right to left
    """

    key: str
    spans: Spans
    rtl: bool


Block: TypeAlias = Paragraph | Heading | Table | Figure | Equation | Reference


def facts_of(block: Block) -> list[Fact]:
    """Every fact a block shows, in reading order."""
    if isinstance(block, Equation | Reference):
        return []
    spans: list[Span] = []
    if isinstance(block, Paragraph | Heading):
        spans.extend(block.spans)
    else:
        spans.extend(block.caption)
        if isinstance(block, Table):
            for row in block.rows:
                for cell in row:
                    spans.extend(cell)
        for note in block.notes:
            spans.extend(note.spans)
    found = [each for span in spans for each in _within(span) if isinstance(each, Fact)]
    return found + (list(block.facts) if isinstance(block, Figure) else [])


def _within(span: Span) -> Spans:
    return span.spans if isinstance(span, Footnote) else (span,)
