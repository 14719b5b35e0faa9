"""Where on a moderator an effect differs from zero: the figure of Johnson and Neyman."""

from __future__ import annotations

from typing import Any

from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import shown
from crmlab.present.curves import band, line, marks, plainly, sheet, titled
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.process_tables import name_of
from crmlab.present.process_words import shape
from crmlab.present.table_parts import arrow
from crmlab.present.theme import PALETTE


def regions(source: Source, language: Language) -> list[Figure]:
    """05 process_<name>: one figure for each path that a continuous moderator changes."""
    paths = dict.fromkeys(subject.rpartition(".")[0] for subject in source.subjects("jn_at"))
    return [_region(source, language, path, k) for k, path in enumerate(paths, 1)]


def boundaries(source: Source, path: str) -> list[Fact]:
    """Values of the moderator at which the effect begins or ceases to differ from zero."""
    return [
        source.fact(f"jn:{subject}") for subject in source.subjects("jn") if subject.startswith(f"{path}.")
    ]


def key_of(source: Source, number: int) -> str:
    """The figure's key."""
    return f"process_region_{name_of(source)}_{number}"


def _region(source: Source, language: Language, path: str, number: int) -> Figure:
    moderator = shape(source).moderator
    places = [of for of in source.subjects("jn_at") if of.rpartition(".")[0] == path]
    at = [source.fact(f"jn_at:{of}") for of in places]
    curve = [tuple(source.fact(f"jn_effect:{of}", c, digits=3) for c in ("estimate", "ci_low", "ci_high")) for of in places]  # fmt: skip
    edges = boundaries(source, path)
    caption = fill(
        language.word("figure.process_region"), path=arrow(language, path), name=_named(language, moderator)
    )

    def draw() -> Any:
        figure, (axes,) = sheet(height=2.5, width=0.85)
        x = [fact.value for fact in at]
        middle, low, high = ([three[k].value for three in curve] for k in range(3))
        sure = [a > 0 or b < 0 for a, b in zip(low, high, strict=True)]
        axes.fill_between(x, 0, 1, where=sure, color=PALETTE.faint, alpha=0.6, linewidth=0,
                          transform=axes.get_xaxis_transform(), zorder=0)  # fmt: skip
        band(axes, x, low, high, PALETTE.main)
        line(axes, x, middle, "")
        axes.axhline(0, color=PALETTE.quiet, linewidth=0.8)
        axes.set_xlim(x[0], x[-1])
        for edge in edges:
            axes.axvline(edge.value, color=PALETTE.quiet, linewidth=0.9, linestyle=(0, (3, 2)))
            axes.annotate(
                shown(language, language.number(edge.value, 2)), (edge.value, 1.0), xycoords=("data", "axes fraction"),
                xytext=(0, 2), textcoords="offset points", fontsize=7, ha="center", va="bottom", color=PALETTE.quiet,
            )  # fmt: skip
        titled(axes, language, _named(language, moderator), language.word("axis.process_region"))
        marks(axes, "x", plainly(language))
        marks(axes, "y", plainly(language))
        return figure

    flat = (*at, *edges, *(fact for three in curve for fact in three))
    return Figure(key_of(source, number), caption, language.word("alt.process_region"), draw, flat)


def _named(language: Language, moderator: str) -> str:
    """The moderator in one line: a construct's name, or the code of a question."""
    return language.names.get(moderator) or moderator
