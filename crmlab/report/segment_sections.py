"""Sections on the life cycle of customers, on segments and on prospects."""

from __future__ import annotations

from crmlab.present import (
    lifecycle_figures,
    lifecycle_sentences,
    lifecycle_tables,
    segment_figures,
    segment_sentences,
    segment_tables,
)
from crmlab.present.behaviour_sentences import told
from crmlab.present.blocks import Block
from crmlab.present.facts import Source
from crmlab.present.segment_words import Look
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import BEHAVIOUR, Scene

LIFE = "06_lifecycle_groups"


def _look(scene: Scene) -> Look:
    return Look.of(scene.language, scene.study)


def life_cycle(scene: Scene) -> list[Block]:
    """Where customers are in their life cycle, and how they move through it."""
    if not scene.study.has_ledger:
        return []
    look = _look(scene)
    stages, movement, transitions, flows, occupation, placed = (
        scene.get(f"{LIFE}/{name}")
        for name in ("stages", "movement", "transitions", "flows", "occupation", "placement")
    )
    if stages is None:
        return scene.section("life_cycle", LIFE, [])
    blocks: list[Block | None] = [
        scene.body(lifecycle_sentences.rule(look)),
        scene.body(lifecycle_sentences.stages(stages, look)),
        lifecycle_tables.stages(stages, look),
    ]
    if movement is not None:
        chart = lifecycle_figures.movement(movement, look)
        told_of = lifecycle_sentences.movement(movement, look, chart is not None)
        blocks += [scene.body(told_of), lifecycle_tables.movement(movement, look), chart]
    if transitions is not None and (table := lifecycle_tables.transitions(transitions, look)) is not None:
        drawn = lifecycle_figures.flows(flows, look) if flows is not None else None
        blocks += [
            scene.body(lifecycle_sentences.transitions(transitions, look, drawn is not None)),
            table,
            drawn,
        ]
    if occupation is not None and (chart := lifecycle_figures.occupation(occupation, look)) is not None:
        blocks += [scene.body(lifecycle_sentences.occupation(look)), chart]
    blocks += _placement(scene, placed, look)
    return scene.section("life_cycle", LIFE, blocks)


def _placement(scene: Scene, source: Source | None, look: Look) -> list[Block | None]:
    if source is None:
        return []
    if not source.subjects("count"):
        return [scene.body(told(look.ways, "placement_none")), *failed_notes(source, scene.language)]
    return [scene.body(lifecycle_sentences.placement(source, look)), lifecycle_tables.placement(source, look)]


def stress(scene: Scene) -> list[Block]:
    """What to stress at each stage."""
    source = scene.get(f"{LIFE}/stress")
    if source is None:
        return []
    look = _look(scene)
    blocks: list[Block | None] = [scene.body(lifecycle_sentences.stress(source, look))]
    blocks += (
        [lifecycle_tables.stress(source, look)]
        if source.subjects("path")
        else [*failed_notes(source, scene.language)]
    )
    return scene.section("stress", LIFE, blocks)


def segments(scene: Scene) -> list[Block]:
    """Which groups of customers there are, and what they are like."""
    if scene.study.segments is None:
        return []
    look = _look(scene)
    choice, found = scene.get(f"{BEHAVIOUR}/segments_choice"), scene.get(f"{BEHAVIOUR}/segments")
    blocks: list[Block | None] = []
    if choice is not None:
        blocks.append(scene.body(segment_sentences.choice(choice, look, "segments_choice")))
        blocks.append(segment_tables.choice(choice, look, "segments_choice"))
    if found is not None:
        chart = segment_figures.profile(found, look, "segments_chart")
        told_of = segment_sentences.profile(found, look, chart is not None)
        blocks += [scene.body(told_of), segment_tables.profile(found, look), chart]
        if (table := segment_tables.thoughts(found, look)) is not None:
            blocks += [scene.body(segment_sentences.needs(found, look)), table]
    return scene.section("segments", BEHAVIOUR, blocks)


def prospects(scene: Scene) -> list[Block]:
    """Who may become a customer."""
    if scene.study.spec.prospects is None:
        return []
    look = _look(scene)
    choice, kinds, model, calibration = (
        scene.get(f"{BEHAVIOUR}/{name}")
        for name in ("prospect_choice", "prospect_groups", "prospect_model", "prospect_calibration")
    )
    blocks: list[Block | None] = []
    if choice is not None and len(choice.result.tidy):
        blocks.append(scene.body(segment_sentences.choice(choice, look, "prospect_choice")))
        blocks.append(segment_tables.choice(choice, look, "prospect_choice"))
    elif choice is not None:
        blocks += [scene.body(told(look.ways, "prospect_choice_few")), *failed_notes(choice, scene.language)]
    if kinds is not None:
        chart = segment_figures.profile(kinds, look, "prospect_chart")
        blocks.append(scene.body(segment_sentences.kinds(kinds, look, chart is not None)))
        blocks += [segment_tables.kinds(kinds, look), chart]
    if model is not None and model.subjects("brier"):
        blocks += [scene.body(segment_sentences.model(model, look)), segment_tables.model(model, look)]
        blocks += [segment_figures.calibration(calibration, look)] if calibration is not None else []
    elif model is not None:
        blocks += [scene.body(told(look.ways, "prospects_no_model")), *failed_notes(model, scene.language)]
    return scene.section("prospects", BEHAVIOUR, blocks)


LIFE_SECTIONS = (life_cycle, stress)
SECTIONS = (segments, prospects)
