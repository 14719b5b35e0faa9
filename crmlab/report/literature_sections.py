"""The section of chapter 5 that sets our results beside those of earlier studies."""

from __future__ import annotations

from crmlab.present import literature_figures as figures
from crmlab.present import literature_sentences as sentences
from crmlab.present import literature_tables as tables
from crmlab.present.blocks import Block, Label, Spans
from crmlab.present.facts import Source
from crmlab.present.sentences import say
from crmlab.present.table_parts import arrow
from crmlab.report.measurement_sections import impossible
from crmlab.report.scene import Scene

EVIDENCE = "12_robustness_evidence"


def earlier_studies(scene: Scene) -> list[Block]:
    """Each hypothesis about a path beside what others report of it; then other paths; tables and forest."""
    source = scene.get(f"{EVIDENCE}/literature")
    if source is None:
        return []
    blocks: list[Block | None] = []
    if tables.paths(source):
        forest = figures.forest(source, scene.language)
        blocks.append(scene.body(sentences.introduction(source, scene.language, forest is not None)))
        blocks += [scene.body(spans) for spans in _told(scene, source)]
        blocks += [tables.prior(source, scene.language), tables.together(source, scene.language), forest]
    blocks += impossible(scene, source)
    return scene.titled("earlier_studies", blocks)


def _told(scene: Scene, source: Source) -> list[Spans]:
    language, alpha = scene.language, scene.study.rules.alpha
    named: dict[str, Spans] = {
        f"{one.target}~{one.source}": (Label(one.id),)
        for one in scene.study.hypotheses
        if one.kind == "direct"
    }
    ours = {f"{target}~{origin}" for origin, target in scene.study.paths}
    named |= {path: arrow(language, path) for path in tables.paths(source) if path not in named}
    found: list[Spans] = []
    for path, name in named.items():
        told = sentences.compared(source, language, path, name, alpha)
        if not told and path in ours:
            told = say(language, "lit_none", hid=name)
        found += [(*name, ": ", *told)] if told else []
    last = sentences.few(source, language, named)
    return [*found, last] if last else found


SECTIONS = (earlier_studies,)
