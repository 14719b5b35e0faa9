"""Everything that differs between an English and a Persian page: words, digits, signs, dates, direction."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from crmlab.present.blocks import EMPTY, Cite, Fact, Footnote, Hidden, Label, Ref, Slanted, Span, Strong

LOADER = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # the one in C is eight times as fast, and not everywhere
LOCALE = Path(__file__).parent / "locale"
LRM = "\u200e"  # holds a sign on the left of its number inside right-to-left text
MINUS = "\u2212"
LATIN_FIRST = re.compile("^[^\u0600-\u06ff]*[A-Za-z].*[\u0600-\u06ff]", re.DOTALL)
NBSP = "\u00a0"  # keeps a sign and its number on one line
PERSIAN_DIGITS = str.maketrans("0123456789", "".join(chr(0x6F0 + digit) for digit in range(10)))
LATIN_DIGITS = {0x6F0 + digit: str(digit) for digit in range(10)}
MARKS = {"en": (".", ","), "fa": ("\u066b", "\u066c")}  # decimal, thousands


@dataclass(frozen=True)
class Language:
    """A reader's language.

    Attributes
    ----------
    code : "en" or "fa"
    words : key -> printed word or template
    names : subject of a term ("FOC", "GEN.2") -> the study's printed name for it
    decimal : the decimal mark; "/" is a habit of Persian theses and can be set
    latin_digits : print Latin digits in Persian text
    """

    code: Literal["en", "fa"]
    words: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    decimal: str = "."
    latin_digits: bool = False

    @classmethod
    def load(cls, code: str, *, decimal: str | None = None) -> Language:
        """The bundled catalogue of one language."""
        if code not in MARKS:
            raise KeyError(f"no language '{code}'; there are {', '.join(MARKS)}")
        which: Literal["en", "fa"] = "fa" if code == "fa" else "en"
        return cls(which, _catalogue(code), decimal=decimal or MARKS[code][0])

    @property
    def direction(self) -> str:
        """Reading direction, "rtl" or "ltr"."""
        return "rtl" if self.code == "fa" else "ltr"

    @property
    def rtl(self) -> bool:
        """True when read from right to left."""
        return self.code == "fa"

    def named(self, names: Mapping[str, str]) -> Language:
        """The same language, knowing the study's own names too."""
        return replace(self, names={**self.names, **names})

    # -- words ---------------------------------------------------------------------------------

    def word(self, key: str, **values: str) -> str:
        """The printed word for a key. An unknown key is a bug and says so."""
        if key not in self.words:
            raise KeyError(f"no {self.code} word for '{key}' (add it to locale/{self.code}/)")
        return self.words[key].format(**values) if values else self.words[key]

    def knows(self, key: str) -> bool:
        """Is there a word for the key?"""
        return key in self.words

    def name(self, subject: str) -> str:
        """The study's name of a subject; a subject without one is printed as it is."""
        return self.names.get(subject, self.own(subject))

    def own(self, text: str) -> str:
        """Words of the data in this reader's language, where the study file translates them; else as typed."""
        return self.names.get(f"word:{text}", text)

    def pair(self, subject: str) -> str:
        """The names of `A~B`."""
        return f" {self.word('and')} ".join(self.quoted(self.name(part)) for part in subject.split("~"))

    def quoted(self, text: str) -> str:
        """The text in this language's quotation marks."""
        return self.word("quote", text="{}").replace("{}", text)

    # -- numbers -------------------------------------------------------------------------------

    def digits(self, text: str) -> str:
        """Every Latin digit of the text as this language writes it."""
        return text.translate(PERSIAN_DIGITS) if self.rtl and not self.latin_digits else text

    def number(self, value: float, digits: int = 2) -> str:
        """A decimal number, rounded to tens and hundreds where `digits` is below zero; a missing one is a dash."""
        if math.isnan(value):
            return EMPTY
        if math.isinf(value):
            return self._signed("∞", value < 0)
        size = round(abs(value), digits) if digits < 0 else abs(value)
        text = f"{size:,.{max(digits, 0)}f}"
        negative = value < 0 and any(figure in "123456789" for figure in text)
        thousands = MARKS[self.code][1]
        text = text.replace(",", "\0").replace(".", self.decimal).replace("\0", thousands)
        return self._signed(self.digits(text), negative)

    def integer(self, value: float) -> str:
        """A whole number with thousands marks."""
        return self.number(value, 0)

    def percent(self, share: float, digits: int = 1, *, sign: bool = True) -> str:
        """A share in [0, 1] as a percentage."""
        text = self.number(100 * share, digits)
        return text + ("\u066a" if self.rtl else "%") if sign and text != EMPTY else text

    def p_value(self, value: float, digits: int = 3, *, relation: bool = False) -> str:
        """A p-value, never 0.000; with `relation` the sign of equality is printed too."""
        if math.isnan(value):
            return EMPTY
        least = 10.0**-digits
        if value < least:
            return f"{LRM if self.rtl else ''}<{NBSP}{self.number(least, digits)}"
        text = self.number(value, digits)
        return f"={NBSP}{text}" if relation else text

    def interval(self, low: float, high: float, digits: int = 2) -> str:
        """An interval, lower limit first in reading order."""
        if math.isnan(low) or math.isnan(high):
            return EMPTY
        return self.words["interval"].format(low=self.number(low, digits), high=self.number(high, digits))

    def date(self, day: date) -> str:
        """A calendar day; solar Hijri in Persian."""
        if not self.rtl:
            return f"{day.day} {self.word(f'month.{day.month}')} {day.year}"
        from crmlab.jalali import from_gregorian

        year, month, number = from_gregorian(day)
        return self.digits(f"{number} {self.word(f'month.{month}')} {year}")

    def _signed(self, text: str, negative: bool) -> str:
        return (LRM if self.rtl else "") + MINUS + text if negative else text

    # -- spans ---------------------------------------------------------------------------------

    def fact(self, fact: Fact) -> str:
        """A fact as this language prints it."""
        if fact.style == "integer":
            return self.integer(fact.value)
        if fact.style == "percent":
            return self.percent(fact.value, fact.digits, sign=False)
        if fact.style in ("p", "p_relation"):
            return self.p_value(fact.value, fact.digits, relation=fact.style == "p_relation")
        return self.number(fact.value, fact.digits)

    def plain(self, spans: tuple[Span, ...]) -> str:
        """Spans as plain text (for alternative texts, bookmarks and notebooks)."""
        return "".join(self._plain(span) for span in spans)

    def _plain(self, span: Span) -> str:
        if isinstance(span, Fact):
            return self.fact(span)
        if isinstance(span, Hidden):
            return self.hidden(span)
        if isinstance(span, Footnote):
            return ""
        if isinstance(span, Label):
            return self.own(span.text)
        if isinstance(span, Strong | Slanted):
            return span.text
        return span.key if isinstance(span, Ref | Cite) else span

    def misled(self, text: str) -> bool:
        """A sentence of this right-to-left language that begins with a Latin word, so that its first letter misleads."""
        return self.rtl and LATIN_FIRST.match(text) is not None

    def hidden(self, cell: Hidden) -> str:
        """What stands in place of a number that would show too few people."""
        if not cell.limit:
            return self.word("hidden")
        return f"{LRM if self.rtl else ''}< {self.integer(cell.limit)}"


def latin(text: str) -> str:
    """Persian digits and marks back to Latin ones, invisible marks removed: what a test compares."""
    back = {**LATIN_DIGITS, 0x66B: ".", 0x66C: ",", 0x66A: "%", 0x2212: "-"}
    back.update(dict.fromkeys((0x200E, 0x200F, 0x2066, 0x2067, 0x2068, 0x2069)))  # type: ignore[arg-type]
    return text.translate(back)


def catalogue(folder: str) -> dict[str, Any]:
    """All entries of the YAML files in a folder of the locale; a key in two files is a bug and says so."""
    found: dict[str, Any] = {}
    for file in sorted((LOCALE / folder).glob("*.yml")):
        entries = yaml.load(file.read_text(encoding="utf-8"), LOADER) or {}
        twice = found.keys() & entries.keys()
        if twice:
            raise KeyError(f"{folder}/{file.name}: '{min(twice)}' stands in another file too")
        found |= entries
    return found


@cache
def _catalogue(code: str) -> Mapping[str, str]:
    return {str(key): str(value) for key, value in catalogue(code).items()}
