"""What a study asks before data, as the functions of this room take it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crmlab.sem import partable, placement, rows, syntax
from crmlab.structure.expected import expected_population
from crmlab.structure.population import Population, structural
from crmlab.study import Study, lavaan

SIZES = (100, 200, 300, 400)
MEDIUM = 0.15  # Cohen's medium f2, where no effect is expected by name
SMALL_PATH = 0.20  # smallest path of interest, where none is expected by name


@dataclass(frozen=True, slots=True, eq=False)
class DesignQuestion:
    """Arguments for `instrument`, `foresee`, `sample_sizes`, `foresee_groups`: `structure.foresee(**asked.power)`."""

    instrument: dict[str, Any]
    power: dict[str, Any]
    sizes: dict[str, Any]
    groups: dict[str, Any]


def design_question(study: Study) -> DesignQuestion:
    """The study's hypotheses, instrument and expected effects as plain inputs.

    Raises
    ------
    StudyError
        A path without an expected effect where others have one; a loading that is missing.
    ModelError
        Effects that explain more than the whole of a construct.
    """
    asked, alpha = study.design, study.rules.alpha
    population = _population(study)
    chains = {h.id: h.constructs for h in study.path_hypotheses}
    paths, effect, f2 = list(study.paths), SMALL_PATH, MEDIUM
    if population is not None:
        there = [abs(value) for value in population.paths.values() if value]
        effect, f2 = min(there, default=SMALL_PATH), _smallest_f2(population)
    robust = study.estimator.covariance.estimator == "MLR"
    return DesignQuestion(
        instrument={
            "blocks": study.blocks,
            "points": {code: len(values) for code, values in study.answer_values.items()},
            "reverse": [code for code in study.construct_items if study.items[code].reverse],
        },
        power={
            "hypotheses": chains, "further": len(study.hypotheses) - len(chains), "signs": {h.id: h.sign for h in study.hypotheses}, "population": population,
            "planned": asked.n, "sizes": _sizes(study), "wanted": asked.power, "engines": asked.engines,
            "estimator": "MLR" if robust else "ML", "replications": asked.replications,
            "resamples": asked.resamples, "seed": study.seed, "level": study.estimator.level, "alpha": alpha,
        },
        sizes={
            "people": asked.population, "proportion": asked.proportion, "margin": asked.margin,
            "level": study.estimator.level, "effect": effect, "f2": f2, "alpha": alpha, "power": asked.power,
            "predictors": max((sum(target == one for _, one in paths) for _, target in paths), default=0),
            "df": degrees(study) if paths else None, "planned": asked.n, "expected": population is not None,
        },
        groups={
            "population": population if study.spec.groups else None, "smallest": study.spec.comparison.smallest,
            "wanted": asked.power, "replications": asked.replications, "seed": study.seed, "alpha": alpha,
        },
    )  # fmt: skip


def degrees(study: Study) -> int:
    """Degrees of freedom of the study's path model by covariance-based SEM."""
    model = study.model
    text = lavaan.structure(model["constructs"], model["paths"], model["higher_order"]).model
    table = partable.build(syntax.parse(text), rows.Options(kind="sem", groups=1), {})
    laid = placement.build(table)
    return laid.p * (laid.p + 1) // 2 - laid.q


def _population(study: Study) -> Population | None:
    asked = study.design
    if not asked.effects:
        return None
    return expected_population(
        study,
        asked.effects,
        loadings=asked.loadings,
        second_order=asked.dimension_loadings,
        missing=asked.blank,
    )


def _sizes(study: Study) -> list[int]:
    """The sizes to try; those by default leave out what is too small for the items."""
    asked, least = study.design, len(study.construct_items) + 2
    sizes: Sequence[int] = asked.sizes or [n for n in SIZES if n >= least] or [least, 2 * least]
    return sorted({*sizes, asked.n} if asked.n else sizes)


def _smallest_f2(population: Population) -> float:
    """The smallest f2 of a path that is expected, between the constructs themselves."""
    names, R = structural(population)
    place = {name: k for k, name in enumerate(names)}
    found: list[float] = []
    for target in dict.fromkeys(target for _, target in population.paths):
        sources = [source for source, to in population.paths if to == target]
        whole = _explained(R, place, sources, target)
        for source in sources:
            if population.paths[source, target]:
                rest = _explained(R, place, [one for one in sources if one != source], target)
                found.append((whole - rest) / (1 - whole))
    least = min(found, default=MEDIUM)
    return least if math.isfinite(least) and least > 0 else MEDIUM


def _explained(R: np.ndarray, place: Mapping[str, int], sources: Sequence[str], target: str) -> float:
    if not sources:
        return 0.0
    at, y = [place[one] for one in sources], place[target]
    return float(R[y, at] @ np.linalg.solve(R[np.ix_(at, at)], R[at, y]))
