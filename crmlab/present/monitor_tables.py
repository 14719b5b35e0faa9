"""What is watched, as tables: the rules of the charts, alarms, and new levels."""

from __future__ import annotations

import math

from crmlab.present.behaviour_words import Ways, money_digits
from crmlab.present.blocks import EMPTY, Fact, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source
from crmlab.present.table_parts import failed_notes

SHARE = ("repeat", "retention", "acceptance")
DIGITS = {"rate": 3, "volume": 1, "quality": 1}
MONEY = ("basket", "cost")


def head(ways: Ways, *keys: str) -> tuple[Spans, ...]:
    """Header cells."""
    return tuple(ways.said(f"mon.column.{key}") for key in keys)


def note(ways: Ways, key: str, **values: object) -> Paragraph:
    """A note below a table."""
    return Paragraph(ways.said(f"mon.note.{key}", **values), "note")


def styled(source: Source, series: str, term: str, column: str = "estimate") -> Fact:
    """A value of a series as it is printed."""
    if series in SHARE:
        return source.fact(term, column, "percent", 1)
    if series in MONEY:
        return source.fact(term, column, "number", money_digits(source.value(term)))
    return source.fact(term, column, "number", DIGITS.get(series, 2))


def rules(source: Source, ways: Ways) -> Table:
    """07 monitor_alarms: the rule of each chart, how rarely it alarms for nothing, and how soon it finds a shift."""
    rows: list[tuple[Spans, ...]] = []
    for chart in source.subjects("limit"):
        rows.append((
            (ways.language.word(f"chart.{chart}"),), source.cell(f"limit:{chart}"),
            source.cell(f"arl:{chart}", style="integer"), source.cell(f"delay:{chart}", digits=1),
        ))  # fmt: skip
    asked = {
        "board": source.glance("arl_board", "integer"), "shift": source.glance("shift", digits=1),
        "charts": Fact(f"counted/{source.address}/charts", source.result.glance["series"] * source.result.glance["charts"], "integer"),
        "weight": source.glance("weight"), "reference": source.glance("reference"),
    }  # fmt: skip
    header = head(ways, "chart", "limit", "arl", "delay")
    notes = (note(ways, "rules", **asked),)
    return Table(
        "monitor_rules", ways.said("mon.caption.rules"), header, tuple(rows), "", (2.2, 1.2, 2.0, 2.0), notes
    )


def alarms(source: Source, ways: Ways) -> Table | None:
    """07 monitor_alarms: which series alarmed, when first, by which rule."""
    rows: list[tuple[Spans, ...]] = []
    for of in source.subjects("first"):
        series, _, chart = of.partition(".")
        side = "chan.up" if source.value(f"side:{of}") > 0 else "chan.down"
        rows.append((
            (ways.plain(f"series.{series}"),), (ways.language.word(f"chart.{chart}"),),
            (ways.day(source.value(f"first_day:{of}")),), (ways.language.word(side),),
            source.cell(f"alarms:{of}", style="integer"), source.cell(f"chance:{of}", style="percent", digits=2),
        ))  # fmt: skip
    if not rows:
        return None
    header = head(ways, "series", "chart", "first", "side", "alarms", "chance")
    notes = (note(ways, "alarms", k=source.fact("false_alarms")), *failed_notes(source, ways.language))
    widths = (2.2, 1.4, 1.9, 1.0, 1.2, 1.3)
    return Table("monitor_alarms", ways.said("mon.caption.alarms"), header, tuple(rows), "", widths, notes)


def series(source: Source, ways: Ways) -> Table:
    """07 monitor_series: what is watched, its baseline, and whether the charts' assumptions hold."""
    rows: list[tuple[Spans, ...]] = []
    for name in source.subjects("centre"):
        spread = source.fact(f"overdispersion:{name}")
        rows.append((
            (ways.plain(f"series.{name}"),), (styled(source, name, f"centre:{name}"),),
            source.cell(f"baseline:{name}", style="integer"), source.cell(f"periods:{name}", style="integer"),
            (EMPTY,) if math.isnan(spread.value) else (spread,), source.cell(f"autocorrelation:{name}"),
            source.cell(f"set_aside:{name}", style="integer"),
        ))  # fmt: skip
    days = source.glance("step_days", "integer")
    notes = (note(ways, "series", days=days), *failed_notes(source, ways.language))
    header = head(
        ways, "series", "centre", "baseline", "periods", "overdispersion", "autocorrelation", "set_aside"
    )
    widths = (2.3, 1.2, 1.0, 1.0, 1.3, 1.5, 1.0)
    return Table("monitor_series", ways.said("mon.caption.series"), header, tuple(rows), "", widths, notes)


def changes(source: Source, ways: Ways) -> Table:
    """07 monitor_changes: new levels with their first day, and the spread before and after."""
    rows: list[tuple[Spans, ...]] = []
    for name in source.subjects("change"):
        cuts = [of for of in source.subjects("cut_day") if of.startswith(f"{name}.")]
        word = ways.plain(f"series.{name}")
        when = _joined(ways, [(ways.day(source.value(f"cut_day:{of}")),) for of in cuts])
        steps = [of for of in source.subjects("level") if of.startswith(f"{name}.")]
        levels = _joined(ways, [(styled(source, name, f"level:{of}"),) for of in steps], "mon.then")
        rows.append((
            (Strong(word) if cuts else word,), source.cell(f"p_change:{name}", style="p", digits=3),
            when or (EMPTY,), levels if cuts else (EMPTY,), source.cell(f"spread:{name}"),
            source.cell(f"p_spread:{name}", style="p", digits=3),
        ))  # fmt: skip
    header = head(ways, "series", "p_change", "since", "levels", "spread", "p_spread")
    notes = (note(ways, "changes"), *failed_notes(source, ways.language))
    widths = (2.2, 1.1, 2.1, 2.4, 1.0, 1.2)
    return Table("monitor_changes", ways.said("mon.caption.changes"), header, tuple(rows), "", widths, notes)


def _joined(ways: Ways, parts: list[Spans], between: str = "comma") -> Spans:
    found: list[object] = []
    for k, part in enumerate(parts):
        found += [ways.language.word(between)] if k else []
        found += part
    return tuple(found)  # type: ignore[arg-type]
