"""Answers joined with purchases as figures: associations, parts of the worth, the curve of value, fifths against fifths."""

from __future__ import annotations

import math
from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_figures import WIDTH
from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import dots, lines, rectangles, shown
from crmlab.present.facts import Source
from crmlab.present.heatmap import legible
from crmlab.present.linkage_words import OUTCOMES, Link, amount, has
from crmlab.present.theme import PALETTE

TOLD = ("naive", "sem", "weighted")  # ways to estimate that the figure has room for
FIFTHS = 5
SIDES = ("estimate", "ci_low", "ci_high")


def forest(source: Source, link: Link) -> Figure | None:
    """Each behaviour by each way to estimate, with intervals."""
    rows = [(name, way) for name in OUTCOMES for way in TOLD if has(source, f"{way}:{name}")]
    if len(rows) < 2:
        return None
    language = link.language
    facts = [tuple(source.fact(f"{way}:{name}", side) for side in SIDES) for name, way in rows]
    texts = [
        f"{link.plain(f'outcome.{name}')}: {link.plain(f'way.{way}').lstrip('… ')}" for name, way in rows
    ]
    labels = [lines(language, text, 44) for text in texts]

    def draw() -> Any:
        return dots(language, labels, facts, link.plain("axis.standardised"), True)  # type: ignore[arg-type]

    return link.figure("link_forest", draw, [fact for three in facts for fact in three])


def parts(source: Source, link: Link) -> Figure | None:
    """What the worth of one standard deviation is made of, beside the whole and the sum score's."""
    terms = {
        "purchases": "part:purchases", "staying": "part:staying", "spend": "part:spend", "whole": "worth:sd", "naive": "naive:sd",
    }  # fmt: skip
    known = {
        key: term
        for key, term in terms.items()
        if source.value(term, "ci_low") == source.value(term, "ci_low")
    }
    if len(known) < 3:
        return None
    language = link.language
    facts = [tuple(amount(source, term, side) for side in SIDES) for term in known.values()]
    divisor, axis = _axis(link, source, "axis.worth", facts)
    labels = [lines(language, link.plain(f"parts.{key}"), 30) for key in known]

    def draw() -> Any:
        small = [
            tuple(Fact(f.address, f.value / divisor, f.style, f.digits) for f in three) for three in facts
        ]
        return dots(language, labels, small, axis, True)  # type: ignore[arg-type]

    return link.figure("link_parts", draw, [fact for three in facts for fact in three])


def _axis(link: Link, source: Source, key: str, facts: Any) -> tuple[float, str]:
    """A divisor that keeps marks short, and the title of the axis."""
    known = [abs(fact.value) for three in facts for fact in three if not math.isnan(fact.value)]
    unit = link.unit(source)
    if source.result.glance.get("money", 1.0) != 1:
        return 1.0, link.plain(key, unit=unit)
    divisor, _ = link.ways.axis("clv.axis.clv_mean", max(known, default=0.0))
    if divisor > 1:
        scale = link.language.word(f"scale.{len(str(int(divisor))) - 1}")
        money = link.language.plain(unit)
        return divisor, link.plain(key, unit=(link.language.word("scaled", scale=scale, money=money),))
    return 1.0, link.plain(key, unit=unit)


def curve(source: Source, link: Link) -> Figure | None:
    """Expected value of a customer over the construct, with its interval."""
    places = sorted((z for z in source.subjects("value") if has(source, f"value:{z}")), key=float)
    if len(places) < 3:
        return None
    language = link.language
    facts = [tuple(amount(source, f"value:{z}", side) for side in SIDES) for z in places]
    divisor, axis = _axis(link, source, "axis.value", facts)

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.5)
        x = [float(z) for z in places]
        y, low, high = ([three[k].value / divisor for three in facts] for k in range(3))
        curves.line(axes, x, y, "", dots=True)
        curves.band(axes, x, low, high, PALETTE.main)
        axes.axvline(0, color=PALETTE.quiet, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.set_ylim(min(0.0, axes.get_ylim()[0]), axes.get_ylim()[1])
        curves.marks(axes, "x", curves.plainly(language), 9)
        curves.marks(axes, "y", curves.plainly(language), 5)
        curves.titled(axes, language, link.plain("axis.sd"), axis)
        return figure

    notes = (link.note("curve", level=source.level),)
    told = [fact for three in facts for fact in three]
    return link.figure("link_curve", draw, told, width=WIDTH, notes=notes)


def cells(source: Source, link: Link) -> Figure | None:
    """Fifths of CLV_P against fifths of CLV_B, shaded by the share of the customers; nothing where it is withheld."""
    places = [(i, j) for i in range(1, FIFTHS + 1) for j in range(1, FIFTHS + 1)]
    facts = {at: source.fact(f"cell:{at[0]}.{at[1]}", style="integer") for at in places}
    if any(math.isnan(fact.value) for fact in facts.values()):
        return None
    return link.figure("link_cells", lambda: _cells(link, facts), list(facts.values()), width=0.6)


def _cells(link: Link, facts: dict[tuple[int, int], Fact]) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    language = link.language
    ramp = LinearSegmentedColormap.from_list("fifths", ["#f4f7f9", PALETTE.light, PALETTE.main])
    top = max(fact.value for fact in facts.values()) or 1.0
    figure, (axes,) = curves.sheet(width=0.6, height=3.2)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    rectangles(
        axes, [((i - 0.5, j - 0.5, 1, 1), ramp(fact.value / top)) for (i, j), fact in facts.items()], "white"
    )
    for (i, j), fact in facts.items():
        ink = legible(ramp(fact.value / top))
        axes.text(
            i, j, language.fact(fact), fontsize=7.5, color=ink, ha="center", va="center_baseline", zorder=4
        )
    axes.set_xlim(0.5, FIFTHS + 0.5)
    axes.set_ylim(0.5, FIFTHS + 0.5)
    marks = list(range(1, FIFTHS + 1))
    for setter in (axes.set_xticks, axes.set_yticks):
        setter(marks, [shown(language, language.integer(k)) for k in marks], fontsize=7)
    axes.tick_params(length=0)
    curves.titled(axes, language, link.plain("axis.told"), link.plain("axis.bought"))
    return figure
