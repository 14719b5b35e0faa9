"""The forest of groups: every path and indirect effect in every group, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import ROW, TALLEST, canvas, cut, marked, shown, ticks
from crmlab.present.facts import Source, fill
from crmlab.present.group_sentences import source_key
from crmlab.present.group_tables import grouping, groups, question
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE

MANY = 44  # lines beyond which the forest cannot be read
LONGEST = 38  # letters of a group's name; the table beside the chart has it whole


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the forest: the name of an effect, or a group with its estimate and limits."""

    label: str
    facts: tuple[Fact, Fact, Fact] | None = None


def forest(source: Source, language: Language) -> Figure | None:
    """06 paths_<item>, pls_paths_<item>: None where there is nothing to draw, or too much to be read."""
    rows: list[Line] = []
    for kind in ("path", "indirect"):
        for effect in dict.fromkeys(subject.partition("@")[0] for subject in source.subjects(kind)):
            chain = language.word("arrow").join(language.name(part) for part in reversed(effect.split("~")))
            rows.append(Line(shown(language, f"{chain} ({language.word(f'effect.{kind}.short')})")))
            for name in groups(source):
                term = f"{kind}:{effect}@{name}"
                low, high = (source.fact(term, side, digits=3) for side in ("ci_low", "ci_high"))
                label = shown(language, cut(language.name(name), LONGEST))
                rows.append(Line(label, (source.fact(term, digits=3), low, high)))
    if not rows or len(rows) > MANY:
        return None
    item = grouping(source)
    flat = tuple(fact for row in rows for fact in row.facts or ())
    before = source_key(source)
    caption = fill(language.word(f"figure.{before}group_forest"), name=question(language, item))
    alt, axis = language.word("alt.group_forest"), language.word(f"axis.{before}group_effect")
    return Figure(f"{before}group_forest_{item}", caption, alt, lambda: _draw(language, rows, axis), flat)


def _draw(language: Language, rows: list[Line], axis: str) -> Any:
    labels = [row.label for row in rows if row.facts]
    figure, axes = canvas(language, labels, len(rows), foot=0.5, pitch=min(ROW, TALLEST / len(rows)))
    box = axes.get_position()
    edge = (0.99 - box.x0) / box.width if language.rtl else (0.01 - box.x0) / box.width
    across = axes.get_yaxis_transform()
    for place, row in enumerate(rows):
        if row.facts is None:
            side = "right" if language.rtl else "left"
            axes.text(edge, place, row.label, fontsize=7.5, fontweight="bold", ha=side, va="center",
                      transform=across, zorder=4, bbox={"fc": "white", "ec": "none", "pad": 1.0})  # fmt: skip
            continue
        middle, low, high = (fact.value for fact in row.facts)
        sure = low > 0 or high < 0
        axes.plot([low, high], [place, place], color=PALETTE.main, linewidth=1.6, solid_capstyle="butt")
        face = PALETTE.main if sure else "white"
        axes.plot([middle], [place], "o", ms=5, mfc=face, mec=PALETTE.main, mew=1.2)
    axes.axvline(0, color=PALETTE.quiet, linewidth=0.8)
    places = [place for place, row in enumerate(rows) if row.facts]
    axes.set_yticks(places, labels, fontsize=7.5)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.0), max(high, 0.0))
    marks = [mark for mark in axes.get_xticks() if low <= mark <= high]
    ticks(axes, language, marks, marked(language, marks))
    axes.set_xlabel(shown(language, axis), fontsize=8)
    return figure
