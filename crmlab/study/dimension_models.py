"""Models between dimensions: what sub-hypotheses are judged by, beside the model of the whole constructs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

from crmlab.study import spec as schema
from crmlab.study.hypotheses import Hypothesis

if TYPE_CHECKING:
    from crmlab.study.study import Study


def wholes(constructs: Mapping[str, schema.Construct]) -> dict[str, str]:
    """Dimension -> the second-order construct it belongs to."""
    return {part: name for name, one in constructs.items() for part in one.dimensions}


def of_dimensions(one: Hypothesis, constructs: Mapping[str, schema.Construct]) -> bool:
    """Whether a hypothesis about effects names dimensions."""
    return one.of_the_model and bool(set(one.constructs) & set(wholes(constructs)))


def lacking(
    one: Hypothesis, constructs: Mapping[str, schema.Construct], pairs: Iterable[tuple[str, str]]
) -> str:
    """The first step of a way that neither is a path, nor stands for one between the whole constructs."""
    whole, known = wholes(constructs), set(pairs)
    for a, b in pairwise(one.constructs):
        step = whole.get(a, a), whole.get(b, b)
        if step not in known:
            return f"{step[1]} ~ {step[0]}"
    return ""


def split_of(one: Hypothesis, study: Study) -> tuple[str, ...]:
    """The second-order constructs that stand aside for their dimensions in the model a hypothesis is judged by.

    All of them where only dimensions are named; otherwise those whose dimensions are, so that the others stay whole.
    """
    whole = wholes(study.constructs)
    named = {whole[name] for name in one.constructs if name in whole}
    mixed = any(name in study.second_order for name in one.constructs)
    linked = {name for pair in study.paths for name in pair}
    return tuple(name for name in study.second_order if name in (named if mixed else linked))


def submodels(study: Study) -> dict[str, Any]:
    """Arguments of `structure.estimate_dimensions`: a model for every set of constructs that must stand aside."""
    asked: dict[tuple[str, ...], list[Hypothesis]] = {}
    for one in study.sub_hypotheses:
        asked.setdefault(split_of(one, study), []).append(one)
    models = {}
    for split, hypotheses in asked.items():
        parts = {name: list(study.constructs[name].dimensions) for name in split}
        paths = [way for a, b in study.paths for way in product(parts.get(a, [a]), parts.get(b, [b]))]
        models["_".join(split)] = {**study.model_of(paths), "hypotheses": tuple(hypotheses)}
    return {"models": models, "engine": "pls" if study.uses("pls") else "sem", **study.covariance_settings}
