"""Importance and performance: which predictors matter for a target, and how high they score already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.effects import total_effects
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

Scale = tuple[float, float] | Mapping[str, tuple[float, float]] | None

WEIGHTS = ("standardized", "unstandardized")


def ipma(fit: PlsFit, target: str, scale: Scale, weights: str = "standardized") -> Result:
    """Importance-performance map; see PlsFit.ipma."""
    final = fit.solution.final
    names = final.stage.names
    if fit.model.words.interactions:
        raise ModelError(
            "importance and performance with interactions are not available", hint="leave them out"
        )
    if target not in names or not final.stage.sources[names.index(target)]:
        raise ModelError(f"'{target}' is no construct that others explain", hint="an endogenous construct")
    if weights not in WEIGHTS:
        raise ModelError(f"weights '{weights}' are not one of {', '.join(WEIGHTS)}")
    W, checks = performance_weights(fit, weights)
    answers = rescaled(fit, scale)
    j = names.index(target)
    scores = answers @ W
    spread = scores.std(axis=0, ddof=1)
    effect = total_effects(final.beta)[:, j, 0]
    before = [i for i in range(len(names)) if i != j and effect[i] != 0]
    chosen = [names[i] for i in before]
    items = [(i, k) for i in before for k in np.flatnonzero(W[:, i])]
    level = scores.mean(axis=0)
    raw = effect * spread[j] / spread
    subjects = [f"{names[i]}=~{fit.model.observed[k]}" for i, k in items]

    tidy = pd.concat(
        [
            tidy_block("importance", chosen, raw[before]),
            tidy_block("importance_std", chosen, effect[before]),
            tidy_block("performance", chosen, level[before]),
            tidy_block("performance", [target], level[[j]]),
            tidy_block("item_importance", subjects, [raw[i] * W[k, i] for i, k in items]),
            tidy_block("item_performance", subjects, [answers[:, k].mean() for _, k in items]),
        ]
    )
    return Result("model.pls", tidy, {"n": float(fit.n)}, (*fit.checks, *checks), fit.source)


def performance_weights(fit: PlsFit, kind: str) -> tuple[np.ndarray, list[Check]]:
    """(p, J) weights of the rescaled answers that add up to 1 for each construct of the last stage.

    "standardized": the weights of standardised items, over their sum (seminrExtras). "unstandardized":
    each over its item's standard deviation first, so that scores are those of the model in other units
    (SmartPLS; Ringle & Sarstedt 2016). A negative weight takes a score out of the scale: a failed check.
    """
    names, items = fit.solution.final.stage.names, fit.model.observed
    raw = np.column_stack([fit.solution.on_items[name][:, 0] for name in names])
    if kind == "unstandardized":
        raw = raw / fit.scale[:, None]
    weights = raw / raw.sum(axis=0)
    checks = [
        Check(
            f"check.weight_negative:{names[i]}=~{items[k]}",
            False,
            weights[k, i],
            "weight >= 0: else performance leaves the scale (Ringle & Sarstedt 2016)",
        )
        for k, i in np.argwhere(weights < 0)
    ]
    return weights, checks


def rescaled(fit: PlsFit, scale: Scale) -> np.ndarray:
    """(n, p) answers on 0-100, from the ends of the answer scale; without them, from the answers seen."""
    X = fit.middle + fit.scale * fit.Z
    low, high = X.min(axis=0), X.max(axis=0)
    for k, item in enumerate(fit.model.observed):
        ends = scale.get(item) if isinstance(scale, Mapping) else scale
        if ends is None:
            continue
        if not ends[0] < ends[1]:
            raise ModelError(f"scale of '{item}': {ends[0]} is not below {ends[1]}")
        slack = 1e-9 * (ends[1] - ends[0])
        if low[k] < ends[0] - slack or high[k] > ends[1] + slack:
            raise ModelError(
                f"item '{item}' has answers from {low[k]:g} to {high[k]:g}, outside its scale {ends}"
            )
        low[k], high[k] = ends
    return 100 * (X - low) / (high - low)
