"""The section on mediation and moderation of scores, with their latent equivalents beside them."""

from __future__ import annotations

from crmlab.present import process_figures as figures
from crmlab.present import process_sentences as sentences
from crmlab.present import process_tables as tables
from crmlab.present.blocks import Block
from crmlab.present.facts import Source
from crmlab.present.sentences import say
from crmlab.report.measurement_sections import impossible
from crmlab.report.scene import STRUCTURE, Scene

START = f"{STRUCTURE}/process_"


def processes(scene: Scene) -> list[Block]:
    """Every model that the study asks for, or that a hypothesis needs, one after another."""
    found = [source for address, source in scene.sources.items() if address.startswith(START)]
    blocks: list[Block | None] = []
    for source in sorted(found, key=_order):
        blocks += _model(scene, source)
    if not blocks:
        return []
    return scene.section("process", STRUCTURE, [scene.body(say(scene.language, "process_intro")), *blocks])


def _percentiles(scene: Scene, name: str) -> bool:
    """Whether low, middle and high of a model are percentiles: of hypotheses' models always."""
    asked = scene.study.spec.process
    return not name.isdigit() or int(name) > len(asked) or asked[int(name) - 1].probes == "percentiles"


def _order(source: Source) -> tuple[bool, int, str]:
    """Models of the study file by their number, then those of hypotheses."""
    name = tables.name_of(source)
    return not name.isdigit(), int(name) if name.isdigit() else 0, name


def _model(scene: Scene, source: Source) -> list[Block | None]:
    language, name = scene.language, tables.name_of(source)
    again = scene.get(f"{STRUCTURE}/latent_process_{name}")
    if not source.subjects("coef"):
        return [*impossible(scene, source)]
    told = sentences.question(source, language)
    told += sentences.interactions(source, language, scene.study.rules.alpha)
    told += sentences.regions(source, language) + sentences.indirect(source, language)
    blocks: list[Block | None] = [
        scene.body(told), tables.regressions(source, language), tables.effects(source, language, _percentiles(scene, name)),
        *figures.regions(source, language),
    ]  # fmt: skip
    if again is not None and again.subjects("direct"):
        blocks += [scene.body(sentences.latent(source, again, language)), tables.latent(again, language)]
    return [*blocks, *impossible(scene, again)]
