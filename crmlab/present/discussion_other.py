"""What findings beyond the hypotheses mean: customers' value, maturity, offices. A step adds its reading to READINGS."""

# ruff: noqa: ARG001  (all makers take the same three things, so that they can stand in one list)
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crmlab.present import linkage_discussion
from crmlab.present.behaviour_words import Ways, money_digits
from crmlab.present.blocks import Fact, Spans
from crmlab.present.enterprise_words import element, in_quotes, money, rated
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import say

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]


def readings(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """One paragraph for each further part of the study that has results."""
    told = [read(study, sources, language) for read in READINGS]
    return [spans for spans in told if spans]


def _value(study: Study, sources: Sources, language: Language) -> Spans:
    source = sources.get("07_behavioural_clv/value")
    if source is None or not source.value("top_share") > 0 or "clv.mean" not in source:
        return ()
    digits, ways = money_digits(source.value("clv.mean")), Ways.of(language, study)
    mean, low, high = (
        source.fact("clv.mean", column, digits=digits) for column in ("estimate", "ci_low", "ci_high")
    )
    told = fill(language.word("disc.money"), value=mean, money=ways.money)
    pct = source.fact("top_share", style="percent", digits=1)
    return say(language, "disc_concentrated", pct=pct, mean=told, lo=low, hi=high)


def _maturity(study: Study, sources: Sources, language: Language) -> Spans:
    source = sources.get("09_maturity/levels")
    codes = rated(source, "gartner") if source is not None else []
    if source is None or len(codes) < 2:
        return ()
    ranked = sorted(codes, key=lambda code: source.value(f"level_mean:{code}"))
    low, high = ranked[0], ranked[-1]
    return say(
        language, "disc_maturity", high=in_quotes(language, element(language, high)), vh=source.fact(f"level_mean:{high}"),
        low=in_quotes(language, element(language, low)), vl=source.fact(f"level_mean:{low}"),
    )  # fmt: skip


def _offices(study: Study, sources: Sources, language: Language) -> Spans:
    source = sources.get("10_enterprise_map/cut")
    if source is None or "net" not in source:
        return ()
    last = max((int(period) for period in source.subjects("net_by")), default=0)
    k = Fact(f"counted/{source.address}/periods", last, "integer")
    digits = money_digits(source.value("net"))
    values = {key: source.fact(key, digits=digits) for key in ("lost", "saved", "net")}
    low, high = (source.fact("net", column, digits=digits) for column in ("ci_low", "ci_high"))
    unclear = language.word("disc.open_net") if low.value < 0 < high.value else ""
    return say(language, "disc_offices", k=k, lo=low, hi=high, open=unclear, money=money(language), **values)


READINGS: tuple[Callable[[Study, Sources, Language], Spans], ...] = (
    _value,
    linkage_discussion.reading,
    _maturity,
    _offices,
)
