"""How a study was analysed, told from its file and from what was saved: methods, rules, software."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.outcomes import STRUCTURE, judged
from crmlab.present.sentences import say

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]


def methods(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """One paragraph on data and measures, one on the model, one on the rest, one on software; none before a run."""
    if not sources:
        return []
    told = [
        _survey(sources, language), _model(study, sources, language), _others(sources, language),
        _software(study, sources, language),
    ]  # fmt: skip
    return [spans for spans in told if spans]


def _survey(sources: Sources, language: Language) -> Spans:
    spans: Spans = ()
    if "02_data_intake/flow" in sources:
        spans += say(language, "meth_survey", ref=Ref("flow"))
    return spans + (say(language, "meth_measures") if "04_measurement/reliability" in sources else ())


def _model(study: Study, sources: Sources, language: Language) -> Spans:
    asked, verdicts = study.estimator, judged(sources, "verdicts")
    spans: Spans = ()
    paths = sources.get(f"{STRUCTURE}/paths")
    if paths is not None and not math.isnan(paths.glance("resamples").value):
        spans += say(
            language, "meth_pls", scheme=language.word(f"method.{asked.scheme}"), n=paths.glance("resamples", "integer"),
            missing=language.word(f"method.missing.{asked.missing}"),
        )  # fmt: skip
    if f"{STRUCTURE}/sem_paths" in sources or "04_measurement/cfa" in sources:
        missing = language.word(f"method.missing.{asked.covariance.missing}")
        spans += say(language, "meth_sem", estimator=Label(asked.covariance.estimator), missing=missing)
    if verdicts is not None and study.hypotheses:
        level = Fact("study/estimator/level", asked.level, "percent", 0)
        spans += say(language, "meth_verdict", level=level)
    if f"{STRUCTURE}/equivalence" in sources and study.spec.smallest_effect is not None:
        spans += say(
            language, "meth_margin", margin=Fact("study/smallest_effect", study.spec.smallest_effect)
        )
    return spans + (say(language, "meth_firm") if f"{STRUCTURE}/sensitivity" in sources else ())


def _others(sources: Sources, language: Language) -> Spans:
    spans: Spans = ()
    for start, key in (
        ("06_lifecycle_groups/invariance_", "meth_groups"), ("07_behavioural_clv/holdout", "meth_ledger"),
        ("08_value_of_rq/joint", "meth_worth"), ("09_maturity/levels", "meth_maturity"),
    ):  # fmt: skip
        if any(address.startswith(start) for address in sources):
            spans += say(language, key)
    return spans


def _software(study: Study, sources: Sources, language: Language) -> Spans:
    shown = versions(sources)
    if not shown:
        return ()
    return say(
        language, "meth_software", versions=Label(shown), seed=Label(language.digits(str(study.seed))),
        ref=Ref("annex-record"),
    )  # fmt: skip


def versions(sources: Sources) -> str:
    """Names and versions of what computed the results."""
    found: dict[str, str] = {}
    for source in sources.values():
        found |= {
            key: value
            for key, value in source.result.source.items()
            if key not in ("seed", "date", "measure") and not key.endswith("_sha256")
        }
    return ", ".join(f"{name} {value}" for name, value in sorted(found.items()))
