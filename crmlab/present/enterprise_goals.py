"""Goals as tables and figures: the board, the tracing matrix, the schedule and the roadmap."""

from __future__ import annotations

import math
from typing import Any

from crmlab.present.blocks import EMPTY, Fact, Figure, Label, Spans, Strong, Table
from crmlab.present.canvas import TALLEST, canvas, lines, shown, ticks
from crmlab.present.enterprise_words import (
    element,
    figure,
    heads,
    note,
    said,
    split,
    table,
)
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed
from crmlab.present.theme import PALETTE

LOWEST, HIGHEST = -0.5, 1.5  # attainment that the board has room for
PLANS = ("expected", "robust", "regret")


def named(admitted: Source | None, goal: str) -> str:
    """The figure a goal is measured by; "" where it has none."""
    if admitted is None:
        return ""
    found = [of for of in admitted.subjects("kpi") if of.startswith(f"{goal}.")]
    return found[0][len(goal) + 1 :] if found else ""


def model_of(admitted: Source | None, goal: str) -> str:
    """The model a goal belongs to; "" where it is not known."""
    found = [of for of in (admitted.subjects("stage") if admitted else []) if of.startswith(f"{goal}.")]
    return found[0][len(goal) + 1 :] if found else ""


def board(source: Source, admitted: Source | None, language: Language) -> Table:
    """Every goal: its figures, how far it has come, and what is missing of it."""
    rows: list[tuple[Spans, ...]] = []
    last = ""
    for goal in source.subjects("attainment"):
        model = model_of(admitted, goal)
        if model and model != last:
            rows.append((said(language, f"model.{model}"),))
            last = model
        name = named(admitted, goal)
        lacks = [split(of)[0] for of in source.subjects("missing") if of.partition(".")[2] == goal]
        state: Spans = ()
        if lacks:
            state = (
                language.word("ent.lacks"),
                *listed(language, [said(language, f"field.{one}") for one in lacks]),
            )
        elif source.value(f"overdue:{goal}") == 1:
            state = (language.word("ent.overdue"),)
        elif source.value(f"attainment:{goal}") >= 1:
            state = (language.word("ent.attained"),)
        place: Spans = (Label(goal), language.word("ent.colon"), Label(name)) if name else (Label(goal),)
        figures = [_figure(admitted, f"{what}:{goal}") for what in ("baseline", "target", "actual")]
        reached = source.cell(f"attainment:{goal}", style="percent", digits=0)
        rows.append((place, *figures, reached, state or (EMPTY,)))
    header = heads(language, "goal", "baseline", "target", "actual", "attainment", "state")
    return table(
        source, language, "goal_board", header, rows, widths=(2.7, 1, 1, 1, 1.1, 1.9), notes=(note(language, "goals"),)
    )  # fmt: skip


def _figure(admitted: Source | None, term: str) -> Spans:
    """A figure of a goal without decimals it does not need."""
    if admitted is None:
        return (EMPTY,)
    value = admitted.value(term)
    return admitted.cell(term, digits=0 if math.isnan(value) or value == round(value) else 1)


def chart(source: Source, admitted: Source | None, language: Language) -> Figure:
    """How far each goal has come, beside its target."""
    goals = source.subjects("attainment")
    facts = [source.fact(f"attainment:{goal}", style="percent", digits=0) for goal in goals]
    late = {goal for goal in goals if source.value(f"overdue:{goal}") == 1}

    def draw() -> Any:
        labels = []
        for goal in goals:
            name = named(admitted, goal)
            text = f"{goal}{language.word('ent.colon')}{name}" if name else goal
            labels.append(lines(language, text, 34))
        pitch = min(
            0.26 if all("\n" not in label for label in labels) else 0.31, TALLEST / max(len(goals), 1)
        )
        picture, axes = canvas(language, labels, len(goals), foot=0.5, pitch=pitch)
        axes.set_xlim(LOWEST, HIGHEST)
        for row, (goal, fact) in enumerate(zip(goals, facts, strict=True)):
            if math.isnan(fact.value):
                axes.text(0.02, row, shown(language, language.word("ent.no_figure")), fontsize=7,
                          color=PALETTE.quiet, va="center", ha="right" if language.rtl else "left")  # fmt: skip
                continue
            width = min(max(fact.value, LOWEST), HIGHEST)
            colour = PALETTE.bad if goal in late else PALETTE.main
            axes.barh(row, width, height=0.62, color=colour)
            beyond = max(width, 0.0) + 0.03
            axes.text(beyond, row, language.percent(fact.value, 0), fontsize=7, va="center",
                      ha="right" if language.rtl else "left")  # fmt: skip
        axes.axvline(1, color=PALETTE.ink, linewidth=0.9, linestyle=(0, (4, 2)))
        axes.axvline(0, color=PALETTE.quiet, linewidth=0.8)
        axes.set_yticks(range(len(goals)), labels, fontsize=7.5)
        marks = [-0.5, 0, 0.5, 1, 1.5]
        ticks(axes, language, marks, [language.percent(mark, 0) for mark in marks])
        axes.set_xlabel(shown(language, language.word("ent.axis.attainment")), fontsize=7.5)
        return picture

    return figure(language, "goal_chart", draw, facts, notes=(note(language, "goal_chart"),))


def tracing(source: Source, admitted: Source | None, language: Language) -> Table | None:
    """CRM goals down, goals of the business across: which serves which."""
    crm, business = source.subjects("serves"), source.subjects("served_by")
    if not crm or len(business) > 8:
        return None
    pairs = set(source.subjects("traces"))
    rows: list[tuple[Spans, ...]] = []
    for goal in crm:
        name = named(admitted, goal)
        first: Spans = (Label(goal), language.word("ent.colon"), Label(name)) if name else (Label(goal),)
        marks: list[Spans] = [("●",) if f"{goal}~{one}" in pairs else ("",) for one in business]
        rows.append((first, *marks, source.cell(f"serves:{goal}", style="integer")))
    total: list[Spans] = [source.cell(f"served_by:{one}", style="integer") for one in business]
    rows.append(((Strong(language.word("ent.served")),), *total, ("",)))
    header = (
        *heads(language, "crm_goal"), *((Label(one),) for one in business), *heads(language, "serves")
    )  # fmt: skip
    listing = listed(
        language,
        [(Label(one), language.word("ent.colon"), Label(named(admitted, one) or "–")) for one in business],
    )
    notes = (note(language, "tracing", list=listing),)
    widths = (2.8, *[0.8] * len(business), 1)
    return table(source, language, "tracing", header, rows, widths=widths, notes=notes)


def schedule(source: Source, language: Language) -> Table:
    """When each step can start and end, and how long it may wait."""
    priced = source.result.glance.get("cost", 0) > 0
    rows = []
    for step in sorted(source.subjects("order"), key=lambda of: source.value(f"order:{of}")):
        cells = [source.cell(f"{what}:{step}", digits=0) for what in ("start", "finish", "slack")]
        cells += [source.cell(f"spent:{step}", digits=0)] if priced else []
        rows.append((element(language, step), *cells))
    keys = ["element", "start", "finish", "slack", *(["spent"] if priced else [])]
    widths = (2.6, 1, 1, 1, *((1.3,) if priced else ()))
    return table(
        source,
        language,
        "schedule",
        heads(language, *keys),
        rows,
        widths=widths,
        notes=(note(language, "schedule"),),
    )


def roadmap(source: Source, language: Language) -> Table:
    """Which steps each plan buys, and what it is worth."""
    steps = [of.removesuffix(".expected") for of in source.subjects("chosen") if of.endswith(".expected")]
    rows: list[tuple[Spans, ...]] = []
    for step in steps:
        code, _, to = step.rpartition(".")
        picked: list[Spans] = [
            ("●",) if source.value(f"chosen:{step}.{plan}") > 0.5 else ("",) for plan in PLANS
        ]
        level = Fact(f"counted/{source.address}/{step}", float(to), "integer")
        rows.append((said(language, "step_to", element=element(language, code), level=level), *picked))
    for key, digits, style in (("cost", 0, "number"), ("value", 0, "number"), ("worst_value", 0, "number"), ("loss_chance", 1, "percent")):  # fmt: skip
        cells = [source.cell(f"{key}:{plan}", style=style, digits=digits) for plan in PLANS]  # type: ignore[arg-type]
        rows.append(((Strong(language.word(f"ent.plan.{key}")),), *cells))
        if key == "value":
            spans = [source.interval(f"value:{plan}", language, 0) for plan in PLANS]
            rows.append(((Strong(language.word("ent.plan.interval")),), *spans))
    header = (*heads(language, "step"), *(said(language, f"plan.{plan}") for plan in PLANS))
    notes = (note(language, "roadmap", worst=source.glance("worst", "percent", 0), level=source.level),)
    return table(source, language, "roadmap", header, rows, widths=(2.8, 1.5, 1.5, 1.5), notes=notes)


def information(source: Source, language: Language) -> Table | None:
    """What perfect knowledge of each element's effect would be worth."""
    codes = sorted(source.subjects("evppi"), key=lambda of: -source.value(f"evppi:{of}"))
    if not codes:
        return None
    rows: list[tuple[Spans, ...]] = [
        (element(language, code), source.cell(f"evppi:{code}", digits=0)) for code in codes
    ]
    rows.append(((Strong(language.word("ent.everything")),), source.cell("evpi", digits=0)))
    return table(
        source,
        language,
        "information",
        heads(language, "element", "evppi"),
        rows,
        widths=(3, 1.6),
        notes=(note(language, "information"),),
    )
