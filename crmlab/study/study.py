"""A study: what is asked of the data, read from one strict YAML file and checked against itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crmlab.errors import StudyError
from crmlab.study import (
    channel_questions,
    dimension_models,
    groups_questions,
    process_questions,
    questions,
    segments_questions,
    strict_yaml,
)
from crmlab.study import instrument as questionnaire
from crmlab.study import spec as schema
from crmlab.study.coherence import near, paths_of, problems
from crmlab.study.complaint import complaint
from crmlab.study.contract_spec import Contracts
from crmlab.study.design_spec import Design, bad_effects
from crmlab.study.enterprise_spec import Enterprise
from crmlab.study.expectations import hypotheses_of
from crmlab.study.groups_spec import Grouping
from crmlab.study.hypotheses import Hypothesis
from crmlab.study.instrument import Instrument, Item, Scale
from crmlab.study.ledger_spec import Behaviour, Ledger
from crmlab.study.segments_spec import LifeCycle, Segments
from crmlab.study.swift_spec import Actions


@dataclass(frozen=True)
class Study:
    """A study that agrees with itself: every name it uses exists.

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

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that run, in their order."""
        return tuple(step for step in schema.STEPS if step in self.spec.steps)

    @property
    def survey(self) -> schema.Survey:
        """Where the answers are and how they are written.

        Raises
        ------
        StudyError
            The study has no survey.
        """
        if self.spec.survey is None:
            raise StudyError("this study has no survey", file=self.file, key="survey")
        return self.spec.survey

    @property
    def ledger(self) -> Ledger:
        """Where the transactions are and how they are written.

        Raises
        ------
        StudyError
            The study has no ledger.
        """
        if self.spec.ledger is None:
            raise StudyError("this study has no ledger", file=self.file, key="ledger")
        return self.spec.ledger

    @property
    def contracts(self) -> Contracts:
        """Where the contracts are, how they are written, and what an offer to stay costs.

        Raises
        ------
        StudyError
            The study has no contracts.
        """
        if self.spec.contracts is None:
            raise StudyError("this study has no contracts", file=self.file, key="contracts")
        return self.spec.contracts

    @property
    def has_contracts(self) -> bool:
        """True if there are customers under contract."""
        return self.spec.contracts is not None

    @property
    def has_survey(self) -> bool:
        """True if there are answers to a questionnaire."""
        return self.spec.survey is not None

    @property
    def has_ledger(self) -> bool:
        """True if there are transactions."""
        return self.spec.ledger is not None

    @property
    def service_scales(self) -> dict[str, Any]:
        """What the comparison of channels by the survey takes; empty where there is nothing to compare."""
        return channel_questions.service_scales(self)

    @property
    def has_contacts(self) -> bool:
        """True if there is a log of contacts."""
        return self.spec.contacts is not None

    def asks(self, item: str) -> bool:
        """True if the survey asked this question."""
        return self.has_survey and item in self.items and item not in self.survey.absent

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
    def segments(self) -> Segments | None:
        """How customers are put into groups; None where the study has nothing to group them by."""
        return segments_questions.segments_of(self)

    @property
    def life_cycle(self) -> LifeCycle:
        """By which rule a customer is in a stage."""
        return self.spec.life_cycle

    @property
    def has_design(self) -> bool:
        """True if the study says what it expects before data."""
        return self.spec.design is not None and self.has_survey

    @property
    def design(self) -> Design:
        """What is expected before data, and the sample that is to show it; defaults where nothing is said."""
        return self.spec.design or Design()

    @property
    def has_maturity(self) -> bool:
        """True if there are ratings of maturity, goals, needs, or peers to learn from."""
        spec = self.spec
        return any((spec.ratings, spec.goals, spec.needs, spec.benchmark, spec.enterprise.needs))

    @property
    def has_map(self) -> bool:
        """True if there is a canvas, a construct or path that speaks for one of its blocks, or a panel of offices."""
        spec = self.spec
        return any((spec.canvas, spec.office_panel, spec.enterprise.answers, spec.enterprise.effects))

    @property
    def enterprise(self) -> Enterprise:
        """What is asked of ratings, goals, canvas and panel."""
        return self.spec.enterprise

    @property
    def has_actions(self) -> bool:
        """True if there are contacts, and the study says what may be offered in them."""
        return self.spec.contacts is not None and self.spec.actions is not None

    @property
    def actions(self) -> Actions:
        """What may be offered to customers.

        Raises
        ------
        StudyError
            The study has no contacts, or says nothing of actions.
        """
        if self.spec.contacts is None or self.spec.actions is None:
            lacks = "contacts" if self.spec.contacts is None else "actions"
            raise StudyError(f"this study has no {lacks}", file=self.file, key=lacks)
        return self.spec.actions

    @property
    def behaviour(self) -> Behaviour:
        """How purchases are modelled and valued."""
        return self.spec.behaviour

    @property
    def constructs(self) -> dict[str, schema.Construct]:
        """All constructs, in the file's order."""
        return self.spec.constructs

    @property
    def first_order(self) -> tuple[str, ...]:
        """Names of the constructs measured by items."""
        return tuple(name for name, construct in self.constructs.items() if construct.items)

    @property
    def second_order(self) -> tuple[str, ...]:
        """Names of the constructs made of dimensions."""
        return tuple(name for name, construct in self.constructs.items() if construct.dimensions)

    @cached_property
    def blocks(self) -> dict[str, list[str]]:
        """First-order construct -> its items."""
        return {name: list(self.constructs[name].items) for name in self.first_order}

    @cached_property
    def paths(self) -> tuple[tuple[str, str], ...]:
        """(source, target) of each structural path, in the file's order."""
        return tuple(paths_of(self.spec.paths))

    @property
    def model(self) -> dict[str, Any]:
        """The path model as the engines take it: the constructs that have paths, with their dimensions."""
        linked = {name for path in self.paths for name in path}
        return self._model(tuple(name for name in self._top if name in linked), self.paths)

    @property
    def measured(self) -> dict[str, Any]:
        """The model that measurement is judged in: the path model if every construct has a path.

        Otherwise each construct is linked with every other, so that those without paths are weighted too; a lone
        second-order construct stands aside for its dimensions.
        """
        linked = {name for path in self.paths for name in path}
        if linked == set(self._top):
            return self.model
        chosen = self._top if len(self._top) > 1 else self.first_order
        return self._model(chosen, tuple(combinations(chosen, 2)))

    def uses(self, engine: str) -> bool:
        """True if the study asks for this engine, "pls" or "sem"."""
        return self.estimator.engine in (engine, "both")

    @property
    def confirmed(self) -> dict[str, Any]:
        """The confirmatory factor model, as `measurement.confirm` takes it."""
        higher = {name: {"of": list(self.constructs[name].dimensions)} for name in self.second_order}
        return {"constructs": self.blocks, "higher_order": higher, **self._covariance}

    @property
    def covariance_model(self) -> dict[str, Any]:
        """The path model as covariance-based SEM takes it."""
        same = {key: self.model[key] for key in ("constructs", "paths", "higher_order", "modes")}
        return {**same, **self._covariance}

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
    def evaluated(self) -> dict[str, Any]:
        """What the evaluation of the PLS model takes."""
        return questions.evaluated(self)

    @property
    def weighed(self) -> dict[str, Any]:
        """What importance and performance by covariance-based SEM take."""
        return questions.weighed(self)

    @property
    def ranked(self) -> dict[str, Any]:
        """What the part on the order of dimensions takes."""
        return questions.ranked(self)

    @property
    def processed(self) -> dict[str, Any]:
        """What the part on mediation and moderation of scores takes."""
        return process_questions.processed(self)

    @property
    def has_process(self) -> bool:
        """True if models of mediation or moderation on scores are asked, or needed by a hypothesis."""
        return bool(self.spec.process) or any(one.moderated for one in self.hypotheses)

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
    def path_hypotheses(self) -> tuple[Hypothesis, ...]:
        """The hypotheses that paths of the model answer: direct effects and mediation."""
        subs = self.sub_hypotheses
        return tuple(one for one in self.hypotheses if one.of_the_model and one not in subs)

    @property
    def sub_hypotheses(self) -> tuple[Hypothesis, ...]:
        """The hypotheses about effects of, or on, single dimensions of second-order constructs."""
        return tuple(one for one in self.hypotheses if dimension_models.of_dimensions(one, self.constructs))

    @property
    def submodels(self) -> dict[str, Any]:
        """What the part on paths between dimensions takes."""
        return dimension_models.submodels(self)

    def model_of(self, paths: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The model of other paths, between any constructs or dimensions, as the engines take it."""
        pairs = tuple(paths)
        linked = {name for pair in pairs for name in pair}
        return self._model(tuple(name for name in self.constructs if name in linked), pairs)

    @property
    def covariance_settings(self) -> dict[str, Any]:
        """How covariance-based models are estimated."""
        return self._covariance

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        """Items whose answers make groups: those named under `groups`, then those of hypotheses about groups."""
        named = {one.name: one for one in self.spec.groups}
        wanted = dict.fromkeys(one.groups for one in self.hypotheses if one.groups)
        return (*named.values(), *(Grouping(item=item) for item in wanted if item not in named))

    @property
    def compared(self) -> dict[str, Any]:
        """What the comparison of groups takes."""
        return groups_questions.compared(self)

    @property
    def firm(self) -> dict[str, Any]:
        """What the part on how firm the findings are takes."""
        return groups_questions.firm(self)

    @property
    def superseded(self) -> dict[str, Any]:
        """What the annex of superseded statistics takes."""
        return questions.superseded(self)

    @property
    def _covariance(self) -> dict[str, Any]:
        settings = self.estimator.covariance
        return {"estimator": settings.estimator, "missing": settings.missing, "level": self.estimator.level}

    @property
    def _top(self) -> tuple[str, ...]:
        parts = {part for construct in self.constructs.values() for part in construct.dimensions}
        return tuple(name for name in self.constructs if name not in parts)

    def _model(self, chosen: tuple[str, ...], paths: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        higher = [name for name in chosen if name in self.second_order]
        parts = {part for name in higher for part in self.constructs[name].dimensions}
        first = [name for name in self.first_order if name in chosen or name in parts]
        return {
            "constructs": {name: self.blocks[name] for name in first},
            "paths": paths,
            "modes": {
                name: "B" if self.constructs[name].mode == "composite" else "A" for name in (*first, *higher)
            },
            "higher_order": {
                name: {"of": list(self.constructs[name].dimensions), "method": "two_stage"} for name in higher
            },
            "scheme": self.estimator.scheme,
            "missing": self.estimator.missing,
            "n_boot": self.estimator.bootstrap,
            "seed": self.seed,
            "level": self.estimator.level,
        }

    @property
    def items(self) -> dict[str, Item]:
        """All items the instrument has, by code."""
        return self.instrument.items

    @property
    def scales(self) -> dict[str, Scale]:
        """All scales the instrument has, by name."""
        return self.instrument.scales

    @cached_property
    def construct_items(self) -> tuple[str, ...]:
        """Codes of all items that measure a construct."""
        return tuple(code for block in self.blocks.values() for code in block)

    @property
    def answer_values(self) -> dict[str, tuple[int, ...]]:
        """Item -> the codes it allows, for items that measure a construct."""
        return {code: self.instrument.scale_of(code).values for code in self.construct_items}

    def categories(self, asked: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Item -> its categories, for those of `asked` (a frame's columns) that describe who answered."""
        found = {code: self.instrument.scale_of(code) for code in asked if code in self.items}
        return {code: scale.values for code, scale in found.items() if scale.name.startswith("cat_")}

    def label(self, name: str, language: str) -> str:
        """The printed name of a construct, or the wording of an item."""
        if name in self.constructs:
            return self.constructs[name].label[language]
        return self.items[name].worded(language, self.organisation[language])

    def path_of(self, relative: str) -> Path:
        """A data file of the study."""
        return self.folder / relative


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
    instrument = _instrument(content, file)
    hypotheses, wrong = hypotheses_of(content, instrument)
    wrong = [*problems(content, instrument), *wrong]
    wrong += bad_effects(content.design, hypotheses, paths_of(content.paths))
    if wrong:
        raise StudyError("\n".join(wrong), file=file if len(wrong) == 1 else f"{file}:\n")
    return Study(file, content, instrument, tuple(hypotheses))


def _instrument(content: schema.StudyFile, file: Path) -> Instrument:
    own = content.instrument
    base = (
        questionnaire.bundled().with_agreement(own.agreement) if own.base == "bundled" else Instrument({}, {})
    )
    scales = dict(questionnaire.bundled().scales)
    for name, scale in own.scales.items():
        if name in scales:
            raise StudyError("a bundled scale has this name", file=file, key=f"instrument.scales.{name}")
        key = f"cat_{name}" if scale.categories else name
        labels = {code: {"en": words.en, "fa": words.fa} for code, words in scale.labels.items()}
        scales[name] = Scale(key, "codes", *scale.points, labels)
    items = dict(base.items)
    for code, item in own.items.items():
        if item.scale not in scales:
            meant = near(item.scale, scales)
            raise StudyError(
                f"unknown scale '{item.scale}'{meant}", file=file, key=f"instrument.items.{code}.scale"
            )
        words = {"en": item.text.en, "fa": item.text.fa}
        items[code] = Item(code, "OWN", "", words, item.reverse, item.scale)
    return Instrument(items, scales)
