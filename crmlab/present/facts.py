"""A saved result with its address: the only door through which a number comes onto a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from crmlab.present.blocks import EMPTY, Fact, Spans, Style
from crmlab.present.language import Language
from crmlab.result import NUMBERS, Result

LIMITS = ("ci_low", "ci_high")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One saved result and where it is saved.

    Attributes
    ----------
    address : "04_measurement/reliability"
    result : the result
    """

    address: str
    result: Result
    _rows: dict[str, tuple[float, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = self.result.tidy.itertuples(index=False, name=None)
        object.__setattr__(self, "_rows", {row[0]: row[1:] for row in rows})

    def __contains__(self, term: str) -> bool:
        return term in self._rows

    def value(self, term: str, column: str = "estimate") -> float:
        """One number, NaN where the result has none."""
        row = self._rows.get(term)
        return math.nan if row is None else row[NUMBERS.index(column)]

    def subjects(self, quantity: str) -> list[str]:
        """The subjects of one quantity, in the result's order."""
        start = quantity + ":"
        return [term[len(start) :] for term in self._rows if term.startswith(start)]

    def fact(self, term: str, column: str = "estimate", style: Style = "number", digits: int = 2) -> Fact:
        """The fact; its value is NaN where the result has no such term.

        A limit of an interval that leaves zero out is never printed as zero.
        """
        value = self.value(term, column)
        if column in LIMITS and style == "number" and value and not round(value, digits):
            low, high = (self.value(term, side) for side in LIMITS)
            digits = 5 if low * high > 0 and round(value, 5) else digits
            digits = 4 if digits == 5 and round(value, 4) else digits
        return Fact(f"{self.address}/{term}/{column}", value, style, digits)

    def cell(self, term: str, column: str = "estimate", style: Style = "number", digits: int = 2) -> Spans:
        """The fact as a table cell, a dash where there is no number."""
        fact = self.fact(term, column, style, digits)
        return (EMPTY,) if math.isnan(fact.value) else (fact,)

    def interval(self, term: str, language: Language, digits: int = 2) -> Spans:
        """Both limits as a table cell, in the language's form."""
        low, high = self.fact(term, "ci_low", "number", digits), self.fact(term, "ci_high", "number", digits)
        if math.isnan(low.value) or math.isnan(high.value):
            return (EMPTY,)
        return fill(language.word("interval"), low=low, high=high)

    def glance(self, key: str, style: Style = "number", digits: int = 2) -> Fact:
        """One fit statistic as a fact."""
        value = self.result.glance.get(key, math.nan)
        return Fact(f"{self.address}/glance/{key}", value, style, digits)

    @property
    def level(self) -> Fact:
        """Confidence level of its intervals, as a percentage."""
        if "level" not in self.result.glance:
            return Fact("study/estimator/level", 0.95, "percent", 0)
        return Fact(f"{self.address}/glance/level", self.result.glance["level"], "percent", 0)


def sources(results: Mapping[str, Result]) -> dict[str, Source]:
    """Saved results by address, each with its address in hand."""
    return {address: Source(address, result) for address, result in results.items()}


def fill(template: str, **values: object) -> Spans:
    """A template as spans: its words as they are, its fields replaced by facts, labels or spans."""
    from string import Formatter

    spans: list[object] = []
    for text, name, _, _ in Formatter().parse(template):
        if text:
            spans.append(text)
        if name:
            value = values[name]
            spans.extend(value) if isinstance(value, tuple) else spans.append(value)
    return tuple(spans)  # type: ignore[arg-type]
