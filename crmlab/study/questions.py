"""What a study asks of the chapters on measurement and on the PLS model, as their functions take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmlab.study.study import Study


def explored(study: Study) -> dict[str, Any]:
    """Arguments of `measurement.explore`."""
    efa, rules = study.spec.measurement.efa, study.rules
    return {
        "constructs": study.blocks,
        "higher_order": {name: list(study.constructs[name].dimensions) for name in study.second_order},
        "number": None if efa is None else efa.number,
        "method": efa.method if efa else "minres",
        "rotation": efa.rotation if efa else "oblimin",
        "seed": study.seed,
        "kmo_limit": rules.kmo,
        "alpha": rules.alpha,
    }


def separated(study: Study) -> dict[str, Any]:
    """Arguments of `measurement.separate`, besides the results it goes on from."""
    return {
        "constructs": study.blocks,
        "n_boot": study.estimator.bootstrap,
        "seed": study.seed,
        "level": study.estimator.level,
        "htmt_limit": study.rules.htmt,
    }


def biased(study: Study) -> dict[str, Any]:
    """Arguments of `measurement.bias`."""
    rules, asked = study.rules, study.spec.measurement.method_factor
    settings = study.estimator.covariance
    by_default = ("common",) if study.uses("sem") else ()
    return {
        **outer(study.measured),
        "method_factor": by_default if asked is None else asked,
        "estimator": settings.estimator,
        "missing_answers": settings.missing,
        "marker_items": study.spec.measurement.marker,
        "harman_limit": rules.harman,
        "collinearity_limit": rules.full_collinearity,
        "level": study.estimator.level,
    }


def evaluated(study: Study) -> dict[str, Any]:
    """Arguments of `structure.evaluate`."""
    asked, rules = study.spec.evaluation, study.rules
    return {
        **outer(study.model),
        "quality": asked.quality,
        "importance": _targets(study),
        "necessity": asked.necessity,
        "robustness": asked.robustness,
        "segments": asked.segments,
        "scale": ends(study),
        "necessity_limit": rules.necessity,
        "seed": study.seed,
        "level": study.estimator.level,
    }


def _targets(study: Study) -> tuple[str, ...]:
    """Outcomes that importance is asked for: those named, or those that affect nothing else."""
    asked, sources = study.spec.evaluation.importance, {source for source, _ in study.paths}
    last = dict.fromkeys(target for _, target in study.paths if target not in sources)
    return tuple(last) if asked is None else asked


def weighed(study: Study) -> dict[str, Any]:
    """Arguments of `structure.latent_importance`, besides the answers and the results it goes on from."""
    return {
        "constructs": study.blocks,
        "higher_order": {name: list(study.constructs[name].dimensions) for name in study.second_order},
        "targets": _targets(study),
        "scale": ends(study),
    }


def ranked(study: Study) -> dict[str, Any]:
    """Arguments of `measurement.rank_dimensions`."""
    return {
        "constructs": study.blocks,
        "higher_order": {name: list(study.constructs[name].dimensions) for name in study.second_order},
        "scales": ends(study),
        "level": study.estimator.level,
    }


def superseded(study: Study) -> dict[str, Any]:
    """Arguments of `measurement.annex`, besides the results it goes on from."""
    middle = {code: (low + high) / 2 for code, (low, high) in ends(study).items()}
    middles = {
        name: sum(middle[item] for item in block) / len(block)
        for name, block in study.blocks.items()
        if all(item in middle for item in block)
    }
    return {"constructs": study.blocks, "midpoints": middles, "level": study.estimator.level}


def ends(study: Study) -> dict[str, tuple[float, float]]:
    """Item -> lowest and highest answer of its scale, for items that measure a construct."""
    scales = {code: study.instrument.scale_of(code) for code in study.construct_items}
    return {
        code: (float(scale.low), float(scale.high))
        for code, scale in scales.items()
        if scale.low < scale.high
    }


def outer(model: dict[str, Any]) -> dict[str, Any]:
    """A path model without the settings of its bootstrap."""
    return {key: value for key, value in model.items() if key not in ("n_boot", "seed", "level")}
