"""Sections on groups of respondents."""

from __future__ import annotations

from crmlab.present import (
    class_tables,
    composite_sentences,
    composite_tables,
    group_figures,
    group_sentences,
    group_tables,
)
from crmlab.present.blocks import Block, Heading, Label
from crmlab.present.facts import Source, fill
from crmlab.present.outcomes import shaky
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes
from crmlab.report import dimension_sections
from crmlab.report.measurement_sections import impossible
from crmlab.report.scene import Scene

GROUPS = "06_lifecycle_groups"


def groups(scene: Scene) -> list[Block]:
    """For whom do the findings hold: every grouping of the study, one after another."""
    asked = {one.name for one in scene.study.spec.groups}
    blocks: list[Block | None] = []
    said: set[str] = set()
    shown = [one.name for one in scene.study.groupings if one.name in asked or _compared(scene, one.name)]
    for item in shown:
        blocks += _title(scene, item) if len(shown) > 1 else []
        blocks += _grouping(scene, item, said)
    if not asked and not blocks:
        return []
    told = [scene.body(say(scene.language, "groups_intro"))] if blocks else []
    return scene.section("groups", GROUPS, [*told, *blocks])


def _title(scene: Scene, item: str) -> list[Block]:
    """The heading of one of several groupings: what respondents were asked."""
    language = scene.language
    name = fill(language.word("quote"), text=Label(language.names.get(f"text:{item}", item)))
    return [Heading(3, f"grouped-{item}", name)]


def _compared(scene: Scene, item: str) -> bool:
    """Whether anything came of a grouping that only a hypothesis asks for: why not is told where it is judged."""
    saved = (
        scene.get(f"{GROUPS}/{name}_{item}") for name in ("items", "invariance", "composites", "dimensions")
    )
    return any(source is not None and len(source.result.tidy) > 0 for source in saved)


def _grouping(scene: Scene, item: str, said: set[str]) -> list[Block | None]:
    """One grouping: where its classes come from, what models say of it, what PLS says of it."""
    classes = scene.get(f"{GROUPS}/classes_{item}")
    blocks = [] if classes is None else _classes(scene, item, classes)
    return [
        *blocks,
        *_by_models(scene, item, said),
        *_by_composites(scene, item, said),
        *dimension_sections.dimensions(scene, item),
    ]


def _classes(scene: Scene, item: str, found: Source) -> list[Block | None]:
    language = scene.language
    if "classes" not in found:
        name = fill(language.word("quote"), text=Label(language.names.get(f"text:{item}", item)))
        told = scene.body(say(language, "groups_impossible", item=name))
        return [told, *impossible(scene, found)]
    told = scene.body(class_tables.told(found, item, language))
    return [told, class_tables.found(found, item, language), class_tables.profile(found, item, language)]


def _by_models(scene: Scene, item: str, said: set[str]) -> list[Block | None]:
    language, study = scene.language, scene.study
    items, ladder, paths, means = (
        scene.get(f"{GROUPS}/{name}_{item}") for name in ("items", "invariance", "paths", "means")
    )
    if ladder is None:
        return []
    blocks: list[Block | None] = []
    if ladder.subjects("chi2"):
        blocks.append(scene.body(group_sentences.compared(ladder, language)))
    else:
        name = fill(language.word("quote"), text=Label(language.names.get(f"text:{item}", item)))
        blocks.append(scene.body(say(language, "groups_impossible", item=name)))
    if items is not None and items.subjects("holds"):
        blocks.append(scene.body(group_sentences.items(items, language)))
        blocks.append(group_tables.items(items, language))
    if ladder.subjects("chi2"):
        blocks.append(scene.body(group_sentences.invariance(ladder, language)))
        blocks.append(group_tables.invariance(ladder, language))
    if paths is not None and paths.subjects("path"):
        blocks += _paths(scene, paths, said)
    if means is not None and means.subjects("eta2"):
        blocks.append(scene.body(group_sentences.means(means, language, study)))
        blocks.append(group_tables.means(means, language))
    why = impossible(scene, items, ladder, paths, means)
    return [*blocks, *dict.fromkeys([*_refused(scene, paths, means), *why])]


def _by_composites(scene: Scene, item: str, said: set[str]) -> list[Block | None]:
    language, study = scene.language, scene.study
    model, composites, paths = (
        scene.get(f"{GROUPS}/{name}_{item}") for name in ("paths", "composites", "pls_paths")
    )
    if composites is None:
        return []
    if not composites.subjects("invariant"):
        if scene.get(f"{GROUPS}/invariance_{item}") is not None:
            return [*impossible(scene, composites)]
        name = fill(language.word("quote"), text=Label(language.names.get(f"text:{item}", item)))
        return [
            scene.body(say(language, "groups_impossible", item=name)),
            *failed_notes(composites, language),
        ]
    alone = () if model is not None else group_sentences.compared(composites, language)
    told = alone + composite_sentences.invariance(composites, language)
    told += composite_sentences.means(composites, language, study)
    blocks: list[Block | None] = [scene.body(told), composite_tables.invariance(composites, language)]
    if paths is None:
        return blocks
    drawn = group_figures.forest(paths, language)
    more = composite_sentences.paths(paths, language, study, drawn is not None, said)
    if model is not None and model.subjects("p_holm"):
        more += composite_sentences.engines(model, paths, language, study)
    return [
        *blocks,
        scene.body(more),
        composite_tables.paths(paths, language),
        drawn,
        composite_tables.differences(paths, language),
        composite_tables.equal(paths, language),
    ]


def _paths(scene: Scene, paths: Source, said: set[str]) -> list[Block | None]:
    language, study = scene.language, scene.study
    drawn = group_figures.forest(paths, language)
    item = group_tables.grouping(paths)
    loose = {path: shaky(study, scene.sources, item, path) for path in paths.subjects("p_holm")}
    told = group_sentences.paths(paths, language, study, drawn is not None, loose, said)
    return [
        scene.body(told),
        group_tables.paths(paths, language),
        drawn,
        group_tables.differences(paths, language),
        group_tables.equal(paths, language),
    ]


def _refused(scene: Scene, paths: Source | None, means: Source | None) -> list[Block]:
    """Why paths or means are not compared."""
    found: list[Block] = []
    for source, quantity in ((paths, "path"), (means, "eta2")):
        if source is not None and not source.subjects(quantity):
            found += failed_notes(source, scene.language)
    return list(dict.fromkeys(found))
