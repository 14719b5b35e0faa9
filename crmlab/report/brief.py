"""The brief for managers: the same facts on two pages, with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crmlab.present import abstract_sentences, brief_tables, limitation_sentences, suggestion_sentences
from crmlab.present.blocks import Block, Label, Paragraph, Ref, Spans
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import say
from crmlab.present.theme import Theme
from crmlab.report.model import Chapter, Document
from crmlab.report.scene import trimmed
from crmlab.study import Study

PAGES = 2
# hypotheses, suggestions, limits: the first that fits on the pages is taken
SIZES = ((9, 6, 3), (8, 5, 3), (6, 4, 2), (6, 3, 2), (4, 3, 1), (3, 2, 1), (1, 1, 1))


def brief(report: Document, study: Study, sources: Mapping[str, Source], size: int = 0) -> Document:
    """The brief that goes with a report.

    Parameters
    ----------
    report : the whole report in the same language; what the brief refers to stands there
    study, sources : what it is written from
    size : how much it holds, a place in SIZES: that of `fitting`, or a later one
    """
    return replace(
        report,
        title=f"{report.language.word('brief.title')}: {report.title}",
        chapters=_chapters(study, sources, report.language, report.code, SIZES[size]),
        form="brief",
        outside={key: report.reference(key) for key in report.numbers},
    )


def fitting(report: Document, study: Study, sources: Mapping[str, Source], theme: Theme) -> int:
    """The first of SIZES whose brief fits on the pages; the last if none does."""
    from crmlab.report.pdf import pages_of

    sizes = range(len(SIZES) - 1)
    return next((k for k in sizes if pages_of(brief(report, study, sources, k), theme) <= PAGES), len(sizes))


def _chapters(
    study: Study, sources: Mapping[str, Source], language: Language, code: str, size: tuple[int, int, int]
) -> tuple[Chapter, ...]:
    hypotheses, steps, limits = size
    table, money = (
        brief_tables.verdicts(study, sources, language, hypotheses),
        brief_tables.money(study, sources, language),
    )
    do = [trimmed(spans) for spans in suggestion_sentences.suggestions(study, sources, language)[:steps]]
    said = [trimmed(spans) for spans in limitation_sentences.limitations(study, sources, language)[:limits]]
    parts: dict[str, Sequence[Block]] = {
        "asked": [Paragraph(trimmed(abstract_sentences.abstract(study, sources, language)))],
        "findings": [_named(language, "brief_verdicts_in", table.key), table] if table else [],
        "money": [_named(language, "brief_money_in", money.key), money] if money else [],
        "do": _listed(language, "brief_do" if do else "brief_do_none", do),
        "limits": [
            *(_listed(language, "brief_limits", said) if said else []),
            Paragraph(trimmed(say(language, "brief_more", code=Label(code)))),
        ],
    }
    return tuple(
        Chapter(f"brief-{key}", "", "front", language.word(f"brief.{key}"), tuple(blocks))
        for key, blocks in parts.items()
        if blocks
    )


def _named(language: Language, key: str, table: str) -> Paragraph:
    """The sentence that names a table before it stands."""
    return Paragraph(trimmed(say(language, key, ref=Ref(table))))


def _listed(language: Language, intro: str, found: Sequence[Spans]) -> list[Block]:
    lines: list[Block] = [
        Paragraph((Label(f"{language.integer(k)}."), " ", *spans), "item") for k, spans in enumerate(found, 1)
    ]
    return [Paragraph(trimmed(say(language, intro))), *lines]
