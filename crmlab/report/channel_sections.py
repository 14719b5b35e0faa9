"""The sections on the phases of the sale and on channels."""

from __future__ import annotations

from crmlab.present import channel_figures as figures
from crmlab.present import channel_sentences as sentences
from crmlab.present import channel_tables as tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Block, Label
from crmlab.present.facts import Source, fill
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import Scene

LIFE = "06_lifecycle_groups"


def phases(scene: Scene) -> list[Block]:
    """Before, during and after the sale: how each does, and which moved when customers changed."""
    ways = Ways.of(scene.language, scene.study)
    card, drift = scene.get(f"{LIFE}/phase_scorecard"), scene.get(f"{LIFE}/phase_drift")
    blocks: list[Block | None] = []
    if card is not None:
        blocks += _part(
            scene, card, "phases_not_scorecard",
            lambda: [scene.body(sentences.scorecard(card, ways)), tables.scorecard(card, ways), tables.voice(card, ways)],
        )  # fmt: skip
    if drift is not None:
        blocks += _part(
            scene, drift, "phases_not_drift",
            lambda: [scene.body(sentences.drift(drift, ways)), tables.attributes(drift, ways), tables.changes(drift, ways)],
        )  # fmt: skip
    return scene.section("phases", LIFE, blocks) if blocks else []


def channels(scene: Scene) -> list[Block]:
    """Is the service alike through all channels?"""
    ways = Ways.of(scene.language, scene.study)
    order = ("channel_quality", "channel_acceptance")
    found = [source for address, source in scene.sources.items() if _compares(address, source)]
    found.sort(key=lambda one: (*(not one.address.endswith(name) for name in order), one.address))
    able = [source for source in found if len(source.result.tidy)]
    blocks: list[Block | None] = []
    if able:
        blocks += [
            scene.body(sentences.parity(able, ways)), tables.levels(able, ways), tables.gaps(able, ways),
            *figures.gaps(able, ways),
        ]  # fmt: skip
    for source in [source for source in found if not len(source.result.tidy)]:
        name = fill(scene.language.word("quote"), text=Label(tables.measure(source, ways, "said")))
        blocks += [
            scene.body(say(scene.language, "parity_not", name=name)),
            *failed_notes(source, scene.language),
        ]
    return scene.section("channels", LIFE, blocks) if blocks else []


def _compares(address: str, source: Source) -> bool:
    return address.startswith(f"{LIFE}/channel_") and source.result.model == "model.channel_parity"


def _part(scene: Scene, source: Source, key: str, make: object) -> list[Block | None]:
    if not len(source.result.tidy):
        return [scene.body(say(scene.language, key)), *failed_notes(source, scene.language)]
    return list(make())  # type: ignore[operator]


SECTIONS = (phases, channels)
