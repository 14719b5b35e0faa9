"""Where the constructs of an acyclic model stand: layers in the order of the arrows, few crossings, room for all.

The steps are those of Sugiyama, Tagawa & Toda (1981): longest-path layers, way points for long arrows, barycentre
ordering, then places that respect a least distance. Everything is decided by the model's own order: no chance.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Knot = Hashable  # a construct's name, or (source, target, layer) for the way point of a long arrow


@dataclass(frozen=True, slots=True)
class Layout:
    """Places on a grid.

    Attributes
    ----------
    place : knot -> (layer, place across the layer), the places centred around 0
    routes : (source, target) -> the knots an arrow passes, ends included
    layers : how many layers there are
    """

    place: dict[Knot, tuple[int, float]]
    routes: dict[tuple[str, str], tuple[Knot, ...]]
    layers: int


def layered(names: Sequence[str], paths: Sequence[tuple[str, str]], narrow: float = 0.55) -> Layout:
    """Lay out `names` so that every path of `paths` (source, target) runs forward.

    `narrow` is the room of a way point, in units of a construct's room.
    """
    depth = _depths(names, paths)
    routes: dict[tuple[str, str], tuple[Knot, ...]] = {
        (source, target): (
            source,
            *((source, target, k) for k in range(depth[source] + 1, depth[target])),
            target,
        )
        for source, target in paths
    }
    rows: list[list[Knot]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for name in names:
        rows[depth[name]].append(name)
    for route in routes.values():
        for knot in route[1:-1]:
            rows[depth[str(route[0])] + route.index(knot)].append(knot)
    links = [pair for route in routes.values() for pair in itertools.pairwise(route)]
    _order(rows, links)
    across = _places(rows, links, narrow)
    place = {knot: (k, across[knot]) for k, row in enumerate(rows) for knot in row}
    return Layout(place, routes, len(rows))


def _depths(names: Sequence[str], paths: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way to each construct, in arrows; starts stand next to their first target."""
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in paths:
            depth[target] = max(depth[target], depth[source] + 1)
    for name in names:
        after = [depth[target] for source, target in paths if source == name]
        if after and not any(target == name for _, target in paths):
            depth[name] = min(after) - 1
    return depth


def _order(rows: list[list[Knot]], links: Sequence[tuple[Knot, Knot]]) -> None:
    best, fewest = [list(row) for row in rows], _crossings(rows, links)
    for sweep in range(12):
        order = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        for k in order:
            beside = rows[k - 1] if sweep % 2 == 0 else rows[k + 1]
            spot = {knot: place for place, knot in enumerate(beside)}
            own = {knot: place for place, knot in enumerate(rows[k])}
            rows[k].sort(key=lambda knot: (_centre(knot, spot, own, links), own[knot]))
        count = _crossings(rows, links)
        if count < fewest:
            best, fewest = [list(row) for row in rows], count
    rows[:] = best


def _centre(
    knot: Knot, spot: dict[Knot, int], own: dict[Knot, int], links: Sequence[tuple[Knot, Knot]]
) -> float:
    near = [
        spot[a if b == knot else b]
        for a, b in links
        if (b == knot and a in spot) or (a == knot and b in spot)
    ]
    return sum(near) / len(near) if near else own[knot]


def _crossings(rows: list[list[Knot]], links: Sequence[tuple[Knot, Knot]]) -> int:
    total = 0
    for upper, lower in itertools.pairwise(rows):
        ends = [(upper.index(a), lower.index(b)) for a, b in links if a in upper and b in lower]
        total += sum((a - c) * (b - d) < 0 for k, (a, b) in enumerate(ends) for c, d in ends[:k])
    return total


def _places(rows: list[list[Knot]], links: Sequence[tuple[Knot, Knot]], narrow: float) -> dict[Knot, float]:
    room = {knot: narrow if isinstance(knot, tuple) else 1.0 for row in rows for knot in row}
    place: dict[Knot, float] = {}
    for row in rows:
        at = -sum(room[knot] for knot in row) / 2
        for knot in row:
            place[knot] = at + room[knot] / 2
            at += room[knot]
    for sweep in range(24):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wish = [_mean_neighbour(knot, place, links) for knot in row]
            for knot, spot in zip(row, _spread(wish, [room[knot] for knot in row]), strict=True):
                place[knot] = spot
    middle = (max(place.values(), default=0) + min(place.values(), default=0)) / 2
    return {knot: spot - middle for knot, spot in place.items()}


def _mean_neighbour(knot: Knot, place: dict[Knot, float], links: Sequence[tuple[Knot, Knot]]) -> float:
    near = [place[b if a == knot else a] for a, b in links if knot in (a, b)]
    return sum(near) / len(near) if near else place[knot]


def _spread(wish: Sequence[float], room: Sequence[float]) -> list[float]:
    """The places nearest to the wishes that keep order and room: neighbours in each other's way move together."""
    offset = [0.0]
    for a, b in itertools.pairwise(room):
        offset.append(offset[-1] + (a + b) / 2)
    groups: list[tuple[float, int]] = []  # (mean wish without offset, size)
    for spot, shift in zip(wish, offset, strict=False):
        mean, size = spot - shift, 1
        while groups and groups[-1][0] > mean:
            before, count = groups.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        groups.append((mean, size))
    flat = [mean for mean, size in groups for _ in range(size)]
    return [mean + shift for mean, shift in zip(flat, offset, strict=False)]
