"""What is said of further criteria of validity, of the common method, and of all criteria together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Ref, Spans
from crmlab.present.facts import Source
from crmlab.present.item_sentences import some
from crmlab.present.item_tables import count
from crmlab.present.language import Language
from crmlab.present.method_tables import judged_all
from crmlab.present.rules import Criterion, limit, weak
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Study


def fornell_larcker(source: Source, language: Language) -> Spans:
    """Does each construct share more with its items than with another?"""
    known = [pair for pair in source.subjects("margin") if not math.isnan(source.value(f"margin:{pair}"))]
    over = [pair for pair in known if source.value(f"margin:{pair}") <= 0]
    if over:
        return say(language, "fl_bad", ref=Ref("fornell_larcker"), list=pairs(language, over))
    return say(language, "fl_good", ref=Ref("fornell_larcker")) if known else ()


def cross_loadings(source: Source, language: Language, blocks: Mapping[str, Sequence[str]]) -> Spans:
    """Does each item go most with its own construct?"""
    away = []
    for name, items in blocks.items():
        for item in items:
            own = abs(source.value(f"cross_loading:{name}=~{item}"))
            others = [
                abs(source.value(f"cross_loading:{other}=~{item}")) for other in blocks if other != name
            ]
            away += [item] if any(value >= own for value in others) else []
    if away:
        return say(language, "cross_bad", ref=Ref("cross_loadings"), list=some(language, away))
    return say(language, "cross_good", ref=Ref("cross_loadings"))


def htmt2(source: Source, language: Language, study: Study) -> Spans:
    """Do geometric means tell the constructs apart?"""
    known = [pair for pair in source.subjects("htmt2") if not math.isnan(source.value(f"htmt2:{pair}"))]
    if not known:
        return ()
    bound, ref = limit(study, "htmt"), Ref("htmt_forms")
    over = [pair for pair in known if source.value(f"htmt2:{pair}") >= bound.value]
    if over:
        return say(language, "htmt2_bad", limit=bound, ref=ref, list=pairs(language, over))
    pair = max(known, key=lambda pair: source.value(f"htmt2:{pair}"))
    high = source.fact(f"htmt2:{pair}", "ci_high")
    key = "htmt2_good" if high.value < bound.value else "htmt2_unsure"
    told = listed(language, [quoted(language, part) for part in pair.split("~")])
    return say(language, key, value=source.fact(f"htmt2:{pair}"), pair=told, hi=high, limit=bound, ref=ref)


def pairs(language: Language, found: Sequence[str], most: int = 6) -> Spans:
    """Pairs of constructs as a list."""
    parts: list[Spans] = []
    for pair in found[:most]:
        left, _, right = pair.partition("~")
        parts.append((*quoted(language, left), language.word("with"), *quoted(language, right)))
    told: Spans = ()
    for k, part in enumerate(parts):
        told += (language.word("semicolon"), *part) if k else part
    return (*told, language.word("and_others")) if len(found) > most else told


def method(
    harman: Source | None, vif: Source | None, marker: Source | None, language: Language, study: Study
) -> Spans:
    """Is there a sign of a common method?"""
    told: Spans = ()
    if harman is not None and "harman" in harman:
        told += _harman(harman, language, study)
    if vif is not None and vif.subjects("vif"):
        told += _collinear(vif, language, study)
    if marker is not None and marker.subjects("cor_adjusted"):
        told += _marker(marker, language)
    return told + (say(language, "method_end") if told else ())


def _harman(harman: Source, language: Language, study: Study) -> Spans:
    bound = limit(study, "harman")
    below = harman.value("harman") < bound.value
    share = harman.fact("harman", style="percent", digits=1)
    told = say(
        language, "harman_below" if below else "harman_above", pct=share, ref=Ref("method"),
        limit=_as_percent(bound),
    )  # fmt: skip
    return told + (say(language, "harman_second") if study.second_order and not below else ())


def _as_percent(fact: Fact) -> Fact:
    return replace(fact, style="percent", digits=0)


def _collinear(vif: Source, language: Language, study: Study) -> Spans:
    rule, bound = Criterion("full_collinearity", "", "vif", "<="), limit(study, "full_collinearity")
    over = weak(vif, rule, study)
    if over:
        parts = [(*quoted(language, term.partition(":")[2]), " (", vif.fact(term), ")") for term in over]
        return say(language, "collinear_bad", list=listed(language, parts), limit=bound)
    top = rule.worst(vif, rule.terms(vif))
    return say(
        language,
        "collinear_good",
        vif=vif.fact(top),
        var=quoted(language, top.partition(":")[2]),
        limit=bound,
    )


def _marker(marker: Source, language: Language) -> Spans:
    failed = [check.name for check in marker.result.failed]
    if "check.marker" in failed:
        return say(language, "marker_none")
    lost = [name for name in failed if name.startswith("check.marker_adjusted:")]
    r, ref = marker.glance("r_marker"), Ref("marker")
    if not lost:
        return say(language, "marker_holds", r=r, ref=ref)
    k, n = count(marker, "lost", len(lost)), count(marker, "pairs", len(marker.subjects("cor_adjusted")))
    return say(language, "marker_changes", r=r, k=k, n=n, ref=ref)


def method_factor(common: Source | None, free: Source | None, language: Language, study: Study) -> Spans:
    """How much would a factor behind all items take, and may that be called the method's?"""
    told: Spans = ()
    for name, source in (("common", common), ("free", free)):
        if source is None or "variance_method" not in source:
            continue
        share = source.fact("variance_method", style="percent", digits=1)
        p = source.fact("chi2_difference", "p_value", "p_relation", 3)
        failed = {check.name.partition(":")[0] for check in source.result.failed}
        key = "factor_none"
        if share.value > 0 and p.value < study.rules.alpha:
            key = "factor_large" if "check.method_variance" in failed else "factor_small"
        which = language.word(f"method_factor.{name}")
        told += say(language, key, which=which, pct=share, p=p, ref=Ref("method_factor"))
        if failed & {"check.method_mimic", "check.method_second_order"}:
            told += say(language, "factor_mimic")
        drops = [check.name for check in source.result.failed if check.name.startswith("check.loading_drop:")]
        if drops:
            items = [name.partition("=~")[2] for name in drops]
            told += say(language, "factor_drops", list=some(language, items))
    return told


def marker_models(source: Source, language: Language) -> Spans:
    """Does the marker's factor explain the items, and does it bias the correlations?"""
    failed = {check.name for check in source.result.failed}
    ref = Ref("marker_models")
    if "check.marker_bias" in failed:
        return say(language, "marker_bias", ref=ref)
    if "check.marker_variance" in failed:
        return say(language, "marker_variance", ref=ref)
    return say(language, "marker_clean", ref=ref)


def criteria(sources: dict[str, Source], language: Language, study: Study) -> Spans:
    """How many criteria of the chapter are met throughout?"""
    found = judged_all(sources, study)
    if not found:
        return ()
    some_source = next(iter(sources.values()))
    short = [name for name, met in found.items() if not met]
    n = count(some_source, "criteria", len(found))
    if not short:
        return say(language, "criteria_all", ref=Ref("criteria"), n=n)
    k = count(some_source, "criteria_met", len(found) - len(short))
    told = listed(language, [(language.word(f"criterion.{name}"),) for name in short])
    return say(language, "criteria_some", ref=Ref("criteria"), n=n, k=k, list=told)
