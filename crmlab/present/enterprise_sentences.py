"""Sentences on maturity, goals and plans: one for every outcome, the unwelcome ones too."""

from __future__ import annotations

import math

from crmlab.present.blocks import Fact, Figure, Label, Ref, Spans, Table
from crmlab.present.enterprise_goals import named
from crmlab.present.enterprise_words import (
    FEW_UNITS,
    count,
    element,
    in_quotes,
    rated,
    said,
    split,
    told,
    units,
)
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed, parted
from crmlab.study.maturity import elements_of

AGREED = 0.70
MOST_TOLD = 3  # units told of one by one where there are many
NAMED_UNITS = 15  # up to which the units at each gate are named


def ratings(source: Source, language: Language) -> Spans:
    """How many ratings there are, of how many units."""
    values = {
        key: source.fact(key, style="integer")
        for key in ("read", "kept", "units", "missing_levels", "with_evidence")
    }
    whole = values["read"].value == values["kept"].value
    spans = told(language, "ratings_all" if whole else "ratings", ref=Ref("ratings"), **values)
    return spans + (
        told(language, "ratings_blank", k=values["missing_levels"]) if values["missing_levels"].value else ()
    )


def agreement(source: Source, language: Language) -> Spans:
    """Do raters agree, and can units be told apart?"""
    spans: Spans = ()
    share = source.glance("agreed", "percent", 0)
    if not math.isnan(share.value):
        spans += told(
            language,
            "agreed_all" if share.value == 1 else "agreed" if share.value >= 0.5 else "agreed_little",
            pct=share,
            limit=Fact("study/rules/rwg", AGREED),
            ref=Ref("agreement"),
        )
    alone = [
        check.name.partition(":")[2]
        for check in source.result.failed
        if check.name.startswith("check.one_rater:")
    ]
    whole = [
        unit
        for unit in alone
        if not any(unit == f"{code}.{split(unit)[1]}" for code in source.subjects("rwg_median"))
    ]
    if whole:
        spans += told(
            language,
            "one_rater",
            list=listed(language, [(Label(unit),) for unit in whole]),
            n=count(source, "alone", len(whole)),
        )
    known = [code for code in source.subjects("icc2") if not math.isnan(source.value(f"icc2:{code}"))]
    weak = [code for code in known if source.value(f"icc2:{code}") < AGREED]
    if not known:
        return spans + told(language, "icc_unknown")
    n, k = count(source, "elements", len(known)), count(source, "apart", len(known) - len(weak))
    if not weak:
        return spans + told(language, "icc_all", n=n)
    names = listed(language, [in_quotes(language, element(language, code)) for code in weak])
    return spans + told(language, "icc_some", n=n, k=k, list=names)


def drawn(language: Language, **blocks: Table | Figure | None) -> Spans:
    """One sentence for each table or figure that follows, which names it: pattern -> block; none for what is not there.

    `levels` goes with the pattern before it and has none of its own.
    """
    mean = blocks.pop("levels", None)
    beside = {"levels": Ref(mean.key)} if mean is not None else {}
    spans: Spans = ()
    for key, block in blocks.items():
        if block is not None:
            spans += told(language, key, fig=Ref(block.key), ref=Ref(block.key), **beside)
    return spans


def levels(source: Source, language: Language, model: str, gap: Source | None) -> Spans:
    """The highest and lowest element, and how far the targets are."""
    codes = rated(source, model)
    ranked = sorted(codes, key=lambda code: source.value(f"level_mean:{code}"))
    low, high = ranked[0], ranked[-1]
    spans = told(
        language, "levels", ref=Ref(f"levels_{model}"), mean=source.fact(f"model_mean:{model}"),
        high=in_quotes(language, element(language, high)), vh=source.fact(f"level_mean:{high}"),
        low=in_quotes(language, element(language, low)), vl=source.fact(f"level_mean:{low}"),
        n=count(source, "units", len(units(source))),
    )  # fmt: skip
    aimed = [code for code in codes if gap is not None and f"gap_mean:{code}" in gap]
    if gap is None or not aimed:
        return spans
    open_ones = [code for code in aimed if gap.value(f"gap_mean:{code}") > 0]
    if not open_ones:
        return spans + told(language, "targets_reached")
    widest = max(open_ones, key=lambda code: gap.value(f"gap_mean:{code}"))
    values = {"k": count(gap, f"open_{model}", len(open_ones)), "n": count(gap, f"aimed_{model}", len(aimed))}
    return spans + told(
        language,
        "targets_open" if len(open_ones) < len(aimed) else "targets_none",
        **values,
        widest=in_quotes(language, element(language, widest)),
        v=gap.fact(f"gap_mean:{widest}"),
    )


def balance(source: Source, language: Language) -> Spans:
    """Is the profile even, and which units hang on one weak link?"""
    bad = [
        unit
        for check in source.result.failed
        if check.name.startswith("check.weakest_link:") and (unit := check.name.partition(":")[2])
    ]
    names = source.subjects("weakest_index")
    spans: Spans = ()
    if "weakest_index" in source:
        weak = [code for code in source.subjects("weakest") if "." not in code]
        spans += told(
            language, "weakest", v=source.fact("weakest_index"), ref=Ref("balance"),
            list=listed(language, [in_quotes(language, element(language, code)) for code in weak]),
        )  # fmt: skip
    n = count(source, "units", len(names))
    if not bad:
        return spans + told(language, "balanced", n=n)
    worst = min(bad, key=lambda unit: source.value(f"weakest_index:{unit}"))
    return spans + told(
        language, "unbalanced", k=count(source, "unbalanced", len(bad)), n=n, unit=(Label(worst),),
        v=source.fact(f"weakest_index:{worst}"),
    )  # fmt: skip


def gates(source: Source, language: Language, model: str) -> Spans:
    """How many units passed all, and where the others are held up first."""
    codes, names = elements_of(model), source.subjects("gates_passed")
    threshold = source.glance("threshold", digits=1)
    held = {unit: source.value(f"bottleneck:{unit}") for unit in names}
    through = [unit for unit, place in held.items() if math.isnan(place)]
    values = {
        "n": count(source, "units", len(names)),
        "k": count(source, "through", len(through)),
        "threshold": threshold,
        "ref": Ref(f"gates_{model}"),
    }
    if len(through) == len(names):
        return told(language, f"gates_all_{model}", **values)
    spans = told(language, f"gates_{model}" if through else f"gates_none_{model}", **values)
    stops: list[Spans] = []
    for place in sorted({int(place) for place in held.values() if not math.isnan(place)}):
        stuck = [unit for unit in names if held[unit] == place]
        many = said(language, "held.count", k=count(source, f"held_{place}", len(stuck)))
        stops.append(
            said(
                language, f"held.{model}", gate=in_quotes(language, element(language, codes[place - 1])),
                place=Fact(f"{source.address}/bottleneck:{stuck[0]}/estimate", place, "integer"),
                units=listed(language, [(Label(unit),) for unit in stuck]) if len(names) <= NAMED_UNITS else many,
            )
        )  # fmt: skip
    return spans + told(language, f"held_{model}", list=parted(language, stops))


def inversions(source: Source, language: Language) -> Spans:
    """Which later stage stands above an earlier one, in words."""
    names = [unit for unit in source.subjects("inversions") if source.value(f"inversions:{unit}") > 0]
    if not names:
        return told(language, "in_order")
    spans: Spans = ()
    ranked = sorted(names, key=lambda unit: -source.value(f"inversions:{unit}"))
    told_of = ranked if len(ranked) <= FEW_UNITS else ranked[:MOST_TOLD]
    for unit in told_of:
        own = [of for of in source.subjects("inversion") if split(of)[1] == unit]
        widest = max(own, key=lambda of: source.value(f"inversion:{of}"))
        later, _, earlier = split(widest)[0].partition("~")
        share = source.fact(f"inversion_share:{widest}", style="percent", digits=0)
        key = "inverted_bare" if math.isnan(share.value) else "inverted"
        spans += told(
            language, key, unit=(Label(unit),), k=source.fact(f"inversions:{unit}", style="integer"),
            later=in_quotes(language, element(language, later)), earlier=in_quotes(language, element(language, earlier)),
            lead=source.fact(f"inversion:{widest}"), pct=share,
        )  # fmt: skip
    if len(ranked) > len(told_of):
        rest = count(source, "further", len(ranked) - len(told_of))
        spans += told(language, "inverted_more", k=rest, ref=Ref("inversions_crm_strategy"))
    worst = max(source.subjects("wasted_total"), key=lambda unit: source.value(f"wasted_total:{unit}"))
    if source.value(f"wasted_total:{worst}") > 0:
        spans += told(language, "wasted", unit=(Label(worst),), v=source.fact(f"wasted_total:{worst}"))
    return spans


def best_practice(source: Source, language: Language, model: str) -> Spans:
    """Where the widest distance to the best unit lies."""
    codes = elements_of(model)
    found = [
        of
        for of in source.subjects("best_gap")
        if split(of)[0] in codes and source.value(f"best_gap:{of}") > 0
    ]
    if not found:
        return told(language, "practice_none")
    widest = max(found, key=lambda of: source.value(f"best_gap:{of}"))
    code, unit = split(widest)
    best = next(split(of)[1] for of in source.subjects("best") if split(of)[0] == code)
    return told(
        language, "practice", unit=(Label(unit),), best=(Label(best),), element=in_quotes(language, element(language, code)),
        v=source.fact(f"best_gap:{widest}"), ref=Ref(f"levels_{model}"),
    )  # fmt: skip


def goals(source: Source, admitted: Source | None, language: Language) -> Spans:
    """How complete the goals are, and how far they have come."""
    values = {key: source.glance(key, "integer") for key in ("goals", "complete", "measured", "attained")}
    spans = told(language, "goals", ref=Ref("goal_board"), fig=Ref("goal_chart"), **values)
    late = source.subjects("overdue")
    if late:
        names = listed(language, [_goal(admitted, goal) for goal in late])
        spans += told(language, "overdue", list=names, k=count(source, "overdue", len(late)))
    back = [goal for goal in source.subjects("attainment") if source.value(f"attainment:{goal}") < 0]
    if back:
        spans += told(language, "backwards", list=listed(language, [_goal(admitted, goal) for goal in back]))
    return spans


def _goal(admitted: Source | None, goal: str) -> Spans:
    name = named(admitted, goal)
    return (Label(goal), " (", Label(name), ")") if name else (Label(goal),)


def alignment(source: Source, admitted: Source | None, language: Language) -> Spans:
    """How well goals of CRM serve the business, with the orphans by name."""
    if "alignment" not in source:
        return told(language, "alignment_none")
    shares = {
        key: source.fact(key, style="percent", digits=0)
        for key in ("parent_share", "served_share", "alignment")
    }
    spans = told(language, "alignment", ref=Ref("tracing"), **shares)
    for kind in ("orphan_goal", "unserved_goal", "lost_parent"):
        found = [
            check.name.partition(":")[2]
            for check in source.result.failed
            if check.name.startswith(f"check.{kind}:")
        ]
        if not found:
            continue
        parts = [_goal(admitted, one.partition("~")[0]) for one in found]
        spans += told(language, kind, list=listed(language, parts))
    return spans if source.result.failed else spans + told(language, "aligned")


def schedule(source: Source, language: Language) -> Spans:
    """How long all steps take, and what they cost."""
    months, cost = source.glance("duration", digits=0), source.glance("cost", digits=0)
    values = {
        "months": months,
        "n": count(source, "steps", len(source.subjects("order"))),
        "ref": Ref("schedule"),
    }
    spans = told(language, "schedule", **values)
    return spans + (told(language, "schedule_cost", cost=cost) if cost.value > 0 else ())


def roadmap(source: Source, language: Language) -> Spans:
    """What the best plan buys, what it is worth, and whether bad luck would choose another."""
    steps = [
        of
        for of in source.subjects("chosen")
        if of.endswith(".expected") and source.value(f"chosen:{of}") > 0.5
    ]
    budget = source.glance("budget", digits=0)
    if not steps:
        return told(language, "roadmap_nothing", budget=budget, ref=Ref("roadmap"))
    spans = told(
        language, "roadmap", n=count(source, "bought", len(steps)), budget=budget, cost=source.fact("cost:expected", digits=0),
        v=source.fact("value:expected", digits=0), lo=source.fact("value:expected", "ci_low", digits=0),
        hi=source.fact("value:expected", "ci_high", digits=0), level=source.level, ref=Ref("roadmap"),
        pct=source.fact("loss_chance:expected", style="percent", digits=1),
    )  # fmt: skip
    return spans + told(language, "roadmap_same" if not source.result.failed else "roadmap_other")


def information(source: Source, language: Language) -> Spans:
    """Is it better to measure first?"""
    v = source.fact("evpi", digits=0)
    if not v.value > 0:
        return told(language, "information_none")
    spans = told(
        language, "information", v=v, now=source.fact("decide_now", digits=0), ref=Ref("information")
    )
    best = max(source.subjects("evppi"), key=lambda of: source.value(f"evppi:{of}"))
    if source.value(f"evppi:{best}") > 0:
        spans += told(
            language,
            "measure_first",
            element=in_quotes(language, element(language, best)),
            v=source.fact(f"evppi:{best}", digits=0),
        )
    return spans


def themes(source: Source, language: Language) -> Spans:
    """Which theme stands lowest, and where the models disagree most."""
    from crmlab.enterprise.crosswalk import themes as known

    keys = [of for of in source.subjects("theme_level") if "." not in of]
    low = min(keys, key=lambda key: source.value(f"theme_level:{key}"))
    wide = max(keys, key=lambda key: source.value(f"theme_spread:{key}"))
    name = {key: in_quotes(language, (Label(known()[key].name[language.code]),)) for key in (low, wide)}
    return told(
        language, "themes", low=name[low], v=source.fact(f"theme_level:{low}"), wide=name[wide],
        s=source.fact(f"theme_spread:{wide}"), ref=Ref("themes"),
    )  # fmt: skip


def considerations(source: Source, language: Language) -> Spans:
    """Every consideration is reached from a page, or not."""
    lost = [check.name.partition(":")[2] for check in source.result.failed]
    n = source.glance("considerations", "integer")
    if lost:
        return told(language, "unreached", list=listed(language, [(Label(key),) for key in lost]), n=n)
    return told(language, "considerations", n=n, ref=Ref("considerations"))
