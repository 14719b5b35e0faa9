"""What is said of covariance-based models, chosen by computed facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crmlab.present.blocks import Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sem_tables import fits, measure
from crmlab.present.sentences import listed, say

if TYPE_CHECKING:
    from crmlab.study import Study

UNUSABLE = (
    "check.converged",
    "check.negative_variance",
    "check.latent_covariance",
    "check.residual_covariance",
)


def fit(source: Source, language: Language, study: Study, which: str) -> Spans:
    """Does the model fit, and may its numbers be read at all?"""
    model = fill(language.word("quote"), text=(language.word(f"model.{which}"),))
    if any(check.name.startswith(UNUSABLE) for check in source.result.failed):
        return say(language, "fit_unusable", model=model, ref=Ref("sem_fit" if which == "sem" else "cfa_fit"))
    values = {key: measure(source, key) for key in ("cfi", "tli", "rmsea", "srmr", "df")}
    p = replace(measure(source, "pvalue"), style="p_relation")
    values |= {"chi2": measure(source, "chisq", 1), "p": p}
    values |= {"rlo": measure(source, "rmsea.ci.lower"), "rhi": measure(source, "rmsea.ci.upper")}
    return say(language, "fit_good" if fits(source, study) else "fit_poor", model=model, **values)


def engines(pls: Source, sem: Source, language: Language, paths: Source | None = None) -> Spans:
    """Do both engines come to the same verdicts? Those of an inadmissible solution (its `paths`) are not compared."""
    if paths is not None and any(check.name.startswith(UNUSABLE) for check in paths.result.failed):
        return say(language, "engines_unusable", ref=Ref("engines"))
    names = sem.subjects("verdict")
    apart = [name for name in names if pls.value(f"verdict:{name}") != sem.value(f"verdict:{name}")]
    if not apart:
        return say(language, "engines_agree", ref=Ref("engines"))
    told = listed(language, [(Label(name),) for name in apart])
    return say(language, "engines_differ", list=told, ref=Ref("engines"))
