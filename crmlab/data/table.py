"""A file as it was found: every cell, every header row, and the row number a person sees."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crmlab.data.persian import is_blank, key

Cell = Any  # str, float, datetime.datetime, datetime.date, datetime.time, datetime.timedelta or None
SHOWN = 70  # characters of a header in a message


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """One table of a file, nothing interpreted.

    Attributes
    ----------
    file : its name in messages
    headers : one tuple of texts a header row, all equally long
    columns : one tuple of cells a column: text as it stands, or the native number or date of the format; None
        where the format has an empty cell
    rows : the row, line or case number of each record as a person sees it in the file
    sha256 : of the file's bytes
    facts : what was found about the format: "format", "encoding", "sheet"
    value_labels : of an SPSS file: column place -> value -> label
    user_missing : of an SPSS file: column place -> the ranges (or words) that stand for "no answer"
    """

    file: str
    headers: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[Cell, ...], ...]
    rows: tuple[int, ...]
    sha256: str
    facts: dict[str, str]
    value_labels: dict[int, dict[float | str, str]] = field(default_factory=dict)
    user_missing: dict[int, tuple[tuple[float, float] | str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<RawTable {self.file}: {len(self)} rows, {len(self.columns)} columns>"

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.columns)

    def titles(self, place: int) -> tuple[str, ...]:
        """All header texts of one column that are not blank, top row first."""
        return tuple(row[place] for row in self.headers if not is_blank(row[place]))

    def title(self, place: int) -> str:
        """One header of a column for a message: short, on one line."""
        titles = self.titles(place)
        return short(titles[0]) if titles else f"(column {place + 1}, without a header)"

    def find(self, header: str) -> list[int]:
        """Places of the columns with this header: spelled exactly so, or else spelled alike."""
        exact = [place for place in range(self.width) if any(title == header for title in self.titles(place))]
        if exact:
            return exact
        folded = key(header)
        return [place for place in range(self.width) if folded and folded in map(key, self.titles(place))]

    def nearest(self, *wanted: str) -> list[str]:
        """Up to three headers that look most like one of the wanted texts."""
        folded = {key(title): title for place in range(self.width) for title in self.titles(place)}
        scores: dict[str, float] = {}
        for text in map(key, wanted):
            for near in difflib.get_close_matches(text, list(folded), 3, 0.6):
                ratio = difflib.SequenceMatcher(None, text, near).ratio()
                scores[near] = max(ratio, scores.get(near, 0.0))
        best = sorted(scores, key=lambda near: (-scores[near], near))[:3]
        return [short(folded[near]) for near in best]

    def seen(self, places: Iterable[int]) -> list[int]:
        """Row numbers of the records at these places."""
        return [self.rows[place] for place in places]


def short(text: str) -> str:
    """A text of any length and content on one line of a message."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"
