"""What a study asks of its groups, as the functions of the structural room take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crmlab.study import spec as schema
from crmlab.study.groups_spec import LatentClass
from crmlab.study.instrument import Instrument

if TYPE_CHECKING:
    from crmlab.study.study import Study


def compared(study: Study) -> dict[str, Any]:
    """Arguments of `structure.compare_groups`, besides the answers and what was foretold."""
    asked, model, groups = study.spec.comparison, study.model, study.groupings
    engines = {"pls": ("pls",), "sem": ("sem",), "both": ("sem", "pls")}
    return {
        "constructs": model["constructs"],
        "paths": model["paths"],
        "higher_order": {name: list(whole["of"]) for name, whole in model["higher_order"].items()},
        "groupings": {one.item: one.values for one in groups if one.item is not None},
        "latent": {
            one.name: {"items": one.latent_class.items, "classes": one.latent_class.classes,
                       "constructs": {name: study.blocks[name] for name in one.latent_class.constructs}}
            for one in groups if one.latent_class is not None
        },
        "engines": engines[study.estimator.engine],
        **{key: model[key] for key in ("modes", "scheme", "missing", "seed", "level")},
        "estimator": "ML" if study.estimator.covariance.estimator == "ML" else "MLR",
        "rule": asked.rule,
        "partial": asked.partial,
        "least": None if asked.least == "power" else asked.least,
        "smallest": asked.smallest,
        "threshold": study.spec.privacy_threshold,
    }  # fmt: skip


def firm(study: Study) -> dict[str, Any]:
    """Arguments of `structure.firmness`, besides the answers and the results it goes on from."""
    model, spec = study.model, study.spec
    engines = {"pls": ("pls", "plsc"), "sem": ("sem", "plsc"), "both": ("pls", "plsc", "sem")}
    return {
        **{key: model[key] for key in ("constructs", "paths", "higher_order", "modes", "scheme")},
        "hypotheses": study.path_hypotheses,
        "estimators": engines[study.estimator.engine],
        "estimator": "ML" if study.estimator.covariance.estimator == "ML" else "MLR",
        "smallest": spec.smallest_effect,
        "asked": spec.sensitivity,
        "alpha": study.rules.alpha,
        "seed": study.seed,
        "level": study.estimator.level,
    }


def turned(study: Study) -> dict[str, Any]:
    """Arguments of `structure.turn`, besides the answers and the results it goes on from."""
    asked = firm(study)
    same = (
        "constructs",
        "paths",
        "hypotheses",
        "higher_order",
        "estimators",
        "estimator",
        "scheme",
        "seed",
        "level",
    )
    how = {key: asked[key] for key in same}
    return {**how, "loading": study.rules.loading, "asked": study.spec.sensitivity and study.spec.multiverse}


def bad_groups(content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    """What is wrong with the items that make groups, one line each."""
    if content.groups and content.survey is None:
        yield "groups need a survey: the file with the answers"
        return
    for one in content.groups:
        if one.item is not None:
            yield from _bad_item(content, instrument, one.item, one.values)
        elif one.latent_class is not None:
            yield from _bad_classes(content, instrument, one.latent_class)
    asked = [one.name for one in content.groups]
    for code in sorted({code for code in asked if asked.count(code) > 1}):
        yield f"groups names {'item ' if code in instrument.items else 'classes '}'{code}' twice"


def _bad_item(
    content: schema.StudyFile, instrument: Instrument, code: str, values: Iterable[int]
) -> Iterable[str]:
    from crmlab.study.coherence import near

    measures = {code: name for name, one in content.constructs.items() for code in one.items}
    if code not in instrument.items:
        yield f"groups names an unknown item '{code}'{near(code, instrument.items)}"
        return
    scale = instrument.scale_of(code)
    if code in measures:
        yield f"groups: item '{code}' measures construct '{measures[code]}', so it cannot make the groups as well"
    elif content.survey is not None and code in content.survey.absent:
        yield f"groups names item '{code}', which survey.absent says was not asked"
    elif scale.kind != "codes":
        yield f"groups: the answers to '{code}' are {scale.kind}s, not categories; they make no groups"
    elif set(values) - set(scale.values):
        wrong = sorted(set(values) - set(scale.values))[0]
        yield f"groups: {wrong} is no answer of item '{code}'; it allows {', '.join(map(str, scale.values))}"


def _bad_classes(content: schema.StudyFile, instrument: Instrument, asked: LatentClass) -> Iterable[str]:
    from crmlab.study.coherence import near

    where = "groups.latent_class"
    if asked.name in instrument.items or asked.name in content.constructs:
        yield f"{where}: the name '{asked.name}' is taken by an item or a construct"
    for code in asked.items:
        if code not in instrument.items:
            yield f"{where} names an unknown item '{code}'{near(code, instrument.items)}"
        elif content.survey is not None and code in content.survey.absent:
            yield f"{where} names item '{code}', which survey.absent says was not asked"
        elif not instrument.scale_of(code).values or instrument.scale_of(code).kind not in (
            "codes",
            "points",
        ):
            yield f"{where}: the answers to '{code}' are no categories; classes are found from answers that are"
    for name in asked.constructs:
        construct = content.constructs.get(name)
        if construct is None:
            yield f"{where} names an unknown construct '{name}'{near(name, content.constructs)}"
        elif construct.dimensions:
            yield f"{where}: '{name}' is a construct of dimensions; name the dimensions themselves"
