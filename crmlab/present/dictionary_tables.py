"""The data dictionary and the questionnaire as tables: every item that was asked, its answers, and who left it blank."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Label, Span, Spans, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import heads

if TYPE_CHECKING:
    from crmlab.study import Scale, Study


def asked(study: Study) -> list[str]:
    """Items of this study in the questionnaire's order: those of its constructs, and the others the survey asked."""
    if not study.has_survey:
        return []
    measured = set(study.construct_items)
    inside = study.spec.instrument.base == "bundled"
    return [
        code
        for code in study.items
        if code not in study.survey.absent
        and (code in measured or inside or code in study.spec.instrument.items)
    ]


def dictionary(
    study: Study, language: Language, items: Source | None, quality: Source | None
) -> Table | None:
    """Item by item: wording, what it measures, answers, direction, and how many cells are missing."""
    codes = [code for code in asked(study) if _present(code, items, quality)]
    if not codes:
        return None
    owner = {item: name for name, block in study.blocks.items() for item in block}
    rows: list[tuple[Spans, ...]] = []
    for code in codes:
        measures: Spans = (Label(language.name(owner[code])),) if code in owner else (EMPTY,)
        direction = "dictionary.reversed" if study.items[code].reverse else "dictionary.plain"
        rows.append(
            (
                (Label(code),), (Label(language.name(f"text:{code}")),), measures,
                answers(study.instrument.scale_of(code), language), (language.word(direction),),
                _missing(code, items, quality),
            )
        )  # fmt: skip
    header = heads(language, "item", "wording", "measures", "answers", "direction", "blank")
    widths = (0.8, 3.2, 1.5, 2.4, 0.9, 0.8)
    return Table("dictionary", (language.word("caption.dictionary"),), header, tuple(rows), "sssscc", widths)


def _present(code: str, items: Source | None, quality: Source | None) -> bool:
    return any(source is not None and f"missing:{code}" in source for source in (items, quality))


def _missing(code: str, items: Source | None, quality: Source | None) -> Spans:
    """Blank cells of those analysed; of all admitted where the item was not analysed."""
    for source in (items, quality):
        if source is not None and not math.isnan(source.value(f"missing:{code}")):
            return (source.fact(f"missing:{code}", style="integer"),)
    return (EMPTY,)


def answers(scale: Scale, language: Language) -> Spans:
    """The answers a scale allows: its words with their codes, or its range."""
    if scale.kind == "text":
        return (language.word("dictionary.text"),)
    if scale.kind == "number" or not scale.labels:
        low, high = language.integer(scale.low), language.integer(scale.high)
        return (Label(language.word("form.from_to", low=low, high=high)),)
    spans: list[Span] = []
    for value in scale.values:
        word = scale.labels.get(value, {}).get(language.code)
        if word:
            spans += [language.word("semicolon")] if spans else []
            spans.append(Label(f"{language.digits(str(value))} = {word}"))
    return tuple(spans)


def questionnaire(study: Study, language: Language) -> Table | None:
    """The questions in order, numbered; the words of a scale stand where it is first used."""
    rows: list[tuple[Spans, ...]] = []
    above = ""
    for number, code in enumerate(asked(study), 1):
        scale = study.instrument.scale_of(code)
        shown: Spans = answers(scale, language) if scale.name != above else (language.word("form.same"),)
        above = scale.name
        rows.append(((Label(language.integer(number)),), (Label(language.name(f"text:{code}")),), shown))
    header = heads(language, "form_number", "wording", "answers")
    caption = (language.word("caption.questionnaire"),)
    return Table("questionnaire", caption, header, tuple(rows), "css", (0.5, 4.5, 3.0)) if rows else None
