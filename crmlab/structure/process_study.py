"""Step 05, mediation and moderation: the models of a study on scores, and beside them as latent models."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result, attempt
from crmlab.structure.columns import known_columns, word
from crmlab.structure.groups import scored
from crmlab.structure.latent_process import latent_process
from crmlab.structure.process import process

LEAST_IN_CATEGORY = (
    10  # members below which a category of a moderator says little, and too much of whom it is
)


@dataclass(frozen=True, slots=True, eq=False)
class ProcessAnswers:
    """The saved results `process_<name>` and `latent_process_<name>` of step 05."""

    results: dict[str, Result]


def ask_process(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    models: Mapping[str, Mapping[str, Any]],
    *,
    higher_order: Mapping[str, Sequence[str]] | None = None,
    estimator: str = "MLR",
    resamples: int = 5000,
    seed: int = 0,
    level: float = 0.95,
) -> ProcessAnswers:
    """Under which conditions, and through what, does one variable act on another?

    Parameters
    ----------
    frame : answers, reverse items already turned; further columns as numbers or codes
    constructs : first-order construct -> items
    models : name -> arguments of `process` (`model`, `x`, `y`, `mediators`, `moderator`, `covariates`, ...), and
        `indicators`, covariates whose codes are categories; `latent`, whether it is asked as a latent model too
    higher_order : second-order construct -> its dimensions
    estimator : of the latent models
    resamples, seed, level : of the intervals

    Returns
    -------
    ProcessAnswers
        Scores are means of items (of dimensions), where half of them are answered, in the unit of the answers. A
        category of a moderator with fewer than 10 rows is left out with the failed check `small_group`. What the
        data do not allow is the failed check `possible`.
    """
    higher = {name: list(parts) for name, parts in (higher_order or {}).items()}
    scores = _scores(frame, constructs, higher)
    shared: dict[str, Any] = {"seed": seed, "level": level}
    found: dict[str, Result] = {}
    for name, settings in models.items():
        asked = dict(settings)
        indicators, latent = asked.pop("indicators", ()), asked.pop("latent", False)
        ask = partial(_on_scores, scores, indicators, {**asked, **shared, "resamples": resamples})
        found[f"process_{name}"] = attempt("model.process", ask)
        if latent:
            again = partial(_latent, scores, constructs, higher, {**asked, **shared, "estimator": estimator})
            found[f"latent_process_{name}"] = attempt("model.latent_process", again)
    return ProcessAnswers(found)


def _scores(
    frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]], higher: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The answers, and a column for every construct."""
    first = scored(frame, constructs, {"all": list(constructs)})
    whole = {name: first[list(parts)].mean(axis=1, skipna=False) for name, parts in higher.items()}
    return first.assign(**whole)


def _on_scores(scores: pd.DataFrame, indicators: Sequence[str], asked: dict[str, Any]) -> Result:
    known_columns(scores, [c for c in (asked["moderator"], *asked["covariates"]) if c])
    used, checks = scores, list[Check]()
    if asked["moderator"] and asked.get("categorical"):
        used, checks = _large_categories(used, asked["moderator"])
    covariates = [c for c in asked["covariates"] if c not in indicators]
    for code in indicators:
        made = _indicators(used[code])
        used = used.assign(**made)
        covariates += list(made)
    found = process(used, **{**asked, "covariates": covariates})
    return Result(found.model, found.tidy, found.glance, (*checks, *found.checks), found.source)


def _large_categories(scores: pd.DataFrame, moderator: str) -> tuple[pd.DataFrame, list[Check]]:
    sizes = scores[moderator].value_counts().sort_index()
    small = sizes.index[sizes < LEAST_IN_CATEGORY]
    rule = f">= {LEAST_IN_CATEGORY} members"  # without the number: a small group is nobody's business
    checks = [Check(f"check.small_group:{moderator}.{word(v)}", False, math.nan, rule) for v in small]
    if len(sizes) - len(small) < 2:
        raise ModelError(
            f"'{moderator}' has {len(sizes) - len(small)} category of {LEAST_IN_CATEGORY} respondents or more; two are needed"
        )
    return scores[~scores[moderator].isin(small)], checks


def _indicators(values: pd.Series) -> dict[str, pd.Series]:
    """A column for every category but the first; blank where the answer is."""
    known = sorted(values.dropna().unique())
    return {f"{values.name}.{word(v)}": (values == v).astype(float).where(values.notna()) for v in known[1:]}


def _latent(
    scores: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    higher: Mapping[str, Sequence[str]],
    asked: dict[str, Any],
) -> Result:
    """A dimension of a second-order construct stands as the mean of its items."""
    blocks = {name: list(items) for name, items in constructs.items()} | {
        n: list(p) for n, p in higher.items()
    }
    names = ("model", "x", "y", "mediators", "moderator", "estimator", "seed", "level")
    return latent_process(scores, blocks, resamples=0, **{name: asked[name] for name in names})
