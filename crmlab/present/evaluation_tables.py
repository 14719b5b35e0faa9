"""The evaluation of a PLS model as tables: fit, prediction, importance, necessity, robustness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Fact, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.rules import rules_note
from crmlab.present.table_parts import arrow, failed_notes, heads, level_note, named, one_row_each

if TYPE_CHECKING:
    from crmlab.study import Study

MODELS = ("saturated", "estimated")


def fit(source: Source, language: Language) -> Table:
    """05 fit: distances of both models with the quantile they would keep below if the model held."""
    rows: list[tuple[Spans, ...]] = []
    for model in MODELS:
        rows.append(((language.word(f"fit_model.{model}"),),))
        for name in ("srmr", "d_uls", "d_g"):
            term = f"{name}:{model}"
            rows.append(
                (
                    (language.word(f"distance.{name}"),),
                    source.cell(term, digits=3),
                    source.cell(term, "ci_high", digits=3),
                    source.cell(term, "p_value", "p", 3),
                )
            )
    header = heads(language, "measure", "value", "quantile", "p")
    note = Paragraph(
        fill(language.word("note.pls_fit"), level=source.level, n=source.glance("resamples", "integer")),
        "note",
    )
    notes = (note, *failed_notes(source, language))
    return Table(
        "pls_fit",
        (language.word("caption.pls_fit"),),
        header,
        tuple(rows),
        "sccc",
        (3.0, 1.0, 1.2, 1.0),
        notes,
    )


def prediction(source: Source, language: Language) -> Table:
    """05 prediction: errors on people left out, beside those of a linear model; the smaller one is bold."""
    rows: list[tuple[Spans, ...]] = []
    last = ""
    for subject in source.subjects("rmse"):
        construct, _, item = subject.partition("=~")
        if construct != last:
            rows.append((named(language, construct),))
            last = construct
        pairs = [_pair(source, error, subject) for error in ("rmse", "mae")]
        q2 = source.cell(f"q2_predict:{subject}", digits=3)
        rows.append((named(language, item), q2, *(cell for pair in pairs for cell in pair)))
    header = heads(language, "indicator", "q2_predict", "rmse", "rmse_lm", "mae", "mae_lm")
    folds, repeats = source.glance("folds", "integer"), source.glance("repeats", "integer")
    told = Paragraph(fill(language.word("note.prediction"), folds=folds, repeats=repeats), "note")
    # one note a check is too many for a table of many items: the sentence names those that fail
    caption = (language.word("caption.prediction"),)
    widths = (2.4, 1.2, 1.1, 1.1, 1.1, 1.1)
    return Table(
        "prediction", caption, header, tuple(rows), "sccccc", widths, (told, *_few(source, language))
    )


def _few(source: Source, language: Language, most: int = 3) -> tuple[Paragraph, ...]:
    notes = failed_notes(source, language)
    return notes if len(notes) <= most else notes[:most]


def _pair(source: Source, error: str, subject: str) -> list[Spans]:
    own, other = source.fact(f"{error}:{subject}", digits=3), source.fact(f"{error}_lm:{subject}", digits=3)
    return [
        (replace(own, strong=own.value < other.value),),
        (replace(other, strong=other.value < own.value),),
    ]


def cvpat(source: Source, language: Language) -> Table:
    """05 cvpat: average loss less that of the benchmark, for each construct and overall."""
    rows: list[tuple[Spans, ...]] = []
    for benchmark in ("mean", "lm"):
        quantity = f"cvpat_{benchmark}"
        rows.append(((language.word(f"benchmark.{benchmark}"),),))
        for name in source.subjects(quantity):
            term = f"{quantity}:{name}"
            label: Spans = (language.word("overall"),) if name == "overall" else named(language, name)
            rows.append(
                (
                    label,
                    source.cell(term, digits=3),
                    source.cell(term, "std_error", digits=3),
                    source.interval(term, language, 3),
                    source.cell(term, "p_value", "p", 3),
                )
            )
    header = heads(language, "construct", "loss_difference", "se", "interval", "p")
    notes = (
        level_note(source, language),
        Paragraph((language.word("note.cvpat"),), "note"),
        *failed_notes(source, language),
    )
    widths = (2.6, 1.2, 1.0, 1.8, 0.9)
    return Table("cvpat", (language.word("caption.cvpat"),), header, tuple(rows), "scccc", widths, notes)


def redundancy(source: Source, language: Language) -> Table:
    """05 q2: Stone-Geisser's Q2 of each outcome."""

    def cells(name: str) -> list[Spans]:
        return [source.cell(f"q2:{name}", digits=3)]

    note = Paragraph(fill(language.word("note.q2"), distance=source.glance("distance", "integer")), "note")
    return one_row_each(
        source,
        language,
        "q2",
        ("outcome", "q2"),
        source.subjects("q2"),
        cells,
        notes=(note,),
        widths=(3.0, 1.0),
    )


def importance(source: Source, language: Language, target: str) -> Table:
    """05 ipma: importance for the target and performance, the most important first; dimensions below."""
    start = f"{target}~"
    subjects = [s for s in source.subjects("importance") if s.startswith(start)]
    whole = [s for s in subjects if f"importance_std:{s}" in source]
    parts = [s for s in subjects if s not in whole]
    rows: list[tuple[Spans, ...]] = []
    for word, group in (("importance.constructs", whole), ("importance.dimensions", parts)):
        rows += [((language.word(word),),)] if group and parts else []
        for subject in sorted(group, key=lambda s: -source.value(f"importance:{s}")):
            name = subject[len(start) :]
            rows.append(
                (
                    named(language, name),
                    source.cell(f"importance:{subject}", digits=3),
                    source.cell(f"importance_std:{subject}", digits=3),
                    source.cell(f"performance:{name}", digits=1),
                )
            )
    header = heads(language, "construct", "importance", "importance_std", "performance")
    notes = (Paragraph((language.word("note.ipma"),), "note"), *failed_notes(source, language))
    caption = fill(language.word("caption.ipma"), name=Label(language.name(target)))
    return Table(f"ipma_{target}", caption, header, tuple(rows), "sccc", (3.0, 1.1, 1.3, 1.2), notes)


def targets(source: Source) -> list[str]:
    """The targets of a result on importance."""
    return list(dict.fromkeys(subject.partition("~")[0] for subject in source.subjects("importance")))


def necessity(source: Source, language: Language, study: Study | None) -> Table:
    """05 nca: effect size of each condition by both ceilings."""

    def cells(path: str) -> list[Spans]:
        found: list[Spans] = []
        for ceiling in ("ce_fdh", "cr_fdh"):
            found += [source.cell(f"{ceiling}:{path}"), source.cell(f"{ceiling}:{path}", "p_value", "p", 3)]
        return found

    notes = (*rules_note(study, language, "necessity"), Paragraph((language.word("note.nca"),), "note"))
    return one_row_each(
        source, language, "nca", ("condition", "ce_fdh", "p", "cr_fdh", "p"), source.subjects("ce_fdh"), cells,
        first=arrow, notes=notes, widths=(3.4, 1.1, 0.9, 1.1, 0.9),
    )  # fmt: skip


def bottleneck(source: Source, language: Language) -> Table:
    """05 nca: what each condition must reach for a level of the target, in percent of the observed ranges."""
    paths = list(dict.fromkeys(subject.rpartition(".")[0] for subject in source.subjects("needed")))
    steps = list(dict.fromkeys(subject.rpartition(".")[2] for subject in source.subjects("needed")))
    rows = []
    for step in steps:
        cells = [_needed(source, language, f"needed:{path}.{step}") for path in paths]
        rows.append(((Label(language.digits(step)),), *cells))
    header = (*heads(language, "target_level"), *(arrow(language, path) for path in paths))
    notes = (Paragraph((language.word("note.bottleneck"),), "note"),)
    widths = (1.2, *[1.6] * len(paths))
    return Table(
        "bottleneck",
        (language.word("caption.bottleneck"),),
        header,
        tuple(rows),
        "c" * len(header),
        widths,
        notes,
    )


def _needed(source: Source, language: Language, term: str) -> Spans:
    value = source.value(term)
    return source.cell(term, digits=1) if value > 0 else (language.word("not_necessary"),)


def endogeneity(source: Source, language: Language) -> Table:
    """05 endogeneity: path with the copula in the regression, and the copula itself."""

    def cells(path: str) -> list[Spans]:
        copula = f"copula:{path}"
        return [
            source.cell(f"path:{path}", digits=3),
            source.interval(f"path:{path}", language, 3),
            source.cell(copula, digits=3),
            source.interval(copula, language, 3),
            source.cell(copula, "p_value", "p", 3),
        ]

    return one_row_each(
        source, language, "endogeneity", ("path", "beta", "interval", "copula", "interval", "p"), source.subjects("path"),
        cells, first=arrow, notes=(Paragraph((language.word("note.endogeneity"),), "note"),),
        widths=(3.0, 0.8, 1.7, 0.9, 1.7, 0.8),
    )  # fmt: skip


def tetrads(source: Source, language: Language) -> Table:
    """05 tetrads: how many vanishing tetrads of each construct's items leave zero out."""
    kinds: dict[str, list[str]] = {}
    for subject in source.subjects("tetrad"):
        kinds.setdefault(subject.partition(".")[0], []).append(f"tetrad:{subject}")

    def cells(name: str) -> list[Spans]:
        outside = [
            term
            for term in kinds[name]
            if source.value(term, "ci_low") > 0 or source.value(term, "ci_high") < 0
        ]
        counts = (("all", kinds[name]), ("outside", outside))
        return [(Fact(f"counted/{source.address}/{name}_{k}", len(v), "integer"),) for k, v in counts]

    note = Paragraph((language.word("note.tetrads"),), "note")
    return one_row_each(
        source, language, "tetrads", ("construct", "tetrads", "outside"), list(kinds), cells, notes=(note,),
        widths=(3.0, 1.0, 1.4),
    )  # fmt: skip


def segments(source: Source, language: Language) -> Table:
    """05 segments: criteria of mixtures with more and more segments; the best of each is bold."""
    sizes = source.subjects("bic")
    names: Sequence[str] = ("aic3", "bic", "caic")
    best = {name: min(sizes, key=lambda size: source.value(f"{name}:{size}")) for name in names}

    def cells(size: str) -> list[Spans]:
        found: list[Spans] = [
            (replace(source.fact(f"{name}:{size}", digits=1), strong=best[name] == size),) for name in names
        ]
        smallest = _smallest(source, size)
        return [*found, source.cell(f"entropy:{size}"), smallest]

    return one_row_each(
        source, language, "hidden_segments", ("segments", "aic3", "bic", "caic", "entropy", "smallest"), sizes, cells,
        first=lambda language, size: (Label(language.digits(size)),),
        notes=(Paragraph((language.word("note.hidden_segments"),), "note"),), align="cccccc",
    )  # fmt: skip


def _smallest(source: Source, size: str) -> Spans:
    shares = [s for s in source.subjects("segment_share") if s.startswith(f"{size}.")]
    if not shares:
        return (EMPTY,)
    return source.cell(
        f"segment_share:{min(shares, key=lambda s: source.value(f'segment_share:{s}'))}",
        style="percent",
        digits=1,
    )
