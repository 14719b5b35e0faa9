"""The measurement model drawn by us: constructs as ellipses, items as boxes, a loading on each line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crmlab.present.blocks import Fact, Figure, Paragraph
from crmlab.present.canvas import caption, shown
from crmlab.present.diagrams import Point, ellipse, rim
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import unfit_note
from crmlab.present.theme import PALETTE

if TYPE_CHECKING:
    from crmlab.study import Study

PITCH = 0.235  # inches between two item boxes


def measurement(
    loadings: Source,
    outer: Source | None,
    language: Language,
    study: Study,
    tops: Sequence[str],
    mode: str = "loading",
) -> Figure:
    """Constructs with their items in boxes; a second-order construct stands before its dimensions.

    `mode` is "loading" (of PLS), or "standard" or "z" (of a covariance-based model: standardised, significance).
    """
    quantity = "z" if mode == "z" else "loading"
    key = tops[0] if len(tops) == 1 else "all"
    key = key if mode == "loading" else f"{mode}_{key}"
    label = language.name(tops[0]) if len(tops) == 1 else language.word("figure.all_items")
    dimensions = [part for top in tops for part in (study.constructs[top].dimensions or (top,))]
    first = {
        item: loadings.fact(f"{quantity}:{part}=~{item}")
        for part in dimensions
        for item in study.constructs[part].items
    }
    second = {
        part: outer.fact(f"{quantity}:{top}=~{part}")
        for top in tops
        for part in study.constructs[top].dimensions
        if outer
    }
    facts = tuple(fact for fact in (*first.values(), *second.values()) if not math.isnan(fact.value))
    return Figure(
        f"measurement_{key}", caption(language, "measurement" if mode == "loading" else f"confirmed_{mode}", label), language.word("alt.measurement"),
        lambda: _measurement(language, study, tops, first, second), facts,
        0.9, notes=(Paragraph((language.word("note.z" if mode == "z" else "note.loadings"),), "note"), *unfit_note(loadings, language)),
    )  # fmt: skip


def _measurement(
    language: Language, study: Study, tops: Sequence[str], first: dict[str, Fact], second: dict[str, Fact]
) -> Any:
    from matplotlib.figure import Figure as Canvas

    parts = [(top, part) for top in tops for part in (study.constructs[top].dimensions or (top,))]
    sizes = [max(len(study.constructs[part].items) * PITCH + 0.12, 0.66) for _, part in parts]
    height, width = sum(sizes) + 0.1, 5.7
    deep = any(top != part for top, part in parts)
    columns = (0.85, 2.75, 4.9) if deep else (0.0, 1.2, 4.2)
    figure = Canvas(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(width if language.rtl else 0, 0 if language.rtl else width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    centres: dict[str, float] = {}
    top_edge = 0.05
    for (_, part), size in zip(parts, sizes, strict=True):
        centres[part] = top_edge + size / 2
        _block(
            axes, language, part, study.constructs[part].items, first, (columns[1], centres[part]), columns[2]
        )
        top_edge += size
    for top in tops if deep else ():
        inside = study.constructs[top].dimensions
        spot = (columns[0], sum(centres[part] for part in inside) / max(len(inside), 1))
        for part in inside:
            near = (columns[1] - 0.73, centres[part])
            _spoke(axes, language, rim(spot, near, (0.78, 0.34)), near, second.get(part), 0.5)
        ellipse(axes, language, spot, (0.78, 0.34), language.name(top))
    return figure


def _block(
    axes: Any,
    language: Language,
    part: str,
    items: Sequence[str],
    first: dict[str, Fact],
    spot: Point,
    right: float,
) -> None:
    from matplotlib.patches import Rectangle

    for k, item in enumerate(items):
        y = spot[1] + (k - (len(items) - 1) / 2) * PITCH
        reach = 0.06 * max(len(item), 5) / 2 + 0.1
        _spoke(axes, language, (spot[0] + 0.6, spot[1]), (right - reach, y), first[item], 0.68)
        axes.add_patch(
            Rectangle(
                (right - reach, y - 0.09),
                2 * reach,
                0.18,
                fc=PALETTE.faint,
                ec=PALETTE.quiet,
                lw=0.8,
                zorder=2,
            )
        )
        axes.text(right, y, item, ha="center", va="center_baseline", fontsize=7, zorder=3)
    ellipse(axes, language, spot, (0.72, 0.28), language.name(part))


def _spoke(axes: Any, language: Language, start: Point, stop: Point, fact: Fact | None, where: float) -> None:
    """An arrow from a construct to what mirrors it, with its loading."""
    style = {
        "arrowstyle": "-|>,head_width=0.12,head_length=0.24",
        "color": PALETTE.quiet,
        "lw": 0.8,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", xy=stop, xytext=start, arrowprops=style, zorder=1)
    if fact is None or math.isnan(fact.value):
        return
    x, y = start[0] + where * (stop[0] - start[0]), start[1] + where * (stop[1] - start[1])
    frame = {"boxstyle": "square,pad=0.08", "fc": "white", "ec": "none"}
    axes.text(
        x,
        y,
        shown(language, language.fact(fact)),
        ha="center",
        va="center_baseline",
        fontsize=6.5,
        bbox=frame,
        zorder=2,
    )
