"""Earlier studies as tables: what each reports beside ours, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from crmlab.present.blocks import EMPTY, Cite, Label, Paragraph, Span, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import arrow, failed_notes, heads, level_note
from crmlab.study.prior_effects import CITED, PriorEffect, bundled_effects

KEY = "prior_studies"
TOGETHER = "pooled_studies"


@cache
def _bundled() -> Mapping[str, PriorEffect]:
    return {one.study: one for one in bundled_effects()}


def paths(source: Source) -> list[str]:
    """The paths that earlier studies report, in our order."""
    return source.subjects("own")


def studies(source: Source, path: str) -> list[str]:
    """The studies of a path: those with a number first."""
    mine = [at.partition("@")[2] for at in source.subjects("sign") if at.partition("@")[0] == path]
    return sorted(mine, key=lambda study: f"study:{path}@{study}" not in source)


def study_name(study: str) -> Span:
    """How a text names a study: as the library does, as a work cited, or as typed."""
    known = _bundled().get(study)
    if known is not None:
        return Label(known.label)
    return Cite(study.removeprefix(CITED)) if study.startswith(CITED) else Label(study)


def study_label(study: str) -> str:
    """The same for a drawing, which cannot cite."""
    known = _bundled().get(study)
    return known.label if known is not None else study.removeprefix(CITED)


def _setting(source: Source, path: str, study: str, language: Language) -> Spans:
    for one in bundled_effects():
        same = source.value(f"stands_in:{path}@{study}") == 1 or one.path == path
        if one.study == study and one.setting is not None and same:
            return (one.setting[language.code],)
    return (EMPTY,)


def prior(source: Source, language: Language) -> Table | None:
    """12 literature: under each path the studies that report it, then ours."""
    if not paths(source):
        return None
    rows: list[tuple[Spans, ...]] = []
    for path in paths(source):
        rows.append(((*arrow(language, path),),))
        rows += [_study(source, language, path, study) for study in studies(source, path)]
        own = f"own:{path}"
        effect = _with_interval(source, own, language)
        rows.append(((Strong(language.word("lit.own")),), (EMPTY,), (EMPTY,), effect, *((EMPTY,),) * 3))
    columns = ("lit_study_of", "n", "lit_setting", "lit_effect_reported", "lit_direction", "lit_ours_less", "lit_holm")  # fmt: skip
    caption = (language.word("caption.prior_studies"),)
    widths = (1.9, 0.6, 1.9, 2.1, 1.0, 2.1, 0.8)
    return Table(KEY, caption, heads(language, *columns), tuple(rows), "", widths, _notes(source, language))


def _study(source: Source, language: Language, path: str, study: str) -> tuple[Spans, ...]:
    at = f"{path}@{study}"
    numbered = f"study:{at}" in source
    positive = source.value(f"sign:{at}") > 0
    word = language.word(f"lit.reported.{'+' if positive else '-'}")
    effect = _with_interval(source, f"study:{at}", language)
    gap = _with_interval(source, f"difference:{at}", language)
    named: Spans = (study_name(study),)
    if f"stands_in:{at}" in source:
        named += (language.word("lit.stand_in"),)
    return (
        named,
        source.cell(f"n:{at}", style="integer"),
        _setting(source, path, study, language),
        effect if numbered else (word,),
        (language.word(f"lit.direction.{int(source.value(f'agrees:{at}'))}"),),
        gap if f"difference:{at}" in source else (EMPTY,),
        source.cell(f"p_holm:{at}", style="p", digits=3),
    )


def _with_interval(source: Source, term: str, language: Language) -> Spans:
    return (*source.cell(term), " (", *source.interval(term, language), ")")


def _notes(source: Source, language: Language) -> tuple[Paragraph, ...]:
    notes = [Paragraph((language.word("note.prior_studies"),), "note"), level_note(source, language)]
    if source.subjects("stands_in"):
        notes.append(Paragraph((language.word("note.prior_stand_in"),), "note"))
    named = dict.fromkeys(study for path in paths(source) for study in studies(source, path))
    cites = tuple(Cite(study.removeprefix(CITED)) for study in named if study in _bundled())
    if cites:
        notes.append(Paragraph(fill(language.word("note.prior_sources"), list=cites), "note"))
    return (*notes, *failed_notes(source, language))


def together(source: Source, language: Language) -> Table | None:
    """12 literature: paths with two comparable numbers or more, put together."""
    chosen = source.subjects("pooled")
    if not chosen:
        return None
    rows = []
    for path in chosen:
        cells = [_with_interval(source, f"{name}:{path}", language) for name in ("pooled", "own", "shrunken")]
        between = (
            *source.cell(f"tau2:{path}", digits=3), "; ",
            *source.cell(f"i2:{path}", style="percent", digits=0), language.word("pct"),
        )  # fmt: skip
        rows.append(
            (
                arrow(language, path),
                source.cell(f"k:{path}", style="integer"),
                cells[0],
                source.interval(f"prediction:{path}", language),
                between,
                cells[1],
                cells[2],
            )
        )
    head = heads(language, "path", "lit_studies", "lit_pooled", "lit_prediction")
    head += ((f"{language.word('head.lit_between')} (τ²; I²)",), *heads(language, "lit_ours", "lit_shrunken"))
    notes = (Paragraph((language.word("note.pooled_studies"),), "note"), level_note(source, language))
    widths = (2.0, 0.8, 1.8, 1.5, 1.1, 1.8, 1.8)
    return Table(TOGETHER, (language.word("caption.pooled_studies"),), head, tuple(rows), "", widths, notes)
