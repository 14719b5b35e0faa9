"""Maturity as figures: the radar of a state, and the stairs of gates or stages, unit by unit."""

from __future__ import annotations

import math
from typing import Any

from crmlab.present.blocks import Figure
from crmlab.present.canvas import lines, rectangles, shown
from crmlab.present.curves import SECOND
from crmlab.present.enterprise_words import (
    element,
    figure,
    note,
    plain,
    rated,
    split,
    units,
)
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE, TEXT_WIDTH
from crmlab.study.maturity import HIGHEST

MOST_PANELS = 9
ACROSS = 3


def radar(source: Source, language: Language, gap: Source | None, model: str = "gartner") -> Figure | None:
    """The mean profile, its interval, and the target; thin lines are units."""
    codes = rated(source, model)
    if len(codes) < 3:
        return None
    facts = [source.fact(f"level_mean:{code}") for code in codes]
    aims = [_aim(gap, code) for code in codes]

    def draw() -> Any:
        from matplotlib.figure import Figure as Canvas

        picture = Canvas(figsize=(TEXT_WIDTH * 0.9, 4.3), layout="constrained")
        axes: Any = picture.add_subplot(projection="polar")
        axes.set_theta_zero_location("N")
        axes.set_theta_direction(1 if language.rtl else -1)
        angles = [2 * math.pi * k / len(codes) for k in range(len(codes))]
        for unit in units(source):
            values = [source.value(f"level:{code}.{unit}") for code in codes]
            axes.plot(*_closed(angles, values), color=PALETTE.line, linewidth=0.7)
        bounds = [
            [source.value(f"level_mean:{code}", side) for code in codes] for side in ("ci_low", "ci_high")
        ]
        if not any(math.isnan(value) for part in bounds for value in part):
            around, low = _closed(angles, bounds[0])
            axes.fill_between(
                around, low, _closed(angles, bounds[1])[1], color=PALETTE.main, alpha=0.15, linewidth=0
            )
        word = language.word
        axes.plot([], [], color=PALETTE.line, linewidth=0.9, label=shown(language, word("ent.radar.units")))
        mean = shown(language, word("ent.radar.mean"))
        axes.plot(*_closed(angles, [fact.value for fact in facts]), color=PALETTE.main, linewidth=1.8, marker="o", markersize=3.5, label=mean)  # fmt: skip
        if not all(math.isnan(aim) for aim in aims):
            target = shown(language, word("ent.radar.target"))
            axes.plot(
                *_closed(angles, aims), color=SECOND, linewidth=1.2, linestyle=(0, (4, 2)), label=target
            )
        axes.set_ylim(0, HIGHEST)
        axes.set_rlabel_position(180 / len(codes))
        axes.set_yticks(
            range(1, HIGHEST + 1), [language.integer(k) for k in range(1, HIGHEST + 1)], fontsize=6.5
        )
        axes.set_xticks(
            angles,
            [lines(language, plain(language, element(language, code)), 18) for code in codes],
            fontsize=7.5,
        )
        axes.grid(color=PALETTE.faint, linewidth=0.8)
        axes.spines["polar"].set_color(PALETTE.line)
        axes.tick_params(axis="x", pad=5)
        for angle, label in zip(angles, axes.get_xticklabels(), strict=True):
            across = math.sin(angle) * (-1 if language.rtl else 1)
            label.set_horizontalalignment(
                "center" if abs(across) < 0.1 else "left" if across > 0 else "right"
            )
        axes.legend(
            frameon=False,
            fontsize=7,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.17),
            ncols=3,
            markerfirst=not language.rtl,
        )
        return picture

    return figure(language, f"radar_{model}", draw, facts, width=0.9)


def _aim(gap: Source | None, code: str) -> float:
    aims = [gap.value(f"target:{of}") for of in gap.subjects("target") if split(of)[0] == code] if gap else []
    return sum(aims) / len(aims) if aims else math.nan


def _closed(angles: list[float], values: list[float]) -> tuple[list[float], list[float]]:
    return [*angles, angles[0]], [*values, values[0]]


def stairs(source: Source, gates: Source, language: Language, model: str) -> Figure | None:
    """Levels of the gates from top to bottom, one panel a unit; what stands behind a closed gate is hatched."""
    codes = rated(source, model)
    names = gates.subjects("gates_passed")
    if not codes or not names:
        return None
    shown_units = sorted(names, key=lambda unit: -gates.value(f"wasted_total:{unit}"))[:MOST_PANELS]
    chosen = [unit for unit in names if unit in shown_units]
    facts = [source.fact(f"level:{code}.{unit}") for unit in chosen for code in codes]
    notes = [note(language, "stairs", threshold=gates.glance("threshold", digits=1))]
    if len(chosen) < len(names):
        notes.append(note(language, "some_units"))

    def draw() -> Any:
        return _stairs(source, gates, language, codes, chosen)

    return figure(language, f"stairs_{model}", draw, facts, notes=tuple(notes))


def _stairs(source: Source, gates: Source, language: Language, codes: list[str], chosen: list[str]) -> Any:
    from matplotlib.figure import Figure as Canvas

    down = math.ceil(len(chosen) / ACROSS)
    across = min(ACROSS, len(chosen))
    words = [plain(language, element(language, code)) for code in codes]
    labels = [lines(language, text, 28) for text in words]
    pitch = (0.19, 0.25, 0.34)[max(label.count("\n") for label in labels)]
    picture = Canvas(figsize=(TEXT_WIDTH, down * (0.55 + pitch * len(codes)) + 0.2), layout="constrained")
    grid = picture.subplots(down, across, squeeze=False)
    threshold = gates.result.glance["threshold"]
    for place in range(down * across):
        column = across - 1 - place % across if language.rtl else place % across
        axes = grid[place // across][column]
        if place >= len(chosen):
            axes.set_visible(False)
            continue
        unit = chosen[place]
        _steps(axes, source, gates, codes, unit)
        axes.axvline(threshold, color=PALETTE.ink, linewidth=0.8, linestyle=(0, (3, 2)))
        axes.set_ylim(len(codes) - 0.5, -0.5)
        axes.set_xlim((HIGHEST, 0) if language.rtl else (0, HIGHEST))
        axes.tick_params(length=0)
        if language.rtl:
            axes.yaxis.tick_right()
            axes.spines[["left", "right"]].set_visible(False)
        axes.set_xticks(
            range(1, HIGHEST + 1), [language.integer(k) for k in range(1, HIGHEST + 1)], fontsize=6.5
        )
        if column == (across - 1 if language.rtl else 0):
            axes.set_yticks(range(len(codes)), labels, fontsize=6.3, linespacing=0.95)
        else:
            axes.set_yticks([])
        axes.set_title(shown(language, unit), fontsize=8, fontweight="bold")
    return picture


def _steps(axes: Any, source: Source, gates: Source, codes: list[str], unit: str) -> None:
    """The levels of one unit: full as far as the gates before them are open, hatched beyond."""
    boxes: list[tuple[tuple[float, float, float, float], Any]] = []
    for row, code in enumerate(codes):
        level = source.value(f"level:{code}.{unit}")
        if math.isnan(level):
            continue
        extra = gates.value(f"wasted:{code}.{unit}")
        extra = 0.0 if math.isnan(extra) else extra
        colour = PALETTE.main if gates.value(f"passed:{code}.{unit}") == 1 else SECOND
        boxes.append(((0.0, row - 0.36, level - extra, 0.72), colour))
        if extra > 0:
            axes.barh(row, extra, left=level - extra, height=0.72, facecolor="white", edgecolor=colour, hatch="//////", linewidth=0.7)  # fmt: skip
    rectangles(axes, boxes)
