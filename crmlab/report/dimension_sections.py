"""Single dimensions on the page: their order within a construct, and their means in groups of respondents."""

from __future__ import annotations

from crmlab.present import group_sentences, group_tables, ranking, sub_tables
from crmlab.present.blocks import Block, Ref
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes
from crmlab.report.measurement_sections import impossible
from crmlab.report.scene import STRUCTURE, Scene

GROUPS = "06_lifecycle_groups"


def dimensions(scene: Scene, item: str) -> list[Block | None]:
    """How far the groups of one item lie apart in each dimension."""
    language, study = scene.language, scene.study
    items, means, ladder = (
        scene.get(f"{GROUPS}/{name}_{item}") for name in ("items", "dimensions", "invariance")
    )
    if means is None:
        return []
    blocks: list[Block | None] = []
    if ladder is None and items is not None and items.subjects("holds"):
        blocks += [scene.body(group_sentences.items(items, language)), group_tables.items(items, language)]
    if not means.subjects("eta2"):
        refused = [] if impossible(scene, means) else failed_notes(means, language)
        return [*blocks, *refused, *impossible(scene, items, means)]
    told = group_sentences.means(means, language, study, "group_dimensions")
    return [*blocks, scene.body(told), group_tables.means(means, language, "group_dimensions")]


def rankings(scene: Scene) -> list[Block]:
    """In which order respondents put the dimensions of each construct."""
    start = f"{STRUCTURE}/ranking_"
    names = [*scene.study.second_order, "all"]
    found = [source for name in names if (source := scene.get(f"{start}{name}")) is not None]
    blocks: list[Block | None] = []
    for source in found:
        if source.subjects("mean_rank"):
            blocks += [
                scene.body(ranking.told(source, scene.language, scene.study.rules.alpha)),
                ranking.ranks(source, scene.language),
                ranking.differences(source, scene.language),
            ]
    blocks += impossible(scene, *found)
    return scene.section("ranking", STRUCTURE, blocks) if blocks else []


def paths(scene: Scene) -> list[Block]:
    """Paths between dimensions, which sub-hypotheses are judged by."""
    start = f"{STRUCTURE}/sub_paths_"
    found = [source for address, source in scene.sources.items() if address.startswith(start)]
    blocks: list[Block | None] = []
    for source in found:
        if source.subjects("path"):
            made = sub_tables.tables(source, scene.language)
            refs = {"ref": Ref(made[0].key), "r2": Ref(made[1].key)}
            told = say(scene.language, "sub_paths", name=sub_tables.split(source, scene.language), **refs)
            blocks += [scene.body(told), *made]
    blocks += impossible(scene, *found)
    return scene.section("dimension_paths", STRUCTURE, blocks) if blocks else []
