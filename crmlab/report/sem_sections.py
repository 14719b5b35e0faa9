"""The sections on covariance-based models: confirmatory factor analysis, and the structural model beside PLS."""

from __future__ import annotations

from crmlab.present import diagrams, measurement_diagram, model_tables, sem_sentences, sem_tables, tables
from crmlab.present.blocks import Block, Ref
from crmlab.present.sentences import listed, say
from crmlab.report.measurement_sections import impossible
from crmlab.report.scene import MEASURE, STRUCTURE, Scene
from crmlab.report.sections import groups, ways


def confirmatory(scene: Scene) -> list[Block]:
    """Do the items follow their constructs? Fit, loadings, and both diagrams of each construct."""
    language, study = scene.language, scene.study
    found = {name: scene.get(f"{MEASURE}/{name}") for name in ("cfa", "cfa_second")}
    models = [(name, source) for name, source in found.items() if source is not None]
    lost = impossible(scene, *found.values())
    models = [(name, source) for name, source in models if source.subjects("loading")]
    if not models:
        return scene.section("confirmatory", MEASURE, lost) if study.uses("sem") else []
    last = models[-1][1]
    named = [name for name, _ in groups(study)]
    whole = [name for name, c in study.constructs.items() if c.dimensions or not study.second_order]
    tops = [[name] for name in named] if "" not in named else [whole]
    drawn = [
        measurement_diagram.measurement(last, last, language, study, top, mode)
        for top in tops
        for mode in ("standard", "z")
    ]
    figures = listed(language, [(Ref(figure.key),) for figure in drawn if figure is not None])
    told = say(language, "confirmatory_intro", ref=Ref("cfa_fit"), loadings=Ref("cfa_loadings"), figs=figures)
    for name, source in models:
        told += sem_sentences.fit(source, language, study, name)
    fit = sem_tables.fit(models, language, study, "cfa_fit")
    loadings = tables.loadings(models[0][1], language, key="cfa_loadings", failed=False)
    return scene.section("confirmatory", MEASURE, [scene.body(told), fit, loadings, *drawn, *lost])


def covariance(scene: Scene) -> list[Block]:
    """The structural model without measurement error, and whether both engines agree."""
    language, study = scene.language, scene.study
    paths, effects = scene.get(f"{STRUCTURE}/sem_paths"), scene.get(f"{STRUCTURE}/sem_effects")
    if paths is None or effects is None:
        return scene.section("covariance", STRUCTURE, []) if study.uses("sem") and study.paths else []
    if not paths.subjects("path"):
        told = say(language, "covariance_lost")
        return scene.section("covariance", STRUCTURE, [scene.body(told), *impossible(scene, paths)])
    told = say(
        language, "covariance_intro",
        fit=Ref("sem_fit"), ref=Ref("sem_paths"), fig=Ref("structure_standard"), z=Ref("structure_z"),
    )  # fmt: skip
    told += sem_sentences.fit(paths, language, study, "sem")
    told += say(language, "sem_explained", ref=Ref("sem_explained"), effects=Ref("sem_effects"))
    blocks: list[Block | None] = [
        scene.body(told),
        sem_tables.fit([("sem", paths)], language, study, "sem_fit"),
        diagrams.structure(paths, language, study, "standard"),
        diagrams.structure(paths, language, study, "z"),
        model_tables.latent_paths(paths, language),
        model_tables.explained(paths, language, "sem_explained"),
        model_tables.effects(effects, language, "sem_effects", ways(study)),
    ]
    pls, sem = scene.get(f"{STRUCTURE}/verdicts"), scene.get(f"{STRUCTURE}/sem_verdicts")
    if pls is not None and sem is not None and study.hypotheses:
        blocks.append(scene.body(sem_sentences.engines(pls, sem, language, paths)))
        blocks.append(sem_tables.engines(pls, sem, language))
    return scene.section("covariance", STRUCTURE, blocks)
