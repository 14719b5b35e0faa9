"""The scree of eigenvalues beside what unrelated items would show."""

from __future__ import annotations

from typing import Any

from crmlab.present.blocks import Figure
from crmlab.present.canvas import caption, marked, shown
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE, TEXT_WIDTH

MOST = 20  # eigenvalues drawn; the later ones only flatten the picture
LINES = (
    ("eigenvalue", PALETTE.main, "-", "o"),
    ("random_mean", PALETTE.quiet, "--", ""),
    ("random_quantile", PALETTE.bad, "-", ""),
)


def scree(source: Source, language: Language) -> Figure | None:
    """04 parallel: own eigenvalues, and mean and upper quantile of random ones."""
    order = source.subjects("eigenvalue")[:MOST]
    if len(order) < 3:
        return None
    facts = {name: [source.fact(f"{name}:{k}") for k in order] for name, *_ in LINES}
    flat = tuple(fact for row in facts.values() for fact in row)

    def draw() -> Any:
        from matplotlib.figure import Figure as Canvas

        figure = Canvas(figsize=(TEXT_WIDTH, 2.9))
        axes = figure.add_axes((0.09, 0.17, 0.86, 0.78))
        places = range(1, len(order) + 1)
        for name, colour, style, mark in LINES:
            axes.plot(
                places, [fact.value for fact in facts[name]], style, color=colour, marker=mark, ms=4, lw=1.4,
                label=shown(language, language.word(f"scree.{name}")),
            )  # fmt: skip
        axes.grid(axis="y", color=PALETTE.faint, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.set_xticks(list(places), [language.digits(k) for k in order], fontsize=7)
        axes.set_ylim(bottom=0)
        marks = [mark for mark in axes.get_yticks() if mark <= axes.get_ylim()[1]]
        axes.set_yticks(marks, marked(language, marks), fontsize=7)
        axes.set_xlabel(shown(language, language.word("axis.component")), fontsize=8)
        axes.set_ylabel(shown(language, language.word("axis.eigenvalue")), fontsize=8)
        if language.rtl:
            axes.invert_xaxis()
            axes.yaxis.tick_right()
            axes.yaxis.set_label_position("right")
            axes.spines["left"].set_visible(False)
            axes.spines["right"].set_visible(True)
            axes.set_position((0.05, 0.17, 0.86, 0.78))
        axes.legend(
            frameon=False,
            fontsize=7.5,
            loc="upper left" if language.rtl else "upper right",
            markerfirst=not language.rtl,
        )
        return figure

    return Figure("scree", caption(language, "scree"), language.word("alt.scree"), draw, flat)
