"""The named quantities of a solved model: one list of terms, for the estimate and for every resample."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from crmlab.pls.effects import chain_effects, chains, connected, total_effects
from crmlab.pls.quality import RELIABILITY, htmt, reliability
from crmlab.pls.solution import Solution, Solved


def quantities(solution: Solution, n: int) -> dict[str, np.ndarray]:
    """Term -> values of the batch, shape (B,). Terms are `quantity:subject` (docs/terms.md)."""
    final, names = solution.final, solution.final.stage.names
    found: dict[str, np.ndarray] = {}
    found |= _paths(final, n)
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
    for quantity in ("htmt", "cor"):
        for solved, js in pair_levels(solution):
            found |= _pairs(quantity, solved, js)
    return found


def levels(solution: Solution) -> list[tuple[Solved, tuple[int, ...]]]:
    """Where each construct's own block is estimated: parts in the first stage, all else in the last."""
    if solution.second is None:
        return [(solution.first, tuple(range(len(solution.first.stage.names))))]
    parts = {part for its in solution.model.parts.values() for part in its}
    lower = tuple(j for j, name in enumerate(solution.first.stage.names) if name in parts)
    return [(solution.first, lower), (solution.second, tuple(range(len(solution.second.stage.names))))]


def pair_levels(solution: Solution) -> list[tuple[Solved, tuple[int, ...]]]:
    """Where pairs of constructs are compared: all first-order ones, then those of the second stage."""
    first = [(solution.first, tuple(range(len(solution.first.stage.names))))]
    if solution.second is None:
        return first
    return [*first, (solution.second, tuple(range(len(solution.second.stage.names))))]


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


def _pairs(quantity: str, solved: Solved, js: tuple[int, ...]) -> dict[str, np.ndarray]:
    values = htmt(solved.R, solved.stage) if quantity == "htmt" else solved.outer.c
    names = solved.stage.names
    return {f"{quantity}:{names[i]}~{names[j]}": values[i, j] for i, j in combinations(js, 2)}
