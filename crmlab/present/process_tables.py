"""Mediation and moderation on scores as tables: regressions, conditional and indirect effects."""

from __future__ import annotations

from crmlab.present.blocks import Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.process_words import PROBES, at, codes, shape, term, variable
from crmlab.present.table_parts import arrow, failed_notes, heads, level_note

WIDTHS = (3.6, 0.9, 0.9, 1.7, 0.9)


def name_of(source: Source) -> str:
    """The model's name in the study: "1", or the hypothesis it belongs to."""
    return source.address.rpartition("process_")[2]


def regressions(source: Source, language: Language) -> Table:
    """05 process_<name>: every equation with its coefficients."""
    rows: list[tuple[Spans, ...]] = []
    last = ""
    for subject in source.subjects("coef"):
        outcome, _, predictor = subject.partition("~")
        if outcome != last:
            r2 = source.fact(f"r2:{outcome}", digits=3)
            rows.append((fill(language.word("process.equation"), name=variable(language, outcome), r2=r2),))
            last = outcome
        rows.append((term(language, predictor), *_cells(source, language, f"coef:{subject}")))
    note = fill(language.word("note.process"), how=_errors(source, language), level=source.level)
    notes = (Paragraph(note, "note"), *_codes(source, language), *failed_notes(source, language))
    caption = _caption(source, language, "process")
    header = heads(language, "predictor", "coefficient", "se", "interval", "p")
    return Table(f"process_{name_of(source)}", caption, header, tuple(rows), "scccc", WIDTHS, notes)


def effects(source: Source, language: Language, percentiles: bool = False) -> Table | None:
    """05 process_<name>: conditional paths, direct and indirect effects, and what the moderator changes.

    `percentiles`: low, middle and high are the 16th, 50th and 84th one.
    """
    through = bool(source.subjects("indirect"))
    notes = [level_note(source, language, "note.process_t")]
    notes += [level_note(source, language, "note.process_boot")] if through else []
    if percentiles and any(label in PROBES for label in _labels(source)):
        notes.append(Paragraph((language.word("note.process_probes"),), "note"))
    return _effects(source, language, "process_effects" if through else "process_effects_only", tuple(notes))


def _labels(source: Source) -> list[str]:
    """Where on the moderator effects are taken: low, middle, high, values."""
    return [subject.partition(".")[2] for subject in source.subjects("probe")]


def latent(source: Source, language: Language) -> Table | None:
    """05 latent_process_<name>: the same by latent variables."""
    notes = (level_note(source, language, "note.process_latent"), *failed_notes(source, language))
    return _effects(source, language, "process_latent", notes)


def _effects(source: Source, language: Language, words: str, notes: tuple[Paragraph, ...]) -> Table | None:
    rows: list[tuple[Spans, ...]] = []
    for kind, subjects in _listed(source).items():
        ways = [_parts(kind, subject) for subject in subjects]
        apart = any(where for _, where in ways)
        rows += [((language.word(f"process.kind.{kind}"),),)] if subjects and not apart else []
        last = ""
        for subject, (way, where) in zip(subjects, ways, strict=True):
            if apart and way != last:
                rows.append((_heading(language, kind, way),))
                last = way
            first = _first(source, language, kind, way, where)
            rows.append((first, *_cells(source, language, f"{kind}:{subject}")))
    if not rows:
        return None
    caption = _caption(source, language, words)
    key = words.removesuffix("_only")
    header = heads(language, "effect", "estimate", "se", "interval", "p")
    return Table(f"{key}_{name_of(source)}", caption, header, tuple(rows), "scccc", WIDTHS, notes)


def _listed(source: Source) -> dict[str, list[str]]:
    """Kind -> the subjects that are printed; differences between probes only of indirect effects, and without an index."""
    kinds = ("path", "effect", "direct", "total", "indirect", "total_indirect", "index", "contrast")
    found = {kind: source.subjects(kind) for kind in (*kinds, "indirect_difference")}
    found["contrast"] = [of for of in found["contrast"] if of.partition("@")[0].count("~") > 1]
    if found["index"]:
        found["contrast"] = []
    return found


def _parts(kind: str, subject: str) -> tuple[str, str]:
    """The way of a row, and where on the moderator it is taken."""
    if kind == "index":
        way, _, category = subject.partition(".")
        return way, category.partition(".")[2]
    way, _, where = subject.partition("@")
    return way, where


def _heading(language: Language, kind: str, way: str) -> Spans:
    """The heading of rows that differ only in where they are taken."""
    path = _difference(language, way) if kind == "indirect_difference" else arrow(language, way)
    return fill(language.word("process.group"), kind=language.word(f"process.kind.{kind}"), path=path)


def _first(source: Source, language: Language, kind: str, way: str, where: str) -> Spans:
    """What a row is about."""
    if where:
        return at(source, language, shape(source).moderator, where)
    if kind == "path":
        return _latent_path(language, way)
    return _difference(language, way) if kind == "indirect_difference" else arrow(language, way)


def _latent_path(language: Language, subject: str) -> Spans:
    outcome, _, predictor = subject.partition("~")
    way = (*term(language, predictor), language.word("arrow"), Label(language.name(outcome)))
    return way


def _difference(language: Language, subject: str) -> Spans:
    """Two ways from X to Y, by their mediators: "M1>M2-M1"."""
    subject = subject.partition("@")[0]
    first, _, second = subject.partition("-")
    parts: list[Spans] = []
    for way in (first, second):
        spans: list[Label | str] = []
        for name in way.split(">"):
            spans += [language.word("arrow")] if spans else []
            spans.append(Label(language.name(name)))
        parts.append(tuple(spans))
    return fill(language.word("process.less"), first=parts[0], second=parts[1])


def _cells(source: Source, language: Language, of: str) -> list[Spans]:
    return [
        source.cell(of, digits=3),
        source.cell(of, "std_error", digits=3),
        source.interval(of, language, 3),
        source.cell(of, "p_value", "p", 3),
    ]


def _codes(source: Source, language: Language) -> tuple[Paragraph, ...]:
    """What the codes of items in the table ask."""
    return tuple(
        Paragraph(fill(language.word("process.code"), code=Label(code), text=Label(language.names[f"text:{code}"])), "note")
        for code in codes(source, language)
    )  # fmt: skip


def _errors(source: Source, language: Language) -> Spans:
    """By which formula the standard errors are."""
    kind = int(source.result.glance.get("errors", 0))
    if not kind:
        return (language.word("process.errors.ols"),)
    return fill(language.word("process.errors.robust"), hc=Label(f"HC{kind - 1}"))


def _caption(source: Source, language: Language, key: str) -> Spans:
    """The title of a table; the first model of the study file needs no number of its own."""
    name = name_of(source)
    label = Label(language.digits(name) if name.isdigit() else name)  # a hypothesis keeps its code
    which = fill(language.word("process.numbered"), name=label) if name != "1" else ()
    return fill(language.word(f"caption.{key}"), n=source.glance("model", "integer"), name=which)
