"""The section on how firm the findings are."""

from __future__ import annotations

from crmlab.present import firmness_sentences as sentences
from crmlab.present import firmness_tables as tables
from crmlab.present.blocks import Block
from crmlab.report.measurement_sections import impossible
from crmlab.report.sections import STRUCTURE, Scene


def firmness(scene: Scene) -> list[Block]:
    """Verdicts under other choices, effects that matter, drivers that lead."""
    language = scene.language
    turned, matters = scene.get(f"{STRUCTURE}/sensitivity"), scene.get(f"{STRUCTURE}/equivalence")
    start = f"{STRUCTURE}/drivers_"
    led = [source for address, source in scene.sources.items() if address.startswith(start)]
    blocks: list[Block | None] = []
    if turned is not None and turned.subjects("stands"):
        blocks += [scene.body(sentences.sensitivity(turned, language)), tables.sensitivity(turned, language)]
    if matters is not None and matters.subjects("equivalence"):
        blocks += [
            scene.body(sentences.equivalence(matters, language)),
            tables.equivalence(matters, language),
        ]
    for source in led:
        if source.subjects("dominance"):
            blocks += [scene.body(sentences.drivers(source, language)), tables.drivers(source, language)]
    blocks += impossible(scene, turned, matters, *led)
    return scene.section("firmness", STRUCTURE, blocks) if blocks else []
