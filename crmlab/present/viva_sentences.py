"""The viva sheet: likely questions, each with an answer from the study's own numbers; only those that apply."""

# ruff: noqa: ARG001  (all makers take the same three things, so that they can stand in one list)
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crmlab.present import linkage_discussion
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.discussion_sentences import pair_of
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.limitation_sentences import item_of
from crmlab.present.outcomes import (
    DESIGN,
    GROUPS,
    MEASURE,
    STRUCTURE,
    judged,
    outcomes,
    refused_groupings,
    unusable,
)
from crmlab.present.rules import limit
from crmlab.present.sem_tables import fits, measure
from crmlab.present.sentences import listed, quoted, say
from crmlab.present.verdict_tables import PLAIN

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
Asked = list[tuple[Spans, Spans]]
NOTHING = 0.02  # R2 below which nothing is explained (a small effect by Cohen 1988)
AGREED = 0.70  # rwg from which raters are said to agree (LeBreton & Senter 2008)
Maker = Callable[["Study", Sources, Language], Asked]
INTAKE, SAMPLE, BEHAVIOUR, MATURITY = (
    "02_data_intake", "03_sample_description", "07_behavioural_clv", "09_maturity",
)  # fmt: skip


def questions(study: Study, sources: Sources, language: Language, code: str) -> Asked:
    """Question and answer, in the order of a viva."""
    found = [pair for make in MAKERS for pair in make(study, sources, language)]
    told = say(language, "a_reproduce", ref=Ref("annex-record"), code=Label(code))
    return [*found, (say(language, "q_reproduce"), told)] if sources else []


def _one(language: Language, question: str, answer: str, **values: object) -> Asked:
    return [(say(language, f"q_{question}"), say(language, f"a_{answer}", **values))]


def counted(source: Source, what: str, number: int) -> Fact:
    """A count of saved numbers."""
    return Fact(f"counted/{source.address}/{what}", number, "integer")


def _size(study: Study, sources: Sources, language: Language) -> Asked:
    flow, plan, verdicts = (
        sources.get(f"{INTAKE}/flow"),
        sources.get(f"{DESIGN}/sample_size"),
        judged(sources, "verdicts"),
    )
    if flow is None:
        return []
    n = flow.fact("analysed", style="integer")
    known = [rule for rule in plan.subjects("n") if plan.value(f"n:{rule}") > 0] if plan is not None else []
    if plan is not None and known and "planned" in plan:
        low, high = (pick(known, key=lambda rule: plan.value(f"n:{rule}")) for pick in (min, max))
        return _one(
            language, "size", "size_planned", n=n, planned=plan.fact("planned", style="integer"),
            low=plan.fact(f"n:{low}", style="integer"), high=plan.fact(f"n:{high}", style="integer"),
            most=language.word(f"design.rule.{high}"), ref=Ref("design_sample_size"),
        )  # fmt: skip
    names = verdicts.subjects("hypothesis") if verdicts is not None else []
    if verdicts is None or not names:
        return []
    term = f"hypothesis:{names[0]}"
    low_, high_ = verdicts.fact(term, "ci_low", digits=3), verdicts.fact(term, "ci_high", digits=3)
    return _one(language, "size", "size_bare", n=n, hid=Label(names[0]), lo=low_, hi=high_)


def _cochran(study: Study, sources: Sources, language: Language) -> Asked:
    plan, design = sources.get(f"{DESIGN}/sample_size"), sources.get(f"{DESIGN}/hypotheses")
    if plan is None or design is None or not plan.value("n:cochran") > 0:
        return []
    powers = [name for name in design.subjects("power") if abs(design.value(f"expected:{name}")) > 0]
    if not powers:
        return []
    weakest = min(powers, key=lambda name: design.value(f"power:{name}"))
    return _one(
        language, "cochran", "cochran", n=plan.fact("n:cochran", style="integer"), hid=Label(weakest),
        power=design.fact(f"power:{weakest}", style="percent", digits=0),
    )  # fmt: skip


def _engine(study: Study, sources: Sources, language: Language) -> Asked:
    pls, sem = sources.get(f"{STRUCTURE}/verdicts"), sources.get(f"{STRUCTURE}/sem_verdicts")
    sound = not unusable(sources.get(f"{STRUCTURE}/sem_paths"))
    if pls is not None and sem is not None and pls.subjects("verdict") and sound:
        names = pls.subjects("verdict")
        same = sum(pls.value(f"verdict:{name}") == sem.value(f"verdict:{name}") for name in names)
        n, k = counted(pls, "all", len(names)), counted(sem, "same_verdict", same)
        return _one(language, "engine_both", "engine_both", n=n, k=k)
    if f"{STRUCTURE}/paths" in sources:
        return _one(language, "engine_pls", "engine_pls")
    return _one(language, "engine_sem", "engine_sem") if f"{STRUCTURE}/sem_paths" in sources else []


def _normality(study: Study, sources: Sources, language: Language) -> Asked:
    items, ks = sources.get(f"{SAMPLE}/items"), sources.get(f"{STRUCTURE}/legacy_ks")
    names = items.subjects("skewness") if items is not None else []
    if items is None or not names:
        return []
    top = max(names, key=lambda of: abs(items.value(f"skewness:{of}")))
    skew = items.fact(f"skewness:{top}")
    tested = ks.subjects("ks_d") if ks is not None else []
    if ks is None or not tested:
        return _one(language, "normality", "normality", skew=skew)
    rejected = sum(ks.value(f"ks_d:{item}", "p_value") < study.rules.alpha for item in tested)
    n, k = counted(ks, "items", len(tested)), counted(ks, "rejected", rejected)
    return _one(language, "normality", "normality_ks", skew=skew, n=n, k=k, ref=Ref("legacy_ks"))


def _omega(study: Study, sources: Sources, language: Language) -> Asked:
    source = sources.get(f"{MEASURE}/reliability")
    names = [
        of
        for of in (source.subjects("omega") if source is not None else ())
        if not math.isnan(source.value(f"omega:{of}")) and not math.isnan(source.value(f"alpha:{of}"))  # type: ignore[union-attr]
    ]
    if source is None or not names:
        return []
    of = max(names, key=lambda of: abs(source.value(f"omega:{of}") - source.value(f"alpha:{of}")))
    return _one(
        language, "omega", "omega", var=quoted(language, of), alpha=source.fact(f"alpha:{of}", digits=3),
        omega=source.fact(f"omega:{of}", digits=3), ref=Ref("reliability"),
    )  # fmt: skip


def _htmt(study: Study, sources: Sources, language: Language) -> Asked:
    source = sources.get(f"{MEASURE}/htmt")
    pairs = [
        pair
        for pair in (source.subjects("htmt") if source is not None else ())
        if not math.isnan(source.value(f"htmt:{pair}"))  # type: ignore[union-attr]
    ]
    if source is None or not pairs:
        return []
    top = max(pairs, key=lambda pair: source.value(f"htmt:{pair}"))
    return _one(
        language, "htmt", "htmt", htmt=source.fact(f"htmt:{top}"), pair=pair_of(language, top),
        limit=limit(study, "htmt"), ref=Ref("htmt"),
    )  # fmt: skip


def _loadings(study: Study, sources: Sources, language: Language) -> Asked:
    source = sources.get(f"{MEASURE}/loadings")
    names = source.subjects("loading") if source is not None else []
    weak = [of for of in names if source.value(f"loading:{of}") < study.rules.loading]  # type: ignore[union-attr]
    if source is None or not weak:
        return []
    k, n = counted(source, "weak", len(weak)), counted(source, "loadings", len(names))
    return _one(language, "loadings", "loadings", k=k, n=n, limit=limit(study, "loading"))


def _fit(study: Study, sources: Sources, language: Language) -> Asked:
    for address, key in ((f"{STRUCTURE}/sem_paths", "sem_fit"), (f"{MEASURE}/cfa", "cfa_fit")):
        source = sources.get(address)
        if source is not None and len(source.result.tidy):
            if unusable(source):
                return _one(language, "fit", "fit_unusable", ref=Ref(key))
            values = {name: measure(source, name) for name in ("cfi", "rmsea", "srmr")}
            return _one(
                language, "fit", "fit_good" if fits(source, study) else "fit_poor", ref=Ref(key), **values
            )
    return []


def _gof(study: Study, sources: Sources, language: Language) -> Asked:
    source = sources.get(f"{STRUCTURE}/legacy_gof")
    if source is None or not source.value("gof") > 0:
        return []
    return _one(language, "gof", "gof", gof=source.fact("gof", digits=3), ref=Ref("legacy_gof"))


def _mediation(study: Study, sources: Sources, language: Language) -> Asked:
    verdicts, sobel = judged(sources, "verdicts"), sources.get(f"{STRUCTURE}/legacy_indirect")
    names = [one.id for one in study.hypotheses if one.kind == "mediation"]
    if verdicts is None or not names:
        return []
    found: Asked = []
    term, resamples = f"hypothesis:{names[0]}", verdicts.glance("resamples", "integer")
    if math.isnan(resamples.value):
        paths = sources.get(f"{STRUCTURE}/paths")
        resamples = paths.glance("resamples", "integer") if paths is not None else resamples
    if not math.isnan(resamples.value) and not math.isnan(verdicts.value(term, "ci_low")):
        low, high = verdicts.fact(term, "ci_low", digits=3), verdicts.fact(term, "ci_high", digits=3)
        found += _one(language, "percentile", "percentile", n=resamples, hid=Label(names[0]), lo=low, hi=high)
    way = "~".join(reversed(next(one for one in study.hypotheses if one.id == names[0]).constructs))
    if sobel is not None and not math.isnan(sobel.value(f"vaf:{way}")):
        vaf = sobel.fact(f"vaf:{way}")
        found += _one(language, "vaf", "vaf", vaf=vaf, hid=Label(names[0]), ref=Ref("legacy_indirect"))
    return found


def _verdicts(study: Study, sources: Sources, language: Language) -> Asked:
    """What was not shown, and what ran against expectation."""
    verdicts, matters = judged(sources, "verdicts"), sources.get(f"{STRUCTURE}/equivalence")
    paths, found = sources.get(f"{STRUCTURE}/paths"), list[tuple[Spans, Spans]]()
    plain = [one for one in outcomes(study, sources) if one.hypothesis.kind in PLAIN]
    for one in plain if verdicts is not None else ():
        name = one.hypothesis.id
        hid, term = Label(name), f"hypothesis:{name}"
        low, high = verdicts.fact(term, "ci_low", digits=3), verdicts.fact(term, "ci_high", digits=3)  # type: ignore[union-attr]
        if one.open:
            told = say(language, "a_not_significant_open", lo=low, hi=high)
            found.append((say(language, "q_not_significant", hid=hid), told))
        elif one.verdict == 0 and matters is not None:
            margin, ref = matters.glance("margin"), Ref("equivalence")
            told = say(language, "a_not_significant_equivalent", margin=margin, ref=ref)
            found.append((say(language, "q_not_significant", hid=hid), told))
        elif one.verdict == -1 and paths is not None and paths.subjects("vif"):
            worst = max(paths.subjects("vif"), key=lambda path: paths.value(f"vif:{path}"))
            b, vif = verdicts.fact(term, digits=3), paths.fact(f"vif:{worst}")  # type: ignore[union-attr]
            told = say(language, "a_contradicted", b=b, lo=low, hi=high, vif=vif)
            found.append((say(language, "q_contradicted", hid=hid), told))
    return found


def _method(study: Study, sources: Sources, language: Language) -> Asked:
    source = sources.get(f"{MEASURE}/harman")
    if source is None or not source.value("harman") > 0 or not study.paths:
        return []
    pct = source.fact("harman", style="percent", digits=1)
    return _one(language, "common_method", "common_method", pct=pct, ref=Ref("method"))


def _missing(study: Study, sources: Sources, language: Language) -> Asked:
    source = sources.get(f"{MEASURE}/missing")
    if source is None or not source.value("share_missing") > 0:
        return []
    return _one(
        language, "missing", "missing", pct=source.fact("share_missing", style="percent", digits=1),
        k=source.fact("rows_complete", style="integer"), n=source.fact("rows", style="integer"), ref=Ref("section-analysis"),
    )  # fmt: skip


def _excluded(study: Study, sources: Sources, language: Language) -> Asked:
    flow, turned = sources.get(f"{INTAKE}/flow"), sources.get(f"{STRUCTURE}/sensitivity")
    if flow is None or not flow.value("analysed") < flow.value("kept"):
        return []
    k = Fact(f"counted/{flow.address}/excluded", flow.value("kept") - flow.value("analysed"), "integer")
    values: dict[str, object] = {"k": k, "n": flow.fact("kept", style="integer")}
    names = turned.subjects("stands") if turned is not None else []
    if turned is None or not names:
        return _one(language, "excluded", "excluded", ref=Ref("flow"), **values)
    moved = [name for name in names if turned.value(f"stands:{name}") < 1]
    told = listed(language, [(Label(name),) for name in moved])
    key = "excluded_moved" if moved else "excluded_firm"
    return _one(language, "excluded", key, ref=Ref("sensitivity"), list=told, **values)


def _holm(study: Study, sources: Sources, language: Language) -> Asked:
    source = judged(sources, "verdicts")
    names = source.subjects("p_holm") if source is not None else []
    names = [name for name in names if not math.isnan(source.value(f"p_holm:{name}"))]  # type: ignore[union-attr]
    if source is None or len(names) < 2:
        return []
    firm = sum(
        source.value(f"verdict:{name}") == 1 and source.value(f"p_holm:{name}") < study.rules.alpha
        for name in names
    )
    n, k = counted(source, "all", len(names)), counted(source, "outlive", firm)
    if all(source.value(f"verdict:{name}") != 1 for name in names):
        return _one(language, "holm", "holm_none", n=n, ref=Ref("verdicts"))
    return _one(language, "holm", "holm", n=n, k=k, ref=Ref("verdicts"))


def _cause(study: Study, sources: Sources, language: Language) -> Asked:
    return _one(language, "cause", "cause") if judged(sources, "paths") is not None else []


def _groups(study: Study, sources: Sources, language: Language) -> Asked:
    found: Asked = []
    for item in refused_groupings(study, sources):
        source = sources[f"{GROUPS}/invariance_{item}"]
        told = say(
            language, "a_groups", dcfi=source.fact("delta_cfi:metric", digits=3), ref=Ref(f"group_invariance_{item}")
        )  # fmt: skip
        found.append((say(language, "q_groups", item=item_of(language, item)), told))
    return found


def _r2(study: Study, sources: Sources, language: Language) -> Asked:
    source = sources.get(f"{STRUCTURE}/paths")
    names = source.subjects("r2") if source is not None else []
    if source is None or not names:
        return []
    least = min(names, key=lambda name: source.value(f"r2:{name}"))
    return _one(
        language, "r2", "r2_nothing" if source.value(f"r2:{least}") < NOTHING else "r2", var=quoted(language, least), r2=source.fact(f"r2:{least}", style="percent", digits=1),
        adjusted=source.fact(f"r2_adjusted:{least}", style="percent", digits=1), ref=Ref("explained"),
    )  # fmt: skip


def _purchase(study: Study, sources: Sources, language: Language) -> Asked:
    source = sources.get(f"{BEHAVIOUR}/holdout")
    rules = [
        rule
        for rule in ("pace", "mean", "recent")
        if source is not None and not math.isnan(source.value(f"mae:{rule}"))
    ]
    if source is None or not rules or math.isnan(source.value("mae:model")):
        return []
    best = min(rules, key=lambda rule: source.value(f"mae:{rule}"))
    mae, naive = source.fact("mae:model", digits=3), source.fact(f"mae:{best}", digits=3)
    return _one(language, "purchase", "purchase", mae=mae, naive=naive, ref=Ref("holdout"))


def _raters(study: Study, sources: Sources, language: Language) -> Asked:
    levels, agreed = sources.get(f"{MATURITY}/levels"), sources.get(f"{MATURITY}/agreement")
    if levels is None or agreed is None or math.isnan(agreed.glance("agreed").value):
        return []
    return _one(
        language, "raters", "raters", n=levels.glance("raters", "integer"), units=levels.glance("units", "integer"),
        pct=agreed.glance("agreed", "percent", 0), ref=Ref("agreement"), limit=Fact("study/rules/rwg", AGREED),
    )  # fmt: skip


MAKERS: tuple[Maker, ...] = (
    _size, _cochran, _engine, _normality, _omega, _htmt, _loadings, _fit, _gof, _mediation, _verdicts, _method,
    _missing, _excluded, _holm, _cause, _groups, _r2, _purchase, linkage_discussion.asked, _raters,
)  # fmt: skip
