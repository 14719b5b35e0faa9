"""Sections on what a PLS model is worth, and the annex of superseded statistics."""

from __future__ import annotations

from crmlab.present import evaluation_sentences as sentences
from crmlab.present import evaluation_tables as tables
from crmlab.present import importance_map, legacy_tables
from crmlab.present.blocks import Block, Ref, Table
from crmlab.present.sentences import listed, say
from crmlab.report.measurement_sections import impossible
from crmlab.report.scene import STRUCTURE, Scene


def evaluation(scene: Scene) -> list[Block]:
    """Does the model fit, and does it predict?"""
    language, study = scene.language, scene.study
    fit, prediction, cvpat, q2 = (
        scene.get(f"{STRUCTURE}/{name}") for name in ("fit", "prediction", "cvpat", "q2")
    )
    blocks: list[Block | None] = []
    if fit is not None and "srmr:estimated" in fit:
        blocks += [scene.body(sentences.distance(fit, language, study)), tables.fit(fit, language)]
    if prediction is not None and prediction.subjects("rmse"):
        blocks += [
            scene.body(sentences.prediction(prediction, language)),
            tables.prediction(prediction, language),
        ]
    elif prediction is not None and (why := impossible(scene, prediction)):
        blocks += [scene.body(say(language, "prediction_lost")), *why]
    if cvpat is not None and "cvpat_mean:overall" in cvpat:
        blocks += [scene.body(sentences.ability(cvpat, language)), tables.cvpat(cvpat, language)]
    if q2 is not None and q2.subjects("q2"):
        blocks += [scene.body(sentences.redundancy(q2, language)), tables.redundancy(q2, language)]
    blocks += [note for note in impossible(scene, fit, cvpat, q2) if note not in blocks]
    return scene.section("evaluation", STRUCTURE, blocks) if blocks else []


def importance(scene: Scene) -> list[Block]:
    """What matters for each target, and how well it is doing."""
    source, language = scene.judged("ipma"), scene.language
    if source is None:
        return []
    blocks: list[Block | None] = [*impossible(scene, source)]
    if source.subjects("importance"):
        blocks.append(
            scene.body(
                sentences.importance(
                    source, language, *(scene.get(f"{STRUCTURE}/{name}") for name in ("effects", "paths"))
                )
            )
        )
    for target in tables.targets(source):
        blocks += [
            tables.importance(source, language, target),
            importance_map.quadrants(source, language, target),
        ]
    return scene.section("importance", STRUCTURE, blocks) if blocks else []


def robustness(scene: Scene) -> list[Block]:
    """Necessary conditions, endogeneity, tetrads, hidden segments: what the study asks for."""
    language, study = scene.language, scene.study
    nca, copula, tetrads, segments = (
        scene.get(f"{STRUCTURE}/{name}") for name in ("nca", "endogeneity", "tetrads", "segments")
    )
    blocks: list[Block | None] = []
    if nca is not None and nca.subjects("ce_fdh"):
        blocks.append(scene.body(sentences.necessity(nca, language, study)))
        blocks += [tables.necessity(nca, language, study), tables.bottleneck(nca, language)]
    if copula is not None and copula.subjects("copula"):
        blocks += [scene.body(sentences.endogeneity(copula, language)), tables.endogeneity(copula, language)]
    if tetrads is not None and tetrads.subjects("tetrad"):
        blocks += [scene.body(sentences.tetrads(tetrads, language)), tables.tetrads(tetrads, language)]
    if segments is not None and segments.subjects("bic"):
        blocks += [scene.body(sentences.segments(segments, language)), tables.segments(segments, language)]
    blocks += impossible(scene, nca, copula, tetrads, segments)
    return scene.section("robustness", STRUCTURE, blocks) if blocks else []


def legacy(scene: Scene) -> list[Block]:
    """Annex: what examiners ask for, each with what superseded it."""
    makers = {
        "legacy_ks": ("ks_d", legacy_tables.normality),
        "legacy_t": ("difference", legacy_tables.against_midpoint),
        "legacy_friedman": ("mean_rank", legacy_tables.ranking),
        "legacy_gof": ("gof", legacy_tables.gof),
        "legacy_indirect": ("sobel", legacy_tables.indirect),
    }
    blocks: list[Block] = []
    for name, (quantity, make) in makers.items():
        source = scene.get(f"{STRUCTURE}/{name}")
        if source is None:
            continue
        there = source.subjects(quantity) or quantity in source
        blocks += [make(source, scene.language)] if there else impossible(scene, source)
    if not blocks:
        return []
    told = say(scene.language, "legacy_intro")
    made = [block for block in blocks if isinstance(block, Table)]
    if made:
        refs = listed(scene.language, [(Ref(table.key),) for table in made])
        told += say(scene.language, "legacy_tables", list=refs)
    return [scene.body(told), *blocks]
