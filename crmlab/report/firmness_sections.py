"""The section on how firm the findings are."""

from __future__ import annotations

from crmlab.present import firmness_sentences as sentences
from crmlab.present import firmness_tables as tables
from crmlab.present import hidden_tables, multiverse_figures, multiverse_sentences, multiverse_tables
from crmlab.present.blocks import Block
from crmlab.report.literature_sections import EVIDENCE
from crmlab.report.measurement_sections import impossible
from crmlab.report.scene import STRUCTURE, Scene


def firmness(scene: Scene) -> list[Block]:
    """Verdicts under other choices, effects that matter, drivers that lead."""
    language = scene.language
    turned, matters = scene.get(f"{STRUCTURE}/sensitivity"), scene.get(f"{STRUCTURE}/equivalence")
    start = f"{STRUCTURE}/drivers_"
    led = [source for address, source in scene.sources.items() if address.startswith(start)]
    blocks: list[Block | None] = []
    if turned is not None and turned.subjects("stands"):
        blocks += [scene.body(sentences.sensitivity(turned, language)), tables.sensitivity(turned, language)]
    further = scene.get(f"{EVIDENCE}/multiverse")
    if further is not None and multiverse_tables.hypotheses(further):
        curves = multiverse_figures.unsteady(further, language)
        keys = [figure.key for figure in curves]
        blocks += [
            scene.body(multiverse_sentences.introduction(further, language, keys)),
            scene.body(multiverse_sentences.kept(further, language)),
            multiverse_tables.by_choice(further, language),
            *curves,
        ]
    if matters is not None and matters.subjects("equivalence"):
        blocks += [
            scene.body(sentences.equivalence(matters, language)),
            tables.equivalence(matters, language),
        ]
    doubted = scene.get(f"{EVIDENCE}/hidden_cause")
    if doubted is not None and doubted.subjects("path"):
        blocks += [scene.body(hidden_tables.told(doubted, language)), hidden_tables.hidden(doubted, language)]
    for source in led:
        if source.subjects("dominance"):
            blocks += [scene.body(sentences.drivers(source, language)), tables.drivers(source, language)]
    blocks += impossible(scene, turned, further, matters, doubted, *led)
    return scene.section("firmness", STRUCTURE, blocks) if blocks else []
