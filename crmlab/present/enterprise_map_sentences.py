"""Sentences on the canvas and on the offices."""

from __future__ import annotations

import math

from crmlab.present.blocks import Ref, Spans
from crmlab.present.enterprise_map import OFFICES, PLACES, horizon, named_blocks
from crmlab.present.enterprise_words import count, said, told
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed


def coverage(source: Source, language: Language) -> Spans:
    """The source's claim of more than half, checked by count."""
    marked = [block for block in PLACES if source.value(f"marked:{block}") == 1]
    key = "coverage" if source.result.ok else "coverage_less"
    return told(
        language, key, k=source.glance("marked", "integer"), n=source.glance("blocks", "integer"),
        pct=source.fact("marked_share", style="percent", digits=1), list=named_blocks(language, marked),
        fig=Ref("canvas"), ref=Ref("canvas_evidence"),
    )  # fmt: skip


def canvas(source: Source, language: Language) -> Spans:
    """Which marked blocks have no evidence, and which stand highest and lowest."""
    spans: Spans = ()
    known = [block for block in PLACES if not math.isnan(source.value(f"score:{block}"))]
    if len(known) > 1:
        low, high = (pick(known, key=lambda block: source.value(f"score:{block}")) for pick in (min, max))
        spans += told(
            language, "canvas_scores", high=(language.word(f"subject.{high}"),), vh=source.fact(f"score:{high}", digits=0),
            low=(language.word(f"subject.{low}"),), vl=source.fact(f"score:{low}", digits=0),
        )  # fmt: skip
    bare = [
        check.name.partition(":")[2]
        for check in source.result.failed
        if check.name.startswith("check.no_evidence:")
    ]
    if bare:
        return spans + told(
            language, "no_evidence", list=named_blocks(language, bare), k=count(source, "bare", len(bare))
        )
    return spans + told(language, "evidence_all")


def office_paths(source: Source, language: Language) -> Spans:
    """Which paths are there beyond chance, and which not."""
    sure = [pair for pair in source.subjects("path") if _apart(source, f"path:{pair}")]
    unsure = [pair for pair in source.subjects("path") if pair not in sure]
    values = {
        "units": source.glance("units", "integer"),
        "fig": Ref("office_graph"),
        "ref": Ref("office_paths"),
    }
    spans = told(language, "offices", **values)
    if sure:
        strongest = max(sure, key=lambda pair: abs(source.value(f"path:{pair}")))
        term = f"path:{strongest}"
        spans += told(
            language, "strongest", way=_way(language, strongest), v=source.fact(term), level=source.level,
            lo=source.fact(term, "ci_low"), hi=source.fact(term, "ci_high"),
        )  # fmt: skip
    if unsure:
        ways = listed(language, [_way(language, pair) for pair in unsure])
        spans += told(language, "paths_unsure", list=ways, level=source.level)
    return spans


def _apart(source: Source, term: str) -> bool:
    return source.value(term, "ci_low") > 0 or source.value(term, "ci_high") < 0


def _way(language: Language, pair: str) -> Spans:
    outcome, _, cause = pair.partition("~")
    return said(
        language,
        "way",
        cause=language.word(f"ent.office.{cause}"),
        outcome=language.word(f"ent.office.{outcome}"),
    )


def steady(source: Source, language: Language) -> Spans:
    """Where a lasting cut by one standard deviation leads."""
    nodes = [node for node in OFFICES if node != "MO" and f"steady:{node}" in source]
    parts: list[Spans] = [
        (language.word(f"ent.office.{node}"), " (", source.fact(f"steady:{node}"), ")") for node in nodes
    ]
    return told(language, "steady", list=listed(language, parts), fig=Ref("ripple"), ref=Ref("steady"))


def cut(source: Source, language: Language) -> Spans:
    """What the cut saves, what it loses, when that is eaten up, and how likely it loses money."""
    last, _ = horizon(source)
    share = source.glance("cut", "percent", 0)
    rise = share.value < 0
    values = {
        "pct": share,
        "now": source.fact("saved_now", digits=0),
        "saved": source.fact("saved", digits=0),
        "months": last,
        "ref": Ref("cut"),
    }
    if rise:
        return told(language, "rise", **values, net=source.fact("net", digits=0))
    spans = told(
        language, "cut", **values, lost=source.fact("lost", digits=0), level=source.level,
        lo=source.fact("lost", "ci_low", digits=0), hi=source.fact("lost", "ci_high", digits=0),
    )  # fmt: skip
    month = source.fact("break_even_month", style="integer")
    chance = source.fact("loss_chance", style="percent", digits=1)
    spans += (
        told(language, "cut_even", month=month)
        if not math.isnan(month.value)
        else told(language, "cut_never", months=last)
    )
    if not math.isnan(chance.value):
        spans += told(language, "cut_chance", pct=chance, months=last)
    low, high = (source.fact("net", side, digits=0) for side in ("ci_low", "ci_high"))
    key = (
        "cut_bare" if math.isnan(low.value) else "cut_pays" if low.value > 0
        else "cut_loses" if high.value < 0 else "cut_open"
    )  # fmt: skip
    return spans + told(language, key, net=source.fact("net", digits=0), lo=low, hi=high, level=source.level)
