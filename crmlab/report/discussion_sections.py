"""The discussion (chapter 5): what findings mean, suggestions, future research, limitations. Interpretation stands here only."""

from __future__ import annotations

from collections.abc import Sequence

from crmlab.present import (
    discussion_other,
    discussion_qualifiers,
    future_sentences,
    limitation_sentences,
    suggestion_sentences,
)
from crmlab.present import discussion_sentences as sentences
from crmlab.present.blocks import Block, Heading, Label, Paragraph, Spans
from crmlab.present.outcomes import outcomes
from crmlab.present.sentences import say
from crmlab.report.literature_sections import earlier_studies
from crmlab.report.scene import Scene, trimmed


def introduction(scene: Scene) -> list[Block]:
    """5-1: how many hypotheses came out how."""
    told = sentences.opening(scene.study, scene.sources, scene.language)
    return scene.titled("discussion_introduction", [scene.body(told)])


def results(scene: Scene) -> list[Block]:
    """5-2: each hypothesis, what its outcome means and what qualifies it; then what else was found."""
    study, language = scene.study, scene.language
    shared = discussion_qualifiers.common(study, scene.sources, language)
    found = outcomes(study, scene.sources)
    blocks: list[Block] = [scene.body(shared)] if shared and found else []
    for one in found:
        name = one.hypothesis.id
        blocks.append(
            Heading(3, f"discussed-{name}", (Label(f"{name}: {one.hypothesis.statement[language.code]}"),))
        )
        blocks.append(scene.body(sentences.reading(one, study, scene.sources, language)))
        more = discussion_qualifiers.qualified(one, study, scene.sources, language)
        blocks += [scene.body(more)] if more else []
        blocks += scene.slot(f"discussion_{name}")
    others = [
        *sentences.beyond(scene.sources, language),
        *discussion_other.readings(study, scene.sources, language),
    ]
    if others and blocks:
        blocks.append(Heading(3, "discussed-others", (language.word("section.discussion_others"),)))
    blocks += [scene.body(spans) for spans in others]
    return scene.titled("discussion_results", [*blocks, *scene.slot("discussion")])


def suggestions(scene: Scene) -> list[Block]:
    """5-3: what follows for practice, each with the estimate it rests on; or that nothing follows."""
    found = suggestion_sentences.suggestions(scene.study, scene.sources, scene.language)
    blocks = _listed(scene, "sug_intro", found)
    if not found:
        blocks = [scene.body(suggestion_sentences.nothing(scene.study, scene.sources, scene.language))]
    return scene.titled("discussion_suggestions", [*blocks, *scene.slot("suggestions")])


def future(scene: Scene) -> list[Block]:
    """5-4: what stayed open."""
    found = future_sentences.future(scene.study, scene.sources, scene.language)
    blocks = _listed(scene, "fut_intro", found) if found else []
    return scene.titled("discussion_future", [*blocks, *scene.slot("future")])


def limitations(scene: Scene) -> list[Block]:
    """5-5: limits that come from failed checks and from settings of the study."""
    found = limitation_sentences.limitations(scene.study, scene.sources, scene.language)
    blocks = _listed(scene, "lim_intro", found) if found else []
    return scene.titled("discussion_limitations", [*blocks, *scene.slot("limitations")])


def _listed(scene: Scene, intro: str, found: Sequence[Spans]) -> list[Block]:
    """An introduction, then one item of a list for each."""
    number = scene.language.integer
    lines = [
        Paragraph((Label(f"{number(k)}."), " ", *trimmed(spans)), "item")
        if len(found) > 1
        else scene.body(spans)
        for k, spans in enumerate(found, 1)
    ]
    return [scene.body(say(scene.language, intro)), *lines]


SECTIONS = (introduction, results, earlier_studies, suggestions, future, limitations)
