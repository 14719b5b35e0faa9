"""Step 05, sub-hypotheses: the paths between dimensions, in models where second-order constructs stand aside for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result, attempt
from crmlab.structure.covariance import estimate_covariance
from crmlab.structure.estimate import estimate

KEPT = ("hypothesis", "verdict", "mediation")


@dataclass(frozen=True, slots=True, eq=False)
class DimensionPaths:
    """The saved results `sub_paths_<model>` and `sub_verdicts` of step 05."""

    results: dict[str, Result]


def estimate_dimensions(
    frame: pd.DataFrame,
    models: Mapping[str, Mapping[str, Any]],
    *,
    engine: str = "pls",
    estimator: str = "MLR",
    missing: str = "fiml",
    level: float = 0.95,
) -> DimensionPaths:
    """How do the dimensions of constructs depend on each other, and what becomes of the sub-hypotheses?

    Parameters
    ----------
    frame : answers, reverse items already turned
    models : name -> arguments of `estimate`, with the hypotheses that this model answers
    engine : "pls" or "sem"
    estimator, missing, level : of "sem"

    Returns
    -------
    DimensionPaths
        `sub_paths_<model>`: as `paths` or `sem_paths`, with the specific indirect effects that hypotheses name;
        `sub_verdicts`: as `judge`, of all models, without the corrected p, which depend on all hypotheses of the study.
        A model that the data do not allow is the failed check `possible`.
    """
    how = {"estimator": estimator, "missing": missing, "level": level}
    found: dict[str, Result] = {}
    blocks: list[pd.DataFrame] = []
    glance: dict[str, float] = {"level": level}
    checks: dict[str, Check] = {}
    for name, model in models.items():
        try:
            paths, verdicts = _fitted(frame, model, engine, how)
        except ModelError as error:
            found[f"sub_paths_{name}"] = attempt("model.sub_paths", partial(_refused, error))
            continue
        found[f"sub_paths_{name}"] = paths
        kind = verdicts.tidy["term"].str.partition(":")[0]
        blocks.append(verdicts.tidy[kind.isin(KEPT)])
        glance |= {key: paths.glance[key] for key in ("n",) if key in paths.glance}
        checks |= {check.name: check for check in verdicts.checks}
    if blocks:
        table = pd.concat(blocks)
        found["sub_verdicts"] = Result("model.sub_verdicts", table, glance, tuple(checks.values()))
    return DimensionPaths(found)


def _fitted(
    frame: pd.DataFrame, model: Mapping[str, Any], engine: str, how: Mapping[str, Any]
) -> tuple[Result, Result]:
    if engine == "pls":
        made = estimate(frame, **model)
        paths, effects, verdicts = made.paths, made.effects, made.verdicts
    else:
        keys = ("constructs", "paths", "higher_order", "modes", "hypotheses")
        latent = estimate_covariance(frame, **{key: model[key] for key in keys}, **how)
        paths, effects, verdicts = latent.sem_paths, latent.sem_effects, latent.sem_verdicts
    chains = {"~".join(reversed(one.constructs)) for one in model["hypotheses"] if one.kind == "mediation"}
    wanted = effects.tidy["term"].isin([f"indirect:{chain}" for chain in chains])
    tidy = pd.concat([paths.tidy, effects.tidy[wanted]])
    return Result("model.sub_paths", tidy, paths.glance, paths.checks, paths.source), verdicts


def _refused(error: ModelError) -> Result:
    raise error
