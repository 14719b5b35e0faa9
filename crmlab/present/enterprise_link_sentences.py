"""Sentences on links of units to customers, bottlenecks, revenue at risk and mediation over two levels."""

from __future__ import annotations

import math

from crmlab.present.behaviour_words import Ways, money
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.enterprise_links import node, outcome_of, people_of
from crmlab.present.enterprise_words import count, element, in_quotes, told
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.privacy import withheld
from crmlab.present.sentences import listed

FIRM = 0.05


def links(source: Source, language: Language) -> Spans:
    """Which capabilities go with better relationships beyond chance, after all of them have been looked at."""
    outcome = outcome_of(source, "path")
    name = in_quotes(language, (Label(language.name(outcome)),))
    spans = told(
        language, "links", outcome=name, n=source.glance("n", "integer"), units=source.glance("units", "integer"),
        icc=source.fact("icc", style="percent", digits=0), ref=Ref("outcome_links"),
    )  # fmt: skip
    firm = [of for of in source.subjects("path") if source.value(f"p_holm:{of}") < FIRM]
    if not firm:
        return spans + told(language, "links_none")
    parts = [
        (*in_quotes(language, element(language, of.partition("~")[2])), " (", source.fact(f"path:{of}"), ")")
        for of in sorted(firm, key=lambda of: -abs(source.value(f"path:{of}")))
    ]
    return spans + told(
        language, "links_some", list=listed(language, parts), k=count(source, "firm", len(firm))
    )


def weights(source: Source, language: Language) -> Spans:
    """Which capability carries most of what all of them explain together."""
    of = max(source.subjects("dominance"), key=lambda of: source.value(f"dominance:{of}"))
    values = {
        "element": in_quotes(language, element(language, of.partition("~")[2])),
        "pct": source.fact(f"dominance_share:{of}", style="percent", digits=0),
    }
    return told(language, "weights" if source.result.ok else "weights_few", **values)


def bottlenecks(source: Source, language: Language) -> Spans:
    """Which capabilities are necessary: without them the outcome has not been seen high."""
    need = [of for of in source.subjects("necessary") if source.value(f"necessary:{of}") == 1]
    outcome = in_quotes(language, (Label(language.name(outcome_of(source, "ce_fdh"))),))
    if not need:
        return told(language, "necessary_none", outcome=outcome, ref=Ref("bottlenecks"))
    parts = [
        (
            *in_quotes(language, element(language, of.partition("~")[2])),
            " (",
            source.fact(f"ce_fdh:{of}"),
            ")",
        )
        for of in need
    ]
    spans = told(language, "necessary", outcome=outcome, list=listed(language, parts), ref=Ref("bottlenecks"),
                 k=count(source, "necessary", len(need)))  # fmt: skip
    return (
        spans
        if source.result.ok
        else spans + told(language, "necessary_few", n=source.glance("n", "integer"))
    )


def unit_means(source: Source, language: Language, outcome: str = "RQ") -> Spans:
    """Do customers of different units speak differently of a construct, beyond the luck of small ones?"""
    name = in_quotes(language, (Label(language.name(outcome)),))
    values = {"n": source.glance("units", "integer"), "fig": Ref("unit_means"), "outcome": name}
    return told(language, "units_differ" if source.result.ok else "units_alike", **values)


def revenue(source: Source, language: Language, threshold: int = 0, ways: Ways | None = None) -> Spans:
    """How much of the margin is earned with satisfaction, how much is at risk, and how much nobody knows about."""
    ways = ways or Ways(language)
    spans = told(
        language, "revenue", paid=source.fact("satisfied_share", style="percent", digits=0), ref=Ref("revenue_at_risk"),
        unknown=source.fact("unknown_share", style="percent", digits=0),
    )  # fmt: skip
    hidden = withheld(people_of(source), threshold)
    if {"satisfied", "risk"} & set(hidden):
        spans = told(
            language,
            "revenue_few",
            ref=Ref("revenue_at_risk"),
            limit=Fact("study/privacy_threshold", threshold, "integer"),
        )
    elif source.value("risk_customers") == 0:
        spans += told(language, "revenue_safe")
    else:
        spans += told(
            language, "revenue_risk", v=money(source, "risk_revenue"), money=ways.money, level=source.level,
            pct=source.fact("risk_share", style="percent", digits=0), k=source.fact("risk_customers", style="integer"),
            lo=source.fact("risk_share", "ci_low", "percent", 0), hi=source.fact("risk_share", "ci_high", "percent", 0),
        )  # fmt: skip
    return spans if source.result.ok else spans + told(language, "revenue_unknown")


def cascade(source: Source, language: Language) -> Spans:
    """Does a unit's budget reach its customers through its capacity?"""
    of = source.subjects("indirect")[0]
    outcome, mediator, cause = of.split("~")
    low, high = source.value(f"indirect:{of}", "ci_low"), source.value(f"indirect:{of}", "ci_high")
    names = {
        "cause": node(language, cause),
        "mediator": node(language, mediator),
        "outcome": node(language, outcome),
    }
    values = {
        **names,
        "units": source.glance("units", "integer"),
        "n": source.glance("n", "integer"),
        "ref": Ref("cascade"),
    }
    key = (
        "cascade_unknown"
        if math.isnan(low)
        else "cascade_up"
        if low > 0
        else "cascade_down"
        if high < 0
        else "cascade_none"
    )
    return told(language, key, level=source.level, **values)


def unstable(source: Source, language: Language) -> Spans:
    """The loop feeds itself: no steady state, no scenario; nothing where it settles."""
    radius = source.glance("spectral_radius")
    if math.isnan(radius.value) or radius.value < 1:
        return ()
    return told(language, "unstable", v=radius)
