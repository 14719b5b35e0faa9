"""Phases of the sale and channels as tables: scorecard, drift of customers, changes of the phases, parity."""

from __future__ import annotations

import math
from collections.abc import Sequence

from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import EMPTY, Hidden, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source
from crmlab.present.table_parts import failed_notes

PHASES = ("before", "during", "after")
CARE = {"CAR1": "before", "CAR2": "during", "CAR3": "after", "CAR4": "after"}
SHARES = ("acceptance", "response", "personal")
STANDS = {0.0: "open", 1.0: "alike", 2.0: "apart"}
WHOLE = ("cost",)
FULL = ("acceptance", "quality")  # whose intervals stand in the scorecard


def head(ways: Ways, *keys: str) -> tuple[Spans, ...]:
    """Header cells."""
    return tuple(ways.said(f"chan.column.{key}") for key in keys)


def note(ways: Ways, key: str, **values: object) -> Paragraph:
    """A note below a table."""
    return Paragraph(ways.said(f"chan.note.{key}", **values), "note")


def scorecard(source: Source, ways: Ways) -> Table | None:
    """06 phase_scorecard: the contacts of each phase and how they went."""
    known = source.subjects("contacts")
    if not known:
        return None
    columns = [kpi for kpi in ("acceptance", "quality", "cost", "personal") if source.subjects(kpi)]
    rows: list[tuple[Spans, ...]] = []
    for phase in known:
        first: Spans = (ways.language.word(f"phase.{phase}"),)
        if source.value(f"customers:{phase}") < ways.threshold:
            rows.append((first, (Hidden(ways.threshold),), *((Hidden(),) for _ in ("", *columns))))
            continue
        cells = [source.cell(f"contacts:{phase}", style="integer")]
        cells.append(source.cell(f"share:{phase}", style="percent", digits=1))
        rows.append((first, *cells, *(_with_interval(source, f"{kpi}:{phase}", ways) for kpi in columns)))
    unknown = source.glance("unknown_phase", "integer")
    notes = [note(ways, "scorecard", level=source.level)]
    notes += [note(ways, "unknown_phase", k=unknown)] if unknown.value > 0 else []
    header = head(ways, "phase", "contacts", "share", *columns)
    widths = (1.9, 1.0, 0.9, *[2.0 if kpi in FULL else 1.2 for kpi in columns])
    everything = (*notes, *failed_notes(source, ways.language))
    return Table(
        "phase_scorecard", ways.said("chan.caption.scorecard"), header, tuple(rows), "", widths, everything
    )


def _with_interval(source: Source, term: str, ways: Ways) -> Spans:
    """A mean with its interval in one cell."""
    kind = term.partition(":")[0]
    style, digits = ("percent", 1) if kind in SHARES else ("number", 0 if kind in WHOLE else 1)
    middle = source.fact(term, "estimate", style, digits)  # type: ignore[arg-type]
    if math.isnan(middle.value):
        return (EMPTY,)
    low, high = (source.fact(term, side, style, digits) for side in ("ci_low", "ci_high"))  # type: ignore[arg-type]
    if math.isnan(low.value) or kind not in FULL:
        return (middle,)
    return ways.said("chan.with_interval", v=middle, lo=low, hi=high)


def voice(source: Source, ways: Ways) -> Table | None:
    """06 phase_scorecard: what those who answered say of each phase."""
    care, met = source.subjects("care"), source.subjects("respondents")
    if not care and not met:
        return None
    rows: list[tuple[Spans, ...]] = []
    for item in care:
        asked = ways.language.names.get(f"text:{item}")
        said = (Label(asked.rstrip(".")), " (", Label(item), ")") if asked else (Label(item),)
        label: Spans = (ways.language.word(f"phase.{CARE[item]}"), ": ", *said)
        rows.append(
            (label, source.cell(f"care:{item}"), source.interval(f"care:{item}", ways.language), (EMPTY,))
        )
    for phase in met:
        told = ways.language.word("chan.latest", phase=ways.language.word(f"phase.{phase}"))
        n = source.value(f"respondents:{phase}")
        term = f"satisfaction:{phase}"
        few = n < ways.threshold
        size: Spans = (
            (Hidden(ways.threshold),) if few else source.cell(f"respondents:{phase}", style="integer")
        )
        cells = (
            ((Hidden(),), (Hidden(),)) if few else (source.cell(term), source.interval(term, ways.language))
        )
        rows.append(((told,), *cells, size))
    header = head(ways, "about", "mean", "interval", "respondents")
    notes = (note(ways, "voice", level=source.level),)
    return Table(
        "phase_voice", ways.said("chan.caption.voice"), header, tuple(rows), "", (3.4, 1.0, 1.6, 1.2), notes
    )


def attributes(source: Source, ways: Ways) -> Table | None:
    """06 phase_drift: how far each attribute of customers moved."""
    names = source.subjects("psi")
    if not names:
        return None
    rows: list[tuple[Spans, ...]] = []
    for name in names:
        moved = source.value(f"drifted:{name}") == 1
        word = ways.language.word(f"attribute.{name}")
        band = ways.language.word(f"band.{int(source.value(f'band:{name}'))}")
        test = "chi2" if f"chi2:{name}" in source else "ks"
        rows.append((
            (Strong(word) if moved else word,), source.cell(f"psi:{name}", digits=3),
            source.cell(f"psi:{name}", "std_error", digits=3), (band,),
            source.cell(f"{test}:{name}", "p_value", "p", 3), source.cell(f"p_attribute:{name}", style="p", digits=3),
        ))  # fmt: skip
    days = {
        key: ways.day(source.result.glance[key])
        for key in ("reference_start", "reference_end", "recent_start", "recent_end")
    }
    notes = (note(ways, "attributes", **days),)
    header = head(ways, "attribute", "psi", "noise", "band", "p", "p_holm")
    caption = ways.said("chan.caption.attributes")
    return Table("attribute_drift", caption, header, tuple(rows), "", (2.6, 1.0, 1.1, 1.3, 1.0, 1.1), notes)


def changes(source: Source, ways: Ways) -> Table | None:
    """06 phase_drift: what moved in each phase between the windows."""
    names = source.subjects("change")
    if not names:
        return None
    rows: list[tuple[Spans, ...]] = []
    last = ""
    for name in names:
        phase, _, kpi = name.partition(".")
        if phase != last:
            rows.append(((Strong(ways.language.word(f"phase.{phase}")),),))
            last = phase
        moved = source.value(f"moved:{name}")
        style, digits = ("percent", 1) if kpi in SHARES else ("number", 0 if kpi in WHOLE else 1)
        low, high = (source.fact(f"change:{name}", side, style, digits) for side in ("ci_low", "ci_high"))  # type: ignore[arg-type]
        word = ways.plain(f"kpi.{kpi}")
        rows.append((
            (Strong(word) if moved else word,),
            source.cell(f"reference:{name}", style=style, digits=digits),  # type: ignore[arg-type]
            source.cell(f"recent:{name}", style=style, digits=digits),  # type: ignore[arg-type]
            source.cell(f"change:{name}", style=style, digits=digits),  # type: ignore[arg-type]
            ways.said("interval", low=low, high=high),
            source.cell(f"p_change:{name}", style="p", digits=3),
            (ways.language.word({1.0: "chan.up", -1.0: "chan.down"}.get(moved, "chan.not_shown")),),
        ))  # fmt: skip
    notes = (note(ways, "changes", level=source.level), *failed_notes(source, ways.language))
    header = head(ways, "kpi", "reference", "recent", "change", "interval", "p_holm", "moved")
    widths = (2.4, 1.1, 1.1, 1.1, 1.7, 1.0, 1.2)
    return Table("phase_changes", ways.said("chan.caption.changes"), header, tuple(rows), "", widths, notes)


# -- channels --------------------------------------------------------------------------------------


def measured(source: Source) -> str:
    """What a result of parity compares: "quality", "acceptance", "score_SAT"; "" where nobody says."""
    told = source.result.source.get("measure", "")
    address = source.address.rpartition("/")[2]
    return told or (address.removeprefix("channel_") if address.startswith("channel_") else "")


def measure(source: Source, ways: Ways, where: str = "kpi") -> str:
    """The same in words: a measure of contacts ("kpi" in a table, "said" in a sentence), or a construct's name."""
    name = measured(source)
    if name.startswith("score_"):
        return ways.language.name(name.partition("_")[2])
    return ways.plain(f"{where}.{name}") if name else ways.language.word("chan.service")


def styled(name: str) -> tuple[str, int]:
    """How values of a measure are printed."""
    return ("percent", 1) if name == "acceptance" else ("number", 2 if name.startswith("score_") else 1)


def levels(found: Sequence[Source], ways: Ways) -> Table | None:
    """The channels and their means, measure by measure."""
    rows: list[tuple[Spans, ...]] = []
    for source in found:
        rows.append(((Strong(measure(source, ways)),),))
        style, digits = styled(measured(source))
        for name in source.subjects("mean"):
            label: Spans = (Label(ways.language.name(name)),)
            if min(source.value(f"n:{name}"), source.value(f"customers:{name}")) < ways.threshold:
                rows.append((label, (Hidden(ways.threshold),), (Hidden(),), (Hidden(),), (Hidden(),)))
                continue
            low, high = (source.fact(f"mean:{name}", side, style, digits) for side in ("ci_low", "ci_high"))  # type: ignore[arg-type]
            rows.append((
                label, source.cell(f"n:{name}", style="integer"),
                source.cell(f"mean:{name}", style=style, digits=digits),  # type: ignore[arg-type]
                ways.said("interval", low=low, high=high),
                source.cell(f"sd:{name}", style=style, digits=digits),  # type: ignore[arg-type]
            ))  # fmt: skip
    if not rows:
        return None
    header = head(ways, "channel", "n", "mean", "interval", "sd")
    notes = (note(ways, "levels"),)
    return Table(
        "channel_levels",
        ways.said("chan.caption.levels"),
        header,
        tuple(rows),
        "",
        (2.4, 1.0, 1.2, 1.9, 1.2),
        notes,
    )


def gaps(found: Sequence[Source], ways: Ways) -> Table | None:
    """Every comparison of two channels: the gap, its interval, and whether they are alike."""
    rows: list[tuple[Spans, ...]] = []
    for source in found:
        style, digits = styled(measured(source))
        margin = source.glance("margin", style, digits + 1)  # type: ignore[arg-type]
        title = ways.said("chan.measure", name=measure(source, ways), margin=margin)
        rows.append(((Strong(ways.language.plain(title)),),))
        for name in source.subjects("gap"):
            stand = STANDS[source.value(f"stands:{name}")]
            word = ways.language.word(f"stands.{stand}")
            low, high = (source.fact(f"gap:{name}", side, style, digits) for side in ("ci_low", "ci_high"))  # type: ignore[arg-type]
            rows.append((
                pair(ways, name),
                source.cell(f"gap:{name}", style=style, digits=digits),  # type: ignore[arg-type]
                ways.said("interval", low=low, high=high), source.cell(f"gap_sd:{name}"),
                source.cell(f"p_alike:{name}", style="p", digits=3), (Strong(word) if stand == "apart" else word,),
            ))  # fmt: skip
    if not rows:
        return None
    notes = [note(ways, "gaps", level=found[0].glance("level", "percent", 0))]
    notes += [one for source in found for one in failed_notes(source, ways.language)]
    header = head(ways, "pair", "gap", "interval", "gap_sd", "p_alike", "stands")
    widths = (3.0, 1.0, 1.7, 1.0, 1.2, 1.5)
    return Table(
        "channel_gaps", ways.said("chan.caption.gaps"), header, tuple(rows), "", widths, tuple(notes)
    )


def pair(ways: Ways, name: str) -> Spans:
    """Two channels, or one against the mean of all."""
    first, found, second = name.partition("~")
    if not found:
        return (Label(ways.language.name(first)),)
    return (
        Label(ways.language.name(first)),
        ways.language.word("chan.minus"),
        Label(ways.language.name(second)),
    )
