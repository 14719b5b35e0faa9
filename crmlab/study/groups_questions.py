"""What a study asks of its groups, as the functions of the structural room take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crmlab.study import spec as schema
from crmlab.study.instrument import Instrument

if TYPE_CHECKING:
    from crmlab.study.study import Study


def compared(study: Study) -> dict[str, Any]:
    """Arguments of `structure.compare_groups`."""
    asked, model = study.spec.comparison, study.model
    return {
        "constructs": model["constructs"],
        "paths": model["paths"],
        "higher_order": {name: list(whole["of"]) for name, whole in model["higher_order"].items()},
        "groupings": {one.item: one.values for one in study.spec.groups},
        "estimator": "ML" if study.estimator.covariance.estimator == "ML" else "MLR",
        "rule": asked.rule,
        "partial": asked.partial,
        "least": asked.least,
        "smallest": asked.smallest,
        "level": study.estimator.level,
    }


def firm(study: Study) -> dict[str, Any]:
    """Arguments of `structure.firmness`, besides the answers and the results it goes on from."""
    model, spec = study.model, study.spec
    engines = {"pls": ("pls", "plsc"), "sem": ("sem", "plsc"), "both": ("pls", "plsc", "sem")}
    return {
        **{key: model[key] for key in ("constructs", "paths", "higher_order", "modes", "scheme")},
        "hypotheses": study.hypotheses,
        "estimators": engines[study.estimator.engine],
        "estimator": "ML" if study.estimator.covariance.estimator == "ML" else "MLR",
        "smallest": spec.smallest_effect,
        "asked": spec.sensitivity,
        "alpha": study.rules.alpha,
        "seed": study.seed,
        "level": study.estimator.level,
    }


def bad_groups(content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    """What is wrong with the items that make groups, one line each."""
    if content.groups and content.survey is None:
        yield "groups need a survey: the file with the answers"
        return
    measures = {code: name for name, one in content.constructs.items() for code in one.items}
    asked = [one.item for one in content.groups]
    for one in content.groups:
        code = one.item
        if code not in instrument.items:
            from crmlab.study.coherence import near

            yield f"groups names an unknown item '{code}'{near(code, instrument.items)}"
            continue
        scale = instrument.scale_of(code)
        if code in measures:
            yield f"groups: item '{code}' measures construct '{measures[code]}', so it cannot make the groups as well"
        elif content.survey is not None and code in content.survey.absent:
            yield f"groups names item '{code}', which survey.absent says was not asked"
        elif scale.kind != "codes":
            yield f"groups: the answers to '{code}' are {scale.kind}s, not categories; they make no groups"
        elif set(one.values) - set(scale.values):
            wrong = sorted(set(one.values) - set(scale.values))[0]
            yield f"groups: {wrong} is no answer of item '{code}'; it allows {', '.join(map(str, scale.values))}"
    for code in sorted({code for code in asked if asked.count(code) > 1}):
        yield f"groups names item '{code}' twice"
