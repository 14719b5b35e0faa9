"""Step 07 as figures: how well the model predicts, who is still active, and what groups of customers are worth."""

from __future__ import annotations

from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_figures import WIDTH, made
from crmlab.present.behaviour_words import Ways, money
from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import dots, lines, shown
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.privacy import withheld
from crmlab.present.theme import PALETTE
from crmlab.present.value_tables import group_name


def tracking(source: Source, ways: Ways) -> Figure | None:
    """Repeat purchases by period and cumulated: what happened and what the model expected."""
    language, times = ways.language, source.subjects("actual")
    if not times:
        return None
    kinds = ("actual", "expected", "actual_cumulative", "expected_cumulative")
    facts = {kind: [source.fact(f"{kind}:{t}", digits=1) for t in times] for kind in kinds}
    split = source.result.glance["split"]

    def draw() -> Any:
        figure, panels = curves.sheet(panels=2, height=2.0)
        x = [float(t) for t in times]
        for axes, end, title in zip(panels, ("", "_cumulative"), ("weekly", "cumulative"), strict=True):
            for kind, colour, dash in (
                ("actual", PALETTE.ink, "solid"),
                ("expected", curves.SECOND, "dashed"),
            ):
                values = [fact.value for fact in facts[kind + end]]
                curves.line(
                    axes,
                    x,
                    values,
                    shown(language, language.word(f"clv.curve.{kind}")),
                    colour=colour,
                    dash=dash,
                    width=1.3,
                )
            axes.set_xlim(0, x[-1])
            axes.set_ylim(0, axes.get_ylim()[1])
            curves.marks(axes, "x", curves.plainly(language), 8)
            curves.marks(axes, "y", curves.plainly(language), 5)
            curves.upright(axes, split, language.word("clv.curve.split"), language)
            curves.titled(
                axes, language, ways.plain("clv.axis.since_start"), language.word(f"clv.axis.{title}")
            )
        curves.legend(panels[1], language, "lower right")
        return figure

    return made(ways, "tracking", draw, [fact for row in facts.values() for fact in row])


def frequencies(source: Source, ways: Ways) -> Figure:
    """How many customers bought how often in the calibration period."""
    return _pairs(source, ways, "frequencies", "clv.axis.repeat_purchases", "clv.axis.customers")


def conditional(source: Source, ways: Ways) -> Figure | None:
    """Mean purchases in the holdout by purchases in the calibration period; small groups are left out."""
    names = [of for of in source.subjects("actual") if source.value(f"customers:{of}") >= ways.threshold]
    language = ways.language
    if len(names) < 2:
        return None
    facts = {kind: [source.fact(f"{kind}:{of}") for of in names] for kind in ("actual", "expected")}

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.4)
        for kind, colour, dash in (("actual", PALETTE.ink, "solid"), ("expected", curves.SECOND, "dashed")):
            curves.line(
                axes,
                range(len(names)),
                [fact.value for fact in facts[kind]],
                shown(language, language.word(f"clv.curve.{kind}")),
                colour=colour,
                dash=dash,
                dots=True,
            )
        labels = [shown(language, class_name(language, of)) for of in names]
        axes.set_xticks(range(len(names)), labels, fontsize=7)
        axes.set_ylim(0, axes.get_ylim()[1])
        curves.marks(axes, "y", curves.plainly(language), 5)
        curves.titled(
            axes,
            language,
            language.word("clv.axis.repeat_calibration"),
            language.word("clv.axis.mean_holdout"),
        )
        curves.legend(axes, language, "upper left")
        return figure

    return made(ways, "conditional", draw, [fact for row in facts.values() for fact in row], WIDTH)


def class_name(language: Language, name: str) -> str:
    """A class of numbers of purchases, "10-19" or "70+", in the reader's digits."""
    if name.endswith("+"):
        return language.word("class.open", low=language.digits(name[:-1]))
    low, _, high = name.partition("-")
    return (
        language.word("class", low=language.digits(low), high=language.digits(high))
        if high
        else language.digits(low)
    )


def _pairs(source: Source, ways: Ways, key: str, x: str, y: str) -> Figure:
    language = ways.language
    names = source.subjects("actual")
    hidden = withheld({of: source.value(f"actual:{of}") for of in names}, ways.threshold)
    shown_names = [of for of in names if of not in hidden]
    facts = {
        kind: [source.fact(f"{kind}:{of}", style="integer") for of in shown_names]
        for kind in ("actual", "expected")
    }

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.3)
        labels = [shown(language, language.word(f"clv.curve.{kind}")) for kind in facts]
        rows = [[fact.value for fact in row] for row in facts.values()]
        curves.columns(
            axes,
            language,
            [class_name(language, of) for of in shown_names],
            rows,
            labels,
            [PALETTE.main, curves.SECOND],
        )
        curves.marks(axes, "y", curves.plainly(language), 5)
        curves.titled(axes, language, language.word(x), language.word(y))
        curves.legend(axes, language)
        return figure

    return made(ways, key, draw, [fact for row in facts.values() for fact in row], WIDTH)


def alive(source: Source, ways: Ways) -> Figure:
    """The probability of being active, in ten classes of customers; small classes are withheld."""
    language, names = ways.language, source.subjects("count")
    hidden = withheld({of: source.value(f"count:{of}") for of in names}, ways.threshold)
    facts = {of: source.fact(f"share:{of}", style="percent", digits=1) for of in names if of not in hidden}

    def draw() -> Any:
        figure, (axes,) = curves.sheet(width=WIDTH, height=2.3)
        for place, of in enumerate(names):
            fact = facts.get(of)
            height = fact.value if fact else 0.0
            axes.bar(place + 0.5, height, width=0.92, color=PALETTE.main)
            text = language.percent(height, 0) if fact else language.word("hidden")
            axes.text(place + 0.5, height, shown(language, text), fontsize=6.5, ha="center", va="bottom")
        axes.set_xticks(range(11), [language.percent(k / 10, 0) for k in range(11)], fontsize=7)
        axes.set_xlim(0, 10)
        axes.set_ylim(0, axes.get_ylim()[1] * 1.1)
        curves.marks(axes, "y", curves.percents(language), 5)
        curves.titled(
            axes, language, language.word("clv.axis.p_alive"), language.word("clv.axis.customer_share")
        )
        return figure

    return made(ways, "alive", draw, facts.values(), WIDTH)


def groups(source: Source, ways: Ways, key: str) -> Figure | None:
    """Mean value of each group with its interval; withheld groups are left out."""
    names = source.subjects("customers")
    hidden = withheld({name: source.value(f"customers:{name}") for name in names}, ways.threshold)
    names = [name for name in names if name not in hidden]
    if len(names) < 2:
        return None
    language = ways.language
    largest = max(source.value(f"clv_mean:{name}", "ci_high") for name in names)
    largest = max(largest if largest == largest else 0, *(source.value(f"clv_mean:{name}") for name in names))
    divisor, axis = ways.axis("clv.axis.clv_mean", largest)
    facts = [
        tuple(money(source, f"clv_mean:{name}", c) for c in ("estimate", "ci_low", "ci_high"))
        for name in names
    ]
    labels = [lines(language, group_name(language, key, name), 30) for name in names]

    def draw() -> Any:
        small = [
            tuple(Fact(f.address, f.value / divisor, f.style, f.digits) for f in three) for three in facts
        ]
        return dots(language, labels, small, axis, False)  # type: ignore[arg-type]

    return made(ways, f"{key}_chart", draw, [fact for three in facts for fact in three])
