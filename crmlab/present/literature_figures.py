"""The forest of earlier studies: what each found, what they say together, and this study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import ROW, TALLEST, canvas, caption, cut, shown, ticks
from crmlab.present.curves import SECOND, plainly
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.literature_sentences import FOREST
from crmlab.present.literature_tables import paths, studies, study_label
from crmlab.present.theme import PALETTE

MANY = 40  # lines beyond which the forest cannot be read
LONGEST = 34
Kind = Literal["title", "study", "pooled", "own"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the forest: estimate and limits; `range` the prediction interval of a mean."""

    label: str
    kind: Kind
    facts: tuple[Fact, ...] = ()
    range: tuple[Fact, ...] = ()


def forest(source: Source, language: Language) -> Figure | None:
    """12 literature: None where no study gives a number, or where there are too many to be read."""
    rows = [row for path in paths(source) for row in _path(source, language, path)]
    if not rows or len(rows) > MANY:
        return None
    flat = tuple(fact for row in rows for fact in (*row.facts, *row.range))
    words = language.word("alt.literature_forest")
    title = caption(language, "literature_forest")
    return Figure(FOREST, title, words, lambda: _draw(language, rows), flat)


def _path(source: Source, language: Language, path: str) -> list[Line]:
    """A path's lines; none where nobody gives a number."""

    def three(term: str) -> tuple[Fact, ...]:
        return tuple(source.fact(term, column) for column in ("estimate", "ci_low", "ci_high"))

    chosen = [study for study in studies(source, path) if f"study:{path}@{study}" in source]
    if not chosen:
        return []
    chain = language.word("arrow").join(language.name(part) for part in reversed(path.split("~")))
    rows = [Line(shown(language, cut(chain, 90)), "title")]
    rows += [
        Line(shown(language, cut(study_label(study), LONGEST)), "study", three(f"study:{path}@{study}"))
        for study in chosen
    ]
    if f"pooled:{path}" in source:
        expected = three(f"prediction:{path}")[1:]
        rows.append(
            Line(shown(language, language.word("lit.pooled")), "pooled", three(f"pooled:{path}"), expected)
        )
    return [*rows, Line(shown(language, language.word("lit.own")), "own", three(f"own:{path}"))]


def _draw(language: Language, rows: list[Line]) -> Any:
    labels = [row.label for row in rows if row.kind != "title"]
    figure, axes = canvas(language, labels, len(rows), foot=0.5, pitch=min(1.15 * ROW, TALLEST / len(rows)))
    box = axes.get_position()
    edge = (0.99 - box.x0) / box.width if language.rtl else (0.01 - box.x0) / box.width
    for place, row in enumerate(rows):
        if row.kind == "title":
            axes.text(edge, place, row.label, fontsize=7.5, fontweight="bold", va="center", zorder=4,
                      ha="right" if language.rtl else "left", transform=axes.get_yaxis_transform(),
                      bbox={"fc": "white", "ec": "none", "pad": 1.0})  # fmt: skip
        elif row.kind == "pooled":
            _diamond(axes, place, row)
        else:
            _whisker(axes, place, row)
    axes.axvline(0, color=PALETTE.quiet, linewidth=0.8)
    places = [place for place, row in enumerate(rows) if row.kind != "title"]
    axes.set_yticks(places, labels, fontsize=7.5)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, -0.05), max(high, 0.05))
    low, high = axes.get_xlim()
    marks = [mark for mark in axes.get_xticks() if low <= mark <= high]
    ticks(axes, language, marks, [plainly(language)(mark) for mark in marks])
    axes.set_xlabel(shown(language, language.word("axis.literature")), fontsize=8)
    return figure


def _whisker(axes: Any, place: int, row: Line) -> None:
    middle, low, high = (fact.value for fact in row.facts)
    own = row.kind == "own"
    colour = PALETTE.main if own else PALETTE.quiet
    axes.plot([low, high], [place, place], color=colour, linewidth=2.0 if own else 1.3, solid_capstyle="butt")
    axes.plot([middle], [place], "s" if own else "o", ms=6 if own else 4.5, mfc=colour, mec=colour)


def _diamond(axes: Any, place: int, row: Line) -> None:
    """The mean as a diamond as wide as its interval, on the line of where a new study is expected."""
    middle, low, high = (fact.value for fact in row.facts)
    ends = [fact.value for fact in row.range]
    axes.plot(ends, [place, place], color=SECOND, linewidth=1.0, linestyle=(0, (4, 2)))
    for end in ends:
        axes.plot([end, end], [place - 0.2, place + 0.2], color=SECOND, linewidth=1.0)
    axes.fill([low, middle, high, middle], [place, place - 0.32, place, place + 0.32], color=SECOND, zorder=3)
