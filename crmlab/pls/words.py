"""A path model in words, and every reason why it cannot be one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmlab.errors import ModelError
from crmlab.pls.interaction import Interaction, read_interactions

MODES = ("A", "B", "unit")
SCHEMES = ("path", "factorial", "centroid")
METHODS = ("two_stage", "embedded_two_stage", "repeated_indicators")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A checked model as it was asked for.

    Attributes
    ----------
    blocks : construct -> its items
    parts : higher-order construct -> its parts, which may be of higher order themselves
    method : how higher-order constructs are estimated, one of METHODS
    arrows : (from, to) paths
    modes : construct -> outer mode
    scheme : inner weighting scheme
    interactions : product terms
    consistent : PLSc
    """

    blocks: dict[str, tuple[str, ...]]
    parts: dict[str, tuple[str, ...]]
    method: str
    arrows: tuple[tuple[str, str], ...]
    modes: dict[str, str]
    scheme: str
    interactions: tuple[Interaction, ...] = ()
    consistent: bool = False

    @property
    def owner(self) -> dict[str, str]:
        """Part -> the higher-order construct it belongs to."""
        return {part: whole for whole, its in self.parts.items() for part in its}

    def refuse_consistent(self, what: str) -> None:
        """Raise for an analysis of scores: those of PLSc are attenuated, its coefficients are not."""
        if self.consistent:
            raise ModelError(f"{what} with consistent PLS is not available", hint="consistent=False")

    def level(self, name: str) -> int:
        """1 for a construct with items, 2 for one made of those, ..."""
        return 1 + max((self.level(part) for part in self.parts.get(name, ())), default=0)

    def expand(self, name: str, level: int) -> tuple[str, ...]:
        """The construct itself if it is of that level or lower, else its parts, as far down as needed."""
        if self.level(name) <= level:
            return (name,)
        return tuple(one for part in self.parts[name] for one in self.expand(part, level))


def read(
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    interactions: Iterable[tuple[str, str, str, str]] = (),
    consistent: bool = False,
) -> Words:
    """Check the words of a model; every fault is a ModelError."""
    blocks = {name: tuple(items) for name, items in constructs.items()}
    parts, method = _parts(blocks, higher_order or {})
    arrows = tuple((str(source), str(target)) for source, target in paths)
    products = read_interactions(interactions, blocks, parts, arrows)
    chosen = _modes(modes or {}, (*blocks, *parts, *(one.name for one in products)))
    if scheme not in SCHEMES:
        raise ModelError(f"inner weighting scheme '{scheme}' is not one of {', '.join(SCHEMES)}")
    _check_blocks(blocks, parts)
    _check_paths(arrows, blocks, parts)
    words = Words(blocks, parts, method, arrows, chosen, scheme, products, consistent)
    _check_combination(words)
    return words


def _check_combination(words: Words) -> None:
    if words.consistent and words.parts and words.method != "two_stage":
        raise ModelError(
            f"consistent PLS with higher-order constructs by {words.method} is not available",
            hint="two_stage, or consistent=False",
        )
    if words.consistent and any(one.method != "two_stage" for one in words.interactions):
        raise ModelError(
            "consistent PLS with products of items is not available", hint="two_stage, or consistent=False"
        )
    if len({one.method == "two_stage" for one in words.interactions}) > 1:
        raise ModelError(
            "two-stage interactions beside products of items are not available", hint="one method"
        )
    if words.method == "repeated_indicators":
        for whole in words.parts:
            if words.modes[whole] == "B" and any(target == whole for _, target in words.arrows):
                raise ModelError(
                    f"'{whole}' (mode B, repeated indicators) is explained by its own parts, R2 near 1: "
                    "no path into it can be estimated",
                    hint="two_stage or embedded_two_stage",
                )
        if words.interactions and words.parts:
            raise ModelError(
                "interactions with repeated indicators are not available", hint="two_stage for the whole"
            )


def _parts(
    blocks: Mapping[str, tuple[str, ...]], higher_order: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, tuple[str, ...]], str]:
    parts: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    methods: dict[str, str] = {}
    for whole, how in higher_order.items():
        if whole in blocks:
            raise ModelError(f"'{whole}' is both a construct with items and a second-order construct")
        methods[whole] = how.get("method", "two_stage")
        if methods[whole] not in METHODS:
            raise ModelError(
                f"second-order construct '{whole}': method '{how['method']}' is not known",
                hint=", ".join(METHODS),
            )
        parts[whole] = tuple(how.get("of", ()))
        if not parts[whole]:
            raise ModelError(f"second-order construct '{whole}' has no parts")
        for part in parts[whole]:
            if part not in blocks and part not in higher_order:
                raise ModelError(
                    f"second-order construct '{whole}' is made of '{part}', which is no construct"
                    + near(part, (*blocks, *higher_order))
                )
            if part in owner:
                raise ModelError(
                    f"'{part}' is a part of two second-order constructs, '{owner[part]}' and '{whole}'"
                )
            owner[part] = whole
    loop = cycle([(whole, part) for whole, its in parts.items() for part in its])
    if loop:
        raise ModelError(f"higher-order constructs are made of each other: {' -> '.join(loop)}")
    if len(set(methods.values())) > 1:
        told = ", ".join(f"'{whole}' {method}" for whole, method in methods.items())
        raise ModelError(f"higher-order constructs of one model need one method, not {told}")
    return parts, next(iter(methods.values()), "two_stage")


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
            if (item in blocks and not (item == name and len(items) == 1)) or item in parts:
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
