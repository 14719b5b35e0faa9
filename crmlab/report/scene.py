"""What every section is written from: the study, a language, saved results, and the author's own text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from crmlab.present.blocks import Block, Figure, Heading, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import say
from crmlab.report.author_text import Author
from crmlab.study.author_files import FOLDER, OWN

if TYPE_CHECKING:
    from crmlab.study import Study

DESIGN = "01_study_design"
INTAKE, SAMPLE = "02_data_intake", "03_sample_description"
MEASURE, STRUCTURE = "04_measurement", "05_structure_mediation"
BEHAVIOUR, WORTH = "07_behavioural_clv", "08_value_of_rq"
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
        content = self.once([block for block in blocks if block is not None])
        run = any(address.startswith(f"{step}/") for address in self.sources)
        if not content and (run or step not in self.study.steps or not self.useful(step)):
            return []
        if not content:
            content = [
                self.body(say(self.language, "not_available", step=self.language.word(f"step.{step}")))
            ]
        heading = Heading(2, f"section-{key}", (self.language.word(f"section.{key}"),))
        return [heading, *content]

    def once(self, blocks: Sequence[Block]) -> list[Block]:
        """The blocks with each failed check told once: below the first table it concerns, not below every one."""
        seen: set[str] = set()
        found: list[Block] = []
        for block in blocks:
            if isinstance(block, Paragraph) and block.role == "failed" and not self._new([block], seen):
                continue
            if isinstance(block, Table | Figure):
                block = replace(block, notes=tuple(self._new(block.notes, seen)))
            found.append(block)
        return found

    def _new(self, notes: Sequence[Paragraph], seen: set[str]) -> list[Paragraph]:
        """The notes without the failed checks that have been told."""
        found = []
        for note in notes:
            words = self.language.plain(note.spans)
            if note.role != "failed" or words not in seen:
                found.append(note)
            if note.role == "failed":
                seen.add(words)
        return found

    def useful(self, step: str) -> bool:
        """Whether the study has the data that the step is about."""
        if step == DESIGN:
            return self.study.has_design
        if step in (SAMPLE, MEASURE, STRUCTURE):
            return self.study.has_survey
        if step == LOOP:
            return self.study.has_actions
        if step == WORTH:
            return self.study.worth is not None
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
