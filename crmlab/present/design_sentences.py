"""What is said of a design before data, chosen by computed facts."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import TYPE_CHECKING

from crmlab.jalali import to_gregorian
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.design_tables import sizes
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import listed, say

if TYPE_CHECKING:
    from crmlab.study import Hypothesis, Study

MANY = 12  # hypotheses from which each is no longer told in a sentence of its own
FIRST_GREGORIAN = 1700  # years above are Gregorian, those below solar Hijri
NAIVE = ("cochran", "krejcie_morgan")  # rules that say nothing about a path


def hypotheses(source: Source, language: Language, drawn: bool) -> Spans:
    """How many hypotheses of which kind, and what testing so many of them means."""
    n = source.fact("hypotheses", style="integer")
    if n.value == 0:
        return say(language, "design_none")
    further = source.fact("further", style="integer")
    spans = say(
        language, "design_hypotheses_further" if further.value > 0 else "design_hypotheses", n=n, further=further, direct=source.fact("direct", style="integer"),
        mediated=source.fact("mediated", style="integer"), ref=Ref("design_hypotheses"),
    )  # fmt: skip
    if drawn:
        spans += say(language, "design_concept", fig=Ref("design_concept"))
    if n.value > 1:
        share = source.fact("any_false", style="percent", digits=0)
        spans += say(language, "design_any_false", n=n, alpha=source.glance("alpha"), share=share)
    return spans


def instrument(source: Source, language: Language) -> Spans:
    """How many items measure how many constructs."""
    return say(
        language, "design_instrument", items=source.fact("items", style="integer"),
        constructs=source.fact("constructs", style="integer"), ref=Ref("design_instrument"),
    )  # fmt: skip


def sample_size(source: Source, language: Language) -> Spans:
    """The span of the rules, the rule that asks for most, and whether the planned number is enough."""
    known = [rule for rule in source.subjects("n") if not math.isnan(source.value(f"n:{rule}"))]
    if not known:
        return ()
    least, most = (pick(known, key=lambda rule: source.value(f"n:{rule}")) for pick in (min, max))
    spans = say(
        language, "design_sizes", ref=Ref("design_sample_size"),
        low=source.fact(f"n:{least}", style="integer"), high=source.fact(f"n:{most}", style="integer"),
        least=rule_name(language, least), most=rule_name(language, most),
    )  # fmt: skip
    if any(rule in NAIVE for rule in known):
        spans += say(language, "design_naive")
    if "planned" not in source:
        return spans
    planned = source.fact("planned", style="integer")
    short = [rule for rule in known if source.value(f"n:{rule}") > planned.value]
    if not short:
        key = "design_planned_enough" if len(known) == len(source.subjects("n")) else "design_planned_but"
        return spans + say(language, key, n=planned)
    rules = [
        (*rule_name(language, rule), " (", source.fact(f"n:{rule}", style="integer"), ")") for rule in short
    ]
    return spans + say(language, "design_planned_short", n=planned, rules=listed(language, rules))


def rule_name(language: Language, rule: str) -> Spans:
    """The rule's name in running text."""
    return fill(language.word("quote"), text=language.word(f"design.rule.{rule}"))


def power(
    judged: Source, simulated: Source, language: Language, study: Study, key: str, drawn: bool
) -> list[Spans]:
    """How power was found, then what it is for each hypothesis, also where it is not enough: a paragraph each."""
    tried = sizes(simulated)
    count = Fact(f"counted/{simulated.address}/sizes", len(tried), "integer")
    spans = say(
        language, "design_power", r=simulated.glance("replications", "integer"), k=count,
        engine=language.word(f"design.engine.{key}"), ref=Ref(f"design_power_{key}"),
        precision=Ref(f"design_precision_{key}"), error=_largest_error(simulated),
    )  # fmt: skip
    if drawn:
        spans += say(language, "design_curves", fig=Ref(f"design_curves_{key}"))
    told = [one for one in study.hypotheses if f"power:{one.id}" in judged]
    weak = [one for one in told if _state(judged, one) in ("design_lacking", "design_unsure")]
    shown = told if len(told) <= MANY else weak[:MANY]
    found = [spans, *(hypothesis(judged, language, one, tried[-1]) for one in shown)]
    if len(told) > MANY:
        k = Fact(f"counted/{judged.address}/lacking", len(weak), "integer")
        n = Fact(f"counted/{judged.address}/told", len(told), "integer")
        found.append(say(language, "design_many", k=k, n=n))
    return found


def hypothesis(judged: Source, language: Language, one: Hypothesis, most: int) -> Spans:
    """What the planned sample can say of one hypothesis."""
    key = _state(judged, one)
    spans = say(
        language, key, hid=Label(one.id), n=judged.glance("n", "integer"), b=judged.fact(f"expected:{one.id}"),
        power=judged.fact(f"power:{one.id}", style="percent", digits=0),
        lo=judged.fact(f"power:{one.id}", "ci_low", "percent", 0),
        hi=judged.fact(f"power:{one.id}", "ci_high", "percent", 0),
        wanted=judged.glance("wanted", "percent", 0), width=judged.fact(f"width:{one.id}"),
    )  # fmt: skip
    if key != "design_lacking":
        return spans
    least = judged.fact(f"n:{one.id}", style="integer")
    if math.isnan(least.value):
        last = Fact(f"counted/{judged.address}/most", most, "integer")
        return spans + say(language, "design_unreached", most=last)
    return spans + say(language, "design_needed", n=least)


def _state(judged: Source, one: Hypothesis) -> str:
    term, wanted = f"power:{one.id}", judged.result.glance["wanted"]
    if judged.value(f"expected:{one.id}") == 0:
        return "design_nothing"
    if f"check.expected_sign:{one.id}" in {check.name for check in judged.result.failed}:
        return "design_wrong_sign"
    if judged.value(term, "ci_high") < wanted:
        return "design_lacking"
    return "design_enough" if judged.value(term, "ci_low") >= wanted else "design_unsure"


def _largest_error(simulated: Source) -> Fact:
    """The largest Monte Carlo error of a power, in percentage points."""
    terms = [f"power:{of}" for of in simulated.subjects("power")]
    term = max(terms, key=lambda one: simulated.value(one, "std_error"))
    return simulated.fact(term, "std_error", "percent", 1)


def content(ratio: Source | None, index: Source | None, language: Language) -> Spans:
    """Which items experts doubt."""
    spans: Spans = ()
    for one, quantity, which in ((ratio, "cvr", "cvr"), (index, "i_cvi", "cvi")):
        if one is None or not one.subjects(quantity):
            continue
        items = one.subjects(quantity)
        total = Fact(f"counted/{one.address}/items", len(items), "integer")
        experts = one.glance("n", "integer")
        weak = [
            c.name.partition(":")[2] for c in one.result.failed if c.name.startswith(f"check.{quantity}:")
        ]
        if weak:
            names = listed(language, [(Label(language.name(item)),) for item in weak])
            spans += say(
                language,
                f"design_{which}_weak",
                k=total,
                experts=experts,
                items=names,
                weak=Fact(f"counted/{one.address}/weak", len(weak), "integer"),
                ref=Ref("design_content"),
            )
        else:
            spans += say(
                language, f"design_{which}_good", k=total, experts=experts, ref=Ref("design_content")
            )
        if which == "cvi":
            spans += say(
                language,
                "design_s_cvi",
                ave=one.fact("s_cvi_ave"),
                ua=one.fact("s_cvi_ua", style="percent", digits=0),
            )
    return spans


def _written(text: str, language: Language) -> str:
    """A day of a card, "1403/01/20" or "2024-04-08", as this language writes days; what is none, as it stands."""
    parts = [int(part) for part in re.findall(r"\d+", text)]
    try:
        year, month, day = parts
        return language.date(date(year, month, day) if year > FIRST_GREGORIAN else to_gregorian(*parts))
    except ValueError:
        return language.digits(text)


def card(source: Source, language: Language) -> Spans:
    """Whether the design was frozen, and whether the study kept to it."""
    if source.value("frozen") != 1:
        return say(language, "design_not_frozen")
    kept = source.result.source
    mark, date = Label(kept.get("card_sha256", "")[:16]), kept.get("date", "")
    spans = (
        say(language, "design_frozen_on", code=mark, date=Label(_written(date, language)))
        if date
        else say(language, "design_frozen", code=mark)
    )
    k = source.fact("deviations", style="integer")
    if k.value == 0:
        return spans + say(language, "design_kept")
    return spans + say(language, "design_departed", k=k, ref=Ref("design_deviations"))
