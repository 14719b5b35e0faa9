"""The study file, key by key. Everything a user may write stands here, with its meaning and its default."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from crmlab.study.analysis_spec import Estimator, EvaluationPart, MeasurementPart, Rules
from crmlab.study.channels_spec import Channels, Monitoring, Phases
from crmlab.study.contract_spec import Contracts
from crmlab.study.design_spec import Design
from crmlab.study.enterprise_spec import Enterprise
from crmlab.study.enterprise_tables import Benchmark, Canvas, Goals, Members, Needs, OfficePanel, Ratings
from crmlab.study.groups_spec import Comparison, Grouping
from crmlab.study.ledger_spec import Behaviour, Contacts, Ledger, Prospects
from crmlab.study.literature_spec import Literature
from crmlab.study.model_spec import Construct, Expected, Instrument, Name
from crmlab.study.process_spec import ProcessModel
from crmlab.study.report_spec import ReportPart
from crmlab.study.segments_spec import LifeCycle, Segments
from crmlab.study.strict_model import Cell, Strict, Translated, Words
from crmlab.study.survey_spec import Exclude, Survey
from crmlab.study.swift_spec import Actions, Swift
from crmlab.study.worth_spec import Worth

STEPS = (
    "00_guide",
    "01_study_design",
    "02_data_intake",
    "03_sample_description",
    "04_measurement",
    "05_structure_mediation",
    "06_lifecycle_groups",
    "07_behavioural_clv",
    "08_value_of_rq",
    "09_maturity",
    "10_enterprise_map",
    "11_swift_loop",
    "12_robustness_evidence",
    "13_thesis_report",
)
RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{port}{digit}" for port in ("com", "lpt") for digit in range(1, 10)
}
PATH = re.compile(r"^\s*([A-Za-z][A-Za-z0-9_]*)\s*~\s*([A-Za-z0-9_+\s]+?)\s*$")


Language = Literal["en", "fa"]
Languages = Annotated[tuple[Language, ...], Field(min_length=1, strict=False)]


class StudyFile(Strict):
    """The whole study file.

    Attributes
    ----------
    name : also the name of the folder of its reports
    title, organisation : in both languages; `{org}` in a question stands for the organisation
    notice : printed on the first page of a report, e.g. that the data are simulated
    languages : of the reports, the reader's own first
    seed : of every random number
    privacy_threshold : groups smaller than this are printed as "< k"
    survey, constructs : what was asked, and what it measures; a study has a survey, a ledger, or both
    ledger : transactions, and what is asked of them
    contacts, prospects : logs that stand beside the ledger
    phases, channels, monitoring : what is asked of contacts and purchases over time
    actions, swift : what may be offered to customers, and how the learning loop turns
    worth : what is asked of answers joined with purchases
    contracts : customers under contract, and who of them left
    behaviour : how purchases are modelled and valued
    segments : how customers are put into groups; null: by behaviour where there is a ledger
    life_cycle : by which rule a customer is in a stage
    ratings, goals : maturity of the units, and measurable goals
    canvas, office_panel : the business-model canvas, and figures of the offices over time
    needs, members, benchmark : needs and how well they are met, which unit serves whom, units and peers to learn from
    enterprise : what is asked of all these
    paths : "RQ ~ CRM", "CLV ~ RQ + CRM": the outcome, then what affects it
    hypotheses : ids of bundled ones, or own ones
    process : models of mediation and moderation on scores
    groups, comparison : items whose answers make groups, and how those are compared
    smallest_effect : smallest standardised effect of interest; null leaves the test out
    sensitivity : follow the verdicts through other estimators, missing rules and careless rules
    multiverse : follow them further, through other ways to use the items (step 12)
    literature : effects of earlier studies, which ours are set beside (step 12)
    measurement, evaluation : what else the chapters on measurement and on the PLS model hold
    design : what is expected before data; null leaves the chapter on design out
    legacy : an annex of statistics that newer ones have superseded
    report : how the report is made
    words : words of the data (branches, channels, needs, sources) -> what a report calls them in each language
    steps : the steps that run; a report needs the ones before it
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,30}$")]
    title: Words
    organisation: Words
    notice: Words | None = None
    languages: Languages = ("fa", "en")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 20240101
    privacy_threshold: Annotated[int, Field(ge=1, le=100)] = 5
    survey: Survey | None = None
    ledger: Ledger | None = None
    contacts: Contacts | None = None
    prospects: Prospects | None = None
    phases: Phases = Phases()
    channels: Channels = Channels()
    monitoring: Monitoring = Monitoring()
    contracts: Contracts | None = None
    behaviour: Behaviour = Behaviour()
    segments: Segments | None = None
    life_cycle: LifeCycle = LifeCycle()
    actions: Actions | None = None
    swift: Swift = Swift()
    worth: Worth = Worth()
    ratings: Ratings | None = None
    goals: Goals | None = None
    canvas: Canvas | None = None
    office_panel: OfficePanel | None = None
    needs: Needs | None = None
    members: Members | None = None
    benchmark: Benchmark | None = None
    enterprise: Enterprise = Enterprise()
    exclude: Exclude = Exclude()
    instrument: Instrument = Instrument()
    constructs: dict[Name, Construct] = Field(default_factory=dict)
    paths: Annotated[tuple[str, ...], Field(strict=False)] = ()
    hypotheses: Annotated[tuple[Expected, ...], Field(strict=False)] = ()
    process: Annotated[tuple[ProcessModel, ...], Field(strict=False)] = ()
    estimator: Estimator = Estimator()
    groups: Annotated[tuple[Grouping, ...], Field(strict=False)] = ()
    comparison: Comparison = Comparison()
    smallest_effect: Annotated[float, Field(gt=0, lt=1)] | None = None
    sensitivity: bool = True
    multiverse: bool = True
    literature: Literature = Literature()
    measurement: MeasurementPart = MeasurementPart()
    evaluation: EvaluationPart = EvaluationPart()
    design: Design | None = None
    legacy: bool = True
    report: ReportPart = ReportPart()
    words: dict[Cell, Translated] = Field(default_factory=dict)
    rules: Rules = Rules()
    steps: Annotated[tuple[Literal[STEPS], ...], Field(strict=False, min_length=1)] = STEPS  # type: ignore[valid-type]

    @field_validator("name")
    @classmethod
    def _portable(cls, value: str) -> str:
        if value in RESERVED:
            raise ValueError(f"{value!r} cannot be a folder's name on every system")
        return value

    @field_validator("languages", "steps")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("one of them stands twice")
        return value

    @field_validator("paths")
    @classmethod
    def _paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for line in value:
            if not PATH.match(line):
                raise ValueError(f"{line!r} is not of the form 'outcome ~ predictor + predictor'")
        return value

    @model_validator(mode="after")
    def _something_to_study(self) -> StudyFile:
        tables = (
            self.survey,
            self.ledger,
            self.contracts,
            self.contacts,
            self.ratings,
            self.goals,
            self.canvas,
            self.office_panel,
            self.needs,
            self.benchmark,
        )
        if not any(tables):
            raise ValueError(
                "a study needs a survey, a ledger, or both, or contracts, contacts, ratings, goals, a canvas, an office_panel"
            )
        if self.survey is not None and not self.constructs:
            raise ValueError("a survey needs constructs: what its items measure")
        if self.survey is None and self.constructs:
            raise ValueError("constructs need a survey: the file with the answers")
        return self
