"""A thesis as it can be read by a program: its paragraphs and its tables as grids of text, in their order."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmlab.errors import DataError

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
NEAR = 2  # how many paragraphs away a caption may stand
MOST = 50_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `number` is 1 for the first one."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of equal length, a merged cell repeated in each place it covers; `number` is 1 for the first."""

    number: int
    caption: str
    rows: tuple[tuple[str, ...], ...]


Part = Paragraph | Grid


def read_document(path: str | Path, captions: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts of a Word document or of a CSV file.

    Parameters
    ----------
    path : a `.docx`, or a `.csv`/`.tsv`/`.txt` holding one table or several with empty lines between them
    captions : words a caption of a table begins with

    Raises
    ------
    DataError
        The file is missing, empty, not what its name says, or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise DataError(what, file=path, hint="name a .docx or .csv file")
    if path.stat().st_size > MOST:
        raise DataError("is larger than 50 MB", file=path, hint="leave its pictures out")
    kind = path.suffix.lower()
    if kind == ".docx":
        parts = tuple(_word(path, captions))
    elif kind in (".csv", ".tsv", ".txt"):
        parts = tuple(_csv(path))
    else:
        raise DataError(f"cannot read '{kind or path.name}'", file=path, hint="save it as .docx or .csv")
    if not parts:
        raise DataError("holds neither text nor tables", file=path, hint="is it the right file?")
    return parts


# -- Word ---------------------------------------------------------------------------------------------


def _word(path: Path, captions: tuple[str, ...]) -> Iterator[Part]:
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError

    try:
        body = Document(str(path)).element.body
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError):
        raise DataError(
            "is not a Word document", file=path, hint="open it in Word and save as .docx"
        ) from None
    paragraphs, tables = 0, 0
    parts: list[Part] = []
    for element in _blocks(body):
        if element.tag == f"{W}p":
            if text := _text(element).strip():
                paragraphs += 1
                parts.append(Paragraph(paragraphs, text))
        else:
            for table in (element, *_inside(element)):
                tables += 1
                parts.append(Grid(tables, "", _grid(table)))
    for place, part in enumerate(parts):
        yield (
            Grid(part.number, _caption(parts, place, captions), part.rows) if isinstance(part, Grid) else part
        )


def _blocks(element: Any) -> Iterator[Any]:
    """Paragraphs and tables in reading order, also those inside content controls and text boxes."""
    for child in element:
        if child.tag in (f"{W}p", f"{W}tbl"):
            yield child
            if child.tag == f"{W}p":
                for box in child.iter(f"{W}txbxContent"):
                    yield from _blocks(box)
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml"):
            yield from _blocks(child)


def _inside(table: Any) -> list[Any]:
    """Tables inside the cells of a table, which often is there for the layout alone."""
    return [inner for inner in table.iter(f"{W}tbl") if inner is not table]


def _text(element: Any) -> str:
    """The visible text; that of a text box belongs to the box."""
    found = []
    for node in element.iter():
        if node.tag in (f"{W}t", f"{M}t"):
            if not _unseen(node, element):
                found.append(node.text or "")
        elif node.tag in (f"{W}tab", f"{W}br", f"{W}cr"):
            found.append(" ")
        elif node.tag == f"{W}noBreakHyphen":
            found.append("-")
    return "".join(found)


def _unseen(node: Any, element: Any) -> bool:
    """Whether a text is hidden, or belongs to a text box inside the paragraph."""
    for up in node.iterancestors():
        if up is element:
            return False
        if up.tag == f"{W}txbxContent" or (up.tag == f"{W}r" and up.find(f"{W}rPr/{W}vanish") is not None):
            return True
    return False


def _grid(table: Any) -> tuple[tuple[str, ...], ...]:
    rows: list[list[str]] = []
    for line in table.iter(f"{W}tr"):
        if next(line.iterancestors(f"{W}tbl")) is not table:
            continue  # of a table inside a cell
        row: list[str] = []
        for cell in line.iter(f"{W}tc"):
            if next(cell.iterancestors(f"{W}tr")) is not line:
                continue
            own = [p for p in cell.iter(f"{W}p") if next(p.iterancestors(f"{W}tbl")) is table]
            text = " ".join(part for part in (_text(p).strip() for p in own) if part)
            properties = cell.find(f"{W}tcPr")
            span, merged = 1, False
            if properties is not None:
                wide, tall = properties.find(f"{W}gridSpan"), properties.find(f"{W}vMerge")
                span = int(wide.get(f"{W}val", "1")) if wide is not None else 1
                merged = tall is not None and tall.get(f"{W}val") != "restart"
            if merged and rows and len(rows[-1]) > len(row):
                text = rows[-1][len(row)]
            row += [text] * max(1, min(span, 200))
        rows.append(row)
    width = max((len(row) for row in rows), default=0)
    return tuple(tuple(row + [""] * (width - len(row))) for row in rows)


def _caption(parts: list[Part], place: int, words: tuple[str, ...]) -> str:
    """The nearest paragraph that begins like a caption, before the table rather than after it."""
    for step in (-1, 1):
        for distance in range(1, NEAR + 1):
            other = place + step * distance
            if not 0 <= other < len(parts):
                break
            part = parts[other]
            if isinstance(part, Grid):
                break
            if part.text.strip().lower().startswith(words):
                return part.text
    return ""


# -- CSV ----------------------------------------------------------------------------------------------


def _csv(path: Path) -> Iterator[Part]:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1256"):
        try:
            text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise DataError("is neither UTF-8 nor Windows-1256", file=path, hint="save it as UTF-8")
    if "\0" in text:
        raise DataError("holds NUL bytes and is no text", file=path)
    mark = max(("\t", ";", ","), key=lambda sign: sum(sign in line for line in text.splitlines()))
    try:
        lines = [
            tuple(cell.strip() for cell in row)
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        ]
    except csv.Error as error:
        raise DataError(f"is not a CSV file: {error}", file=path) from None
    for number, block in enumerate(_blocks_of(lines), start=1):
        caption = ""
        if len(block) > 1 and sum(bool(cell) for cell in block[0]) == 1:
            caption, block = next(cell for cell in block[0] if cell), block[1:]
        width = max(map(len, block))
        yield Grid(number, caption, tuple(row + ("",) * (width - len(row)) for row in block))


def _blocks_of(lines: list[tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    block: list[tuple[str, ...]] = []
    for line in [*lines, ()]:
        if any(line):
            block.append(line)
        elif block:
            yield block
            block = []
