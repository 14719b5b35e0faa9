"""What is said of segments and prospects, chosen by computed facts."""

from __future__ import annotations

from crmlab.present.behaviour_sentences import told
from crmlab.present.blocks import Ref, Spans
from crmlab.present.facts import Source
from crmlab.present.segment_words import Look
from crmlab.present.sentences import listed

ALPHA = 0.05


def choice(source: Source, look: Look, key: str) -> Spans:
    """Whether there are stable groups, and how many."""
    ways, number = look.ways, int(source.result.glance["number"])
    failed = any(check.name == "check.stable_clusters" for check in source.result.failed)
    asked = {"ref": Ref(key), "n": source.glance("sampled", "integer")}
    if number < 2:
        steady = [k for k in source.subjects("rand") if source.value(f"rand:{k}") >= 0.75]
        spans = told(ways, f"{key}_none", **asked)
        return spans + (told(ways, "segments_cut", r=source.fact(f"rand:{steady[0]}")) if steady else ())
    k = source.glance("number", "integer")
    if failed:
        return told(ways, f"{key}_forced", k=k, **asked)
    return told(
        ways, f"{key}_some", k=k, r=source.fact(f"rand:{number}"), j=source.fact(f"jaccard:{number}"), **asked
    )


def profile(source: Source, look: Look, drawn: bool) -> Spans:
    """Which group brings most money, and what it is like."""
    ways, few = look.ways, look.few(source)
    names = [name for name in source.subjects("customers") if name not in few]
    rule = bool(names) and not names[0][1:].isdigit()
    spans = told(ways, "segments_rule" if rule else "segments_profile", ref=Ref("segments"))
    if drawn:
        spans += told(ways, "segments_drawn", fig=Ref("segments_chart"))
    if source.subjects("value_share") and names:
        best = max(names, key=lambda name: source.value(f"value_share:{name}"))
        spans += told(
            ways, "segments_most", group=look.quoted(look.group(best)),
            share=source.fact(f"share:{best}", style="percent", digits=1),
            pct=source.fact(f"value_share:{best}", style="percent", digits=1),
        )  # fmt: skip
    return spans


def needs(source: Source, look: Look) -> Spans:
    """What each segment lacks most by its own answers, as far as the answers show it."""
    few, lines = look.few(source), list[Spans]()
    for name in [name for name in source.subjects("scored") if name not in few]:
        own = [of for of in source.subjects("gap") if of.startswith(f"{name}.")]
        low = [of for of in own if source.value(f"gap:{of}", "ci_high") < 0]
        if low and source.value(f"scored:{name}") >= look.ways.threshold:
            worst = min(low, key=lambda of: source.value(f"gap:{of}"))
            what = look.quoted(look.feature(worst.partition(".")[2]))
            lines.append(
                (*look.quoted(look.group(name)), ": ", *what, " (", source.fact(f"gap:{worst}"), ")")
            )
    key = "segments_needs" if lines else "segments_no_needs"
    asked = {"list": listed(look.language, lines)} if lines else {}
    return told(look.ways, key, ref=Ref("segment_thoughts"), **asked)


def kinds(source: Source, look: Look, drawn: bool) -> Spans:
    """Which group of prospects converts most."""
    few = look.few(source)
    names = [name for name in source.subjects("conversion") if name not in few]
    spans = told(look.ways, "prospect_groups", ref=Ref("prospect_groups"))
    spans += told(look.ways, "segments_drawn", fig=Ref("prospect_chart")) if drawn else ()
    if len(names) < 2:
        return spans
    best, worst = names[0], min(names, key=lambda name: source.value(f"conversion:{name}"))
    return spans + told(
        look.ways, "prospect_most", best=look.quoted(look.group(best)), worst=look.quoted(look.group(worst)),
        high=source.fact(f"conversion:{best}", style="percent", digits=1),
        low=source.fact(f"conversion:{worst}", style="percent", digits=1),
    )  # fmt: skip


def model(source: Source, look: Look) -> Spans:
    """Whether conversion can be told beforehand, and whether the chances hold what they say."""
    ways = look.ways
    best = next((name for name in source.subjects("chosen") if source.value(f"chosen:{name}") == 1), None)
    if best is None:
        return ()
    failed = {check.name for check in source.result.failed}
    auc, skill = f"auc:{best}", f"skill:{best}"
    asked = {
        "model": ways.language.word(f"churn.{best}"), "auc": source.fact(auc), "lo": source.fact(auc, "ci_low"),
        "hi": source.fact(auc, "ci_high"), "skill": source.fact(skill, style="percent", digits=1), "level": source.level,
        "slo": source.fact(skill, "ci_low", "percent", 1), "shi": source.fact(skill, "ci_high", "percent", 1),
    }  # fmt: skip
    rate = source.fact("base_rate", style="percent", digits=1)
    spans = told(ways, "prospects", ref=Ref("prospect_model"), n=source.glance("n", "integer"),
                 k=source.glance("converted", "integer"), rate=rate)  # fmt: skip
    better = f"check.better_than_base:{best}" not in failed
    spans += told(ways, "prospects_told" if better else "prospects_untold", **asked)
    key = "prospects_uncalibrated" if "check.calibrated_prospects" in failed else "prospects_calibrated"
    spans += told(
        ways, key, fig=Ref("prospect_calibration"), p=source.fact("spiegelhalter", "p_value", "p_relation", 3)
    )
    late = [name.partition(":")[2] for name in sorted(failed) if name.startswith("check.known_too_late")]
    if late:
        spans += told(
            ways, "prospects_late", list=listed(ways.language, [look.quoted(name) for name in late])
        )
    return spans
