"""The abstract: aim, data, method, findings and limits of a study in one paragraph, from facts only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crmlab.present import linkage_discussion
from crmlab.present.behaviour_words import Ways, money_digits
from crmlab.present.blocks import Fact, Label, Spans
from crmlab.present.discussion_sentences import effect
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.outcomes import (
    MEASURE,
    STRUCTURE,
    Outcome,
    judged,
    outcomes,
    parts,
    reservations,
    tally,
    unreliable,
    unusable,
)
from crmlab.present.rules import limit, telling
from crmlab.present.sentences import listed, parted, quoted, say
from crmlab.present.table_parts import arrow
from crmlab.present.tally_sentences import counted, tallied
from crmlab.present.verdict_tables import PLAIN

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
TOLD = 6  # hypotheses up to which each has a sentence of its own
KEYWORDS = 6
TOP_LEVEL = 5.0  # of the maturity scale


def abstract(study: Study, sources: Sources, language: Language) -> Spans:
    """The whole paragraph."""
    return (
        _aim(study, language)
        + _data(study, sources, language)
        + _method(sources, language)
        + _quality(study, sources, language)
        + _findings(study, sources, language)
        + _value(study, sources, language)
        + linkage_discussion.in_short(study, sources, language)
        + _maturity(sources, language)
    )


def keywords(study: Study, language: Language) -> Spans:
    """The constructs a reader would search for."""
    tops = [name for name in study.constructs if any(name in pair for pair in study.paths)] or list(
        study.constructs
    )
    names: list[Spans] = [(Label(language.name(name)),) for name in tops[:KEYWORDS]]
    if not names:
        names = [(language.word("abs.keyword.crm"),)]
    told: list[object] = []
    for name in names:
        told += [language.word("semicolon")] if told else []
        told += name
    return say(language, "abs_keywords", list=tuple(told))


def _aim(study: Study, language: Language) -> Spans:
    spans = say(language, "abs_aim", title=Label(study.title[language.code].rstrip(".")))
    linked = [name for name in study.constructs if any(name in pair for pair in study.paths)]
    if linked:
        spans += say(
            language, "abs_model", list=listed(language, [quoted(language, name) for name in linked])
        )
    return spans


def _data(study: Study, sources: Sources, language: Language) -> Spans:
    flow, rows, built = (
        sources.get(address)
        for address in ("02_data_intake/flow", "02_data_intake/ledger_flow", "01_study_design/instrument")
    )
    spans: Spans = ()
    if flow is not None and study.has_survey:
        values = {"n": flow.fact("analysed", style="integer"), "n_raw": flow.fact("read", style="integer")}
        if built is not None and "items" in built:
            values |= {key: built.fact(key, style="integer") for key in ("items", "constructs")}
        every = "_all" if values["n"].value == values["n_raw"].value else ""
        key = "abs_sample" if len(values) > 2 else "abs_sample_bare"
        spans += say(language, key + every, **values)
    if rows is not None and "kept" in rows:
        spans += say(language, "abs_ledger", n=rows.fact("kept", style="integer"))
    return spans


def _method(sources: Sources, language: Language) -> Spans:
    if judged(sources, "paths") is None:
        return ()
    found = (sources.get(f"05_structure_mediation/{name}") for name in ("paths", "sem_paths"))
    pls, sem = (source is not None and len(source.result.tidy) > 0 for source in found)
    return say(language, "abs_method_both" if pls and sem else "abs_method_pls" if pls else "abs_method_sem")


def _quality(study: Study, sources: Sources, language: Language) -> Spans:
    """What the verdicts must not be read without: a solution that cannot be used, measures that are not reliable."""
    spans: Spans = ()
    if unusable(sources.get(f"{STRUCTURE}/sem_paths")):
        spans += say(language, "abs_unusable")
    linked = tuple(name for name in study.constructs if any(name in pair for pair in study.paths))
    weak = unreliable(study, sources, linked)
    if not weak:
        return spans
    source = sources[f"{MEASURE}/reliability"]
    every = {part for name in linked for part in parts(study, name)}
    low = min(weak, key=lambda of: source.value(f"omega:{of}"))
    k, n = (
        Fact(f"counted/{source.address}/linked.{key}", count, "integer")
        for key, count in (("weak", len(weak)), ("all", len(every)))
    )
    omega = telling(source.fact(f"omega:{low}"), limit(study, "reliability"))
    return spans + say(
        language, "abs_weak_measures", k=k, n=n, omega=omega, of=quoted(language, low),
        limit=limit(study, "reliability"),
    )  # fmt: skip


def _findings(study: Study, sources: Sources, language: Language) -> Spans:
    verdicts, found = judged(sources, "verdicts"), outcomes(study, sources)
    if verdicts is None or not found:
        return ()
    if len(found) > TOLD:
        told = (*tallied(language, counted(verdicts.address, tally(found))), " ")
        return told + _effects(study, sources, verdicts, found, language)
    spans: Spans = ()
    held = {one.hypothesis.id: reservations(study, sources, one) for one in found}
    for one in found:
        if not math.isnan(one.verdict) and one.hypothesis.kind in PLAIN and not one.hypothesis.behavioural:
            key = "abs_not_distinct" if "merged" in held[one.hypothesis.id] else _key(one)
            spans += say(language, key, **effect(one, sources, verdicts, language))
    return spans + _held("fragile", held, found, language)


def _effects(
    study: Study, sources: Sources, verdicts: Source, found: Sequence[Outcome], language: Language
) -> Spans:
    """The coefficients of the supported effects, then what the verdicts must not be told without."""
    told: Spans = ()
    held = {one.hypothesis.id: reservations(study, sources, one) for one in found}
    effects = [
        (
            *arrow(language, "~".join(reversed(one.hypothesis.constructs))),
            " (", verdicts.fact(f"hypothesis:{one.hypothesis.id}"), ")",
        )
        for one in found
        if one.supported
        and one.hypothesis.kind in PLAIN
        and not one.hypothesis.behavioural
        and "merged" not in held[one.hypothesis.id]
    ]  # fmt: skip
    if effects:
        told += say(language, "abs_effects", list=parted(language, effects))
    for key in ("merged", "fragile"):
        told += _held(key, held, found, language)
    return told


def _held(
    key: str, held: Mapping[str, tuple[str, ...]], found: Sequence[Outcome], language: Language
) -> Spans:
    """One sentence for a reservation, with the ways it concerns by name: an abstract is read alone."""
    ways = [
        fill(language.word("quote"), text=arrow(language, "~".join(reversed(one.hypothesis.constructs))))
        for one in found
        if key in held[one.hypothesis.id]
    ]
    return say(language, f"abs_{key}", list=listed(language, ways)) if ways else ()


def _key(one: Outcome) -> str:
    if one.verdict == -1:
        return "abs_contradicted"
    if one.hypothesis.kind == "mediation":
        return "abs_mediated" if one.supported else "abs_not_mediated"
    return "abs_supported" if one.supported else "abs_not_shown"


def _value(study: Study, sources: Sources, language: Language) -> Spans:
    source = sources.get("07_behavioural_clv/value")
    if source is None or "clv.equity" not in source or not source.value("top_share") > 0:
        return ()
    digits, ways = money_digits(source.value("clv.equity")), Ways.of(language, study)
    v, low, high = (
        source.fact("clv.equity", side, digits=digits) for side in ("estimate", "ci_low", "ci_high")
    )
    told = fill(language.word("disc.money"), value=v, money=ways.money)
    pct = source.fact("top_share", style="percent", digits=1)
    return say(language, "abs_value", v=told, lo=low, hi=high, pct=pct, level=source.level)


def _maturity(sources: Sources, language: Language) -> Spans:
    source = sources.get("09_maturity/levels")
    if source is None or "model_mean:gartner" not in source:
        return ()
    top = Fact("study/maturity/levels", TOP_LEVEL, "integer")
    return say(language, "abs_maturity", v=source.fact("model_mean:gartner"), top=top)
