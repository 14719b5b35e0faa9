"""Control charts as small multiples: each series with its limits, and the periods that alarmed."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_words import EPOCH, Ways
from crmlab.present.blocks import Figure
from crmlab.present.canvas import shown
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.monitor_tables import SHARE
from crmlab.present.theme import PALETTE, TEXT_WIDTH

ACROSS = 2  # panels side by side
TALL = 1.5  # inches of a panel
PATHS = ("ewma", "cusum")


def board(source: Source, ways: Ways) -> Figure | None:
    """Every series over time; grey is the baseline, the band the limits of single values, marks are alarms."""
    names = source.subjects("centre")
    if not names:
        return None
    values = [source.fact(f"value:{of}") for of in source.subjects("value")]

    def draw() -> Any:
        from matplotlib.figure import Figure as Canvas

        rows = math.ceil(len(names) / ACROSS)
        figure = Canvas(figsize=(TEXT_WIDTH, TALL * rows + 0.35), layout="constrained")
        panels = figure.subplots(rows, ACROSS, squeeze=False).ravel()
        order = [k ^ 1 for k in range(len(panels))] if ways.language.rtl else range(len(panels))
        for place, k in enumerate(order):
            axes = panels[k]
            if place >= len(names):
                axes.set_axis_off()
                continue
            _panel(axes, source, names[place], ways)
        handles, labels = _key(ways.language)
        figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=7)
        return figure

    alt = ways.plain("mon.alt.board")
    return Figure("monitor_board", ways.said("mon.figure.board"), alt, draw, tuple(values))


def _panel(axes: Any, source: Source, name: str, ways: Ways) -> None:
    language = ways.language
    periods = [of for of in source.subjects("value") if of.startswith(f"{name}.")]
    x = [source.value(f"start:{of}") for of in periods]
    value, low, high = (
        [source.value(f"value:{of}", side) for of in periods] for side in ("estimate", "ci_low", "ci_high")
    )
    base = int(source.value(f"baseline:{name}"))
    axes.axvspan(x[0], x[base - 1], color=PALETTE.faint, linewidth=0)
    axes.fill_between(x[base:], low[base:], high[base:], color=PALETTE.light, alpha=0.35, linewidth=0)
    axes.axhline(
        source.value(f"centre:{name}"), color=PALETTE.quiet, linewidth=0.8, linestyle=curves.DASHES["dashed"]
    )
    axes.plot(x, value, color=PALETTE.main, linewidth=0.8, marker="o", markersize=1.4)
    outside = [k for k in range(base, len(x)) if not low[k] <= value[k] <= high[k]]
    axes.plot([x[k] for k in outside], [value[k] for k in outside], **_mark("shewhart"))
    bottom, top = axes.get_ylim()
    floor = bottom - 0.14 * (top - bottom)
    for step, chart in enumerate(PATHS):
        on = [k for k in range(base, len(x)) if abs(source.value(f"{chart}:{periods[k]}")) > 1]
        level = floor + 0.07 * step * (top - bottom)
        axes.plot([x[k] for k in on], [level] * len(on), **_mark(chart))
    axes.set_ylim(floor - 0.05 * (top - bottom), top)
    _days(axes, x, language)
    curves.marks(axes, "y", curves.percents(language) if name in SHARE else curves.plainly(language), 4)
    axes.grid(axis="y", color=PALETTE.faint, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=6.5)
    axes.set_title(shown(language, ways.plain(f"series.{name}")), fontsize=8, fontweight="bold")


def _mark(chart: str) -> dict[str, Any]:
    looks = {
        "shewhart": ("D", PALETTE.bad, 3.6),
        "ewma": ("s", curves.SECOND, 2.4),
        "cusum": ("s", PALETTE.ink, 2.4),
    }
    marker, colour, size = looks[chart]
    return {"linestyle": "", "marker": marker, "color": colour, "markersize": size}


def _key(language: Language) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(color=PALETTE.faint), Patch(color=PALETTE.light, alpha=0.35)]
    labels = [language.word("mon.key.baseline"), language.word("mon.key.limits")]
    for chart in ("shewhart", *PATHS):
        handles.append(Line2D([], [], **_mark(chart)))
        labels.append(language.word("mon.key.alarm", chart=language.word(f"chart.{chart}")))
    return handles, [shown(language, label) for label in labels]


def _days(axes: Any, x: list[float], language: Language) -> None:
    """Four days along the axis as months of the reader's calendar."""
    room = 0.015 * max(x[-1] - x[0], 1.0)
    axes.set_xlim(x[0] - room, x[-1] + room)
    places = [x[round(k * (len(x) - 1) / 3)] for k in range(4)]
    axes.set_xticks(places, [_month(day, language) for day in places], fontsize=6.5)
    for label, side in zip(axes.get_xticklabels(), ("left", "center", "center", "right"), strict=True):
        label.set_ha(side)


def _month(day: float, language: Language) -> str:
    moment = EPOCH + timedelta(int(day))
    if not language.rtl:
        return f"{moment.year}-{moment.month:02d}"
    from crmlab.jalali import from_gregorian

    year, month, _ = from_gregorian(moment)
    return language.digits(f"{year}/{month:02d}")
