"""The learning loop as figures: the ring of phases, what is learnt cycle by cycle, cells before and after."""

from __future__ import annotations

import math
from typing import Any

from crmlab.present import curves
from crmlab.present.behaviour_words import Ways, money
from crmlab.present.blocks import Figure, Spans
from crmlab.present.canvas import canvas, lines, shown, ticks
from crmlab.present.facts import Source
from crmlab.present.swift_words import cell, figure, note, percent, said
from crmlab.present.theme import PALETTE, TEXT_WIDTH
from crmlab.study.swift_spec import PHASES

MOST = 14  # cells that a figure has room for
HEIGHT = 4.0


def ring(source: Source, ways: Ways) -> Figure:
    """The four phases on a ring with their numbers, in the order that the study asks for."""
    name = tuple(PHASES)[int(source.result.glance.get("order", 0))]
    texts = {phase: _numbers(source, ways, phase) for phase in PHASES[name]}
    facts = [part for rows in texts.values() for row in rows for part in row if not isinstance(part, str)]

    def draw() -> Any:
        from matplotlib.figure import Figure as Canvas
        from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

        language = ways.language
        picture = Canvas(figsize=(TEXT_WIDTH * 0.95, HEIGHT))
        axes: Any = picture.add_axes((0, 0, 1, 1))
        axes.set_xlim(-3.0, 3.0)
        axes.set_ylim(-1.8, 1.8)
        axes.axis("off")
        turn = -1 if language.rtl else 1  # the ring turns in reading direction
        places = [(-1.65 * turn, 1.05), (1.65 * turn, 1.05), (1.65 * turn, -1.05), (-1.65 * turn, -1.05)]
        half, tall = 1.22, 0.72  # room for a title and five lines
        for k, (phase, (x, y)) in enumerate(zip(PHASES[name], places, strict=True)):
            box = FancyBboxPatch(
                (x - half, y - tall), 2 * half, 2 * tall, boxstyle="round,pad=0.0,rounding_size=0.12",
                facecolor=PALETTE.faint, edgecolor=PALETTE.main, linewidth=1.2,
            )  # fmt: skip
            axes.add_patch(box)
            title = f"{language.integer(k + 1)}. {language.word(f'swift.phase.{phase}')}"
            axes.text(x, y + tall - 0.1, shown(language, title), ha="center", va="top", fontsize=8.5, fontweight="bold", color=PALETTE.main)  # fmt: skip
            told = "\n".join(lines(language, language.plain(row), 36) for row in texts[phase])
            axes.text(x, y - 0.12, told, ha="center", va="center", fontsize=7.3, linespacing=1.3)
        ends = [
            ((-0.38 * turn, 1.05), (0.38 * turn, 1.05)), ((1.65 * turn, 0.3), (1.65 * turn, -0.3)),
            ((0.38 * turn, -1.05), (-0.38 * turn, -1.05)), ((-1.65 * turn, -0.3), (-1.65 * turn, 0.3)),
        ]  # fmt: skip
        for start, end in ends:
            axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=14, color=PALETTE.main, linewidth=1.4))  # fmt: skip
        number = language.plain(said(ways, "centre", k=source.glance("cycle", "integer")))
        axes.text(0, 0, shown(language, number), ha="center", va="center", fontsize=10, color=PALETTE.quiet)
        return picture

    return figure(ways, "swift_loop", draw, facts, width=0.95, notes=(note(ways, f"order_{name}"),))  # type: ignore[arg-type]


def _numbers(source: Source, ways: Ways, phase: str) -> list[Spans]:
    """The lines of one box."""
    whole = {
        "discovery": [
            ("customers", "discovery:customers"), ("p_alive", "discovery:p_alive"),
            ("matched", "discovery:matched"), ("return", "discovery:return"),
        ],
        "planning": [("planned", "planning:contacts"), ("expected", "planning:expected"), ("held_out", "planning:held_out")],
        "interaction": [("came", "interaction:contacts"), ("rate", "interaction:rate")],
        "refinement": [("narrower", "refinement:narrower"), ("moved", "refinement:moved"), ("claims", "refinement:claims")],
    }[phase]  # fmt: skip
    rows: list[Spans] = []
    for key, term in whole:
        if term not in source:
            continue
        if key == "customers":
            segments = source.fact("discovery:segments", style="integer")
            rows.append(said(ways, "box.customers", v=source.fact(term, style="integer"), k=segments))
        elif key == "expected":
            rows.append(said(ways, "box.expected", v=money(source, term), unit=ways.money))
        elif key == "narrower":
            wide = source.value(term) < 0
            fact = percent(source, term)
            rows.append(said(ways, "box.wider" if wide else "box.narrower", v=_positive(fact)))
        elif key in ("p_alive", "rate", "matched", "return"):
            rows.append(said(ways, f"box.{key}", v=percent(source, term, digits=0 if key == "return" else 1)))
        else:
            rows.append(said(ways, f"box.{key}", v=source.fact(term, style="integer")))
    if phase in ("interaction", "refinement") and "interaction:contacts" not in source:
        return [said(ways, "box.none_came")]
    return rows


def _positive(fact: Any) -> Any:
    from dataclasses import replace

    return replace(fact, value=abs(fact.value), address=f"counted/{fact.address}") if fact.value < 0 else fact


def learning(source: Source, ways: Ways) -> Figure | None:
    """Rates foreseen and seen, and the mean width of intervals, cycle by cycle."""
    names = source.subjects("contacts")
    if len(names) < 2:
        return None
    language = ways.language
    seen = [percent(source, f"rate:{k}") for k in names]
    ends = [(percent(source, f"rate:{k}", "ci_low"), percent(source, f"rate:{k}", "ci_high")) for k in names]
    told, width = ([percent(source, f"{what}:{k}") for k in names] for what in ("predicted", "width"))
    x = [float(k) for k in names]

    def draw() -> Any:
        picture, (top, low) = curves.sheet(panels=2, height=1.75, width=0.9)
        for place, (start, end) in zip(x, ends, strict=True):
            if not math.isnan(start.value):
                top.plot([place, place], [start.value, end.value], color=PALETTE.main, linewidth=1.4)
        label = shown(language, language.word("swift.curve.seen"))
        top.plot(x, [fact.value for fact in seen], "o", ms=4.5, color=PALETTE.main, label=label)
        foreseen = shown(language, language.word("swift.curve.foreseen"))
        curves.line(top, x, [fact.value for fact in told], foreseen, colour=curves.SECOND, dash="dashed")
        curves.line(low, x, [fact.value for fact in width], "", dots=True)
        low.set_ylim(0, low.get_ylim()[1] * 1.05)
        for axes, title in ((top, "rate"), (low, "width")):
            axes.set_xticks(x, [language.digits(k) for k in names], fontsize=7)
            axes.set_xlim(x[0] - 0.5, x[-1] + 0.5)
            curves.marks(axes, "y", lambda value: language.number(100 * value, 0), 5)
            curves.titled(axes, language, language.word("swift.axis.cycle") if axes is low else "", language.word(f"swift.axis.{title}"))  # fmt: skip
        top.legend(
            frameon=False, fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, markerfirst=not language.rtl,
        )  # fmt: skip
        return picture

    return figure(ways, "swift_learning", draw, [*seen, *told, *width], width=0.9)


def cells(source: Source, ways: Ways) -> Figure | None:
    """Intervals of the most contacted cells: before the first cycle and after the last."""
    found = [name for name in source.subjects("rate") if source.value(f"contacts:{name}") > 0]
    if not found:
        return None
    language = ways.language
    most = sorted(found, key=lambda name: -source.value(f"contacts:{name}"))[:MOST]
    chosen = [name for name in found if name in most]
    facts = [percent(source, f"{what}:{name}") for name in chosen for what in ("prior", "rate")]

    def draw() -> Any:
        labels = [lines(language, language.plain(cell(ways, name)), 44) for name in chosen]
        picture, axes = canvas(language, labels, len(chosen), foot=0.75, pitch=0.27)
        for what, colour, shift, wide in (
            ("prior", PALETTE.light, -0.16, 3.2),
            ("rate", PALETTE.main, 0.14, 2.0),
        ):
            for place, name in enumerate(chosen):
                ends = [source.value(f"{what}:{name}", end) for end in ("ci_low", "ci_high")]
                axes.plot(ends, [place + shift] * 2, color=colour, linewidth=wide, solid_capstyle="butt")
                axes.plot([source.value(f"{what}:{name}")], [place + shift], "o", ms=3.6, color=colour)
            key = "now" if what == "rate" else "prior"
            axes.plot(
                [],
                [],
                color=colour,
                linewidth=wide,
                label=shown(language, language.word(f"swift.curve.{key}")),
            )
        axes.set_yticks(range(len(chosen)), labels, fontsize=7)
        low, high = axes.get_xlim()
        marks = [mark for mark in axes.get_xticks() if max(low, 0) <= mark <= min(high, 1)]
        ticks(axes, language, marks, [language.percent(mark, 0) for mark in marks])
        axes.set_xlabel(shown(language, language.word("swift.axis.rate")), fontsize=7.5)
        axes.legend(
            frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.42 / (0.27 * len(chosen))), ncols=2,
            markerfirst=not language.rtl,
        )  # fmt: skip
        return picture

    return figure(ways, "swift_cells", draw, facts, notes=(note(ways, "cells", level=source.level),))
