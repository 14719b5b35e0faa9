"""Contacts and the learning loop as tables: needs met, returns, uplift, cycles, the plan."""

from __future__ import annotations

from crmlab.present.behaviour_words import Ways, money, money_digits
from crmlab.present.blocks import EMPTY, Fact, Hidden, Label, Spans, Strong, Table
from crmlab.present.facts import Source
from crmlab.present.swift_words import (
    between,
    channel,
    heads,
    hours,
    note,
    offer,
    parts,
    percent,
    reason,
    said,
    segment,
    table,
)

MOST = 24  # rows that a plan has room for


def needs(source: Source, ways: Ways) -> Table:
    """Needs told and met, topic by topic."""
    language = ways.language
    rows: list[tuple[Spans, ...]] = []
    for topic in source.subjects("needs"):
        if source.value(f"needs:{topic}") < ways.threshold:
            continue
        rows.append((
            (Label(topic),), source.cell(f"needs:{topic}", style="integer"), (percent(source, f"rate:{topic}"),),
            between(source, f"rate:{topic}", language),
        ))  # fmt: skip
    if "rate" in source:
        whole = (Strong(language.plain(said(ways, "everything_told"))),)
        rows.append((whole, source.cell("needs", style="integer"), (percent(source, "rate"),), between(source, "rate", language)))  # fmt: skip
    header = heads(ways, "topic", "needs", "met", "interval")
    notes = (note(ways, "needs", level=source.level),)
    return table(source, ways, "needs_met", header, rows, widths=(2.4, 1, 1, 1.6), notes=notes)


def returns(source: Source, ways: Ways) -> Table:
    """What contacts cost and brought, by offer and by channel."""
    language = ways.language
    rows: list[tuple[Spans, ...]] = []
    whole = money_digits(source.value("spent"), source.value("brought"))
    for name in ["", *source.subjects("contacts")]:
        of = f":{name}" if name else ""
        if not name:
            first: Spans = (Strong(language.plain(said(ways, "everything"))),)
        else:
            first = offer(language, name) if f"offer:{name}" in language.names else channel(language, name)
        back = percent(source, f"return{of}", digits=0)
        rows.append((
            first, source.cell(f"contacts{of}", style="integer"), (source.fact(f"spent{of}", digits=whole),),
            (source.fact(f"brought{of}", digits=whole),), (EMPTY,) if back.value != back.value else (back,),
            between(source, f"return{of}", language, 0),
        ))  # fmt: skip
    header = heads(ways, "of", "contacts", "spent", "brought", "return", "interval")
    notes = (note(ways, "return", level=source.level),)
    return table(
        source, ways, "contact_return", header, rows, widths=(2, 0.8, 1.4, 1.5, 0.9, 1.4), notes=notes
    )


def uplift(source: Source, ways: Ways) -> Table:
    """Accepted contacts of both forms, and their difference."""
    language = ways.language
    rows: list[tuple[Spans, ...]] = []
    for arm in ("standard", "personalised"):
        rows.append((
            said(ways, f"arm.{arm}"), source.cell(f"contacts:{arm}", style="integer"),
            (percent(source, f"rate:{arm}"),), between(source, f"rate:{arm}", language),
        ))  # fmt: skip
    rows.append((said(ways, "difference"), (EMPTY,), (percent(source, "uplift"),), between(source, "uplift", language)))  # fmt: skip
    by_lot = source.result.glance.get("randomised") == 1
    if by_lot:
        why = note(ways, "uplift_lot", level=source.level)
    else:
        why = note(ways, "uplift_weighted", lo=source.fact("chance_min"), hi=source.fact("chance_max"))
    header = heads(ways, "form", "contacts", "accepted", "interval")
    return table(source, ways, "uplift", header, rows, widths=(2, 1, 1.2, 1.6), notes=(why,))


def cycles(source: Source, ways: Ways) -> Table:
    """One row a cycle."""
    language = ways.language
    rows = []
    for k in source.subjects("contacts"):
        rate, told = percent(source, f"rate:{k}"), percent(source, f"predicted:{k}")
        rows.append((
            (Label(language.digits(k)),), source.cell(f"contacts:{k}", style="integer"),
            (EMPTY,) if told.value != told.value else (told,), (EMPTY,) if rate.value != rate.value else (rate,),
            between(source, f"rate:{k}", language), (money(source, f"earned:{k}"),),
            (percent(source, f"width:{k}"),), source.cell(f"moved:{k}", style="integer"),
        ))  # fmt: skip
    header = heads(ways, "cycle", "contacts", "foreseen", "accepted", "interval", "earned", "width", "moved")
    notes = (note(ways, "cycles", level=source.level),)
    widths = (0.6, 0.8, 1.1, 1.1, 1.4, 1.4, 1.2, 1.1)
    return table(source, ways, "swift_cycles", header, rows, widths=widths, notes=notes)


def plan(source: Source, ways: Ways, cells: Source | None) -> Table | None:
    """Whom to offer what, through which channel, and why: the cells with the most contacts."""
    found = sorted(source.subjects("planned"), key=lambda name: -source.value(f"planned:{name}"))
    if not found:
        return None
    language, day = ways.language, any(parts(name)[3] for name in found)
    rows = []
    shown = found[:MOST]
    order = {name: place for place, name in enumerate(source.subjects("planned"))}
    for name in sorted(shown, key=order.__getitem__):
        s, o, c, h = parts(name)
        rate: Spans = (percent(cells, f"rate:{name}"),) if cells is not None else (EMPTY,)
        rows.append((
            segment(language, s), offer(language, o), channel(language, c), *((hours(ways, h),) if day else ()),
            _few(source, f"planned:{name}", ways), rate, (money(source, f"each:{name}"),),
            said(ways, f"why.{reason(source, name)}"),
        ))  # fmt: skip
    keys = ("segment", "offer", "channel", *(("hours",) if day else ()), "planned", "rate", "each", "why")
    notes = [note(ways, "plan")]
    if len(found) > len(shown):
        rest = Fact(f"counted/{source.address}/left_out", len(found) - len(shown), "integer")
        notes.append(note(ways, "some", k=rest))
    widths = (1.1, 1.3, 1.1, *((1.2,) if day else ()), 0.8, 0.8, 1.2, 2.2)
    align = "sss" + ("s" if day else "") + "cccs"
    return table(
        source, ways, "action_plan", heads(ways, *keys), rows, widths=widths, align=align, notes=tuple(notes)
    )


def _few(source: Source, term: str, ways: Ways) -> Spans:
    """A count of people, withheld where they are too few."""
    few = 0 < source.value(term) < ways.threshold
    return (Hidden(ways.threshold),) if few else source.cell(term, style="integer")
