"""From units to customers as tables and figures: links, weights, bottlenecks, means of units, revenue, mediation."""

from __future__ import annotations

import math
from typing import Any

from crmlab.present.behaviour_words import Ways, money_digits
from crmlab.present.blocks import EMPTY, Fact, Figure, Hidden, Label, Spans, Strong, Table
from crmlab.present.canvas import dots, shown
from crmlab.present.enterprise_words import element, figure, heads, note, said, table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.privacy import withheld
from crmlab.present.table_parts import failed_notes, level_note

SHOWN = (40, 60, 80, 90, 100)  # percent of the outcome's range in the bottleneck table


def outcome_of(source: Source, quantity: str) -> str:
    """What is explained: the first part of "<outcome>~<element>"."""
    return next(iter(source.subjects(quantity)), "~").partition("~")[0]


def links(source: Source, weights: Source | None, language: Language) -> Table:
    """What one level more of each capability goes with in customers' answers, and its share of what is explained."""
    outcome = outcome_of(source, "path")
    rows = []
    for of in source.subjects("path"):
        code = of.partition("~")[2]
        cells: list[Spans] = [
            element(language, code),
            source.cell(f"path:{of}"),
            source.interval(f"path:{of}", language),
        ]
        cells.append(source.cell(f"p_permutation:{of}", style="p", digits=3))
        cells.append(source.cell(f"p_holm:{of}", style="p", digits=3))
        if weights is not None:
            cells.append(weights.cell(f"dominance_share:{of}", style="percent", digits=0))
        rows.append(tuple(cells))
    keys = ["element", "slope", "interval", "p_permutation", "p_holm", *(["share_r2"] if weights else [])]
    notes = [note(language, "links", outcome=(Label(language.name(outcome)),), n=source.glance("n", "integer"),
                  units=source.glance("units", "integer")), level_note(source, language)]  # fmt: skip
    if weights is not None:
        notes += [note(language, "weights", r2=weights.glance("r2"), adjusted=weights.glance("r2_adjusted"))]
        notes += list(failed_notes(weights, language))
    widths = (2.6, 1, 1.5, 1.1, 1, *((1.1,) if weights else ()))
    return table(
        source, language, "outcome_links", heads(language, *keys), rows, widths=widths, notes=tuple(notes)
    )


def weights(source: Source, language: Language) -> Table:
    """General dominance of the capabilities, alone; in a report the shares stand beside the links."""
    rows = []
    for of in sorted(source.subjects("dominance"), key=lambda of: -source.value(f"dominance:{of}")):
        share = source.cell(f"dominance_share:{of}", style="percent", digits=0)
        rows.append((element(language, of.partition("~")[2]), source.cell(f"dominance:{of}"), share))
    notes = (note(language, "weights", r2=source.glance("r2"), adjusted=source.glance("r2_adjusted")),)
    header = heads(language, "element", "gain", "share_r2")
    return table(source, language, "weights", header, rows, widths=(3, 1, 1.2), notes=notes)


def bottlenecks(source: Source, language: Language) -> Table:
    """How much of each capability has been needed for how much of the outcome."""
    outcome = outcome_of(source, "ce_fdh")
    steps = [f"{step:g}" for step in SHOWN]
    steps = [step for step in steps if any(of.endswith(f".{step}") for of in source.subjects("needed"))]
    rows = []
    for of in source.subjects("ce_fdh"):
        cells: list[Spans] = [element(language, of.partition("~")[2]), source.cell(f"ce_fdh:{of}")]
        cells.append(source.cell(f"ce_fdh:{of}", "p_value", "p", 3))
        for step in steps:
            value = source.fact(f"needed:{of}.{step}", digits=1)
            cells.append((language.word("ent.not_needed"),) if math.isnan(value.value) else (value,))
        rows.append(tuple(cells))
    percents = [(Fact(f"counted/{source.address}/step_{step}", float(step) / 100, "percent", 0), "٪" if language.rtl else "%")
                for step in steps]  # fmt: skip
    header = (*heads(language, "element", "effect_d", "p"), *percents)
    notes = (note(language, "bottlenecks", outcome=(Label(language.name(outcome)),)),)
    widths = (2.6, 0.9, 0.9, *[0.85] * len(steps))
    return table(source, language, "bottlenecks", header, rows, widths=widths, notes=notes)


def unit_means(source: Source, language: Language, threshold: int = 0) -> Figure | None:
    """The shrunk mean of each unit with its interval; units of few customers are not shown."""
    units = [unit for unit in source.subjects("shrunk") if source.value(f"customers:{unit}") >= threshold]
    order = sorted(units, key=lambda unit: -source.value(f"shrunk:{unit}"))
    if len(order) < 2 or len(order) > 40:
        return None
    three = [
        tuple(source.fact(f"shrunk:{unit}", side) for side in ("estimate", "ci_low", "ci_high"))
        for unit in order
    ]
    facts: list[tuple[Fact, Fact, Fact]] = [(a, b, c) for a, b, c in three]

    def draw() -> Any:
        labels = [shown(language, unit) for unit in order]
        return dots(language, labels, facts, language.word("ent.axis.unit_mean"), False)

    notes = [note(language, "unit_means"), level_note(source, language)]
    if len(order) < len(source.subjects("shrunk")):
        notes.append(note(language, "units_hidden", k=Fact("study/privacy_threshold", threshold, "integer")))
    return figure(language, "unit_means", draw, [one for part in facts for one in part], notes=tuple(notes))


KINDS = ("satisfied", "neither", "risk", "unknown")


def people_of(source: Source) -> dict[str, float]:
    """How many customers are satisfied, in between, dissatisfied, or not known to be either."""
    known = {key: source.value(f"{key}_customers") for key in ("satisfied", "risk", "unknown")}
    rest = source.value("customers") - sum(known.values())
    return {key: known.get(key, rest) for key in KINDS}


def revenue(source: Source, language: Language, threshold: int = 0, ways: Ways | None = None) -> Table:
    """Who pays with satisfaction, who does not, and whose satisfaction is unknown; few people are not shown."""
    ways, counts = ways or Ways(language), people_of(source)
    hidden = withheld(counts, threshold)
    rows: list[tuple[Spans, ...]] = []
    for key in KINDS:
        name: Spans = said(language, f"revenue.{key}")
        if key in hidden:
            rows.append((name, (hidden[key],), (Hidden(),), (Hidden(),), (Hidden(),)))
            continue
        share = f"{key}_share" if key in ("satisfied", "risk") else ""
        people = (
            Fact(f"counted/{source.address}/neither_customers", counts[key], "integer")
            if key == "neither"
            else source.fact(f"{key}_customers", style="integer")
        )
        part = source.cell(share, style="percent", digits=1) if share else (EMPTY,)
        low, high = (source.fact(share, side, "percent", 1) for side in ("ci_low", "ci_high"))
        ends = (EMPTY,) if not share or math.isnan(low.value) else said(language, "range", low=low, high=high)
        earned = source.cell(f"{key}_revenue", digits=money_digits(source.value(f"{key}_revenue")))
        rows.append((name, (people,), earned, part, ends))
    header = heads(language, "satisfaction", "customers", "revenue", "share_known", "interval")
    header = (*header[:2], said(language, "column.revenue", money=ways.money), *header[3:])
    limits = {key: source.glance(key, digits=1) for key in ("satisfied", "low")}
    notes = (
        note(language, "revenue", **limits, money=ways.money, kind=ways.kind),
        level_note(source, language),
    )
    return table(
        source, language, "revenue_at_risk", header, rows, widths=(2.2, 1, 1.6, 1.1, 1.5), notes=notes
    )


def cascade(source: Source, language: Language) -> Table:
    """The way from a unit's budget through its capacity to its customers, in the figures' own units."""
    rows: list[tuple[Spans, ...]] = []
    for quantity in ("path", "indirect", "total"):
        for of in source.subjects(quantity):
            term = f"{quantity}:{of}"
            digits = _digits(source.value(term))
            first = (
                way(language, of)
                if quantity == "path"
                else (Strong(language.word(f"ent.cascade.{quantity}")),)
            )
            cell = source.cell(term, digits=digits)
            rows.append(
                (first, cell, source.interval(term, language, digits), source.cell(term, "p_value", "p", 3))
            )
    header = heads(language, "way", "strength", "interval", "p")
    notes = (note(language, "cascade", n=source.glance("n", "integer"), units=source.glance("units", "integer")),
             level_note(source, language))  # fmt: skip
    return table(source, language, "cascade", header, rows, widths=(3.4, 1.2, 2, 0.9), notes=notes)


def _digits(value: float) -> int:
    """Decimals that show three figures of a small number."""
    if math.isnan(value) or value == 0:
        return 2
    return min(max(2, 2 - math.floor(math.log10(abs(value)))), 7)


def way(language: Language, pair: str) -> Spans:
    """A path from its cause to its outcome in reading direction."""
    outcome, _, cause = pair.partition("~")
    return (*node(language, cause), language.word("arrow"), *node(language, outcome))


def node(language: Language, name: str) -> Spans:
    """A figure of the panel in the reader's words, or a construct of the study."""
    key = f"ent.figure_of.{name}"
    return (language.word(key),) if language.knows(key) else (Label(language.name(name)),)
