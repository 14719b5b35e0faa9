"""Answers -> codes: numbers in any script, the scale's words in either language, A1, labels of SPSS."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from crmlab.data.persian import is_blank, key, normalise, number, number_repairs, repairs
from crmlab.data.table import Cell, RawTable
from crmlab.study.instrument import LANGUAGES, Scale
from crmlab.study.spec import Survey

ANSWER, MISSING, UNKNOWN, OUTSIDE, ENDLESS = range(5)
_PREFIXED = {"auto": re.compile(r"[Aa][Oo]?(\d{1,3})"), "prefixed": re.compile(r"[A-Za-z]{1,3}(\d{1,3})")}
_NUMBERED = re.compile(r"(?P<code>-?\d{1,3})\s*[-–—=:.)(،]?\s*(?P<word>\D.*)")
_COUNTED = re.compile(r"(?P<word>.*\D)\s*[(\[=:–—-]\s*(?P<code>\d{1,3})\s*[)\]]?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one cell says: its state, its code if it is an answer, and how it had to be repaired."""

    state: int
    code: float = math.nan
    repaired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One item's column, decoded.

    Attributes
    ----------
    item : its code
    place : of its column
    values : shape (rows,), NaN where there is no valid answer
    states : shape (rows,), ANSWER, MISSING, UNKNOWN, OUTSIDE or ENDLESS
    repaired : kind of repair -> cells, over all rows; "any" counts each cell once
    marks_in_scale : declared missing marks that are also answers of the scale -> cells
    """

    item: str
    place: int
    values: np.ndarray
    states: np.ndarray
    repaired: dict[str, int]
    marks_in_scale: dict[str, int]


@dataclass(frozen=True, slots=True)
class Codebook:
    """How the cells of one item are to be read.

    Attributes
    ----------
    words : folded wording -> (code, wording as it should be)
    numbers : True if a bare number is an answer
    missing_numbers, missing_words : the declared marks for "no answer"
    recoded : number in the file -> code, where the study's synonyms say so
    native : value of an SPSS column -> what its label says
    """

    scale: Scale
    mode: str
    words: dict[str, tuple[int, str]]
    numbers: bool
    missing_numbers: frozenset[float]
    missing_words: frozenset[str]
    recoded: dict[float, int]
    user_missing: tuple[tuple[float, float] | str, ...] = ()
    native: dict[float | str, Verdict] = field(default_factory=dict)

    def read(self, cell: Cell) -> Verdict:
        """The verdict on one cell."""
        if cell is None:
            return Verdict(MISSING)
        if cell in self.native:
            return self.native[cell]
        if self._user_missing(cell):
            return Verdict(MISSING)
        if isinstance(cell, float):
            return self._number(cell)
        if not isinstance(cell, str):
            return Verdict(UNKNOWN)
        return self._text(cell)

    def _text(self, cell: str) -> Verdict:
        if is_blank(cell):
            return Verdict(MISSING)
        value = number(cell)
        if value is not None and (self.numbers or value in self.missing_numbers or value in self.recoded):
            found = self._number(value)
            if found.state in (ANSWER, MISSING):
                return Verdict(found.state, found.code, number_repairs(cell))
        folded = key(cell)
        if (folded or normalise(cell)) in self.missing_words:
            return Verdict(MISSING)
        if folded in self.words:
            code, meant = self.words[folded]
            return Verdict(ANSWER, code, repairs(cell, meant))
        if value is not None:
            return self._number(value) if self.numbers else Verdict(UNKNOWN)
        return self._marked(normalise(cell))

    def _number(self, value: float) -> Verdict:
        if not math.isfinite(value):
            return Verdict(ENDLESS)
        if value in self.missing_numbers:
            return Verdict(MISSING)
        if value in self.recoded:
            return Verdict(ANSWER, self.recoded[value])
        inside = self.scale.low <= value <= self.scale.high
        if self.scale.kind == "codes":
            inside = value in self.scale.values
        return Verdict(ANSWER, value) if inside else Verdict(OUTSIDE)

    def _marked(self, text: str) -> Verdict:
        """`A4`; `4 - Agree` or `Agree (4)`, where number and word must say the same."""
        pattern = _PREFIXED.get(self.mode)
        if pattern and (hit := pattern.fullmatch(text)):
            return self._number(float(hit[1]))
        for both in (_NUMBERED, _COUNTED):
            if hit := both.fullmatch(text):
                word = self.words.get(key(hit["word"]))
                if word and word[0] == int(hit["code"]):
                    return Verdict(ANSWER, word[0])
        return Verdict(UNKNOWN)

    def _user_missing(self, cell: Cell) -> bool:
        for mark in self.user_missing:
            if isinstance(mark, str) or isinstance(cell, str):
                if cell == mark:
                    return True
            elif isinstance(cell, float) and mark[0] <= cell <= mark[1]:
                return True
        return False


def codebook(item: str, scale_name: str, scale: Scale, survey: Survey) -> Codebook:
    """The codebook that the study file and the instrument give for one item."""
    synonyms = survey.synonyms.get(scale_name, {})
    recoded = {value: code for word, code in synonyms.items() if (value := number(word)) is not None}
    words = _words(scale) | {
        key(word) or normalise(word): (code, word) for word, code in synonyms.items() if number(word) is None
    }
    marks = survey.missing_in.get(item, survey.missing)
    values = {mark: number(mark) for mark in marks}
    spoken = any(number(word) is not None for found in scale.labels.values() for word in found.values())
    numbers = survey.answers in ("auto", "codes") or scale.kind == "number" or not scale.labels or spoken
    return Codebook(
        scale,
        survey.answers,
        words if survey.answers != "codes" else {},
        numbers,
        frozenset(value for value in values.values() if value is not None),
        frozenset(key(mark) or normalise(mark) for mark, value in values.items() if value is None),
        recoded,
    )


def _words(scale: Scale) -> dict[str, tuple[int, str]]:
    """Folded label -> code; a wording that two codes share stands for neither."""
    found: dict[str, tuple[int, str]] = {}
    shared = set()
    for code, label in scale.labels.items():
        for language in LANGUAGES:
            folded = key(label[language]) or normalise(label[language])
            if found.setdefault(folded, (code, label[language]))[0] != code:
                shared.add(folded)
    if scale.values == (0, 1):
        found |= {
            word: (code, word.title()) for word, code in (("true", 1), ("false", 0)) if word not in found
        }
    return {folded: word for folded, word in found.items() if folded and folded not in shared}


def decode(table: RawTable, place: int, item: str, book: Codebook) -> Decoded:
    """Read one column; every different cell is judged once."""
    cells = table.columns[place]
    counts = Counter(cells)
    verdicts = {cell: book.read(cell) for cell in counts}
    repaired: Counter[str] = Counter()
    clash: dict[str, int] = {}
    for cell, verdict in verdicts.items():
        if verdict.repaired:
            repaired.update(dict.fromkeys(("any", *verdict.repaired), counts[cell]))
        if verdict.state == MISSING and cell is not None and (mark := _in_scale(cell, book)):
            clash[mark] = clash.get(mark, 0) + counts[cell]
    codes = {cell: verdict.code for cell, verdict in verdicts.items()}
    states = {cell: verdict.state for cell, verdict in verdicts.items()}
    return Decoded(
        item,
        place,
        np.fromiter((codes[cell] for cell in cells), dtype=float, count=len(cells)),
        np.fromiter((states[cell] for cell in cells), dtype=np.int8, count=len(cells)),
        dict(sorted(repaired.items())),
        clash,
    )


def _in_scale(cell: Cell, book: Codebook) -> str:
    """The number of a declared missing mark if the scale has an answer of that number."""
    value = cell if isinstance(cell, float) else number(cell) if isinstance(cell, str) else None
    if value is None or value not in book.missing_numbers or book.user_missing:
        return ""
    inside = (
        value in book.scale.values
        if book.scale.kind == "codes"
        else book.scale.low <= value <= book.scale.high
    )
    return f"{value:g}" if inside else ""
