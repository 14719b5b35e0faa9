"""Numbers between pairs of constructs as a shaded triangle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import canvas, caption, lines, rectangles
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE


def heat(
    source: Source,
    language: Language,
    quantity: str,
    key: str,
    *,
    among: Sequence[str],
    limit: float | None = None,
) -> Figure | None:
    """A triangle of numbers between the constructs `among`; cells at or beyond `limit` are framed."""
    facts: dict[tuple[str, str], Fact] = {}
    for pair in source.subjects(quantity):
        left, _, right = pair.partition("~")
        if left in among and right in among:
            facts[left, right] = source.fact(f"{quantity}:{pair}")
    names = [name for name in among if any(name in pair for pair in facts)]
    if len(names) < 2:
        return None
    return Figure(
        key,
        caption(language, key),
        language.word(f"alt.{key}"),
        lambda: _heat(language, names, facts, limit),
        tuple(fact for fact in facts.values() if not math.isnan(fact.value)),
    )


def _heat(
    language: Language, names: Sequence[str], facts: dict[tuple[str, str], Fact], limit: float | None
) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("ratio", ["#f4f7f9", PALETTE.light, PALETTE.main, "#12324d"])
    labels = [lines(language, language.name(name), 36) for name in names]
    figure, axes = canvas(language, labels, len(names) - 1, foot=0.1, head=0.3)
    axes.set_ylim(len(names) - 0.5, 0.5)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    small = 7.5 if len(names) <= 10 else 6.5
    cells: list[tuple[tuple[float, float, float, float], Any]] = []
    for row, lower in enumerate(names):
        for column, upper in enumerate(names[:row]):
            fact = facts.get((upper, lower)) or facts.get((lower, upper))
            if fact is None or math.isnan(fact.value):
                continue
            depth = min(abs(fact.value), 1.0)
            cells.append(((column - 0.5, row - 0.5, 1, 1), ramp(depth)))
            if limit is not None and fact.value >= limit:
                frame = [column - 0.5, column + 0.5, column + 0.5, column - 0.5, column - 0.5]
                axes.plot(
                    frame,
                    [row - 0.5, row - 0.5, row + 0.5, row + 0.5, row - 0.5],
                    color=PALETTE.bad,
                    lw=1.6,
                    zorder=3,
                )
            ink = legible(ramp(depth))
            axes.text(
                column,
                row,
                language.fact(fact),
                fontsize=small,
                color=ink,
                ha="center",
                va="center_baseline",
                zorder=4,
            )
    rectangles(axes, cells, "white")
    axes.set_yticks(range(1, len(names)), labels[1:], fontsize=7.5)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(names) - 1), list(names[:-1]), fontsize=6.5)
    axes.tick_params(length=0)
    if language.rtl:
        axes.invert_xaxis()
    return figure


def legible(colour: Sequence[float]) -> str:
    """White or ink, whichever has the greater contrast on `colour` (relative luminance of WCAG 2)."""
    from matplotlib.colors import to_rgb

    def luminance(rgb: Sequence[float]) -> float:
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    there, dark = luminance(colour), luminance(to_rgb(PALETTE.ink))
    return "white" if 1.05 / (there + 0.05) > (there + 0.05) / (dark + 0.05) else PALETTE.ink
