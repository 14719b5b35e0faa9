"""Signs of a common method as tables, and the criteria of the whole chapter with their verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Fact, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.rules import Criterion, limit, rules_note
from crmlab.present.table_parts import failed_notes, heads, level_note, one_row_each

if TYPE_CHECKING:
    from crmlab.study import Study

MEASURE, SAMPLE = "04_measurement", "03_sample_description"
CRITERIA = (
    Criterion("skewness", f"{SAMPLE}/items", "skewness", "abs"),
    Criterion("kurtosis", f"{SAMPLE}/items", "kurtosis", "abs"),
    Criterion("item_rest", f"{MEASURE}/items", "item_rest", ">="),
    Criterion("kmo", f"{MEASURE}/kmo", "kmo", ">="),
    Criterion("alpha", f"{MEASURE}/bartlett", "chi2", "<", "p_value"),
    Criterion("loading", f"{MEASURE}/loadings", "loading", ">="),
    Criterion("reliability", f"{MEASURE}/reliability", "omega", ">="),
    Criterion("ave", f"{MEASURE}/reliability", "ave", ">="),
    Criterion("htmt", f"{MEASURE}/htmt", "htmt", "<"),
    Criterion("harman", f"{MEASURE}/harman", "harman", "<"),
    Criterion("full_collinearity", f"{MEASURE}/full_collinearity", "vif", "<="),
)
WHOLE = ("kmo",)  # judged by the number for all items, not by each item


def method(
    harman: Source | None, vif: Source | None, marker: Source | None, language: Language, study: Study | None
) -> Table | None:
    """04 harman, full_collinearity, marker: each sign of method variance with its limit."""
    rows: list[tuple[Spans, ...]] = []
    if harman is not None and "harman" in harman:
        rule: Spans = (EMPTY,)
        if study:
            rule = (language.word("sign.<"), " ", limit(study, "harman"))
        rows.append(((language.word("method.harman"),), harman.cell("harman"), rule))
    for name in vif.subjects("vif") if vif is not None else ():
        words = fill(language.word("method.vif"), name=Label(language.name(name)))
        bound: Spans = (
            (language.word("sign.<="), " ", limit(study, "full_collinearity")) if study else (EMPTY,)
        )
        rows.append((words, vif.cell(f"vif:{name}"), bound))  # type: ignore[union-attr]
    if marker is not None and "r_marker" in marker.result.glance:
        rows.append(((language.word("method.marker"),), (marker.glance("r_marker"),), (EMPTY,)))
    present = [source for source in (harman, vif, marker) if source is not None]
    notes = (
        *(rules_note(study, language, "harman", "full_collinearity") if rows else ()),
        Paragraph((language.word("note.harman"),), "note"),
        *(note for source in present for note in failed_notes(source, language)),
    )
    if not rows:
        return None
    header = heads(language, "measure", "value", "limit")
    return Table(
        "method", (language.word("caption.method"),), header, tuple(rows), "scc", (3.6, 1.0, 1.2), notes
    )


def marked(source: Source, language: Language, most: int = 10) -> Table:
    """04 marker: the strongest correlations between constructs before and after the marker is taken out."""
    ranked = sorted(source.subjects("cor_adjusted"), key=lambda pair: -abs(source.value(f"cor:{pair}")))

    def cells(pair: str) -> list[Spans]:
        return [
            source.cell(f"cor:{pair}"),
            source.cell(f"cor_adjusted:{pair}"),
            source.interval(f"cor_adjusted:{pair}", language),
            source.cell(f"cor_adjusted:{pair}", "p_value", "p", 3),
        ]

    def first(language: Language, pair: str) -> Spans:
        left, _, right = pair.partition("~")
        return (Label(language.name(left)), language.word("with"), Label(language.name(right)))

    shown = Fact(f"counted/{source.address}/shown", min(most, len(ranked)), "integer")
    note = Paragraph(fill(language.word("note.marker"), n=shown, r=source.glance("r_marker")), "note")
    return one_row_each(
        source, language, "marker", ("pair", "cor", "cor_adjusted", "interval", "p"), ranked[:most], cells, first=first,
        notes=(level_note(source, language), note), widths=(4.0, 1.0, 1.1, 1.6, 0.9),
    )  # fmt: skip


def method_factors(common: Source | None, free: Source | None, language: Language) -> Table | None:
    """04 method_common, method_free: what a factor behind all items would take of their variance."""
    rows = []
    present = [(name, source) for name, source in (("common", common), ("free", free)) if source is not None]
    for name, source in present:
        if "variance_method" not in source:
            continue
        shares = [
            source.cell(f"variance_{part}", style="percent", digits=1)
            for part in ("trait", "method", "error")
        ]
        tests = [source.cell("chi2_difference"), (source.glance("df_difference", "integer"),)]
        p = source.cell("chi2_difference", "p_value", "p", 3)
        rows.append(((language.word(f"method_factor.{name}"),), *shares, *tests, p))
    if not rows:
        return None
    header = heads(
        language,
        "model",
        "share_trait",
        "share_method",
        "share_error",
        "chi2_difference",
        "df_difference",
        "p",
    )
    notes = (
        Paragraph((language.word("note.method_factor"),), "note"),
        *(note for _, source in present for note in failed_notes(source, language)),
    )
    caption = (language.word("caption.method_factor"),)
    widths = (2.8, 1.2, 1.2, 1.2, 1.2, 0.7, 0.9)
    return Table(
        "method_factor", caption, header, tuple(rows), "scccccc", widths, tuple(dict.fromkeys(notes))
    )


def marker_models(source: Source, language: Language) -> Table:
    """04 method_marker: the ladder of models with the marker's factor, and the tests between them."""
    rows: list[tuple[Spans, ...]] = []
    for name in source.subjects("chi2"):
        cells = [source.cell(f"chi2:{name}", digits=1), source.cell(f"df:{name}", style="integer")]
        p, cfi = source.cell(f"chi2:{name}", "p_value", "p", 3), source.cell(f"cfi:{name}", digits=3)
        rows.append(((language.word(f"marker_model.{name}"),), *cells, p, cfi))
    for pair in source.subjects("chi2_difference"):
        left, _, right = pair.partition("~")
        term = f"chi2_difference:{pair}"
        label = (
            language.word(f"marker_model.{left}"),
            language.word("against"),
            language.word(f"marker_model.{right}"),
        )
        df = source.cell(f"df_difference:{pair}", style="integer")
        rows.append((label, source.cell(term, digits=1), df, source.cell(term, "p_value", "p", 3), (EMPTY,)))
    header = heads(language, "model", "chi2", "df", "p", "cfi")
    notes = (Paragraph((language.word("note.marker_models"),), "note"), *failed_notes(source, language))
    caption = (language.word("caption.marker_models"),)
    return Table("marker_models", caption, header, tuple(rows), "scccc", (4.0, 1.1, 0.9, 0.9, 0.9), notes)


def verdicts(sources: dict[str, Source], language: Language, study: Study) -> Table | None:
    """Every criterion of the measurement chapter: its limit, how many keep within it, the weakest, the verdict."""
    rows = [row for row in (_judged(one, sources, language, study) for one in CRITERIA) if row]
    if not rows:
        return None
    header = heads(language, "criterion", "limit", "kept", "weakest", "value", "verdict_rule")
    notes = (
        *rules_note(study, language, *(one.rule for one in used(sources) if one.rule != "alpha")),
        Paragraph((language.word("note.criteria"),), "note"),
    )
    caption = (language.word("caption.criteria"),)
    return Table("criteria", caption, header, tuple(rows), "sccscc", (2.5, 1.3, 1.1, 2.0, 0.9, 1.5), notes)


def judged_all(sources: dict[str, Source], study: Study) -> dict[str, bool]:
    """Criterion -> whether all its values keep within the limit."""
    found = {}
    for one in used(sources):
        source, bound = sources[one.address], limit(study, one.rule).value
        found[one.rule] = all(
            one.holds(source.value(term, one.column), bound) for term in _terms(one, source)
        )
    return found


def used(sources: dict[str, Source]) -> Iterable[Criterion]:
    """The criteria whose values this study has."""
    return [one for one in CRITERIA if one.address in sources and _terms(one, sources[one.address])]


def _terms(one: Criterion, source: Source) -> list[str]:
    return [one.rule] if one.rule in WHOLE and one.rule in source else one.terms(source)


def _judged(
    one: Criterion, sources: dict[str, Source], language: Language, study: Study
) -> tuple[Spans, ...] | None:
    source = sources.get(one.address)
    terms = _terms(one, source) if source is not None else []
    if source is None or not terms:
        return None
    bound = limit(study, one.rule)
    kept = [term for term in terms if one.holds(source.value(term, one.column), bound.value)]
    worst = one.worst(source, terms)
    subject = worst.partition(":")[2]
    counts = [
        Fact(f"counted/{source.address}/{one.rule}_{which}", len(found), "integer")
        for which, found in (("kept", kept), ("all", terms))
    ]
    p = one.column == "p_value"
    value = source.fact(worst, one.column, "p" if p else "number", 3 if p or one.rule == "loading" else 2)
    sign = "<=" if one.sign == "abs" else one.sign
    return (
        (language.word(f"criterion.{one.rule}"),),
        (language.word(f"sign.{sign}"), " ", bound),
        (counts[0], language.word("of"), counts[1]),
        _named(language, subject),
        (value,) if not math.isnan(value.value) else (EMPTY,),
        (
            Strong(
                language.word("kept.all" if len(kept) == len(terms) else "kept.some" if kept else "kept.none")
            ),
        ),
    )


def _named(language: Language, subject: str) -> Spans:
    if not subject:
        return (EMPTY,)
    if "=~" in subject:
        return (Label(language.name(subject.partition("=~")[2])),)
    spans: list[object] = []
    for part in subject.split("~"):
        spans += [language.word("with")] if spans else []
        spans.append(Label(language.name(part)))
    return tuple(spans)  # type: ignore[arg-type]
