"""The section on what is watched over time: charts, alarms, new levels."""

from __future__ import annotations

from crmlab.present import monitor_figures as figures
from crmlab.present import monitor_sentences as sentences
from crmlab.present import monitor_tables as tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Block
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import BEHAVIOUR, Scene


def monitoring(scene: Scene) -> list[Block]:
    """Which series alarmed, when, by which rule, and what is to be expected by chance."""
    ways = Ways.of(scene.language, scene.study)
    series, alarms, changes = (
        scene.get(f"{BEHAVIOUR}/monitor_{name}") for name in ("series", "alarms", "changes")
    )
    if series is None:
        return []
    if not len(series.result.tidy):
        told = scene.body(say(scene.language, "monitor_not"))
        return scene.section("monitoring", BEHAVIOUR, [told, *failed_notes(series, scene.language)])
    blocks: list[Block | None] = [
        scene.body(sentences.series(series, ways)), figures.board(series, ways), tables.series(series, ways),
    ]  # fmt: skip
    if alarms is not None and len(alarms.result.tidy):
        blocks += [
            scene.body(sentences.alarms(alarms, ways)),
            tables.rules(alarms, ways),
            tables.alarms(alarms, ways),
        ]
    if changes is not None and len(changes.result.tidy):
        blocks += [scene.body(sentences.changes(changes, ways)), tables.changes(changes, ways)]
    return scene.section("monitoring", BEHAVIOUR, blocks)


SECTIONS = (monitoring,)
