"""The limits a study sets, in words with their source, and whether values keep within them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Paragraph, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language

if TYPE_CHECKING:
    from crmlab.study import Study

DIGITS = {"loading": 3, "vif": 1, "full_collinearity": 1, "skewness": 1, "kurtosis": 1}
SHARES = ("ends",)  # printed in percent


def limit(study: Study, name: str) -> Fact:
    """A limit of the study file as a fact."""
    value = float(getattr(study.rules, name))
    if name in SHARES:
        return Fact(f"study/rules/{name}", value, "percent", 0)
    return Fact(f"study/rules/{name}", value, "number", DIGITS.get(name, 2))


def telling(fact: Fact, bound: Fact) -> Fact:
    """The fact with one decimal more where it would be printed like the limit it misses."""
    same = round(fact.value, fact.digits) == round(bound.value, fact.digits) and fact.value != bound.value
    return replace(fact, digits=fact.digits + 1) if same else fact


def rules_note(study: Study | None, language: Language, *names: str) -> tuple[Paragraph, ...]:
    """The note below a table that says which limits were set beforehand, and whose they are."""
    if study is None:
        return ()
    told: list[object] = []
    for name in names:
        told += [language.word("semicolon")] if told else []
        told += fill(language.word(f"limit.{name}"), limit=limit(study, name))
    return (Paragraph(fill(language.word("note.rules"), list=tuple(told)), "note"),)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One rule applied to every term of one quantity.

    Attributes
    ----------
    rule : key of the study's rule, and of its words `limit.<rule>`
    address, quantity : where the values stand; a quantity without a subject is the bare term
    sign : "<", "<=", ">=": how a value keeps within the limit; "abs" compares its size
    column : of the result: "estimate", or "p_value"
    """

    rule: str
    address: str
    quantity: str
    sign: str
    column: str = "estimate"

    def terms(self, source: Source) -> list[str]:
        """The terms that have a value."""
        named = [f"{self.quantity}:{subject}" for subject in source.subjects(self.quantity)]
        found = named or ([self.quantity] if self.quantity in source else [])
        return [term for term in found if not math.isnan(source.value(term, self.column))]

    def holds(self, value: float, bound: float) -> bool:
        """Whether one value keeps within the limit."""
        if self.sign == "abs":
            return abs(value) <= bound
        if self.sign == "<":
            return value < bound
        return value <= bound if self.sign == "<=" else value >= bound

    def worst(self, source: Source, terms: Sequence[str]) -> str:
        """The term farthest on the wrong side, or nearest to it."""
        size = {term: source.value(term, self.column) for term in terms}
        if self.sign == "abs":
            return max(terms, key=lambda term: abs(size[term]))
        return min(terms, key=lambda term: size[term] if self.sign == ">=" else -size[term])


def weak(source: Source, criterion: Criterion, study: Study) -> list[str]:
    """The terms that do not keep within the study's limit, worst first."""
    bound = float(getattr(study.rules, criterion.rule))
    terms = [
        term
        for term in criterion.terms(source)
        if not criterion.holds(source.value(term, criterion.column), bound)
    ]
    downward = criterion.sign == ">="
    return sorted(terms, key=lambda term: abs(source.value(term, criterion.column)), reverse=not downward)


def percent(source: Source, term: str, digits: int = 1) -> Spans:
    """A share as a percentage cell."""
    return source.cell(term, style="percent", digits=digits)
