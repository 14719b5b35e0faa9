"""A study's model as text in lavaan's operators, for our own engine and for checking elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from crmlab.errors import ModelError


@dataclass(frozen=True, slots=True)
class Text:
    """A model and what its defined parameters stand for.

    Attributes
    ----------
    model : lines in lavaan's operators
    effects : name of a defined parameter -> term, "ind1" -> "indirect:CLV~RQ~CRM"
    """

    model: str
    effects: dict[str, str]


def measurement(
    constructs: Mapping[str, Sequence[str]],
    higher_order: Mapping[str, Mapping[str, Any]],
    *,
    ordered: bool = False,
) -> str:
    """`FOC =~ FOC1 + FOC2`, then `CRM =~ FOC + ORG`; the error of a single item is fixed at zero.

    Raises
    ------
    ModelError
        A construct has a single item whose answers are taken as ordered categories: its error cannot be fixed.
    """
    lines = [f"{name} =~ {' + '.join(items)}" for name, items in constructs.items()]
    single = {name: items[0] for name, items in constructs.items() if len(items) == 1}
    if single and ordered:
        raise ModelError(
            f"construct '{next(iter(single))}' has one item, which cannot be modelled as ordered categories",
            hint="write covariance: {estimator: MLR}, or leave the construct out",
        )
    lines += [f"{item} ~~ 0*{item}" for item in single.values()]
    lines += [f"{name} =~ {' + '.join(whole['of'])}" for name, whole in higher_order.items()]
    return "\n".join(lines)


def structure(
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    higher_order: Mapping[str, Mapping[str, Any]],
    *,
    ordered: bool = False,
) -> Text:
    """Measurement, regressions with labels, and every specific indirect, total indirect and total effect."""
    pairs = list(paths)
    label = {pair: f"b{place}" for place, pair in enumerate(pairs, 1)}
    outcomes = list(dict.fromkeys(target for _, target in pairs))
    lines = [measurement(constructs, higher_order, ordered=ordered)]
    for outcome in outcomes:
        lines.append(f"{outcome} ~ " + " + ".join(f"{label[s, t]}*{s}" for s, t in pairs if t == outcome))
    effects: dict[str, str] = {}
    for source in dict.fromkeys(name for pair in pairs for name in pair):
        for target in outcomes:
            lines += _effects(_walks(pairs, source, target), label, effects)
    return Text("\n".join(lines), effects)


def _effects(
    walks: list[tuple[str, ...]], label: Mapping[tuple[str, str], str], effects: dict[str, str]
) -> list[str]:
    """Lines that define what goes from one construct to another, and their terms."""
    if not walks:
        return []
    target, source = walks[0][-1], walks[0][0]
    products = ["*".join(label[step] for step in pairwise(walk)) for walk in walks]
    long = [(walk, product) for walk, product in zip(walks, products, strict=True) if len(walk) > 2]
    lines = []
    for walk, product in long:
        lines.append(_define(f"indirect:{'~'.join(reversed(walk))}", product, effects))
    if long:
        total = " + ".join(product for _, product in long)
        lines.append(_define(f"total_indirect:{target}~{source}", total, effects))
    lines.append(_define(f"total:{target}~{source}", " + ".join(products), effects))
    return lines


def _define(term: str, formula: str, effects: dict[str, str]) -> str:
    name = f"e{len(effects) + 1}"
    effects[name] = term
    return f"{name} := {formula}"


def _walks(pairs: Sequence[tuple[str, str]], source: str, target: str) -> list[tuple[str, ...]]:
    """All directed walks from source to target; the paths hold no circle."""
    found: list[tuple[str, ...]] = []
    for start, stop in pairs:
        if start == source:
            if stop == target:
                found.append((source, target))
            found += [(source, *rest) for rest in _walks(pairs, stop, target)]
    return found
