"""The importance-performance map: what matters for a target against how well it is doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmlab.present.blocks import Fact, Figure
from crmlab.present.canvas import caption, cut, shown
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.theme import PALETTE, TEXT_WIDTH

LETTER_SHARE = 0.0135  # width of one letter, in shares of the width
APART = 0.055  # least distance of two labels, in shares of the height


def quadrants(source: Source, language: Language, target: str) -> Figure | None:
    """05 ipma: constructs as full dots, dimensions as open ones; lines at the averages of what is drawn."""
    start = f"{target}~"
    subjects = [s for s in source.subjects("importance") if s.startswith(start)]
    if not subjects:
        return None
    parts = [s for s in subjects if f"importance_std:{s}" not in source]
    chosen = parts if len(parts) > 1 else subjects
    names = [subject[len(start) :] for subject in chosen]
    x = [source.fact(f"importance:{subject}", digits=3) for subject in chosen]
    y = [source.fact(f"performance:{name}", digits=1) for name in names]
    words = [language.name(name) for name in names]
    key = f"ipma_chart_{target}"
    text = caption(language, "ipma_dimensions" if chosen is parts else "ipma", language.name(target))
    return Figure(key, text, language.word("alt.ipma"), lambda: _draw(language, words, x, y), (*x, *y))


def _draw(language: Language, names: Sequence[str], x: Sequence[Fact], y: Sequence[Fact]) -> Any:
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(TEXT_WIDTH, 3.9))
    axes = figure.add_axes((0.1, 0.13, 0.85, 0.83))
    across, up = [fact.value for fact in x], [fact.value for fact in y]
    axes.set_xlim(*_room(across, 0.22))
    axes.set_ylim(*_room(up, 0.15))
    axes.axvline(sum(across) / len(across), color=PALETTE.line, linewidth=0.9)
    axes.axhline(sum(up) / len(up), color=PALETTE.line, linewidth=0.9)
    axes.plot(across, up, "o", ms=6, mfc=PALETTE.main, mec="white", mew=0.8, zorder=3)
    if language.rtl:
        axes.invert_xaxis()
        axes.yaxis.tick_right()
        axes.yaxis.set_label_position("right")
        axes.spines["left"].set_visible(False)
        axes.spines["right"].set_visible(True)
        axes.set_position((0.05, 0.13, 0.85, 0.83))
    _labels(axes, language, names, across, up)
    for axis, digits, word in ((axes.xaxis, 2, "axis.importance"), (axes.yaxis, 0, "axis.performance")):
        marks = axis.get_majorticklocs().tolist()
        low, high = sorted(axis.get_view_interval())
        marks = [mark for mark in marks if low <= mark <= high]
        fine = digits or (0 if all(float(mark).is_integer() for mark in marks) else 1)
        axis.set_ticks(marks, labels=[language.number(mark, fine) for mark in marks], fontsize=7)
        axis.set_label_text(shown(language, language.word(word)), fontsize=8)
    return figure


def _room(values: Sequence[float], share: float) -> tuple[float, float]:
    """Ends of an axis with room for the labels."""
    low, high = min(values), max(values)
    reach = (high - low) or max(abs(high), 1.0) * 0.2
    return low - share * reach, high + share * reach


def _labels(
    axes: Any, language: Language, names: Sequence[str], x: Sequence[float], y: Sequence[float]
) -> None:
    """Names beside their dots, pushed apart where they would touch; a thin line leads back to the dot."""
    low, high = axes.get_ylim()
    left, right = sorted(axes.get_xlim())
    order = sorted(range(len(names)), key=lambda k: y[k])
    place: dict[int, float] = {}
    for k in order:
        near = sorted(place[j] for j in place if abs(x[j] - x[k]) < 0.45 * (right - left))
        wanted = (y[k] - low) / (high - low)
        for other in near:  # rising, so that one pass pushes it above all it would touch
            wanted = other + APART if abs(wanted - other) < APART else wanted
        place[k] = wanted
    eye = [(value - left) / (right - left) for value in x]  # 0 at the left of the page
    eye = [1 - value for value in eye] if language.rtl else eye
    for k, share in place.items():
        at = low + share * (high - low)
        text = cut(names[k], 44)
        leftward, crowded = _side(eye, [(value - low) / (high - low) for value in y], k, share, len(text))
        at -= 0.7 * APART * (high - low) * crowded
        shift = 0.014 * (right - left) * (-1 if leftward != language.rtl else 1)
        if abs(at - y[k]) > 0.012 * (high - low):
            axes.plot([x[k], x[k] + shift], [y[k], at], color=PALETTE.line, linewidth=0.6, zorder=1)
        axes.text(x[k] + shift, at, shown(language, text), fontsize=7.5, ha="right" if leftward else "left",
                  va="center_baseline", zorder=4)  # fmt: skip


def _side(
    across: Sequence[float], up: Sequence[float], k: int, share: float, letters: int
) -> tuple[bool, bool]:
    """Whether the label of dot k goes to its left, and whether other dots leave it no room on either side."""
    inward, width = across[k] > 0.5, LETTER_SHARE * letters

    def free(leftward: bool) -> bool:
        start, end = (across[k] - width, across[k]) if leftward else (across[k], across[k] + width)
        others = [j for j in range(len(up)) if j != k and abs(up[j] - share) < APART / 2]
        return start > 0 and end < 1 and not any(start < across[j] < end for j in others)

    if free(inward):
        return inward, False
    return (not inward, False) if free(not inward) else (inward, True)
