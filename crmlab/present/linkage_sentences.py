"""Sentences on answers joined with purchases: one for every outcome, the unwelcome ones too."""

from __future__ import annotations

import math

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.linkage_words import (
    Link,
    amount,
    ends,
    estimable,
    has,
    ordered,
    purchase_model,
    settings,
    share,
)
from crmlab.present.sentences import listed, quoted

LOST = ("without_key", "survey_only", "refused_twice", "too_new")
EFFECTS = {"purchase": "rate_ratio", "dropout": "odds_ratio", "spend": "spend_ratio"}
SMALL_R = 0.20  # a small association, of which the power is told
POWER = 0.80


def join(source: Source, link: Link) -> Spans:
    """How many are in both, who is not, whether there are enough, and whether purchases came afterwards."""
    spans = link.told(
        "join", n=source.fact("respondents", style="integer"), m=source.fact("matched", style="integer"),
        pct=share(source, "matched_share"), resp=share(source, "response_share"),
        customers=source.fact("customers", style="integer"), ref=Ref("link_join"),
    )  # fmt: skip
    lost = [name for name in LOST if source.value(name) > 0]
    if lost:
        parts = [link.told(f"lost_{name}", k=source.fact(name, style="integer"))[:-1] for name in lost]
        spans += link.told("join_lost", list=listed(link.language, parts))
    if few(source):
        return spans + link.told("few", least=Fact("study/worth/least", link.asked.least, "integer"))
    return spans + _power(source, link) + order(source, link)


def few(source: Source) -> bool:
    """Whether too few customers have both answers and purchases."""
    return any(check.name == "check.matched_enough" for check in source.result.failed)


def _power(source: Source, link: Link) -> Spans:
    if not has(source, "smallest_r"):
        return ()
    r = source.fact("smallest_r")
    if not source.value("power") < POWER:
        return link.told("power_enough", r=r)
    return link.told(
        "power", r=r, small=Fact("study/worth/small", SMALL_R), power=share(source, "power", digits=0),
        needed=source.fact("needed", style="integer"),
    )  # fmt: skip


def order(source: Source, link: Link) -> Spans:
    """Whether purchases came after the answers."""
    days = source.fact("days_after", style="integer")
    if ordered(source):
        return link.told("order_given", days=days)
    if math.isnan(days.value):
        return link.told("order_unknown")
    return link.told("order_short", days=days) if days.value > 0 else link.told("order_ended")


def selection(source: Source, link: Link) -> Spans:
    """Whether those who answered are like the others."""
    known = [name for name in source.subjects("gap") if has(source, f"gap:{name}")]
    if not known:
        return ()
    apart = selected(source)
    if apart:
        gaps = [
            link.told("gap", what=link.said(f"plain.{name}"), gap=source.fact(f"gap:{name}"))[:-1]
            for name in apart
        ]
        return link.told("selected", list=listed(link.language, gaps), ref=Ref("link_selection"))
    names = listed(link.language, [link.said(f"plain.{name}") for name in known])
    worst = max(known, key=lambda name: abs(source.value(f"gap:{name}")))
    size = source.fact(f"gap:{worst}")
    if size.value < 0:
        size = Fact(f"counted/{size.address}/size", abs(size.value), size.style, size.digits)
    return link.told("alike", list=names, gap=size, ref=Ref("link_selection"))


def selected(source: Source) -> list[str]:
    """In what those who answered differ from the others."""
    start = "check.selected:"
    return [check.name[len(start) :] for check in source.result.failed if check.name.startswith(start)]


def estimates(source: Source, link: Link, drawn: bool, smallest: float | None = None) -> Spans:
    """What the sum score shows, what stands behind it, and whether it is shown."""
    what, way = link.outcome, freed(source, link.outcome)
    if not way:
        return ()
    term = f"{way}:{what}"
    low, high = source.fact(term, "ci_low", digits=3), source.fact(term, "ci_high", digits=3)
    level = source.level
    spans = link.told(
        "naive", what=link.said(f"plain.{what}"), naive=source.fact(f"naive:{what}", digits=3),
        rel=source.fact("reliability"), sem=source.fact(term, digits=3), level=level, lo=low, hi=high,
        p=source.fact(term, "p_value", "p_relation", 3), ref=Ref("link_estimates"),
        fig=Ref("link_forest" if drawn else "link_estimates"),
    )  # fmt: skip
    spans += _verdict(low.value, high.value, link, smallest)
    if way == "sem" and has(source, f"spearman:{what}") and has(source, f"croon:{what}"):
        ways = {way: source.fact(f"{way}:{what}", digits=3) for way in ("spearman", "croon")}
        spans += link.told("ways", **ways)
    if has(source, f"weighted:{what}"):
        w = f"weighted:{what}"
        lo, hi = source.fact(w, "ci_low", digits=3), source.fact(w, "ci_high", digits=3)
        spans += link.told("weighted", w=source.fact(w, digits=3), level=level, lo=lo, hi=hi)
    return spans


def freed(source: Source, outcome: str) -> str:
    """The way by which an association is freed of measurement error: one model, or corrected scores; empty if none is there."""
    return next(
        (
            way
            for way in ("sem", "croon")
            if has(source, f"{way}:{outcome}") and has(source, f"naive:{outcome}")
        ),
        "",
    )


def _verdict(low: float, high: float, link: Link, smallest: float | None) -> Spans:
    """Shown, the other way, too small to matter, imprecise, or not shown."""
    if math.isnan(low) or math.isnan(high):
        return ()
    if low > 0:
        return link.told("shown_purchases" if link.outcome == "rate" else "shown")
    if high < 0:
        return link.told("opposite")
    if smallest is None:
        return link.told("not_shown")
    margin = Fact("study/smallest_effect", smallest)
    inside = -smallest < low and high < smallest
    return link.told("small" if inside else "imprecise", margin=margin)


def afterwards(source: Source, link: Link) -> Spans:
    """Purchases after the answers, given those before, and whether the answers tell more than these."""
    of = "purchases" if link.outcome == "rate" else "spend"
    term = f"given:{of}"
    if not has(source, term):
        return ()
    spans = link.told(
        "after", b=source.fact(term, digits=3), level=source.level, lo=source.fact(term, "ci_low", digits=3),
        hi=source.fact(term, "ci_high", digits=3), p=source.fact(term, "p_value", "p_relation", 3),
        gross=source.fact(f"gross:{of}", digits=3), ref=Ref("link_afterwards"),
    )  # fmt: skip
    if source.value(term, "ci_low") > 0:
        return spans + link.told("after_more")
    return spans + (link.told("after_same") if known_before(source, of) else ())


def known_before(source: Source, of: str) -> bool:
    """Whether the answers tell of later purchases, but nothing that earlier ones had not told."""
    low, high = source.value(f"given:{of}", "ci_low"), source.value(f"given:{of}", "ci_high")
    return source.value(f"gross:{of}", "ci_low") > 0 and low <= 0 <= high


def joint(source: Source, link: Link) -> Spans:
    """What one standard deviation multiplies the rate, the odds of leaving, and spend by."""
    told = [
        name
        for name, factor in EFFECTS.items()
        if estimable(source, f"{name}:latent") and has(source, factor)
    ]
    if not told:
        return ()
    parts = [_effect(source, link, name) for name in told]
    spans = link.told(
        "joint",
        model=purchase_model(source, link.language),
        ref=Ref("link_joint"),
        list=listed(link.language, parts),
    )
    open_ = [
        name
        for name in told
        if source.value(f"{name}:latent", "ci_low") <= 0 <= source.value(f"{name}:latent", "ci_high")
    ]
    if open_:
        plain = {"spend": "paid"}  # of one purchase
        names = listed(link.language, [link.said(f"plain.{plain.get(name, name)}") for name in open_])
        spans += link.told("joint_unshown", list=names)
    if has(source, "purchase:score"):
        score, latent = (source.fact(f"purchase:{which}", digits=3) for which in ("score", "latent"))
        spans += link.told("joint_score", score=score, latent=latent)
    return spans


def _effect(source: Source, link: Link, name: str) -> Spans:
    factor = EFFECTS[name]
    f, lo, hi = (source.fact(factor, side) for side in ("estimate", "ci_low", "ci_high"))
    return link.told(f"joint_{name}", f=f, lo=lo, hi=hi)[:-1]


def money(source: Source, link: Link, drawn: bool) -> Spans:
    """What more of the construct goes with, in money of one customer, and where it comes from."""
    term = "worth:sd"
    if not has(source, term):
        return ()
    low, high = source.value(term, "ci_low"), source.value(term, "ci_high")
    values: dict[str, object] = {
        **ends(source, term), "level": source.level, "h": settings(source)["years"], "unit": link.counted(source),
        "base": amount(source, "base"), "ref": Ref("link_money"), "point": link.point,
        "pct": share(source, "share:sd"), "vp": amount(source, "worth:point"),
    }  # fmt: skip
    if math.isnan(low) or math.isnan(high):
        return link.told("money_bare", **values)
    spans = link.told("money_more" if low > 0 else "money_less" if high < 0 else "money_unshown", **values)
    shown = low > 0 or high < 0
    if drawn and shown and all(has(source, f"part:{part}") for part in ("purchases", "staying")):
        parts = {"a": "purchases", "b": "staying", "c": "spend"}
        facts = {key: amount(source, f"part:{part}") for key, part in parts.items()}
        key = "parts" if has(source, "part:spend") else "parts_two"
        spans += link.told(key, fig=Ref("link_parts"), **facts)
    if shown and has(source, "naive:sd"):
        spans += link.told("money_naive", naive=amount(source, "naive:sd"))
    return spans


def curve(link: Link) -> Spans:
    """Where the curve stands."""
    return link.told("curve", fig=Ref("link_curve"))


def quadrants(source: Source, link: Link, told: bool, drawn: bool) -> Spans:
    """What customers say against what they do."""
    spans = cross(source, link)
    if not told:
        return spans + link.told("withheld")
    a, b = share(source, "share:high_low"), share(source, "share:low_high")
    if has(source, "value_share:low_high"):
        part = share(source, "value_share:low_high")
        spans += link.told("groups", a=a, b=b, share=part, ref=Ref("link_quadrants"))
    return spans + (link.told("groups_cells", fig=Ref("link_cells")) if drawn else ())


def cross(source: Source, link: Link) -> Spans:
    """How far value as customers see it goes with value as their purchases show it."""
    term = "r_corrected"
    if not has(source, term) or not has(source, "r_naive"):
        return ()
    low, high = source.value(term, "ci_low"), source.value(term, "ci_high")
    spans = link.told(
        "cross", perceived=quoted(link.language, link.asked.perceived or ""), r=source.fact("r_naive"),
        true=source.fact(term), level=source.level, lo=source.fact(term, "ci_low"), hi=source.fact(term, "ci_high"),
    )  # fmt: skip
    if math.isnan(low):
        return spans
    return spans + link.told("cross_shown" if low > 0 else "cross_opposite" if high < 0 else "cross_unshown")


def next_product(source: Source, link: Link, of: str) -> Spans:
    """The pair of products of largest lift."""
    first, _, second = of.partition(">")
    name = {
        key: fill(link.language.word("quote"), text=Label(text))
        for key, text in (("has", first), ("lacks", second))
    }
    return link.told(
        "next", ref=Ref("link_next_product"), n=source.fact(f"customers:{first}", style="integer"),
        pct=share(source, f"confidence:{of}"), lift=source.fact(f"lift:{of}"),
        open=source.fact(f"open:{of}", style="integer"), **name,
    )  # fmt: skip
