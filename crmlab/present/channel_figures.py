"""Gaps between channels, with the band in which they count as alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Fact, Figure, Label
from crmlab.present.canvas import shown
from crmlab.present.channel_tables import measure, pair
from crmlab.present.facts import Source
from crmlab.present.language import LRM
from crmlab.present.sentences import listed
from crmlab.present.theme import PALETTE, TEXT_WIDTH

MANY = 26  # lines of one chart
LINE = 0.21  # inches


def gaps(found: Sequence[Source], ways: Ways) -> list[Figure]:
    """Every gap in standard deviations with its interval; beyond the band it is no longer the same service.

    One chart where there is room for all measures, else as many as are needed; a measure with too many pairs has none.
    """
    sheets: list[list[Source]] = []
    for source in found:
        size = len(source.subjects("gap"))
        if not size or size > MANY:
            continue
        if sheets and sum(len(one.subjects("gap")) for one in sheets[-1]) + size <= MANY:
            sheets[-1].append(source)
        else:
            sheets.append([source])
    return [_figure(sheet, place, ways) for place, sheet in enumerate(sheets, 1)]


def _figure(found: Sequence[Source], place: int, ways: Ways) -> Figure:
    lines = {source.address: _lines(source) for source in found}
    facts = [fact for rows in lines.values() for _, three in rows for fact in three]

    def draw() -> Any:
        from matplotlib.figure import Figure as Canvas

        sizes = [max(len(lines[source.address]), 2) for source in found]
        height = LINE * sum(sizes) + 0.42 * len(found) + 0.35
        figure = Canvas(figsize=(TEXT_WIDTH, height), layout="constrained")
        panels = figure.subplots(len(found), 1, squeeze=False, sharex=True, height_ratios=sizes)
        for source, (axes,) in zip(found, panels, strict=True):
            _panel(axes, source, lines[source.address], ways)
        last = panels[-1][0]
        curves.marks(last, "x", curves.plainly(ways.language), 7)
        last.set_xlabel(shown(ways.language, ways.language.word("chan.axis.gap")), fontsize=7.5)
        return figure

    key = "channel_gap_chart" + (f"_{place}" if place > 1 else "")
    names = listed(ways.language, [(Label(measure(source, ways, "said")),) for source in found])
    caption = ways.said("chan.figure.gaps", list=names)
    return Figure(key, caption, ways.plain("chan.alt.gaps"), draw, tuple(facts))


def _lines(source: Source) -> list[tuple[str, list[Fact]]]:
    """Each comparison with its gap and limits in standard deviations."""
    sd = source.result.glance["sd"]
    found = []
    for name in source.subjects("gap"):
        three = [Fact(f"counted/{source.address}/{name}/{side}", source.value(f"gap:{name}", side) / sd)
                 for side in ("estimate", "ci_low", "ci_high")]  # fmt: skip
        found.append((name, three))
    return found


def _panel(axes: Any, source: Source, rows: list[tuple[str, list[Fact]]], ways: Ways) -> None:
    language, margin = ways.language, source.result.glance["margin_sd"]
    axes.axvspan(-margin, margin, color=PALETTE.light, alpha=0.35, linewidth=0)
    axes.axvline(0, color=PALETTE.quiet, linewidth=0.8)
    for place, (name, (middle, low, high)) in enumerate(rows):
        stand = source.value(f"stands:{name}")
        colour = PALETTE.bad if stand == 2 else PALETTE.main
        axes.plot([low.value, high.value], [place, place], color=colour, linewidth=1.6, solid_capstyle="butt")
        face = "white" if stand == 0 else colour
        axes.plot([middle.value], [place], "o", ms=4.5, mfc=face, mec=colour, mew=1.2)
    names = [_inward(language.plain(pair(ways, name)), ways) for name, _ in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(labelsize=7)
    axes.set_title(shown(language, measure(source, ways)), fontsize=8, fontweight="bold")


def _inward(text: str, ways: Ways) -> str:
    """A label of mixed words in the reader's direction, whatever its first letter is."""
    return shown(ways.language, text) if ways.language.rtl else f"{LRM}{text}"
