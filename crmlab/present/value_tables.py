"""Step 07 as tables: customer equity, and the value of groups of customers, with what it is counted by."""

from __future__ import annotations

import math

from crmlab.present.behaviour_tables import head, hidden_note, note, real_note
from crmlab.present.behaviour_words import Ways, money, money_digits, trimmed
from crmlab.present.blocks import EMPTY, Fact, Hidden, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.privacy import withheld
from crmlab.present.table_parts import failed_notes, level_note


def value(source: Source, ways: Ways) -> Table:
    """07 value: customer equity and value per customer, with what they are counted by."""
    language = ways.language
    asked: list[tuple[str, Spans]] = [
        ("clv.equity", ()), ("clv.mean", ()), ("clv.median", ()), ("clv.q90", ()), ("new_customer", ()),
        ("equity:nominal", ()), ("retention_equity", ()), ("retention_mean", ()),
    ]  # fmt: skip
    rows: list[tuple[Spans, ...]] = []
    for term, _ in asked:
        if term not in source:
            continue
        digits = money_digits(source.value(term))
        interval = source.interval(term, language, digits)
        rows.append((ways.said(f"worth.{term.replace(':', '_')}"), (money(source, term),), interval))
    for term, style in (("dert", "number"), ("top_share", "percent"), ("retention", "percent")):
        if term in source:
            rows.append((ways.said(f"worth.{term}"), source.cell(term, style=style, digits=1), (EMPTY,)))  # type: ignore[arg-type]
    notes = (counted_by(source, ways), level_note(source, language, "clv.note.value_interval"))
    notes += (*real_note(ways), *((note(ways, "simple"),) if "retention" in source else ()))
    header = head(ways, "quantity", "estimate", "interval")
    everything = (*notes, *failed_notes(source, language))
    return Table(
        "value", ways.said("clv.caption.value"), header, tuple(rows), "", (3.0, 1.7, 2.6), everything
    )


def counted_by(source: Source, ways: Ways) -> Paragraph:
    """Horizon, discount rate, margin and money that values are counted by."""
    asked = settings(source)
    return note(ways, "counted_forever" if math.isinf(asked["years"].value) else "counted", **asked)


def settings(source: Source) -> dict[str, Fact]:
    """Horizon in years, discount rate and margin, with no more decimals than they have."""
    found = {
        "years": source.glance("horizon_years", "number", 1),
        "rate": source.glance("rate_per_year", "percent", 1),
        "margin": source.glance("margin", "percent", 1),
    }
    return {name: trimmed(fact) for name, fact in found.items()}


def groups(source: Source, ways: Ways, key: str, value: Source | None) -> Table:
    """07 rfm_groups and value_tiers: size, activity and value of each group; small groups are withheld."""
    language = ways.language
    names = source.subjects("customers")
    hidden = withheld({name: source.value(f"customers:{name}") for name in names}, ways.threshold)
    digits = money_digits(max((source.value(f"clv_total:{name}") for name in names), default=0.0))
    rows = [_group(source, ways, key, name, hidden, digits) for name in names]
    notes = [counted_by(value, ways)] if value is not None else []
    notes += [level_note(source, language, "clv.note.value_interval"), note(ways, key)]
    notes += [hidden_note(ways)] if hidden else []
    columns = ("group", "customers", "p_alive", "clv_mean", "interval", "clv_total", "clv_share")
    widths = (1.5, 1.0, 1.0, 1.2, 2.1, 1.6, 1.0)
    everything = (*notes, *failed_notes(source, language))
    return Table(
        key, ways.said(f"clv.caption.{key}"), head(ways, *columns), tuple(rows), "", widths, everything
    )


def _group(
    source: Source, ways: Ways, key: str, name: str, hidden: dict[str, Hidden], digits: int
) -> tuple[Spans, ...]:
    label = Label(group_name(ways.language, key, name))
    if name in hidden:
        return ((label,), (hidden[name],), *[(Hidden(),)] * 5)
    mean = f"clv_mean:{name}"
    own = money_digits(source.value(mean))
    return (
        (label,),
        source.cell(f"customers:{name}", style="integer"),
        source.cell(f"p_alive:{name}"),
        source.cell(mean, digits=own),
        source.interval(mean, ways.language, own),
        source.cell(f"clv_total:{name}", digits=digits),
        source.cell(f"clv_share:{name}", style="percent", digits=1),
    )


def group_name(language: Language, key: str, name: str) -> str:
    """A group of recency, frequency and spend by its name; a group of value by its rank."""
    if key == "rfm_groups":
        return language.word(f"group.{name}")
    return language.word("group.rank", k=language.digits(name))
