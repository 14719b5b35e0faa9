"""Cohen's f2: how much does a model lose without one of its paths?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crmlab.pls.model import without_path
from crmlab.pls.quality import path_vif
from crmlab.pls.solution import Solution, solve_model, solve_stage
from crmlab.pls.stage import without_arrow


def effect_sizes(solution: Solution, tol: float, max_iter: int) -> list[np.ndarray]:
    """f2 = (R2 with - R2 without) / (1 - R2 with) of every path, in the order of the last stage's arrows, (B,).

    Without: the whole model, in all stages, is estimated again with that path left out, so weights move
    too (as seminr has it); with interactions or repeated indicators the last stage alone. An outcome with
    no predictor left has R2 = 0. Infinite where R2 is 1.

    Source
    ------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 9.2.
    """
    words, stage, found = solution.model.words, solution.final.stage, []
    alone = bool(words.interactions) or words.method == "repeated_indicators"
    for source, target in stage.arrows:
        r2 = solution.final.r2[target]
        less = _last_stage if alone else _whole_model
        without = less(solution, source, target, tol, max_iter)
        found.append(np.where(r2 < 1, (r2 - without) / np.where(r2 < 1, 1 - r2, 1.0), np.inf))
    return found


def _whole_model(solution: Solution, source: int, target: int, tol: float, max_iter: int) -> np.ndarray:
    model, names = solution.model, solution.final.stage.names
    less = without_path(model, names[source], names[target])
    if less is None:
        return np.zeros(solution.final.r2.shape[1])
    R = solution.first.R
    places = [model.first.items.index(item) for item in less.items]
    again = solve_model(R[np.ix_(places, places)], less, tol, max_iter).final
    return again.r2[again.stage.names.index(names[target])]


def _last_stage(solution: Solution, source: int, target: int, tol: float, max_iter: int) -> np.ndarray:
    final = solution.final
    less = without_arrow(final.stage, source, target)
    if less is None:
        return np.zeros(solution.final.r2.shape[1])
    stage, places = less
    again = solve_stage(final.R[np.ix_(places, places)], stage, tol, max_iter)
    return again.r2[stage.names.index(final.stage.names[target])]


EXTRA = ("f2", "vif")


def path_diagnostics(
    solution: Solution, tol: float, max_iter: int, asked: Sequence[str] = EXTRA
) -> dict[str, np.ndarray]:
    """`vif:<path>` and `f2:<path>` of the batch, as far as asked for; f2 solves the model once a path."""
    stage = solution.final.stage
    found: dict[str, np.ndarray] = {}
    ends = [f"{stage.names[j]}~{stage.names[i]}" for i, j in stage.arrows]
    if "vif" in asked:
        found |= {f"vif:{end}": value for end, value in zip(ends, path_vif(solution.final), strict=True)}
    if "f2" in asked:
        sizes = effect_sizes(solution, tol, max_iter)
        found |= {f"f2:{end}": value for end, value in zip(ends, sizes, strict=True)}
    return found
