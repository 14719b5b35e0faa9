"""The specification curve: one hypothesis in every specification, and which choices each made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from crmlab.present.blocks import Fact, Figure, Paragraph
from crmlab.present.canvas import LETTER, caption, cut, shown
from crmlab.present.curves import plainly
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.multiverse_tables import ASPECTS, hypotheses, levels
from crmlab.present.theme import PALETTE, TEXT_WIDTH

CURVE, LINE = 1.35, 0.135  # inches: the upper panel, and one line of the lower one
MANY = 400  # specifications beyond which the dots of the lower panel cannot be told apart
LONGEST = 30


@dataclass(frozen=True, slots=True)
class Spec:
    """One specification: its choices, its numbers, and whether it is the study's own."""

    choices: tuple[str, ...]
    facts: tuple[Fact, Fact, Fact]
    own: bool


def curves(source: Source, language: Language) -> list[Figure]:
    """12 multiverse: one figure a hypothesis; none where there is but one specification, or too many."""
    count = len(source.subjects("n"))
    if not 1 < count <= MANY:
        return []
    return [_curve(source, language, name) for name in hypotheses(source)]


def unsteady(source: Source, language: Language) -> list[Figure]:
    """The curves of hypotheses whose sign or verdict changes; the first one's where none does."""
    names = hypotheses(source)
    moved = [name for name in names if min(source.value(f"stands:{name}"), source.value(f"sign:{name}")) < 1]
    wanted = {f"curve_{name}" for name in moved or names[:1]}
    return [figure for figure in curves(source, language) if figure.key in wanted]


def _curve(source: Source, language: Language, name: str) -> Figure:
    specs = []
    for place, choice in enumerate(source.subjects("n")):
        term = f"hypothesis:{name}.{choice}"
        facts = (source.fact(term), source.fact(term, "ci_low"), source.fact(term, "ci_high"))
        specs.append(Spec(tuple(choice.split(".")), facts, place == 0))
    specs.sort(key=lambda spec: spec.facts[0].value)
    rows = [(k, level) for k, aspect in enumerate(ASPECTS) for level in levels(source, aspect)]
    flat = tuple(fact for spec in specs for fact in spec.facts)
    notes = (Paragraph((language.word("note.specification_curve"),), "note"),)
    title = caption(language, "specification_curve", name)
    alt = language.word("alt.specification_curve")
    return Figure(f"curve_{name}", title, alt, lambda: _draw(language, specs, rows), flat, notes=notes)


def _draw(language: Language, specs: list[Spec], rows: list[tuple[int, str]]) -> Any:
    from matplotlib.figure import Figure as Canvas

    labels = [cut(_named(language, ASPECTS[k], level), LONGEST) for k, level in rows]
    side = max(max((len(label) for label in labels), default=0) * LETTER + 0.2, 0.7)
    foot, head, gap = 0.3, 0.08, 0.1
    low = len(rows) * LINE
    height = foot + low + gap + CURVE + head
    figure = Canvas(figsize=(TEXT_WIDTH, height))
    left, width = (0.15 if language.rtl else side) / TEXT_WIDTH, (TEXT_WIDTH - side - 0.15) / TEXT_WIDTH
    upper = figure.add_axes((left, (foot + low + gap) / height, width, CURVE / height))
    _estimates(upper, language, specs)
    under = figure.add_axes((left, foot / height, width, max(low, 0.01) / height))
    _choices(under, language, specs, rows, labels)
    for axes in (upper, under):
        axes.set_xlim(-0.8, len(specs) - 0.2)
        axes.set_xticks([])
        if language.rtl:
            axes.yaxis.tick_right()
            axes.invert_xaxis()
    under.set_xlabel(shown(language, language.word("axis.specification")), fontsize=7.5)
    return figure


def _named(language: Language, aspect: str, level: str) -> str:
    """The name of a choice where its kind does not stand above it."""
    alone = f"lit.alone.{aspect}.{level}"
    return language.word(alone if language.knows(alone) else f"{aspect}.{level}")


def _estimates(axes: Any, language: Language, specs: list[Spec]) -> None:
    """The curve: estimates with their intervals, filled where the interval leaves zero out."""
    values = np.array([[fact.value for fact in spec.facts] for spec in specs])
    x = np.arange(len(specs))
    axes.vlines(x, values[:, 1], values[:, 2], color=PALETTE.light, linewidth=1.1)
    sure = (values[:, 1] > 0) | (values[:, 2] < 0)
    axes.plot(x[sure], values[sure, 0], "o", ms=3.2, mfc=PALETTE.main, mec=PALETTE.main)
    axes.plot(x[~sure], values[~sure, 0], "o", ms=3.2, mfc="white", mec=PALETTE.main, mew=0.9)
    own = next(k for k, spec in enumerate(specs) if spec.own)
    face = PALETTE.bad if sure[own] else "white"
    axes.plot([own], [values[own, 0]], "D", ms=6.5, mfc=face, mec=PALETTE.bad, mew=1.4, zorder=4)
    axes.axhline(0, color=PALETTE.quiet, linewidth=0.8)
    axes.grid(axis="y", color=PALETTE.faint, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["bottom", "left", "right"]].set_visible(False)
    low, high = axes.get_ylim()
    marks = [mark for mark in axes.get_yticks() if low <= mark <= high]
    axes.set_yticks(marks, [shown(language, plainly(language)(mark)) for mark in marks], fontsize=7)
    axes.set_ylim(low, high)


def _choices(
    axes: Any, language: Language, specs: list[Spec], rows: list[tuple[int, str]], labels: list[str]
) -> None:
    """The dots below: which choices each specification made; kinds of choice in turn light and dark."""
    for line, (kind, level) in enumerate(rows):
        x = [place for place, spec in enumerate(specs) if spec.choices[kind] == level]
        axes.plot(x, [line] * len(x), "s", ms=2.6, color=PALETTE.ink if kind % 2 else PALETTE.main)
        own = [place for place in x if specs[place].own]
        axes.plot(own, [line] * len(own), "s", ms=4.2, color=PALETTE.bad)
    edges = [line for line in range(1, len(rows)) if rows[line][0] != rows[line - 1][0]]
    for edge in edges:
        axes.axhline(edge - 0.5, color=PALETTE.line, linewidth=0.6)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [shown(language, label) for label in labels], fontsize=6.5)
    axes.spines[["left", "right", "bottom"]].set_visible(False)
