"""Limits of a study, written from its failed checks and settings, and what the next study should ask."""

# ruff: noqa: ARG001  (all makers take the same three things, so that they can stand in one list)
from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.discussion_sentences import pair_of
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.outcomes import (
    DESIGN,
    MEASURE,
    STRUCTURE,
    judged,
    lost_groupings,
    outcomes,
    refused_groupings,
    unusable,
)
from crmlab.present.rules import limit, telling
from crmlab.present.sem_tables import fits, measure
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
INTAKE, BEHAVIOUR, MATURITY = "02_data_intake", "07_behavioural_clv", "09_maturity"
EXPLAINED_LITTLE = 0.25  # R2 below which the field calls the explanation weak (Hair et al. 2022)


def limitations(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Every limitation these results show, one paragraph a kind."""
    makers: tuple[Callable[[Study, Sources, Language], Spans], ...] = (
        _sampling, _size, _left_out, _missing, _measures, _fit, _method, _wave, _groups, _design, _records,
        _raters, _all_checks,
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
    return _failed(design, "check.power_planned:")


def _failed(source: Source | None, start: str) -> list[str]:
    """Subjects of the failed checks of one kind."""
    if source is None:
        return []
    return [check.name[len(start) :] for check in source.result.failed if check.name.startswith(start)]


def _left_out(study: Study, sources: Sources, language: Language) -> Spans:
    flow = sources.get(f"{INTAKE}/flow")
    if flow is None or not flow.value("analysed") < flow.value("read"):
        return ()
    lost = Fact(f"counted/{flow.address}/set_aside", flow.value("read") - flow.value("analysed"), "integer")
    return say(language, "lim_left_out", k=lost, n=flow.fact("read", style="integer"))


def _missing(study: Study, sources: Sources, language: Language) -> Spans:
    source = sources.get(f"{MEASURE}/missing")
    if source is None or not source.value("share_missing") > 0:
        return ()
    spans = say(
        language, "lim_missing", pct=source.fact("share_missing", style="percent", digits=1),
        k=source.fact("rows_complete", style="integer"), n=source.fact("rows", style="integer"),
    )  # fmt: skip
    p = source.fact("mcar", "p_value", "p_relation", 3)
    if not math.isnan(p.value):
        key = "lim_missing_mcar" if p.value >= study.rules.alpha else "lim_missing_not_mcar"
        spans += say(language, key, p=p)
    mean = study.uses("pls") and study.estimator.missing == "mean"
    return spans + (say(language, "lim_replaced") if mean else ())


def _measures(study: Study, sources: Sources, language: Language) -> Spans:
    quality, ratios = sources.get(f"{MEASURE}/reliability"), sources.get(f"{MEASURE}/htmt")
    spans: Spans = ()
    for key, quantity in (("reliability", "omega"), ("ave", "ave")):
        weak = below(quality, quantity, getattr(study.rules, key))
        if weak and quality is not None:
            told = [
                (
                    *quoted(language, name),
                    " (",
                    telling(quality.fact(f"{quantity}:{name}"), limit(study, key)),
                    ")",
                )
                for name in weak
            ]
            spans += say(language, f"lim_{key}", list=_few(language, told), limit=limit(study, key))
    over = above(ratios, study.rules.htmt)
    if over and ratios is not None:
        told = [
            fill(language.word("disc.pair"), pair=pair_of(language, pair), htmt=ratios.fact(f"htmt:{pair}"))
            for pair in over
        ]
        spans += say(language, "lim_distinct", list=_few(language, told), limit=limit(study, "htmt"))
    return spans


def below(source: Source | None, quantity: str, bound: float) -> list[str]:
    """Subjects whose value is under a limit."""
    if source is None:
        return []
    return [of for of in source.subjects(quantity) if source.value(f"{quantity}:{of}") < bound]


def above(source: Source | None, bound: float) -> list[str]:
    """Pairs whose ratio reaches the limit."""
    if source is None:
        return []
    return [of for of in source.subjects("htmt") if source.value(f"htmt:{of}") >= bound]


def _few(language: Language, told: Sequence[Spans]) -> Spans:
    """A list in running text whose parts may hold commas."""
    spans: list[object] = []
    for k, part in enumerate(told):
        spans += [language.word("semicolon")] if k else []
        spans += part
    return tuple(spans)  # type: ignore[arg-type]


def _fit(study: Study, sources: Sources, language: Language) -> Spans:
    spans: Spans = ()
    for name, address in (("cfa", f"{MEASURE}/cfa"), ("cfa_second", f"{MEASURE}/cfa_second"), ("sem", f"{STRUCTURE}/sem_paths")):  # fmt: skip
        source = sources.get(address)
        if source is None:
            continue
        model = fill(language.word("quote"), text=(language.word(f"model.{name}"),))
        if unusable(source):
            spans += say(language, "lim_unusable", model=model)
        elif not fits(source, study):
            values = {key: measure(source, key) for key in ("cfi", "rmsea", "srmr")}
            spans += say(language, "lim_fit", model=model, **values)
    return spans


def _method(study: Study, sources: Sources, language: Language) -> Spans:
    if not study.has_survey or f"{MEASURE}/reliability" not in sources:
        return ()
    signs = [
        (language.word(f"disc.method.{name}"),)
        for name, found in method_signs(study, sources).items()
        if found
    ]
    if signs:
        return say(language, "lim_method_found", signs=listed(language, signs))
    return say(language, "lim_method_clear" if method_signs(study, sources) else "lim_method_unasked")


def method_signs(study: Study, sources: Sources) -> dict[str, bool]:
    """Each check for a common method that was made, and whether it found a sign."""
    harman, vif, marker = (
        sources.get(f"{MEASURE}/{name}") for name in ("harman", "full_collinearity", "marker")
    )
    found: dict[str, bool] = {}
    if harman is not None and "harman" in harman:
        found["harman"] = harman.value("harman") >= study.rules.harman
    if vif is not None and vif.subjects("vif"):
        worst = max(vif.value(f"vif:{name}") for name in vif.subjects("vif"))
        found["collinearity"] = worst > study.rules.full_collinearity
    if marker is not None and marker.subjects("cor_adjusted"):
        found["marker"] = bool(_failed(marker, "check.marker_adjusted:"))
    for name in ("common", "free"):
        source = sources.get(f"{MEASURE}/method_{name}")
        if source is not None and "variance_method" in source:
            found["factor"] = found.get("factor", False) or bool(_failed(source, "check.method_variance"))
    model = sources.get(f"{MEASURE}/method_marker")
    if model is not None:
        found["marker_bias"] = bool(_failed(model, "check.marker_bias"))
    return found


def _wave(study: Study, sources: Sources, language: Language) -> Spans:
    return say(language, "lim_wave") if study.paths else ()


def item_of(language: Language, item: str) -> Spans:
    """The question that makes the groups, in quotation marks."""
    return fill(language.word("quote"), text=Label(language.names.get(f"text:{item}", item)))


def _groups(study: Study, sources: Sources, language: Language) -> Spans:
    spans: Spans = ()
    for item in refused_groupings(study, sources):
        spans += say(language, "lim_invariance", item=item_of(language, item))
    for item in lost_groupings(study, sources):
        spans += say(language, "lim_groups_lost", item=item_of(language, item), ref=Ref("section-groups"))
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
    if _failed(holdout, "check.better_than_naive:"):
        spans += say(language, "disc_naive_better")
    return spans + (say(language, "lim_repeat") if f"{BEHAVIOUR}/value" in sources else ())


def _raters(study: Study, sources: Sources, language: Language) -> Spans:
    alone = [unit for unit in _failed(sources.get(f"{MATURITY}/agreement"), "check.one_rater:") if unit]
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


def future(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """What stayed open: imprecise and contradicted hypotheses, refused comparisons, weak measures, what was not asked."""
    makers: tuple[Callable[[Study, Sources, Language], list[Spans]], ...] = (
        _open_hypotheses, _fragile, _weak_measures, _groups_next, _explained, _time,
    )  # fmt: skip
    return [spans for make in makers for spans in make(study, sources, language)]


def _open_hypotheses(study: Study, sources: Sources, language: Language) -> list[Spans]:
    found, design = list[Spans](), sources.get(f"{DESIGN}/hypotheses")
    verdicts = judged(sources, "verdicts")
    for one in outcomes(study, sources) if verdicts is not None else ():
        name, term = one.hypothesis.id, f"hypothesis:{one.hypothesis.id}"
        if one.verdict == -1:
            found.append(say(language, "fut_contradicted", hid=Label(name)))
        elif one.open:
            low, high = verdicts.fact(term, "ci_low", digits=3), verdicts.fact(term, "ci_high", digits=3)  # type: ignore[union-attr]
            known = not math.isnan(low.value) and not math.isnan(high.value)
            key = "fut_imprecise" if known else "fut_open"
            spans = say(language, key, hid=Label(name), lo=low, hi=high)
            found.append(spans + _needed(design, sources.get(f"{INTAKE}/flow"), name, language))
    return found


def _needed(design: Source | None, flow: Source | None, name: str, language: Language) -> Spans:
    """How many would be needed, where the design says so; nothing where as many have answered already."""
    if design is None or not abs(design.value(f"expected:{name}")) > 0:
        return ()
    n, expected = design.fact(f"n:{name}", style="integer"), design.fact(f"expected:{name}")
    if math.isnan(n.value) or (flow is not None and flow.value("analysed") >= n.value):
        return ()
    return say(language, "fut_needed", n=n, b0=expected)


def _fragile(study: Study, sources: Sources, language: Language) -> list[Spans]:
    source = sources.get(f"{STRUCTURE}/sensitivity")
    names = source.subjects("stands") if source is not None else []
    moved = [name for name in names if source.value(f"stands:{name}") < 1]  # type: ignore[union-attr]
    told = listed(language, [(Label(name),) for name in moved])
    return [say(language, "fut_fragile", list=told)] if moved else []


def _weak_measures(study: Study, sources: Sources, language: Language) -> list[Spans]:
    found: list[Spans] = []
    weak = below(sources.get(f"{MEASURE}/reliability"), "omega", study.rules.reliability)
    weak += [
        of for of in below(sources.get(f"{MEASURE}/reliability"), "ave", study.rules.ave) if of not in weak
    ]
    if weak:
        found.append(
            say(language, "fut_measure", list=listed(language, [quoted(language, of) for of in weak]))
        )
    for pair in above(sources.get(f"{MEASURE}/htmt"), study.rules.htmt)[:3]:
        found.append(say(language, "fut_distinct", pair=pair_of(language, pair)))
    return found


def _groups_next(study: Study, sources: Sources, language: Language) -> list[Spans]:
    refused = refused_groupings(study, sources)
    return [say(language, "fut_invariance", item=item_of(language, item)) for item in refused]


def _explained(study: Study, sources: Sources, language: Language) -> list[Spans]:
    paths = sources.get(f"{STRUCTURE}/paths") or sources.get(f"{STRUCTURE}/sem_paths")
    found = []
    for name in paths.subjects("r2") if paths is not None else ():
        if paths.value(f"r2:{name}") < EXPLAINED_LITTLE:  # type: ignore[union-attr]
            share = paths.fact(f"r2:{name}", style="percent", digits=1)  # type: ignore[union-attr]
            found.append(say(language, "fut_explained", var=quoted(language, name), r2=share))
    return found


def _time(study: Study, sources: Sources, language: Language) -> list[Spans]:
    found = [say(language, "fut_time")] if study.paths else []
    perceived = "CLV" in study.constructs and study.has_survey
    joined = any(address.startswith("08_") for address in sources)
    return found + ([say(language, "fut_behaviour")] if perceived and not joined else [])
