"""The canvas table: how far CRM touches each block of the business model, and by which figures that is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crmlab.data.small_table import SmallTable, settled
from crmlab.data.typed import Typed, account, by_key, open_typed, require
from crmlab.study.enterprise_tables import BLOCKS

NAMES = {
    "key partners": "partners",
    "key partnerships": "partners",
    "key activities": "activities",
    "key resources": "resources",
    "value proposition": "value_propositions",
    "customer relationships": "relationships",
    "distribution channels": "channels",
    "distribution channel": "channels",
    "customer segments": "segments",
    "cost structure": "costs",
    "cost": "costs",
    "revenue streams": "revenue",
}
LOW, HIGH = 1, 5


@dataclass(frozen=True, eq=False, repr=False)
class Canvas(SmallTable):
    """The admitted table, one row a block and figure: block, crm_effect_rating (1-5), kpi, direction, baseline,
    target, value; NaN and None where blank. `flow` counts the figures of each block.
    """

    name = "canvas_admitted"


def admit_canvas(
    path: str | Path,
    *,
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
    **declared: Any,
) -> Canvas:
    """Read and admit a canvas table.

    Parameters
    ----------
    path : .csv, .xlsx, .xls, .sav or .parquet; one row a block, or several where a block has several figures
    file, columns, missing, declared : as for `admit_ratings`
    words : further names of blocks -> block key, such as a language's own words

    Raises
    ------
    DataError, DataErrors
        A block is unknown or blank; a rating is outside 1-5; a block bears two ratings or a figure twice; a
        figure is no number.
    """
    typed = open_typed(path, key="canvas", file=file, columns=columns, missing=missing, **declared)
    require(typed, "block")
    block = typed.coded("block", by_key(BLOCKS, {**NAMES, **(words or {})}), "canvas block")
    n = len(block)
    rating, baseline, target, value = (
        typed.numbers(name) if typed.has(name) else np.full(n, np.nan)
        for name in ("crm_effect_rating", "baseline", "target", "value")
    )
    kpi = typed.texts("kpi", needed=False) if typed.has("kpi") else np.full(n, None, dtype=object)
    direction = np.where(target < baseline, "down", "up").astype(object)
    if typed.has("direction"):
        said = typed.coded("direction", by_key(("up", "down")), "direction (up, down)", default="")
        direction = np.where(said == "", direction, said)
    _ratings(typed, block, rating)
    _twice(typed, block, kpi)
    kept, refused, source = settled(
        typed,
        {
            "block": block,
            "crm_effect_rating": rating,
            "kpi": kpi,
            "direction": direction,
            "baseline": baseline,
            "target": target,
            "value": value,
        },
    )
    counts: dict[str, float] = {
        f"figures:{name}": int(kept.loc[kept["block"] == name, "kpi"].notna().sum()) for name in BLOCKS
    }
    return Canvas(kept, refused, account("model.canvas_admitted", typed, counts, (), source), source)


def _ratings(typed: Typed, block: np.ndarray, rating: np.ndarray) -> None:
    """Every rating on its scale, and one a block."""
    odd = np.flatnonzero(typed.kept & ~np.isnan(rating) & ~((rating >= LOW) & (rating <= HIGH)))
    if len(odd):
        typed.fault(
            f"{rating[odd[0]]:g} is outside {LOW}-{HIGH}", "crm_effect_rating", odd, "correct the ratings"
        )
    for name in BLOCKS:
        rows = np.flatnonzero(typed.kept & (block == name) & (rating >= LOW) & (rating <= HIGH))
        if len(np.unique(rating[rows])) > 1:
            typed.fault(f"block '{name}' bears different ratings", "crm_effect_rating", rows, "keep one")


def _twice(typed: Typed, block: np.ndarray, kpi: np.ndarray) -> None:
    pairs = typed.repeats((block, kpi))
    if pairs:
        _, later = pairs[0]
        what = f"figure '{kpi[later]}'" if kpi[later] else "a row without a figure"
        typed.fault(f"block '{block[later]}' has {what} twice", "block", [b for _, b in pairs], "keep one")
