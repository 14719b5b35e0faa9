"""The life cycle as figures: flows between stages, where customers are by age, conversion and retention."""

from __future__ import annotations

from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_figures import WIDTH
from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import shown
from crmlab.present.facts import Source
from crmlab.present.lifecycle_tables import STAGES
from crmlab.present.segment_figures import made
from crmlab.present.segment_words import Look
from crmlab.present.theme import PALETTE, TEXT_WIDTH

COLOURS = {
    "new": "#66717d", "acquire": "#5f9cc9", "enhance": "#1b4f7a", "retain": "#3a7d5c", "lost": "#d98a4e"
}  # fmt: skip
BLOCK = 0.09  # width of a stage's bar, in distances between two period ends
GAP = 0.025  # room between stages, as a share of the height


def flows(source: Source, look: Look) -> Figure | None:
    """A Sankey diagram of the last periods: bars are stages, bands the customers who move from one to the next."""
    few = look.ways.threshold
    links = {
        of: source.fact(f"flow:{of}", style="integer")
        for of in source.subjects("flow")
        if source.value(f"flow:{of}") >= few
    }
    days = source.subjects("day")
    if not links or len(days) < 2:
        return None
    return made(look, "flows", lambda: _sankey(source, look, days, links), links.values())


def _sankey(source: Source, look: Look, days: list[str], links: dict[str, Fact]) -> Any:
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(TEXT_WIDTH, 3.4), layout="constrained")
    axes = figure.subplots()
    sizes = _sizes(days, links)
    total = max(sum(size.values()) for size in sizes)
    left = {}
    for column, size in enumerate(sizes):
        tops, at = {}, 0.0
        for name in (*STAGES[::-1], "new"):
            if size.get(name):
                height = size[name] / total
                tops[name] = at
                axes.fill_between(
                    [column - BLOCK / 2, column + BLOCK / 2],
                    at,
                    at + height,
                    color=COLOURS[name],
                    linewidth=0,
                    zorder=3,
                )
                at += height + GAP
        left[column] = tops
    _bands(axes, days, links, left, total)
    _labels(axes, look, source, days, sizes, left, total)
    # Time runs from left to right in every chart, in Persian too, as on the axes of control charts and curves; what is
    # read like a table or a text (cohorts, the canvas, diagrams of a model, bars that start at their labels) follows the
    # reading direction.
    return figure


def _sizes(days: list[str], links: dict[str, Fact]) -> list[dict[str, float]]:
    """Customers by stage at each period's end, as far as their moves are shown."""
    sizes: list[dict[str, float]] = [{} for _ in days]
    for of, fact in links.items():
        k, _, pair = of.partition(".")
        start, stop = pair.split("-")
        place = days.index(k)
        sizes[place][start] = sizes[place].get(start, 0.0) + fact.value
        sizes[place + 1][f"in.{stop}"] = sizes[place + 1].get(f"in.{stop}", 0.0) + fact.value
    whole = []
    for size in sizes:
        names = {name.removeprefix("in.") for name in size}
        whole.append({name: max(size.get(name, 0.0), size.get(f"in.{name}", 0.0)) for name in sorted(names)})
    return whole


def _bands(
    axes: Any, days: list[str], links: dict[str, Fact], left: dict[int, dict[str, float]], total: float
) -> None:
    import numpy as np

    t = np.linspace(0, 1, 40)
    ease = t * t * (3 - 2 * t)
    order = {name: k for k, name in enumerate((*STAGES[::-1], "new"))}
    gone: dict[tuple[int, str], float] = {}
    come: dict[tuple[int, str], float] = {}
    parts: list[tuple[int, str, str, float]] = []
    for of, fact in links.items():
        k, _, pair = of.partition(".")
        start, stop = pair.split("-")
        parts.append((days.index(k), start, stop, fact.value))
    for column, start, stop, value in sorted(parts, key=lambda one: (one[0], order[one[1]], order[one[2]])):
        height = value / total
        a = left[column][start] + gone.get((column, start), 0.0)
        b = left[column + 1][stop] + come.get((column + 1, stop), 0.0)
        gone[column, start] = gone.get((column, start), 0.0) + height
        come[column + 1, stop] = come.get((column + 1, stop), 0.0) + height
        x = column + BLOCK / 2 + t * (1 - BLOCK)
        low = a + (b - a) * ease
        axes.fill_between(x, low, low + height, color=COLOURS[start], alpha=0.35, linewidth=0, zorder=2)


def _labels(
    axes: Any,
    look: Look,
    source: Source,
    days: list[str],
    sizes: list[dict[str, float]],
    left: dict[int, dict[str, float]],
    total: float,
) -> None:
    language = look.language
    first = {name: column for column in reversed(range(len(days))) for name in sizes[column]}
    for name, column in first.items():
        middle = left[column][name] + sizes[column][name] / total / 2
        word = shown(language, look.stage(name))
        axes.text(column + BLOCK, middle, word, fontsize=7, va="center", zorder=4, ha="left")
    dates = [language.plain((look.ways.day(source.value(f"day:{k}")),)) for k in days]
    axes.set_xticks(range(len(days)), [shown(language, text) for text in dates], fontsize=7)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    room = 0.12 * (len(days) - 1)
    axes.set_xlim(-room, len(days) - 1 + room)


def occupation(source: Source, look: Look) -> Figure | None:
    """Share of customers in each stage by periods since the first purchase, one band a stage."""
    ages = [of for of in source.subjects("at_risk") if source.value(f"at_risk:{of}") >= look.ways.threshold]
    if len(ages) < 2:
        return None
    points = [*ages, str(int(ages[-1]) + 1)]
    facts = {
        name: [source.fact(f"share:{name}.{age}", style="percent", digits=1) for age in points]
        for name in STAGES
    }
    language = look.language

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.8)
        x = [float(age) for age in points]
        rows = [[fact.value for fact in facts[name]] for name in STAGES]
        names = [shown(language, look.stage(name)) for name in STAGES]
        axes.stackplot(
            x, *rows, labels=names, colors=[COLOURS[name] for name in STAGES], alpha=0.85, linewidth=0
        )
        axes.set_xlim(0, x[-1])
        axes.set_ylim(0, 1)
        curves.marks(axes, "x", curves.plainly(language), 8)
        curves.marks(axes, "y", curves.percents(language))
        curves.titled(axes, language, language.word("seg.axis.age"), language.word("seg.axis.share"))
        legend = axes.legend(frameon=True, fontsize=7, loc="upper right", markerfirst=not language.rtl)
        legend.get_frame().set_linewidth(0)
        return figure

    return made(look, "occupation", draw, [fact for row in facts.values() for fact in row], WIDTH)


def movement(source: Source, look: Look) -> Figure | None:
    """Retention of customers and, where prospects are known, their conversion, period by period with intervals."""
    language, few = look.language, look.ways.threshold
    kinds = [kind for kind in ("retention", "conversion") if source.subjects(kind)]
    periods = {
        kind: [k for k in source.subjects(kind) if k != "all" and source.value(f"{kind}_of:{k}") >= few]
        for kind in kinds
    }
    kinds = [kind for kind in kinds if len(periods[kind]) > 1]
    if not kinds:
        return None
    sides = ("estimate", "ci_low", "ci_high")
    facts = {
        kind: [[source.fact(f"{kind}:{k}", side, "percent", 1) for k in periods[kind]] for side in sides]
        for kind in kinds
    }

    def draw() -> Any:
        figure, panels = curves.sheet(panels=len(kinds), height=1.9, width=WIDTH)
        every = source.subjects("day")
        for axes, kind in zip(panels, kinds, strict=True):
            x = [float(k) for k in periods[kind]]
            middle, low, high = ([fact.value for fact in row] for row in facts[kind])
            curves.band(axes, x, low, high, PALETTE.main)
            curves.line(axes, x, middle, "", dots=True)
            axes.set_xlim(1, len(every))
            axes.set_ylim(max(0.0, min(low) - 0.05), min(1.0, max(high) + 0.05))
            step = max(1, len(every) // 6)
            chosen = every[::-1][::step][::-1]
            dates = [
                shown(language, language.plain((look.ways.day(source.value(f"day:{k}")),))) for k in chosen
            ]
            axes.set_xticks([float(k) for k in chosen], dates, fontsize=6.5)
            curves.marks(axes, "y", curves.percents(language), 5)
            curves.titled(axes, language, "", language.word(f"seg.axis.{kind}"))
        return figure

    return made(
        look, "movement_chart", draw, [fact for rows in facts.values() for row in rows for fact in row], WIDTH
    )
