"""The estimations a path model consists of: one stage, or several where scores become items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from crmlab.pls.interaction import Interaction
from crmlab.pls.stage import Stage, lay_out
from crmlab.pls.words import Words, read

__all__ = ["Model", "Stage", "build", "model_of", "without_path"]


@dataclass(frozen=True, eq=False)
class Model:
    """A path model in stages.

    Attributes
    ----------
    words : the model as it was asked for
    stages : estimations in their order; an item of a later stage is an item of the one before, a construct
        of it (its score), or the product of two constructs of it
    """

    words: Words
    stages: tuple[Stage, ...]

    @property
    def first(self) -> Stage:
        """The stage on the items."""
        return self.stages[0]

    @property
    def final(self) -> Stage:
        """The stage whose paths are the answer."""
        return self.stages[-1]

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Higher-order construct -> its parts."""
        return self.words.parts

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every construct, in the order in which the stages bring them in."""
        return tuple(dict.fromkeys(name for stage in self.stages for name in stage.names))

    @cached_property
    def items(self) -> tuple[str, ...]:
        """The items of the first stage, each once; products of items are among them."""
        return tuple(dict.fromkeys(self.first.items))

    @cached_property
    def observed(self) -> tuple[str, ...]:
        """The items that are columns of the data."""
        products = {a + "*" + b for one in self.indicated for a, b in one.pairs(self.words.blocks)}
        return tuple(item for item in self.items if item not in products)

    @cached_property
    def indicated(self) -> tuple[Interaction, ...]:
        """Interactions whose items are products of items."""
        return tuple(one for one in self.words.interactions if one.method != "two_stage")

    @cached_property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """For each stage the constructs whose own blocks are to be read there."""
        place: dict[str, int] = {}
        embedded = self.words.method == "embedded_two_stage"
        for k, stage in enumerate(self.stages):
            for name, block in zip(stage.names, stage.blocks, strict=True):
                if not (embedded and name in place and stage.items[block] == (name,)):
                    place[name] = k
        return tuple(
            tuple(j for j, name in enumerate(stage.names) if place[name] == k)
            for k, stage in enumerate(self.stages)
        )


def build(
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    interactions: Iterable[tuple[str, str, str, str]] = (),
    consistent: bool = False,
) -> Model:
    """Check the words of a model and lay it out in stages; every fault is a ModelError."""
    return model_of(read(constructs, paths, modes, scheme, higher_order, interactions, consistent))


def model_of(words: Words) -> Model:
    """Lay checked words out in stages."""
    if not words.parts:
        stages = [_disjoint(words, 1)]
    elif words.method == "two_stage":
        stages = [_disjoint(words, level) for level in range(1, 1 + max(map(words.level, words.parts)))]
    else:
        stages = [_repeated(words)]
        if words.method == "embedded_two_stage":
            stages.append(_on_scores(words))
    indicated = [one for one in words.interactions if one.method != "two_stage"]
    scored = [one for one in words.interactions if one.method == "two_stage"]
    for one in indicated:
        items = tuple(f"{a}*{b}" for a, b in one.pairs(words.blocks))
        stages = [_with_product(stage, one, items, words) for stage in stages]
    if scored:
        final = stages[-1]
        for one in scored:
            final = _with_product(final, one, (one.name,), words)
        stages.append(final)
    return Model(words, tuple(stages))


def in_units(model: Model, units: Mapping[str, float]) -> Model:
    """The model whose items keep their units (item -> standard deviation); scores have variance 1."""
    stages = tuple(
        replace(stage, units=np.array([units.get(item, 1.0) for item in stage.items]))
        for stage in model.stages
    )
    return replace(model, stages=stages)


def without_path(model: Model, source: str, target: str) -> Model | None:
    """The model less one path of its last stage; None if the target is then explained by nothing.

    Constructs that are left without any path are left out too.
    """
    words = model.words
    arrows = tuple(arrow for arrow in words.arrows if arrow != (source, target))
    if not any(end == target for _, end in arrows):
        return None
    kept = {end for arrow in arrows for end in arrow}
    for whole in sorted(words.parts, key=words.level, reverse=True):
        kept |= set(words.parts[whole]) if whole in kept else set()
    blocks = {name: items for name, items in words.blocks.items() if name in kept}
    parts = {whole: its for whole, its in words.parts.items() if whole in kept}
    return model_of(replace(words, blocks=blocks, parts=parts, arrows=arrows))


def _disjoint(words: Words, level: int) -> Stage:
    """Higher-order constructs of a higher level are replaced by their parts; scores are items."""
    top = [name for name in (*words.blocks, *words.parts) if name not in words.owner]
    seen = {one for name in top for one in words.expand(name, level)}
    blocks = {name: items for name, items in (words.blocks | words.parts).items() if name in seen}
    arrows = [
        (source, target)
        for whole_source, whole_target in words.arrows
        for source in words.expand(whole_source, level)
        for target in words.expand(whole_target, level)
    ]
    return lay_out(blocks, arrows, words.modes, words.scheme, words.consistent)


def _repeated(words: Words) -> Stage:
    """Higher-order constructs take all items of their parts once more, and are tied to them by paths."""
    blocks = dict(words.blocks)
    arrows = list(words.arrows)
    for whole, its in words.parts.items():
        blocks[whole] = tuple(item for one in words.expand(whole, 1) for item in words.blocks[one])
        arrows += [(part, whole) if words.modes[whole] == "B" else (whole, part) for part in its]
    return lay_out(blocks, arrows, words.modes, words.scheme)


def _on_scores(words: Words) -> Stage:
    """Second stage of the embedded approach: every construct is its score, a whole the scores of its parts."""
    blocks: dict[str, tuple[str, ...]] = {name: (name,) for name in words.blocks if name not in words.owner}
    blocks |= {whole: its for whole, its in words.parts.items() if whole not in words.owner}
    return lay_out(blocks, words.arrows, words.modes, words.scheme)


def _with_product(stage: Stage, one: Interaction, items: tuple[str, ...], words: Words) -> Stage:
    blocks = {n: stage.items[block] for n, block in zip(stage.names, stage.blocks, strict=True)}
    arrows = [(stage.names[i], stage.names[j]) for i, j in stage.arrows]
    arrows += [(one.name, target) for outcome in one.outcomes for target in _present(outcome, stage, words)]
    return lay_out(blocks | {one.name: items}, arrows, words.modes, stage.scheme, stage.consistent)


def _present(name: str, stage: Stage, words: Words) -> tuple[str, ...]:
    """The construct, or those that stand for it in the stage."""
    if name in stage.names:
        return (name,)
    return tuple(one for part in words.parts[name] for one in _present(part, stage, words))
