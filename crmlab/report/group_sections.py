"""Sections on groups of respondents."""

from __future__ import annotations

from crmlab.present import group_figures, group_sentences, group_tables
from crmlab.present.blocks import Block, Label
from crmlab.present.facts import Source, fill
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes
from crmlab.report.measurement_sections import impossible
from crmlab.report.sections import Scene

GROUPS = "06_lifecycle_groups"


def groups(scene: Scene) -> list[Block]:
    """For whom do the findings hold: every grouping of the study, one after another."""
    if not scene.study.spec.groups:
        return []
    blocks: list[Block | None] = []
    for one in scene.study.spec.groups:
        blocks += _grouping(scene, one.item)
    told = [scene.body(say(scene.language, "groups_intro"))] if blocks else []
    return scene.section("groups", GROUPS, [*told, *blocks])


def _grouping(scene: Scene, item: str) -> list[Block | None]:
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
        blocks += _paths(scene, paths)
    if means is not None and means.subjects("eta2"):
        blocks.append(scene.body(group_sentences.means(means, language, study)))
        blocks.append(group_tables.means(means, language))
    return [*blocks, *_refused(scene, paths, means), *impossible(scene, items, ladder, paths, means)]


def _paths(scene: Scene, paths: Source) -> list[Block | None]:
    language, study = scene.language, scene.study
    drawn = group_figures.forest(paths, language)
    told = group_sentences.paths(paths, language, study, drawn is not None)
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
