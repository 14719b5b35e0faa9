"""What every study has: its file, its words, its settings, and the questions it may use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crmlab.study import spec as schema
from crmlab.study.hypotheses import Hypothesis
from crmlab.study.instrument import Instrument, Item, Scale


@dataclass(frozen=True)
class Agreed:
    """The content of a study file, with the items and the hypotheses it names.

    Attributes
    ----------
    file : the study file
    spec : its content, key by key
    instrument : the items and scales it may use
    hypotheses : the expected effects
    """

    file: Path
    spec: schema.StudyFile
    instrument: Instrument
    hypotheses: tuple[Hypothesis, ...]

    @property
    def folder(self) -> Path:
        """Where the study file stands; data paths are below it."""
        return self.file.parent

    @property
    def name(self) -> str:
        """The study's name, also that of its report folder."""
        return self.spec.name

    @property
    def title(self) -> schema.Words:
        """The title in both languages."""
        return self.spec.title

    @property
    def organisation(self) -> schema.Words:
        """What `{org}` stands for, in both languages."""
        return self.spec.organisation

    @property
    def notice(self) -> schema.Words | None:
        """What the first page of a report must say, if anything."""
        return self.spec.notice

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the reports."""
        return self.spec.languages

    @property
    def seed(self) -> int:
        """The seed of every random number."""
        return self.spec.seed

    @property
    def privacy_threshold(self) -> int:
        """Groups smaller than this are not printed."""
        return self.spec.privacy_threshold

    @property
    def rules(self) -> schema.Rules:
        """The limits that verdicts are given by."""
        return self.spec.rules

    @property
    def estimator(self) -> schema.Estimator:
        """How the model is estimated."""
        return self.spec.estimator

    def uses(self, engine: str) -> bool:
        """True if the study asks for this engine, "pls" or "sem"."""
        return self.estimator.engine in (engine, "both")

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that run, in their order."""
        return tuple(step for step in schema.STEPS if step in self.spec.steps)

    @property
    def items(self) -> dict[str, Item]:
        """All items the instrument has, by code."""
        return self.instrument.items

    @property
    def scales(self) -> dict[str, Scale]:
        """All scales the instrument has, by name."""
        return self.instrument.scales

    def categories(self, asked: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Item -> its categories, for those of `asked` (a frame's columns) that describe who answered."""
        found = {code: self.instrument.scale_of(code) for code in asked if code in self.items}
        return {code: scale.values for code, scale in found.items() if scale.name.startswith("cat_")}

    def path_of(self, relative: str) -> Path:
        """A data file of the study."""
        return self.folder / relative
