"""Segments and prospects as tables: how many groups, what they are like, what they think, who is likely to convert."""

from __future__ import annotations

from crmlab.present.behaviour_tables import hidden_note
from crmlab.present.behaviour_words import money_digits
from crmlab.present.blocks import EMPTY, Fact, Hidden, Label, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.segment_words import Look
from crmlab.present.table_parts import failed_notes, level_note

RIVALS = ("logistic", "boosting")
METHODS = ("kmeans", "mixture", "ward", "latent")
ROLES = ("carriers", "slipping", "newcomers", "occasional", "core")


def choice(source: Source, look: Look, key: str) -> Table:
    """07 segments_choice and prospect_choice: criteria and stability by number of groups."""
    language, rows = look.language, []
    if "bic:1" in source:
        rows.append((("1",), source.cell("bic:1", digits=1), *[(EMPTY,)] * 5))
        rows[0] = ((Label(language.digits("1")),), *rows[0][1:])
    for k in source.subjects("silhouette"):
        name = language.digits(k)
        first: Spans = (Strong(name),) if source.value(f"chosen:{k}") == 1 else (Label(name),)
        stable = language.word("seg.yes" if source.value(f"stable:{k}") == 1 else "seg.no")
        cells = [source.cell(f"{q}:{k}", digits=2) for q in ("silhouette", "rand", "jaccard")]
        heap = source.fact(f"heap:{k}", style="p", digits=3)
        rows.append((first, source.cell(f"bic:{k}", digits=1), *cells, (heap,), (stable,)))
    notes = [
        look.note("choice", n=source.glance("sampled", "integer"), r=source.glance("resamples", "integer"))
    ]
    if any(source.value(f"chosen:{k}") == 1 for k in source.subjects("silhouette")):
        notes.append(look.note("chosen"))
    if source.result.glance.get("blank") and source.result.glance["number"] > 1:
        notes.append(look.note("blank", k=source.glance("blank", "integer")))
    for name in source.subjects("agreement"):
        method = language.word(f"seg.method.{name}")
        notes.append(look.note("agreement", method=method, r=source.fact(f"agreement:{name}")))
    header = look.head("number", "bic", "silhouette", "rand", "jaccard", "heap", "stable")
    everything = (*notes, *failed_notes(source, language))
    widths = (1.0, 1.3, 1.2, 1.3, 1.2, 1.3, 1.0)
    return Table(key, look.ways.said(f"seg.caption.{key}"), header, tuple(rows), "", widths, everything)


def profile(source: Source, look: Look) -> Table:
    """07 segments: size, money, medians of the features and role of each segment."""
    names, few = source.subjects("customers"), look.few(source)
    features = [of.partition(".")[2] for of in source.subjects("median") if of.startswith("all.")]
    shown = features[:4]
    valued, roled = bool(source.subjects("value_share")), bool(source.subjects("role"))
    rows: list[tuple[Spans, ...]] = []
    for name in names:
        label: Spans = (Label(look.group(name)),)
        if name in few:
            width = 2 + len(shown) + valued + roled
            rows.append((label, (Hidden(look.ways.threshold),), *[(Hidden(),)] * (width - 1)))
            continue
        cells = [
            source.cell(f"customers:{name}", style="integer"),
            source.cell(f"share:{name}", style="percent", digits=1),
        ]
        cells += [source.cell(f"value_share:{name}", style="percent", digits=1)] if valued else []
        cells += [_median(source, name, one) for one in shown]
        cells += (
            [(look.language.word(f"seg.role.{ROLES[int(source.value(f'role:{name}'))]}"),)] if roled else []
        )
        rows.append((label, *cells))
    header = (
        *look.head("group", "customers", "share", *(["value_share"] if valued else [])),
        *(_feature_head(look, one) for one in shown),
        *look.head(*(["role"] if roled else [])),
    )
    notes = [look.note("profile")] if "recency" in features else [look.note("profile_plain")]
    notes += [look.note("roles")] if roled else []
    notes += [hidden_note(look.ways)] if few else []
    everything = (*notes, *failed_notes(source, look.language))
    widths = (1.7, 1.0, 0.9, *([0.9] if valued else []), *[1.1] * len(shown), *([1.3] if roled else []))
    return Table(
        "segments", look.ways.said("seg.caption.segments"), header, tuple(rows), "", widths, everything
    )


def _median(source: Source, name: str, feature: str) -> Spans:
    term = f"median:{name}.{feature}"
    digits = (
        money_digits(source.value(term))
        if feature == "spend"
        else 0
        if feature in ("recency", "frequency")
        else 2
    )
    return source.cell(term, digits=digits)


def _feature_head(look: Look, name: str) -> Spans:
    if look.language.knows(f"seg.column.{name}"):
        return look.ways.said(f"seg.column.{name}")
    return (Label(look.feature(name)),)


def thoughts(source: Source, look: Look) -> Table | None:
    """07 segments: how the answers of each segment differ from those of the others."""
    few = look.few(source) | {
        name for name in source.subjects("scored") if source.value(f"scored:{name}") < look.ways.threshold
    }
    names = [name for name in source.subjects("scored") if name not in few]
    constructs = list(dict.fromkeys(of.partition(".")[2] for of in source.subjects("gap")))
    rows: list[tuple[Spans, ...]] = []
    for name in names:
        if not any(f"gap:{name}.{one}" in source for one in constructs):
            continue
        cells: list[Spans] = []
        for one in constructs:
            term = f"gap:{name}.{one}"
            middle = source.fact(term)
            cells.append(
                (middle, " (", *source.interval(term, look.language), ")") if term in source else (EMPTY,)
            )
        rows.append(((Label(look.group(name)),), source.cell(f"scored:{name}", style="integer"), *cells))
    if not rows:
        return None
    header = (*look.head("group", "answered"), *((Label(look.feature(one)),) for one in constructs))
    notes = (look.note("thoughts", level=source.level), *([hidden_note(look.ways)] if few else []))
    widths = (1.5, 1.0, *[2.0] * len(constructs))
    caption = look.ways.said("seg.caption.segment_thoughts")
    return Table("segment_thoughts", caption, header, tuple(rows), "", widths, notes)


def kinds(source: Source, look: Look) -> Table:
    """07 prospect_groups: size and conversion of each group of prospects."""
    few = look.few(source)
    converted = bool(source.subjects("conversion"))
    rows: list[tuple[Spans, ...]] = []
    for name in source.subjects("customers"):
        label: Spans = (Label(look.group(name)),)
        if name in few:
            rows.append((label, (Hidden(look.ways.threshold),), *[(Hidden(),)] * (3 if converted else 1)))
            continue
        cells = [
            source.cell(f"customers:{name}", style="integer"),
            source.cell(f"share:{name}", style="percent", digits=1),
        ]
        if converted:
            term = f"conversion:{name}"
            cells += [source.cell(term, style="percent", digits=1), percents(source, look, term)]
        rows.append((label, *cells))
    header = look.head("group", "prospects", "share", *(["conversion", "interval"] if converted else []))
    notes = (level_note(source, look.language), *([hidden_note(look.ways)] if few else []))
    return Table(
        "prospect_groups", look.ways.said("seg.caption.prospect_groups"), header, tuple(rows), "", (), notes
    )


def percents(source: Source, look: Look, term: str) -> Spans:
    """Both limits of a share, in percent."""
    low, high = (source.fact(term, side, "percent", 1) for side in ("ci_low", "ci_high"))
    if low.value != low.value:
        return (EMPTY,)
    return fill(look.language.word("interval"), low=low, high=high)


def model(source: Source, look: Look) -> Table:
    """07 prospect_model: how well the models tell who converts."""
    language, rows = look.language, list[tuple[Spans, ...]]()
    for name in RIVALS:
        title = language.word(f"churn.{name}")
        first: Spans = (Strong(title),) if source.value(f"chosen:{name}") == 1 else (title,)
        auc = f"auc:{name}"
        rows.append((
            first, source.cell(f"brier:{name}", digits=3), source.cell(auc), source.interval(auc, language),
            source.cell(f"skill:{name}", style="percent", digits=1), percents(source, look, f"skill:{name}"),
        ))  # fmt: skip
    if "auc:likeness" in source:
        own = (source.cell("auc:likeness"), source.interval("auc:likeness", language))
        rows.append(((language.word("seg.likeness"),), (EMPTY,), *own, (EMPTY,), (EMPTY,)))
    rows.append(((language.word("seg.base"),), source.cell("brier:base", digits=3), *[(EMPTY,)] * 4))
    asked: dict[str, Fact] = {"n": source.glance("n", "integer"), "k": source.glance("converted", "integer")}
    asked |= {"folds": source.glance("folds", "integer"), "level": source.level}
    notes = (look.note("model", **asked), *failed_notes(source, language))
    header = look.head("model", "brier", "auc", "interval", "skill", "interval")
    widths = (2.0, 0.9, 0.8, 1.5, 1.0, 1.7)
    return Table(
        "prospect_model", look.ways.said("seg.caption.prospect_model"), header, tuple(rows), "", widths, notes
    )
