"""Interactions and quadratic effects: which product terms a model has, and their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crmlab.errors import ModelError

PRODUCTS = ("two_stage", "product_indicator", "orthogonal")


@dataclass(frozen=True, slots=True)
class Interaction:
    """A product term: the effect of `predictor` on `outcomes` changes with `moderator`.

    A moderator that is the predictor itself gives a quadratic effect.
    """

    predictor: str
    moderator: str
    outcomes: tuple[str, ...]
    method: str

    @property
    def name(self) -> str:
        """The construct it adds, "Image*Expectation"."""
        return f"{self.predictor}*{self.moderator}"

    def pairs(self, blocks: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
        """Item pairs whose products indicate it; of a quadratic term each pair once."""
        left, right = blocks[self.predictor], blocks[self.moderator]
        if self.predictor == self.moderator:
            return tuple((a, b) for k, a in enumerate(left) for b in left[k:])
        return tuple((a, b) for a in left for b in right)


def read_interactions(
    interactions: Iterable[tuple[str, str, str, str]],
    blocks: Mapping[str, Sequence[str]],
    parts: Mapping[str, Sequence[str]],
    arrows: Sequence[tuple[str, str]],
) -> tuple[Interaction, ...]:
    """Check (moderator, predictor, outcome, method) and gather the outcomes of each product."""
    found: dict[str, Interaction] = {}
    for moderator, predictor, outcome, method in interactions:
        told = f"interaction {predictor} * {moderator} -> {outcome}"
        if method not in PRODUCTS:
            raise ModelError(f"{told}: method '{method}' is not one of {', '.join(PRODUCTS)}")
        for end in dict.fromkeys((predictor, moderator)):
            if (end, outcome) not in arrows:
                raise ModelError(f"{told}: there is no path {end} -> {outcome}", hint="add the main effect")
            if method != "two_stage" and end in parts:
                raise ModelError(f"{told}: '{end}' has no items of its own", hint="method two_stage")
        one = Interaction(predictor, moderator, (outcome,), method)
        twin = f"{moderator}*{predictor}"
        if twin in found and twin != one.name:
            raise ModelError(f"{told} is the same product as {twin}", hint="name the two in one order")
        if one.name in blocks or one.name in parts:
            raise ModelError(f"{told}: a construct is already called '{one.name}'", hint="rename it")
        before = found.get(one.name)
        if before is not None:
            if outcome in before.outcomes:
                raise ModelError(f"{told} is given twice")
            if before.method != method:
                raise ModelError(f"{told}: one product needs one method, not {before.method} and {method}")
            one = Interaction(predictor, moderator, (*before.outcomes, outcome), method)
        found[one.name] = one
    return tuple(found.values())
