"""The sheet a chart is drawn on: room for labels on the reader's side, axes in reading direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from crmlab.present.blocks import Fact, Label, Spans
from crmlab.present.facts import fill
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE, TEXT_WIDTH

ROW = 0.22  # inches of height for one line of a chart
TALLEST = 7.6  # inches that a chart may take on a page
LETTER = 0.058  # inches of width that one letter of 8 pt text takes on average


def caption(language: Language, key: str, name: str = "") -> Spans:
    """The caption of a figure; the study's own name stays the study's own."""
    return fill(language.word(f"figure.{key}"), name=Label(name))


def shown(language: Language, text: str) -> str:
    """A label for the drawing engine: mixed text starts in the reader's direction."""
    own = language.own(text)
    return "\u200f" + own if language.rtl else own


def cut(text: str, width: int) -> str:
    """The text in one line of at most `width` letters; the table beside a chart has it whole."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def wrapped(text: str, width: int) -> str:
    """The text broken into lines of about `width` letters; one endless word is cut."""
    import textwrap

    lines = textwrap.wrap(text, width) or [text]
    if len(lines) > 3:
        lines = [*lines[:2], lines[2][: max(width - 1, 1)] + "…"]
    return "\n".join(lines)


def lines(language: Language, text: str, width: int) -> str:
    """`wrapped`, each line in the reader's direction."""
    return "\n".join(shown(language, line) for line in wrapped(language.own(text), width).split("\n"))


def canvas(
    language: Language,
    labels: Sequence[str],
    rows: float,
    *,
    foot: float = 0.45,
    head: float = 0.1,
    pitch: float = ROW,
) -> Any:
    """A figure with one axes whose labels have the room they need on the reader's side."""
    from matplotlib.figure import Figure as Canvas

    widest = max((len(line) for label in labels for line in label.split("\n")), default=0)
    side = min(max(widest * LETTER + 0.15, 0.6), 0.45 * TEXT_WIDTH)
    height = rows * pitch + foot + head
    figure = Canvas(figsize=(TEXT_WIDTH, height))
    left = 0.15 if language.rtl else side
    box = (left / TEXT_WIDTH, foot / height, (TEXT_WIDTH - side - 0.15) / TEXT_WIDTH, rows * pitch / height)
    axes = figure.add_axes(box)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.spines[["left", "right"]].set_visible(False)
    axes.grid(axis="x", color=PALETTE.faint, linewidth=0.8)
    axes.set_axisbelow(True)
    if language.rtl:
        axes.yaxis.tick_right()
    return figure, axes


def marked(language: Language, marks: Sequence[float]) -> list[str]:
    """Marks of an axis as numbers, all with as many decimals as any of them needs: rounded ones would stand twice."""
    texts = [f"{mark:.6g}" for mark in marks]
    digits = max((len(text.partition(".")[2]) for text in texts if "e" not in text), default=0)
    return [language.number(mark, digits) for mark in marks]


def ticks(axes: Any, language: Language, values: Sequence[float], texts: Sequence[str]) -> None:
    """Marks of the x axis in the reader's digits; the axis runs in reading direction."""
    axes.set_xticks(list(values), [shown(language, text) for text in texts], fontsize=7)
    if language.rtl:
        axes.invert_xaxis()


def rectangles(
    axes: Any, boxes: Sequence[tuple[tuple[float, float, float, float], Any]], edge: str = "none"
) -> None:
    """Many filled boxes (left, top, width, height) at once: far faster than one by one."""
    from matplotlib.collections import PolyCollection

    corners = [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for (x, y, w, h), _ in boxes]
    colours = [colour for _, colour in boxes]
    axes.add_collection(
        PolyCollection(corners, facecolors=colours, edgecolors=edge, linewidths=0.8, zorder=2)
    )


def dots(
    language: Language,
    labels: Sequence[str],
    facts: Sequence[tuple[Fact, Fact, Fact]],
    axis: str,
    zero: bool,
) -> Any:
    """Estimates as dots with their intervals, one below the other; a label of more lines takes more room."""
    heights = [1 + 0.62 * label.count("\n") for label in labels]
    total = sum(heights)
    places = [sum(heights[:k]) + height / 2 - 0.5 for k, height in enumerate(heights)]
    figure, axes = canvas(language, labels, total, foot=0.5, pitch=min(ROW, TALLEST / total))
    for place, (middle, low, high) in zip(places, facts, strict=True):
        sure = not zero or low.value > 0 or high.value < 0
        if not math.isnan(low.value):
            ends = [low.value, high.value]
            axes.plot(ends, [place, place], color=PALETTE.main, linewidth=1.6, solid_capstyle="butt")
        face = PALETTE.main if sure else "white"
        axes.plot([middle.value], [place], "o", ms=5, mfc=face, mec=PALETTE.main, mew=1.2)
    if zero:
        axes.axvline(0, color=PALETTE.quiet, linewidth=0.8)
    axes.set_yticks(places, list(labels), fontsize=8 if total < 30 else 7)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.0) if zero else low, max(high, 0.0) if zero else high)
    marks = [mark for mark in axes.get_xticks() if low <= mark <= high]
    ticks(axes, language, marks, marked(language, marks))
    axes.set_xlabel(shown(language, axis), fontsize=8)
    return figure
