"""The sections of the findings chapter and the annexes: tables, figures and sentences, never a typed number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crmlab.present import (
    diagrams,
    figures,
    flowchart,
    heatmap,
    measurement_diagram,
    model_tables,
    sentences,
    tables,
    verdict_sentences,
    verdict_tables,
)
from crmlab.present.blocks import Block, Heading, Label, Paragraph, Ref, Spans, Strong
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed, say
from crmlab.report.author_text import Author
from crmlab.study.author_files import FOLDER, OWN

if TYPE_CHECKING:
    from crmlab.study import Study

DESIGN = "01_study_design"
INTAKE, SAMPLE = "02_data_intake", "03_sample_description"
MEASURE, STRUCTURE = "04_measurement", "05_structure_mediation"
BEHAVIOUR = "07_behavioural_clv"
MATURITY, MAP = "09_maturity", "10_enterprise_map"
LOOP = "11_swift_loop"
REPORT = "13_thesis_report"


@dataclass(frozen=True)
class Scene:
    """What a section is written from: the study, the reader's language, saved results, and the author's own text."""

    study: Study
    language: Language
    sources: dict[str, Source]
    texts: Author = field(default_factory=lambda: Author({}))

    def slot(self, name: str) -> list[Block]:
        """The author's text of a section; in a draft, a box that names the file it is to stand in."""
        found = self.texts.of(name)
        if found or name not in OWN or not self.study.spec.report.draft:
            return found
        told = say(self.language, "text_gap", file=Label(f"{FOLDER}/{name}.{self.language.code}.md"))
        return [Paragraph(trimmed(told), "gap", author=True)]

    def titled(self, key: str, blocks: Sequence[Block | None]) -> list[Block]:
        """A section that rests on no step of its own: with its heading if it holds anything, else nothing."""
        content = [block for block in blocks if block is not None]
        heading = Heading(2, f"section-{key}", (self.language.word(f"section.{key}"),))
        return [heading, *content] if content else []

    def get(self, address: str) -> Source | None:
        """A saved result, if there is one."""
        return self.sources.get(address)

    def judged(self, name: str) -> Source | None:
        """A result that hypotheses are judged by: of all steps; of PLS, or of covariance-based SEM if that is all there is."""
        if name == "verdicts" and (whole := self.get(f"{REPORT}/hypotheses")) is not None:
            return whole
        return self.get(f"{STRUCTURE}/{name}") or self.get(f"{STRUCTURE}/sem_{name}")

    def section(self, key: str, step: str, blocks: Sequence[Block | None]) -> list[Block]:
        """A section with its heading; an empty one says that its step has not been run, or is left out."""
        content = [block for block in blocks if block is not None]
        run = any(address.startswith(f"{step}/") for address in self.sources)
        if not content and (run or step not in self.study.steps or not self.useful(step)):
            return []
        if not content:
            content = [
                self.body(say(self.language, "not_available", step=self.language.word(f"step.{step}")))
            ]
        heading = Heading(2, f"section-{key}", (self.language.word(f"section.{key}"),))
        return [heading, *content]

    def useful(self, step: str) -> bool:
        """Whether the study has the data that the step is about."""
        if step == DESIGN:
            return self.study.has_design
        if step in (SAMPLE, MEASURE, STRUCTURE):
            return self.study.has_survey
        if step == LOOP:
            return self.study.has_actions
        if step in (MATURITY, MAP):
            return self.study.has_maturity if step == MATURITY else self.study.has_map
        if step == "06_lifecycle_groups":
            return self.study.has_life
        return step != BEHAVIOUR or self.study.has_behaviour

    def body(self, spans: Spans) -> Paragraph:
        """A paragraph of running text."""
        return Paragraph(trimmed(spans))


def trimmed(spans: Spans) -> Spans:
    """Spans without the space after the last sentence."""
    return spans[:-1] if spans and spans[-1] == " " else spans


def introduction(scene: Scene) -> list[Block]:
    """4-1: what is reported, and what "effect" means here."""
    rows = scene.get(f"{INTAKE}/ledger_flow")
    told = _answered(scene) if scene.study.has_survey else ()
    if rows is not None and "read" in rows and "kept" in rows:
        key = "opening_also_ledger" if told else "opening_ledger"
        n, n_raw = rows.fact("kept", style="integer"), rows.fact("read", style="integer")
        told += say(scene.language, key, n=n, n_raw=n_raw)
    told = told or say(scene.language, "opening_bare")
    guard = say(scene.language, "wording_guard") if scene.study.paths else ()
    return scene.section("introduction", INTAKE, [scene.body(told + guard)])


def _answered(scene: Scene) -> Spans:
    """How many questionnaires are analysed."""
    flow = scene.get(f"{INTAKE}/flow")
    if flow is None or "read" not in flow or "analysed" not in flow:
        return say(scene.language, "opening_bare")
    n, n_raw = flow.fact("analysed", style="integer"), flow.fact("read", style="integer")
    return say(scene.language, "opening", n=n, n_raw=n_raw)


def flow(scene: Scene) -> list[Block]:
    """Questionnaires received and analysed."""
    source = scene.get(f"{INTAKE}/flow")
    if source is None:
        return scene.section("flow", INTAKE, []) if scene.study.has_survey else []
    told = scene.body(sentences.flow(source, scene.language))
    chart = flowchart.flow(source, scene.language)
    return scene.section("flow", INTAKE, [told, tables.flow(source, scene.language), chart])


def respondents(scene: Scene) -> list[Block]:
    """Who answered."""
    source, language = scene.get(f"{SAMPLE}/profile"), scene.language
    if source is None or not source.subjects("count"):
        return scene.section("respondents", SAMPLE, [])
    told = say(language, "profile_intro", ref=Ref("profile"), fig=Ref("profile_chart"))
    threshold = scene.study.privacy_threshold
    for item, values in list(tables.categories(source).items())[:3]:
        if max(source.value(f"count:{item}.{value}") for value in values) >= threshold:
            told += sentences.majority(source, language, item, values)
    return scene.section("respondents", SAMPLE, [
        scene.body(told),
        tables.profile(source, language, threshold),
        figures.profile(source, language, threshold),
    ])  # fmt: skip


def variables(scene: Scene) -> list[Block]:
    """Means, spread and shape; distributions of the answers; the overall questions."""
    language, blocks = scene.language, list[Block | None]()
    constructs, items = scene.get(f"{SAMPLE}/constructs"), scene.get(f"{SAMPLE}/items")
    if constructs is not None:
        told = say(language, "constructs_intro", ref=Ref("constructs"), fig=Ref("means"))
        blocks += [
            scene.body(told + sentences.construct_scores(constructs, language)),
            tables.construct_scores(constructs, language),
            figures.means(constructs, language),
        ]
    if items is not None:
        charts = [
            figures.likert(items, language, scene.study, name, codes) for name, codes in groups(scene.study)
        ]
        drawn = [chart for chart in charts if chart is not None]
        refs = listed(language, [(Ref(chart.key),) for chart in drawn])
        if drawn:
            blocks.append(scene.body(say(language, "items_intro", figs=refs, ref=Ref("items"))))
        blocks += drawn
    overall = scene.get(f"{SAMPLE}/globals")
    if overall is not None and len(overall.result.tidy):
        blocks.append(scene.body(say(language, "globals_intro", ref=Ref("globals"))))
        blocks.append(tables.global_scores(overall, language))
    return scene.section("variables", SAMPLE, blocks)


def groups(study: Study) -> list[tuple[str, list[str]]]:
    """Constructs with their items, few enough groups for one figure each; small ones share a figure, named ""."""
    inner = {part for name in study.second_order for part in study.constructs[name].dimensions}
    found = []
    for name, construct in study.constructs.items():
        if construct.dimensions:
            found.append(
                (name, [item for part in construct.dimensions for item in study.constructs[part].items])
            )
        elif name not in inner:
            found.append((name, list(construct.items)))
    if study.second_order and len(found) <= 5:
        return found
    return [("", [item for _, codes in found for item in codes])]


def reliability(scene: Scene) -> list[Block]:
    """Reliability, convergence, loadings."""
    language, study = scene.language, scene.study
    source, loading = scene.get(f"{MEASURE}/reliability"), scene.get(f"{MEASURE}/loadings")
    blocks: list[Block | None] = []
    if source is not None:
        told = (
            say(language, "reliability_intro", ref=Ref("reliability"), loadings=Ref("loadings"))
            if loading
            else ()
        )
        told += sentences.reliability(source, language, study)
        blocks += [scene.body(told), tables.reliability(source, language)]
    if loading is not None:
        blocks.append(scene.body(sentences.loadings(loading, language, study)))
        blocks.append(tables.loadings(loading, language, scene.get(f"{MEASURE}/items")))
        outer = scene.get(f"{STRUCTURE}/outer")
        named = [name for name, _ in groups(study)]
        whole = [name for name, c in study.constructs.items() if c.dimensions or not study.second_order]
        tops = [[name] for name in named] if "" not in named else [whole]
        blocks += [measurement_diagram.measurement(loading, outer, language, study, top) for top in tops]
    return scene.section("reliability", MEASURE, blocks)


def discriminant(scene: Scene) -> list[Block]:
    """Are the constructs distinct?"""
    language, study = scene.language, scene.study
    source, cor = scene.get(f"{MEASURE}/htmt"), scene.get(f"{MEASURE}/correlations")
    if source is None:
        return scene.section("discriminant", MEASURE, [])
    ratio = heatmap.heat(
        source, language, "htmt", "htmt_chart", among=study.first_order, limit=study.rules.htmt
    )
    matrix = heatmap.heat(cor, language, "cor", "correlations", among=study.first_order) if cor else None
    told = sentences.discriminant(source, language, study)
    if ratio and matrix:
        told += say(language, "htmt_figs", fig=Ref(ratio.key), cor=Ref(matrix.key))
    table = tables.htmt(source, language, study.rules.htmt)
    return scene.section("discriminant", MEASURE, [scene.body(told), table, ratio, matrix])


def structure(scene: Scene) -> list[Block]:
    """The structural model and what it explains."""
    language, source = scene.language, scene.get(f"{STRUCTURE}/paths")
    if source is None or not source.subjects("path"):
        return scene.section("structure", STRUCTURE, []) if scene.study.paths else []
    picture = diagrams.structure(source, language, scene.study)
    key = "structure_intro" if picture else "structure_figless"
    told = say(language, key, fig=Ref("structure"), ref=Ref("paths"), r2=Ref("explained"))
    told += sentences.structure(source, language, scene.study)
    return scene.section("structure", STRUCTURE, [
        scene.body(told), picture, model_tables.paths(source, language), model_tables.explained(source, language),
    ])  # fmt: skip


def direct(scene: Scene) -> list[Block]:
    """Each expected direct effect: its statement, then what the data say."""
    hypotheses = [hypothesis for hypothesis in scene.study.hypotheses if hypothesis.kind == "direct"]
    source = scene.judged("verdicts")
    if not hypotheses:
        return []
    blocks: list[Block | None] = []
    for hypothesis in hypotheses if source is not None else ():
        blocks.append(_statement(scene, hypothesis.id, hypothesis.statement))
        told = sentences.direct(source, scene.language, hypothesis, scene.study.rules.alpha)  # type: ignore[arg-type]
        blocks.append(scene.body(told))
    return scene.section("direct", STRUCTURE, blocks)


def mediation(scene: Scene) -> list[Block]:
    """Each expected mediation, then the table and the forest of all effects."""
    language = scene.language
    verdicts, effects = scene.judged("verdicts"), scene.get(f"{STRUCTURE}/effects")
    paths = scene.judged("paths")
    blocks: list[Block | None] = []
    for hypothesis in scene.study.hypotheses if verdicts is not None else ():
        if hypothesis.kind == "mediation":
            blocks.append(_statement(scene, hypothesis.id, hypothesis.statement))
            told = sentences.mediated(verdicts, paths, language, hypothesis, scene.study.rules.alpha)  # type: ignore[arg-type]
            blocks.append(scene.body(told))
    if effects is not None and len(effects.result.tidy):
        blocks.append(scene.body(say(language, "effects_intro", ref=Ref("effects"), fig=Ref("forest"))))
        blocks += [model_tables.effects(effects, language), figures.forest(paths, effects, language)]
    return (
        scene.section("mediation", STRUCTURE, blocks)
        if blocks or (scene.study.uses("pls") and scene.study.paths)
        else []
    )


def further(scene: Scene) -> list[Block]:
    """Each hypothesis about a moderator, groups or offices."""
    source = scene.judged("verdicts")
    asked = [one for one in scene.study.hypotheses if one.kind not in ("direct", "mediation")]
    if not asked or source is None or not any(f"verdict:{one.id}" in source for one in asked):
        return []
    blocks: list[Block | None] = []
    for one in asked:
        blocks.append(_statement(scene, one.id, one.statement))
        blocks.append(
            scene.body(verdict_sentences.told(source, scene.language, one, scene.study.rules.alpha))
        )
    return scene.section("further", STRUCTURE, blocks)


def summary(scene: Scene) -> list[Block]:
    """Every hypothesis in one table."""
    source = scene.judged("verdicts")
    if source is None or not scene.study.hypotheses:
        return []
    told = scene.body(verdict_sentences.summary(source, scene.language))
    table = verdict_tables.verdicts(source, scene.language, scene.study.hypotheses)
    return scene.section("summary", STRUCTURE, [told, table])


def _statement(scene: Scene, name: str, statement: dict[str, str]) -> Paragraph:
    words: Spans = (Strong(f"{name}: "), Label(statement[scene.language.code]))
    return Paragraph(words, "statement")
