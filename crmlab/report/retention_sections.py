"""The sections on contracts: rows, stays and contract models, what makes customers leave, churn and the offer."""

from __future__ import annotations

from collections.abc import Callable

from crmlab.present import retention_figures as figures
from crmlab.present import retention_sentences as sentences
from crmlab.present import retention_tables as tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Block, Spans
from crmlab.present.facts import Source
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import BEHAVIOUR, INTAKE, Scene

Make = Callable[[Source, Ways], "list[Block | None]"]


def _part(
    scene: Scene, name: str, part: str, say: Callable[[Source, Ways], Spans], make: Make
) -> list[Block | None]:
    """A paragraph and its blocks; where the data did not allow the result, that and the reason."""
    source = scene.get(f"{BEHAVIOUR}/{name}")
    if source is None:
        return []
    ways = Ways.of_contracts(scene.language, scene.study)
    if not len(source.result.tidy):
        return [scene.body(sentences.refused(ways, part)), *failed_notes(source, scene.language)]
    return [scene.body(say(source, ways)), *make(source, ways)]


def flow(scene: Scene) -> list[Block]:
    """Contracts read, refused and admitted."""
    if not scene.study.has_contracts:
        return []
    source = scene.get(f"{INTAKE}/contract_flow")
    if source is None:
        return scene.section("contract_flow", INTAKE, [])
    ways = Ways.of_contracts(scene.language, scene.study)
    return scene.section(
        "contract_flow", INTAKE, [scene.body(sentences.flow(source, ways)), tables.flow(source, ways)]
    )


def stays(scene: Scene) -> list[Block]:
    """How long customers stay."""
    if not scene.study.has_contracts:
        return []
    blocks = _part(
        scene,
        "stay_curves",
        "stays",
        sentences.stays,
        lambda s, w: [tables.stays(s, w), figures.survival(s, w)],
    )
    blocks += _part(
        scene,
        "stay_models",
        "models",
        sentences.models,
        lambda s, w: [tables.models(s, w), figures.models(s, w)],
    )
    return scene.section("stays", BEHAVIOUR, blocks)


def leaving(scene: Scene) -> list[Block]:
    """What makes customers leave sooner or later."""
    if not scene.study.has_contracts or not _explained(scene):
        return []
    blocks = _part(scene, "leaving_cox", "cox", sentences.cox, lambda s, w: [tables.cox(s, w)])
    blocks += _part(scene, "leaving_aft", "aft", sentences.aft, lambda s, w: [tables.aft(s, w)])
    return scene.section("leaving", BEHAVIOUR, blocks)


def churn(scene: Scene) -> list[Block]:
    """Who will leave, and whether an offer to stay pays."""
    if not scene.study.has_contracts or not _explained(scene):
        return []
    blocks = _part(scene, "churn", "churn", sentences.churn, lambda s, w: [tables.churn(s, w)])
    calibration = scene.get(f"{BEHAVIOUR}/churn_calibration")
    ways = Ways.of_contracts(scene.language, scene.study)
    blocks += [figures.calibration(calibration, ways)] if calibration is not None else []
    blocks += _part(scene, "churn_gains", "gains", sentences.gains, lambda s, w: [figures.gains(s, w)])
    blocks += _part(
        scene,
        "churn_profit",
        "profit",
        sentences.profit,
        lambda s, w: [tables.profit(s, w), figures.profit(s, w)],
    )
    return scene.section("churn", BEHAVIOUR, blocks)


def _explained(scene: Scene) -> bool:
    """Whether the study names anything that may explain leaving."""
    asked = scene.study.contracts
    return bool(asked.figures or asked.words)


SECTIONS = (stays, leaving, churn)
