"""What a study asks of answers joined with purchases, made whole, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crmlab.study import spec as schema
from crmlab.study.hypotheses import BEHAVIOURAL
from crmlab.study.worth_spec import Worth

if TYPE_CHECKING:
    from crmlab.study.study import Study

CONSTRUCT, PERCEIVED = "RQ", "CLV"  # of the bundled model


def worth_of(study: Study) -> Worth | None:
    """What is asked, every name filled in; None where `no_worth` says why not."""
    return None if no_worth(study) else _filled(study)


def no_worth(study: Study) -> str:
    """Why answers cannot be joined with purchases; empty if they can."""
    if not study.has_survey:
        return "the study has no survey"
    if not study.has_ledger:
        return "the study has no ledger"
    if study.survey.customer is None:
        return "the survey names no customer column (survey.customer)"
    if not _filled(study).of:
        return "the study names no construct whose worth is asked (worth.of)"
    return ""


def _filled(study: Study) -> Worth:
    asked = study.spec.worth
    chosen = asked.of or _expected(study) or (CONSTRUCT if CONSTRUCT in study.constructs else None)
    seen = asked.perceived or (PERCEIVED if PERCEIVED in study.constructs else None)
    return asked.model_copy(update={"of": chosen, "perceived": seen})


def _expected(study: Study) -> str | None:
    """The construct of which the first hypothesis expects an effect on what customers do."""
    found = (one.source for one in study.hypotheses if one.kind == "direct" and one.target in BEHAVIOURAL)
    return next(found, None)


def bad_worth(content: schema.StudyFile) -> Iterable[str]:
    """One line for each thing that cannot be asked."""
    from crmlab.study.coherence import near

    asked = content.worth
    for key in ("of", "perceived"):
        name = getattr(asked, key)
        if name is not None and name not in content.constructs:
            yield f"worth.{key} names an unknown construct '{name}'{near(name, content.constructs)}"
    if not asked.model_fields_set:
        return
    survey = content.survey
    if survey is None or content.ledger is None:
        yield "worth needs a survey and a ledger, which it joins"
    elif survey.customer is None:
        yield "worth needs survey.customer, the column that links answers with purchases"
    if asked.of is not None and asked.of == asked.perceived:
        yield f"worth.of and worth.perceived are both '{asked.of}'"
