"""The abstract: aim, data, method, findings and limits of a study in one paragraph, from facts only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present.behaviour_words import Ways, money_digits
from crmlab.present.blocks import Fact, Label, Spans
from crmlab.present.discussion_sentences import effect
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.outcomes import Outcome, judged, merged, outcomes, tally
from crmlab.present.sentences import listed, quoted, say
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
        + _findings(study, sources, language)
        + _value(study, sources, language)
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
        spans += say(language, "abs_sample" if len(values) > 2 else "abs_sample_bare", **values)
    if rows is not None and "kept" in rows:
        spans += say(language, "abs_ledger", n=rows.fact("kept", style="integer"))
    return spans


def _method(sources: Sources, language: Language) -> Spans:
    if judged(sources, "paths") is None:
        return ()
    pls, sem = (f"05_structure_mediation/{name}" in sources for name in ("paths", "sem_paths"))
    return say(language, "abs_method_both" if pls and sem else "abs_method_pls" if pls else "abs_method_sem")


def _findings(study: Study, sources: Sources, language: Language) -> Spans:
    verdicts, found = judged(sources, "verdicts"), outcomes(study, sources)
    if verdicts is None or not found:
        return ()
    if len(found) > TOLD:
        n = {
            key: Fact(f"counted/{verdicts.address}/{key}", count, "integer")
            for key, count in tally(found).items()
        }
        told = say(
            language, "abs_many", n=n["all"], yes=n["supported"], no=n["not_shown"], against=n["contradicted"]
        )
        return told + (say(language, "disc_untested", k=n["unjudged"]) if n["unjudged"].value else ())
    spans: Spans = ()
    for one in found:
        if not math.isnan(one.verdict) and one.hypothesis.kind in PLAIN:
            key = "abs_not_distinct" if merged(study, sources, one.hypothesis) else _key(one)
            spans += say(language, key, **effect(one, sources, verdicts, language))
    return spans


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
    return say(language, "abs_value", v=told, lo=low, hi=high, pct=pct)


def _maturity(sources: Sources, language: Language) -> Spans:
    source = sources.get("09_maturity/levels")
    if source is None or "model_mean:gartner" not in source:
        return ()
    top = Fact("study/maturity/levels", TOP_LEVEL, "integer")
    return say(language, "abs_maturity", v=source.fact("model_mean:gartner"), top=top)
