"""Units of time, money and periods of a ledger in the reader's words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language

if TYPE_CHECKING:
    from crmlab.study import Study

EPOCH = date(1970, 1, 1)
DAYS = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}
COARSE = 1000.0  # money from which on decimals are noise
FIGURES = 5  # of large money that are printed: the rest is false precision
SCALES = (0, 3, 6, 9, 12)  # powers of ten with a word of their own


@dataclass(frozen=True, slots=True)
class Ways:
    """How a ledger counts time and money.

    Attributes
    ----------
    language : the reader's
    unit : "D", "W", "M" or "Y"
    currency : its code; "" where it is not known
    real : whether amounts are in prices of one month
    threshold : groups smaller than this are not printed
    """

    language: Language
    unit: str = "W"
    currency: str = ""
    real: bool = False
    threshold: int = 5

    @classmethod
    def of(cls, language: Language, study: Study | None) -> Ways:
        """As the study file says; weeks and money without a name where there is none."""
        if study is None or not study.has_ledger:
            return cls(language, threshold=study.privacy_threshold if study else 5)
        asked = study.behaviour
        return cls(
            language, asked.unit, study.ledger.currency, asked.deflator is not None, study.privacy_threshold
        )

    @classmethod
    def of_contracts(cls, language: Language, study: Study | None) -> Ways:
        """As the study file says of its contracts; months and money without a name where there is none."""
        if study is None or not study.has_contracts:
            return cls(language, "M", threshold=study.privacy_threshold if study else 5)
        asked = study.contracts
        return cls(language, asked.unit, asked.currency, False, study.privacy_threshold)

    @property
    def time(self) -> str:
        """The unit as a counted word: "weeks"."""
        return self.language.word(f"unit.{self.unit}")

    @property
    def each(self) -> str:
        """The unit as one: "week"."""
        return self.language.word(f"unit.{self.unit}.one")

    @property
    def money(self) -> Spans:
        """The currency in words, or its code."""
        key = f"currency.{self.currency}"
        if not self.currency or self.language.knows(key):
            return (self.language.word(key if self.currency else "currency"),)
        return (Label(self.currency),)

    @property
    def kind(self) -> str:
        """Whether money is real or nominal."""
        return self.language.word("money.real" if self.real else "money.nominal")

    def said(self, key: str, **values: object) -> Spans:
        """A word or template with this unit and this currency filled in."""
        return fill(
            self.language.word(key),
            time=self.time,
            each=self.each,
            money=self.money,
            kind=self.kind,
            **values,
        )

    def plain(self, key: str, **values: object) -> str:
        """`said` as plain text, for axes."""
        return self.language.plain(self.said(key, **values))

    def day(self, value: float) -> Label:
        """A day (since 1970) as this language writes dates."""
        return Label(self.language.date(EPOCH + timedelta(int(value))))

    def axis(self, key: str, largest: float) -> tuple[float, str]:
        """A divisor that keeps marks short, and the axis title that names it."""
        power = max(p for p in SCALES if p == 0 or largest >= 10.0**p * 2)
        scale = self.language.word(f"scale.{power}") if power else ""
        money = self.language.plain(self.money)
        title = self.plain(key)
        if power:
            title = title.replace(money, self.language.word("scaled", scale=scale, money=money), 1)
        return 10.0**power, title


def money_digits(*values: float) -> int:
    """Decimals that money of this size is printed with; below zero where it is rounded to `FIGURES` figures."""
    known = [abs(value) for value in values if not math.isnan(value) and not math.isinf(value)]
    largest = max(known, default=0.0)
    return min(0, FIGURES - 1 - math.floor(math.log10(largest))) if largest >= COARSE else 2


def money(source: Source, term: str, column: str = "estimate") -> Fact:
    """A fact of money."""
    return source.fact(term, column, "number", money_digits(source.value(term)))


def trimmed(fact: Fact) -> Fact:
    """The fact without decimals that are all zero: 3 years, 25 percent."""
    value = 100 * fact.value if fact.style == "percent" else fact.value
    whole = math.isfinite(value) and abs(value - round(value)) < 0.5 * 10.0**-fact.digits
    return replace(fact, digits=0) if whole else fact


def model_name(language: Language, model: str) -> str:
    """The papers' name of a model: "BG/NBD"; of regular buyers with their number of stages."""
    kind, found, stages = model.rpartition("cnbd")
    if found and stages.isdigit():
        return language.word("model.cnbd", kind=kind.upper(), k=stages)
    return language.word(f"model.{model}")
