"""The study file's part on phases of the sale, on channels, and on what is watched over time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from crmlab.study.strict_model import Cells, Strict

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,30}$")]
Codes = Annotated[tuple[Code, ...], Field(strict=False)]
ATTRIBUTES = ("channel", "topic", "direction", "purchase_channel", "branch", "product", "basket", "gap")
CHARTS = ("shewhart", "ewma", "cusum")
SERIES = ("expected", "rate", "repeat", "retention", "basket", "volume", "acceptance", "quality", "cost")


class Window(Strict):
    """Days from `start` to `end`, in the calendar of the contacts; what is left out is open."""

    start: str | None = None
    end: str | None = None


class PhaseWords(Strict):
    """What the log calls the phases of a sale; empty takes the usual words of both languages."""

    before: Cells = ()
    during: Cells = ()
    after: Cells = ()


class Phases(Strict):
    """Before, during and after the sale: how contacts tell them apart, and since when customers may have changed.

    Attributes
    ----------
    words : of the column `phase`
    accepted : words of the column `outcome` that mean yes; empty takes those of `actions`, or the usual ones
    reference, recent : the two windows compared; open ones meet after three quarters of the observed days
    attributes : of customers that are looked at for drift; empty takes all that the study has
    """

    words: PhaseWords = PhaseWords()
    accepted: Cells = ()
    reference: Window = Window()
    recent: Window = Window()
    attributes: Annotated[tuple[Literal[ATTRIBUTES], ...], Field(strict=False)] = ()  # type: ignore[valid-type]


class Channels(Strict):
    """The same service through every channel: how far apart two channels may be and still count as alike.

    Attributes
    ----------
    margin : in standard deviations
    points : the same for the quality of contacts, in its own points; it comes first there
    against : "pairs" compares every two channels, "mean" each with the mean of all
    item : question of the survey that tells a respondent's channel
    constructs : whose scores are compared; empty takes satisfaction and channel consistency (SAT, CHN)
    least : contacts, or respondents, that a channel must have
    """

    margin: Annotated[float, Field(gt=0, le=2, strict=False)] = 0.20
    points: Annotated[float, Field(gt=0, strict=False)] | None = None
    against: Literal["pairs", "mean"] = "pairs"
    item: Code = "CHL"
    constructs: Codes = ()
    least: Annotated[int, Field(ge=5, le=100_000)] = 20


class Monitoring(Strict):
    """What is watched over time, and how often a board of charts may alarm for nothing.

    Attributes
    ----------
    every : length of a period: "W" (week), "M" (four weeks), "Q" (13 weeks); "auto" takes the finest that is full enough
    baseline_end : last day of the baseline, in the calendar of the ledger, or of the contacts without one; null takes
        the first half of each series
    charts : "shewhart" (XmR, p and u charts), "ewma", "cusum"
    series : which series; empty takes all that the study has
    arl : periods from one false alarm of the whole board to the next, on average
    weight : of the newest value in the EWMA
    shift : in standard deviations of a period, that a CUSUM is tuned for and that alarms are promised for
    active_days : after a purchase, in which a customer counts as active
    again_days : in which a new customer is to buy again, to count as retained
    """

    every: Literal["auto", "W", "M", "Q"] = "auto"
    baseline_end: str | None = None
    charts: Annotated[tuple[Literal[CHARTS], ...], Field(strict=False, min_length=1)] = CHARTS  # type: ignore[valid-type]
    series: Annotated[tuple[Literal[SERIES], ...], Field(strict=False)] = ()  # type: ignore[valid-type]
    arl: Annotated[float, Field(ge=20, le=1e6, strict=False)] = 370.0
    weight: Annotated[float, Field(gt=0.01, le=1, strict=False)] = 0.2
    shift: Annotated[float, Field(ge=0.25, le=4, strict=False)] = 1.0
    active_days: Annotated[int, Field(ge=7, le=3650)] = 182
    again_days: Annotated[int, Field(ge=7, le=3650)] = 91

    @model_validator(mode="after")
    def _once(self) -> Monitoring:
        if len(set(self.charts)) != len(self.charts) or len(set(self.series)) != len(self.series):
            raise ValueError("a chart or a series stands twice")
        return self
