"""Saved results as charts: each function returns a Figure block whose drawing waits until it is needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import canvas, caption, cut, dots, lines, rectangles, shown, ticks
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.privacy import withheld
from crmlab.present.tables import categories
from crmlab.present.theme import PALETTE, TEXT_WIDTH

if TYPE_CHECKING:
    from crmlab.study import Scale, Study

MANY = 36  # lines of a forest beyond which it cannot be read
TALL = 22  # lines of a chart beyond which it is set in two columns


def means(source: Source, language: Language) -> Figure:
    """Mean scores of the constructs with intervals."""
    subjects = source.subjects("mean")
    labels = [lines(language, language.name(of), 30) for of in subjects]
    facts = [
        tuple(source.fact(f"mean:{of}", column) for column in ("estimate", "ci_low", "ci_high"))
        for of in subjects
    ]

    def draw() -> Any:
        return dots(language, labels, facts, language.word("axis.mean"), False)  # type: ignore[arg-type]

    flat = tuple(fact for three in facts for fact in three)
    return Figure("means", caption(language, "means"), language.word("alt.means"), draw, flat)


def forest(paths: Source | None, effects: Source | None, language: Language) -> Figure | None:
    """Direct, indirect and total effects side by side; beyond MANY the specific indirect ones stay in their table."""
    chosen = [(paths, "path", subject) for subject in paths.subjects("path")] if paths else []
    if effects:
        specific = [(effects, "indirect", subject) for subject in effects.subjects("indirect")]
        total = [
            (effects, "total", subject)
            for subject in effects.subjects("total")
            if not (paths and f"path:{subject}" in paths) or _mediated(effects, subject)
        ]
        chosen += [*specific, *total] if len(chosen) + len(specific) + len(total) <= MANY else total
    if not chosen:
        return None
    labels, facts = [], []
    for source, kind, subject in chosen:
        chain = language.word("arrow").join(language.name(part) for part in reversed(subject.split("~")))
        labels.append(lines(language, f"{chain} ({language.word(f'effect.{kind}.short')})", 46))
        low, high = (source.fact(f"{kind}:{subject}", side, digits=3) for side in ("ci_low", "ci_high"))
        facts.append((source.fact(f"{kind}:{subject}", digits=3), low, high))

    def draw() -> Any:
        return dots(language, labels, facts, language.word("axis.effect"), True)

    flat = tuple(fact for three in facts for fact in three)
    return Figure("forest", caption(language, "forest"), language.word("alt.forest"), draw, flat)


def _mediated(effects: Source | None, subject: str) -> bool:
    outcome, _, origin = subject.partition("~")
    chains = [chain.split("~") for chain in effects.subjects("indirect")] if effects else []
    return any(chain[0] == outcome and chain[-1] == origin for chain in chains)


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the chart of respondents: a question's title, or a category with its share."""

    label: str
    share: Fact | None = None
    title: bool = False


def profile(source: Source, language: Language, threshold: int) -> Figure:
    """The share of each category of each question; withheld groups have no bar."""
    rows: list[Bar] = []
    for item, values in categories(source).items():
        rows.append(Bar(shown(language, cut(language.name(f"text:{item}"), 48)), title=True))
        hidden = withheld({value: source.value(f"count:{item}.{value}") for value in values}, threshold)
        for value in values:
            label = language.names.get(f"{item}.{value}", language.digits(value))
            fact = (
                None if value in hidden else source.fact(f"share:{item}.{value}", style="percent", digits=1)
            )
            rows.append(Bar(shown(language, cut(label, 26)), fact))
    facts = tuple(row.share for row in rows if row.share)
    words = language.word("alt.profile")
    return Figure(
        "profile_chart", caption(language, "profile"), words, lambda: _profile(language, rows), facts
    )


def _profile(language: Language, rows: Sequence[Bar]) -> Any:
    """One column of bars, or two where one would be too tall; a question is not torn apart."""
    from matplotlib.figure import Figure as Canvas

    titles = [k for k, row in enumerate(rows) if row.title]
    middle = min(titles, key=lambda k: abs(2 * k - len(rows))) if len(rows) > TALL else 0
    columns = [rows[:middle], rows[middle:]] if middle else [rows]
    most = max(len(column) for column in columns)
    height = most * 0.2 + 0.65
    figure = Canvas(figsize=(TEXT_WIDTH, height))
    room = TEXT_WIDTH / len(columns)
    side = 1.75 if len(columns) == 1 else 1.5
    for k, column in enumerate(columns):
        place = len(columns) - 1 - k if language.rtl else k
        left = place * room + (0.15 if language.rtl else side)
        share = len(column) * 0.2 / height
        top = 1 - 0.12 / height
        axes = figure.add_axes((left / TEXT_WIDTH, top - share, (room - side - 0.3) / TEXT_WIDTH, share))
        _bars(axes, language, column, (side - 0.1) / (room - side - 0.3))
    return figure


def _bars(axes: Any, language: Language, rows: Sequence[Bar], edge: float) -> None:
    """`edge` is where titles start, in axes widths before the bars."""
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.spines[["left", "right"]].set_visible(False)
    axes.grid(axis="x", color=PALETTE.faint, linewidth=0.8)
    axes.set_axisbelow(True)
    side = "right" if language.rtl else "left"
    start = 1 + edge if language.rtl else -edge
    for row, bar in enumerate(rows):
        if bar.title:
            axes.text(start, row + 0.1, bar.label, fontsize=7.5, fontweight="bold", ha=side,
                      va="center_baseline", transform=axes.get_yaxis_transform())  # fmt: skip
            continue
        fact = bar.share
        text = language.fact(fact) if fact else language.word("hidden")
        at = 100 * fact.value if fact else 0.0
        colour = PALETTE.ink if fact else PALETTE.quiet
        axes.text(at + 2, row, shown(language, text), fontsize=7, color=colour, ha=side, va="center_baseline")
    bars = [
        ((0.0, row - 0.34, 100 * bar.share.value, 0.68), PALETTE.main)
        for row, bar in enumerate(rows)
        if bar.share
    ]
    rectangles(axes, bars)
    marks = [row for row, bar in enumerate(rows) if not bar.title]
    if language.rtl:
        axes.yaxis.tick_right()
    axes.set_yticks(marks, [rows[row].label for row in marks], fontsize=7)
    axes.set_xlim(0, 100)
    ticks(axes, language, range(0, 101, 25), [language.integer(value) for value in range(0, 101, 25)])
    axes.set_xlabel(shown(language, language.word("axis.percent")), fontsize=7.5)


def likert(
    source: Source, language: Language, study: Study, name: str, items: Sequence[str]
) -> Figure | None:
    """Answers to the items of one construct, stacked around the middle of the scale."""
    scales = {study.items[item].scale for item in items}
    known = [
        item
        for item in items
        if source.subjects("share") and any(f"share:{item}.{v}" in source for v in _values(study, item))
    ]
    if len(scales) != 1 or not known:
        return None
    scale = study.scales[scales.pop()]
    facts = {
        item: [source.fact(f"share:{item}.{value}", style="percent", digits=0) for value in scale.values]
        for item in known
    }
    label = language.name(name) if name else language.word("figure.all_items")
    return Figure(
        f"likert_{name or 'all'}", caption(language, "likert", label), language.word("alt.likert"),
        lambda: _likert(language, facts, scale),
        tuple(fact for row in facts.values() for fact in row if not math.isnan(fact.value)),
    )  # fmt: skip


def _values(study: Study, item: str) -> tuple[int, ...]:
    return study.scales[study.items[item].scale].values


def _likert(language: Language, facts: dict[str, list[Fact]], scale: Scale) -> Any:
    figure, axes = canvas(language, list(facts), len(facts), foot=0.78)
    colours = PALETTE.steps(len(scale.values))
    middle = (len(scale.values) - 1) / 2
    bars = []
    for row, shares in enumerate(facts.values()):
        widths = [0.0 if math.isnan(fact.value) else 100 * fact.value for fact in shares]
        start = -sum(
            width * (1 if k < middle else 0.5 if k == middle else 0) for k, width in enumerate(widths)
        )
        for k, width in enumerate(widths):
            bars.append(((start, row - 0.37, width, 0.74), colours[k]))
            if width >= 9:
                ink = "white" if abs(k - middle) > 0.66 * middle else PALETTE.ink
                axes.text(
                    start + width / 2,
                    row,
                    language.fact(shares[k]),
                    fontsize=6.5,
                    color=ink,
                    ha="center",
                    va="center_baseline",
                )
            start += width
    rectangles(axes, bars)
    axes.axvline(0, color=PALETTE.quiet, linewidth=0.7)
    axes.set_yticks(range(len(facts)), list(facts), fontsize=7.5)
    axes.set_xlim(-100, 100)
    marks = (-100, -50, 0, 50, 100)
    ticks(axes, language, marks, [language.integer(abs(mark)) for mark in marks])
    axes.set_xlabel(shown(language, language.word("axis.percent")), fontsize=8)
    _legend(figure, language, scale, colours)
    return figure


def _legend(figure: Any, language: Language, scale: Scale, colours: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    words = []
    for value in scale.values:
        word = scale.labels.get(value, {}).get(language.code, "")
        words.append(shown(language, word or language.integer(value)))
    handles = [Patch(color=colour, label=word) for colour, word in zip(colours, words, strict=True)]
    if language.rtl:
        handles.reverse()
    figure.legend(
        handles=handles, loc="lower center", ncol=len(handles), frameon=False, fontsize=7 if len(handles) < 8 else 6,
        markerfirst=not language.rtl, handlelength=1.0, columnspacing=1.0, handletextpad=0.4, borderpad=0.1,
    )  # fmt: skip
