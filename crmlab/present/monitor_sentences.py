"""What is said of what is watched, chosen by computed facts."""

from __future__ import annotations

from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.monitor_tables import styled
from crmlab.present.sentences import listed, parted, say


def series(source: Source, ways: Ways) -> Spans:
    """What is watched, and whether periods hang together."""
    language = ways.language
    told = say(
        language, "monitor_intro", n=source.glance("series", "integer"), days=source.glance("step_days", "integer"),
        ref=Ref("monitor_series"), fig=Ref("monitor_board"),
    )  # fmt: skip
    bound = [
        c.name.partition(":")[2] for c in source.result.failed if c.name.startswith("check.independent:")
    ]
    if bound:
        told += say(
            language, "monitor_dependent", list=listed(language, [_name(ways, name) for name in bound])
        )
    return told


def alarms(source: Source, ways: Ways) -> Spans:
    """Which series alarmed first, by which rule, and what is to be expected by chance."""
    language = ways.language
    board = {"arl": source.glance("arl_board", "integer"), "k": source.fact("false_alarms")}
    told = say(language, "monitor_rules", ref=Ref("monitor_rules"), **board)
    names = list(dict.fromkeys(of.partition(".")[0] for of in source.subjects("first")))
    if not names:
        return told + say(language, "monitor_quiet")
    lines: list[Spans] = []
    for name in names:
        own = [of for of in source.subjects("first") if of.startswith(f"{name}.")]
        first = min(own, key=lambda of: source.value(f"first:{of}"))
        charts = [of for of in own if source.value(f"first:{of}") == source.value(f"first:{first}")]
        rules = listed(language, [(language.word(f"chart.{of.partition('.')[2]}"),) for of in charts])
        way = "up" if source.value(f"side:{first}") > 0 else "down"
        day = ways.day(source.value(f"first_day:{first}"))
        lines.append(ways.said(f"mon.alarm.{way}", series=_name(ways, name), rule=rules, day=day))
    return told + say(
        language, "monitor_alarmed", n=source.fact("alarmed", style="integer"), ref=Ref("monitor_alarms"),
        list=parted(language, lines),
    )  # fmt: skip


def changes(source: Source, ways: Ways) -> Spans:
    """New levels, and changes of spread."""
    language, told = ways.language, say(ways.language, "monitor_changes", ref=Ref("monitor_changes"))
    cut = list(dict.fromkeys(of.rpartition(".")[0] for of in source.subjects("cut_day")))
    lines: list[Spans] = []
    for name in cut:
        own = [of for of in source.subjects("cut_day") if of.startswith(f"{name}.")]
        steps = [of for of in source.subjects("level") if of.startswith(f"{name}.")]
        values = {
            "v1": styled(source, name, f"level:{steps[0]}"),
            "v2": styled(source, name, f"level:{steps[-1]}"),
        }
        key = "mon.level_percent" if values["v1"].style == "percent" else "mon.level"
        days = listed(language, [(ways.day(source.value(f"cut_day:{of}")),) for of in own])
        lines.append(ways.said(key, series=_name(ways, name), days=days, **values))
    told += (
        say(language, "monitor_levels", list=parted(language, lines))
        if cut
        else say(language, "monitor_no_level")
    )
    if "alive_psi" in source:
        share = {
            k: source.fact(f"alive:{when}", style="percent", digits=1)
            for k, when in (("v1", "then"), ("v2", "now"))
        }
        band = language.word(f"band.{int(source.value('alive_band'))}")
        told += say(language, "alive_mix", **share, band=band, psi=source.fact("alive_psi", digits=3))
    alpha = source.result.glance["alpha"]
    wide = [name for name in source.subjects("p_spread") if source.value(f"p_spread:{name}") < alpha]
    if wide:
        return told + say(
            language, "monitor_spread", list=listed(language, [_name(ways, name) for name in wide])
        )
    return told + say(language, "monitor_no_spread")


def _name(ways: Ways, name: str) -> Spans:
    return fill(ways.language.word("quote"), text=ways.plain(f"series.{name}"))
