"""A study: what is asked of the data, read from one strict YAML file and checked against itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crmlab.errors import StudyError
from crmlab.study import (
    channel_questions,
    dimension_models,
    groups_questions,
    literature_questions,
    process_questions,
    questions,
    segments_questions,
    strict_yaml,
    worth_questions,
)
from crmlab.study import spec as schema
from crmlab.study.coherence import paths_of, problems
from crmlab.study.complaint import complaint
from crmlab.study.data_parts import DataParts
from crmlab.study.design_spec import bad_effects
from crmlab.study.expectations import hypotheses_of
from crmlab.study.groups_spec import Grouping
from crmlab.study.hypotheses import Hypothesis
from crmlab.study.own_items import instrument_of
from crmlab.study.path_model import PathModel
from crmlab.study.segments_spec import Segments
from crmlab.study.worth_spec import Worth


class Study(DataParts, PathModel):
    """A study that agrees with itself: every name it uses exists.

    What it is called and set to stands in `Agreed`, its data in `DataParts`, its constructs and paths in `PathModel`;
    here stands what each chapter asks of them.
    """

    @property
    def has_groups(self) -> bool:
        """True if groups of respondents are compared."""
        return self.has_survey and bool(self.paths) and bool(self.groupings)

    @property
    def has_behaviour(self) -> bool:
        """True if there are customers to value, to group, to win or to watch."""
        rows = (self.spec.ledger, self.spec.contracts, self.spec.prospects, self.spec.contacts)
        return any(table is not None for table in rows) or self.segments is not None

    @property
    def has_life(self) -> bool:
        """True if anything tells of groups, life-cycle stages, phases of the sale or channels."""
        told = any(self.asks(item) for item in ("STG", "PHS", "CHL"))
        rows = (self.spec.ledger, self.spec.contacts, self.spec.prospects)
        return self.has_groups or told or any(table is not None for table in rows)

    @property
    def has_process(self) -> bool:
        """True if models of mediation or moderation on scores are asked, or needed by a hypothesis."""
        return bool(self.spec.process) or any(one.moderated for one in self.hypotheses)

    @property
    def path_hypotheses(self) -> tuple[Hypothesis, ...]:
        """The hypotheses that paths of the model answer: direct effects and mediation."""
        subs = self.sub_hypotheses
        return tuple(one for one in self.hypotheses if one.of_the_model and one not in subs)

    @property
    def sub_hypotheses(self) -> tuple[Hypothesis, ...]:
        """The hypotheses about effects of, or on, single dimensions of second-order constructs."""
        return tuple(one for one in self.hypotheses if dimension_models.of_dimensions(one, self.constructs))

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        """Items whose answers make groups: those named under `groups`, then those of hypotheses about groups."""
        named = {one.name: one for one in self.spec.groups}
        wanted = dict.fromkeys(one.groups for one in self.hypotheses if one.groups)
        return (*named.values(), *(Grouping(item=item) for item in wanted if item not in named))

    @property
    def segments(self) -> Segments | None:
        """How customers are put into groups; None where the study has nothing to group them by."""
        return segments_questions.segments_of(self)

    @property
    def worth(self) -> Worth | None:
        """What is asked of answers joined with purchases; None where the study cannot join them."""
        return worth_questions.worth_of(self)

    @property
    def explored(self) -> dict[str, Any]:
        """What the exploratory part of the measurement chapter takes."""
        return questions.explored(self)

    @property
    def separated(self) -> dict[str, Any]:
        """What the part on discriminant validity takes."""
        return questions.separated(self)

    @property
    def biased(self) -> dict[str, Any]:
        """What the part on the common method takes."""
        return questions.biased(self)

    @property
    def ranked(self) -> dict[str, Any]:
        """What the part on the order of dimensions takes."""
        return questions.ranked(self)

    @property
    def superseded(self) -> dict[str, Any]:
        """What the annex of superseded statistics takes."""
        return questions.superseded(self)

    @property
    def evaluated(self) -> dict[str, Any]:
        """What the evaluation of the PLS model takes."""
        return questions.evaluated(self)

    @property
    def weighed(self) -> dict[str, Any]:
        """What importance and performance by covariance-based SEM take."""
        return questions.weighed(self)

    @property
    def processed(self) -> dict[str, Any]:
        """What the part on mediation and moderation of scores takes."""
        return process_questions.processed(self)

    @property
    def judged(self) -> dict[str, Any]:
        """The rule by which all hypotheses are judged."""
        spec = self.spec
        joined = self.has_ledger and spec.survey is not None and spec.survey.customer is not None
        there = {"offices": spec.office_panel is not None, "purchases": joined}
        return {
            "held": tuple(name for name, given in there.items() if given),
            "alpha": self.rules.alpha,
            "smallest": spec.smallest_effect,
            "smallest_path": spec.comparison.smallest,
        }

    @property
    def submodels(self) -> dict[str, Any]:
        """What the part on paths between dimensions takes."""
        return dimension_models.submodels(self)

    @property
    def compared(self) -> dict[str, Any]:
        """What the comparison of groups takes."""
        return groups_questions.compared(self)

    @property
    def firm(self) -> dict[str, Any]:
        """What the part on how firm the findings are takes."""
        return groups_questions.firm(self)

    @property
    def turned(self) -> dict[str, Any]:
        """What the verdicts in every defensible specification take."""
        return groups_questions.turned(self)

    @property
    def beside_others(self) -> dict[str, Any]:
        """What the comparison with earlier studies takes."""
        return literature_questions.beside(self)

    @property
    def service_scales(self) -> dict[str, Any]:
        """What the comparison of channels by the survey takes; empty where there is nothing to compare."""
        return channel_questions.service_scales(self)


def load_study(where: str | Path) -> Study:
    """Read a study from its file, its folder, or its name (`data/<name>/study.yml`).

    Raises
    ------
    StudyError
        With one line per problem: file, line, key, what is wrong.
    """
    file = find(where)
    values, lines = strict_yaml.read(file)
    try:
        content = schema.StudyFile.model_validate(values)
    except ValidationError as error:
        raise complaint(error, file, lines) from None
    return _joined(file, content)


def find(where: str | Path) -> Path:
    """The study file that is meant by a path, a folder or a name."""
    path = Path(where)
    if path.is_dir():
        path = path / "study.yml"
    if not path.is_file() and path.suffix not in (".yml", ".yaml") and len(path.parts) == 1:
        path = Path("data") / path / "study.yml"
    if not path.is_file():
        known = sorted(file.parent.name for file in Path("data").glob("*/study.yml"))
        hint = f"studies here: {', '.join(known)}" if known else "crmlab new NAME makes one"
        raise StudyError("no such study", file=path, hint=hint)
    return path


def _joined(file: Path, content: schema.StudyFile) -> Study:
    instrument = instrument_of(content, file)
    hypotheses, wrong = hypotheses_of(content, instrument)
    wrong = [*problems(content, instrument), *wrong]
    wrong += bad_effects(content.design, hypotheses, paths_of(content.paths))
    if wrong:
        raise StudyError("\n".join(wrong), file=file if len(wrong) == 1 else f"{file}:\n")
    return Study(file, content, instrument, tuple(hypotheses))
