"""How segments, stages and features are called on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Label, Paragraph, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.privacy import withheld

if TYPE_CHECKING:
    from crmlab.study import Study

OWN = ("recency", "frequency", "spend")  # features that have words of ours


@dataclass(frozen=True, slots=True)
class Look:
    """Words and units of a study's segments and stages.

    Attributes
    ----------
    ways : units of time and money, and the privacy threshold
    names : label of a segment -> the study's own name
    study : the study, if there is one
    """

    ways: Ways
    names: Mapping[str, str] = field(default_factory=dict)
    study: Study | None = None

    @classmethod
    def of(cls, language: Language, study: Study | None) -> Look:
        """As the study file says."""
        asked = study.segments if study is not None else None
        own = {key: words[language.code] for key, words in asked.names.items()} if asked is not None else {}
        return cls(Ways.of(language, study), own, study)

    @property
    def language(self) -> Language:
        """The reader's."""
        return self.ways.language

    def group(self, label: str) -> str:
        """The name of a segment: the study's, or ours."""
        if label in self.names:
            return self.names[label]
        if label[:1] in "SP" and label[1:].isdigit():
            return self.language.word(f"seg.group.{label[0]}", k=self.language.digits(label[1:]))
        return self.language.word(f"group.{label}")

    def feature(self, name: str) -> str:
        """What customers are grouped by: ours, a construct of the study, or a column of its own."""
        return self.language.word(f"seg.feature.{name}") if name in OWN else self.language.name(name)

    def stage(self, name: str) -> str:
        """A stage of the life cycle."""
        return self.language.word(f"seg.stage.{name}")

    def head(self, *keys: str) -> tuple[Spans, ...]:
        """Header cells."""
        return tuple(self.ways.said(f"seg.column.{key}") for key in keys)

    def note(self, key: str, **values: object) -> Paragraph:
        """A note below a table or figure."""
        return Paragraph(self.ways.said(f"seg.note.{key}", **values), "note")

    def quoted(self, text: str) -> Spans:
        """A name in quotation marks."""
        return fill(self.language.word("quote"), text=Label(text))

    def few(self, source: Source) -> set[str]:
        """Groups or stages that are not told because too few people are in them."""
        names = source.subjects("customers")
        return set(withheld({name: source.value(f"customers:{name}") for name in names}, self.ways.threshold))
