"""From saved results to the report: which sections stand in it, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from crmlab.files import sha256_text
from crmlab.present.blocks import Heading
from crmlab.present.facts import sources
from crmlab.present.language import Language
from crmlab.present.names import reader
from crmlab.report import (
    annexes,
    design_sections,
    discussion_sections,
    evaluation_sections,
    formula_sections,
    introduction_sections,
    study_annexes,
)
from crmlab.report.addresses import with_addresses
from crmlab.report.author_text import author
from crmlab.report.findings import FINDINGS, Section
from crmlab.report.model import Chapter, Document
from crmlab.report.profiles import profile_of
from crmlab.report.references import with_references
from crmlab.report.scene import Scene
from crmlab.result import Result

if TYPE_CHECKING:
    from crmlab.study import Study

Kind: TypeAlias = Literal["front", "chapter", "annex"]
METHOD: tuple[Section, ...] = (
    introduction_sections.author_section("method"),
    introduction_sections.author_section("sampling"),
    *design_sections.SECTIONS,
    introduction_sections.analysis,
    formula_sections.formulas,
    introduction_sections.author_section("ethics"),
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
    saved = sources(results)
    scene = Scene(study, spoken, saved, author(study, saved, spoken))
    code = run_code(results)
    later = [
        _chapter(scene, "design", "3", "chapter", METHOD),
        _chapter(scene, "findings", "4", "chapter", FINDINGS),
        _chapter(scene, "discussion", "5", "chapter", discussion_sections.SECTIONS),
        _chapter(scene, "items", "1", "annex", (annexes.items,)),
        _chapter(scene, "legacy", "2", "annex", (evaluation_sections.legacy,)),
        _chapter(scene, "record", "3", "annex", (lambda scene: annexes.record(scene, code),)),
        _chapter(scene, "dictionary", "4", "annex", (study_annexes.dictionary,)),
        _chapter(scene, "questionnaire", "5", "annex", (study_annexes.questionnaire,)),
        _chapter(scene, "viva", "6", "annex", (lambda scene: study_annexes.viva(scene, code),)),
    ]
    shown = {block.key for chapter in later for block in chapter.blocks if isinstance(block, Heading)}
    shown |= {"annex-record"} if later[5].blocks else set()
    chapters = [*_first(scene, shown), *later, _coverage(scene, shown)]
    filled = [chapter for chapter in chapters if chapter.blocks]
    letters = iter("12345678")
    numbered = [
        chapter if chapter.kind != "annex" else Chapter(
            chapter.key, next(letters), "annex", chapter.title, chapter.blocks
        )
        for chapter in filled
    ]  # fmt: skip
    document = Document(
        name=study.name,
        language=spoken,
        title=study.title[spoken.code],
        organisation=study.organisation[spoken.code],
        notice=study.notice[spoken.code] if study.notice else "",
        code=code,
        chapters=tuple(numbered),
        profile=profile_of(study, spoken),
    )
    return with_addresses(with_references(document, study))


def _first(scene: Scene, shown: set[str]) -> list[Chapter]:
    """What stands before the method: abstract, introduction, foundations."""
    models: Section = lambda scene: study_annexes.models(scene, shown)  # noqa: E731
    foundations = (*introduction_sections.BEFORE_MODELS, models, *introduction_sections.AFTER_MODELS)
    return [
        _chapter(scene, "abstract", "", "front", (introduction_sections.abstract,)),
        _chapter(scene, "opening", "1", "chapter", introduction_sections.INTRODUCTION),
        _chapter(scene, "literature", "2", "chapter", foundations),
    ]


def _coverage(scene: Scene, shown: set[str]) -> Chapter:
    return _chapter(
        scene, "coverage_of_source", "7", "annex", (lambda scene: study_annexes.coverage(scene, shown),)
    )


def run_code(results: Mapping[str, Result]) -> str:
    """A short code that changes when any of the results changes; digits and letters in three groups of four."""
    digest = sha256_text(*(f"{address}\n{results[address].to_json()}" for address in sorted(results)))
    return "-".join(digest[start : start + 4] for start in (0, 4, 8))


def _with_names(study: Study, language: Language) -> Language:
    return language.named(reader(study, language.code).names)


def _chapter(scene: Scene, key: str, number: str, kind: Kind, sections: Sequence[Section]) -> Chapter:
    blocks = [block for section in sections for block in section(scene)]
    return Chapter(f"{kind}-{key}", number, kind, scene.language.word(f"section.{key}"), tuple(blocks))
