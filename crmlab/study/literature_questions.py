"""What a study asks of earlier ones, as the functions of the structural room take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crmlab.study import spec as schema
from crmlab.study.prior_effects import PriorEffect, bundled_effects

if TYPE_CHECKING:
    from crmlab.study.study import Study


def library(study: Study) -> tuple[PriorEffect, ...]:
    """The bundled effects, if the study takes them."""
    return bundled_effects() if study.spec.literature.bundled else ()


def beside(study: Study) -> dict[str, Any]:
    """Arguments of `structure.literature`, besides our own effects and those of the user's file."""
    return {
        "library": library(study),
        "counts_as": study.spec.literature.counts_as,
        "level": study.estimator.level,
    }


def named(study: Study) -> dict[str, str]:
    """A construct as a table of earlier studies may call it, by code or by either label -> code."""
    asked = study.spec.literature.counts_as
    codes = {*study.constructs, *(other for others in asked.values() for other in others)}
    codes |= {end for one in library(study) for end in (one.source, one.target)}
    words = {code: code for code in sorted(codes)}
    for code, construct in study.constructs.items():
        words |= {construct.label[language]: code for language in ("en", "fa")}
    return words


def bad_literature(content: schema.StudyFile) -> Iterable[str]:
    """What is wrong with the part on earlier studies, one line each."""
    from crmlab.study.coherence import near

    asked = content.literature
    for name, others in asked.counts_as.items():
        if name not in content.constructs:
            yield f"literature.counts_as names an unknown construct '{name}'{near(name, content.constructs)}"
        elif name in others:
            yield f"literature.counts_as: '{name}' counts as itself already"
    if asked.file and not content.paths:
        yield "literature needs paths: the effects that others are set beside"
