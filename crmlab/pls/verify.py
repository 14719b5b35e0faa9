"""What is verified about a solved model, and why a model could not be solved."""

from __future__ import annotations

import numpy as np

from crmlab.errors import ModelError
from crmlab.pls.model import Model, Stage
from crmlab.pls.quality import path_vif
from crmlab.pls.quantities import levels
from crmlab.pls.solution import Solution, Solved, solve_model
from crmlab.result import Check

SINGULAR = 1e-9  # smallest eigenvalue of a correlation matrix that is still told apart from zero
SAME = 1 - 1e-10  # items that correlate more are one item under two names
COLLINEAR = 5.0


def verify(solution: Solution, tol: float, max_iter: int) -> tuple[Check, ...]:
    """Convergence, identical items, items against their construct, collinearity of predictors."""
    stages = [solution.first] if solution.second is None else [solution.first, solution.second]
    settled = all(bool(s.outer.converged[0]) for s in stages)
    steps = max(int(s.outer.iterations[0]) for s in stages)
    rule = f"weights settle within {max_iter} iterations (sum of changes < {tol:g})"
    return (
        Check("check.converged", settled, steps, rule),
        *_identical(solution.first),
        *_against(solution),
        *_inflated(solution.final),
    )


def _identical(first: Solved) -> list[Check]:
    r, items = first.R[:, :, 0], first.stage.items
    pairs = np.argwhere(np.triu(np.abs(r) > SAME, 1))
    return [
        Check(f"check.identical_items:{items[a]}~{items[b]}", False, r[a, b], "|r| < 1: two names, one item")
        for a, b in pairs
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
    plain = _with_scheme(model, "factorial")
    solution = solve_model(R[:, :, None], plain, 1e-7, 300)
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


def _with_scheme(model: Model, scheme: str) -> Model:
    def turned(stage: Stage) -> Stage:
        return Stage(stage.items, stage.names, stage.blocks, stage.modes, stage.inner, scheme)

    return Model(turned(model.first), None if model.second is None else turned(model.second), model.parts)
