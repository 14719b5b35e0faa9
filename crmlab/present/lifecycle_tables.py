"""The life cycle as tables: stages, moves, conversion and retention, self-placement, what to stress."""

from __future__ import annotations

from crmlab.present.behaviour_tables import hidden_note
from crmlab.present.blocks import EMPTY, Fact, Hidden, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.segment_tables import percents
from crmlab.present.segment_words import Look
from crmlab.present.sentences import listed
from crmlab.present.table_parts import arrow, failed_notes, level_note

STAGES = ("acquire", "enhance", "retain", "lost")
PLACES = ("acquire", "enhance", "retain")
KAPPAS = ("plain", "linear", "quadratic")
LATEST = 8  # periods a table shows


def stages(source: Source, look: Look) -> Table:
    """06 stages: who is where, with what money, and for how long."""
    few = look.few(source)
    rows: list[tuple[Spans, ...]] = []
    timed = bool(source.subjects("time"))
    for name in STAGES:
        label: Spans = (look.stage(name),)
        if name in few:
            rows.append((label, (Hidden(look.ways.threshold),), *[(Hidden(),)] * (3 + 2 * timed)))
            continue
        cells = [
            source.cell(f"customers:{name}", style="integer"),
            source.cell(f"share:{name}", style="percent", digits=1),
        ]
        cells += [
            percents(source, look, f"share:{name}"),
            source.cell(f"money_share:{name}", style="percent", digits=1),
        ]
        if timed:
            cells += [
                source.cell(f"time:{name}", digits=1),
                source.interval(f"time:{name}", look.language, 1),
            ]
        rows.append((label, *cells))
    header = look.head(
        "stage", "customers", "share", "interval", "money_share", *(["time", "interval"] if timed else [])
    )
    notes = [look.note("stages"), level_note(source, look.language)]
    notes += [look.note("time")] if timed else []
    notes += [hidden_note(look.ways)] if few else []
    everything = (*notes, *failed_notes(source, look.language))
    widths = (1.4, 1.0, 0.9, 1.7, 1.1, *([1.2, 1.5] if timed else []))
    return Table("stages", look.ways.said("seg.caption.stages"), header, tuple(rows), "", widths, everything)


def transitions(source: Source, look: Look) -> Table | None:
    """06 transitions: chances of the stage a period later, with intervals."""
    pairs = source.subjects("chance")
    starts = [name for name in ("prospect", *STAGES) if any(pair.startswith(f"{name}-") for pair in pairs)]
    if not starts:
        return None
    stops = (["prospect"] if "prospect" in starts else []) + list(STAGES)
    rows: list[tuple[Spans, ...]] = []
    hidden = False
    for start in starts:
        moves = [source.value(f"moves:{start}-{stop}") for stop in stops if f"moves:{start}-{stop}" in source]
        if 0 < sum(moves) < look.ways.threshold:
            rows.append(((look.stage(start),), (Hidden(look.ways.threshold),), *[(Hidden(),)] * len(stops)))
            hidden = True
            continue
        cells = [_chance(source, look, f"{start}-{stop}") for stop in stops]
        told = Fact(f"counted/{source.address}/moves/{start}", sum(moves), "integer")
        rows.append(((look.stage(start),), (told,), *cells))
    header = (*look.head("from", "moves"), *((look.stage(stop),) for stop in stops))
    notes = [look.note("transitions", level=source.level)]
    notes += [look.note("transitions_prospects")] if "prospect" in starts else []
    notes += [hidden_note(look.ways)] if hidden else []
    everything = (*notes, *failed_notes(source, look.language))
    widths = (1.3, 0.9, *[1.5] * len(stops))
    return Table(
        "transitions", look.ways.said("seg.caption.transitions"), header, tuple(rows), "", widths, everything
    )


def _chance(source: Source, look: Look, pair: str) -> Spans:
    term = f"chance:{pair}"
    if term not in source or source.value(term) == 0:
        return (EMPTY,)
    return (source.fact(term, style="percent", digits=1), " (", *percents(source, look, term), ")")


def movement(source: Source, look: Look) -> Table:
    """06 movement: newcomers, conversion, retention and return, period by period."""
    periods = source.subjects("day")[-LATEST:]
    prospects = bool(source.subjects("conversion"))
    rows: list[tuple[Spans, ...]] = []
    hidden = any(0 < source.value(f"entered:{k}") < look.ways.threshold for k in periods)
    for k in periods:
        cells: list[Spans] = [_counted(source.fact(f"entered:{k}", style="integer"), look)]
        cells += [_rate(source, look, "conversion", k)] if prospects else []
        cells += [_rate(source, look, "retention", k), _rate(source, look, "back", k)]
        rows.append(((look.ways.day(source.value(f"day:{k}")),), *cells))
    whole: list[Spans] = [(EMPTY,), *([_rate(source, look, "conversion", "all")] if prospects else [])]
    whole += [_rate(source, look, "retention", "all"), (EMPTY,)]
    rows.append(((Strong(look.language.word("seg.all_periods")),), *whole))
    header = look.head("period", "entered", *(["conversion"] if prospects else []), "retention", "back")
    notes = (look.note("movement", level=source.level), *([look.note("movement_all")] if prospects else []))
    notes = (*notes, hidden_note(look.ways)) if hidden else notes
    widths = (1.3, 1.0, *([1.8] if prospects else []), 1.8, 1.8)
    return Table("movement", look.ways.said("seg.caption.movement"), header, tuple(rows), "", widths, notes)


def _counted(fact: Fact, look: Look) -> Spans:
    """A number of people, unless too few."""
    return (Hidden(look.ways.threshold),) if 0 < fact.value < look.ways.threshold else (fact,)


def _rate(source: Source, look: Look, name: str, k: str) -> Spans:
    term = f"{name}:{k}"
    if term not in source:
        return (EMPTY,)
    if source.value(f"{name}_of:{k}") < look.ways.threshold:
        return (Hidden(),)
    return (source.fact(term, style="percent", digits=1), " (", *percents(source, look, term), ")")


def placement(source: Source, look: Look) -> Table | None:
    """06 placement: stages by rule and by self-placement."""
    if not source.subjects("count"):
        return None
    rows: list[tuple[Spans, ...]] = []
    hidden = False
    for name in PLACES:
        cells: list[Spans] = []
        for own in PLACES:
            few = 0 < source.value(f"count:{name}~{own}") < look.ways.threshold
            hidden = hidden or few
            cells.append(
                (Hidden(look.ways.threshold),) if few else source.cell(f"count:{name}~{own}", style="integer")
            )
        rows.append(((look.stage(name),), *cells))
    kappas: list[Spans] = [
        look.ways.said(
            "seg.kappa.of", name=look.language.word(f"seg.kappa.{name}"), v=source.fact(f"kappa:{name}"),
            lo=source.fact(f"kappa:{name}", "ci_low"), hi=source.fact(f"kappa:{name}", "ci_high"),
        )
        for name in KAPPAS
        if f"kappa:{name}" in source and source.value(f"kappa:{name}") == source.value(f"kappa:{name}")
    ]  # fmt: skip
    header = (*look.head("by_rule"), *((look.stage(own),) for own in PLACES))
    notes = [
        look.note(
            "placement",
            n=source.glance("n", "integer"),
            lost=_counted(source.glance("lost", "integer"), look),
        )
    ]
    if kappas:
        notes.append(look.note("kappa", list=listed(look.language, kappas), level=source.level))
    notes += [hidden_note(look.ways)] if hidden else []
    everything = (*notes, *failed_notes(source, look.language))
    return Table(
        "placement",
        look.ways.said("seg.caption.placement"),
        header,
        tuple(rows),
        "",
        (2.0, 1.2, 1.2, 1.2),
        everything,
    )


def stress(source: Source, look: Look) -> Table | None:
    """06 stress: paths of each stage, the largest first, and what the life-cycle model says to do there."""
    if not source.subjects("path"):
        return None
    language = look.language
    rows: list[tuple[Spans, ...]] = []
    for stage in PLACES:
        own = [of for of in source.subjects("rank") if of.rpartition(".")[2] == stage]
        if not own:
            continue
        focus = fill(
            language.word("seg.focus"), stage=look.stage(stage), words=language.word(f"seg.focus.{stage}")
        )
        rows.append((focus,))
        for of in sorted(own, key=lambda one: source.value(f"rank:{one}")):
            path = of.rpartition(".")[0]
            above = language.word("seg.yes" if source.value(f"above:{of}") == 1 else "seg.no")
            term = f"path:{of}"
            p = source.fact(term, "p_value", "p", 3)
            rows.append(
                (arrow(language, path), source.cell(term), source.interval(term, language), (p,), (above,))
            )
    header = look.head("path", "estimate", "interval", "p", "above")
    notes = (look.note("stress", level=source.level), *failed_notes(source, language))
    return Table(
        "stress",
        look.ways.said("seg.caption.stress"),
        header,
        tuple(rows),
        "",
        (3.2, 1.0, 1.6, 0.9, 1.3),
        notes,
    )
