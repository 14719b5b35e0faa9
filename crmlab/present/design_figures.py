"""Step 01 as figures: the conceptual model, and power over the number of respondents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crmlab.present import curves
from crmlab.present.blocks import Fact, Figure, Label, Paragraph
from crmlab.present.canvas import caption, shown
from crmlab.present.design_tables import sizes
from crmlab.present.diagrams import Written, arrows_and_ellipses
from crmlab.present.facts import Source, fill
from crmlab.present.language import LRM, Language
from crmlab.present.layout import layered
from crmlab.present.theme import PALETTE

if TYPE_CHECKING:
    from crmlab.study import Study

COLOURS = (PALETTE.main, curves.SECOND, curves.THIRD, "#3b7a4b", "#7a4b8a", "#8c6d1f")
MOST = 6  # curves in one figure
CROWDED = 18  # paths from which a drawing shows nothing; the table of hypotheses has them all


def concept(language: Language, study: Study) -> Figure | None:
    """The conceptual model: constructs, paths, and which hypothesis each path belongs to; None of too many paths."""
    if not study.paths or len(study.paths) > CROWDED:
        return None
    names = [name for name in study.constructs if any(name in pair for pair in study.paths)]
    by_path: dict[tuple[str, str], list[str]] = {}
    for one in study.hypotheses:
        if one.kind == "direct":
            by_path.setdefault((one.source, one.target), []).append(_signed(language, one.id, one.sign))
    written: dict[tuple[str, str], Written] = {
        pair: (", ".join(by_path.get(pair, ())) or " ", pair in by_path, 0.3) for pair in study.paths
    }
    layout = layered(names, list(study.paths))
    notes = []
    for one in study.hypotheses:
        if one.kind == "mediation":
            way: list[object] = []
            for k, name in enumerate(one.constructs):
                way += [language.word("arrow")] if k else []
                way.append(Label(language.name(name)))
            told = fill(language.word("design.note.mediation"), hid=Label(one.id), way=tuple(way))
            notes.append(Paragraph(told, "note"))
    if any(pair not in by_path for pair in study.paths):
        notes.append(Paragraph((language.word("design.note.free_path"),), "note"))
    return Figure(
        "design_concept", caption(language, "design_concept"), language.word("alt.design_concept"),
        lambda: arrows_and_ellipses(language, layout, written, {}), notes=tuple(notes),
    )  # fmt: skip


def _signed(language: Language, name: str, sign: str) -> str:
    text = f"{name} ({sign})" if sign else name
    return (LRM if language.rtl else "") + text


def power_curves(
    source: Source, language: Language, key: str, planned: float | None, wanted: float
) -> Figure | None:
    """Power over the number of respondents: one curve an effect, the weakest first; None of a single size."""
    tried = sizes(source)
    subjects = [of for of in source.subjects("planted") if source.value(f"planted:{of}") != 0]
    subjects = sorted(subjects, key=lambda of: source.value(f"power:{of}.{tried[-1]}"))[:MOST]
    if len(tried) < 2 or not subjects:
        return None
    facts = {
        of: [source.fact(f"power:{of}.{n}", style="percent", digits=0) for n in tried] for of in subjects
    }
    bands = {
        of: [[source.value(f"power:{of}.{n}", side) for n in tried] for side in ("ci_low", "ci_high")]
        for of in subjects
    }
    engine = language.word(f"design.engine.{key}")
    notes = [Paragraph(fill(language.word("design.note.curves"), wanted=_share(wanted)), "note")]
    return Figure(
        f"design_curves_{key}", fill(language.word("figure.design_curves"), engine=engine),
        language.word("alt.design_curves"), lambda: _curves(language, tried, facts, bands, planned, wanted),
        tuple(fact for row in facts.values() for fact in row), notes=tuple(notes),
    )  # fmt: skip


def _share(wanted: float) -> Fact:
    return Fact("study/design/power", wanted, "percent", 0)


def _curves(
    language: Language,
    tried: list[int],
    facts: dict[str, list[Fact]],
    bands: dict[str, list[list[float]]],
    planned: float | None,
    wanted: float,
) -> Any:
    figure, (axes,) = curves.sheet(height=2.9 + 0.17 * len(facts))
    reach = tried[-1] - tried[0]
    for k, (subject, row) in enumerate(facts.items()):
        low, high = bands[subject]
        colour, dash = COLOURS[k % len(COLOURS)], ("solid", "dashed", "dotted")[k % 3]
        curves.band(axes, tried, low, high, colour)
        names = f" {language.word('arrow').strip()} ".join(
            language.name(part) for part in reversed(subject.split("~"))
        )
        values = [fact.value for fact in row]
        curves.line(axes, tried, values, shown(language, names), colour=colour, dash=dash, dots=True)
    axes.axhline(wanted, color=PALETTE.quiet, linewidth=0.9, linestyle=(0, (5, 3)))
    axes.set_ylim(0, 1.03)
    axes.set_xlim(
        tried[0] - 0.04 * reach, tried[-1] + 0.12 * reach
    )  # room for the name of the planned number
    if planned is not None:
        axes.axvline(planned, color=PALETTE.quiet, linewidth=0.8, linestyle=(0, (2, 2)))
        name = shown(language, f" {language.word('design.planned')} ")
        axes.text(planned, 0.02, name, fontsize=6.5, color=PALETTE.quiet, ha="left", va="bottom")
    curves.marks(axes, "x", language.integer)
    curves.marks(axes, "y", curves.percents(language))
    curves.titled(axes, language, language.word("design.axis.n"), language.word("design.axis.power"))
    figure.legend(
        loc="outside lower center", frameon=False, fontsize=7, markerfirst=not language.rtl, handlelength=2.6,
    )  # fmt: skip
    return figure
