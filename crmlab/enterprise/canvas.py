"""The business-model canvas: which blocks CRM touches, by how much, and on what evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmlab.data.canvas import BLOCKS, HIGH, LOW, Canvas
from crmlab.enterprise.admit import columns, figures
from crmlab.enterprise.goals import attainment
from crmlab.errors import ModelError
from crmlab.provenance import source_of, versions
from crmlab.result import TIDY, Check, Result, tidy_block, tidy_frame

MARKED = ("segments", "value_propositions", "relationships", "channels", "revenue")
HALF = 0.5


def coverage(marked: Sequence[str] = MARKED) -> Result:
    """What share of the canvas is about the customer?

    Parameters
    ----------
    marked : keys of the blocks that CRM affects; the five that the source names, if not given

    Returns
    -------
    Result
        `marked:<block>` 1 or 0 for all nine, `marked_share`; the check says whether it is more than half.

    Examples
    --------
    >>> round(100 * coverage()["marked_share"], 4)
    55.5556
    """
    strange = next((name for name in marked if name not in BLOCKS), None)
    if strange is not None:
        raise ModelError(f"canvas: '{strange}' is no block", hint=", ".join(BLOCKS))
    flags = [float(name in marked) for name in BLOCKS]
    share = sum(flags) / len(BLOCKS)
    tidy = pd.concat(
        [tidy_block("marked", BLOCKS, flags), tidy_frame([{"term": "marked_share", "estimate": share}])]
    )
    check = Check("check.more_than_half", share > HALF, share, "> 0.50 of the blocks, by count")
    return Result("model.canvas_coverage", tidy, {"blocks": 9.0, "marked": sum(flags)}, (check,), versions())


def canvas_map(
    blocks: Canvas | pd.DataFrame | None = None,
    *,
    items: Mapping[str, tuple[float, float, float]] | None = None,
    effects: Mapping[tuple[str, str], tuple[Result, str]] | None = None,
    shares: Mapping[tuple[str, str], tuple[Result, str]] | None = None,
    marked: Sequence[str] = MARKED,
) -> Result:
    """Score and evidence of every block, and the effects of CRM on blocks that have been estimated.

    Parameters
    ----------
    blocks : an admitted canvas table, or a frame with columns block, kpi, baseline, target, value and optionally
        crm_effect_rating
    items : block -> (mean answer, lowest, highest answer) of the items that belong to it
    effects : (dimension of CRM, block) -> (result, term): which estimate speaks for this edge
    shares : (what, block) -> (result, term): a share found elsewhere that speaks for the block, such as the revenue
        that satisfied customers bring
    marked : blocks that the source marks

    Returns
    -------
    Result
        `score:<block>` 0-100, the mean of `kpi_score:<block>` (mean attainment of its figures, kept within 0 and 1,
        times 100) and `item_score:<block>` (place of the mean answer on its scale), whichever there are;
        `rating:<block>` as given; `effect:<block>~<dimension>` with the estimate's own error, interval and p;
        `share:<block>~<what>` likewise; `evidence:<block>` the number of figures, items, effects and shares. A block without any has no score (NaN), and a
        marked one fails the check `check.no_evidence:<block>`: no evidence is not zero.
    """
    coverage(marked)
    frame = blocks.frame if isinstance(blocks, Canvas) else blocks
    kpi, count, rating = _figures(frame)
    asked = _asked(items or {})
    edges = [*_edges("effect", effects or {}), *_edges("share", shares or {})]
    evidence = {
        name: count[name] + (name in asked) + sum(row["block"] == name for row in edges) for name in BLOCKS
    }
    scores = {
        name: [part for part in (kpi.get(name), asked.get(name)) if part is not None and not np.isnan(part)]
        for name in BLOCKS
    }
    table = [
        tidy_block(
            "score", BLOCKS, [float(np.mean(parts)) if parts else np.nan for parts in scores.values()]
        ),
        tidy_block("kpi_score", list(kpi), list(kpi.values())),
        tidy_block("item_score", list(asked), list(asked.values())),
        tidy_block("rating", list(rating), list(rating.values())),
        tidy_frame({name: row[name] for name in TIDY} for row in edges),
        tidy_block("evidence", BLOCKS, [evidence[name] for name in BLOCKS]),
    ]
    checks = tuple(
        Check(f"check.no_evidence:{name}", False, 0, "a figure, an item or an effect for each marked block")
        for name in BLOCKS
        if name in marked and not evidence[name]
    )
    glance = {
        "blocks": 9.0,
        "with_evidence": float(sum(map(bool, evidence.values()))),
        "marked_with_evidence": float(sum(bool(evidence[name]) for name in marked)),
    }
    source = source_of(frame) if frame is not None else dict(versions())
    return Result("model.canvas", pd.concat(table), glance, tuple(checks), source)


def _figures(frame: pd.DataFrame | None) -> tuple[dict[str, float], dict[str, int], dict[str, float]]:
    """Mean score and number of figures of each block, and its rating."""
    count = dict.fromkeys(BLOCKS, 0)
    if frame is None or not len(frame):
        return {}, count, {}
    columns(frame, ["block"], "canvas")
    strange = next((str(name) for name in frame["block"] if name not in BLOCKS), None)
    if strange is not None:
        raise ModelError(f"canvas: '{strange}' is no block", hint=", ".join(BLOCKS))
    names = frame["block"].to_numpy(dtype=object)
    scores: dict[str, float] = {}
    rating: dict[str, float] = {}
    if {"baseline", "target", "value"} <= set(frame.columns):
        baseline, target, value = figures(frame, ["baseline", "target", "value"], "canvas").T
        reached = 100 * np.clip(attainment(baseline, target, value), 0, 1)
        for name in BLOCKS:
            known = reached[(names == name) & ~np.isnan(reached)]
            count[name] = len(known)
            if len(known):
                scores[name] = float(known.mean())
    if "crm_effect_rating" in frame:
        given = figures(frame, ["crm_effect_rating"], "canvas")[:, 0]
        if ((given < LOW) | (given > HIGH)).any():
            raise ModelError(f"canvas: a rating outside {LOW}-{HIGH}")
        for name in BLOCKS:
            known = given[(names == name) & ~np.isnan(given)]
            if len(known):
                rating[name] = float(known[0])
    return scores, count, rating


def _asked(items: Mapping[str, tuple[float, float, float]]) -> dict[str, float]:
    found = {}
    for name, (mean, low, high) in items.items():
        if name not in BLOCKS:
            raise ModelError(f"canvas: '{name}' is no block", hint=", ".join(BLOCKS))
        if np.isnan(mean):
            continue
        if not low <= mean <= high or low >= high:
            raise ModelError(
                f"canvas: block '{name}': a mean answer of {mean:g} is not on the scale {low:g}-{high:g}"
            )
        found[name] = 100 * (mean - low) / (high - low)
    return found


def _edges(kind: str, effects: Mapping[tuple[str, str], tuple[Result, str]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for (dimension, block), (result, term) in effects.items():
        if block not in BLOCKS:
            raise ModelError(f"canvas: '{block}' is no block", hint=", ".join(BLOCKS))
        try:
            numbers = {name: result.cell(term, name) for name in TIDY[1:]}
        except KeyError as error:
            raise ModelError(f"canvas: {kind} {dimension} to {block}: {error.args[0]}") from None
        if np.isnan(numbers["estimate"]):
            continue
        rows.append({"term": f"{kind}:{block}~{dimension}", "block": block, **numbers})
    return rows
