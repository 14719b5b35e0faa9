"""Which dimensions of a construct do people put higher, and by how much? Friedman's test within every construct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from crmlab.measurement.items import construct_scores
from crmlab.measurement.ranks import friedman
from crmlab.result import Result, attempt, tidy_block


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """The saved results `ranking_<construct>` of step 05; `ranking_all` where no construct has dimensions."""

    results: dict[str, Result] = field(default_factory=dict)


def rank_dimensions(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    *,
    higher_order: Mapping[str, Sequence[str]] | None = None,
    scales: Mapping[str, tuple[float, float]] | None = None,
    level: float = 0.95,
) -> Rankings:
    """In which order do people put the dimensions of each construct?

    Parameters
    ----------
    frame : answers, reverse items already turned
    constructs : first-order construct -> items
    higher_order : second-order construct -> its dimensions; without any, all constructs are ranked together
    scales : item -> ends of its answer scale; only things answered on one scale are ranked
    level : of the intervals

    Returns
    -------
    Rankings
        As `friedman`, of the means of items, and `mean:<dimension>` of the same rows; what the answers do not allow is
        the failed check `possible`.

    Source
    ------
    Friedman, M. (1937). JASA 32, 675-701. Kendall, M. G. & Babington Smith, B. (1939). Annals of Mathematical
    Statistics 10, 275-287.
    """
    asked = {name: list(parts) for name, parts in (higher_order or {}).items()} or {"all": list(constructs)}
    scores = construct_scores(frame, constructs)
    found: dict[str, Result] = {}
    for name, parts in asked.items():
        ends = {(scales or {}).get(item) for part in parts for item in constructs[part]}
        if len(parts) > 2 and len(ends) == 1:
            found[f"ranking_{name}"] = attempt("model.ranking", partial(_ranked, scores[parts], level))
    return Rankings(found)


def _ranked(scores: pd.DataFrame, level: float) -> Result:
    found = friedman(scores, level=level)
    means = scores.dropna().mean()
    tidy = pd.concat([found.tidy, tidy_block("mean", means.index, means.to_numpy())])
    return Result(found.model, tidy, found.glance, found.checks, found.source)
