"""What is said of phases and channels, chosen by computed facts."""

from __future__ import annotations

from collections.abc import Sequence

from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.channel_tables import SHARES, STANDS, WHOLE, measure, pair
from crmlab.present.facts import Source, fill
from crmlab.present.sentences import listed, say


def _word(ways: Ways, key: str) -> Spans:
    return (ways.language.word(key),)


def scorecard(source: Source, ways: Ways) -> Spans:
    """How many contacts, and where acceptance and quality are highest and lowest."""
    told: Spans = ()
    if source.subjects("contacts"):
        told += say(
            ways.language, "scorecard", n=source.glance("contacts", "integer"), ref=Ref("phase_scorecard")
        )
        for kpi in ("acceptance", "quality"):
            told += _range(source, ways, kpi)
    if source.subjects("care") or source.subjects("respondents"):
        told += say(ways.language, "phase_voice", ref=Ref("phase_voice"))
    return told


def _range(source: Source, ways: Ways, kpi: str) -> Spans:
    known = [
        phase for phase in source.subjects(kpi)
        if source.value(f"customers:{phase}") >= ways.threshold and source.value(f"{kpi}:{phase}") > -1e300
    ]  # fmt: skip
    if len(known) < 2:
        return ()
    style = "percent" if kpi in SHARES else "number"
    ranked = sorted(known, key=lambda phase: source.value(f"{kpi}:{phase}"))
    low, high = ranked[0], ranked[-1]
    return say(
        ways.language, f"scorecard_{kpi}", high=_word(ways, f"subject.{high}"), low=_word(ways, f"subject.{low}"),
        v_high=source.fact(f"{kpi}:{high}", style=style, digits=1),  # type: ignore[arg-type]
        v_low=source.fact(f"{kpi}:{low}", style=style, digits=1),  # type: ignore[arg-type]
    )  # fmt: skip


def drift(source: Source, ways: Ways) -> Spans:
    """Whether customers changed, and which phases moved with them."""
    language = ways.language
    moved = [name for name in source.subjects("drifted") if source.value(f"drifted:{name}") == 1]
    review = [phase for phase in source.subjects("review") if source.value(f"review:{phase}") > 0]
    split = ways.day(source.result.glance["recent_start"])
    spans: Spans = ()
    if moved:
        names = [fill(language.word("quote"), text=language.word(f"attribute.{name}")) for name in moved]
        spans += say(language, "drifted", list=listed(language, names), day=split, ref=Ref("attribute_drift"))
    elif source.subjects("psi"):
        spans += say(language, "not_drifted", day=split, ref=Ref("attribute_drift"))
    if not source.subjects("change"):
        return spans + say(language, "phases_untold")
    for phase in review:
        spans += say(
            language, "review", phase=_word(ways, f"phase.{phase}"), list=_moves(source, ways, phase),
            ref=Ref("phase_changes"),
        )  # fmt: skip
    still = [phase for phase in source.subjects("review") if phase not in review]
    if review and still:
        names = [_word(ways, f"subject.{phase}") for phase in still]
        spans += say(language, "still", list=listed(language, names))
    if not review:
        spans += say(language, "no_review", ref=Ref("phase_changes"))
    elif not moved and source.subjects("psi"):
        spans += say(language, "review_unexplained")
    return spans


def _moves(source: Source, ways: Ways, phase: str) -> Spans:
    parts = []
    for name in [
        n for n in source.subjects("moved") if n.startswith(f"{phase}.") and source.value(f"moved:{n}")
    ]:
        kpi = name.partition(".")[2]
        style, digits = ("percent", 1) if kpi in SHARES else ("number", 0 if kpi in WHOLE else 1)
        values = {
            end: source.fact(f"{end}:{name}", style=style, digits=digits)  # type: ignore[arg-type]
            for end in ("reference", "recent")
        }
        key = "chan.moved_percent" if style == "percent" else "chan.moved"
        parts.append(ways.said(key, kpi=ways.language.word(f"said.{kpi}"), **values))
    return listed(ways.language, parts)


def parity(found: Sequence[Source], ways: Ways) -> Spans:
    """Measure by measure: is the service alike through all channels?"""
    language = ways.language
    spans = say(
        language, "parity_intro", ref=Ref("channel_gaps"), levels=Ref("channel_levels"), fig=Ref("channel_gap_chart")
    )  # fmt: skip
    none = [source for source in found if source.value("verdict") == 0 and not _alike(source)]
    bare = none if len(none) > 1 and len({one.result.glance["margin_sd"] for one in none}) == 1 else []
    for source in [source for source in found if source not in bare]:
        name = _quoted(source, ways)
        spans += say(language, f"parity_{STANDS[source.value('verdict')]}", **_values(source), name=name)
        apart = [of for of in source.subjects("stands") if source.value(f"stands:{of}") == 2]
        if apart:
            spans += say(language, "parity_worst", list=listed(language, [pair(ways, of) for of in apart]))
    if bare:
        worst = max(bare, key=lambda source: source.value("largest_gap_sd"))
        names = listed(language, [_quoted(source, ways) for source in bare])
        spans += say(language, "parity_none", **_values(worst), name=_quoted(worst, ways), list=names)
    unsure = [source for source in found if source.value("verdict") == 0]
    if unsure:
        most = max(unsure, key=lambda source: source.value("needed"))
        spans += say(language, "parity_needed", n=most.fact("needed", style="integer"),
                     power=most.glance("power", "percent", 0), near=most.glance("near"))  # fmt: skip
    return spans


def _quoted(source: Source, ways: Ways) -> Spans:
    return fill(ways.language.word("quote"), text=Label(measure(source, ways, "said")))


def _alike(source: Source) -> int:
    """How many comparisons are shown equivalent."""
    return sum(source.value(f"stands:{of}") == 1 for of in source.subjects("stands"))


def _values(source: Source) -> dict[str, object]:
    return {
        "k": Fact(f"counted/{source.address}/alike", _alike(source), "integer"),
        "n": source.glance("comparisons", "integer"),
        "gap": source.fact("largest_gap_sd"),
        "margin": source.glance("margin_sd"),
        "index": source.fact("parity_index", style="percent", digits=0),
    }
