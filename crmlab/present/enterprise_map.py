"""The canvas and the office graph as tables and figures."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from crmlab.present import curves
from crmlab.present.blocks import EMPTY, Fact, Figure, Paragraph, Spans, Table
from crmlab.present.canvas import lines, shown
from crmlab.present.enterprise_words import figure, heads, note, plain, said, table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed
from crmlab.present.table_parts import level_note
from crmlab.present.theme import PALETTE, TEXT_WIDTH

PLACES = {  # left, bottom, width, height on a sheet of 10 x 6
    "partners": (0, 2, 2, 4), "activities": (2, 4, 2, 2), "resources": (2, 2, 2, 2), "value_propositions": (4, 2, 2, 4),
    "relationships": (6, 4, 2, 2), "channels": (6, 2, 2, 2), "segments": (8, 2, 2, 4), "costs": (0, 0, 5, 2),
    "revenue": (5, 0, 5, 2),
}  # fmt: skip
OFFICES = {"MO": (5.0, 5.2), "BO": (1.5, 3.0), "FO": (8.5, 3.0), "RQ": (5.0, 0.8)}
RATED = 5.0  # highest rating of an effect


def strength(source: Source, block: str) -> float:
    """How strongly CRM affects a block: the largest estimated effect, else the rated one as a share; NaN if neither."""
    found = [
        abs(source.value(f"effect:{of}")) for of in source.subjects("effect") if of.startswith(f"{block}~")
    ]
    if found:
        return min(max(found), 1.0)
    return source.value(f"rating:{block}") / RATED


def evidence(source: Source, language: Language, block: str) -> Spans:
    """One line: what is known of a block; "no evidence" where nothing is."""
    parts: list[Spans] = []
    both = f"item_score:{block}" in source and f"kpi_score:{block}" in source
    if not math.isnan(source.value(f"score:{block}")):
        parts.append(said(language, "line.score", score=source.fact(f"score:{block}", digits=0)))
    if both:
        parts.append(said(language, "line.item", score=source.fact(f"item_score:{block}", digits=0)))
    for of in source.subjects("share"):
        if of.startswith(f"{block}~"):
            share = source.fact(f"share:{of}", style="percent", digits=0)
            parts.append(said(language, f"line.share.{of.partition('~')[2]}", v=share))
    if f"rating:{block}" in source:
        parts.append(said(language, "line.rating", rating=source.fact(f"rating:{block}", digits=0)))
    for of in source.subjects("effect"):
        if of.startswith(f"{block}~"):
            term, name = f"effect:{of}", language.name(of.partition("~")[2])
            low, high = source.fact(term, "ci_low"), source.fact(term, "ci_high")
            key = "line.effect_bare" if math.isnan(low.value) else "line.effect"
            parts.append(said(language, key, name=name, v=source.fact(term), lo=low, hi=high))
    joined: list[Any] = []
    for part in parts:
        joined += [language.word("semicolon"), *part] if joined else [*part]
    return tuple(joined) or (language.word("ent.no_evidence"),)


def canvas_figure(source: Source, coverage: Source, language: Language) -> Figure:
    """The nine blocks: the marked ones coloured by effect, the others grey, those without evidence said so."""
    facts = [source.fact(f"{what}:{block}") for what in ("score", "rating") for block in PLACES]
    facts += [source.fact(f"{kind}:{of}") for kind in ("effect", "share") for of in source.subjects(kind)]

    def draw() -> Any:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.figure import Figure as Canvas
        from matplotlib.patches import Rectangle

        ramp = LinearSegmentedColormap.from_list("effect", ["#f1f6fb", "#b4d0e8", "#74a9d6"])
        picture = Canvas(figsize=(TEXT_WIDTH, 4.3))
        axes = picture.add_axes((0.01, 0.01, 0.98, 0.98))
        axes.set_xlim((10, 0) if language.rtl else (0, 10))
        axes.set_ylim(0, 6)
        axes.axis("off")
        for block, (x, y, w, h) in PLACES.items():
            marked, size = coverage.value(f"marked:{block}") == 1, strength(source, block)
            known = source.value(f"evidence:{block}") > 0 or not math.isnan(size)
            face: Any = "#e3e6e9" if not marked else "white" if math.isnan(size) else ramp(size)
            dash: Any = "-" if known or not marked else (0, (4, 3))
            axes.add_patch(
                Rectangle(
                    (x + 0.05, y + 0.05),
                    w - 0.1,
                    h - 0.1,
                    facecolor=face,
                    edgecolor=PALETTE.quiet,
                    linestyle=dash,
                    linewidth=0.9,
                )
            )
            ink = PALETTE.ink
            wide = 15 if w == 2 else 60
            title = lines(language, language.word(f"subject.{block}"), wide)
            text = (
                plain(language, evidence(source, language, block))
                if marked or known
                else language.word("ent.unmarked")
            )
            axes.text(
                x + w / 2,
                y + h - 0.25,
                title,
                ha="center",
                va="top",
                fontsize=8,
                fontweight="bold",
                color=ink,
            )
            parts = text.split(language.word("semicolon"))
            body = "\n".join(
                shown(language, line) for part in parts for line in textwrap.wrap(part, wide + 3)
            )
            axes.text(x + w / 2, y + (h - 0.5) / 2, body, ha="center", va="center", fontsize=6.5, color=ink)
        return picture

    return figure(language, "canvas", draw, facts, notes=(note(language, "canvas"),))


def canvas_table(source: Source, coverage: Source, language: Language) -> Table:
    """One line of evidence for every block."""
    rows: list[tuple[Spans, ...]] = []
    for block in PLACES:
        marked = language.word("ent.yes" if coverage.value(f"marked:{block}") == 1 else "ent.no")
        number = source.cell(f"evidence:{block}", style="integer")
        rows.append(
            ((language.word(f"subject.{block}"),), (marked,), number, evidence(source, language, block))
        )
    header = heads(language, "block", "marked", "pieces", "evidence")
    return table(source, language, "canvas_evidence", header, rows, widths=(2, 1, 1, 4), align="sccs")


def office_graph(source: Source, language: Language) -> Figure:
    """The offices and the strengths of what passes between them."""
    pairs = source.subjects("path")
    facts = [source.fact(f"path:{pair}") for pair in pairs]

    def draw() -> Any:
        from matplotlib.figure import Figure as Canvas

        picture = Canvas(figsize=(TEXT_WIDTH * 0.8, 3.3))
        axes = picture.add_axes((0.01, 0.01, 0.98, 0.98))
        axes.set_xlim((10, 0) if language.rtl else (0, 10))
        axes.set_ylim(0, 6)
        axes.axis("off")
        for pair, fact in zip(pairs, facts, strict=True):
            outcome, _, cause = pair.partition("~")
            low, high = source.value(f"path:{pair}", "ci_low"), source.value(f"path:{pair}", "ci_high")
            sure = low > 0 or high < 0
            start, end = _between(OFFICES[cause], OFFICES[outcome])
            axes.annotate("", xy=end, xytext=start, arrowprops={
                "arrowstyle": "-|>", "color": PALETTE.main if sure else PALETTE.quiet, "linewidth": 1.3,
                "linestyle": "-" if sure else (0, (4, 3)), "shrinkA": 0, "shrinkB": 0,
            })  # fmt: skip
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
            axes.text(*middle, shown(language, language.number(fact.value)), fontsize=8, ha="center", va="center",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
        for node, place in OFFICES.items():
            if node in {part for pair in pairs for part in pair.split("~")}:
                text = lines(language, language.word(f"ent.office.{node}"), 18)
                axes.text(*place, text, fontsize=8.5, ha="center", va="center", linespacing=1.3,
                          bbox={"boxstyle": "round,pad=0.45", "facecolor": PALETTE.faint, "edgecolor": PALETTE.main})  # fmt: skip
        return picture

    return figure(language, "office_graph", draw, facts, width=0.8, notes=(note(language, "office_graph"),))


def _between(
    a: tuple[float, float], b: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of an arrow that leaves room for the boxes of both."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    part = min(1.75 / abs(dx) if dx else 1.0, 0.62 / abs(dy) if dy else 1.0)
    return (a[0] + dx * part, a[1] + dy * part), (b[0] - dx * part, b[1] - dy * part)


def office_paths(source: Source, language: Language) -> Table:
    """The strengths of the paths, with their intervals."""
    rows: list[tuple[Spans, ...]] = []
    for pair in source.subjects("path"):
        outcome, _, cause = pair.partition("~")
        way: Spans = (
            language.word(f"ent.office.{cause}"),
            language.word("arrow"),
            language.word(f"ent.office.{outcome}"),
        )
        term = f"path:{pair}"
        rows.append(
            (way, source.cell(term), source.interval(term, language), source.cell(term, "p_value", "p", 3))
        )
    header = heads(language, "way", "strength", "interval", "p")
    notes = (note(language, "office_paths"), level_note(source, language))
    return table(source, language, "office_paths", header, rows, widths=(3.4, 1, 1.6, 1), notes=notes)


def ripple_figure(source: Source, language: Language, months: int | None) -> Figure:
    """How far each office moves, month by month, after a lasting cut of the middle office's budget."""
    nodes = list(dict.fromkeys(of.rpartition(".")[0] for of in source.subjects("ripple")))
    nodes = [node for node in OFFICES if node in nodes]
    periods = int(source.result.glance["periods"])
    facts = [source.fact(f"ripple:{node}.{t}") for node in nodes for t in range(periods + 1)]

    def draw() -> Any:
        picture, panels = curves.sheet(panels=len(nodes), height=1.25)
        x = [float(t * (months or 1)) for t in range(periods + 1)]
        for place, (node, axes) in enumerate(zip(nodes, panels, strict=True)):
            low, middle, high = (
                [source.value(f"ripple:{node}.{t}", side) for t in range(periods + 1)]
                for side in ("ci_low", "estimate", "ci_high")
            )
            curves.band(axes, x, low, high, PALETTE.main)
            curves.line(axes, x, middle, "", dots=True)
            axes.axhline(0, color=PALETTE.quiet, linewidth=0.8)
            axes.set_xlim(0, x[-1])
            curves.marks(axes, "y", curves.plainly(language), 3)
            each = max(1, math.ceil(periods / 6))
            axes.set_xticks(x[::each], [language.integer(value) for value in x[::each]], fontsize=7)
            last = place == len(nodes) - 1
            curves.titled(
                axes,
                language,
                language.word("ent.axis.months" if months else "ent.axis.periods") if last else "",
                "",
                language.word(f"ent.office.{node}"),
            )
        return picture

    return figure(
        language, "ripple", draw, facts, notes=(note(language, "ripple"), level_note(source, language))
    )


def steady(source: Source, language: Language) -> Table:
    """Where a lasting cut by one standard deviation leads in the end."""
    nodes = [node for node in OFFICES if f"steady:{node}" in source]
    rows: list[tuple[Spans, ...]] = [
        (
            (language.word(f"ent.office.{node}"),),
            source.cell(f"steady:{node}"),
            (EMPTY,) if node == "MO" else source.interval(f"steady:{node}", language),  # the cut itself
        )
        for node in nodes
    ]
    header = heads(language, "layer", "change", "interval")
    notes = (note(language, "steady"), level_note(source, language))
    return table(source, language, "steady", header, rows, widths=(3, 1.3, 2), notes=notes)


def cut(source: Source, language: Language) -> Table:
    """What a cut saves and loses over the horizon."""
    rows: list[tuple[Spans, ...]] = []
    for key in ("saved_now", "saved", "lost", "net"):
        rows.append(
            (said(language, f"cut.{key}"), source.cell(key, digits=0), source.interval(key, language, 0))
        )
    rows.append(
        (said(language, "cut.break_even_month"), source.cell("break_even_month", style="integer"), (EMPTY,))
    )
    for key in ("break_even_share", "loss_chance"):
        if key in source:
            rows.append((said(language, f"cut.{key}"), source.cell(key, style="percent", digits=1), (EMPTY,)))
    header = heads(language, "quantity", "number", "interval")
    notes: tuple[Paragraph, ...] = (note(language, "cut"), level_note(source, language))
    return table(source, language, "cut", header, rows, widths=(3.4, 1.4, 2), notes=notes)


def horizon(source: Source) -> tuple[Fact, Fact]:
    """The last month of a scenario and its number of periods."""
    months = [int(of) for of in source.subjects("net_by")]
    last = Fact(f"counted/{source.address}/months", float(max(months)), "integer")
    return last, source.glance("periods", "integer")


def named_blocks(language: Language, blocks: list[str]) -> Spans:
    """Blocks of the canvas as a list in running text."""
    return listed(language, [(language.word(f"subject.{block}"),) for block in blocks])
