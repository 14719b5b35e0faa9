"""The five stages of LIC as tables and figures: profile, needs, merging, the brief by segment, peers and ideas."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

from crmlab.present.blocks import EMPTY, Fact, Figure, Hidden, Label, Spans, Strong, Table
from crmlab.present.canvas import TALLEST, canvas, lines, marked, shown, ticks
from crmlab.present.curves import SECOND
from crmlab.present.enterprise_words import element, figure, heads, note, rated, said, split, table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed
from crmlab.present.table_parts import failed_notes, level_note
from crmlab.present.theme import PALETTE
from crmlab.study.maturity import HIGHEST, elements

MOST_SEGMENTS = 6
MOST_IDEAS = 2  # practices named for each unit


def segments(source: Source) -> list[str]:
    """The segments of a brief, the largest first."""
    return sorted(source.subjects("segment_size"), key=lambda name: -source.value(f"segment_size:{name}"))


def needs_of(source: Source, segment: str) -> list[str]:
    """The needs that a segment was asked about."""
    return [of[: -len(segment) - 1] for of in source.subjects("unmet") if of.endswith(f".{segment}")]


def segment_word(language: Language, segment: str) -> Spans:
    """A group of step 07, an answer to an item, or a name of the study's own."""
    own = language.names.get(f"segment:{segment}") or language.names.get(segment)
    if own is not None:
        return (Label(own),)
    if re.fullmatch(r"S\d+", segment):
        return (language.word("seg.group.S", k=language.digits(segment[1:])),)
    return (language.word(f"group.{segment}"),) if language.knows(f"group.{segment}") else (Label(segment),)


def need_word(language: Language, need: str) -> Label:
    """A need in the study's words; one that the study file declares bears its label."""
    return Label(language.names.get(f"need:{need}", need))


def stages(
    source: Source, stages: Source, gap: Source | None, facts: dict[str, Spans], language: Language
) -> Table:
    """Each stage with its level, the units that have passed it, the number that is its own, and the next action."""
    names = stages.subjects("gates_passed")
    rows = []
    for code in rated(source, "lic"):
        passed = sum(stages.value(f"passed:{code}.{unit}") == 1 for unit in names)
        level = source.value(f"level_mean:{code}")
        after = min(max(math.floor(level + 1e-9), 1) + 1, HIGHEST)
        rows.append(
            (
                element(language, code), source.cell(f"level_mean:{code}"), source.interval(f"level_mean:{code}", language),
                gap.cell(f"gap_mean:{code}") if gap else (EMPTY,),
                (Fact(f"counted/{stages.address}/passed_{code}", passed, "integer"),), facts.get(code, (EMPTY,)),
                (Label(elements()[code].levels[after][language.code]),),
            )
        )  # fmt: skip
    header = heads(language, "stage", "level", "interval", "gap", "units_through", "own_fact", "next_action")
    notes = (
        note(
            language,
            "lic_stages",
            threshold=stages.glance("threshold", digits=1),
            n=_count(stages, len(names)),
        ),
        level_note(source, language),
    )
    return table(
        source, language, "lic_stages", header, rows, widths=(2.1, 0.65, 1.2, 0.75, 0.75, 1.6, 2.2), align="sccccss",
        notes=notes, failed=False,
    )  # fmt: skip


def _count(source: Source, number: int) -> Fact:
    return Fact(f"counted/{source.address}/units", number, "integer")


def needs(source: Source, language: Language) -> Table:
    """Importance, performance and the gap of each need, the worst met first."""
    rows = []
    for need in sorted(source.subjects("need_gap"), key=lambda of: -_low(source.value(f"need_gap:{of}"))):
        rows.append(
            (
                (need_word(language, need),), source.cell(f"importance:{need}"), source.cell(f"performance:{need}"),
                source.cell(f"need_gap:{need}"), source.interval(f"need_gap:{need}", language),
                source.cell(f"respondents:{need}", style="integer"),
            )
        )  # fmt: skip
    header = heads(language, "need", "importance", "performance", "unmet", "interval", "judges")
    notes = (note(language, "needs"),)
    return table(
        source, language, "need_gaps", header, rows, widths=(2.4, 1.15, 1.25, 0.9, 1.5, 0.8), notes=notes
    )


def _low(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def need_figure(source: Source, language: Language) -> Figure | None:
    """From how well a need is met to how important it is: the longer the bar, the wider the gap."""
    order = sorted(source.subjects("need_gap"), key=lambda of: -_low(source.value(f"need_gap:{of}")))
    if len(order) < 2:
        return None
    facts = [source.fact(f"{what}:{need}") for need in order for what in ("importance", "performance")]

    def draw() -> Any:
        labels = [lines(language, need_word(language, need).text, 30) for need in order]
        picture, axes = canvas(language, labels, len(order), foot=0.75, pitch=min(0.3, TALLEST / len(order)))
        for row, need in enumerate(order):
            want, get = source.value(f"importance:{need}"), source.value(f"performance:{need}")
            axes.plot(
                [get, want], [row, row], color=SECOND if want > get else PALETTE.line, linewidth=4, zorder=1
            )
            for value, filled, name in ((get, True, "performance"), (want, False, "importance")):
                face = PALETTE.main if filled else "white"
                word = shown(language, language.plain(said(language, f"column.{name}"))) if row == 0 else None
                axes.plot(
                    [value], [row], "o", ms=6, mfc=face, mec=PALETTE.main, mew=1.3, label=word, linestyle=""
                )
        axes.set_yticks(range(len(order)), labels, fontsize=8)
        low, high = axes.get_xlim()
        axes.set_xlim(low, high)
        marks = [mark for mark in axes.get_xticks() if low <= mark <= high]
        ticks(axes, language, marks, marked(language, marks))
        axes.legend(
            frameon=False, fontsize=7.5, loc="upper center", bbox_to_anchor=(0.5, -0.28 if len(order) < 8 else -0.16),
            ncols=2, markerfirst=not language.rtl,
        )  # fmt: skip
        return picture

    return figure(language, "need_figure", draw, facts)


def brief(source: Source, language: Language, threshold: int = 0) -> Table:
    """What each segment wants and does not get, and what describes it: the brief for a new product."""
    names = segments(source)[:MOST_SEGMENTS]
    small = {name for name in names if source.value(f"segment_size:{name}") < threshold}
    size: list[Spans] = [
        (Hidden(threshold),) if name in small else source.cell(f"segment_size:{name}", style="integer")
        for name in names
    ]
    rows: list[tuple[Spans, ...]] = [(said(language, "brief.size"), *size), (said(language, "brief.gaps"),)]
    best = {name: [of for of in source.subjects("top_need") if of.endswith(f".{name}")] for name in names}
    for need in needs_of(source, names[0]):
        cells: list[Spans] = []
        for name in names:
            if name in small:
                cells.append((Hidden(),))
                continue
            fact = source.fact(f"unmet:{need}.{name}")
            top = best[name] == [f"{need}.{name}"]
            strong = Fact(fact.address, fact.value, fact.style, fact.digits, strong=top)
            cells.append((EMPTY,) if math.isnan(fact.value) else (strong,))
        rows.append(((need_word(language, need),), *cells))
    columns = [of[: -len(names[0]) - 1] for of in source.subjects("profile") if of.endswith(f".{names[0]}")]
    rows += [(said(language, "brief.profile"),)] if columns else []
    for column in columns:
        told = [(Hidden(),) if name in small else source.cell(f"profile:{column}.{name}") for name in names]
        rows.append(((Label(language.name(column)),), *told))
    header = (*heads(language, "need"), *(segment_word(language, name) for name in names))
    widths = (2.4, *[1.0] * len(names))
    checks = tuple(check for check in source.result.checks if check.name.partition(":")[2] not in small)
    seen = Source(source.address, replace(source.result, checks=checks))  # a note would name a hidden size
    return table(
        seen, language, "product_brief", header, rows, widths=widths, notes=(note(language, "brief"),)
    )


def integration(source: Source, language: Language) -> Table:
    """What share of each source's records is known to the ledger."""
    rows: list[tuple[Spans, ...]] = []
    for name in source.subjects("match_rate"):
        word = f"ent.source.{name}"
        first: Spans = (language.word(word),) if language.knows(word) else (Label(name),)
        lost = source.cell(f"unmatched:{name}", style="integer")
        rows.append((first, *_rate(source, language, f"match_rate:{name}"), lost))
    whole = (Strong(language.word("ent.source.all")),)
    rows.append((whole, *_rate(source, language, "match_rate"), (EMPTY,)))
    header = heads(language, "source", "match_rate", "interval", "unmatched")
    notes = (note(language, "integration"), level_note(source, language))
    return table(
        source, language, "integration_sources", header, rows, widths=(2.6, 1.1, 1.6, 1.4), notes=notes, kind="integration",
    )  # fmt: skip


def _rate(source: Source, language: Language, term: str) -> tuple[Spans, Spans]:
    low, high = (source.fact(term, side, "percent", 1) for side in ("ci_low", "ci_high"))
    ends: Spans = (EMPTY,) if math.isnan(low.value) else said(language, "range", low=low, high=high)
    return source.cell(term, style="percent", digits=1), ends


def efficiency(source: Source, language: Language) -> Figure | None:
    """How close each unit comes to the frontier; the efficient ones reach it."""
    order = sorted(source.subjects("efficiency"), key=lambda unit: -source.value(f"efficiency:{unit}"))
    if len(order) > 40:
        return None
    facts = [source.fact(f"efficiency:{unit}", style="percent", digits=0) for unit in order]

    def draw() -> Any:
        labels = [shown(language, unit) for unit in order]
        picture, axes = canvas(language, labels, len(order), foot=0.5, pitch=min(0.24, TALLEST / len(order)))
        for row, (unit, fact) in enumerate(zip(order, facts, strict=True)):
            whole = source.value(f"efficient:{unit}") == 1
            axes.barh(row, fact.value, height=0.62, color=PALETTE.main if whole else SECOND)
            axes.text(fact.value - 0.012, row, language.percent(fact.value, 0), fontsize=7, va="center",
                      color="white", ha="left" if language.rtl else "right")  # fmt: skip
        axes.set_xlim(0, 1.05)
        axes.axvline(1, color=PALETTE.ink, linewidth=0.9, linestyle=(0, (4, 2)))
        axes.set_yticks(range(len(order)), labels, fontsize=8)
        marks = [0, 0.25, 0.5, 0.75, 1]
        ticks(axes, language, marks, [language.percent(mark, 0) for mark in marks])
        axes.set_xlabel(shown(language, language.word("ent.axis.efficiency")), fontsize=7.5)
        return picture

    return figure(language, "efficiency", draw, facts, notes=(note(language, "efficiency"),))


def ideas(source: Source, best: Source | None, language: Language) -> Table:
    """Each unit, how efficient it is, its peers, and the practices in which a peer stands well above it."""
    rows: list[tuple[Spans, ...]] = []
    for unit in source.subjects("efficiency"):
        peers = [of.partition("~")[2] for of in source.subjects("peer") if of.partition("~")[0] == unit]
        peers = [peer for peer in peers if peer != unit]
        if best is not None and not best.value(f"ideas:{unit}") > 0:
            continue  # the sentence names the efficient units; a row without a practice would hold nothing
        named = listed(
            language, [(Label(peer), " (", source.fact(f"peer:{unit}~{peer}"), ")") for peer in peers]
        )
        first: list[Spans] = [(Label(unit),), source.cell(f"efficiency:{unit}", style="percent", digits=0)]
        rows.append((*first, named or (EMPTY,), _borrowed(best, language, unit)))
    header = heads(language, "unit", "efficiency", "peers", "ideas")
    bad = failed_notes(best, language) if best is not None else ()
    widths = (1.2, 0.85, 2.1, 4)
    return table(
        source,
        language,
        "ideas",
        header,
        rows,
        widths=widths,
        align="scss",
        notes=(note(language, "ideas"), *bad),
    )


def _borrowed(best: Source | None, language: Language, unit: str) -> Spans:
    """The widest leads of a unit's peers, an element once, in words."""
    if best is None:
        return (EMPTY,)
    widest: dict[str, str] = {}
    for of in sorted(best.subjects("borrow"), key=lambda of: -best.value(f"borrow:{of}")):
        code, rest = split(of)
        if rest.partition("~")[0] == unit:
            widest.setdefault(code, of)
    parts = [
        (*element(language, code), " (+", best.fact(f"borrow:{of}", digits=1), ")")
        for code, of in list(widest.items())[:MOST_IDEAS]
    ]
    if not parts:
        return (EMPTY,)
    more = len(widest) - len(parts)
    spans = listed(language, parts)
    if more:
        spans += said(language, "more", k=Fact(f"counted/{best.address}/more_{unit}", more, "integer"))
    return spans


def aims(source: Source, language: Language) -> Table:
    """What each figure of a unit would be at the frontier, and by how much it misses that."""
    figures = list(dict.fromkeys(split_last(of, source)[0] for of in source.subjects("aim")))
    rows: list[tuple[Spans, ...]] = []
    for unit in source.subjects("efficiency"):
        if source.value(f"efficient:{unit}") != 1:
            rows.append(((Label(unit),), *(source.cell(f"aim:{name}.{unit}", digits=1) for name in figures)))
    header = (*heads(language, "unit"), *((Label(name),) for name in figures))
    notes = (note(language, "aims"),)
    return table(
        source, language, "aims", header, rows, widths=(1.6, *[1.0] * len(figures)), notes=notes, failed=False
    )


def split_last(subject: str, source: Source) -> tuple[str, str]:
    """ "<figure>.<unit>" where both may hold dots: the unit is one that has an efficiency."""
    units = [unit for unit in source.subjects("efficiency") if subject.endswith(f".{unit}")]
    unit = max(units, key=len)
    return subject[: -len(unit) - 1], unit
