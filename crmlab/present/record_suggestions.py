"""Suggestions that rest on records: contacts, purchases, ratings of maturity, plans and offices."""

# ruff: noqa: ARG001  (all makers take the same three things, so that they can stand in one list)
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present.behaviour_words import Ways, money_digits
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.channel_tables import measure, pair
from crmlab.present.enterprise_goals import named
from crmlab.present.enterprise_words import element, in_quotes, money
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.outcomes import (
    GROUPS,
)
from crmlab.present.sentences import listed, say
from crmlab.study.maturity import elements_of

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
BEHAVIOUR, MATURITY, MAP = "07_behavioural_clv", "09_maturity", "10_enterprise_map"


def phases(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Phases of the sale whose figures moved beyond chance."""
    source = sources.get(f"{GROUPS}/phase_drift")
    if source is None:
        return []
    due = [of for of in source.subjects("review") if source.value(f"review:{of}") > 0]
    words = listed(language, [(language.word(f"subject.{of}"),) for of in due])
    return [say(language, "sug_phase", list=words, ref=Ref("phase_changes"))] if due else []


def channels(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Channels whose service is shown to lie apart by more than the margin."""
    found, ways = list[Spans](), Ways.of(language, study)
    for address, source in sources.items():
        if not address.startswith(f"{GROUPS}/channel_") or "verdict" not in source:
            continue
        apart = [of for of in source.subjects("stands") if source.value(f"stands:{of}") == 2]
        if apart:
            name = fill(language.word("quote"), text=Label(measure(source, ways, "said")))
            told = listed(language, [pair(ways, of) for of in apart])
            found.append(say(language, "sug_channel", name=name, list=told, ref=Ref("channel_gaps")))
    return found


def value(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """How much of the worth the best customers hold."""
    source = sources.get(f"{BEHAVIOUR}/value")
    if source is None or not source.value("top_share") > 0.2:
        return []
    pct = source.fact("top_share", style="percent", digits=1)
    return [say(language, "sug_value", pct=pct, ref=Ref("value"))]


def gates(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """The gate, and the stage, that holds up most units."""
    found = []
    for name, model, key in (("gates", "crm_strategy", "sug_strategy"), ("stages", "lic", "sug_lic")):
        source = sources.get(f"{MATURITY}/{name}")
        units = source.subjects("bottleneck") if source is not None else []
        held = Counter(
            int(source.value(f"bottleneck:{unit}"))  # type: ignore[union-attr]
            for unit in units
            if not math.isnan(source.value(f"bottleneck:{unit}"))  # type: ignore[union-attr]
        )
        if not held or source is None:
            continue
        place = min(held, key=lambda one: (-held[one], one))
        codes = elements_of(model)
        k = Fact(f"counted/{source.address}/held_up", held[place], "integer")
        n = Fact(f"counted/{source.address}/units", len(units), "integer")
        gate = element(language, codes[place - 1])
        table = "lic_stages" if model == "lic" else f"gates_{model}"
        found.append(say(language, key, gate=gate, k=k, n=n, ref=Ref(table)))
    return found


def plans(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """What the budget buys, and what a cut would cost."""
    found, plan, cut = list[Spans](), sources.get(f"{MATURITY}/roadmap"), sources.get(f"{MAP}/cut")
    if plan is not None and plan.value("value:expected") > 0:
        found.append(
            say(
                language, "sug_roadmap", ref=Ref("roadmap"), **_ranged(plan, language, "value:expected", "value"),
                chance=plan.fact("loss_chance:expected", style="percent", digits=1),
            )
        )  # fmt: skip
    if cut is not None and "net" in cut:
        found.append(
            say(
                language, "sug_cut_holds", ref=Ref("cut"), k=Fact(f"counted/{cut.address}/periods", _last(cut), "integer"),
                chance=cut.fact("loss_chance", style="percent", digits=1), **_ranged(cut, language, "net", "net"),
            )
        )  # fmt: skip
    return found


def _last(cut: Source) -> int:
    """Periods that the net of a cut is counted over."""
    return max((int(period) for period in cut.subjects("net_by")), default=0)


def _ranged(source: Source, language: Language, term: str, name: str) -> dict[str, object]:
    digits = money_digits(source.value(term))
    return {
        name: source.fact(term, digits=digits), "money": money(language), "lo": source.fact(term, "ci_low", digits=digits),
        "hi": source.fact(term, "ci_high", digits=digits),
    }  # fmt: skip


def goals(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Goals that are overdue."""
    source = sources.get(f"{MATURITY}/goals")
    if source is None:
        return []
    late = [goal for goal in source.subjects("overdue") if source.value(f"overdue:{goal}") == 1]
    if not late:
        return []
    admitted = sources.get(f"{MATURITY}/goals_admitted")
    names = [in_quotes(language, (Label(named(admitted, goal) or goal),)) for goal in late]
    return [say(language, "sug_overdue", list=listed(language, names), ref=Ref("goal_board"))]
