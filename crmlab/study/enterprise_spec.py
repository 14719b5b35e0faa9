"""The study file's part on the enterprise: ratings, goals, the canvas, the panel of offices, and what is asked of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from crmlab.study.maturity import HIGHEST, LOWEST, elements, elements_of
from crmlab.study.strict_model import Cells, Strict, TableFile

Calendar = Literal["jalali", "gregorian"]
Level = Annotated[float, Field(ge=LOWEST, le=HIGHEST, strict=False)]
Money = Annotated[float, Field(strict=False)]
Cost = Annotated[float, Field(ge=0, strict=False)]
Estimate = Annotated[tuple[Money, Cost], Field(strict=False)]


class Ratings(TableFile):
    """Maturity ratings: one row a rating of one item of one unit by one rater.

    Attributes
    ----------
    columns : ours (unit, rater, model, item_code, level, date, evidence) -> the file's header, where they differ
    calendar : of the dates
    missing : cells that mean "no answer"
    out_of_range : "error", or "refuse_row" for levels that are none of 1 to 5
    repeated : "error", or "last" to keep a rater's later rating of the same item
    units : units that must have been rated
    """

    columns: dict[Literal["unit", "rater", "model", "item_code", "level", "date", "evidence"], str] = Field(
        default_factory=dict
    )
    calendar: Calendar = "jalali"
    missing: Cells = ()
    out_of_range: Literal["error", "refuse_row"] = "error"
    repeated: Literal["error", "last"] = "error"
    units: Cells = ()

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "ratings"


class Goals(TableFile):
    """Measurable goals: one row a goal, of the business (model "business") or of a model of CRM.

    Attributes
    ----------
    columns, calendar, missing : as for ratings
    impossible_dates, without_date : "error", or "keep" the goal; each is then named in the report
    as_of : day, in the same calendar, by which a goal that is due and not attained counts as overdue
    """

    columns: dict[str, str] = Field(default_factory=dict)
    calendar: Calendar = "jalali"
    missing: Cells = ()
    impossible_dates: Literal["error", "keep"] = "error"
    without_date: Literal["error", "keep"] = "error"
    as_of: str | None = None

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "goals"


class OfficePanel(TableFile):
    """Figures of the offices: one row a unit and period ("1402Q1", "1402/01", or a number)."""

    columns: dict[str, str] = Field(default_factory=dict)
    missing: Cells = ()

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "office_panel"


class Canvas(TableFile):
    """The business-model canvas: one row a block and figure.

    Attributes
    ----------
    words : further names of blocks -> block, such as a language's own words
    """

    columns: dict[str, str] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    missing: Cells = ()

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "canvas"


class Investment(Strict):
    """What it costs to raise elements by one level, and what that is expected to bring.

    Attributes
    ----------
    model : whose elements are invested in; of crm_strategy the gates must be laid from top to bottom
    costs : element -> money for one level up; elements without one are not for sale
    effects : element -> [effect of one level, its standard error], in units that `worth` prices
    worth : money for one unit of effect, or [value, standard error]
    budget : money for all steps together
    """

    model: Literal["gartner", "crm_strategy", "lic"] = "gartner"
    costs: Annotated[dict[str, Cost], Field(min_length=1)]
    effects: dict[str, Estimate]
    worth: Money | Estimate = 1.0
    budget: Cost


class Cut(Strict):
    """A change of the middle office's budget whose consequences are followed through the offices.

    Attributes
    ----------
    share : of the budget that is cut; below 0 for a rise
    worth : node (BO, FO, RQ, ...) -> money that one standard deviation more of it is worth in one unit and period,
        or [value, standard error]
    budget : of one unit and period; the panel's mean without one
    periods, months : how far ahead, and how many months a period has
    discount : rate of one period
    """

    share: Annotated[float, Field(gt=-10, lt=1, strict=False)] = 0.10
    worth: Annotated[dict[str, Money | Estimate], Field(min_length=1)]
    budget: Annotated[float, Field(gt=0, strict=False)] | None = None
    periods: Annotated[int, Field(ge=1, le=120)] = 12
    months: Annotated[int, Field(ge=1, le=12)] = 3
    discount: Annotated[float, Field(ge=0, lt=1, strict=False)] = 0.0


class Enterprise(Strict):
    """What is asked of ratings, goals, canvas and panel.

    Attributes
    ----------
    target : level that every element should reach, or element -> level
    threshold : level from which a gate or stage counts as passed
    months : element -> months that raising it by one level takes, for the schedule; each waits for the one before
    investment : costs and effects, for the roadmap
    effects : block of the canvas -> path of the study's model ("RQ~CRM") whose estimate speaks for it
    cut : a scenario of the office graph
    """

    target: Level | dict[str, Level] = 4.0
    threshold: Level = 3.0
    months: dict[str, Annotated[float, Field(ge=0, strict=False)]] = Field(default_factory=dict)
    investment: Investment | None = None
    effects: dict[str, str] = Field(default_factory=dict)
    cut: Cut | None = None

    @field_validator("target", "months")
    @classmethod
    def _known(cls, value: Any) -> Any:
        return named(value)

    @model_validator(mode="after")
    def _priced(self) -> Enterprise:
        asked = self.investment
        if asked is None:
            return self
        named(asked.costs)
        strange = [code for code in asked.costs if code not in elements_of(asked.model)]
        if strange:
            raise ValueError(f"investment.costs: '{strange[0]}' is no element of {asked.model}")
        lost = [code for code in asked.costs if code not in asked.effects]
        if lost:
            raise ValueError(f"investment.effects: '{lost[0]}' has a cost, but no effect")
        return self


def named(value: Any) -> Any:
    """A mapping whose keys are elements of the models.

    Raises
    ------
    ValueError
        One is not; the nearest are named.
    """
    if isinstance(value, dict):
        from difflib import get_close_matches

        for code in value:
            if code not in elements():
                near = ", ".join(get_close_matches(code, elements(), 3, 0.4)) or ", ".join(elements())
                raise ValueError(f"'{code}' is no element; near: {near}")
    return value
