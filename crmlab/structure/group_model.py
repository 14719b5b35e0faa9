"""The text of a multi-group model with a label for every path of every group, and tests of equal paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd

from crmlab import sem
from crmlab.sem import SemFit
from crmlab.structure.ladder import difference
from crmlab.structure.multiplicity import holm

Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class GroupModel:
    """The structural model with labels by group, and what its defined parameters stand for."""

    text: str
    effects: dict[str, str]  # defined parameter -> term


def markers_first(constructs: Mapping[str, Sequence[str]], freed: Sequence[str]) -> dict[str, list[str]]:
    """Items whose loadings differ stand last, so that none of them gives its construct's unit."""
    loose = {name.partition("=~")[2] for name in freed}
    return {name: sorted(items, key=lambda item: item in loose) for name, items in constructs.items()}


def labelled(measured: str, pairs: list[Pair], labels: list[str]) -> GroupModel:
    mark = {pair: [f"b{k}g{g}" for g in range(len(labels))] for k, pair in enumerate(pairs)}
    lines = [measured]
    for target in dict.fromkeys(t for _, t in pairs):
        parts = [f"c({', '.join(mark[s, t])})*{s}" for s, t in pairs if t == target]
        lines.append(f"{target} ~ {' + '.join(parts)}")
    effects: dict[str, str] = {}
    walks = [("path", (s, t)) for s, t in pairs] + [("indirect", walk) for walk in _walks(pairs)]
    for quantity, walk in walks:
        subject = "~".join(reversed(walk))
        product = ["*".join(mark[step][g] for step in pairwise(walk)) for g in range(len(labels))]
        for g, label in enumerate(labels):
            _define(lines, effects, f"{quantity}:{subject}@{label}", product[g])
        for a, b in combinations(range(len(labels)), 2):
            term = f"{quantity}_difference:{subject}@{labels[a]}-{labels[b]}"
            _define(lines, effects, term, f"{product[a]} - {product[b]}")
    return GroupModel("\n".join(lines), effects)


def _define(lines: list[str], effects: dict[str, str], term: str, formula: str) -> None:
    name = f"e{len(effects)}"
    effects[name] = term
    lines.append(f"{name} := {formula}")


def _walks(pairs: list[Pair]) -> list[tuple[str, ...]]:
    """Every way over more than one path."""
    found: list[tuple[str, ...]] = []
    open_ways: list[tuple[str, ...]] = list(pairs)
    while open_ways:
        longer = [(*way, t) for way in open_ways for s, t in pairs if s == way[-1] and t not in way]
        found += longer
        open_ways = longer
    return found


def path_equality(
    free: SemFit, measured: str, pairs: list[Pair], frame: pd.DataFrame, how: dict[str, Any]
) -> list[dict[str, object]]:
    """Chi-square differences of holding one path, and all paths, equal in all groups."""
    lines = [f"{t} ~ {s}" for s, t in pairs]
    text = "\n".join([measured, *lines])
    held: dict[str, Any] = how | {"group_equal": ["loadings", "regressions"]}
    rows: list[dict[str, object]] = []
    p = []
    for source, target in pairs:
        others = [f"{t}~{s}" for s, t in pairs if (s, t) != (source, target)]
        one = sem.sem(text, frame, **(held | {"group_partial": [*how["group_partial"], *others]}))
        chisq, value = difference(one, free)
        rows.append({"term": f"equal:{target}~{source}", "estimate": chisq, "p_value": value})
        p.append(value)
    for (source, target), value in zip(pairs, holm(np.array(p)), strict=True):
        rows.append({"term": f"p_holm:{target}~{source}", "estimate": value})
    chisq, value = difference(sem.sem(text, frame, **held), free)
    rows.append({"term": "equal_all", "estimate": chisq, "p_value": value})
    return rows
