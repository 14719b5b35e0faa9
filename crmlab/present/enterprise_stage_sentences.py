"""Sentences on what stands behind the stages of LIC: one for every outcome, the unwelcome ones too."""

from __future__ import annotations

import math

from crmlab.present.blocks import Label, Ref, Spans
from crmlab.present.enterprise_stages import need_word, needs_of, segment_word, segments
from crmlab.present.enterprise_words import count, element, in_quotes, split, told
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed


def opening(language: Language) -> Spans:
    """What the two pages hold."""
    return told(language, "lic_opening", ref=Ref("lic_stages"))


def stage_one(traced: Source | None, needs: Source | None, language: Language) -> Spans:
    """Alignment of goals, and the need that is worst met."""
    spans: Spans = ()
    if traced is not None and "alignment" in traced:
        share = traced.fact("alignment", style="percent", digits=0)
        orphans = [
            c.name.partition(":")[2] for c in traced.result.failed if c.name.startswith("check.orphan_goal:")
        ]
        lost = listed(language, [(Label(one),) for one in orphans])
        key = "stage_orphans" if orphans else "stage_aligned"
        spans += told(
            language, key, pct=share, ref=Ref("tracing"), list=lost, k=count(traced, "orphans", len(orphans))
        )
    return spans + (need_gaps(needs, language) if needs is not None else ())


def need_gaps(source: Source, language: Language) -> Spans:
    """Which needs are told to be unmet, and which is worst met."""
    known = [need for need in source.subjects("need_gap") if not math.isnan(source.value(f"need_gap:{need}"))]
    if not known:
        return told(language, "needs_unknown")
    n = count(source, "known", len(known))
    worst = max(known, key=lambda need: source.value(f"need_gap:{need}"))
    if source.value(f"need_gap:{worst}") <= 0:
        return told(language, "needs_met", n=n, ref=Ref("need_gaps"))
    sure = [need for need in known if source.value(f"need_gap:{need}", "ci_low") > 0]
    values = {
        "n": n,
        "need": in_quotes(language, (need_word(language, worst),)),
        "v": source.fact(f"need_gap:{worst}"),
    }
    if math.isnan(source.value(f"need_gap:{worst}", "ci_low")):
        return told(language, "needs_bare", ref=Ref("need_gaps"), **values)
    if not sure:
        return told(language, "needs_unsure", ref=Ref("need_gaps"), level=source.level, **values)
    return told(language, "needs_unmet", k=count(source, "sure", len(sure)), ref=Ref("need_gaps"), **values)


def integration(source: Source, language: Language) -> Spans:
    """How much is merged, and which source falls short."""
    share = source.fact("match_rate", style="percent", digits=1)
    kinds: list[Spans] = [
        (
            language.word(f"ent.source.{kind}"), " (",
            source.fact(f"match_rate_kind:{kind}", style="percent", digits=1), language.word("ent.pct"), ")",
        )
        for kind in source.subjects("match_rate_kind")
    ]  # fmt: skip
    spans = told(
        language, "merged", pct=share, n=source.glance("records", "integer"), list=listed(language, kinds),
        ref=Ref("integration_sources"),
    )  # fmt: skip
    low = [c.name.partition(":")[2] for c in source.result.failed if c.name.startswith("check.match_rate:")]
    if not low:
        return spans + told(language, "merged_all")
    parts: list[Spans] = []
    for name in low:
        word = f"ent.source.{name}"
        first: Spans = (language.word(word),) if language.knows(word) else (Label(name),)
        parts.append(
            (
                *first,
                " (",
                source.fact(f"match_rate:{name}", style="percent", digits=0),
                language.word("ent.pct"),
                ")",
            )
        )
    return spans + told(
        language, "merged_little", list=listed(language, parts), k=count(source, "low", len(low))
    )


def brief(source: Source, language: Language, threshold: int = 0) -> Spans:
    """The need that each segment misses most, or that it misses none."""
    names = [name for name in segments(source) if source.value(f"segment_size:{name}") >= threshold]
    spans = told(
        language,
        "brief",
        n=source.glance("n", "integer"),
        k=source.glance("segments", "integer"),
        ref=Ref("product_brief"),
    )
    sure: dict[str, list[str]] = {}
    none: list[str] = []
    for name in names:
        asked = [
            need for need in needs_of(source, name) if source.value(f"unmet:{need}.{name}", "ci_low") > 0
        ]
        if not asked:
            none.append(name)
            continue
        top = max(asked, key=lambda need: source.value(f"unmet:{need}.{name}"))
        sure.setdefault(top, []).append(name)
    for need, missing in sure.items():
        parts = [
            (*segment_word(language, name), " (", source.fact(f"unmet:{need}.{name}"), ")")
            for name in missing
        ]
        spans += told(
            language,
            "brief_need",
            need=in_quotes(language, (need_word(language, need),)),
            list=listed(language, parts),
        )
    if none:
        spans += told(
            language, "brief_none", list=listed(language, [segment_word(language, name) for name in none])
        )
    return spans


def uplift(source: Source, language: Language) -> Spans:
    """Do personal contacts get more response? Zero is not called positive."""
    low, high = source.fact("uplift", "ci_low", "percent", 1), source.fact("uplift", "ci_high", "percent", 1)
    key = "uplift_up" if low.value > 0 else "uplift_down" if high.value < 0 else "uplift_none"
    arms = {
        arm: source.fact(f"rate:{arm}", style="percent", digits=1) for arm in ("standard", "personalised")
    }
    v = source.fact("uplift", style="percent", digits=1)
    return told(language, key, v=v, lo=low, hi=high, level=source.level, **arms)


def peers(source: Source, borrowed: Source | None, language: Language) -> Spans:
    """How many units are efficient, the least efficient one, and how many practices are worth a visit."""
    units = source.subjects("efficiency")
    whole = [unit for unit in units if source.value(f"efficient:{unit}") == 1]
    n, k = count(source, "units", len(units)), count(source, "efficient", len(whole))
    if len(whole) == len(units):
        return told(language, "peers_all", n=n, ref=Ref("ideas"))
    last = min(units, key=lambda unit: source.value(f"efficiency:{unit}"))
    spans = told(
        language, "peers", n=n, k=k, list=listed(language, [(Label(unit),) for unit in whole]), last=(Label(last),),
        pct=source.fact(f"efficiency:{last}", style="percent", digits=0), ref=Ref("ideas"),
    )  # fmt: skip
    if borrowed is None:
        return spans
    found = sorted(borrowed.subjects("borrow"), key=lambda of: -borrowed.value(f"borrow:{of}"))
    least = borrowed.glance("least", digits=1)
    if not found:
        return spans + told(language, "ideas_none", least=least)
    code, rest = split(found[0])
    unit, _, peer = rest.partition("~")
    return spans + told(
        language, "ideas", k=count(borrowed, "ideas", len(found)), least=least, unit=(Label(unit),), peer=(Label(peer),),
        element=in_quotes(language, element(language, code)), v=borrowed.fact(f"borrow:{found[0]}", digits=1),
    )  # fmt: skip


def own_facts(
    traced: Source | None, needs: Source | None, merged: Source | None, wanted: Source | None, lifted: Source | None,
    peers: Source | None, language: Language,
) -> dict[str, Spans]:  # fmt: skip
    """Stage -> the number that is its own, in a few words; stages without data are not named."""
    from crmlab.present.enterprise_words import said

    found: dict[str, Spans] = {}
    if traced is not None and "alignment" in traced:
        found["LIC1"] = said(language, "own.alignment", v=traced.fact("alignment", style="percent", digits=0))
    elif needs is not None and "met_share" in needs:
        found["LIC1"] = said(language, "own.needs", v=needs.fact("met_share", style="percent", digits=0))
    if merged is not None:
        found["LIC2"] = said(language, "own.merged", v=merged.fact("match_rate", style="percent", digits=1))
    if wanted is not None:
        found["LIC3"] = said(language, "own.segments", k=wanted.glance("segments", "integer"))
    if lifted is not None:
        found["LIC4"] = said(language, "own.uplift", v=lifted.fact("uplift", style="percent", digits=1))
    if peers is not None:
        found["LIC5"] = said(
            language, "own.peers", k=peers.glance("efficient", "integer"), n=peers.glance("units", "integer")
        )
    return found
