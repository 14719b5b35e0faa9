"""The structural model drawn by us: constructs as ellipses, arrows in reading direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crmlab.present.blocks import Fact, Figure, Paragraph
from crmlab.present.canvas import caption, lines
from crmlab.present.facts import Source
from crmlab.present.language import LRM, Language
from crmlab.present.layout import Layout, layered
from crmlab.present.table_parts import unfit_note
from crmlab.present.theme import PALETTE, TEXT_WIDTH

if TYPE_CHECKING:
    from crmlab.study import Study

Point = tuple[float, float]
Written = tuple[str, bool, float]  # what stands on an arrow, whether it is sure, how strong it is
STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))


@dataclass(frozen=True, slots=True)
class Arrow:
    """One path: its number, how sure it is, and the points it passes."""

    text: str
    sure: bool
    size: float
    route: tuple[Point, ...]


def structure(paths: Source, language: Language, study: Study, mode: str = "") -> Figure | None:
    """The structural model with its coefficients; R2 stands inside the outcomes.

    `mode` is "" (PLS), or "standard" or "z" (covariance-based: standardised coefficients, significance).
    """
    key, quantity = (f"structure_{mode}", "z" if mode == "z" else "path") if mode else ("structure", "path")
    known = [(source, target) for source, target in study.paths if f"path:{target}~{source}" in paths]
    names = [name for name in study.constructs if any(name in pair for pair in known)]
    if not known:
        return None
    layout = layered(names, known)
    explained = {name: paths.fact(f"r2:{name}") for name in names if f"r2:{name}" in paths}
    beta = {pair: paths.fact(f"{quantity}:{pair[1]}~{pair[0]}") for pair in known}
    p_values = {pair: paths.fact(f"path:{pair[1]}~{pair[0]}", "p_value", "p", 3) for pair in known}
    return Figure(
        key, caption(language, key), language.word("alt.structure"),
        lambda: arrows_and_ellipses(language, layout, _estimated(language, beta, p_values), explained),
        (*beta.values(), *explained.values()), notes=(Paragraph((language.word("note.z_stars" if mode == "z" else "note.stars"),), "note"), *unfit_note(paths, language)),
    )  # fmt: skip


def _estimated(
    language: Language, beta: dict[tuple[str, str], Fact], p_values: dict[tuple[str, str], Fact]
) -> dict[tuple[str, str], Written]:
    return {
        pair: (_starred(language, fact, p_values[pair]), _sure(p_values[pair]), min(abs(fact.value), 1.0))
        for pair, fact in beta.items()
    }


def arrows_and_ellipses(
    language: Language,
    layout: Layout,
    written: dict[tuple[str, str], Written],
    explained: dict[str, Fact],
) -> Any:
    """A path model: constructs as ellipses, each path with what is written on it."""
    from matplotlib.figure import Figure as Canvas

    upright = layout.layers > 4
    width, height, spots = _spots(layout, upright)
    figure = Canvas(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(width if language.rtl else 0, 0 if language.rtl else width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    half = (0.88, 0.38)
    nodes = {str(knot): spot for knot, spot in spots.items() if isinstance(knot, str)}
    arrows = [
        Arrow(*what, _route([spots[knot] for knot in layout.routes[pair]], half))
        for pair, what in written.items()
    ]
    for arrow in arrows:
        _draw_arrow(axes, arrow)
    for name, spot in nodes.items():
        ellipse(axes, language, spot, half, language.name(name), explained.get(name))
    _label_arrows(axes, arrows, list(nodes.values()), half)
    return figure


def _spots(layout: Layout, upright: bool) -> tuple[float, float, dict[Any, Point]]:
    """Width, height and the place of every knot, in inches."""
    across = [spot for _, spot in layout.place.values()]
    reach = max(across) - min(across)
    width = TEXT_WIDTH
    unit = min(1.85 if upright else 1.45, (width - 1.9) / reach if upright and reach else 9.0)
    step = 1.2 if upright else (width - 1.9) / max(layout.layers - 1, 1)
    height = (layout.layers - 1) * step + 0.95 if upright else reach * unit + 0.95
    spots: dict[Any, Point] = {}
    for knot, (layer, spot) in layout.place.items():
        along = layer * step
        side = (spot - (max(across) + min(across)) / 2) * unit
        spots[knot] = (width / 2 + side, 0.475 + along) if upright else (0.95 + along, height / 2 + side)
    return width, height, spots


def _starred(language: Language, fact: Fact, p_value: Fact) -> str:
    stars = next((mark for limit, mark in STARS if p_value.value < limit), "")
    return (LRM if language.rtl else "") + language.fact(fact) + stars


def _sure(p_value: Fact) -> bool:
    return math.isnan(p_value.value) or p_value.value < 0.05


def _route(points: Sequence[Point], half: Point) -> tuple[Point, ...]:
    """The points with both ends moved to the rims of the ellipses."""
    start, end = rim(points[0], points[1], half), rim(points[-1], points[-2], half, 0.02)
    return (start, *points[1:-1], end)


def rim(centre: Point, toward: Point, half: Point, gap: float = 0.0) -> Point:
    dx, dy = toward[0] - centre[0], toward[1] - centre[1]
    scale = 1 / math.hypot(dx / (half[0] + gap), dy / (half[1] + gap))
    return (centre[0] + dx * scale, centre[1] + dy * scale)


def _curve(route: Sequence[Point]) -> list[Point]:
    """Control points of a smooth curve (Catmull-Rom as cubic Bezier) through the route."""
    points = [route[0], *route, route[-1]]
    curve = [route[0]]
    for before, start, end, after in zip(points, points[1:], points[2:], points[3:], strict=False):
        curve.append((start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6))
        curve.append((end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6))
        curve.append(end)
    return curve


def _along(route: Sequence[Point], count: int = 41) -> list[Point]:
    """Points on the curve, evenly in its parameter."""
    curve = _curve(route)
    pieces = (len(curve) - 1) // 3
    found = []
    for k in range(count):
        at = k / (count - 1) * pieces
        piece = min(int(at), pieces - 1)
        t = at - piece
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        four = curve[3 * piece : 3 * piece + 4]
        found.append(tuple(sum(w * p[axis] for w, p in zip(weights, four, strict=True)) for axis in (0, 1)))
    return found  # type: ignore[return-value]


def _draw_arrow(axes: Any, arrow: Arrow) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    curve = _curve(arrow.route)
    path = Path(curve, [Path.MOVETO, *[Path.CURVE4] * (len(curve) - 1)])
    colour = PALETTE.main if arrow.sure else PALETTE.quiet
    axes.add_patch(
        FancyArrowPatch(
            path=path, arrowstyle="-|>,head_width=2.6,head_length=5", mutation_scale=1, color=colour, fc=colour,
            lw=0.8 + 1.4 * min(arrow.size, 1.0), linestyle="-" if arrow.sure else (0, (4, 2.5)), zorder=1, capstyle="butt",
        )
    )  # fmt: skip


def ellipse(
    axes: Any, language: Language, spot: Point, half: Point, name: str, r2: Fact | None = None
) -> None:
    from matplotlib.patches import Ellipse

    shape = Ellipse(
        spot,
        2 * half[0],
        2 * half[1],
        fc="white" if r2 is None else PALETTE.faint,
        ec=PALETTE.ink,
        lw=1,
        zorder=2,
    )
    axes.add_patch(shape)
    text = lines(language, name, 20)
    size = 8 if text.count("\n") < 2 else 7
    up = 0.08 if r2 is not None else 0.0
    axes.text(
        spot[0], spot[1] - up, text, ha="center", va="center", fontsize=size, zorder=3, linespacing=1.15
    )
    if r2 is not None:
        shift = (0.15, 0.21, 0.25)[min(text.count("\n"), 2)]
        told = f"{LRM if language.rtl else ''}R² = {language.fact(r2)}"
        axes.text(
            spot[0],
            spot[1] + shift,
            told,
            ha="center",
            va="center",
            fontsize=6.5,
            color=PALETTE.quiet,
            zorder=3,
        )


def _label_arrows(axes: Any, arrows: Sequence[Arrow], nodes: Sequence[Point], half: Point) -> None:
    """Each number on its own arrow, where it covers no ellipse, no other number and no other arrow."""
    tracks = [_along(arrow.route) for arrow in arrows]
    taken: list[Point] = []
    for k, arrow in enumerate(arrows):
        reach = (0.05 * len(arrow.text) / 2 + 0.06, 0.11)
        others = [point for m, track in enumerate(tracks) if m != k for point in track]

        def cost(place: int, k: int = k, reach: Point = reach, others: Sequence[Point] = others) -> float:
            x, y = tracks[k][place]
            on_node = sum(
                math.hypot((x - a) / (half[0] + reach[0]), (y - b) / (half[1] + reach[1])) < 1
                for a, b in nodes
            )
            on_text = sum(abs(x - a) < 2.1 * reach[0] and abs(y - b) < 2.1 * reach[1] for a, b in taken)
            on_line = sum(abs(x - a) < reach[0] and abs(y - b) < reach[1] for a, b in others)
            return 100 * on_node + 60 * on_text + 4 * on_line + abs(place - 20) * 0.2

        x, y = tracks[k][min(range(4, 37), key=cost)]
        taken.append((x, y))
        frame = {"boxstyle": "square,pad=0.12", "fc": "white", "ec": "none"}
        axes.text(x, y, arrow.text, ha="center", va="center_baseline", fontsize=7.5, bbox=frame, zorder=4)
