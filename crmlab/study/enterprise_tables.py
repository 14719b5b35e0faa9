"""The study file's small tables of the enterprise: where they are and how they are written."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from crmlab.study.strict_model import Cells, TableFile

Calendar = Literal["jalali", "gregorian"]
BLOCKS = (  # of the business-model canvas
    "partners", "activities", "resources", "value_propositions", "relationships", "channels", "segments", "costs",
    "revenue",
)  # fmt: skip
Columns = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class SmallFile(TableFile):
    """A small table.

    Attributes
    ----------
    columns : ours -> the file's header, where they differ
    missing : cells that mean "no answer", besides blanks
    """

    place: ClassVar[str]
    columns: dict[str, str] = Field(default_factory=dict)
    missing: Cells = ()

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return self.place


class Ratings(SmallFile):
    """Maturity ratings: one row a rating of one item of one unit by one rater.

    Attributes
    ----------
    columns : ours are unit, rater, model, item_code, level, date, evidence
    calendar : of the dates
    out_of_range : "error", or "refuse_row" for levels that are none of 1 to 5
    repeated : "error", or "last" to keep a rater's later rating of the same item
    units : units that must have been rated
    """

    place = "ratings"
    columns: dict[Literal["unit", "rater", "model", "item_code", "level", "date", "evidence"], str] = Field(  # type: ignore[assignment]
        default_factory=dict
    )
    calendar: Calendar = "jalali"
    out_of_range: Literal["error", "refuse_row"] = "error"
    repeated: Literal["error", "last"] = "error"
    units: Cells = ()


class Goals(SmallFile):
    """Measurable goals: one row a goal, of the business (model "business") or of a model of CRM.

    Attributes
    ----------
    calendar : of the dates
    impossible_dates, without_date : "error", or "keep" the goal; each is then named in the report
    as_of : day, in the same calendar, by which a goal that is due and not attained counts as overdue
    """

    place = "goals"
    calendar: Calendar = "jalali"
    impossible_dates: Literal["error", "keep"] = "error"
    without_date: Literal["error", "keep"] = "error"
    as_of: str | None = None


class OfficePanel(SmallFile):
    """Figures of the offices: one row a unit and period ("1402Q1", "1402/01", or a number)."""

    place = "office_panel"


class Canvas(SmallFile):
    """The business-model canvas: one row a block and figure.

    Attributes
    ----------
    words : further names of blocks -> block, such as a language's own words
    """

    place = "canvas"
    words: dict[str, str] = Field(default_factory=dict)


class Needs(SmallFile):
    """Needs: one row a need, or one a need and the person who judged it.

    Attributes
    ----------
    columns : ours are need, importance, performance, customer (kept only as a pseudonym), segment; the last two may lack
    """

    place = "needs"
    columns: dict[Literal["need", "importance", "performance", "customer", "segment"], str] = Field(  # type: ignore[assignment]
        default_factory=dict
    )


class Members(SmallFile):
    """Which unit serves which customer: one row a customer.

    Attributes
    ----------
    columns : ours are customer (kept only as a pseudonym) and unit
    """

    place = "members"
    columns: dict[Literal["customer", "unit"], str] = Field(default_factory=dict)  # type: ignore[assignment]


class Benchmark(SmallFile):
    """Units and peers to learn from: one row a unit, with what it puts in and what it gets out.

    Attributes
    ----------
    columns : ours is unit
    inputs, outputs : headers of figures, none below zero
    orientation : "input" (how far could inputs shrink?) or "output" (how far could outputs grow?)
    returns : to scale, "constant" or "variable"
    lead : levels by which a peer must stand above a unit for its practice to be worth a visit
    """

    place = "benchmark"
    columns: dict[Literal["unit"], str] = Field(default_factory=dict)  # type: ignore[assignment]
    inputs: Columns
    outputs: Columns
    orientation: Literal["input", "output"] = "input"
    returns: Literal["constant", "variable"] = "constant"
    lead: Annotated[float, Field(gt=0, le=4, strict=False)] = 0.5

    @model_validator(mode="after")
    def _once(self) -> Benchmark:
        named = [*self.inputs, *self.outputs]
        twin = next((name for name in named if named.count(name) > 1), None)
        if twin is not None:
            raise ValueError(f"'{twin}' stands twice among inputs and outputs")
        return self
