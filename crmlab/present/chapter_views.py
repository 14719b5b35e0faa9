"""How a notebook shows the results of the measurement chapter and of the evaluation of a PLS model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmlab.present import (
    class_tables,
    composite_tables,
    evaluation_tables,
    factor_tables,
    firmness_tables,
    group_figures,
    group_tables,
    hidden_tables,
    importance_map,
    item_tables,
    legacy_tables,
    literature_figures,
    literature_tables,
    method_tables,
    multiverse_figures,
    multiverse_tables,
    process_figures,
    process_tables,
    ranking,
    scree,
    separation_tables,
    sub_tables,
    verdict_tables,
)
from crmlab.present.blocks import Figure, Paragraph, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes

if TYPE_CHECKING:
    from crmlab.study import Study

Block = Table | Figure | Paragraph | None
View = Callable[[Source, Language, "Study | None"], list[Block]]


def views(source: Source, language: Language, study: Study | None) -> list[Block] | None:
    """The blocks of a result that this chapter knows by its model; None if it does not."""
    view = VIEWS.get(source.result.model)
    if view is None and source.result.model.startswith("model.efa_"):
        view = _efa
    if view is None:
        return None
    return (
        list(view(source, language, study))
        if len(source.result.tidy)
        else list(failed_notes(source, language))
    )


def _parallel(source: Source, language: Language, study: Study | None) -> list[Block]:
    return [factor_tables.number(source, None, None, language, study), scree.scree(source, language)]


def _efa(source: Source, language: Language, study: Study | None) -> list[Block]:
    return [
        *factor_tables.loadings(source, None, language, study),
        factor_tables.correlations(source, language),
    ]


def _importance(source: Source, language: Language, _: Study | None) -> list[Block]:
    found: list[Block] = []
    for target in evaluation_tables.targets(source):
        found.append(evaluation_tables.importance(source, language, target))
        found.append(importance_map.quadrants(source, language, target))
    return found


def _necessity(source: Source, language: Language, study: Study | None) -> list[Block]:
    return [
        evaluation_tables.necessity(source, language, study),
        evaluation_tables.bottleneck(source, language),
    ]


def _group_paths(source: Source, language: Language, _: Study | None) -> list[Block]:
    if not source.subjects("path"):  # refused: the ladder that says why, with its failed checks
        return [group_tables.invariance(source, language)]
    drawn = group_figures.forest(source, language)
    tables = (group_tables.paths, group_tables.differences, group_tables.equal)
    return [drawn, *(make(source, language) for make in tables)]


def _composite_paths(source: Source, language: Language, _: Study | None) -> list[Block]:
    drawn = group_figures.forest(source, language)
    makers = (composite_tables.paths, composite_tables.differences, composite_tables.equal)
    return [drawn, *(make(source, language) for make in makers)]


def _classes(source: Source, language: Language, _: Study | None) -> list[Block]:
    name = source.subjects("sure")[0].partition(".")[0] if source.subjects("sure") else ""
    return [class_tables.found(source, name, language), class_tables.profile(source, name, language)]


def _process(source: Source, language: Language, _: Study | None) -> list[Block]:
    return [
        process_tables.regressions(source, language),
        process_tables.effects(source, language),
        *process_figures.regions(source, language),
    ]


def _plain(make: Callable[[Source, Language], Block]) -> View:
    return lambda source, language, _: [make(source, language)]


VIEWS: dict[str, View] = {
    "model.missingness": _plain(item_tables.missing),
    "model.inter_item": _plain(item_tables.inter_item),
    "model.mardia": _plain(item_tables.normality),
    "model.general": _plain(item_tables.general),
    "model.kmo": lambda source, language, study: [factor_tables.adequacy(source, None, language, study)],
    "model.bartlett": lambda source, language, study: [factor_tables.adequacy(None, source, language, study)],
    "model.parallel_analysis": _parallel,
    "model.map": lambda *_: [],  # its numbers stand in the table of the parallel analysis
    "model.fornell_larcker": lambda source, language, _: [
        *separation_tables.fornell_larcker(source, language)
    ],
    "model.htmt_forms": lambda source, language, study: [
        separation_tables.forms(None, source, language, study)
    ],
    "model.harman": lambda source, language, study: [
        method_tables.method(source, None, None, language, study)
    ],
    "model.full_collinearity": lambda source, language, study: [
        method_tables.method(None, source, None, language, study)
    ],
    "model.clf": lambda source, language, _: [method_tables.method_factors(source, None, language)],
    "model.ulmc": lambda source, language, _: [method_tables.method_factors(None, source, language)],
    "model.cfa_marker": _plain(method_tables.marker_models),
    "model.marker": _plain(method_tables.marked),
    "model.pls_fit": _plain(evaluation_tables.fit),
    "model.pls_prediction": _plain(evaluation_tables.prediction),
    "model.cvpat": _plain(evaluation_tables.cvpat),
    "model.q2": _plain(evaluation_tables.redundancy),
    "model.ipma": _importance,
    "model.nca": _necessity,
    "model.endogeneity": _plain(evaluation_tables.endogeneity),
    "model.tetrads": _plain(evaluation_tables.tetrads),
    "model.segments": _plain(evaluation_tables.segments),
    "model.sensitivity": _plain(firmness_tables.sensitivity),
    "model.equivalence": _plain(firmness_tables.equivalence),
    "model.multiverse": lambda source, language, _: [
        *multiverse_figures.curves(source, language),
        multiverse_tables.by_choice(source, language),
    ],
    "model.hidden_cause": _plain(hidden_tables.hidden),
    "model.literature": lambda source, language, _: [
        literature_figures.forest(source, language),
        literature_tables.prior(source, language),
        literature_tables.together(source, language),
    ],
    "model.drivers": _plain(firmness_tables.drivers),
    "model.ranking": lambda source, language, _: [
        ranking.ranks(source, language),
        ranking.differences(source, language),
    ],
    "model.sub_paths": lambda source, language, _: [*sub_tables.tables(source, language)],
    "model.sub_verdicts": lambda source, language, study: [
        verdict_tables.verdicts(source, language, study.hypotheses if study else ())
    ],
    "model.process": _process,
    "model.latent_process": _plain(process_tables.latent),
    "model.hypotheses_judged": lambda source, language, study: [
        verdict_tables.verdicts(source, language, study.hypotheses if study else ())
    ],
    "model.group_items": _plain(group_tables.items),
    "model.invariance": _plain(group_tables.invariance),
    "model.compare_paths": _group_paths,
    "model.compare_means": _plain(group_tables.means),
    "model.composites": _plain(composite_tables.invariance),
    "model.compare_composites": _composite_paths,
    "model.latent_classes": _classes,
    "model.group_power": lambda source, language, _: [class_tables.power(source, language)],
    "model.ks": _plain(legacy_tables.normality),
    "model.t_midpoint": _plain(legacy_tables.against_midpoint),
    "model.friedman": _plain(legacy_tables.ranking),
    "model.gof": _plain(legacy_tables.gof),
    "model.sobel": _plain(legacy_tables.indirect),
}
