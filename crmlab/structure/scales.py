"""Do the questions of single constructs measure the same in every group? Asked before their means are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial as bound
from typing import Any

import pandas as pd

from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, attempt, tidy_frame
from crmlab.structure.columns import known_columns, word
from crmlab.structure.ladder import climb_ladder

FEWEST_ITEMS = 3


def same_scales(
    frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]], item: str, *, least: int = 50,
    estimator: str = "MLR", rule: str = "either", partial: bool = True,
) -> dict[str, Result]:  # fmt: skip
    """Construct by construct: may the means of the groups that `item` makes be compared?

    Parameters
    ----------
    frame : answers, reverse items turned; the groups as codes in the column `item`
    constructs : construct -> its items, three or more
    least : rows a group must have; smaller ones are left out and named
    estimator, rule, partial : as in `invariance`

    Returns
    -------
    dict of Result
        Construct -> `n:<item>.<code>`, and of the rungs configural, metric and scalar `holds:<rung>` (1 yes, 0.5 with
        parameters set free, 0 no), `delta_cfi:<rung>`, `delta_rmsea:<rung>`, `freed:<rung>` (how many); where the
        data do not allow it, the failed check `possible`.

    Source
    ------
    Steenkamp, J.-B. & Baumgartner, H. (1998). Journal of Consumer Research 25, 78-90; rungs as in `invariance`.
    """
    how = {"estimator": estimator, "rule": rule, "partial": partial}
    return {
        name: attempt("model.same_scale", bound(_ladder, frame, name, list(items), item, least, how))
        for name, items in constructs.items()
    }


def _ladder(
    frame: pd.DataFrame, name: str, items: list[str], item: str, least: int, how: Mapping[str, Any]
) -> Result:
    if len(items) < FEWEST_ITEMS:
        raise ModelError(
            f"'{name}' has {len(items)} items; {FEWEST_ITEMS} are needed to test them across groups"
        )
    known_columns(frame, [*items, item])
    by = frame[item]
    sizes = by.value_counts().sort_index()
    large = sizes.index[sizes >= least]
    rule = f">= {least} members"
    checks = [  # without the number: a small group is nobody's business
        Check(f"check.small_group:{item}.{word(v)}", False, math.nan, rule)
        for v in sizes.index[sizes < least]
    ]
    if len(large) < 2:
        raise ModelError(
            f"'{item}' has {len(large)} group of {least} respondents or more; two are needed to compare"
        )
    kept = by[by.isin(large)]
    groups = kept.map({v: f"{item}.{word(v)}" for v in large}).astype(object)
    used = frame.loc[kept.index, items].assign(**{item: groups})
    ladder = climb_ladder(
        used, {name: items}, item, upto="scalar", least=max(10, least * 3 // 4), missing="listwise", **how
    )
    rows: list[dict[str, object]] = [{"term": f"n:{g}", "estimate": n} for g, n in ladder.sizes.items()]
    for step in ladder.steps:
        full = 1.0 if step.full else 0.5
        numbers = {"holds": full if step.holds else 0.0}
        if step.name != "configural":
            numbers |= {
                "delta_cfi": -step.cfi_loss,
                "delta_rmsea": step.rmsea_gain,
                "freed": float(len(step.freed)),
            }
        rows += [{"term": f"{q}:{step.name}", "estimate": v} for q, v in numbers.items()]
    glance = {
        "n": float(len(ladder.frame)),
        "groups": float(len(ladder.sizes)),
        "left_out": float(ladder.left_out),
    }
    return Result("model.same_scale", tidy_frame(rows), glance, tuple(checks), source_of(ladder.frame))
