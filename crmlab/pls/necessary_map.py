"""Importance, performance and necessity of predictors in one table: combined importance-performance map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.ipma import Scale, ipma, performance_weights, rescaled
from crmlab.pls.nca import CEILINGS, SMALL, ceiling_of, effect_sizes, needed
from crmlab.result import Check, Result, tidy_block, tidy_frame

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit


def necessary_map(
    fit: PlsFit,
    target: str,
    scale: Scale,
    weights: str,
    level: float,
    ceiling: str,
    permutations: int,
    seed: int,
) -> Result:
    """Combined importance-performance map and necessary condition analysis; see PlsFit.cipma."""
    if ceiling not in CEILINGS:
        raise ModelError(f"ceiling '{ceiling}' is not one of {', '.join(CEILINGS)}")
    if permutations < 0:
        raise ModelError(f"{permutations} permutations cannot be drawn", hint="1000, or 0 for none")
    base = ipma(fit, target, scale, weights)
    names = list(fit.solution.final.stage.names)
    scores = rescaled(fit, scale) @ performance_weights(fit, weights)[0]
    y = scores[:, names.index(target)]
    if not y.min() <= level <= y.max():
        raise ModelError(
            f"level {level:g} of '{target}' is not among its scores, {y.min():.1f} to {y.max():.1f}",
            hint="a level on 0-100 that someone reaches",
        )
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(fit.n) for _ in range(permutations)]
    rows, checks, need, below = [], [], [], []
    predictors = list(base.select("importance").index)
    for name in predictors:
        x = scores[:, names.index(name)]
        found = effect_sizes(x, y)
        drawn = np.array([effect_sizes(x, y[order]) for order in orders]).reshape(-1, 2)
        for k, kind in enumerate(CEILINGS):
            p = ((drawn[:, k] >= found[k]).sum() + 1) / (len(drawn) + 1) if permutations else np.nan
            rows.append({"term": f"{kind}:{target}~{name}", "estimate": found[k], "p_value": p})
        d = found[CEILINGS.index(ceiling)]
        rule = "effect size >= 0.1 (Dul 2016) to count as a necessary condition"
        checks.append(Check(f"check.necessary:{target}~{name}", d >= SMALL, d, rule))
        wanted = float(needed(ceiling_of(x, y), np.array([level]), ceiling, float(x.max()))[0])
        need.append(wanted if wanted > x.min() else np.nan)
        below.append(float((x < wanted - 1e-9).mean()))
    kept = base.tidy[
        base.tidy["term"].str.partition(":")[0].isin(["importance", "importance_std", "performance"])
    ]
    tidy = pd.concat(
        [
            kept,
            tidy_frame(rows),
            tidy_block("needed", predictors, need),
            tidy_block("share_below", predictors, below),
        ]
    )
    glance = {"n": float(fit.n), "level": level, "permutations": float(permutations)}
    source = fit.source | {"seed": str(seed)}
    return Result("model.pls", tidy, glance, (*base.checks, *checks), source)
