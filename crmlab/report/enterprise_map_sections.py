"""The sections of step 10: the business-model canvas, and the offices."""

from __future__ import annotations

from crmlab.present import enterprise_link_sentences as link_sentences
from crmlab.present import enterprise_links as links
from crmlab.present import enterprise_map as maps
from crmlab.present import enterprise_map_sentences as map_sentences
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Block
from crmlab.report.enterprise_scene import got, lost, on_bed
from crmlab.report.scene import MAP, Scene


def canvas(scene: Scene) -> list[Block]:
    """Which blocks of the business model CRM touches, and on what evidence."""
    source, marked = got(scene, "canvas", MAP), got(scene, "coverage", MAP)
    if source is None or marked is None:
        return []
    language = scene.language
    told = map_sentences.coverage(marked, language) + map_sentences.canvas(source, language)
    blocks: list[Block | None] = [
        scene.body(told), maps.canvas_figure(source, marked, language), maps.canvas_table(source, marked, language),
    ]  # fmt: skip
    risk = got(scene, "revenue", MAP)
    if risk is not None:
        ways = Ways.of(language, scene.study)
        blocks += [
            scene.body(link_sentences.revenue(risk, language, ways.threshold, ways)),
            links.revenue(risk, language, ways.threshold, ways),
        ]
    return scene.section("canvas", MAP, [*blocks, *lost(scene, "revenue", MAP), *on_bed(scene, "canvas")])


def offices(scene: Scene) -> list[Block]:
    """What passes between the offices, where a cut leads, and what it is worth."""
    if scene.study.spec.office_panel is None:
        return []
    language, blocks = scene.language, list[Block | None]()
    paths, end, wave, cut = (got(scene, name, MAP) for name in ("office_paths", "steady", "ripple", "cut"))
    if paths is not None:
        blocks += [
            scene.body(map_sentences.office_paths(paths, language)),
            maps.office_graph(paths, language),
            maps.office_paths(paths, language),
        ]
        grown = link_sentences.unstable(paths, language)
        blocks.append(scene.body(grown) if grown else None)
    months = scene.study.enterprise.cut.months if scene.study.enterprise.cut else None
    if end is not None and wave is not None:
        blocks += [
            scene.body(map_sentences.steady(end, language)),
            maps.ripple_figure(wave, language, months),
            maps.steady(end, language),
        ]
    if cut is not None:
        blocks += [scene.body(map_sentences.cut(cut, language)), maps.cut(cut, language)]
    carried = got(scene, "cascade", MAP)
    if carried is not None:
        blocks += [scene.body(link_sentences.cascade(carried, language)), links.cascade(carried, language)]
    gone = [note for name in ("office_paths", "steady", "cut", "cascade") for note in lost(scene, name, MAP)]
    return scene.section("offices", MAP, [*blocks, *gone, *on_bed(scene, "office")])


MAP_SECTIONS = (canvas, offices)
