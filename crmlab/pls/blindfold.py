"""Blindfolding: the Stone-Geisser Q2 of each endogenous construct (superseded by PLSpredict)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crmlab.errors import ModelError
from crmlab.pls.moments import whole_sample
from crmlab.pls.observed import chained_loading, endogenous_items
from crmlab.pls.solution import solve_model
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit


def blindfold(fit: PlsFit, distance: int) -> Result:
    """Cross-validated redundancy, `q2:<construct>`; see PlsFit.q2."""
    words = fit.model.words
    words.refuse_consistent("blindfolding")
    if words.interactions or (words.parts and words.method == "repeated_indicators"):
        raise ModelError(
            "blindfolding with interactions or repeated indicators is not available", hint="predict"
        )
    if distance < 2 or fit.n % distance == 0:
        raise ModelError(
            f"omission distance {distance} divides {fit.n} rows or is below 2: whole rows would be left out",
            hint="a number from 5 to 12 that does not divide the sample size",
        )
    names = [name for j, name in enumerate(fit.model.final.names) if fit.model.final.sources[j]]
    values = np.array([_q2(fit, name, distance) for name in names])
    checks = tuple(
        Check(f"check.q2:{name}", value > 0, value, "Q2 > 0 (Hair et al. 2022); PLSpredict superseded it")
        for name, value in zip(names, values, strict=True)
    )
    glance = {"n": float(fit.n), "distance": float(distance)}
    return Result("model.pls", tidy_block("q2", names, values), glance, checks, fit.source)


def _q2(fit: PlsFit, name: str, distance: int) -> float:
    """1 - SSE / SSO over all cells of the construct's items, each left out once.

    Cells are counted down the columns, item after item; each round leaves out every distance-th one, puts the item's mean (0)
    in its place, solves the model, and predicts the cell by antecedents' scores, paths and loading.
    """
    items = [item for owner, item in endogenous_items(fit.model) if owner == name]
    places = [fit.model.items.index(item) for item in items]
    cells = np.arange(fit.n * len(items)).reshape(len(items), fit.n).T % distance
    off, base = 0.0, 0.0
    for turn in range(distance):
        hidden = cells == turn
        Z = fit.Z.copy()
        Z[:, places] = np.where(hidden, 0.0, Z[:, places])
        scaled = Z - Z.mean(axis=0)
        scaled /= scaled.std(axis=0, ddof=1)
        whole = whole_sample(scaled, fit.model)
        solved = solve_model(whole.R, fit.model, fit.tol, fit.max_iter, fit.solution)
        stage, beta = solved.final.stage, solved.final.beta[:, :, 0]
        j = stage.names.index(name)
        score = sum((scaled @ solved.on_items[stage.names[i]][:, 0]) * beta[i, j] for i in stage.sources[j])
        loading = np.array([chained_loading(solved, name, item)[0] for item in items])
        truth = fit.Z[:, places]
        off += float(((truth - np.outer(score, loading)) ** 2)[hidden].sum())
        base += float((truth**2)[hidden].sum())
    return 1 - off / base
