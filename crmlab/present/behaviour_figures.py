"""Step 07 as figures: rows of the ledger, concentration, cohorts, time between purchases, repeat buying."""

from __future__ import annotations

import math
from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_tables import cohort_name, ledger_reason
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Fact, Figure, Paragraph
from crmlab.present.canvas import canvas, rectangles, shown
from crmlab.present.facts import Source
from crmlab.present.flowchart import boxes
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE

WIDTH = 0.85  # share of the text width that a single panel takes


def made(
    ways: Ways, key: str, draw: Any, facts: Any, width: float = 1.0, notes: tuple[Paragraph, ...] = ()
) -> Figure:
    """A figure block with the caption and the alternative text of its key."""
    known = tuple(fact for fact in facts if not math.isnan(fact.value))
    alt = ways.plain(f"clv.alt.{key}")
    return Figure(key, ways.said(f"clv.figure.{key}"), alt, draw, known, width, notes)


def ledger_flow(source: Source, ways: Ways) -> Figure:
    """The way of the ledger's rows: read, refused and why, admitted."""
    language, steps = ways.language, list[tuple[Fact, str, list[tuple[str, Fact]]]]()
    for kind in ("read", "kept"):
        if kind not in source:
            continue
        sides = (
            [of for of in source.subjects("refused") if source.value(f"refused:{of}") > 0]
            if kind == "read"
            else []
        )
        told = [
            (language.plain(ledger_reason(language, of)), source.fact(f"refused:{of}", style="integer"))
            for of in sides
        ]
        steps.append((source.fact(kind, style="integer"), language.word(f"ledger.{kind}"), told))
    facts = [fact for step in steps for fact in (step[0], *(fact for _, fact in step[2]))]
    return made(ways, "ledger_chart", lambda: boxes(language, steps), facts, WIDTH)


def pareto(source: Source, ways: Ways) -> Figure:
    """Share of revenue held by the best customers."""
    language = ways.language
    tops = source.subjects("revenue_share")
    facts = [source.fact(f"revenue_share:{of}", style="percent") for of in tops]

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.7)
        x, y = [0.0, *(float(of) / 100 for of in tops)], [0.0, *(fact.value for fact in facts)]
        axes.plot(
            [0, 1],
            [0, 1],
            color=PALETTE.quiet,
            linewidth=0.8,
            linestyle=curves.DASHES["dashed"],
            label=shown(language, language.word("clv.curve.equal")),
        )
        curves.line(axes, x, y, shown(language, language.word("clv.curve.revenue")), dots=True)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        for which in ("x", "y"):
            curves.marks(axes, which, curves.percents(language))
        curves.titled(
            axes, language, language.word("clv.axis.best_customers"), language.word("clv.axis.revenue_share")
        )
        curves.legend(axes, language, "lower right")
        return figure

    return made(ways, "pareto", draw, [*facts, source.fact("gini")], WIDTH)


def cohorts(source: Source, ways: Ways) -> Figure | None:
    """Share of each cohort that bought again, period by period, as a shaded table."""
    names = [name for name in source.subjects("size") if source.value(f"size:{name}") >= ways.threshold]
    cells: dict[tuple[int, int], Fact] = {}
    few = set[tuple[int, int]]()
    for row, name in enumerate(names):
        for of in source.subjects("retention"):
            own, _, age = of.rpartition(".")
            if own != name or age == "0":
                continue
            if 0 < source.value(f"buyers:{of}") < ways.threshold:
                few.add((row, int(age)))
            else:
                cells[row, int(age)] = source.fact(f"retention:{of}", style="percent", digits=0)
    if not cells:
        return None
    labels = [cohort_name(ways.language, name) for name in names]
    return made(ways, "cohorts", lambda: _cohorts(ways.language, labels, cells, few), cells.values())


def _cohorts(
    language: Language, labels: list[str], cells: dict[tuple[int, int], Fact], few: set[tuple[int, int]]
) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    from crmlab.present.heatmap import legible

    ramp = LinearSegmentedColormap.from_list("kept", ["#f4f7f9", PALETTE.light, PALETTE.main, "#12324d"])
    longest = max(age for _, age in [*cells, *few])
    top = max(fact.value for fact in cells.values()) or 1.0
    figure, axes = canvas(language, labels, len(labels), foot=0.1, head=0.45, pitch=0.26)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    boxes = [((age - 0.5, row - 0.5, 1, 1), ramp(fact.value / top)) for (row, age), fact in cells.items()]
    rectangles(axes, boxes, "white")
    small = 7.0 if longest <= 16 else 5.5
    for (row, age), fact in cells.items():
        ink = legible(ramp(fact.value / top))
        axes.text(age, row, language.fact(fact), fontsize=small, color=ink, ha="center", va="center_baseline")
    for row, age in few:
        axes.text(age, row, "·", fontsize=small, color=PALETTE.quiet, ha="center", va="center_baseline")
    axes.set_yticks(range(len(labels)), [shown(language, label) for label in labels], fontsize=7.5)
    axes.set_xlim(0.5, longest + 0.5)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(
        range(1, longest + 1), [language.digits(str(age)) for age in range(1, longest + 1)], fontsize=7
    )
    axes.set_xlabel(shown(language, language.word("clv.axis.cohort_age")), fontsize=7.5)
    axes.tick_params(length=0)
    if language.rtl:
        axes.invert_xaxis()
    return figure


def gaps(source: Source, ways: Ways) -> Figure | None:
    """How long customers wait between two purchases."""
    language, names = ways.language, source.subjects("share")
    if not names:
        return None
    facts = [source.fact(f"share:{of}", style="percent", digits=1) for of in names]
    width = source.result.glance["width"]

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.3)
        axes.bar([(k + 0.5) * width for k in range(len(names))], [fact.value for fact in facts],
                 width=0.92 * width, color=[PALETTE.main] * (len(names) - 1) + [PALETTE.quiet])  # fmt: skip
        axes.set_xlim(0, len(names) * width)
        curves.marks(axes, "x", curves.plainly(language), 8)
        curves.marks(axes, "y", curves.percents(language))
        curves.titled(axes, language, ways.plain("clv.axis.gap"), language.word("clv.axis.gap_share"))
        return figure

    return made(ways, "gaps", draw, facts, WIDTH)


def repeat(source: Source, ways: Ways) -> Figure | None:
    """Share that has bought again within a time, after the first, second and third purchase."""
    language = ways.language
    found: dict[str, list[tuple[float, list[Fact]]]] = {}
    for of in source.subjects("again"):
        k, _, t = of.partition(".")
        three = [source.fact(f"again:{of}", side, "percent", 1) for side in ("estimate", "ci_low", "ci_high")]
        found.setdefault(k, []).append((float(t), three))
    found = {k: points for k, points in found.items() if source.value(f"reached:{k}") >= ways.threshold}
    if not found:
        return None
    looks = {"1": (PALETTE.main, "solid"), "2": (curves.SECOND, "dashed"), "3": (curves.THIRD, "dotted")}

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.6)
        for k, points in found.items():
            x = [0.0, *(point[0] for point in points)]
            colour, dash = looks[k]
            curves.line(
                axes,
                x,
                [0.0, *(three[0].value for _, three in points)],
                shown(language, language.word(f"clv.curve.again.{k}")),
                colour=colour,
                dash=dash,
            )
            low, high = ([0.0, *(three[j].value for _, three in points)] for j in (1, 2))
            curves.band(axes, x, low, high, colour)
        axes.set_xlim(0, None)
        axes.set_ylim(0, min(1.0, axes.get_ylim()[1]))
        curves.marks(axes, "x", curves.plainly(language), 8)
        curves.marks(axes, "y", curves.percents(language))
        curves.titled(axes, language, ways.plain("clv.axis.waited"), language.word("clv.axis.again"))
        curves.legend(axes, language, "lower right")
        return figure

    facts = [fact for points in found.values() for _, three in points for fact in three]
    return made(ways, "repeat", draw, facts, WIDTH)
