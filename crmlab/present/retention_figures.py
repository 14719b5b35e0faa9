"""Contracts as figures: who is still there, contract models, calibration, gains and lift, profit of an offer."""

from __future__ import annotations

from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_figures import WIDTH, made
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import shown
from crmlab.present.facts import Source
from crmlab.present.retention_tables import MODELS, group_word
from crmlab.present.theme import PALETTE

LOOKS = (
    (PALETTE.main, "solid"), (curves.SECOND, "dashed"), (PALETTE.ink, "dotted"),
    ("#3a7d5c", "solid"), ("#8a5aa8", "dashed"), (curves.THIRD, "dotted"),
)  # fmt: skip


def survival(source: Source, ways: Ways) -> Figure | None:
    """Kaplan-Meier curves of the largest groups with their intervals."""
    language = ways.language
    size = {group: source.value(f"customers:{group}") for group in source.subjects("customers")}
    groups = sorted((g for g in size if size[g] >= ways.threshold), key=lambda g: -size[g])[: len(LOOKS)]
    steps = {group: _steps(source, group) for group in groups}
    if not any(steps.values()):
        return None

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.7)
        last = max(t for points in steps.values() for t, _ in points)
        for group, (colour, dash) in zip(groups, LOOKS, strict=False):
            x = [0.0, *(t for t, _ in steps[group]), last]
            rows = [[1.0, *(three[j].value for _, three in steps[group])] for j in range(3)]
            middle, low, high = ([*row, row[-1]] for row in rows)
            name = shown(language, language.plain(group_word(ways, group)))
            axes.step(
                x,
                middle,
                where="post",
                color=colour,
                linestyle=curves.DASHES[dash],
                linewidth=1.5,
                label=name,
            )
            axes.fill_between(x, low, high, step="post", color=colour, alpha=0.15, linewidth=0)
        axes.set_xlim(0, last)
        axes.set_ylim(0, 1.02)
        curves.marks(axes, "x", curves.plainly(language), 8)
        curves.marks(axes, "y", curves.percents(language))
        curves.titled(axes, language, ways.plain("clv.axis.stayed"), language.word("clv.axis.still_there"))
        curves.legend(axes, language, "lower left")
        return figure

    facts = [fact for points in steps.values() for _, three in points for fact in three]
    return made(ways, "survival", draw, facts, WIDTH)


def _steps(source: Source, group: str) -> list[tuple[float, list[Fact]]]:
    """(time, survival with its limits) wherever somebody of the group left."""
    found = []
    for of in source.subjects("survival"):
        if of.startswith(f"{group}.") and _is_number(of[len(group) + 1 :]):
            sides = ("estimate", "ci_low", "ci_high")
            three = [source.fact(f"survival:{of}", side, "percent", 1) for side in sides]
            found.append((float(of[len(group) + 1 :]), three))
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def models(source: Source, ways: Ways) -> Figure | None:
    """Above, who is still there: observed and by both models; below, the share that renews by both models."""
    language = ways.language
    seen = source.subjects("survival_km")
    if not seen:
        return None
    names = [name for name in MODELS if source.subjects(f"survival_{name}")]
    facts = {"km": [source.fact(f"survival_km:{t}", style="percent", digits=1) for t in seen]}
    for name in names:
        for kind in ("survival", "retention"):
            facts[f"{kind}_{name}"] = [
                source.fact(f"{kind}_{name}:{t}", style="percent", digits=1)
                for t in source.subjects(f"{kind}_{name}")
            ]
    facts["retention_km"] = _renewals(facts["km"])

    def draw() -> Any:
        figure, panels = curves.sheet(panels=2, height=2.1, width=WIDTH)
        ahead = [float(t) for t in source.subjects(f"survival_{names[0]}")]
        x = [float(t) for t in seen]
        for axes, kind, title in zip(
            panels, ("survival", "retention"), ("still_there", "renewed"), strict=True
        ):
            own = facts["km"] if kind == "survival" else facts["retention_km"]
            label = shown(language, language.word("clv.curve.observed"))
            axes.plot(
                x,
                [fact.value for fact in own],
                color=PALETTE.ink,
                linestyle="",
                marker="o",
                markersize=2.2,
                label=label,
            )
            for name, (colour, dash) in zip(names, LOOKS, strict=False):
                values = [fact.value for fact in facts[f"{kind}_{name}"]]
                curves.line(axes, ahead, values, language.word(f"model.{name}"), colour=colour, dash=dash)
            low = min(
                fact.value
                for row in facts
                for fact in facts[row]
                if row.startswith(kind) or (row == "km" and kind == "survival")
            )
            axes.set_xlim(0, ahead[-1])
            axes.set_ylim(max(0.0, low - 0.1 * (1 - low)), 1.0 + 0.15 * (1 - low))
            if len(ahead) > len(x):
                curves.upright(axes, x[-1], language.word("clv.curve.last_seen"), language)
            curves.marks(axes, "x", curves.plainly(language), 8)
            curves.marks(axes, "y", curves.percents(language) if low < 0.95 else _tenths(language), 5)
            curves.titled(axes, language, ways.plain("clv.axis.stayed"), language.word(f"clv.axis.{title}"))
        curves.legend(panels[0], language, "lower left")
        return figure

    drawn = [fact for name, row in facts.items() if name != "retention_km" for fact in row]
    return made(ways, "stay_models_chart", draw, drawn, WIDTH)


def _renewals(curve: list[Fact]) -> list[Fact]:
    """Observed renewal of each period, S(t)/S(t-1): ratios of saved numbers."""
    values = [1.0, *(fact.value for fact in curve)]
    return [
        Fact(f"counted/{fact.address}/renewed", now / before if before > 0 else float("nan"), "percent", 1)
        for fact, before, now in zip(curve, values, values[1:], strict=False)
    ]


def _tenths(language: Any) -> Any:
    return lambda value: language.percent(value, 1)


def calibration(source: Source, ways: Ways) -> Figure:
    """Told against seen in ten groups of customers of equal size."""
    language, bins = ways.language, source.subjects("told")
    told = [source.fact(f"told:{of}", style="percent", digits=1) for of in bins]
    seen = [
        [source.fact(f"seen:{of}", side, "percent", 1) for of in bins]
        for side in ("estimate", "ci_low", "ci_high")
    ]

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.8)
        x, (y, low, high) = [fact.value for fact in told], [[fact.value for fact in row] for row in seen]
        top = min(1.0, max(*x, *high) * 1.05)
        axes.plot([0, top], [0, top], color=PALETTE.quiet, linewidth=0.8, linestyle=curves.DASHES["dashed"],
                  label=shown(language, language.word("clv.curve.right")))  # fmt: skip
        axes.vlines(x, low, high, color=PALETTE.main, linewidth=1.0)
        axes.plot(
            x,
            y,
            color=PALETTE.main,
            marker="o",
            markersize=4,
            linewidth=1.0,
            label=shown(language, language.word("clv.curve.seen")),
        )
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)
        for which in ("x", "y"):
            curves.marks(axes, which, curves.percents(language))
        curves.titled(axes, language, language.word("clv.axis.told"), language.word("clv.axis.seen"))
        curves.legend(axes, language, "upper left")
        return figure

    return made(ways, "churn_calibration", draw, [*told, *(fact for row in seen for fact in row)], WIDTH)


def gains(source: Source, ways: Ways) -> Figure:
    """Above, the share of those who left found among the likeliest; below, the lift of each tenth."""
    language, parts = ways.language, source.subjects("share")
    share, captured = (
        [source.fact(f"{q}:{of}", style="percent", digits=1) for of in parts] for q in ("share", "captured")
    )
    lift = [source.fact(f"lift:{of}", digits=2) for of in parts]

    def draw() -> Any:
        figure, (above, below) = curves.sheet(panels=2, height=2.1, width=WIDTH)
        above.plot([0, 1], [0, 1], color=PALETTE.quiet, linewidth=0.8, linestyle=curves.DASHES["dashed"],
                   label=shown(language, language.word("clv.curve.by_lot")))  # fmt: skip
        x, y = ([0.0, *(fact.value for fact in row)] for row in (share, captured))
        curves.line(above, x, y, shown(language, language.word("clv.curve.by_model")), dots=True)
        above.set_xlim(0, 1)
        above.set_ylim(0, 1.02)
        for which in ("x", "y"):
            curves.marks(above, which, curves.percents(language))
        curves.titled(
            above, language, language.word("clv.axis.likeliest"), language.word("clv.axis.captured")
        )
        curves.legend(above, language, "lower right")
        below.bar(range(len(parts)), [fact.value for fact in lift], width=0.8, color=PALETTE.main)
        below.axhline(1.0, color=PALETTE.quiet, linewidth=0.8, linestyle=curves.DASHES["dashed"])
        below.set_xticks(range(len(parts)), [language.digits(of) for of in parts], fontsize=7)
        curves.marks(below, "y", curves.plainly(language), 5)
        curves.titled(below, language, language.word("clv.axis.tenth"), language.word("clv.axis.lift"))
        return figure

    return made(ways, "churn_gains", draw, [*share, *captured, *lift], WIDTH)


def profit(source: Source, ways: Ways) -> Figure | None:
    """Profit of the offer by the share of customers reached, likeliest first and by lot."""
    language, points = ways.language, source.subjects("curve_share")
    if not points:
        return None
    share = [source.fact(f"curve_share:{of}", style="percent", digits=1) for of in points]
    kinds = {
        q: [source.fact(f"curve_{q}:{of}", digits=0) for of in points] for q in ("profit", "profit_random")
    }
    best = source.fact("share_best", style="percent", digits=1)

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.6)
        largest = max(abs(fact.value) for row in kinds.values() for fact in row)
        unit, title = ways.axis("clv.axis.profit", largest)
        x = [fact.value for fact in share]
        looks = (
            ("profit", PALETTE.main, "solid", "by_model"),
            ("profit_random", PALETTE.quiet, "dashed", "by_lot"),
        )
        for kind, colour, dash, label in looks:
            y = [fact.value / unit for fact in kinds[kind]]
            curves.line(
                axes, x, y, shown(language, language.word(f"clv.curve.{label}")), colour=colour, dash=dash
            )
        axes.axhline(0, color=PALETTE.quiet, linewidth=0.6)
        axes.set_xlim(0, 1)
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.12 * (high - low))  # room for the name of the upright line
        if best.value > 0:
            curves.upright(axes, best.value, language.word("clv.curve.best"), language)
        curves.marks(axes, "x", curves.percents(language))
        curves.marks(axes, "y", curves.plainly(language), 6)
        curves.titled(axes, language, language.word("clv.axis.reached"), title)
        curves.legend(axes, language, "lower center")
        return figure

    facts = [*share, *(fact for row in kinds.values() for fact in row), best]
    return made(ways, "churn_profit_chart", draw, facts, WIDTH)
