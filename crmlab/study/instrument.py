"""The questionnaire: items, answer scales and their words in both languages."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

CATALOGUE = Path(__file__).parent / "catalogue"
LANGUAGES = ("en", "fa")


@dataclass(frozen=True, slots=True)
class Scale:
    """The answers an item allows.

    Attributes
    ----------
    name : its key
    kind : "codes" (whole numbers with or without labels), "number" (anything from low to high) or "text"
    low, high : the smallest and the largest value; 0 for text
    labels : value -> language -> word; may name only the ends
    """

    name: str
    kind: Literal["codes", "number", "text"]
    low: float
    high: float
    labels: dict[int, dict[str, str]]

    @property
    def values(self) -> tuple[int, ...]:
        """The codes allowed, smallest first; those of a category scale need not be consecutive."""
        if self.kind != "codes":
            return ()
        if self.ordered:
            return tuple(range(int(self.low), int(self.high) + 1))
        return tuple(sorted(self.labels))

    @property
    def ordered(self) -> bool:
        """True for a rating scale, whose mean has a meaning; False for categories."""
        return self.kind == "number" or (self.kind == "codes" and not self.name.startswith(("cat_", "yesno")))

    @property
    def points(self) -> int:
        """How many answers the scale offers."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Attributes
    ----------
    code : its key and usual column name
    construct, dimension : where the instrument places it ("CRM", "Customer focus"; "DEMO", "gender")
    text : language -> wording; `{org}` stands for the organisation
    reverse : True if agreement means less of the construct
    scale : key of its scale
    """

    code: str
    construct: str
    dimension: str
    text: dict[str, str]
    reverse: bool
    scale: str

    def worded(self, language: str, organisation: str) -> str:
        """The question as a respondent reads it; an English sentence keeps its capital."""
        text = self.text[language].replace("{org}", organisation)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Instrument:
    """Items and scales by key."""

    items: dict[str, Item]
    scales: dict[str, Scale]

    def scale_of(self, code: str) -> Scale:
        """The answer scale of one item."""
        return self.scales[self.items[code].scale]

    def with_agreement(self, scale: str) -> Instrument:
        """The same items asked on another agreement scale, "agree5" or "agree7"."""
        moved = {
            code: replace(item, scale=scale) if item.scale.startswith("agree") else item
            for code, item in self.items.items()
        }
        return replace(self, items=moved)


@cache
def bundled() -> Instrument:
    """The instrument that ships with crmlab: 52 items on CRM, RQ and CLV, checks, globals and profile."""
    scales = _read_scales()
    items = {}
    for row in read_catalogue("questionnaire"):
        items[row["code"]] = Item(
            code=row["code"],
            construct=row["construct"],
            dimension=row["dimension"],
            text={language: row[f"item_{language}"] for language in LANGUAGES},
            reverse=row["reverse"] == "1",
            scale=row["scale"],
        )
    return Instrument(items, scales)


def read_catalogue(name: str) -> list[dict[str, str]]:
    """The rows of one bundled data file."""
    with open(CATALOGUE / f"{name}.csv", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _read_scales() -> dict[str, Scale]:
    labels: dict[str, dict[int, dict[str, str]]] = {}
    for row in read_catalogue("scales"):
        words = {language: row[f"label_{language}"] for language in LANGUAGES}
        labels.setdefault(row["scale"], {})[int(row["value"])] = words
    scales = {name: Scale(name, "codes", min(words), max(words), words) for name, words in labels.items()}
    scales["num_0_100"] = Scale("num_0_100", "number", 0, 100, {})
    scales["text"] = Scale("text", "text", 0, 0, {})
    return scales
