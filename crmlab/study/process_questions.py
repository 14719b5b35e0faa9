"""What a study asks of mediation and moderation on scores, as the functions of the structural room take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crmlab.study import spec as schema
from crmlab.study.hypotheses import Hypothesis
from crmlab.study.instrument import Instrument

if TYPE_CHECKING:
    from crmlab.study.study import Study


def processed(study: Study) -> dict[str, Any]:
    """Arguments of `structure.ask_process`: the models of the study file, and those that hypotheses need."""
    models = {str(k): _asked(study, one) for k, one in enumerate(study.spec.process, 1)}
    models |= {one.id: _needed(study, one) for one in study.hypotheses if one.moderated}
    settings = study.estimator.covariance
    robust = "ML" if settings.estimator == "ML" else "MLR"
    return {
        "constructs": study.blocks,
        "higher_order": {name: list(study.constructs[name].dimensions) for name in study.second_order},
        "models": models,
        "estimator": robust,
        "resamples": study.estimator.bootstrap,
        "seed": study.seed,
        "level": study.estimator.level,
    }


def _asked(study: Study, one: schema.ProcessModel) -> dict[str, Any]:
    names = [one.x, *one.m, one.y, *([one.w] if one.w else [])]
    constructs_only = all(name in study.constructs for name in names) and not one.covariates
    return {
        **_of(study, one.model, one.x, one.y, one.m, one.w, one.covariates),
        "errors": one.errors,
        "probes": one.probes,
        "center": one.center,
        "latent": one.latent and constructs_only and study.uses("sem"),
        **({} if one.categorical is None else {"categorical": one.categorical}),
    }


def _needed(study: Study, one: Hypothesis) -> dict[str, Any]:
    """The model that a hypothesis is judged by; other causes of the outcome stand beside the one that is moderated."""
    roles = {one.source, *one.via, one.target, one.moderator}
    beside = [source for source, target in study.paths if target == one.target and source not in roles]
    constructs_only = one.moderator in study.constructs and not beside
    return {
        **_of(study, one.model, one.source, one.target, one.via, one.moderator, beside),
        "latent": constructs_only and study.uses("sem"),
    }


def _of(
    study: Study, model: int, x: str, y: str, m: Iterable[str], w: str | None, covariates: Iterable[str]
) -> dict[str, Any]:
    beside = list(covariates)
    return {
        "model": model,
        "x": x,
        "y": y,
        "mediators": list(m),
        "moderator": w,
        "covariates": beside,
        "categorical": w is not None and w not in study.constructs and not _amounts(study.instrument, w),
        "indicators": [c for c in beside if c not in study.constructs and not _amounts(study.instrument, c)],
    }


def _amounts(instrument: Instrument, code: str) -> bool:
    return instrument.scale_of(code).ordered


def bad_process(content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    """What is wrong with the models on scores, one line each."""
    from crmlab.study.coherence import near

    if content.process and content.survey is None:
        yield "process needs a survey: the file with the answers"
        return
    absent = content.survey.absent if content.survey else ()
    for k, one in enumerate(content.process, 1):
        roles = [("x", one.x), ("y", one.y), *(("m", m) for m in one.m)]
        roles += [("w", one.w)] if one.w else []
        roles += [("covariates", c) for c in one.covariates]
        for role, name in roles:
            place = f"process, model {k} ({one.model}): {role} "
            if name in content.constructs:
                continue
            if name not in instrument.items:
                yield f"{place}names '{name}', which is neither a construct nor an item{near(name, [*content.constructs, *instrument.items])}"
            elif name in absent:
                yield f"{place}names item '{name}', which survey.absent says was not asked"
            elif instrument.scale_of(name).kind == "text":
                yield f"{place}names item '{name}', whose answers are texts"
            elif role in ("x", "y", "m") and not instrument.scale_of(name).ordered:
                yield f"{place}names item '{name}', whose answers are categories; only w and covariates may be"
