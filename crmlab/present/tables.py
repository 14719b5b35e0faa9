"""Saved results as tables: one function for each result of steps 02 to 04 (step 05: model_tables)."""

from __future__ import annotations

import math

from crmlab.present.blocks import EMPTY, Fact, Hidden, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.privacy import withheld
from crmlab.present.table_parts import failed_notes, heads, level_note, named, one_row_each

MOMENTS = ("mean", "sd", "skewness", "kurtosis")


def flow(source: Source, language: Language) -> Table:
    """02 flow: how many rows were read, refused, flagged, left out and analysed, and why."""
    rows: list[tuple[Spans, ...]] = []
    for term in (str(term) for term in source.result.tidy["term"]):
        kind, _, reason = term.partition(":")
        words: Spans = (
            (Strong(language.word(f"flow.{kind}")),) if not reason else _reason(language, kind, reason)
        )
        rows.append((words, source.cell(term, style="integer")))
    caption = (language.word("caption.flow"),)
    flagged = source.subjects("flagged") and source.subjects("excluded")
    own = (Paragraph((language.word("note.flow"),), "note"),) if flagged else ()
    notes = (*own, *failed_notes(source, language))
    return Table("flow", caption, heads(language, "stage", "rows"), tuple(rows), "sc", (3.0, 1.0), notes)


def _reason(language: Language, kind: str, reason: str) -> Spans:
    word = f"reason.{reason}"
    told = language.word(word) if language.knows(word) else reason.replace("_", " ")
    return (f"{language.word(f'flow.{kind}')}: ", told)


def profile(source: Source, language: Language, threshold: int) -> Table:
    """03 profile: counts and shares of each category; small groups are withheld."""
    rows: list[tuple[Spans, ...]] = []
    hidden_any = False
    for item, values in categories(source).items():
        rows.append(((Label(language.name(f"text:{item}")),),))
        counts = {value: source.value(f"count:{item}.{value}") for value in values}
        hidden = withheld(counts, threshold)
        hidden_any = hidden_any or bool(hidden)
        rows.extend(_category(source, language, f"{item}.{value}", hidden.get(value)) for value in values)
        if source.value(f"missing:{item}") > 0:
            absent = source.cell(f"missing:{item}", style="integer")
            rows.append(((language.word("missing"),), absent, (EMPTY,), (EMPTY,)))
    notes = [level_note(source, language, "note.wilson")]
    if hidden_any:
        limit = Fact("study/privacy_threshold", threshold, "integer")
        notes.append(Paragraph(fill(language.word("note.hidden"), limit=limit), "note"))
    header = heads(language, "category", "count", "percent", "interval_percent")
    everything = (*notes, *failed_notes(source, language))
    caption = (language.word("caption.profile"),)
    return Table("profile", caption, header, tuple(rows), "sccc", (3.0, 1.0, 1.0, 1.6), everything)


def categories(source: Source) -> dict[str, list[str]]:
    """Item -> its values, of the terms `count:<item>.<value>`."""
    found: dict[str, list[str]] = {}
    for subject in source.subjects("count"):
        item, _, value = subject.rpartition(".")
        found.setdefault(item, []).append(value)
    return found


def quality(source: Source, language: Language) -> Table:
    """02 quality: cells without an answer and cells whose spelling was repaired, item by item."""

    def cells(item: str) -> list[Spans]:
        return [source.cell(f"{kind}:{item}", style="integer") for kind in ("missing", "repaired")]

    columns = ("item", "missing", "repaired")
    return one_row_each(
        source,
        language,
        "quality",
        columns,
        source.subjects("missing"),
        cells,
        widths=(3.0, 1.0, 1.0),
        align="scc",
    )


def _category(source: Source, language: Language, subject: str, hidden: Hidden | None) -> tuple[Spans, ...]:
    label = language.names.get(subject) or language.digits(subject.rpartition(".")[2])
    if hidden:
        return ((Label(label),), (hidden,), (Hidden(),), (Hidden(),))
    share = f"share:{subject}"
    low = source.fact(share, "ci_low", "percent", 1)
    high = source.fact(share, "ci_high", "percent", 1)
    known = not math.isnan(low.value)
    return (
        (Label(label),),
        source.cell(f"count:{subject}", style="integer"),
        source.cell(share, style="percent", digits=1),
        fill(language.word("interval"), low=low, high=high) if known else (EMPTY,),
    )


def _moments(source: Source, language: Language, subject: str, *, interval: bool) -> list[Spans]:
    cells = [source.cell(f"n:{subject}", style="integer")]
    for quantity in MOMENTS:
        cells.append(source.cell(f"{quantity}:{subject}"))
        if quantity == "mean" and interval:
            cells.append(source.interval(f"mean:{subject}", language))
    return cells


def construct_scores(source: Source, language: Language) -> Table:
    """03 constructs: mean, spread and shape of each construct's mean score."""
    return one_row_each(
        source, language, "constructs", ("construct", "n", "mean", "interval", "sd", "skewness", "kurtosis"),
        source.subjects("mean"), lambda of: _moments(source, language, of, interval=True),
        notes=(level_note(source, language), Paragraph((language.word("note.scores"),), "note")),
        widths=(3.0, 0.8, 1.0, 1.9, 1.0, 1.0, 1.0),
    )  # fmt: skip


def items(source: Source, language: Language) -> Table:
    """03 items: the wording of each question with the moments of its answers."""
    rows = tuple(
        (
            (Label(item),),
            (Label(language.name(f"text:{item}")),),
            *_moments(source, language, item, interval=False),
        )
        for item in source.subjects("mean")
    )
    header = heads(language, "item", "wording", "n", *MOMENTS)
    notes = (Paragraph((language.word("note.excess"),), "note"), *failed_notes(source, language))
    widths = (0.9, 4.8, 0.8, 0.9, 1.0, 1.25, 1.2)
    return Table("items", (language.word("caption.items"),), header, rows, "ssccccc", widths, notes)


def global_scores(source: Source, language: Language) -> Table:
    """03 globals: recommendation, satisfaction, effort."""
    terms = {
        subject: f"{kind}:{subject}" for kind in ("nps", "csat", "ces") for subject in source.subjects(kind)
    }

    def cells(subject: str) -> list[Spans]:
        digits = 1 if terms[subject].startswith("nps:") else 2
        return [source.cell(terms[subject], digits=digits), source.interval(terms[subject], language, digits)]

    def first(language: Language, subject: str) -> Spans:
        return (language.word(f"global.{terms[subject].partition(':')[0]}"),)

    return one_row_each(
        source, language, "globals", ("measure", "estimate", "interval"), list(terms), cells, first=first,
        notes=(level_note(source, language),), widths=(4.0, 1.0, 1.6),
    )  # fmt: skip


def reliability(source: Source, language: Language) -> Table:
    """04 reliability: alpha, omega, rho_A, composite reliability and AVE of each construct."""

    def cells(subject: str) -> list[Spans]:
        return [
            source.cell(f"alpha:{subject}"),
            source.cell(f"omega:{subject}"),
            source.interval(f"omega:{subject}", language),
            source.cell(f"rho_a:{subject}"),
            source.cell(f"rho_c:{subject}"),
            source.cell(f"ave:{subject}"),
            source.interval(f"ave:{subject}", language),
        ]

    subjects = list(
        dict.fromkeys(source.subjects("omega") + source.subjects("alpha") + source.subjects("ave"))
    )
    return one_row_each(
        source, language, "reliability",
        ("construct", "alpha", "omega", "interval_omega", "rho_a", "rho_c", "ave", "interval_ave"),
        subjects, cells, notes=(level_note(source, language), Paragraph(fill(language.word("note.reliability"), n=source.glance("n", "integer")), "note")),
        widths=(2.4, 1.0, 1.1, 1.7, 0.8, 0.8, 0.9, 1.7),
    )  # fmt: skip


def loadings(
    source: Source,
    language: Language,
    rest: Source | None = None,
    key: str = "loadings",
    failed: bool = True,
) -> Table:
    """04 loadings, 05 outer: loadings (and weights, item-rest correlations) grouped by construct.

    Without `failed` another table says which checks of the source failed.
    """
    weighted = bool(source.subjects("weight")) and rest is None
    extra = ["weight"] if weighted else ["item_rest"] if rest else []
    rows: list[tuple[Spans, ...]] = []
    last = ""
    for subject in source.subjects("loading"):
        construct, _, item = subject.partition("=~")
        if construct != last:
            rows.append((named(language, construct),))
            last = construct
        term = f"loading:{subject}"
        row = [named(language, item), source.cell(term), source.interval(term, language)]
        row.append(source.cell(term, "p_value", "p", 3))
        row += [source.cell(f"weight:{subject}")] if weighted else []
        row += [rest.cell(f"item_rest:{item}")] if rest else []
        rows.append(tuple(row))
    header = heads(language, "indicator", "loading", "interval", "p", *extra)
    notes: tuple[Paragraph, ...] = (level_note(source, language),)
    empty = rest and any(cell == (EMPTY,) for row in rows for cell in row)
    notes += (Paragraph((language.word("note.loading_empty"),), "note"),) if empty else ()
    notes += failed_notes(source, language) if failed else ()
    notes += failed_notes(rest, language) if rest else ()
    widths = (2.4, 1.0, 1.8, 1.0, *[1.3] * len(extra))
    return Table(
        key,
        (language.word(f"caption.{key}"),),
        header,
        tuple(rows),
        "s" + "c" * (3 + len(extra)),
        widths,
        notes,
    )


def htmt(source: Source, language: Language, limit: float, most: int = 5) -> Table:
    """04 htmt: the largest ratios with their limits, and every one beyond the study's limit."""
    ranked = sorted(source.subjects("htmt"), key=lambda pair: -source.value(f"htmt:{pair}"))
    over = [pair for pair in ranked if source.value(f"htmt:{pair}") >= limit]
    shown = ranked[: max(most, len(over))]

    def cells(pair: str) -> list[Spans]:
        return [source.cell(f"htmt:{pair}"), source.interval(f"htmt:{pair}", language)]

    def first(language: Language, pair: str) -> Spans:
        left, _, right = pair.partition("~")
        return (Label(language.name(left)), language.word("with"), Label(language.name(right)))

    rule = Fact("study/rules/htmt", limit)
    note = Paragraph(fill(language.word("note.htmt"), limit=rule), "note")
    return one_row_each(
        source, language, "htmt", ("pair", "htmt", "interval"), shown, cells, first=first,
        notes=(level_note(source, language), note), widths=(4.0, 1.0, 1.6),
    )  # fmt: skip


def plain(source: Source, language: Language) -> Table:
    """Any result, as it is saved: for the eye in a notebook."""
    rows = tuple(
        (
            (Label(str(term)),),
            source.cell(term, digits=3),
            source.cell(term, "std_error", digits=3),
            source.interval(term, language, 3),
            source.cell(term, "p_value", "p", 3),
        )
        for term in map(str, source.result.tidy["term"])
    )
    notes = failed_notes(source, language)
    header = heads(language, "term", "estimate", "se", "interval", "p")
    return Table("plain", (Label(source.address),), header, rows, "scccc", (3.0, 1.0, 1.0, 1.8, 1.0), notes)
