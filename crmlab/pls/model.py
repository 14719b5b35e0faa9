"""What a PLS path model consists of, and every reason why it cannot be one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from crmlab.errors import ModelError

MODES = ("A", "B", "unit")
SCHEMES = ("path", "factorial", "centroid")


@dataclass(frozen=True, eq=False)
class Stage:
    """One PLS estimation: items in block order, constructs, and the inner model.

    Attributes
    ----------
    items : names of the p items, block after block
    names : names of the J constructs
    blocks : J slices into `items`
    modes : J outer modes, each one of MODES
    inner : bool array, shape (J, J); inner[i, j] says that there is a path i -> j
    scheme : inner weighting scheme, one of SCHEMES
    """

    items: tuple[str, ...]
    names: tuple[str, ...]
    blocks: tuple[slice, ...]
    modes: tuple[str, ...]
    inner: np.ndarray
    scheme: str

    @cached_property
    def sources(self) -> tuple[tuple[int, ...], ...]:
        """For each construct, those with a path into it."""
        return tuple(tuple(int(i) for i in np.flatnonzero(column)) for column in self.inner.T)

    @cached_property
    def linked(self) -> tuple[tuple[int, ...], ...]:
        """For each construct, those with a path into it or out of it."""
        return tuple(tuple(int(i) for i in np.flatnonzero(row)) for row in self.inner | self.inner.T)

    @cached_property
    def arrows(self) -> tuple[tuple[int, int], ...]:
        """All paths (from, to), ordered by outcome, then by predictor, in the order of `names`."""
        return tuple((i, j) for j in range(len(self.names)) for i in self.sources[j])

    @cached_property
    def regressions(self) -> dict[tuple[int, ...], tuple[int, ...]]:
        """Outcomes grouped by their set of predictors: one matrix serves a whole group."""
        groups: dict[tuple[int, ...], tuple[int, ...]] = {}
        for j in range(len(self.names)):
            if self.sources[j]:
                groups[self.sources[j]] = (*groups.get(self.sources[j], ()), j)
        return groups


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A path model: one stage, or two where there are second-order constructs.

    Attributes
    ----------
    first : the model on the items; second-order constructs are replaced by their parts
    second : the model on the scores of the parts, or None where there is no second order
    parts : second-order construct -> its first-order parts
    """

    first: Stage
    second: Stage | None
    parts: dict[str, tuple[str, ...]]

    @property
    def final(self) -> Stage:
        """The stage whose paths are the answer."""
        return self.second or self.first

    @property
    def names(self) -> tuple[str, ...]:
        """Every construct: first-order ones in the order given, then the second-order ones."""
        return (*self.first.names, *self.parts)


def build(
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    modes: Mapping[str, str] | None,
    scheme: str,
    higher_order: Mapping[str, Mapping[str, Any]] | None,
) -> Model:
    """Check the words of a model and lay it out in stages; every fault is a ModelError."""
    blocks = {name: tuple(items) for name, items in constructs.items()}
    parts = _parts(blocks, higher_order or {})
    arrows = [(str(source), str(target)) for source, target in paths]
    chosen = _modes(modes or {}, (*blocks, *parts))
    if scheme not in SCHEMES:
        raise ModelError(f"inner weighting scheme '{scheme}' is not one of {', '.join(SCHEMES)}")
    _check_blocks(blocks, parts)
    _check_paths(arrows, blocks, parts)
    owner = {part: whole for whole, its in parts.items() for part in its}
    if not parts:
        return Model(_stage(blocks, arrows, chosen, scheme), None, {})
    spread = [
        (source, target)
        for whole_source, whole_target in arrows
        for source in parts.get(whole_source, (whole_source,))
        for target in parts.get(whole_target, (whole_target,))
    ]
    upper = {name: items for name, items in blocks.items() if name not in owner} | parts
    return Model(
        _stage(blocks, spread, chosen, scheme),
        _stage(upper, arrows, chosen, scheme),
        parts,
    )


def without_path(model: Model, source: str, target: str) -> Model | None:
    """The model less one path of its last stage; None if the target is then explained by nothing.

    Constructs that are left without any path are left out too.
    """
    final = model.final
    arrows = [(final.names[i], final.names[j]) for i, j in final.arrows]
    arrows.remove((source, target))
    if not any(end == target for _, end in arrows):
        return None
    used = {end for arrow in arrows for end in arrow}
    parts = {whole: its for whole, its in model.parts.items() if whole in used}
    kept = used | {part for its in parts.values() for part in its}
    first, modes = model.first, dict(zip(final.names, final.modes, strict=True))
    modes |= zip(first.names, first.modes, strict=True)
    return build(
        {
            name: first.items[block]
            for name, block in zip(first.names, first.blocks, strict=True)
            if name in kept
        },
        arrows,
        {name: mode for name, mode in modes.items() if name in kept},
        final.scheme,
        {whole: {"of": its} for whole, its in parts.items()},
    )


def _stage(
    blocks: Mapping[str, tuple[str, ...]],
    arrows: Sequence[tuple[str, str]],
    modes: Mapping[str, str],
    scheme: str,
) -> Stage:
    names = tuple(blocks)
    ends = np.cumsum([len(items) for items in blocks.values()])
    inner = np.zeros((len(names), len(names)), dtype=bool)
    for source, target in arrows:
        inner[names.index(source), names.index(target)] = True
    return Stage(
        items=tuple(item for items in blocks.values() for item in items),
        names=names,
        blocks=tuple(slice(int(e) - len(i), int(e)) for e, i in zip(ends, blocks.values(), strict=True)),
        modes=tuple(modes[name] for name in names),
        inner=inner,
        scheme=scheme,
    )


def _parts(
    blocks: Mapping[str, tuple[str, ...]], higher_order: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    parts: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    for whole, how in higher_order.items():
        if whole in blocks:
            raise ModelError(f"'{whole}' is both a construct with items and a second-order construct")
        if how.get("method", "two_stage") != "two_stage":
            raise ModelError(
                f"second-order construct '{whole}': method '{how['method']}' is not known", hint="two_stage"
            )
        parts[whole] = tuple(how.get("of", ()))
        if not parts[whole]:
            raise ModelError(f"second-order construct '{whole}' has no parts")
        for part in parts[whole]:
            if part not in blocks:
                raise ModelError(
                    f"second-order construct '{whole}' is made of '{part}', which is no construct"
                    + near(part, blocks)
                )
            if part in owner:
                raise ModelError(
                    f"'{part}' is a part of two second-order constructs, '{owner[part]}' and '{whole}'"
                )
            owner[part] = whole
    return parts


def _modes(modes: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    for name, mode in modes.items():
        if name not in names:
            raise ModelError(f"a mode is given for '{name}', which is no construct" + near(name, names))
        if mode not in MODES:
            raise ModelError(f"construct '{name}': mode '{mode}' is not one of {', '.join(MODES)}")
    return {name: modes.get(name, "A") for name in names}


def _check_blocks(blocks: Mapping[str, tuple[str, ...]], parts: Mapping[str, tuple[str, ...]]) -> None:
    home: dict[str, str] = {}
    for word in (*blocks, *parts, *(item for items in blocks.values() for item in items)):
        if "~" in word:
            raise ModelError(
                f"the name '{word}' holds '~', which parts the names in a result", hint="rename it"
            )
    for name, items in blocks.items():
        if not items:
            raise ModelError(f"construct '{name}' has no items")
        for item in items:
            if home.get(item) == name:
                raise ModelError(f"item '{item}' stands twice in construct '{name}'")
            if item in home:
                raise ModelError(f"item '{item}' is in two constructs, '{home[item]}' and '{name}'")
            if item in blocks and not (item == name and len(items) == 1):
                raise ModelError(
                    f"'{item}' is the name of an item and of a construct", hint="rename one of them"
                )
            home[item] = name


def _check_paths(
    arrows: Sequence[tuple[str, str]],
    blocks: Mapping[str, tuple[str, ...]],
    parts: Mapping[str, tuple[str, ...]],
) -> None:
    owner = {part: whole for whole, its in parts.items() for part in its}
    known = [name for name in (*blocks, *parts) if name not in owner]
    for arrow in arrows:
        for end in arrow:
            if end in owner:
                raise ModelError(
                    f"path {' -> '.join(arrow)}: '{end}' is a part of '{owner[end]}', which stands for it"
                )
            if end not in known:
                raise ModelError(f"path {' -> '.join(arrow)}: '{end}' is no construct" + near(end, known))
    twice = [arrow for k, arrow in enumerate(arrows) if arrow in arrows[:k]]
    if twice:
        raise ModelError(f"path {' -> '.join(twice[0])} is given twice")
    loop = cycle(arrows)
    if loop:
        raise ModelError(
            f"the inner model runs in a circle: {' -> '.join(loop)}", hint="take one of these paths out"
        )
    alone = [name for name in known if not any(name in arrow for arrow in arrows)]
    if alone:
        raise ModelError(
            f"construct '{alone[0]}' has no path to or from it", hint="give it a path or leave it out"
        )


def cycle(arrows: Sequence[tuple[str, str]]) -> list[str]:
    """The first directed cycle of a graph, its start repeated at the end; empty if there is none."""
    after: dict[str, list[str]] = {}
    for source, target in arrows:
        after.setdefault(source, []).append(target)
    done: set[str] = set()

    def walk(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return []
        for following in after.get(node, ()):
            found = walk(following, [*trail, node])
            if found:
                return found
        done.add(node)
        return []

    for start in after:
        found = walk(start, [])
        if found:
            return found
    return []


def near(name: str, known: Iterable[str]) -> str:
    """ "; is it 'FOC1'?" for a misspelt name, or nothing."""
    close = difflib.get_close_matches(str(name), [str(one) for one in known], 1, 0.6)
    return f"; is it '{close[0]}'?" if close else ""
