"""What an examination says: where, which rule, what is printed, what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Number = tuple[float, int]  # a value and the decimals it is told with


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands.

    Attributes
    ----------
    kind : "table" or "paragraph"
    number : 1 for the first of its kind in the document
    title : the table's caption, or the beginning of the paragraph
    row : label of the row, if it is in one
    """

    kind: Literal["table", "paragraph"]
    number: int
    title: str = ""
    row: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold, or wants a word of explanation.

    Attributes
    ----------
    rule : name of the rule, also the key of its sentence
    kind : "disagreement" (the numbers cannot all be right) or "note" (they can, but somebody will ask)
    place : where
    printed : the number as it is printed
    fields : what the sentence names besides: texts as printed, or (value, decimals) recomputed
    """

    rule: str
    kind: Literal["disagreement", "note"]
    place: Place
    printed: str
    fields: Mapping[str, str | Number] = field(default_factory=dict)


def judged(
    ok: bool,
    rule: str,
    place: Place,
    printed: str,
    kind: Literal["disagreement", "note"] = "disagreement",
    **fields: str | Number,
) -> Finding | None:
    """None if it agrees, else the finding."""
    return None if ok else Finding(rule, kind, place, printed, fields)
