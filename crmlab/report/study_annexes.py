"""Annexes that serve the defence and the next reader: viva sheet, data dictionary, questionnaire, coverage of the source."""

from __future__ import annotations

from collections.abc import Collection

from crmlab.present import dictionary_tables, guide_tables, viva_sentences
from crmlab.present.blocks import Block, Fact, Label, Paragraph, Ref, Span, Spans
from crmlab.present.sentences import say
from crmlab.report.scene import INTAKE, SAMPLE, Scene, trimmed
from crmlab.study.claims import MODELS, claims


def viva(scene: Scene, code: str) -> list[Block]:
    """Likely questions with answers from this study's numbers."""
    blocks: list[Block] = []
    for question, answer in viva_sentences.questions(scene.study, scene.sources, scene.language, code):
        blocks += [Paragraph(trimmed(question), "statement"), scene.body(answer)]
    return [scene.body(say(scene.language, "viva_intro")), *blocks] if blocks else []


def dictionary(scene: Scene) -> list[Block]:
    """Every item that was asked."""
    items, quality = scene.get(f"{SAMPLE}/items"), scene.get(f"{INTAKE}/quality")
    table = dictionary_tables.dictionary(scene.study, scene.language, items, quality)
    if table is None:
        return []
    told = say(scene.language, "dictionary_intro", ref=Ref("dictionary"), codes=_codes(scene))
    return [scene.body(told), table]


def _codes(scene: Scene) -> Spans:
    """The marks that stand for "no answer" in this survey's file."""
    survey = scene.study.survey
    marks = dict.fromkeys(
        str(mark) for mark in (*survey.missing, *(one for many in survey.missing_in.values() for one in many))
    )
    if not marks:
        return ()
    spans: list[Span] = [scene.language.word("dictionary.or")]
    for k, mark in enumerate(marks):
        spans += [scene.language.word("comma")] if k else []
        spans.append(Label(mark))
    return tuple(spans)


def questionnaire(scene: Scene) -> list[Block]:
    """The questions as respondents read them."""
    table = dictionary_tables.questionnaire(scene.study, scene.language)
    told = say(scene.language, "form_intro", ref=Ref("questionnaire"))
    return [scene.body(told), table] if table is not None else []


def models(scene: Scene, shown: Collection[str]) -> list[Block]:
    """2: the deployment models by their parts, and which of them this study answers."""
    running = guide_tables.answered(_filled(scene))
    chosen = [one for one in claims() if one.part in MODELS and one.kind != "title"]
    k, n = (_count(f"models_{key}", size) for key, size in (
        ("answered", sum(one.state(running) == "answered" for one in chosen)), ("parts", len(chosen)),
    ))  # fmt: skip
    told = say(scene.language, "intro_models", ref=Ref("deployment_models"))
    told += say(scene.language, "intro_models_all" if k.value == n.value else "intro_models_count", k=k, n=n)
    return scene.titled("models", [scene.body(told), guide_tables.models(scene.language, running, shown)])


def _filled(scene: Scene) -> list[str]:
    """Saved results that hold something: a result without a row says why it could not be computed, and answers nothing."""
    return [address for address, source in scene.sources.items() if len(source.result.tidy)]


def coverage(scene: Scene, shown: Collection[str]) -> list[Block]:
    """Every statement of the source, and where it is taken up; open ones too."""
    if not scene.sources:
        return []
    running = guide_tables.answered(_filled(scene))
    states = [one.state(running) for one in claims()]
    asked = len(states) - states.count("told")
    key = "intro_coverage_all" if states.count("answered") == asked else "intro_coverage"
    told = say(
        scene.language, key, ref=Ref("claims"), k=_count("claims_answered", states.count("answered")),
        n=_count("claims", asked),
    )  # fmt: skip
    told += say(scene.language, "intro_coverage_stated", k=_count("claims_told", states.count("told")))
    return [scene.body(told), guide_tables.coverage(scene.language, running, shown)]


def _count(what: str, number: int) -> Fact:
    """A count of what the catalogue and the saved results hold."""
    return Fact(f"counted/guide/{what}", number, "integer")
