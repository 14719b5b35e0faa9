"""The sections of the findings chapter and the annexes: tables, figures and sentences, never a typed number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crmlab.present import (
    diagrams,
    figures,
    flowchart,
    group_sentences,
    heatmap,
    measurement_diagram,
    model_tables,
    sentences,
    tables,
    verdict_sentences,
    verdict_tables,
)
from crmlab.present.blocks import Block, Figure, Label, Paragraph, Ref, Spans, Strong
from crmlab.present.discussion_sentences import ratios
from crmlab.present.outcomes import merged, outcomes, reservations
from crmlab.present.sentences import listed, say
from crmlab.report.scene import INTAKE, MEASURE, SAMPLE, STRUCTURE, Scene

if TYPE_CHECKING:
    from crmlab.study import Hypothesis, Study


def introduction(scene: Scene) -> list[Block]:
    """4-1: what is reported, and what "effect" means here."""
    rows = scene.get(f"{INTAKE}/ledger_flow")
    told = _answered(scene) if scene.study.has_survey else ()
    if rows is not None and "read" in rows and "kept" in rows:
        key = "opening_also_ledger" if told else "opening_ledger"
        n, n_raw = rows.fact("kept", style="integer"), rows.fact("read", style="integer")
        told += say(scene.language, key, n=n, n_raw=n_raw)
    told = told or say(scene.language, "opening_bare")
    guard = say(scene.language, "wording_guard") if scene.study.paths else ()
    return scene.section("introduction", INTAKE, [scene.body(told + guard)])


def _answered(scene: Scene) -> Spans:
    """How many questionnaires are analysed."""
    flow = scene.get(f"{INTAKE}/flow")
    if flow is None or "read" not in flow or "analysed" not in flow:
        return say(scene.language, "opening_bare")
    n, n_raw = flow.fact("analysed", style="integer"), flow.fact("read", style="integer")
    return say(scene.language, "opening", n=n, n_raw=n_raw)


def flow(scene: Scene) -> list[Block]:
    """Questionnaires received and analysed."""
    source = scene.get(f"{INTAKE}/flow")
    if source is None:
        return scene.section("flow", INTAKE, []) if scene.study.has_survey else []
    told = scene.body(sentences.flow(source, scene.language))
    chart = flowchart.flow(source, scene.language)
    return scene.section("flow", INTAKE, [told, tables.flow(source, scene.language), chart])


def respondents(scene: Scene) -> list[Block]:
    """Who answered."""
    source, language = scene.get(f"{SAMPLE}/profile"), scene.language
    if source is None or not source.subjects("count"):
        return scene.section("respondents", SAMPLE, [])
    told = say(language, "profile_intro", ref=Ref("profile"), fig=Ref("profile_chart"))
    threshold = scene.study.privacy_threshold
    first = dict(list(tables.categories(source).items())[:3])
    large = {
        item: values
        for item, values in first.items()
        if max(source.value(f"count:{item}.{value}") for value in values) >= threshold
    }
    told += sentences.majorities(source, language, large)
    return scene.section("respondents", SAMPLE, [
        scene.body(told),
        tables.profile(source, language, threshold),
        figures.profile(source, language, threshold),
    ])  # fmt: skip


def variables(scene: Scene) -> list[Block]:
    """Means, spread and shape; distributions of the answers; the overall questions."""
    language, blocks = scene.language, list[Block | None]()
    constructs, items = scene.get(f"{SAMPLE}/constructs"), scene.get(f"{SAMPLE}/items")
    if constructs is not None:
        told = say(language, "constructs_intro", ref=Ref("constructs"), fig=Ref("means"))
        blocks += [
            scene.body(told + sentences.construct_scores(constructs, language)),
            tables.construct_scores(constructs, language),
            figures.means(constructs, language),
        ]
    if items is not None:
        charts = [
            figures.likert(items, language, scene.study, name, codes) for name, codes in groups(scene.study)
        ]
        drawn = [chart for chart in charts if chart is not None]
        refs = listed(language, [(Ref(chart.key),) for chart in drawn])
        if drawn:
            blocks.append(scene.body(say(language, "items_intro", figs=refs, ref=Ref("items"))))
        blocks += drawn
    overall = scene.get(f"{SAMPLE}/globals")
    if overall is not None and len(overall.result.tidy):
        blocks.append(scene.body(say(language, "globals_intro", ref=Ref("globals"))))
        blocks.append(tables.global_scores(overall, language))
    return scene.section("variables", SAMPLE, blocks)


def groups(study: Study) -> list[tuple[str, list[str]]]:
    """Constructs with their items, few enough groups for one figure each; small ones share a figure, named ""."""
    inner = {part for name in study.second_order for part in study.constructs[name].dimensions}
    found = []
    for name, construct in study.constructs.items():
        if construct.dimensions:
            found.append(
                (name, [item for part in construct.dimensions for item in study.constructs[part].items])
            )
        elif name not in inner:
            found.append((name, list(construct.items)))
    if study.second_order and len(found) <= 5:
        return found
    return [("", [item for _, codes in found for item in codes])]


def reliability(scene: Scene) -> list[Block]:
    """Reliability, convergence, loadings."""
    language, study = scene.language, scene.study
    source, loading = scene.get(f"{MEASURE}/reliability"), scene.get(f"{MEASURE}/loadings")
    blocks: list[Block | None] = []
    if source is not None:
        told = (
            say(language, "reliability_intro", ref=Ref("reliability"), loadings=Ref("loadings"))
            if loading
            else ()
        )
        told += sentences.reliability(source, language, study)
        blocks += [scene.body(told), tables.reliability(source, language)]
    if loading is not None:
        outer = scene.get(f"{STRUCTURE}/outer")
        named = [name for name, _ in groups(study)]
        whole = [name for name, c in study.constructs.items() if c.dimensions or not study.second_order]
        tops = [[name] for name in named] if "" not in named else [whole]
        drawn = [measurement_diagram.measurement(loading, outer, language, study, top) for top in tops]
        told = sentences.loadings(loading, language, study) + drawn_in(scene, "loadings_figs", drawn)
        table = tables.loadings(loading, language, scene.get(f"{MEASURE}/items"))
        blocks += [scene.body(told), table, *drawn]
    return scene.section("reliability", MEASURE, blocks)


def drawn_in(scene: Scene, key: str, drawn: Sequence[Figure | None]) -> Spans:
    """The sentence that names the figures which are there; none without any."""
    there = listed(scene.language, [(Ref(figure.key),) for figure in drawn if figure is not None])
    return say(scene.language, key, figs=there) if there else ()


def discriminant(scene: Scene) -> list[Block]:
    """Are the constructs distinct?"""
    language, study = scene.language, scene.study
    source, cor = scene.get(f"{MEASURE}/htmt"), scene.get(f"{MEASURE}/correlations")
    if source is None:
        return scene.section("discriminant", MEASURE, [])
    ratio = heatmap.heat(
        source, language, "htmt", "htmt_chart", among=study.first_order, limit=study.rules.htmt
    )
    matrix = heatmap.heat(cor, language, "cor", "correlations", among=study.first_order) if cor else None
    told = sentences.discriminant(source, language, study)
    if ratio and matrix:
        told += say(language, "htmt_figs", fig=Ref(ratio.key), cor=Ref(matrix.key))
    table = tables.htmt(source, language, study.rules.htmt)
    return scene.section("discriminant", MEASURE, [scene.body(told), table, ratio, matrix])


def structure(scene: Scene) -> list[Block]:
    """The structural model and what it explains."""
    language, source = scene.language, scene.get(f"{STRUCTURE}/paths")
    if source is None or not source.subjects("path"):
        return scene.section("structure", STRUCTURE, []) if scene.study.paths else []
    picture = diagrams.structure(source, language, scene.study)
    key = "structure_intro" if picture else "structure_figless"
    told = say(language, key, fig=Ref("structure"), ref=Ref("paths"), r2=Ref("explained"))
    told += sentences.structure(source, language, scene.study)
    return scene.section("structure", STRUCTURE, [
        scene.body(told), picture, model_tables.paths(source, language), model_tables.explained(source, language),
    ])  # fmt: skip


def direct(scene: Scene) -> list[Block]:
    """Each expected direct effect: its statement, then what the data say."""
    hypotheses = [hypothesis for hypothesis in scene.study.hypotheses if hypothesis.kind == "direct"]
    source = scene.judged("verdicts")
    if not hypotheses:
        return []
    blocks: list[Block | None] = []
    for hypothesis in hypotheses if source is not None else ():
        blocks.append(_statement(scene, hypothesis.id, hypothesis.statement))
        told = sentences.direct(source, scene.language, hypothesis, scene.study.rules.alpha)  # type: ignore[arg-type]
        blocks.append(scene.body(told + _interpretable(scene, hypothesis)))
    return scene.section("direct", STRUCTURE, blocks)


def mediation(scene: Scene) -> list[Block]:
    """Each expected mediation, then the table and the forest of all effects."""
    language = scene.language
    verdicts, effects = scene.judged("verdicts"), scene.get(f"{STRUCTURE}/effects")
    paths = scene.judged("paths")
    blocks: list[Block | None] = []
    for hypothesis in scene.study.hypotheses if verdicts is not None else ():
        if hypothesis.kind == "mediation":
            blocks.append(_statement(scene, hypothesis.id, hypothesis.statement))
            told = sentences.mediated(verdicts, paths, language, hypothesis, scene.study.rules.alpha)  # type: ignore[arg-type]
            blocks.append(scene.body(told + _interpretable(scene, hypothesis)))
    if effects is not None and len(effects.result.tidy):
        blocks.append(scene.body(say(language, "effects_intro", ref=Ref("effects"), fig=Ref("forest"))))
        blocks += [
            model_tables.effects(effects, language, asked=ways(scene.study)),
            figures.forest(paths, effects, language),
        ]
    return (
        scene.section("mediation", STRUCTURE, blocks)
        if blocks or (scene.study.uses("pls") and scene.study.paths)
        else []
    )


def ways(study: Study) -> list[str]:
    """The ways, outcome first, that hypotheses on mediation name."""
    return ["~".join(reversed(one.constructs)) for one in study.hypotheses if one.kind == "mediation"]


def further(scene: Scene) -> list[Block]:
    """Each hypothesis about a moderator, groups or offices."""
    source = scene.judged("verdicts")
    asked = [one for one in scene.study.hypotheses if one.kind not in ("direct", "mediation")]
    if not asked or source is None or not any(f"verdict:{one.id}" in source for one in asked):
        return []
    blocks: list[Block | None] = []
    for one in asked:
        blocks.append(_statement(scene, one.id, one.statement))
        told = verdict_sentences.told(source, scene.language, one, scene.study.rules.alpha)
        told += group_sentences.alone(scene.study, scene.sources, scene.language, one, source)
        blocks.append(scene.body(told))
    return scene.section("further", STRUCTURE, blocks)


def summary(scene: Scene) -> list[Block]:
    """Every hypothesis in one table."""
    source = scene.judged("verdicts")
    if source is None or not scene.study.hypotheses:
        return []
    language, study = scene.language, scene.study
    held = {
        one.hypothesis.id: reservations(study, scene.sources, one) for one in outcomes(study, scene.sources)
    }
    told = verdict_sentences.summary(source, language)
    mixed = listed(language, [(Label(name),) for name, found in held.items() if "merged" in found])
    told += say(language, "summary_not_distinct", list=mixed) if mixed else ()
    table = verdict_tables.verdicts(source, language, study.hypotheses, held)
    return scene.section("summary", STRUCTURE, [scene.body(told), table])


def _interpretable(scene: Scene, one: Hypothesis) -> Spans:
    """That a verdict is not interpreted, where the constructs it joins are not distinct."""
    source = scene.judged("verdicts")
    pairs = merged(scene.study, scene.sources, one)
    if not pairs or source is None or math.isnan(source.value(f"verdict:{one.id}")):
        return ()
    told = ratios(pairs, scene.sources, scene.language)
    return say(scene.language, "verdict_not_distinct", list=told)


def _statement(scene: Scene, name: str, statement: dict[str, str]) -> Paragraph:
    words: Spans = (Strong(f"{name}: "), Label(statement[scene.language.code]))
    return Paragraph(words, "statement")
