"""Segments and prospects as figures: a heat map of what groups are like, and the calibration of conversions."""

from __future__ import annotations

import math
from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_figures import WIDTH
from crmlab.present.blocks import Fact, Figure, Paragraph
from crmlab.present.canvas import canvas, lines, rectangles, shown
from crmlab.present.facts import Source
from crmlab.present.heatmap import legible
from crmlab.present.segment_words import Look
from crmlab.present.theme import PALETTE

DEPTH = 2.0  # standard deviations at which a colour is full


def made(
    look: Look, key: str, draw: Any, facts: Any, width: float = 1.0, notes: tuple[Paragraph, ...] = ()
) -> Figure:
    """A figure block with the caption and the alternative text of its key."""
    known = tuple(fact for fact in facts if not math.isnan(fact.value))
    alt = look.ways.plain(f"seg.alt.{key}")
    return Figure(key, look.ways.said(f"seg.figure.{key}"), alt, draw, known, width, notes)


def profile(source: Source, look: Look, key: str) -> Figure | None:
    """Groups by features, shaded by the distance from the mean of all; groups of too few people are left out."""
    few = look.few(source)
    names = [name for name in source.subjects("customers") if name not in few]
    features = [of.partition(".")[2] for of in source.subjects("median") if of.startswith("all.")]
    if len(names) < 2 or not features:
        return None
    facts = {
        (name, one): source.fact(f"profile:{name}.{one}", digits=1) for name in names for one in features
    }
    sizes = {name: source.fact(f"share:{name}", style="percent", digits=0) for name in names}
    return made(
        look, key, lambda: _heat(look, names, features, facts, sizes), [*facts.values(), *sizes.values()]
    )


def _heat(
    look: Look,
    names: list[str],
    features: list[str],
    facts: dict[tuple[str, str], Fact],
    sizes: dict[str, Fact],
) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    language = look.language
    ramp = LinearSegmentedColormap.from_list("profile", [PALETTE.low[1], "#f7f8fa", PALETTE.high[1]])
    labels = [
        lines(language, f"{look.group(name)} ({language.percent(sizes[name].value, 0)})", 30)
        for name in names
    ]
    figure, axes = canvas(language, labels, len(names), foot=0.1, head=0.55, pitch=0.32)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    cells = []
    for row, name in enumerate(names):
        for column, one in enumerate(features):
            fact = facts[name, one]
            if math.isnan(fact.value):
                continue
            colour = ramp(0.5 + 0.5 * max(-1.0, min(1.0, fact.value / DEPTH)))
            cells.append(((column - 0.5, row - 0.5, 1, 1), colour))
            axes.text(
                column,
                row,
                language.fact(fact),
                fontsize=7.5,
                color=legible(colour),
                ha="center",
                va="center_baseline",
                zorder=4,
            )
    rectangles(axes, cells, "white")
    axes.set_yticks(range(len(names)), labels, fontsize=8)
    axes.set_xlim(-0.5, len(features) - 0.5)
    axes.xaxis.tick_top()
    axes.set_xticks(
        range(len(features)), [lines(language, look.feature(one), 16) for one in features], fontsize=7
    )
    axes.tick_params(length=0)
    if language.rtl:
        axes.invert_xaxis()
    return figure


def calibration(source: Source, look: Look) -> Figure:
    """Told against seen share of converted prospects, in ten groups of equal size."""
    language, bins = look.language, source.subjects("told")
    told = [source.fact(f"told:{of}", style="percent", digits=1) for of in bins]
    seen = [
        [source.fact(f"seen:{of}", side, "percent", 1) for of in bins]
        for side in ("estimate", "ci_low", "ci_high")
    ]

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.8)
        x, (y, low, high) = [fact.value for fact in told], [[fact.value for fact in row] for row in seen]
        top = min(1.0, max(*x, *high) * 1.05)
        axes.plot([0, top], [0, top], color=PALETTE.quiet, linewidth=0.8, linestyle=curves.DASHES["dashed"],
                  label=shown(language, language.word("clv.curve.right")))  # fmt: skip
        axes.vlines(x, low, high, color=PALETTE.main, linewidth=1.0)
        axes.plot(x, y, color=PALETTE.main, marker="o", markersize=4, linewidth=1.0,
                  label=shown(language, language.word("seg.curve.seen")))  # fmt: skip
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)
        for which in ("x", "y"):
            curves.marks(axes, which, curves.percents(language))
        curves.titled(axes, language, language.word("seg.axis.told"), language.word("seg.axis.seen"))
        curves.legend(axes, language, "upper left")
        return figure

    return made(look, "prospect_calibration", draw, [*told, *(fact for row in seen for fact in row)], WIDTH)
