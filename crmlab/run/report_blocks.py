"""What a written report says, block by block: paragraphs and cells of HTML and Word, pages of PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from crmlab.run.pdf_blocks import pdf_pages

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
    ]  # what begins a new one
)
UNSEEN = frozenset(("style", "script", "svg", "template"))
MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"))


@dataclass(frozen=True, slots=True)
class Told:
    """One number of an HTML report: where it is saved, its value, and how it is printed."""

    address: str
    value: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a cell or a page: its text, and the facts in it where they are told.

    Attributes
    ----------
    words : of a page, its words in their order; empty else
    """

    text: str
    facts: tuple[Told, ...] = ()
    words: tuple[str, ...] = ()


def blocks_of(path: Path) -> list[Block]:
    """The blocks of a report, by its suffix.

    Raises
    ------
    DataError
        The file is not what its suffix says.
    """
    kind = path.suffix.lower()
    if kind == ".html":
        return html_blocks(path)
    if kind == ".pdf":
        return [Block(f"page {k}", (), words) for k, words in enumerate(pdf_pages(path), 1)]
    return _word_blocks(path)


def html_blocks(path: Path) -> list[Block]:
    """Paragraphs and cells of an HTML report with the facts in them."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8", errors="replace"))
    reader.close()
    return reader.blocks


def _word_blocks(path: Path) -> list[Block]:
    from crmlab.examiner.document import Grid, read_document

    found: list[Block] = []
    for part in read_document(path, ()):
        cells = [cell for row in part.rows for cell in row] if isinstance(part, Grid) else [part.text]
        found += [Block(" ".join(cell.split())) for cell in cells if cell.strip()]
    return found


class Places:
    """The blocks of an HTML report by their text and what stands around them, to find the facts of other formats."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._plain = [plain(block.text) for block in blocks]
        self._at: dict[str, list[int]] = {}
        for k, text in enumerate(self._plain):
            self._at.setdefault(text, []).append(k)

    def facts(self, blocks: Sequence[Block], at: int) -> tuple[Told, ...]:
        """The facts of the block `at` of another format's; none where it cannot be told from its like."""
        places = self._at.get(plain(blocks[at].text), [])
        for step in (-1, 1, -2, 2, -3, 3, -4, 4):
            if len(places) < 2:
                break
            if 0 <= at + step < len(blocks):
                beside = plain(blocks[at + step].text)
                places = [k for k in places if self._near(k, step) == beside] or places
        return self._blocks[places[0]].facts if len(places) == 1 else ()

    def printed(self, shown: str) -> tuple[str, ...]:
        """The addresses of all facts that are printed so."""
        return tuple(
            dict.fromkeys(
                fact.address for block in self._blocks for fact in block.facts if fact.shown == shown
            )
        )

    def _near(self, place: int, step: int) -> str:
        return self._plain[place + step] if 0 <= place + step < len(self._plain) else ""


def plain(text: str) -> str:
    """A text without spaces and direction marks, in which the formats differ."""
    return "".join(text.translate(MARKS).split())


class _Reader(HTMLParser):
    """The text of a page, a block a paragraph or cell, with the facts in it."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._text: list[str] = []
        self._facts: list[Told] = []
        self._open: list[str] | None = None  # what is printed of the fact being read
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        elif tag in BLOCKS:
            self._end()
        elif tag == "data":
            given = dict(attrs)
            self._facts.append(Told(given.get("title") or "", given.get("value") or ""))
            self._open = []

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in BLOCKS:
            self._end()
        elif tag == "data" and self._open is not None and self._facts:
            last = self._facts[-1]
            self._facts[-1] = Told(last.address, last.value, "".join(self._open).translate(MARKS).strip())
            self._open = None

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._text.append(data)
            if self._open is not None:
                self._open.append(data)

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        text = " ".join("".join(self._text).split())
        if text or self._facts:
            self.blocks.append(Block(text, tuple(self._facts)))
        self._text, self._facts, self._open = [], [], None
