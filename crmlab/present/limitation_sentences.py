"""Limits of a study, written from its failed checks and settings."""

# ruff: noqa: ARG001  (all makers take the same three things, so that they can stand in one list)
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crmlab.present import linkage_discussion
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.measure_limits import content, distance, failed, fit, measures, method
from crmlab.present.outcomes import (
    DESIGN,
    GROUPS,
    MEASURE,
    STRUCTURE,
    lost_groupings,
    outcomes,
    refused_groupings,
)
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
SMALL = 100  # respondents below which any sample is small for such models (Kline 2016)
INTAKE, BEHAVIOUR, MATURITY = "02_data_intake", "07_behavioural_clv", "09_maturity"


def limitations(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Every limitation these results show, one paragraph a kind."""
    makers: tuple[Callable[[Study, Sources, Language], Spans], ...] = (
        _sampling, _size, _left_out, _missing, content, measures, fit, distance, _firm, method, _wave, _groups,
        _design, _records, linkage_discussion.limits, _raters, _all_checks,
    )  # fmt: skip
    told = [make(study, sources, language) for make in makers]
    return [spans for spans in told if spans]


def _sampling(study: Study, sources: Sources, language: Language) -> Spans:
    spans: Spans = ()
    if study.notice:
        spans = say(language, "lim_simulated", notice=Label(study.notice[language.code]))
    return spans + (say(language, "lim_sampling") if study.has_survey else ())


def _size(study: Study, sources: Sources, language: Language) -> Spans:
    flow, plan = sources.get(f"{INTAKE}/flow"), sources.get(f"{DESIGN}/sample_size")
    spans: Spans = ()
    if flow is not None and plan is not None and flow.value("analysed") < plan.value("planned"):
        n, planned = flow.fact("analysed", style="integer"), plan.fact("planned", style="integer")
        spans += say(language, "lim_planned", n=n, planned=planned)
    if flow is not None and flow.value("analysed") < SMALL:
        spans += say(language, "lim_small", n=flow.fact("analysed", style="integer"))
    weak = _lacking(sources)
    found = {one.hypothesis.id: one for one in outcomes(study, sources)}
    for key, names in (
        ("lim_power", [name for name in weak if name in found and found[name].open]),
        ("lim_power_found", [name for name in weak if name in found and abs(found[name].verdict) == 1]),
    ):
        if names:
            spans += say(language, key, list=listed(language, [(Label(name),) for name in names]))
    return spans


def _lacking(sources: Sources) -> list[str]:
    """Hypotheses that the planned sample had not the power for."""
    design = sources.get(f"{DESIGN}/hypotheses")
    return failed(design, "check.power_planned:")


def _left_out(study: Study, sources: Sources, language: Language) -> Spans:
    flow = sources.get(f"{INTAKE}/flow")
    if flow is None or not flow.value("analysed") < flow.value("read"):
        return ()
    lost = Fact(f"counted/{flow.address}/set_aside", flow.value("read") - flow.value("analysed"), "integer")
    key = "lim_left_out_one" if lost.value == 1 else "lim_left_out"
    return say(language, key, k=lost, n=flow.fact("read", style="integer"))


def _missing(study: Study, sources: Sources, language: Language) -> Spans:
    source = sources.get(f"{MEASURE}/missing")
    if source is None or not source.value("share_missing") > 0:
        return ()
    some = source.value("rows_complete") > 0
    spans = say(
        language, "lim_missing" if some else "lim_missing_all", pct=source.fact("share_missing", style="percent", digits=1),
        k=source.fact("rows_complete", style="integer"), n=source.fact("rows", style="integer"),
    )  # fmt: skip
    p = source.fact("mcar", "p_value", "p_relation", 3)
    if not math.isnan(p.value):
        key = "lim_missing_mcar" if p.value >= study.rules.alpha else "lim_missing_not_mcar"
        spans += say(language, key, p=p)
    mean = study.uses("pls") and study.estimator.missing == "mean"
    return spans + (say(language, "lim_replaced") if mean else ())


def _firm(study: Study, sources: Sources, language: Language) -> Spans:
    """Verdicts that another defensible analysis changes."""
    source = sources.get(f"{STRUCTURE}/sensitivity")
    names = source.subjects("stands") if source is not None else []
    moved = [name for name in names if source.value(f"stands:{name}") < 1]  # type: ignore[union-attr]
    told = listed(language, [(Label(name),) for name in moved])
    return say(language, "lim_fragile", list=told, ref=Ref("sensitivity")) if moved else ()


def _wave(study: Study, sources: Sources, language: Language) -> Spans:
    return say(language, "lim_wave") if study.paths else ()


def item_of(language: Language, item: str) -> Spans:
    """The question that makes the groups, in quotation marks."""
    return fill(language.word("quote"), text=Label(language.names.get(f"text:{item}", item)))


def _groups(study: Study, sources: Sources, language: Language) -> Spans:
    spans: Spans = ()
    refused, lost = refused_groupings(study, sources), lost_groupings(study, sources)
    for item in refused:
        spans += say(language, "lim_invariance", item=item_of(language, item))
    for item in lost:
        spans += say(language, "lim_groups_lost", item=item_of(language, item), ref=Ref("section-groups"))
    for item in (one.name for one in study.groupings if one.name not in (*refused, *lost)):
        spans += _compared(study, sources, language, item)
    return spans


def _compared(study: Study, sources: Sources, language: Language, item: str) -> Spans:
    """What limits a comparison that was made: groups left out, dimensions that are not measured alike."""
    ladder, alone = (sources.get(f"{GROUPS}/{name}_{item}") for name in ("invariance", "items"))
    small = failed(ladder, "check.small_group:")
    spans: Spans = ()
    if small:
        names = listed(
            language, [fill(language.word("quote"), text=Label(language.name(one))) for one in small]
        )
        spans += say(language, "lim_small_groups", list=names, item=item_of(language, item))
    loose = [
        name for name in study.first_order if alone is not None and alone.value(f"holds:{name}.metric") == 0
    ]
    if loose:
        told = listed(language, [quoted(language, name) for name in loose])
        spans += say(language, "lim_dimensions", list=told, item=item_of(language, item))
    return spans


def _design(study: Study, sources: Sources, language: Language) -> Spans:
    if not study.paths:
        return ()
    card = sources.get(f"{DESIGN}/design_card")
    spans = say(language, "lim_no_design") if not study.has_design else ()
    if card is not None and card.value("frozen") != 1:
        spans += say(language, "lim_not_frozen")
    if card is not None and card.value("deviations") > 0:
        k = card.fact("deviations", style="integer")
        spans += say(language, "lim_departed", k=k, ref=Ref("design_deviations"))
    return spans + (say(language, "lim_no_margin") if study.spec.smallest_effect is None else ())


def _records(study: Study, sources: Sources, language: Language) -> Spans:
    rows = sources.get(f"{INTAKE}/ledger_flow")
    spans: Spans = ()
    if rows is not None and rows.value("kept") < rows.value("read"):
        lost = Fact(f"counted/{rows.address}/refused", rows.value("read") - rows.value("kept"), "integer")
        spans += say(
            language, "lim_ledger", k=lost, n=rows.fact("read", style="integer"), ref=Ref("ledger_flow")
        )
    holdout = sources.get(f"{BEHAVIOUR}/holdout")
    if failed(holdout, "check.better_than_naive:"):
        spans += say(language, "disc_naive_better")
    return spans + (say(language, "lim_repeat") if f"{BEHAVIOUR}/value" in sources else ())


def _raters(study: Study, sources: Sources, language: Language) -> Spans:
    alone = [unit for unit in failed(sources.get(f"{MATURITY}/agreement"), "check.one_rater:") if unit]
    if not alone:
        return ()
    return say(language, "lim_raters", list=listed(language, [(Label(unit),) for unit in alone]))


def _all_checks(study: Study, sources: Sources, language: Language) -> Spans:
    total = sum(len(source.result.checks) for source in sources.values())
    failed = sum(len(source.result.failed) for source in sources.values())
    if not failed:
        return ()
    n, k = (
        Fact(f"counted/checks/{which}", count, "integer")
        for which, count in (("all", total), ("failed", failed))
    )
    return say(language, "lim_checks", k=k, n=n, ref=Ref("section-checks"))
