"""The chapter on design: hypotheses, instrument, experts, sample size, power, and whether the design was kept to."""

from __future__ import annotations

from crmlab.present import class_tables
from crmlab.present import design_figures as figures
from crmlab.present import design_sentences as sentences
from crmlab.present import design_tables as tables
from crmlab.present.blocks import Block
from crmlab.present.facts import Source
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import DESIGN, Scene

ENGINES = ("sem", "pls", "plsc")


def got(scene: Scene, name: str) -> Source | None:
    """A saved result of step 01."""
    return scene.get(f"{DESIGN}/{name}")


def hypotheses(scene: Scene) -> list[Block]:
    """What is expected, in a table and a picture."""
    source, language = got(scene, "hypotheses"), scene.language
    if source is None:
        return scene.section("design_hypotheses", DESIGN, [])
    drawn = figures.concept(language, scene.study)
    told = scene.body(sentences.hypotheses(source, language, drawn is not None))
    table = tables.hypotheses(source, language, scene.study)
    return scene.section("design_hypotheses", DESIGN, [told, table, drawn])


def instrument(scene: Scene) -> list[Block]:
    """What is measured, by which items, and what experts said of them."""
    source, language = got(scene, "instrument"), scene.language
    ratio, index = got(scene, "cvr"), got(scene, "cvi")
    blocks: list[Block | None] = []
    if source is not None:
        blocks += [
            scene.body(sentences.instrument(source, language)),
            tables.instrument(source, language, scene.study),
        ]
    judged = tables.content(ratio, index, language)
    if judged is not None:
        blocks += [scene.body(sentences.content(ratio, index, language)), judged]
    for one in (ratio, index):
        if one is not None and not len(one.result.tidy):
            blocks += failed_notes(one, language)
    return scene.section("design_instrument", DESIGN, blocks) if blocks else []


def sample_size(scene: Scene) -> list[Block]:
    """How many respondents, by every rule."""
    source, language = got(scene, "sample_size"), scene.language
    if source is None:
        return []
    told = scene.body(sentences.sample_size(source, language))
    return scene.section("design_sample_size", DESIGN, [told, tables.sample_size(source, language)])


def power(scene: Scene) -> list[Block]:
    """What the planned sample could show."""
    judged, language, study = got(scene, "hypotheses"), scene.language, scene.study
    simulated = [(key, one) for key in ENGINES if (one := got(scene, f"power_{key}")) is not None]
    if judged is None:
        return []
    if not simulated:
        return scene.section("design_power", DESIGN, [scene.body(say(language, "design_no_effects"))])
    blocks: list[Block | None] = []
    # the hypotheses are judged by the engine that the study names first
    simulated = sorted(
        simulated,
        key=lambda pair: study.design.engines.index(pair[0]) if pair[0] in study.design.engines else 9,
    )
    for k, (key, one) in enumerate(simulated):
        drawn = figures.power_curves(one, language, key, study.design.n, study.design.power)
        if k == 0:
            told = sentences.power(judged, one, language, study, key, drawn is not None)
            blocks += [scene.body(spans) for spans in told]
        blocks += [tables.power(one, got(scene, f"needed_{key}"), language, key, study), drawn]
        blocks.append(tables.precision(one, language, key, study))
    groups = got(scene, "group_power")
    if groups is not None and groups.subjects("power"):
        blocks += [
            scene.body(class_tables.power_told(groups, language)),
            class_tables.power(groups, language),
        ]
    elif groups is not None:
        blocks += failed_notes(groups, language)
    return scene.section("design_power", DESIGN, blocks)


def card(scene: Scene) -> list[Block]:
    """Was the design frozen before data, and what was done otherwise?"""
    source, language = got(scene, "design_card"), scene.language
    if source is None:
        return []
    told = scene.body(sentences.card(source, language))
    return scene.section("design_card", DESIGN, [told, tables.departures(source, language)])


SECTIONS = (hypotheses, instrument, sample_size, power, card)
