"""The structural model as tables: paths, explained variance, effects."""

from __future__ import annotations

from collections.abc import Collection

from crmlab.present.blocks import Fact, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import arrow, failed_notes, heads, level_note, one_row_each, resample_note

MANY = 12  # specific indirect effects from which only those of a hypothesis are printed


def paths(source: Source, language: Language, key: str = "paths") -> Table:
    """05 paths: each coefficient with its interval, its size and the collinearity it stands."""

    def cells(path: str) -> list[Spans]:
        term = f"path:{path}"
        return [
            source.cell(term, digits=3),
            source.cell(term, "std_error", digits=3),
            source.interval(term, language, 3),
            source.cell(term, "p_value", "p", 3),
            source.cell(f"f2:{path}"),
            source.cell(f"vif:{path}"),
        ]

    return one_row_each(
        source, language, key, ("path", "beta", "se", "interval", "p", "f2", "vif"),
        source.subjects("path"), cells, first=arrow,
        notes=(level_note(source, language, "note.bootstrap"), *resample_note(source, language)), widths=(3.2, 0.9, 1.2, 1.9, 0.9, 0.75, 0.75),
    )  # fmt: skip


def latent_paths(source: Source, language: Language, key: str = "sem_paths") -> Table:
    """05 sem_paths: each standardised coefficient with its error, interval and z."""

    def cells(path: str) -> list[Spans]:
        term = f"path:{path}"
        return [
            source.cell(term, digits=3),
            source.cell(term, "std_error", digits=3),
            source.interval(term, language, 3),
            source.cell(f"z:{path}"),
            source.cell(term, "p_value", "p", 3),
        ]

    return one_row_each(
        source, language, key, ("path", "beta", "se", "interval", "z", "p"), source.subjects("path"), cells,
        first=arrow, notes=(level_note(source, language, "note.delta"),), widths=(3.2, 0.9, 1.2, 1.9, 0.8, 0.9),
    )  # fmt: skip


def explained(source: Source, language: Language, key: str = "explained") -> Table:
    """05 paths, sem_paths: the share of each outcome's variance that the model explains."""
    adjusted = bool(source.subjects("r2_adjusted"))

    def cells(outcome: str) -> list[Spans]:
        found = [source.cell(f"r2:{outcome}", digits=3), source.interval(f"r2:{outcome}", language, 3)]
        return [*found, source.cell(f"r2_adjusted:{outcome}", digits=3)] if adjusted else found

    columns = ("outcome", "r2", "interval", *(("r2_adjusted",) if adjusted else ()))
    widths = (3.0, 1.0, 1.6, *((1.2,) if adjusted else ()))
    return one_row_each(
        source, language, key, columns, source.subjects("r2"), cells, notes=(level_note(source, language),), widths=widths,
    )  # fmt: skip


def effects(source: Source, language: Language, key: str = "effects", asked: Collection[str] = ()) -> Table:
    """05 effects, sem_effects: indirect and total effects; of very many ways only those that are `asked` by a hypothesis."""
    rows: list[tuple[Spans, ...]] = []
    every = source.subjects("indirect")
    shown = [subject for subject in every if subject in asked] if len(every) > MANY else []
    for kind in ("indirect", "total_indirect", "total"):
        subjects = source.subjects(kind)
        if kind == "indirect" and shown:
            subjects = [subject for subject in subjects if subject in shown]
        if kind == "total_indirect" and len(subjects) == len(source.subjects("indirect")):
            continue  # one way each: the total indirect effect is the indirect effect
        rows += [((language.word(f"effect.{kind}"),),)] if subjects else []
        for subject in subjects:
            term = f"{kind}:{subject}"
            rows.append(
                (
                    arrow(language, subject),
                    source.cell(term, digits=3),
                    source.cell(term, "std_error", digits=3),
                    source.interval(term, language, 3),
                    source.cell(term, "p_value", "p", 3),
                )
            )
    note = "note.bootstrap" if key == "effects" else "note.delta"
    notes: tuple[Paragraph, ...] = (level_note(source, language, note),)
    notes += resample_note(source, language) if key == "effects" else ()
    if shown:
        k = Fact(f"counted/{source.address}/others", len(every) - len(shown), "integer")
        told = fill(language.word("note.effects_shown"), k=k, address=Label(source.address))
        notes += (Paragraph(told, "note"),)
    notes += failed_notes(source, language)
    header = heads(language, "effect", "estimate", "se", "interval", "p")
    caption = (language.word(f"caption.{key}"),)
    return Table(key, caption, header, tuple(rows), "scccc", (3.4, 0.9, 1.2, 1.8, 0.9), notes)
