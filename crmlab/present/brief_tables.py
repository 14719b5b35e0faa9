"""The tables of the brief for managers: what was expected and what came out, and what it is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crmlab.present.behaviour_words import Ways, money_digits
from crmlab.present.blocks import Fact, Label, Spans, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.outcomes import Outcome, Sources, judged, outcomes
from crmlab.present.table_parts import heads

if TYPE_CHECKING:
    from crmlab.study import Study

VALUE = "07_behavioural_clv/value"
AMOUNTS = ("clv.equity", "clv.mean")  # of the value of customers, in money
PLANS = (("09_maturity/roadmap", "value:expected"),)


def verdicts(study: Study, sources: Sources, language: Language, most: int) -> Table | None:
    """What was expected and what came out, at most `most` of them, those with a verdict first."""
    source = judged(sources, "verdicts")
    found = outcomes(study, sources)
    judged_ones = [one for one in found if not math.isnan(one.verdict)]
    told = [*judged_ones, *(one for one in found if math.isnan(one.verdict))][:most] if judged_ones else []
    if source is None or not told:
        return None
    rows = tuple(_verdict(one, source, language) for one in told)
    header = heads(language, "brief.expected", "brief.estimate", "brief.verdict")
    return Table(
        "brief_verdicts", (language.word("caption.brief_verdicts"),), header, rows, "scc", (4.4, 1.0, 1.0)
    )


def _verdict(one: Outcome, source: Source, language: Language) -> tuple[Spans, ...]:
    statement = one.hypothesis.statement[language.code]
    if math.isnan(one.verdict):
        return (Label(statement),), ("–",), (language.word("verdict.untested"),)
    estimate = source.cell(f"hypothesis:{one.hypothesis.id}")
    return (Label(statement),), estimate, (language.word(f"verdict.{one.verdict:.0f}"),)


def money(study: Study, sources: Sources, language: Language) -> Table | None:
    """What the customers are worth, and what plans would gain, each with its interval."""
    rows: list[tuple[Spans, ...]] = []
    value = sources.get(VALUE)
    if value is not None:
        ways = Ways.of(language, study)
        rows += [_amount(value, term, language, ways.money) for term in AMOUNTS if term in value]
        if "top_share" in value:
            share = value.fact("top_share", style="percent", digits=1)
            rows.append(
                ((language.word("brief.top_share"),), (share, language.word("brief.percent")), ("–",))
            )
    for address, term in PLANS:
        source = sources.get(address)
        if source is not None and term in source:
            rows.append(_amount(source, term, language, ()))
    if not rows:
        return None
    header = heads(language, "brief.what", "brief.amount", "brief.interval")
    return Table(
        "brief_money", (language.word("caption.brief_money"),), header, tuple(rows), "scc", (2.6, 1.6, 2.2)
    )


def _amount(source: Source, term: str, language: Language, unit: Spans) -> tuple[Spans, ...]:
    digits = money_digits(source.value(term))
    amount: Spans = (Fact(f"{source.address}/{term}/estimate", source.value(term), "number", digits),)
    shown: Spans = (*amount, " ", *unit) if unit else amount
    name = language.word(f"brief.{term.replace(':', '.')}")
    return (name,), shown, source.interval(term, language, digits)
