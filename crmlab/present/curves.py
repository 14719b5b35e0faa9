"""Sheets for curves and columns: axes with the reader's digits. Time and quantities run from left to right in both languages."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from crmlab.present.canvas import shown
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE, TEXT_WIDTH

SECOND = "#c8691c"  # apart from the main blue in colour and in lightness
THIRD = "#66717d"
DASHES: dict[str, Any] = {"solid": "-", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.6))}


def sheet(*, panels: int = 1, height: float = 2.5, width: float = 1.0) -> tuple[Any, list[Any]]:
    """A figure with one axes a panel, one above the other; `width` is its share of the text's."""
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(TEXT_WIDTH * width, height * panels), layout="constrained")
    axes = [row[0] for row in figure.subplots(panels, 1, squeeze=False)]
    for each in axes:
        each.grid(axis="y", color=PALETTE.faint, linewidth=0.8)
        each.set_axisbelow(True)
        each.tick_params(labelsize=7)
    return figure, axes


def titled(axes: Any, language: Language, x: str, y: str, top: str = "") -> None:
    """The titles of both axes, and of the panel."""
    axes.set_xlabel(shown(language, x), fontsize=7.5)
    axes.set_ylabel(shown(language, y), fontsize=7.5)
    if top:
        axes.set_title(shown(language, top), fontsize=8.5, fontweight="bold")


def marks(axes: Any, which: str, write: Callable[[float], str], most: int = 6) -> None:
    """Round marks of one axis ("x" or "y") in the reader's digits."""
    from matplotlib.ticker import MaxNLocator

    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    ticks = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    places = [value for value in ticks if low - 1e-9 <= value <= high + 1e-9]
    setter = axes.set_xticks if which == "x" else axes.set_yticks
    setter(places, [write(value) for value in places], fontsize=7)
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)


def plainly(language: Language) -> Callable[[float], str]:
    """Marks as numbers with no more decimals than they need."""

    def write(value: float) -> str:
        text = f"{value:.6g}"
        return language.number(value, len(text.partition(".")[2]) if "e" not in text else 0)

    return write


def percents(language: Language) -> Callable[[float], str]:
    """Marks of shares as whole percents."""
    return lambda value: language.percent(value, 0)


def line(axes: Any, x: Sequence[float], y: Sequence[float], label: str, *, colour: str = PALETTE.main, dash: str = "solid", width: float = 1.5, dots: bool = False) -> None:  # fmt: skip
    """One curve; missing values break it."""
    axes.plot(
        list(x), list(y), color=colour, linestyle=DASHES[dash], linewidth=width, label=label,
        marker="o" if dots else "", markersize=3.5,
    )  # fmt: skip


def band(axes: Any, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str) -> None:
    """The interval around a curve."""
    axes.fill_between(list(x), list(low), list(high), color=colour, alpha=0.15, linewidth=0)


def columns(axes: Any, language: Language, names: Sequence[str], rows: Sequence[Sequence[float]], labels: Sequence[str], colours: Sequence[str]) -> None:  # fmt: skip
    """Columns side by side, one group a name."""
    wide = 0.8 / len(rows)
    for k, (values, label, colour) in enumerate(zip(rows, labels, colours, strict=True)):
        places = [j + (k - (len(rows) - 1) / 2) * wide for j in range(len(names))]
        heights = [0.0 if math.isnan(value) else value for value in values]
        axes.bar(places, heights, width=wide * 0.94, color=colour, label=label)
    step = max(1, math.ceil(len(names) / 14))
    chosen = list(range(0, len(names), step))
    axes.set_xticks(chosen, [shown(language, names[j]) for j in chosen], fontsize=7)


def legend(axes: Any, language: Language, where: str = "best") -> None:
    """The key of the curves, read from the reader's side."""
    axes.legend(frameon=False, fontsize=7, loc=where, markerfirst=not language.rtl, handlelength=2.2)


def upright(axes: Any, at: float, text: str, language: Language) -> None:
    """A thin line at a moment, with its name."""
    axes.axvline(at, color=PALETTE.quiet, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.text(at, 1.0, shown(language, f" {text} "), fontsize=6.5, color=PALETTE.quiet, ha="left", va="top",
              transform=axes.get_xaxis_transform())  # fmt: skip
