"""From saved results to the report: which sections stand in it, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.files import sha256_text
from crmlab.present.facts import sources
from crmlab.present.language import Language
from crmlab.present.names import reader
from crmlab.report import (
    annexes,
    behaviour_sections,
    design_sections,
    enterprise_sections,
    evaluation_sections,
    firmness_sections,
    group_sections,
    intake_sections,
    measurement_sections,
    retention_sections,
    sections,
    sem_sections,
)
from crmlab.report.model import Chapter, Document
from crmlab.report.sections import Scene
from crmlab.result import Result

if TYPE_CHECKING:
    from crmlab.study import Study

FINDINGS = (
    sections.introduction,
    sections.flow,
    sections.respondents,
    sections.variables,
    measurement_sections.analysis,
    measurement_sections.adequacy,
    sections.reliability,
    measurement_sections.general,
    sections.discriminant,
    measurement_sections.separation,
    sem_sections.confirmatory,
    measurement_sections.method,
    measurement_sections.criteria,
    sections.structure,
    evaluation_sections.evaluation,
    sections.direct,
    sections.mediation,
    evaluation_sections.importance,
    evaluation_sections.robustness,
    sem_sections.covariance,
    sections.summary,
    firmness_sections.firmness,
    group_sections.groups,
    *behaviour_sections.SECTIONS[:1],
    retention_sections.flow,
    intake_sections.coverage,
    *behaviour_sections.SECTIONS[1:],
    *enterprise_sections.SECTIONS,
    *retention_sections.SECTIONS,
)


def compose(study: Study, results: Mapping[str, Result], language: str | Language) -> Document:
    """The report on a study in one language, from its saved results only.

    Parameters
    ----------
    study : the study
    results : "step/name" -> saved result, e.g. "04_measurement/reliability". What is missing is said in its
        section when its step belongs to the study, and left out otherwise.
    language : "en" or "fa", or a Language with its habits set
    """
    spoken = reader(study, language) if isinstance(language, str) else _with_names(study, language)
    scene = Scene(study, spoken, sources(results))
    code = run_code(results)
    chapters = [
        _chapter(scene, "design", "3", "chapter", design_sections.SECTIONS),
        _chapter(scene, "findings", "4", "chapter", FINDINGS),
        _chapter(scene, "items", "1", "annex", (annexes.items,)),
        _chapter(scene, "legacy", "2", "annex", (evaluation_sections.legacy,)),
        _chapter(scene, "record", "3", "annex", (lambda scene: annexes.record(scene, code),)),
    ]
    filled = [chapter for chapter in chapters if chapter.blocks]
    letters = iter("123")
    numbered = [
        chapter if chapter.kind == "chapter" else Chapter(
            chapter.key, next(letters), "annex", chapter.title, chapter.blocks
        )
        for chapter in filled
    ]  # fmt: skip
    return Document(
        name=study.name,
        language=spoken,
        title=study.title[spoken.code],
        organisation=study.organisation[spoken.code],
        notice=study.notice[spoken.code] if study.notice else "",
        code=code,
        chapters=tuple(numbered),
    )


def run_code(results: Mapping[str, Result]) -> str:
    """A short code that changes when any of the results changes; digits and letters in three groups of four."""
    digest = sha256_text(*(f"{address}\n{results[address].to_json()}" for address in sorted(results)))
    return "-".join(digest[start : start + 4] for start in (0, 4, 8))


def _with_names(study: Study, language: Language) -> Language:
    return language.named(reader(study, language.code).names)


def _chapter(scene: Scene, key: str, number: str, kind: str, parts: tuple[object, ...]) -> Chapter:
    blocks = [block for part in parts for block in part(scene)]  # type: ignore[operator]
    title = scene.language.word(f"section.{key}")
    return Chapter(f"{kind}-{key}", number, "annex" if kind == "annex" else "chapter", title, tuple(blocks))
