"""The way of the questionnaires, drawn as boxes and arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import caption, shown
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE


def flow(source: Source, language: Language) -> Figure:
    """The way of the questionnaires: what came, what was set aside and why, what was analysed."""
    steps: list[tuple[Fact, str, list[tuple[str, Fact]]]] = []
    for term in map(str, source.result.tidy["term"]):
        kind, _, reason = term.partition(":")
        fact = source.fact(term, style="integer")
        if not reason:
            steps.append((fact, language.word(f"flow.{kind}"), []))
        elif steps and kind != "flagged" and fact.value > 0:
            word = f"reason.{reason}"
            steps[-1][2].append(
                (language.word(word) if language.knows(word) else reason.replace("_", " "), fact)
            )
    facts = tuple(fact for step in steps for fact in (step[0], *(side for _, side in step[2])))
    words = language.word("alt.flow_chart")
    return Figure(
        "flow_chart", caption(language, "flow_chart"), words, lambda: boxes(language, steps), facts, 0.85
    )


def boxes(language: Language, steps: Sequence[tuple[Fact, str, list[tuple[str, Fact]]]]) -> Any:
    """One box a step with its count; beside the arrow to the next one, what was set aside and why."""
    from matplotlib.figure import Figure as Canvas

    gaps = [max(0.45, 0.19 * len(sides) + 0.25) for _, _, sides in steps[:-1]]
    height = 0.46 * len(steps) + sum(gaps) + 0.1
    figure = Canvas(figsize=(5.4, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(5.4 if language.rtl else 0, 0 if language.rtl else 5.4)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    top, side = 0.05, "right" if language.rtl else "left"
    for k, (fact, word, sides) in enumerate(steps):
        _box(axes, 0.1, top, 2.2, 0.42)
        text = shown(language, f"{word}: {language.fact(fact)}")
        axes.text(1.2, top + 0.21, text, ha="center", va="center_baseline", fontsize=8.5)
        if k == len(steps) - 1:
            break
        bottom, gap = top + 0.42, gaps[k]
        _arrow(axes, (1.2, bottom), (1.2, bottom + gap + 0.04))
        if sides:
            middle = bottom + gap / 2
            _box(axes, 2.75, middle - 0.095 * len(sides) - 0.06, 2.55, 0.19 * len(sides) + 0.12)
            _arrow(axes, (1.2, middle), (2.75, middle))
            for row, (reason, count) in enumerate(sides):
                height_here = middle - 0.095 * (len(sides) - 1) + 0.19 * row
                text = shown(language, f"{reason}: {language.fact(count)}")
                axes.text(2.85, height_here, text, ha=side, va="center_baseline", fontsize=7.5)
        top = bottom + gap + 0.04
    return figure


def _box(axes: Any, x: float, y: float, width: float, height: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    shape = FancyBboxPatch(
        (x, y),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.05",
        fc=PALETTE.faint,
        ec=PALETTE.line,
        lw=0.8,
    )
    axes.add_patch(shape)


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {
        "arrowstyle": "-|>,head_width=0.16,head_length=0.3",
        "color": PALETTE.quiet,
        "lw": 0.9,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", xy=end, xytext=start, arrowprops=style)
