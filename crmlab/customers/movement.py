"""Conversion and retention period by period, and the flows between stages of the last periods."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from crmlab.customers.counted_stages import Counted
from crmlab.customers.stages import LOST, STAGES, Cells
from crmlab.customers.transitions import kept
from crmlab.result import Result, tidy_block, tidy_frame
from crmlab.wilson import wilson_limits

SHOWN = 4  # moves from period to period that a flow chart shows


def conversions(cells: Cells, converted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(periods,) prospects at the start of each period, and those who became customers in it.

    Prospects are counted from the period of the first conversion on: nobody knows since when the list has been kept.
    """
    known = ~np.isnat(converted)
    day = converted[known].astype("datetime64[D]").astype(np.int64)
    period = cells.periods - 1 - np.floor((cells.end - day) / cells.length).astype(np.int64)
    inside = (period >= 0) & (period < cells.periods)
    came = np.bincount(period[inside], minlength=cells.periods).astype(float)
    before = float((period < 0).sum())
    there = len(converted) - before - np.concatenate([[0.0], came.cumsum()[:-1]])
    start = int(np.flatnonzero(came)[0]) if came.any() and not before else 0
    return np.where(np.arange(cells.periods) >= start, there, 0.0), came


def movement(found: Counted, converted: np.ndarray | None) -> Result:
    """Conversion and retention period by period, and over all."""
    there, stayed = kept(found.moves)
    flows = found.moves.flows
    periods = [str(k) for k in range(1, found.cells.periods + 1)]
    blocks = [
        tidy_block("day", periods, np.floor(found.cells.ends)),
        tidy_block("entered", periods, found.moves.entered),
    ]
    if len(there):
        gone, back = flows[:, :LOST, LOST].sum(axis=1), flows[:, LOST, :LOST].sum(axis=1)
        blocks.append(_rates("retention", periods[1:], stayed, there, found.level))
        blocks.append(_rates("back", periods[1:], back, flows[:, LOST].sum(axis=1), found.level))
        blocks.append(tidy_block("lost", periods[1:], gone))
        blocks.append(
            _rates("retention", ["all"], stayed.sum(keepdims=True), there.sum(keepdims=True), found.level)
        )
    if converted is not None:
        known, came = conversions(found.cells, converted)
        blocks.append(_rates("conversion", periods, came, known, found.level))
        whole = np.array([float((~np.isnat(converted)).sum())])
        blocks.append(_rates("conversion", ["all"], whole, np.array([float(len(converted))]), found.level))
    return Result("model.movement", pd.concat(blocks), found.glance, (), found.source)


def _rates(name: str, subjects: list[str], part: np.ndarray, whole: np.ndarray, level: float) -> pd.DataFrame:
    """Shares with Wilson's limits, and their numbers; periods without anybody are left out."""
    some = whole > 0
    names = [subject for subject, any_ in zip(subjects, some, strict=True) if any_]
    share = part[some] / whole[some]
    low, high = wilson_limits(share, whole[some], level)
    rows = [
        tidy_block(name, names, share, ci_low=low, ci_high=high),
        tidy_block(f"{name}_of", names, whole[some]),
    ]
    return pd.concat(rows)


def flows(found: Counted) -> Result:
    """Moves between the ends of the last periods, newcomers among them."""
    flows, first = found.moves.flows, max(len(found.moves.flows) - SHOWN, 0)
    rows: list[dict[str, object]] = []
    for k in range(first, len(flows)):
        for i, start in enumerate(STAGES):
            for j, stop in enumerate(STAGES):
                rows.append({"term": f"flow:{k + 1}.{start}-{stop}", "estimate": flows[k, i, j]})
        rows.append({"term": f"flow:{k + 1}.new-acquire", "estimate": found.moves.entered[k + 1]})
    ends = found.cells.ends
    rows += [{"term": f"day:{k + 1}", "estimate": math.floor(ends[k])} for k in range(first, len(ends))]
    return Result("model.flows", tidy_frame(rows), found.glance, (), found.source)
