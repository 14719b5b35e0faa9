"""The named quantities of a solved model: one list of terms, for the estimate and for every resample."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from crmlab.pls.effects import chain_effects, chains, connected, total_effects
from crmlab.pls.quality import RELIABILITY, htmt, htmt2, reliability
from crmlab.pls.solution import Solution, Solved


def quantities(solution: Solution, n: int) -> dict[str, np.ndarray]:
    """Term -> values of the batch, shape (B,). Terms are `quantity:subject` (docs/terms.md)."""
    final, names = solution.final, solution.final.stage.names
    found: dict[str, np.ndarray] = {}
    found |= _paths(final, n) | _slopes(solution)
    beta, inner = final.beta, final.stage.inner
    along = chains(inner)
    for chain, effect in zip(along, chain_effects(beta, along), strict=True):
        found["indirect:" + "~".join(names[i] for i in reversed(chain))] = effect
    total = total_effects(beta)
    for i, j in sorted({(chain[0], chain[-1]) for chain in along}):
        found[f"total_indirect:{names[j]}~{names[i]}"] = total[i, j] - beta[i, j]
    for i, j in np.argwhere(connected(inner)):
        found[f"total:{names[j]}~{names[i]}"] = total[i, j]
    for solved, js in levels(solution):
        found |= _outer(solved, js)
    for solved, js in levels(solution):
        found |= _reliability(solved, js)
    for quantity in ("htmt", "htmt2", "cor"):
        found |= pairs(solution, quantity)
    return found


def levels(solution: Solution) -> list[tuple[Solved, tuple[int, ...]]]:
    """Where each construct's own block is estimated: parts in an earlier stage, all else in the last."""
    return [(solved, js) for solved, js in zip(solution.stages, solution.model.levels, strict=True) if js]


def pair_levels(solution: Solution) -> list[tuple[Solved, tuple[int, ...]]]:
    """Where pairs of constructs are compared: in every stage, all of its constructs."""
    return [(solved, tuple(range(len(solved.stage.names)))) for solved in solution.stages]


def _paths(final: Solved, n: int) -> dict[str, np.ndarray]:
    stage, found = final.stage, {}
    for i, j in stage.arrows:
        found[f"path:{stage.names[j]}~{stage.names[i]}"] = final.beta[i, j]
    for j, name in enumerate(stage.names):
        if stage.sources[j]:
            found[f"r2:{name}"] = final.r2[j]
    for j, name in enumerate(stage.names):
        if stage.sources[j]:
            k = len(stage.sources[j])
            found[f"r2_adjusted:{name}"] = 1 - (1 - final.r2[j]) * (n - 1) / (n - k - 1)
    return found


def _slopes(solution: Solution) -> dict[str, np.ndarray]:
    """Effect of a predictor where its moderator is one standard deviation low, and high: b1 -+ b3.

    Of a quadratic term the slope of the curve where the predictor itself is low and high: b1 -+ 2 b3.

    Source
    ------
    Aiken, L. S. & West, S. G. (1991). Multiple Regression: Testing and Interpreting Interactions, ch. 2.
    """
    found, final = {}, solution.final
    names = final.stage.names
    for one in solution.model.words.interactions:
        i, k = names.index(one.predictor), names.index(one.name)
        turn = 2.0 if one.predictor == one.moderator else 1.0
        for j in (names.index(outcome) for outcome in one.outcomes):
            for end, side in (("low", -turn), ("high", turn)):
                slope = final.beta[i, j] + side * final.beta[k, j]
                found[f"slope_{end}:{names[j]}~{one.name}"] = slope
    return found


def _outer(solved: Solved, js: tuple[int, ...]) -> dict[str, np.ndarray]:
    stage, found = solved.stage, {}
    for quantity, values in (("loading", solved.loadings), ("weight", solved.outer.w)):
        for j in js:
            for place in range(stage.blocks[j].start, stage.blocks[j].stop):
                found[f"{quantity}:{stage.names[j]}=~{stage.items[place]}"] = values[place]
    return found


def _reliability(solved: Solved, js: tuple[int, ...]) -> dict[str, np.ndarray]:
    values = reliability(solved)
    return {
        f"{quantity}:{solved.stage.names[j]}": values[row, j]
        for row, quantity in enumerate(RELIABILITY)
        for j in js
    }


def pairs(solution: Solution, quantity: str) -> dict[str, np.ndarray]:
    """One ratio or correlation of every pair of constructs; "htmt", "htmt2" or "cor".

    Correlations are those of the last stage that has both. Ratios are those of the items where a pair has
    items of its own (parts of one whole share them with it: they have none).
    """
    found: dict[str, np.ndarray] = {}
    for solved, js in pair_levels(solution):
        stage = solved.stage
        values = solved.c if quantity == "cor" else RATIOS[quantity](solved.R, stage)
        for i, j in combinations(js, 2):
            term = f"{quantity}:{stage.names[i]}~{stage.names[j]}"
            apart = not set(stage.items[stage.blocks[i]]) & set(stage.items[stage.blocks[j]])
            if quantity == "cor" or (term not in found and apart):
                found[term] = values[i, j]
    return found


RATIOS = {"htmt": htmt, "htmt+": htmt, "htmt2": htmt2}
