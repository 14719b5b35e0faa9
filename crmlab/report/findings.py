"""Chapter 4: its sections in the order of reading, gathered in parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from crmlab.present.blocks import Block, Heading
from crmlab.present.sentences import say
from crmlab.report import (
    behaviour_sections,
    channel_sections,
    dimension_sections,
    enterprise_sections,
    evaluation_sections,
    firmness_sections,
    group_sections,
    intake_sections,
    measurement_sections,
    monitor_sections,
    process_sections,
    retention_sections,
    sections,
    segment_sections,
    sem_sections,
    swift_sections,
    worth_sections,
)
from crmlab.report.scene import Scene

Section: TypeAlias = Callable[[Scene], list[Block]]


@dataclass(frozen=True)
class Part:
    """Sections under one heading, which says in a sentence what they answer.

    A part of which the study fills one section only has no heading of its own: that section stands in its place.
    """

    key: str
    sections: tuple[Section, ...]

    def __call__(self, scene: Scene) -> list[Block]:
        """The part in the scene's language; empty if none of its sections holds anything."""
        filled = [blocks for section in self.sections if (blocks := section(scene))]
        if len(filled) < 2:
            return [block for blocks in filled for block in blocks]
        return [
            Heading(2, f"section-part_{self.key}", (scene.language.word(f"section.part_{self.key}"),)),
            scene.body(say(scene.language, f"part_{self.key}")),
            *(lowered(block) for blocks in filled for block in blocks),
        ]


def lowered(block: Block) -> Block:
    """A heading one level further down; any other block as it is."""
    return replace(block, level=block.level + 1) if isinstance(block, Heading) else block


LEDGER, BASE, COHORTS, MODELS, PREDICTION, VALUE = behaviour_sections.SECTIONS
FINDINGS: tuple[Section, ...] = (
    sections.introduction,
    Part("sample", (sections.flow, sections.respondents, sections.variables)),
    Part(
        "measurement",
        (
            measurement_sections.analysis,
            measurement_sections.adequacy,
            sections.reliability,
            measurement_sections.general,
            sections.discriminant,
            measurement_sections.separation,
            sem_sections.confirmatory,
            measurement_sections.method,
            measurement_sections.criteria,
        ),
    ),
    Part(
        "model",
        (
            sections.structure,
            evaluation_sections.evaluation,
            dimension_sections.paths,
            sections.direct,
            sections.mediation,
            process_sections.processes,
            evaluation_sections.importance,
            dimension_sections.rankings,
            evaluation_sections.robustness,
            sem_sections.covariance,
        ),
    ),
    group_sections.groups,
    Part("verdicts", (sections.further, sections.summary, firmness_sections.firmness)),
    Part(
        "purchases",
        (
            LEDGER,
            retention_sections.flow,
            intake_sections.coverage,
            BASE,
            COHORTS,
            MODELS,
            PREDICTION,
            VALUE,
            *worth_sections.SECTIONS,
            *retention_sections.SECTIONS,
        ),
    ),
    Part(
        "customers",
        (
            *segment_sections.LIFE_SECTIONS,
            *channel_sections.SECTIONS,
            *segment_sections.SECTIONS,
            *monitor_sections.SECTIONS,
        ),
    ),
    Part("enterprise", enterprise_sections.SECTIONS),
    Part("loop", swift_sections.SECTIONS),
)
