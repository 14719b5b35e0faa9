"""Every defensible specification as a table: by choice, median and support of each hypothesis."""

from __future__ import annotations

from crmlab.present.blocks import EMPTY, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import ASPECTS, failed_notes, heads

KEY = "multiverse"
LOST = "check.choice:"  # what the check of a choice that was not computed begins with


def hypotheses(source: Source) -> list[str]:
    """The hypotheses followed."""
    return source.subjects("support")


def levels(source: Source, aspect: str) -> list[str]:
    """The choices of one kind that were computed, the study's own first; empty where there is but one."""
    name = hypotheses(source)[0] if hypotheses(source) else ""
    start = f"{name}.{aspect}."
    return [of.removeprefix(start) for of in source.subjects("median_by") if of.startswith(start)]


def by_choice(source: Source, language: Language) -> Table | None:
    """12 multiverse: one row a choice, one column a hypothesis; all specifications last."""
    names = hypotheses(source)
    if not names:
        return None
    rows: list[tuple[Spans, ...]] = []
    for aspect in ASPECTS:
        chosen = levels(source, aspect)
        if chosen:
            rows.append(((language.word(f"lit.aspect.{aspect}"),),))
        for level in chosen:
            cells = [_cell(source, f"median_by:{name}.{aspect}.{level}", f"support_by:{name}.{aspect}.{level}", language) for name in names]  # fmt: skip
            rows.append(((language.word(f"{aspect}.{level}"),), *cells))
    whole = [_cell(source, f"median:{name}", f"support:{name}", language) for name in names]
    rows.append(((Strong(language.word("head.lit_all")),), *whole))
    for key, term in (("same_sign", "sign"), ("stands", "stands")):
        share = [
            (*source.cell(f"{term}:{name}", style="percent", digits=0), language.word("pct"))
            for name in names
        ]
        rows.append(((Strong(language.word(f"head.{key}")),), *share))
    header = (*heads(language, "lit_aspect"), *((Label(name),) for name in names))
    caption = (language.word("caption.multiverse"),)
    widths = (2.6, *[1.4] * len(names))
    return Table(KEY, caption, header, tuple(rows), "", widths, _notes(source, language))


def _cell(source: Source, median: str, share: str, language: Language) -> Spans:
    if median not in source:
        return (EMPTY,)
    return (source.fact(median), " (", source.fact(share, style="percent", digits=0), language.word("pct"), ")")  # fmt: skip


def _notes(source: Source, language: Language) -> tuple[Paragraph, ...]:
    notes = [Paragraph((language.word("note.multiverse"),), "note")]
    weak = source.subjects("dropped")
    if weak:
        told: list[object] = []
        for item in weak:
            told += [language.word("comma")] if told else []
            told += [Label(item), " ", source.fact(f"dropped:{item}")]
        spans = fill(language.word("note.multiverse_weak"), limit=source.glance("loading", digits=3), list=tuple(told))  # fmt: skip
        notes.append(Paragraph(spans, "note"))
    return (*notes, *_lost(source, language), *failed_notes(source, language, but=LOST))


def _lost(source: Source, language: Language) -> tuple[Paragraph, ...]:
    """The choices that count in no share, one note for all."""
    told: list[object] = []
    for check in source.result.failed:
        if check.name.startswith(LOST):
            levels = zip(ASPECTS, check.name.removeprefix(LOST).split("."), strict=True)
            words = [language.word(f"{aspect}.{level}") for aspect, level in levels]
            told += [*([language.word("separator")] if told else []), language.word("comma").join(words)]
    if not told:
        return ()
    return (Paragraph(fill(language.word("check.choices_lost"), list=tuple(told)), "failed"),)
