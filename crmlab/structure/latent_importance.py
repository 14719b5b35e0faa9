"""Importance and performance by covariance-based SEM: what matters for a target, and how well it is doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result, attempt, tidy_frame


@dataclass(frozen=True, slots=True, eq=False)
class LatentImportance:
    """The saved result `sem_ipma` of step 05."""

    results: dict[str, Result]


def latent_importance(
    frame: pd.DataFrame,
    found: Mapping[str, Result],
    constructs: Mapping[str, Sequence[str]],
    *,
    targets: Sequence[str],
    higher_order: Mapping[str, Sequence[str]] | None = None,
    scale: Mapping[str, tuple[float, float]] | None = None,
) -> LatentImportance:
    """Which constructs matter for each target, and how high do they score already?

    Parameters
    ----------
    frame : answers, reverse items already turned
    found : `sem_effects` and `sem_outer`, as `estimate_covariance` saves them
    constructs : first-order construct -> items
    targets : outcomes
    higher_order : second-order construct -> its dimensions
    scale : item -> ends of its answer scale; without it the answers seen

    Returns
    -------
    LatentImportance
        `importance:<target>~<construct>`: points of the target for one point of the construct, both on 0 to 100;
        `importance_std:` the standardised total effect; `performance:<construct>`, mean of the items on 0 to 100.

    Notes
    -----
    A construct is put on the scale of its items by effects coding: its loadings average one, so that its standard
    deviation is the mean of (standardised loading x standard deviation of the item); that of a second-order construct
    the mean of (loading x standard deviation of the dimension). Measurement error has no part in it.

    Source
    ------
    Little, T. D., Slegers, D. W. & Card, N. A. (2006). Structural Equation Modeling 13(1), 59-72 (effects coding).
    Ringle, C. M. & Sarstedt, M. (2016). Industrial Management & Data Systems 116(9), 1865-1886 (map).
    """
    higher = {name: list(parts) for name, parts in (higher_order or {}).items()}

    def ask() -> Result:
        return _weighed(frame, found, constructs, list(targets), higher, dict(scale or {}))

    return LatentImportance({"sem_ipma": attempt("model.ipma", ask)} if targets else {})


def _weighed(
    frame: pd.DataFrame,
    found: Mapping[str, Result],
    constructs: Mapping[str, Sequence[str]],
    targets: list[str],
    higher: Mapping[str, Sequence[str]],
    scale: Mapping[str, tuple[float, float]],
) -> Result:
    total, outer = found["sem_effects"].select("total")["estimate"], found["sem_outer"]
    spread, level = _scaled(frame, outer, constructs, higher, scale)
    rows: list[dict[str, object]] = []
    told: dict[str, float] = {}
    for target in targets:
        sources = [str(s).partition("~")[2] for s in total.index if str(s).partition("~")[0] == target]
        if target not in spread or not sources:
            raise ModelError(
                f"'{target}' is no construct that others explain", hint="an outcome of the paths"
            )
        for source in sources:
            effect = float(total[f"{target}~{source}"])
            rows.append({"term": f"importance_std:{target}~{source}", "estimate": effect})
            points = effect * spread[target] / spread[source]
            rows.append({"term": f"importance:{target}~{source}", "estimate": points})
        told |= {name: level[name] for name in (*sources, target)}
    rows += [{"term": f"performance:{name}", "estimate": value} for name, value in told.items()]
    negative = [name for name, value in spread.items() if not value > 0]
    rule = "loadings that point the same way"
    checks = tuple(Check(f"check.loading_sign:{name}", False, spread[name], rule) for name in negative)
    glance = {"n": found["sem_effects"].glance.get("n", float(len(frame)))}
    return Result("model.ipma", tidy_frame(rows), glance, checks, found["sem_effects"].source)


def _scaled(
    frame: pd.DataFrame,
    outer: Result,
    constructs: Mapping[str, Sequence[str]],
    higher: Mapping[str, Sequence[str]],
    scale: Mapping[str, tuple[float, float]],
) -> tuple[dict[str, float], dict[str, float]]:
    """Standard deviation and mean of every construct on 0 to 100."""
    loading = outer.select("loading")["estimate"]
    spread: dict[str, float] = {}
    level: dict[str, float] = {}
    for name, items in constructs.items():
        known = [item for item in items if f"{name}=~{item}" in loading.index]
        if not known:
            continue
        X = frame[known].astype(float)
        low, high = np.array([scale.get(i, (X[i].min(), X[i].max())) for i in known], dtype=float).T
        X = 100 * (X - low) / (high - low)
        weight = np.array([float(loading[f"{name}=~{item}"]) for item in known])
        spread[name] = float((weight * X.std(ddof=1).to_numpy()).mean())
        level[name] = float(X.mean().mean())
    for name, parts in higher.items():
        known = [part for part in parts if part in spread and f"{name}=~{part}" in loading.index]
        if known:
            spread[name] = float(np.mean([float(loading[f"{name}=~{p}"]) * spread[p] for p in known]))
            level[name] = float(np.mean([level[p] for p in known]))
    return spread, level
