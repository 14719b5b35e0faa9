"""The sections of step 08: answers joined with purchases, what the construct is worth, CLV_P against CLV_B, products."""

from __future__ import annotations

from crmlab.present import linkage_figures as figures
from crmlab.present import linkage_sentences as sentences
from crmlab.present import linkage_tables as tables
from crmlab.present.blocks import Block, Paragraph
from crmlab.present.facts import Source
from crmlab.present.linkage_words import Link
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import WORTH as STEP
from crmlab.report.scene import Scene


def got(scene: Scene, name: str) -> Source | None:
    """A saved result that holds something."""
    source = scene.get(f"{STEP}/{name}")
    return source if source is not None and len(source.result.tidy) else None


def lost(scene: Scene, name: str, key: str, link: Link) -> list[Paragraph]:
    """Why a part could not be computed; nothing where it was, or was not asked."""
    source = scene.get(f"{STEP}/{name}")
    if source is None or len(source.result.tidy):
        return []
    return [scene.body(link.told(key)), *failed_notes(source, scene.language)]


def join(scene: Scene) -> list[Block]:
    """Who has both answers and purchases, and whether they are like the others."""
    if scene.study.worth is None:
        return []
    link, both, chosen = _link(scene), got(scene, "join"), got(scene, "selection")
    blocks: list[Block | None] = []
    if both is not None:
        blocks += [scene.body(sentences.join(both, link)), tables.join(both, link)]
    if chosen is not None and (told := sentences.selection(chosen, link)):
        blocks += [scene.body(told), tables.selection(chosen, link)]
    return scene.section("worth_join", STEP, blocks)


def worth(scene: Scene) -> list[Block]:
    """What the construct goes with in behaviour and in money."""
    if scene.study.worth is None or _few(scene):
        return []
    link = _link(scene)
    blocks: list[Block | None] = [
        *_associations(scene, link),
        *_afterwards(scene, link),
        *_effects(scene, link),
        *_money(scene, link),
    ]
    return scene.section("worth", STEP, blocks)


def _associations(scene: Scene, link: Link) -> list[Block | None]:
    source = got(scene, "estimates")
    if source is None or not (source.subjects("sem") or source.subjects("naive")):
        return [*lost(scene, "estimates", "no_estimates", link)]
    chart = figures.forest(source, link)
    told = sentences.estimates(source, link, chart is not None, scene.study.spec.smallest_effect)
    return [*([scene.body(told)] if told else []), tables.estimates(source, link), chart]


def _afterwards(scene: Scene, link: Link) -> list[Block | None]:
    source = got(scene, "afterwards")
    told = sentences.afterwards(source, link) if source is not None else ()
    return [scene.body(told), tables.afterwards(source, link)] if source is not None and told else []


def _effects(scene: Scene, link: Link) -> list[Block | None]:
    source = got(scene, "joint")
    told = sentences.joint(source, link) if source is not None else ()
    if source is None or not told:
        return [*lost(scene, "joint", "no_joint", link)]
    return [scene.body(told), tables.joint(source, link)]


def _money(scene: Scene, link: Link) -> list[Block | None]:
    source, shape = got(scene, "money"), got(scene, "curve")
    if source is None:
        return [*lost(scene, "money", "no_money", link)]
    chart = figures.parts(source, link)
    blocks: list[Block | None] = [
        scene.body(sentences.money(source, link, chart is not None)),
        tables.money(source, link),
        chart,
    ]
    drawn = figures.curve(shape, link) if shape is not None else None
    return blocks + ([scene.body(sentences.curve(link)), drawn] if drawn is not None else [])


def views(scene: Scene) -> list[Block]:
    """Value as customers see it (CLV_P) against value as their purchases show it (CLV_B)."""
    source = got(scene, "quadrants")
    if scene.study.worth is None or source is None or _few(scene):
        return []
    link = _link(scene)
    table, chart = tables.quadrants(source, link), figures.cells(source, link)
    told = sentences.quadrants(source, link, table is not None, chart is not None)
    notes = failed_notes(source, scene.language) if table is None else ()
    return scene.section("worth_views", STEP, [scene.body(told), table, chart, *notes])


def opportunities(scene: Scene) -> list[Block]:
    """Which product customers of another one buy as well."""
    source = got(scene, "next_product")
    if source is None:
        return []
    link = _link(scene)
    table, found = tables.next_product(source, link), tables.pairs(source, link)
    if table is None:
        return []
    return scene.section(
        "next_product", STEP, [scene.body(sentences.next_product(source, link, found[0])), table]
    )


def _few(scene: Scene) -> bool:
    source = scene.get(f"{STEP}/join")
    return source is not None and sentences.few(source)


def _link(scene: Scene) -> Link:
    return Link.of(scene.language, scene.study)


SECTIONS = (join, worth, views, opportunities)
