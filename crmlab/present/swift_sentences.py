"""Sentences on contacts, actions and the loop: one for every outcome, the unwelcome ones too."""

from __future__ import annotations

import math

from crmlab.present.behaviour_words import Ways, money
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.sentences import listed
from crmlab.present.swift_words import bare, cell, percent, said, told


def identity(source: Source, ways: Ways) -> Spans:
    """How many contacts there are, and of whom."""
    spans = told(ways, "identity", n=source.fact("contacts", style="integer"), made=source.fact("made", style="integer"))  # fmt: skip
    if "matched" in source and source.value("matched") == source.value("matched"):
        spans += told(
            ways, "matched", pct=percent(source, "matched"), level=source.level, lo=percent(source, "matched", "ci_low"),
            hi=percent(source, "matched", "ci_high"), reached=percent(source, "reached"),
            m=source.fact("customers", style="integer"),
        )  # fmt: skip
    left = [
        (*said(ways, f"aside.{name}"), " (", source.fact(f"aside:{name}", style="integer"), ")")
        for name in source.subjects("aside")
    ]
    return spans + (told(ways, "aside", list=listed(ways.language, left)) if left else ())


def returned(source: Source, ways: Ways) -> Spans:
    """What past contacts cost and brought."""
    if "return" not in source:
        return ()
    return told(
        ways, "return_gain", spent=money(source, "spent"), brought=money(source, "brought"),
        pct=percent(source, "return", digits=0), level=source.level, lo=percent(source, "return", "ci_low", 0),
        hi=percent(source, "return", "ci_high", 0), ref=Ref("contact_return"),
    )  # fmt: skip


def needs(source: Source, ways: Ways) -> Spans:
    """How many needs got a fitting answer."""
    if "rate" not in source:
        return told(ways, "needs_none")
    spans = told(
        ways, "needs", n=source.fact("needs", style="integer"), pct=percent(source, "rate"),
        days=source.glance("days", "integer"), level=source.level, lo=percent(source, "rate", "ci_low"),
        hi=percent(source, "rate", "ci_high"), ref=Ref("needs_met"),
    )  # fmt: skip
    topics = [t for t in source.subjects("needs") if source.value(f"needs:{t}") >= ways.threshold]
    if len(topics) < 2:
        return spans
    worst = min(topics, key=lambda topic: source.value(f"rate:{topic}"))
    return spans + told(
        ways, "needs_worst", topic=fill(ways.language.word("quote"), text=Label(worst)), pct=percent(source, f"rate:{worst}"),
        n=source.fact(f"needs:{worst}", style="integer"),
    )  # fmt: skip


def uplift(source: Source, ways: Ways) -> Spans:
    """Did the personal form do better? Only lots allow to speak of an effect."""
    if "uplift" not in source:
        return told(ways, "uplift_refused")
    values: dict[str, object] = {
        "d": percent(source, "uplift"), "lo": percent(source, "uplift", "ci_low"), "hi": percent(source, "uplift", "ci_high"),
        "level": source.level, "p": source.fact("uplift", "p_value", "p_relation", 3), "ref": Ref("uplift"),
    }  # fmt: skip
    if source.result.glance.get("randomised") != 1:
        return told(ways, "uplift_together", **values)
    low, high = source.value("uplift", "ci_low"), source.value("uplift", "ci_high")
    values |= {
        "a": percent(source, "rate:personalised"), "b": percent(source, "rate:standard"),
        "n1": source.fact("contacts:personalised", style="integer"),
        "n0": source.fact("contacts:standard", style="integer"),
    }  # fmt: skip
    return told(ways, "uplift_effect" if low > 0 or high < 0 else "uplift_unshown", **values)


def loop(phases: Source, cycles: Source | None, ways: Ways) -> Spans:
    """What the loop has done so far."""
    spans = told(ways, "loop", fig=Ref("swift_loop"))
    if cycles is None:
        return spans + told(ways, "no_cycle")
    over = cycles.subjects("contacts")
    total = Fact(
        f"counted/{cycles.address}/contacts", sum(cycles.value(f"contacts:{k}") for k in over), "integer"
    )
    spans += told(
        ways, "cycles", k=cycles.glance("cycles", "integer"), months=cycles.glance("months", "integer"), n=total,
        v=money(cycles, "loop_earned"), ref=Ref("swift_cycles"), fig=Ref("swift_learning"),
    )  # fmt: skip
    last = over[-1]
    if not math.isnan(cycles.value(f"rate:{last}")):
        spans += told(
            ways, "foreseen", seen=percent(cycles, f"rate:{last}"), told=percent(cycles, f"predicted:{last}"),
            lo=percent(cycles, f"rate:{last}", "ci_low"), hi=percent(cycles, f"rate:{last}", "ci_high"), level=cycles.level,
        )  # fmt: skip
    gain = phases.value("refinement:narrower")
    if not math.isnan(gain):
        share = Fact(f"counted/{phases.address}/narrower", abs(gain), "percent", 1)
        spans += told(ways, "narrower" if gain >= 0 else "wider", pct=share, fig=Ref("swift_cells"))
    moved = [k for k in over if cycles.value(f"moved:{k}") > 0]
    if not moved:
        return spans + told(ways, "stood")
    names = [said(ways, "centre", k=Label(ways.language.digits(k))) for k in moved]
    return spans + told(ways, "moved", list=listed(ways.language, names))


def sure(source: Source, ways: Ways) -> Spans:
    """What may be claimed."""
    pairs = source.subjects("better")
    if not pairs:
        return told(ways, "unsure", n=source.fact("pairs", style="integer")) if source.value("pairs") else ()
    parts = []
    for pair in pairs[:8]:
        better, _, worse = pair.partition("~")
        quote = ways.language.word("quote")
        named = {
            "better": fill(quote, text=cell(ways, better)),
            "worse": fill(quote, text=cell(ways, worse)),
        }
        parts.append(told(ways, "pays_more", **named)[:-1])
    return told(ways, "sure", alpha=source.glance("alpha", "percent", 0), list=listed(ways.language, parts))


def plan(source: Source, ways: Ways) -> Spans:
    """What is to be done next, or why nothing is."""
    k = source.glance("cycle", "integer")
    nothing = bare(source, "nothing_")
    if nothing:
        spans = told(ways, "nothing", k=k, why=said(ways, f"nothing.{nothing[0]}"))
    else:
        spans = told(
            ways, "plan", k=k, n=source.fact("contacts", style="integer"), m=source.fact("reached", style="integer"),
            spent=money(source, "spent"), v=money(source, "expected"), ref=Ref("action_plan"),
        )  # fmt: skip
        bound, expected = source.value("bound"), source.value("expected")
        if bound > 0 and expected < 0.9995 * bound:
            share = Fact(f"counted/{source.address}/of_best", expected / bound, "percent", 1)
            spans += told(ways, "bound", pct=share)
    idle = [
        (*said(ways, f"idle.{name}"), " (", source.fact(f"idle_{name}", style="integer"), ")")
        for name in bare(source, "idle_")
    ]
    if idle:
        spans += told(ways, "idle", list=listed(ways.language, idle))
    if source.value("overridden") > 0:
        spans += told(ways, "overridden", n=source.fact("overridden", style="integer"))
    if len(source.subjects("channel_contacts")) == 1:
        spans += told(ways, "one_channel")
    return spans
