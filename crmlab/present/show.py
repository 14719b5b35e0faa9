"""What a notebook shows: a result in the reader's language, failed checks first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlab.present import (
    behaviour_view,
    channel_view,
    chapter_views,
    design_view,
    diagrams,
    enterprise_view,
    figures,
    flowchart,
    heatmap,
    linkage_view,
    model_tables,
    retention_view,
    segment_view,
    sem_tables,
    swift_view,
    tables,
    verdict_tables,
    warehouse_tables,
)
from crmlab.present.blocks import Figure, Label, Paragraph, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.names import reader
from crmlab.present.shown import Shown
from crmlab.result import Result

if TYPE_CHECKING:
    from crmlab.study import Study

Block = Table | Figure | Paragraph
REPEATED = ("outer", "sem_outer")  # loadings that step 04 shows


def show(thing: Any, reading: str | Language | Study = "en", study: Study | None = None) -> Shown:
    """A saved result, an admitted survey, written files, or a table or figure block, for the eye in a notebook.

    Parameters
    ----------
    thing : a Result; anything with a `flow()` that gives one (an admitted survey) or with `results`, by name;
        a list of files; a Table or Figure block
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
        return Shown(_blocks(Source(thing.model, thing), spoken, study, {}), spoken)
    if isinstance(thing, list):
        return Shown(tuple(Paragraph((Label(Path(file).name),)) for file in thing), spoken)
    results = {} if thing is None else getattr(thing, "results", None)
    if isinstance(results, dict):
        beside = {name: Source(name, result) for name, result in results.items()}
        found = [_blocks(beside[name], spoken, study, beside) for name in beside if name not in REPEATED]
        nothing = (Paragraph((spoken.word("not_asked"),)),)
        return Shown(tuple(block for blocks in found for block in blocks) if beside else nothing, spoken)
    if callable(getattr(thing, "flow", None)):
        return show(thing.flow(), spoken, study)
    raise TypeError(f"show() knows results, admitted surveys, tables and figures, not {type(thing).__name__}")


def _language(language: str | Language, study: Study | None) -> Language:
    if isinstance(language, Language):
        return language.named(reader(study, language.code).names) if study else language
    return reader(study, language) if study else Language.load(language)


def _blocks(
    source: Source, language: Language, study: Study | None, beside: Mapping[str, Source]
) -> tuple[Block, ...]:
    """The tables that fit what the result holds, and what people would rather look at than read; `beside`: all of the cell."""
    return tuple(_told_once(block for block in _all(source, language, study, beside) if block is not None))


def _told_once(blocks: Iterable[Block]) -> Iterable[Block]:
    """Blocks of one result; what failed in it stands above the first of them only."""
    seen: list[Paragraph] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block
            continue
        fresh = [note for note in block.notes if note.role != "failed" or note not in seen]
        seen += [note for note in fresh if note.role == "failed"]
        yield replace(block, notes=tuple(fresh))


def _all(
    source: Source, language: Language, study: Study | None, beside: Mapping[str, Source]
) -> Iterable[Block | None]:
    known = next((blocks for blocks in _views(source, language, study, beside) if blocks is not None), None)
    if known is not None:
        return known
    if source.result.model in COVARIANCE:
        return _covariance(source, language, study)
    kinds = {term.partition(":")[0] for term in map(str, source.result.tidy["term"])}
    for kind, blocks in _BLOCKS.items():
        if kind in kinds:
            return blocks(source, language, study)
    return (tables.plain(source, language),)


def _views(
    source: Source, language: Language, study: Study | None, beside: Mapping[str, Source]
) -> Iterator[Iterable[Block | None] | None]:
    """What the view of each part of the house has of this result, None where it is of another part."""
    yield warehouse_tables.blocks(source, language)
    yield design_view.blocks(source, language, study, beside)
    yield chapter_views.views(source, language, study)
    yield enterprise_view.blocks(source, language, study.privacy_threshold if study else 5, beside)
    yield channel_view.blocks(source, language, study)
    yield swift_view.blocks(source, language, study, beside)
    yield linkage_view.blocks(source, language, study)
    yield segment_view.blocks(source, language, study)
    yield retention_view.blocks(source, language, study)
    yield behaviour_view.blocks(source, language, study)


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
