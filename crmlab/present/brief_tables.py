"""The tables of the brief for managers: what was expected and what came out, and what it is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crmlab.present.behaviour_words import Ways, money_digits
from crmlab.present.blocks import Fact, Label, Paragraph, Spans, Table
from crmlab.present.enterprise_words import money as money_of_plans
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.outcomes import Outcome, Sources, judged, outcomes, reservations
from crmlab.present.table_parts import heads

if TYPE_CHECKING:
    from crmlab.study import Study

VALUE = "07_behavioural_clv/value"
WORTH = "08_value_of_rq/money"
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
    held = {one.hypothesis.id: reservations(study, sources, one) for one in told}
    rows = tuple(_verdict(one, held[one.hypothesis.id], source, language) for one in told)
    header = heads(language, "hypothesis", "brief.expected", "brief.estimate", "brief.verdict")
    reasons = dict.fromkeys(reason for found in held.values() for reason in found)
    notes = [Paragraph((language.word("brief.note.estimate"),), "note")]
    notes += [Paragraph((language.word(f"brief.note.{reason}"),), "note") for reason in reasons]
    caption = (language.word("caption.brief_verdicts"),)
    return Table("brief_verdicts", caption, header, rows, "sscc", (0.6, 4.2, 0.9, 1.5), tuple(notes))


def _verdict(one: Outcome, held: tuple[str, ...], source: Source, language: Language) -> tuple[Spans, ...]:
    """A hypothesis with its verdict and what that must not be told without, as the abstract tells it."""
    name, statement = one.hypothesis.id, one.hypothesis.statement[language.code]
    if math.isnan(one.verdict):
        return (Label(name),), (Label(statement),), ("–",), (language.word("verdict.untested"),)
    words = [] if "merged" in held else [language.word(f"verdict.{one.verdict:.0f}")]
    words += [language.word(f"brief.held.{reason}") for reason in held]
    estimate = source.cell(f"hypothesis:{name}")
    return (Label(name),), (Label(statement),), estimate, (language.word("semicolon").join(words),)


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
    worth = sources.get(WORTH)
    if worth is not None and worth.result.glance.get("money") == 1 and "worth:sd" in worth:
        rows.append(_amount(worth, "worth:sd", language, Ways.of(language, study).money))
    for address, term in PLANS:
        source = sources.get(address)
        if source is not None and term in source:
            rows.append(_amount(source, term, language, money_of_plans(language)))
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
