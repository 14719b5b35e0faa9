"""What is verified about a solved model, and why a model could not be solved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crmlab.errors import ModelError
from crmlab.pls.consistent import REACH
from crmlab.pls.model import Model, model_of
from crmlab.pls.quality import path_vif
from crmlab.pls.quantities import levels
from crmlab.pls.solution import Solution, Solved, solve_model
from crmlab.result import Check

SINGULAR = 1e-9  # smallest eigenvalue of a correlation matrix that is still told apart from zero
SAME = 1 - 1e-10  # items that correlate more are one item under two names
COLLINEAR = 5.0


def verify(solution: Solution, tol: float, max_iter: int) -> tuple[Check, ...]:
    """Convergence, identical items, items against their construct, collinearity of predictors."""
    settled = all(bool(s.outer.converged[0]) for s in solution.stages)
    steps = max(int(s.outer.iterations[0]) for s in solution.stages)
    rule = f"weights settle within {max_iter} iterations (sum of changes < {tol:g})"
    return (
        Check("check.converged", settled, steps, rule),
        *_identical(solution.first),
        *_against(solution),
        *_inflated(solution.final),
        *_admissible(solution.final),
    )


def _identical(first: Solved) -> list[Check]:
    r, items = first.R[:, :, 0], first.stage.items
    pairs = np.argwhere(np.triu(np.abs(r) > SAME, 1))
    return [
        Check(f"check.identical_items:{items[a]}~{items[b]}", False, r[a, b], "|r| < 1: two names, one item")
        for a, b in pairs
        if items[a] != items[b]
    ]


def _against(solution: Solution) -> list[Check]:
    found = []
    for solved, js in levels(solution):
        for j in js:
            block = solved.stage.blocks[j]
            if solved.stage.modes[j] == "B":
                continue
            for item, loading in zip(solved.stage.items[block], solved.loadings[block, 0], strict=True):
                if loading < 0:
                    rule = "loading > 0: an item against its construct is usually one that was not reversed"
                    found.append(Check(f"check.loading_sign:{item}", False, loading, rule))
    return found


def _inflated(final: Solved) -> list[Check]:
    worst = float(path_vif(final).max())
    return [
        Check(
            "check.collinearity", worst < COLLINEAR, worst, "largest VIF of predictors < 5 (Hair et al. 2022)"
        )
    ]


def _admissible(final: Solved) -> list[Check]:
    """Consistent PLS can leave the range of the possible; each excess is told."""
    if not final.stage.consistent:
        return []
    q, c, names = final.q[:, 0], final.c[:, :, 0], final.stage.names
    found = [
        Check(f"check.inadmissible:rho_a.{names[j]}", False, q[j] ** 2, "rho_A <= 1")
        for j in np.flatnonzero(q > REACH)
    ]
    for place in np.flatnonzero(np.abs(final.standard_loadings[:, 0]) > REACH):
        term, value = final.stage.items[place], final.standard_loadings[place, 0]
        found.append(Check(f"check.inadmissible:loading.{term}", False, value, "|loading| <= 1"))
    for i, j in np.argwhere(np.triu(np.abs(c) > REACH, 1)):
        found.append(
            Check(f"check.inadmissible:cor.{names[i]}~{names[j]}", False, c[i, j], "|correlation| <= 1")
        )
    smallest = float(np.linalg.eigvalsh(c)[0])
    rule = "smallest eigenvalue of the consistent correlations >= 0 (Dijkstra & Henseler 2015)"
    return [*found, Check("check.admissible", not found and smallest >= -1e-9, smallest, rule)]


def explain_failure(R: np.ndarray, model: Model) -> ModelError:
    """The reason why a model has no finite solution, in words; R is (p, p)."""
    for j, block in enumerate(model.first.blocks):
        name, items = model.first.names[j], model.first.items[block]
        if R[block, block].sum() < SINGULAR:
            return ModelError(
                f"the items of '{name}' cancel out: {', '.join(items)}",
                hint="reverse-code the items that point down",
            )
        tied = _tied(R[block, block], items) if model.first.modes[j] == "B" else ()
        if tied:
            return ModelError(f"items of '{name}' are collinear in mode B: {', '.join(tied)}")
    if model.words.consistent:
        found = _uncorrectable(R, model)
        if found:
            return found
    plain = model_of(replace(model.words, scheme="factorial", interactions=(), consistent=False))
    places = [model.items.index(item) for item in plain.items]
    solution = solve_model(R[np.ix_(places, places)][:, :, None], plain, 1e-7, 300)
    for solved in (solution.first, solution.final):
        if not np.isfinite(solved.outer.c).all():
            continue
        for sources, outcomes in solved.stage.regressions.items():
            names = [solved.stage.names[i] for i in sources]
            tied = _tied(solved.outer.c[np.ix_(sources, sources)][:, :, 0], names)
            if tied:
                target = ", ".join(solved.stage.names[j] for j in outcomes)
                return ModelError(
                    f"predictors of {target} are collinear: {', '.join(tied)}", hint="leave one out"
                )
    return ModelError("the model has no finite solution for these data")


def _tied(r: np.ndarray, names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Names that take part in an exact linear relation; empty if there is none."""
    values, vectors = np.linalg.eigh(r)
    if values[0] > SINGULAR:
        return ()
    part = (vectors[:, values <= SINGULAR] ** 2).sum(axis=1)
    return tuple(name for name, share in zip(names, part, strict=True) if share > 1e-4)


def _uncorrectable(R: np.ndarray, model: Model) -> ModelError | None:
    solved = solve_model(R[:, :, None], model, 1e-7, 300).final
    for j in np.flatnonzero(np.isnan(solved.q[:, 0]) & np.isfinite(solved.outer.c[:, 0, 0])):
        return ModelError(
            f"construct '{model.final.names[j]}': rho_A is not positive, so PLSc cannot correct for it",
            hint="reverse-code items that point down, or consistent=False",
        )
    return None
