"""The words of a PDF that Typst wrote, page by page: enough to see what differs between two of them.

Only what such a file holds is read: a plain cross-reference table, deflated streams, two-byte fonts with their letters.
In Persian the pieces of a word may stand apart; numbers stay whole.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from crmlab.errors import DataError

TOKEN = re.compile(
    rb"/ActualText\s*(?P<actual><[0-9A-Fa-f\s]*>|\((?:[^\\()]|\\.)*\))|(?P<text>\((?:[^\\()]|\\.|\((?:[^\\()]|\\.)*\))*\)|<(?!<)[0-9A-Fa-f\s]*>)"
    rb"|/(?P<font>\w+)\s+[\d.]+\s+Tf|(?P<turned>/ReversedChars\s+BMC)|(?P<opened>\bB[DM]C\b)|(?P<closed>\bEMC\b)|(?P<ended>\bET\b)|\b(?P<kept>[qQ])\b",
    re.S,
)
ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.S)
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
UNSEEN = dict.fromkeys(
    map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069")
)
CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.S)
PAIR = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")


def pdf_pages(path: Path) -> list[tuple[str, ...]]:
    """The words of each page, numbers of pages left out: one sentence more would move them all.

    Raises
    ------
    DataError
        It is no PDF, is cut short, or was saved by another program.
    """
    data = path.read_bytes()
    if not data.startswith(b"%PDF-"):
        raise DataError("is not a PDF", file=path)
    try:
        file = _File(data)
        pages = [tuple(_without_numbers(list(file.words(page)))) for page in file.pages()]
    except (ValueError, KeyError, IndexError, TypeError, zlib.error, UnicodeDecodeError):
        pages = []
    if not any(pages):
        raise DataError(
            "cannot be read: cut short, or saved by another program than the one that writes the reports",
            file=path,
            hint="verify the .html or .docx of the same run",
        )
    return pages


def _without_numbers(words: list[str]) -> Iterator[str]:
    """The words without the dots of a table of contents, the page after them, and the page's own number at its end."""
    last = len(words) - 1
    for k, word in enumerate(words):
        dotted = set(word) == {"."}
        if not dotted and not (word.isdecimal() and (k == last or set(words[k - 1]) == {"."})):
            yield word


class _File:
    """The objects of a file by number."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        told = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", data[-100:])
        start = int(told[1]) if told else -1
        if data[start : start + 4] != b"xref":
            raise ValueError("no plain cross-reference table")
        rows = data[start:].split(b"\n")[2:]
        self._places = [int(row[:10]) for row in rows if row[10:11] == b" "]
        self._letters: dict[int, dict[int, str]] = {}

    def _object(self, number: int) -> bytes:
        """Its dictionary."""
        start = self._places[number]
        end = self._data.find(b"endobj", start)
        stream = self._data.find(b"stream\n", start, end)
        return self._data[start : stream if stream > 0 else end]

    def _stream(self, number: int) -> bytes:
        head = self._object(number)
        start = self._places[number] + len(head) + len(b"stream\n")
        length = int(_asked(rb"/Length (\d+)", head))
        raw = self._data[start : start + length]
        return zlib.decompress(raw) if b"FlateDecode" in head else raw

    def pages(self) -> list[bytes]:
        """The dictionaries of the pages in their order."""
        found = [self._object(number) for number in range(1, len(self._places))]
        return [each for each in found if re.search(rb"/Type ?/Page\b", each)]

    def words(self, page: bytes) -> Iterator[str]:
        """The words of one page."""
        resources = self._object(int(_asked(rb"/Resources (\d+) 0 R", page)))
        named = re.search(rb"/Font ?<<(.*?)>>", resources, re.S)
        fonts = {
            name: int(number) for name, number in re.findall(rb"/(\w+) (\d+) 0 R", named[1] if named else b"")
        }
        content = self._stream(int(_asked(rb"/Contents (\d+) 0 R", page)))
        letters: dict[int, str] = {}
        kept: list[dict[int, str]] = []
        piece: list[str] = []
        marks: list[str] = []  # what is marked around the place: "turned", "told" by its actual text, or ""
        told = ""
        for token in TOKEN.finditer(content):
            if token["font"]:
                letters = self._font(fonts[token["font"]])
            elif token["kept"] == b"q":
                kept.append(letters)
            elif token["kept"]:
                letters = kept.pop() if kept else letters
            elif token["actual"]:
                raw = _bytes(token["actual"])
                told = raw.decode("utf-16" if raw.startswith(b"\xfe\xff") else "latin-1")
            elif token["turned"]:
                marks.append("turned")
            elif token["opened"]:
                marks.append("told" if told else "")
                piece.append(told)
                told = ""
            elif token["closed"]:
                marks = marks[:-1]
            elif token["ended"]:
                yield from "".join(piece).translate(UNSEEN).split()
                piece = []
            elif letters and "told" not in marks:
                raw = _bytes(token["text"])
                shown = [letters.get(256 * raw[k] + raw[k + 1], "") for k in range(0, len(raw) - 1, 2)]
                piece += reversed(shown) if "turned" in marks else shown

    def _font(self, number: int) -> dict[int, str]:
        """Code of a glyph -> its letters."""
        if number not in self._letters:
            told = self._stream(int(_asked(rb"/ToUnicode (\d+) 0 R", self._object(number))))
            pairs = (pair for part in CHARACTERS.findall(told) for pair in PAIR.findall(part))
            self._letters[number] = {
                int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs
            }
        return self._letters[number]


def _asked(pattern: bytes, text: bytes) -> bytes:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"no {pattern!r}")
    return found[1]


def _bytes(token: bytes) -> bytes:
    """The bytes of a string."""
    if token.startswith(b"<"):
        return bytes.fromhex(token[1:-1].decode())

    def plain(match: re.Match[bytes]) -> bytes:
        told = match[1]
        if told[:1] in b"01234567":
            return bytes([int(told, 8) & 255])
        return b"" if told.endswith(b"\n") else LETTERS.get(told, told)

    return ESCAPE.sub(plain, token[1:-1])
