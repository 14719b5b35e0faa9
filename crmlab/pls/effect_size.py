"""Cohen's f2: how much does a model lose without one of its paths?"""

from __future__ import annotations

import numpy as np

from crmlab.pls.model import without_path
from crmlab.pls.solution import Solution, solve_model


def effect_sizes(solution: Solution, tol: float, max_iter: int) -> list[float]:
    """f2 = (R2 with - R2 without) / (1 - R2 with) of every path, in the order of the last stage's arrows.

    Without: the whole model, in both stages, is estimated again with that path left out, so weights move
    too (as seminr has it). An outcome with no predictor left has R2 = 0. Infinite where R2 is 1.

    Source
    ------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 9.2.
    """
    model, stage, found = solution.model, solution.final.stage, []
    for source, target in stage.arrows:
        r2 = float(solution.final.r2[target, 0])
        less, without = without_path(model, stage.names[source], stage.names[target]), 0.0
        if less is not None:
            places = [model.first.items.index(item) for item in less.first.items]
            again = solve_model(solution.first.R[np.ix_(places, places)], less, tol, max_iter).final
            without = float(again.r2[again.stage.names.index(stage.names[target]), 0])
        found.append((r2 - without) / (1 - r2) if r2 < 1 else np.inf)
    return found
