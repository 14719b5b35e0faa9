"""What a notebook shows: a result in the reader's language, failed checks first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from crmlab.present import (
    behaviour_view,
    channel_view,
    design_view,
    diagrams,
    enterprise_view,
    figures,
    flowchart,
    heatmap,
    model_tables,
    retention_view,
    segment_view,
    sem_tables,
    swift_view,
    tables,
    verdict_tables,
    warehouse_tables,
)
from crmlab.present.blocks import Fact, Figure, Label, Paragraph, Span, Spans, Strong, Table
from crmlab.present.chapter_views import views
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.names import reader
from crmlab.present.theme import Theme, svg
from crmlab.result import Result

if TYPE_CHECKING:
    from crmlab.study import Study

RULE = "1.5px solid currentColor"
SIDES = {"s": "start", "c": "center", "e": "end"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Blocks as JupyterLab displays them."""

    blocks: tuple[Table | Figure | Paragraph, ...]
    language: Language

    def _repr_html_(self) -> str:
        inside = "".join(_block(block, self.language) for block in self.blocks)
        return f'<div dir="{self.language.direction}" lang="{self.language.code}">{inside}</div>'

    def __repr__(self) -> str:
        return "\n".join(
            self.language.plain(block.spans if isinstance(block, Paragraph) else block.caption)
            for block in self.blocks
        )


def show(thing: Any, reading: str | Language | Study = "en", study: Study | None = None) -> Shown:
    """A saved result, an admitted survey, or a table or figure block, for the eye in a notebook.

    Parameters
    ----------
    thing : a Result; anything with a `flow()` that gives one (an admitted survey); a Table or Figure block
    reading : who reads: "en", "fa", a Language, or the study, whose first language it is then
    study : gives the names of constructs, items and categories; without it their codes are shown
    """
    if isinstance(reading, str | Language):
        spoken = _language(reading, study)
    else:
        spoken, study = reader(reading, reading.languages[0]), reading
    if isinstance(thing, Table | Figure | Paragraph):
        return Shown((thing,), spoken)
    if isinstance(thing, Result):
        return Shown(_blocks(Source(thing.model, thing), spoken, study), spoken)
    if thing is None:
        return Shown((Paragraph((spoken.word("not_asked"),)),), spoken)
    if isinstance(getattr(thing, "results", None), dict):
        parts = [show(result, spoken, study) for result in thing.results.values()]
        return Shown(tuple(block for part in parts for block in part.blocks), spoken)
    if callable(getattr(thing, "flow", None)):
        return show(thing.flow(), spoken, study)
    raise TypeError(f"show() knows results, admitted surveys, tables and figures, not {type(thing).__name__}")


def _language(language: str | Language, study: Study | None) -> Language:
    if isinstance(language, Language):
        return language.named(reader(study, language.code).names) if study else language
    return reader(study, language) if study else Language.load(language)


def _blocks(
    source: Source, language: Language, study: Study | None
) -> tuple[Table | Figure | Paragraph, ...]:
    """The tables that fit what the result holds, and what people would rather look at than read."""
    stored = warehouse_tables.blocks(source, language)
    if stored is not None:
        return tuple(stored)
    planned = design_view.blocks(source, language, study)
    if planned is not None:
        return tuple(block for block in planned if block is not None)
    known = views(source, language, study)
    if known is not None:
        return tuple(block for block in known if block is not None)
    firm = enterprise_view.blocks(source, language, study.privacy_threshold if study else 5)
    if firm is not None:
        return tuple(block for block in firm if block is not None)
    watched = channel_view.blocks(source, language, study)
    if watched is not None:
        return tuple(block for block in watched if block is not None)
    loop = swift_view.blocks(source, language, study)
    if loop is not None:
        return tuple(block for block in loop if block is not None)
    grouped = segment_view.blocks(source, language, study)
    if grouped is not None:
        return tuple(block for block in grouped if block is not None)
    contracts = retention_view.blocks(source, language, study)
    if contracts is not None:
        return tuple(block for block in contracts if block is not None)
    kinds = {term.partition(":")[0] for term in map(str, source.result.tidy["term"])}
    behaviour = behaviour_view.blocks(source, language, study)
    if behaviour is not None:
        return tuple(block for block in behaviour if block is not None)
    if source.result.model in COVARIANCE:
        return tuple(block for block in _covariance(source, language, study) if block is not None)
    for kind, blocks in _BLOCKS.items():
        if kind in kinds:
            return tuple(block for block in blocks(source, language, study) if block is not None)
    return (tables.plain(source, language),)


def _paths(source: Source, language: Language, study: Study | None) -> list[Table | Figure | None]:
    drawn = diagrams.structure(source, language, study) if study else None
    return [drawn, model_tables.paths(source, language), model_tables.explained(source, language)]


def _verdicts(source: Source, language: Language, study: Study | None) -> list[Table | Figure | None]:
    return [verdict_tables.verdicts(source, language, study.hypotheses if study else ())]


def _means(source: Source, language: Language, study: Study | None) -> list[Table | Figure | None]:
    if study and set(source.subjects("mean")) <= set(study.items):
        return [tables.items(source, language)]
    return [tables.construct_scores(source, language), figures.means(source, language)]


def _profile(source: Source, language: Language, study: Study | None) -> list[Table | Figure | None]:
    threshold = study.privacy_threshold if study else 5
    return [tables.profile(source, language, threshold), figures.profile(source, language, threshold)]


def _htmt(source: Source, language: Language, study: Study | None) -> list[Table | Figure | None]:
    limit = study.rules.htmt if study else 0.90
    pairs = [part for pair in source.subjects("htmt") for part in pair.split("~")]
    among = study.first_order if study else tuple(dict.fromkeys(pairs))
    drawn = heatmap.heat(source, language, "htmt", "htmt_chart", among=among, limit=limit)
    return [tables.htmt(source, language, limit), drawn]


# The first quantity that a result holds decides how it is shown.
def _covariance(source: Source, language: Language, study: Study | None) -> list[Table | Figure | None]:
    """A covariance-based model: its fit first, then what it holds."""
    which = source.result.model.removeprefix("model.").replace("sem_paths", "sem")
    found: list[Table | Figure | None] = []
    if study and which in ("cfa", "cfa_second", "sem"):
        found.append(
            sem_tables.fit([(which, source)], language, study, "sem_fit" if which == "sem" else "cfa_fit")
        )
    if source.subjects("path"):
        found += [diagrams.structure(source, language, study, "standard")] if study else []
        return [*found, model_tables.latent_paths(source, language)]
    if source.subjects("total"):
        return [*found, model_tables.effects(source, language, "sem_effects")]
    return [*found, tables.loadings(source, language, key="cfa_loadings")]


COVARIANCE = ("model.cfa", "model.cfa_second", "model.sem_paths", "model.sem_effects", "model.sem_outer")
_BLOCKS: dict[str, Callable[[Source, Language, Study | None], list[Table | Figure | None]]] = {
    "analysed": lambda source, language, _: [tables.flow(source, language), flowchart.flow(source, language)],
    "repaired": lambda source, language, _: [tables.quality(source, language)],
    "count": _profile,
    "omega": lambda source, language, _: [tables.reliability(source, language)],
    "ave": lambda source, language, _: [tables.reliability(source, language)],
    "loading": lambda source, language, _: [tables.loadings(source, language)],
    "path": _paths,
    "hypothesis": _verdicts,
    "nps": lambda source, language, _: [tables.global_scores(source, language)],
    "mean": _means,
    "htmt": _htmt,
    "total": lambda source, language, _: [
        model_tables.effects(source, language),
        figures.forest(None, source, language),
    ],
}


def _block(block: Table | Figure | Paragraph, language: Language) -> str:
    if isinstance(block, Paragraph):
        colour = "#a4400a" if block.role == "failed" else "inherit"
        return f'<p style="color:{colour};margin:.3em 0;text-align:start">{_spans(block.spans, language)}</p>'
    notes = [note for note in block.notes if note.role != "failed"]
    first = "".join(_block(note, language) for note in block.notes if note.role == "failed")
    last = "".join(f"<small>{_spans(note.spans, language)}</small><br>" for note in notes)
    body = _table(block, language) if isinstance(block, Table) else _picture(block)
    start = "text-align:start"
    caption = f'<p style="{start}"><b>{_spans(block.caption, language)}</b></p>'
    return f'{first}{caption}{body}<p style="{start}">{last}</p>'


def _picture(figure: Figure) -> str:
    with Theme.load().drawing():
        text = svg(figure.draw())
    return text[text.index("<svg") :].replace(
        "<svg ", f'<svg role="img" aria-label="{escape(figure.alt)}" ', 1
    )


def _table(table: Table, language: Language) -> str:
    head = "".join(
        _cell("th", cell, align, language) for cell, align in zip(table.header, table.align, strict=True)
    )
    rows = []
    for row in table.rows:
        if len(row) == 1 and len(table.header) > 1:
            rows.append(
                f'<tr><th colspan="{len(table.header)}" style="text-align:start">{_spans(row[0], language)}</th></tr>'
            )
        else:
            cells = zip(row, table.align, strict=True)
            rows.append(
                "<tr>" + "".join(_cell("td", cell, align, language) for cell, align in cells) + "</tr>"
            )
    style = f"border-collapse:collapse;border-top:{RULE};border-bottom:{RULE}"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _cell(tag: str, spans: Spans, align: str, language: Language) -> str:
    return f'<{tag} style="text-align:{SIDES[align]}">{_spans(spans, language)}</{tag}>'


def _spans(spans: Spans, language: Language) -> str:
    return "".join(_span(span, language) for span in spans)


def _span(span: Span, language: Language) -> str:
    text = escape(language.plain((span,)))
    if isinstance(span, Fact) and not math.isnan(span.value):
        text = f"<b>{text}</b>" if span.strong else text
        return f'<data value="{span.value!r}" title="{escape(span.address)}">{text}</data>'
    if isinstance(span, Label):
        return f"<bdi>{text}</bdi>"
    return f"<b>{text}</b>" if isinstance(span, Strong) else text
