"""Sections of the measurement chapter beside reliability, HTMT and confirmatory analysis."""

from __future__ import annotations

from crmlab.present import (
    factor_tables,
    item_sentences,
    item_tables,
    method_tables,
    scree,
    separation_tables,
    validity_sentences,
)
from crmlab.present.blocks import Block
from crmlab.present.facts import Source
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import MEASURE, SAMPLE, Scene


def impossible(scene: Scene, *sources: Source | None) -> list[Block]:
    """What could not be computed, and why."""
    found: list[Block] = []
    for source in sources:
        if source is not None and any(check.name == "check.possible" for check in source.result.failed):
            found += failed_notes(source, scene.language)
    return list(dict.fromkeys(found))


def analysis(scene: Scene) -> list[Block]:
    """Missing answers, items one by one, items together, joint normality."""
    language, study = scene.language, scene.study
    missing, rest, described = (
        scene.get(address) for address in (f"{MEASURE}/missing", f"{MEASURE}/items", f"{SAMPLE}/items")
    )
    pairs, normal = scene.get(f"{MEASURE}/inter_item"), scene.get(f"{MEASURE}/normality")
    blocks: list[Block | None] = []
    if missing is not None:
        blocks.append(scene.body(item_sentences.missing(missing, language)))
        blocks += [item_tables.missing(missing, language)] if missing.value("cells_missing") > 0 else []
    if rest is not None and rest.subjects("item_rest"):
        blocks.append(scene.body(item_sentences.items(rest, described, language, study)))
        blocks.append(item_tables.analysis(described, rest, language, study, study.blocks))
    if pairs is not None and pairs.subjects("mean_r"):
        blocks.append(scene.body(item_sentences.alike(pairs, language)))
        blocks.append(item_tables.inter_item(pairs, language))
    if normal is not None and len(normal.result.tidy):
        blocks.append(scene.body(item_sentences.normality(normal, language, study)))
        blocks.append(item_tables.normality(normal, language))
    blocks += impossible(scene, pairs, normal)
    return scene.section("analysis", MEASURE, blocks) if blocks else []


def adequacy(scene: Scene) -> list[Block]:
    """Is there something to factor, how many factors, and which."""
    language, study = scene.language, scene.study
    kmo, bartlett, parallel, velicer, efa = (
        scene.get(f"{MEASURE}/{name}") for name in ("kmo", "bartlett", "parallel", "map", "efa")
    )
    blocks: list[Block | None] = []
    table = factor_tables.adequacy(kmo, bartlett, language, study)
    if table is not None:
        blocks += [scene.body(item_sentences.adequacy(kmo, bartlett, language, study)), table]
    if parallel is not None and parallel.subjects("eigenvalue"):
        blocks.append(scene.body(item_sentences.number(parallel, velicer, language, study)))
        blocks.append(factor_tables.number(parallel, velicer, efa, language, study))
        blocks.append(scree.scree(parallel, language))
    if efa is not None and efa.subjects("loading"):
        blocks.append(scene.body(item_sentences.loadings(efa, language, study)))
        blocks += factor_tables.loadings(efa, kmo, language, study)
        blocks.append(factor_tables.correlations(efa, language))
    blocks += impossible(scene, kmo, bartlett, parallel, velicer, efa)
    return scene.section("adequacy", MEASURE, blocks) if blocks else []


def general(scene: Scene) -> list[Block]:
    """What all items of a second-order construct share; stands at the end of the section on reliability."""
    source = scene.get(f"{MEASURE}/general")
    if source is None or not source.subjects("omega_h"):
        return []
    told = scene.body(item_sentences.general(source, scene.language))
    return [told, item_tables.general(source, scene.language)]


def separation(scene: Scene) -> list[Block]:
    """Other criteria of discriminant validity; stands at the end of its section."""
    language, study = scene.language, scene.study
    table, forms, cor = (
        scene.get(f"{MEASURE}/{name}") for name in ("fornell_larcker", "htmt_forms", "correlations")
    )
    blocks: list[Block] = []
    if forms is not None and forms.subjects("htmt2"):
        blocks.append(scene.body(validity_sentences.htmt2(forms, language, study)))
        blocks.append(separation_tables.forms(scene.get(f"{MEASURE}/htmt"), forms, language, study))
    if table is not None and table.subjects("root_ave"):
        blocks.append(scene.body(validity_sentences.fornell_larcker(table, language)))
        blocks += separation_tables.fornell_larcker(table, language)
    crossed = separation_tables.cross_loadings(cor, language, study.blocks) if cor is not None else []
    if cor is not None and crossed:
        blocks.append(scene.body(validity_sentences.cross_loadings(cor, language, study.blocks)))
        blocks += crossed
    return [*blocks, *impossible(scene, table, forms)]


def method(scene: Scene) -> list[Block]:
    """Signs of a common method."""
    language, study = scene.language, scene.study
    harman, vif, marker = (
        scene.get(f"{MEASURE}/{name}") for name in ("harman", "full_collinearity", "marker")
    )
    table = method_tables.method(harman, vif, marker, language, study)
    blocks: list[Block | None] = []
    if table is not None:
        blocks += [scene.body(validity_sentences.method(harman, vif, marker, language, study)), table]
    if marker is not None and marker.subjects("cor_adjusted"):
        blocks.append(method_tables.marked(marker, language))
    common, free, model = (scene.get(f"{MEASURE}/method_{name}") for name in ("common", "free", "marker"))
    factors = method_tables.method_factors(common, free, language)
    if factors is not None:
        blocks += [scene.body(validity_sentences.method_factor(common, free, language, study)), factors]
    if model is not None and model.subjects("chi2"):
        blocks += [scene.body(validity_sentences.marker_models(model, language))]
        blocks += [method_tables.marker_models(model, language)]
    blocks += impossible(scene, harman, vif, marker, common, free, model)
    return scene.section("method", MEASURE, blocks) if blocks else []


def criteria(scene: Scene) -> list[Block]:
    """Every criterion of the chapter with its verdict."""
    table = method_tables.verdicts(scene.sources, scene.language, scene.study)
    if table is None:
        return []
    told = scene.body(validity_sentences.criteria(scene.sources, scene.language, scene.study))
    return scene.section("criteria", MEASURE, [told, table])
