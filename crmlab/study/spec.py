"""The study file, key by key. Everything a user may write stands here, with its meaning and its default."""

from __future__ import annotations

import keyword
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from crmlab.study.channels_spec import Channels, Monitoring, Phases
from crmlab.study.contract_spec import Contracts
from crmlab.study.design_spec import Design
from crmlab.study.enterprise_spec import Enterprise
from crmlab.study.enterprise_tables import Benchmark, Canvas, Goals, Members, Needs, OfficePanel, Ratings
from crmlab.study.groups_spec import Comparison, Grouping
from crmlab.study.hypotheses import KINDS
from crmlab.study.ledger_spec import Behaviour, Contacts, Ledger, Prospects
from crmlab.study.process_spec import ProcessModel, listed
from crmlab.study.report_spec import ReportPart
from crmlab.study.segments_spec import LifeCycle, Segments
from crmlab.study.strict_model import Cells, RowRule, Strict, TableFile, Words
from crmlab.study.swift_spec import Actions, Swift

STEPS = (
    "00_guide",
    "01_study_design",
    "02_data_intake",
    "03_sample_description",
    "04_measurement",
    "05_structure_mediation",
    "06_lifecycle_groups",
    "07_behavioural_clv",
    "09_maturity",
    "10_enterprise_map",
    "11_swift_loop",
    "13_thesis_report",
)
RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{port}{digit}" for port in ("com", "lpt") for digit in range(1, 10)
}
NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,30}$")
PATH = re.compile(r"^\s*([A-Za-z][A-Za-z0-9_]*)\s*~\s*([A-Za-z0-9_+\s]+?)\s*$")


def _construct_name(value: Any) -> Any:
    if not isinstance(value, str) or not NAME.match(value):
        raise ValueError(
            f"{value!r} is not a name: a Latin letter, then at most 30 letters, digits or underscores"
        )
    if keyword.iskeyword(value):
        raise ValueError(f"{value!r} is a word of Python and cannot be a name")
    return value


def kind_of(value: Any) -> Any:
    """A kind as people write it: "moderated_mediation", "Cross level"."""
    if not isinstance(value, str):
        return value
    plain = value.strip().lower().replace("_", " ").replace("-", " ").removeprefix("group ")
    return "cross-level" if plain == "cross level" else plain


Name = Annotated[str, BeforeValidator(_construct_name)]
Language = Literal["en", "fa"]
Languages = Annotated[tuple[Language, ...], Field(min_length=1, strict=False)]


class Fieldwork(Strict):
    """Rows stamped outside these days are tests. `calendar` says how the column is written."""

    column: str
    calendar: Literal["jalali", "gregorian"] = "jalali"
    start: str | None = None
    end: str | None = None


class Accept(Strict):
    """Only rows that answered this item with one of these codes go on."""

    item: str
    accept: Annotated[tuple[int, ...], Field(strict=False)] = (1,)


class Survey(TableFile):
    """Where the answers are and how they are written.

    Attributes
    ----------
    file : path below the study's folder: .csv, .txt, .xlsx, .xls, .sav or .parquet
    sheet : of a workbook with several
    encoding : "auto" tries UTF-8 and UTF-16 (with mark); others are named, e.g. "windows-1256"
    separator : of a CSV file
    header_rows : how many rows stand above the first respondent; items are looked for in all of them
    columns : item code -> header, for those that cannot be found by code or by question text
    answers : "auto", or "codes", "labels" (the scale's words), "prefixed" (A1, A2, ...)
    synonyms : scale -> word -> code, for wordings (or numbers) the scale does not know
    missing : what stands for "no answer", besides a blank cell
    missing_in : the same for single items, in place of `missing`
    absent : items that this survey did not ask (their columns are not looked for)
    personal : columns that name a person; they are read for nothing but the rules below, and dropped
    respondent : column that tells one person from another; a second answer is handled by `second_answer`
    customer : column with the customer's key in your own records; kept only as a pseudonym
    fieldwork, test, finished : which rows are tests, which are complete
    consent, screening : items that must be answered so
    duplicate_rows, second_answer, out_of_range : what to do; "error" stops and names the rows
    """

    columns: dict[str, str] = Field(default_factory=dict)
    answers: Literal["auto", "codes", "labels", "prefixed"] = "auto"
    synonyms: dict[str, dict[str, int]] = Field(default_factory=dict)
    missing: Cells = ()
    missing_in: dict[str, Cells] = Field(default_factory=dict)
    absent: Cells = ()
    personal: Cells = ()
    respondent: str | None = None
    customer: str | None = None
    fieldwork: Fieldwork | None = None
    test: RowRule | None = None
    finished: RowRule | None = None
    consent: Accept | None = None
    screening: Accept | None = None
    duplicate_rows: Literal["error", "refuse", "keep"] = "error"
    second_answer: Literal["error", "keep_first"] = "error"
    out_of_range: Literal["error", "refuse_row", "blank"] = "error"


class Faster(Strict):
    """Answered in less than `seconds`."""

    column: str
    seconds: Annotated[float, Field(gt=0, strict=False)]


class Exclude(Strict):
    """Which admitted rows are left out of the analysis. All are flagged and counted whatever is chosen here.

    Attributes
    ----------
    straight_line : leave out rows whose construct items, more than `straight_line_share` of them answered (or all),
        hold one single value before reversing; with fewer than 8 construct items nobody is flagged
    attention : item code -> right answer; a blank is not a failure
    missing_above : leave out rows with more than this share of construct items blank; null keeps all
    faster_than : leave out speeders
    """

    straight_line: bool = True
    straight_line_share: Annotated[float, Field(gt=0, le=1, strict=False)] = 0.75
    attention: dict[str, int] = Field(default_factory=dict)
    missing_above: Annotated[float, Field(ge=0, le=1, strict=False)] | None = None
    faster_than: Faster | None = None


class OwnScale(Strict):
    """A scale of the user's own: whole numbers from the first to the second, with words for any of them."""

    points: Annotated[tuple[int, int], Field(strict=False)]
    labels: dict[int, Words] = Field(default_factory=dict)
    categories: bool = False

    @field_validator("labels", mode="before")
    @classmethod
    def _codes(cls, value: Any) -> Any:
        return {int(key): words for key, words in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _rising(self) -> OwnScale:
        if not self.points[0] < self.points[1]:
            raise ValueError("points: the first must be smaller than the second")
        return self


class OwnItem(Strict):
    """A question of the user's own."""

    text: Words
    scale: str
    reverse: bool = False


class Instrument(Strict):
    """The bundled questionnaire, the user's own items, or both."""

    base: Literal["bundled", "none"] = "bundled"
    agreement: Literal["agree5", "agree7"] = "agree5"
    scales: dict[Name, OwnScale] = Field(default_factory=dict)
    items: dict[Name, OwnItem] = Field(default_factory=dict)


class Construct(Strict):
    """A first-order construct has items, a second-order one has dimensions.

    Attributes
    ----------
    mode : "reflective" (the items mirror it; correlation weights) or "composite" (the items make it up; regression
        weights)
    """

    label: Words
    items: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    dimensions: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    mode: Literal["reflective", "composite"] = "reflective"

    @model_validator(mode="after")
    def _one_kind(self) -> Construct:
        if bool(self.items) == bool(self.dimensions):
            raise ValueError("give either items or dimensions")
        return self


class OwnHypothesis(Strict):
    """An expected effect in the user's own words.

    Attributes
    ----------
    kind : as in `Hypothesis`; left out, it follows from the roles given: `groups` makes a difference, `moderator` a
        moderation, `via` a mediation
    source, target, via : constructs; a difference or an equivalence of means has no source
    moderator : a construct or an item
    groups : the item whose answers make the groups
    model : of PROCESS, for moderated effects; null is 1 for a moderation and 7 for a moderated mediation
    margin : of an equivalence; null takes `smallest_effect` (means, in standard deviations) or
        `comparison.smallest` (paths)
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$")]
    kind: Annotated[Literal[KINDS] | None, BeforeValidator(kind_of)] = None  # type: ignore[valid-type]
    source: Name | Literal[""] = ""
    target: Name
    via: Annotated[tuple[Name, ...], BeforeValidator(listed), Field(strict=False)] = ()
    moderator: Name | Literal[""] = ""
    groups: Name | Literal[""] = ""
    model: int | None = None
    margin: Annotated[float, Field(gt=0, lt=10, strict=False)] | None = None
    sign: Literal["+", "-", ""] = "+"
    statement: Words


def _which(value: Any) -> str:
    return "str" if isinstance(value, str) else "OwnHypothesis"


Expected = Annotated[
    Annotated[str, Tag("str")] | Annotated[OwnHypothesis, Tag("OwnHypothesis")], Discriminator(_which)
]


class Covariance(Strict):
    """How the covariance-based model is estimated.

    Attributes
    ----------
    estimator : ML, MLR (robust to non-normal answers), MLM, or WLSMV (answers as ordered categories)
    missing : "fiml" uses every answer, with ML and MLR; "listwise" leaves out rows with a missing answer
    """

    estimator: Literal["ML", "MLR", "MLM", "WLSMV"] = "MLR"
    missing: Literal["fiml", "listwise"] = "fiml"

    @model_validator(mode="after")
    def _together(self) -> Covariance:
        if self.missing == "fiml" and self.estimator in ("MLM", "WLSMV"):
            raise ValueError(
                f"missing: fiml goes with ML and MLR; with {self.estimator} write missing: listwise"
            )
        return self


class Estimator(Strict):
    """How the model is estimated.

    Attributes
    ----------
    engine : "pls" (partial least squares), "sem" (covariance-based) or "both", side by side
    scheme, missing, bootstrap : of PLS
    covariance : of the covariance-based model
    level : of all intervals
    """

    engine: Literal["pls", "sem", "both"] = "pls"
    scheme: Literal["path", "factorial", "centroid"] = "path"
    missing: Literal["mean", "casewise"] = "mean"
    bootstrap: Annotated[int, Field(ge=100, le=100_000)] = 5000
    covariance: Covariance = Covariance()
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95


class Efa(Strict):
    """Exploratory factor analysis of all construct items.

    Attributes
    ----------
    number : of factors: "parallel" (Horn's parallel analysis), "map" (Velicer), "constructs" (as many as the study
        has first-order constructs), or a number
    method : of extraction: "minres", "ml" or "pa" (principal axis)
    rotation : "oblimin", "promax" or "varimax"
    """

    number: Literal["parallel", "map", "constructs"] | Annotated[int, Field(ge=1, le=60)] = "parallel"
    method: Literal["minres", "ml", "pa"] = "minres"
    rotation: Literal["oblimin", "promax", "varimax"] = "oblimin"


class MeasurementPart(Strict):
    """What the measurement chapter holds besides reliability, validity and confirmatory analysis.

    Attributes
    ----------
    efa : exploratory factor analysis; null leaves it out
    method_bias : look for variance of the common method
    marker : items that have nothing to do with the constructs, for the marker-variable test
    method_factor : factor models of the method: "common" (one loading for all items), "free" (one for each item),
        "marker" (the marker's factor; needs two marker items); null is "common" where the study uses SEM
    """

    efa: Efa | None = Efa()
    method_bias: bool = True
    marker: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    method_factor: Annotated[tuple[Literal["common", "free", "marker"], ...], Field(strict=False)] | None = (
        None
    )

    @model_validator(mode="after")
    def _two_markers(self) -> MeasurementPart:
        if "marker" in (self.method_factor or ()) and len(self.marker) < 2:
            raise ValueError("method_factor: marker needs two items or more under marker")
        return self


class EvaluationPart(Strict):
    """What is asked of a PLS model besides its coefficients.

    Attributes
    ----------
    quality : distances with their bootstrap quantiles, prediction out of sample, Q2
    importance : targets of importance-performance maps; null takes every outcome that affects nothing else
    necessity : targets of necessary condition analysis
    robustness : "endogeneity" (Gaussian copulas), "tetrads" (CTA-PLS), "segments" (FIMIX-PLS)
    segments : the largest number of segments tried
    """

    quality: bool = True
    importance: Annotated[tuple[Name, ...], Field(strict=False)] | None = None
    necessity: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    robustness: Annotated[tuple[Literal["endogeneity", "tetrads", "segments"], ...], Field(strict=False)] = ()
    segments: Annotated[int, Field(ge=2, le=6)] = 3


class Rules(Strict):
    """Limits that verdicts are given by, set before the data are seen.

    Sources: reliability .70 (Nunnally & Bernstein 1994), AVE .50 (Fornell & Larcker 1981), HTMT .85/.90 (Henseler,
    Ringle & Sarstedt 2015), loading .708 (Hair et al. 2019), VIF 5 (Hair et al. 2019), CFI .90 (Bentler & Bonett
    1980), RMSEA .08 (Browne & Cudeck 1993), SRMR .08 (Hu & Bentler 1999), item_rest .30 (Nunnally & Bernstein 1994),
    skewness 2 and kurtosis 7 (West, Finch & Curran 1995), ends .15 (Terwee et al. 2007), kmo .60 (Kaiser & Rice
    1974), factor_loading .40 (Stevens 2002), harman .50 (Podsakoff et al. 2003), full_collinearity 3.3 (Kock 2015),
    necessity .10 (Dul 2016).
    """

    reliability: Annotated[float, Field(gt=0, lt=1)] = 0.70
    ave: Annotated[float, Field(gt=0, lt=1)] = 0.50
    htmt: Annotated[float, Field(gt=0, le=1)] = 0.90
    loading: Annotated[float, Field(gt=0, lt=1)] = 0.708
    vif: Annotated[float, Field(ge=1, strict=False)] = 5.0
    cfi: Annotated[float, Field(gt=0, lt=1)] = 0.90
    rmsea: Annotated[float, Field(gt=0, lt=1)] = 0.08
    srmr: Annotated[float, Field(gt=0, lt=1)] = 0.08
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    item_rest: Annotated[float, Field(gt=0, lt=1)] = 0.30
    skewness: Annotated[float, Field(gt=0, strict=False)] = 2.0
    kurtosis: Annotated[float, Field(gt=0, strict=False)] = 7.0
    ends: Annotated[float, Field(gt=0, lt=1)] = 0.15
    kmo: Annotated[float, Field(gt=0, lt=1)] = 0.60
    factor_loading: Annotated[float, Field(gt=0, lt=1)] = 0.40
    harman: Annotated[float, Field(gt=0, lt=1)] = 0.50
    full_collinearity: Annotated[float, Field(ge=1, strict=False)] = 3.3
    necessity: Annotated[float, Field(gt=0, lt=1)] = 0.10


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
    measurement, evaluation : what else the chapters on measurement and on the PLS model hold
    design : what is expected before data; null leaves the chapter on design out
    legacy : an annex of statistics that newer ones have superseded
    report : how the report is made
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
    measurement: MeasurementPart = MeasurementPart()
    evaluation: EvaluationPart = EvaluationPart()
    design: Design | None = None
    legacy: bool = True
    report: ReportPart = ReportPart()
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
