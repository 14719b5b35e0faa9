"""Which observed items stand for a construct, directly or through its parts, and how strongly."""

from __future__ import annotations

import numpy as np

from crmlab.pls.model import Model
from crmlab.pls.solution import Solution, Solved


def endogenous_items(model: Model) -> list[tuple[str, str]]:
    """(construct, item) of every observed item of every endogenous construct of the last stage."""
    final = model.final
    return [
        (name, item)
        for j, name in enumerate(final.names)
        if final.sources[j]
        for item in observed_items(model, name)
    ]


def observed_items(model: Model, name: str) -> tuple[str, ...]:
    """The items of a construct, those of its parts if it is of higher order."""
    return tuple(item for one in model.words.expand(name, 1) for item in model.words.blocks[one])


def chained_loading(solved: Solution, name: str, item: str) -> np.ndarray:
    """(B,) loading of an observed item on its construct, through the parts of a higher-order one."""
    out, words = np.ones(solved.first.R.shape[2]), solved.model.words
    while True:
        having = [s for s in solved.stages if name in s.stage.names]
        one = next((s for s in reversed(having) if _own_block(s, name) != (name,)), having[0])
        block = one.stage.blocks[one.stage.names.index(name)]
        lower = next(
            (part for part in words.parts.get(name, ()) if item in observed_items(solved.model, part)), item
        )
        out = out * one.loadings[block][_own_block(one, name).index(lower)]
        if lower == item:
            return out
        name = lower


def _own_block(solved: Solved, name: str) -> tuple[str, ...]:
    stage = solved.stage
    return stage.items[stage.blocks[stage.names.index(name)]]
