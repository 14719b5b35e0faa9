"""Which observed items stand for a construct, directly or through its parts, and how strongly."""

from __future__ import annotations

import numpy as np

from crmlab.pls.model import Model
from crmlab.pls.solution import Solution, Solved


def endogenous_items(model: Model) -> list[tuple[str, str]]:
    """(construct, item) of every observed item of every endogenous construct of the last stage."""
    return [
        (name, item)
        for name, sources in zip(model.final.names, antecedents(model), strict=True)
        if sources
        for item in observed_items(model, name)
    ]


def antecedents(model: Model) -> tuple[tuple[int, ...], ...]:
    """For each construct of the last stage those with a path into it; not a whole into its parts, or back."""
    final, tied = model.final, set()
    for whole, parts in model.parts.items():
        tied |= {(part, whole) for part in parts} | {(whole, part) for part in parts}
    return tuple(
        tuple(i for i in sources if (final.names[i], final.names[j]) not in tied)
        for j, sources in enumerate(final.sources)
    )


def observed_items(model: Model, name: str) -> tuple[str, ...]:
    """The items of a construct, those of its parts if it is of higher order; none of a product."""
    if name not in model.words.blocks and name not in model.parts:
        return ()
    return tuple(item for one in model.words.expand(name, 1) for item in model.words.blocks[one])


def chained_loading(solved: Solution, name: str, item: str) -> np.ndarray:
    """(B,) loading of an observed item on its construct, through the parts of a higher-order one."""
    out, words = np.ones(solved.first.R.shape[2]), solved.model.words
    while True:
        having = [s for s in solved.stages if name in s.stage.names]
        one = next((s for s in reversed(having) if _own_block(s, name) != (name,)), having[0])
        block = one.stage.blocks[one.stage.names.index(name)]
        lower = item
        if item not in _own_block(one, name):
            lower = next(part for part in words.parts[name] if item in observed_items(solved.model, part))
        out = out * one.loadings[block][_own_block(one, name).index(lower)]
        if lower == item:
            return out
        name = lower


def _own_block(solved: Solved, name: str) -> tuple[str, ...]:
    stage = solved.stage
    return stage.items[stage.blocks[stage.names.index(name)]]
