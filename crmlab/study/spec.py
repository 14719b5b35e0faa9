"""The study file, key by key. Everything a user may write stands here, with its meaning and its default."""

from __future__ import annotations

import keyword
import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

STEPS = (
    "02_data_intake",
    "03_sample_description",
    "04_measurement",
    "05_structure_mediation",
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


def _text(value: Any) -> Any:
    """A code or number written without quotes is meant as the text it looks like."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, BeforeValidator(_construct_name)]
Cell = Annotated[str, BeforeValidator(_text)]
Cells = Annotated[tuple[Cell, ...], Field(strict=False)]
Language = Literal["en", "fa"]
Languages = Annotated[tuple[Language, ...], Field(min_length=1, strict=False)]


class Strict(BaseModel):
    """No unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Words(Strict):
    """The same words in both languages."""

    en: str = Field(max_length=2000)
    fa: str = Field(max_length=2000)

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))


class Fieldwork(Strict):
    """Rows stamped outside these days are tests. `calendar` says how the column is written."""

    column: str
    calendar: Literal["jalali", "gregorian"] = "jalali"
    start: str | None = None
    end: str | None = None


class RowRule(Strict):
    """Picks rows by one column: those whose cell is one of `values`, or, with no values, is not blank."""

    column: str
    values: Cells = ()


class Accept(Strict):
    """Only rows that answered this item with one of these codes go on."""

    item: str
    accept: Annotated[tuple[int, ...], Field(strict=False)] = (1,)


class Survey(Strict):
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

    file: str
    sheet: str | None = None
    encoding: str = "auto"
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
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

    @field_validator("file")
    @classmethod
    def _below_the_study(cls, value: str) -> str:
        path = PurePosixPath(value.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match(r"^[A-Za-z]:", value) or "\0" in value:
            raise ValueError("must be a path below the study's folder, such as raw/wave1.csv")
        return value


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
    """An expected effect in the user's own words."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$")]
    source: Name
    target: Name
    via: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    sign: Literal["+", "-", ""] = "+"
    statement: Words


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


class Rules(Strict):
    """Limits that verdicts are given by, set before the data are seen.

    Sources: reliability .70 (Nunnally & Bernstein 1994), AVE .50 (Fornell & Larcker 1981), HTMT .85/.90 (Henseler,
    Ringle & Sarstedt 2015), loading .708 (Hair et al. 2019), VIF 5 (Hair et al. 2019), CFI .90 (Bentler & Bonett
    1980), RMSEA .08 (Browne & Cudeck 1993), SRMR .08 (Hu & Bentler 1999).
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
    paths : "RQ ~ CRM", "CLV ~ RQ + CRM": the outcome, then what affects it
    hypotheses : ids of bundled ones, or own ones
    steps : the steps that run; a report needs the ones before it
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,30}$")]
    title: Words
    organisation: Words
    notice: Words | None = None
    languages: Languages = ("fa", "en")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 20240101
    privacy_threshold: Annotated[int, Field(ge=1, le=100)] = 5
    survey: Survey
    exclude: Exclude = Exclude()
    instrument: Instrument = Instrument()
    constructs: dict[Name, Construct] = Field(min_length=1)
    paths: Annotated[tuple[str, ...], Field(strict=False)] = ()
    hypotheses: Annotated[tuple[str | OwnHypothesis, ...], Field(strict=False)] = ()
    estimator: Estimator = Estimator()
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
