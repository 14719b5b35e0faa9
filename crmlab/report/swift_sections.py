"""The sections of step 11: past contacts, needs met, uplift, the learning loop, the next plan."""

from __future__ import annotations

from crmlab.present import swift_figures as figures
from crmlab.present import swift_sentences as sentences
from crmlab.present import swift_tables as tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Block, Paragraph
from crmlab.present.facts import Source
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import LOOP, Scene


def got(scene: Scene, name: str) -> Source | None:
    """A saved result that holds something."""
    source = scene.get(f"{LOOP}/{name}")
    return source if source is not None and len(source.result.tidy) else None


def lost(scene: Scene, name: str) -> list[Paragraph]:
    """Why a part could not be computed."""
    source = scene.get(f"{LOOP}/{name}")
    return [] if source is None or len(source.result.tidy) else list(failed_notes(source, scene.language))


def past(scene: Scene) -> list[Block]:
    """Whose contacts they are, and what they brought."""
    if not scene.study.has_actions:
        return []
    who, brought, ways = got(scene, "identity"), got(scene, "contact_return"), _ways(scene)
    blocks: list[Block | None] = []
    if who is not None:
        blocks += [scene.body(sentences.identity(who, ways)), *failed_notes(who, scene.language)]
    if brought is not None and "return" in brought:
        blocks += [scene.body(sentences.returned(brought, ways)), tables.returns(brought, ways)]
    return scene.section("contacts_past", LOOP, blocks)


def needs(scene: Scene) -> list[Block]:
    """Of the needs that customers told, how many got a fitting answer."""
    source, ways = got(scene, "needs_met"), _ways(scene)
    if not scene.study.has_actions or source is None:
        return []
    blocks: list[Block | None] = [scene.body(sentences.needs(source, ways))]
    if "rate" in source:
        blocks.append(tables.needs(source, ways))
    return scene.section("needs_met", LOOP, blocks)


def uplift(scene: Scene) -> list[Block]:
    """Personal against standard contacts; an effect only where the form was drawn by lot."""
    if not scene.study.has_actions or scene.get(f"{LOOP}/uplift") is None:
        return []
    source, ways = got(scene, "uplift"), _ways(scene)
    if source is None:
        from crmlab.present.swift_words import told

        reason = [scene.body(told(ways, "uplift_refused")), *lost(scene, "uplift")]
        return scene.section("uplift", LOOP, reason)
    return scene.section(
        "uplift", LOOP, [scene.body(sentences.uplift(source, ways)), tables.uplift(source, ways)]
    )


def loop(scene: Scene) -> list[Block]:
    """The loop: its phases, its cycles, what it learnt."""
    phases, ways = got(scene, "swift_loop"), _ways(scene)
    if not scene.study.has_actions or phases is None:
        return []
    over, cells, sure = (got(scene, name) for name in ("swift_cycles", "swift_cells", "swift_claims"))
    blocks: list[Block | None] = [
        scene.body(sentences.loop(phases, over, ways)), figures.ring(phases, ways),
    ]  # fmt: skip
    if over is not None:
        blocks += [tables.cycles(over, ways), figures.learning(over, ways)]
    if sure is not None:
        blocks.append(scene.body(sentences.sure(sure, ways)))
    if cells is not None and over is not None:
        blocks.append(figures.cells(cells, ways))
    return scene.section("swift", LOOP, blocks)


def plan(scene: Scene) -> list[Block]:
    """What is to be done next, and why."""
    source, ways = got(scene, "action_plan"), _ways(scene)
    if not scene.study.has_actions or source is None:
        return []
    blocks: list[Block | None] = [scene.body(sentences.plan(source, ways))]
    blocks.append(tables.plan(source, ways, got(scene, "swift_cells")))
    return scene.section("action_plan", LOOP, blocks)


def _ways(scene: Scene) -> Ways:
    return Ways.of(scene.language, scene.study)


SECTIONS = (past, needs, uplift, loop, plan)
