"""Answers joined with purchases as tables: who is in both, who answered, associations, effects, worth, groups."""

from __future__ import annotations

from crmlab.present.behaviour_words import money_digits
from crmlab.present.blocks import EMPTY, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source
from crmlab.present.linkage_words import (
    OUTCOMES,
    WAYS,
    Link,
    amount,
    between_shares,
    estimable,
    has,
    purchase_model,
    settings,
    share,
)

SUBJECTS = ("recency", "tenure", "frequency", "spend", "total")
PEOPLE = (
    "respondents", "without_key", "refused_twice", "survey_only", "too_new", "matched", "buyers", "customers", "ledger_only",
)  # fmt: skip
ALWAYS = ("respondents", "matched", "buyers", "customers", "ledger_only")
GROUPS = ("high_high", "high_low", "low_high", "low_low")
AMOUNTS = (
    "base", "worth:sd", "part:purchases", "part:staying", "part:spend", "worth:point", "nominal:sd", "nominal:point",
    "newcomer:sd", "total:sd", "naive:sd",
)  # fmt: skip
MOST = 12  # pairs of products that are told


def join(source: Source, link: Link) -> Table:
    """08 join: respondents and customers, and how many of each are in both."""
    rows: list[tuple[Spans, ...]] = []
    shares = {"matched": "matched_share", "customers": "response_share"}
    for name in PEOPLE:
        if name not in source or (name not in ALWAYS and not source.value(name) > 0):
            continue
        first = link.said(f"join.{name}")
        if name == "matched":
            first = (Strong(link.language.plain(first)),)
        term = shares.get(name, "")
        told: tuple[Spans, Spans] = ((EMPTY,), (EMPTY,))
        if term and has(source, term):
            told = ((share(source, term),), between_shares(source, term, link.language))
        rows.append((first, source.cell(name, style="integer"), *told))
    header = link.heads("who", "count", "share", "interval")
    notes = (link.note("join", level=source.level), *_days(source, link))
    return link.table(source, "link_join", header, rows, widths=(3.4, 1, 1, 1.5), notes=notes)


def _days(source: Source, link: Link) -> tuple[Paragraph, ...]:
    """The days of the fieldwork and of the ledger."""
    days = {"first": "field_first", "last": "field_last", "start": "ledger_first", "end": "ledger_end"}
    known = {key: link.ways.day(source.value(term)) for key, term in days.items() if has(source, term)}
    if len(known) == len(days):
        return (link.note("days", **known),)
    return (link.note("ledger_days", **known),) if {"start", "end"} <= set(known) else ()


def selection(source: Source, link: Link) -> Table:
    """08 selection: those who answered against the other customers."""
    language = link.language
    rows = []
    for name in [name for name in SUBJECTS if f"gap:{name}" in source]:
        own = [source.value(f"{which}:{name}") for which in ("mean_matched", "mean_other")]
        digits = money_digits(*own) if name in ("spend", "total") else 1
        rows.append((
            link.said(f"subject.{name}"), source.cell(f"mean_matched:{name}", digits=digits),
            source.cell(f"mean_other:{name}", digits=digits), source.cell(f"gap:{name}"),
            source.interval(f"gap:{name}", language), source.cell(f"gap:{name}", "p_value", "p", 3),
            source.cell(f"weighted_gap:{name}"),
        ))  # fmt: skip
    header = link.heads("what", "matched", "others", "gap", "interval", "p", "weighted")
    widths = (2.2, 1.3, 1.3, 1.1, 1.5, 0.9, 1.1)
    notes = (link.note("selection", level=source.level),)
    return link.table(source, "link_selection", header, rows, widths=widths, notes=notes)


def estimates(source: Source, link: Link) -> Table:
    """08 estimates: each behaviour with the construct, by the sum score and freed of measurement error."""
    language = link.language
    rows: list[tuple[Spans, ...]] = []
    for name in OUTCOMES:
        told = [way for way in WAYS if has(source, f"{way}:{name}")]
        if not told:
            continue
        rows.append((link.said(f"outcome.{name}"),))
        for way in told:
            term = f"{way}:{name}"
            first = link.said(f"way.{way}")
            rows.append((
                (Strong(language.plain(first)),) if way == "sem" else first, source.cell(term, digits=3),
                source.interval(term, language, 3), source.cell(term, "p_value", "p", 3),
            ))  # fmt: skip
    header = link.heads("way", "estimate", "interval", "p")
    note = link.note(
        "estimates", level=source.level, rel=source.fact("reliability"), points=source.fact("scale_points")
    )
    return link.table(source, "link_estimates", header, rows, widths=(3.2, 1, 1.7, 1), notes=(note,))


def joint(source: Source, link: Link) -> Table:
    """08 joint: what one standard deviation does to the rate, to leaving and to spend."""
    language = link.language
    rows = []
    factors = {"purchase": "rate_ratio", "dropout": "odds_ratio", "spend": "spend_ratio"}
    for name, factor in factors.items():
        term = f"{name}:latent"
        if not estimable(source, term):
            continue
        rows.append((
            link.said(f"effect.{name}"), source.cell(f"{name}:score", digits=3), source.cell(term, digits=3),
            source.interval(term, language, 3), source.cell(term, "p_value", "p", 3), source.cell(factor),
            source.interval(factor, language),
        ))  # fmt: skip
    header = link.heads("effect", "score", "latent", "interval", "p", "factor", "factor_interval")
    model = purchase_model(source, language)
    m = source.glance("matched", "integer")
    notes = (link.note("joint", model=model, m=m, level=source.level),)
    widths = (2.0, 1, 1, 1.6, 0.9, 0.9, 1.5)
    return link.table(source, "link_joint", header, rows, widths=widths, notes=notes)


def money(source: Source, link: Link) -> Table:
    """08 money: what more of the construct goes with."""
    language = link.language
    rows: list[tuple[Spans, ...]] = []
    for term in AMOUNTS:
        if not has(source, term):
            continue
        first = link.said(f"worth.{term.replace(':', '.')}", point=link.point)
        if term == "worth:sd":
            first = (Strong(language.plain(first)),)
        interval = source.interval(term, language, amount(source, term).digits)
        rows.append((first, (amount(source, term),), interval, source.cell(term, "p_value", "p", 3)))
    if has(source, "purchases:sd") and source.result.glance.get("money", 1.0) == 1:
        term = "purchases:sd"
        interval = source.interval(term, language)
        cells = (source.cell(term), interval, source.cell(term, "p_value", "p", 3))
        rows.append((link.said("worth.purchases.sd"), *cells))
    header = link.heads("quantity", "amount", "interval", "p")
    in_money = source.result.glance.get("money", 1.0) == 1
    note = link.note("money" if in_money else "purchases", level=source.level, **settings(source))
    widths = (3.2, 1.5, 2.2, 0.9)
    return link.table(
        source, "link_money", header, rows, widths=widths, notes=(note,), unit=link.counted(source)
    )


def quadrants(source: Source, link: Link) -> Table | None:
    """08 quadrants: what customers say against what they do, in four groups; withheld whole where one is small."""
    names = [name for name in GROUPS if has(source, f"customers:{name}")]
    if len(names) < len(GROUPS):
        return None
    language = link.language
    rows = [
        (
            link.said(f"quadrant.{name}"), source.cell(f"customers:{name}", style="integer"),
            source.cell(f"share:{name}", style="percent", digits=1), between_shares(source, f"share:{name}", language),
            (amount(source, f"value_mean:{name}"),) if has(source, f"value_mean:{name}") else (EMPTY,),
            source.cell(f"value_share:{name}", style="percent", digits=1),
        )
        for name in names
    ]  # fmt: skip
    header = link.heads("quadrant", "customers", "share", "interval", "mean", "value_share")
    widths = (2.2, 1, 0.9, 1.5, 1.4, 1.3)
    notes = (link.note("quadrants", level=source.level),)
    return link.table(source, "link_quadrants", header, rows, widths=widths, notes=notes)


def afterwards(source: Source, link: Link) -> Table:
    """08 afterwards: purchases after the answers, as they stand and given the history before."""
    language = link.language
    rows: list[tuple[Spans, ...]] = []
    for name in ("purchases", "spend"):
        told = [way for way in ("gross", "given") if has(source, f"{way}:{name}")]
        rows += [(link.said(f"outcome.{name}"),)] if told else []
        for way in told:
            term = f"{way}:{name}"
            rows.append((
                link.said(f"after.{way}"), source.cell(term, digits=3), source.interval(term, language, 3),
                source.cell(term, "p_value", "p", 3),
            ))  # fmt: skip
    header = link.heads("way", "estimate", "interval", "p")
    notes = (link.note("afterwards", level=source.level),)
    return link.table(source, "link_afterwards", header, rows, widths=(3.2, 1, 1.7, 1), notes=notes)


def pairs(source: Source, link: Link) -> list[str]:
    """Pairs of products that enough customers tell of, the largest lift first."""
    found = [
        of for of in source.subjects("lift") if source.value(f"lift:{of}") > 1 and _enough(source, link, of)
    ]
    return sorted(found, key=lambda of: (-source.value(f"lift:{of}"), of))[:MOST]


def _enough(source: Source, link: Link, of: str) -> bool:
    """Whether those with and those without the second product are no small groups."""
    n, least = source.value(f"customers:{of.partition('>')[0]}"), link.ways.threshold
    both = n * source.value(f"confidence:{of}")
    return both >= least and source.value(f"open:{of}") >= least


def next_product(source: Source, link: Link) -> Table | None:
    """08 next_product: what customers of one product buy as well."""
    found = pairs(source, link)
    if not found:
        return None
    rows = []
    for of in found:
        first, _, second = of.partition(">")
        rows.append((
            (Label(first),), (Label(second),), source.cell(f"customers:{first}", style="integer"),
            (share(source, f"confidence:{of}"),), source.cell(f"lift:{of}"), source.cell(f"open:{of}", style="integer"),
        ))  # fmt: skip
    header = link.heads("has", "lacks", "customers", "confidence", "lift", "open")
    notes = (link.note("next"),)
    return link.table(
        source,
        "link_next_product",
        header,
        rows,
        widths=(1.8, 1.8, 1, 1.3, 0.9, 1),
        align="sscccc",
        notes=notes,
    )
