"""Chapters 1 and 2: what follows from the study file (objectives, hypotheses, definitions, model, scope), and the author's text."""

from __future__ import annotations

from collections.abc import Callable

from crmlab.present import abstract_sentences, analysis_sentences, design_figures
from crmlab.present import introduction_sentences as sentences
from crmlab.present import introduction_tables as tables
from crmlab.present.blocks import Block, Label, Paragraph, Ref, Strong
from crmlab.present.sentences import say
from crmlab.report.scene import DESIGN, Scene, trimmed


def abstract(scene: Scene) -> list[Block]:
    """The abstract with its keywords: the author's own, or composed from facts."""
    own = scene.texts.of("abstract")
    told = abstract_sentences.abstract(scene.study, scene.sources, scene.language)
    body: list[Block] = own or [scene.body(told)]
    return [*body, scene.body(abstract_sentences.keywords(scene.study, scene.language))]


def author_section(key: str) -> Callable[[Scene], list[Block]]:
    """A section that is the author's alone."""

    def section(scene: Scene) -> list[Block]:
        return scene.titled(f"text_{key}", scene.slot(key))

    return section


def objectives(scene: Scene) -> list[Block]:
    """1-4: the objectives, one for each hypothesis and each further part of the study."""
    study, language = scene.study, scene.language
    found = sentences.objectives(study, language)
    if not found:
        return []
    intro = say(language, "intro_main", title=Label(study.title[language.code].rstrip(".")))
    ends = [language.word("list.next")] * (len(found) - 1) + [language.word("list.last")]
    lines = [Paragraph(("• ", *trimmed(spans), end), "item") for spans, end in zip(found, ends, strict=True)]
    return scene.titled("objectives", [scene.body(intro + say(language, "intro_objectives")), *lines])


def hypotheses(scene: Scene) -> list[Block]:
    """1-5: the hypotheses as they are worded."""
    language = scene.language
    lines = [
        Paragraph((Strong(f"{one.id}: "), Label(one.statement[language.code])), "statement")
        for one in scene.study.hypotheses
    ]
    return (
        scene.titled("hypotheses", [scene.body(say(language, "intro_hypotheses")), *lines]) if lines else []
    )


def definitions(scene: Scene) -> list[Block]:
    """1-6: what each construct means, and how it is measured."""
    table = tables.definitions(scene.study, scene.language)
    told = [scene.body(say(scene.language, "intro_definitions", ref=Ref("definitions")))] if table else []
    return scene.titled("definitions", [*told, table, *scene.slot("definitions")])


def concept(scene: Scene) -> list[Block]:
    """1-7: the conceptual model; it stands in the chapter on design where there is one."""
    study, language = scene.study, scene.language
    told = scene.body(say(language, "intro_concept", fig=Ref("design_concept")))
    if scene.get(f"{DESIGN}/hypotheses") is not None and DESIGN in study.steps:
        drawn = design_figures.concept(language, study)
        return scene.titled("concept", [told]) if drawn is not None else []
    drawn = design_figures.concept(language, study)
    return scene.titled("concept", [told, drawn]) if drawn is not None else []


def scope(scene: Scene) -> list[Block]:
    """1-8: subject, place, time."""
    told = sentences.scope(scene.study, scene.sources, scene.language)
    return scene.titled("scope", [scene.body(told), *scene.slot("scope")])


def analysis(scene: Scene) -> list[Block]:
    """3-7: what was computed, by what and under which rules, from the study file and the record of the run."""
    told = analysis_sentences.methods(scene.study, scene.sources, scene.language)
    return scene.titled("analysis_methods", [scene.body(spans) for spans in told])


INTRODUCTION = (
    author_section("introduction"), author_section("problem"), author_section("necessity"),
    objectives, hypotheses, definitions, concept, scope,
)  # fmt: skip
BEFORE_MODELS = (author_section("literature_introduction"), author_section("crm"))
AFTER_MODELS = tuple(
    author_section(key)
    for key in ("factors", "relationship_quality", "lifetime_value", "prior_studies", "gap")
)
