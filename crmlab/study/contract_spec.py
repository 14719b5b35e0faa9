"""The study file's part on contracts: who is under contract since when, who left, and what an offer to stay costs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from crmlab.study.ledger_spec import ALL, Calendar, Code, yearly_rate
from crmlab.study.strict_model import Cells, Strict, TableFile

CONTRACT_REFUSALS = (
    "missing_id",
    "missing_left",
    "unknown_left",
    "missing_duration",
    "impossible_date",
    "impossible_duration",
    "after_end",
    "second_contract",
)


def _all_or_list(value: Any) -> Any:
    return CONTRACT_REFUSALS if value == ALL else value


class ContractColumns(Strict):
    """Header of each column: the time is either a duration with a column of who left, or a start and an end.

    Attributes
    ----------
    customer : the customer's key in your own records; kept only as a pseudonym
    duration : periods under contract so far, or until he left
    left : whether he left; its words are named by `left_values`
    start, end : days; a blank end is a contract that still runs
    group : words to compare by
    price : money a customer pays for one period
    """

    customer: str
    duration: str | None = None
    left: str | None = None
    start: str | None = None
    end: str | None = None
    group: str | None = None
    price: str | None = None

    @model_validator(mode="after")
    def _one_clock(self) -> ContractColumns:
        counted, dated = self.duration is not None, self.start is not None
        if counted == dated:
            raise ValueError("give either duration and left, or start and end")
        if (counted and self.left is None) or (dated and self.end is None):
            raise ValueError(f"{'duration needs left' if counted else 'start needs end'}")
        if (counted and self.end) or (dated and self.left):
            raise ValueError("give either duration and left, or start and end, not parts of both")
        return self


class Contracts(TableFile):
    """One row a contract, what is known of its customer, and what an offer to stay costs.

    Attributes
    ----------
    columns : header of each column
    left_values, stayed_values : what the column `left` says of those who left and of those who stayed
    calendar : of start and end
    observed : last day observed, in that calendar; without it the last day in the file
    unit : the contract's period: D, W (7 days), M (365.25 / 12 days), Y (365.25 days)
    figures, words : further columns, of numbers and of words, that may explain leaving
    duration_known : true where `left` tells of one period after all else was known, so that the duration so far
        may help to tell who leaves; otherwise it would tell the answer
    ahead : periods beyond the longest contract that are told
    discount_rate : a year
    horizon_months : how far ahead the value of a customer who stays is counted
    margin : share of the price that is kept
    currency : of price and costs
    offer_cost, contact_cost : of an offer that is taken; of reaching one customer
    accept : share of those about to leave who take the offer and stay
    folds : parts of the cross-validation of the probabilities of leaving
    refuse : reasons for which rows are counted and dropped; any other reason stops and names the rows; "all"
    """

    columns: ContractColumns
    left_values: Cells = ("1", "yes", "true")
    stayed_values: Cells = ("0", "no", "false")
    calendar: Calendar = "jalali"
    observed: str | None = None
    unit: Literal["D", "W", "M", "Y"] = "M"
    figures: Annotated[tuple[str, ...], Field(strict=False)] = ()
    words: Annotated[tuple[str, ...], Field(strict=False)] = ()
    duration_known: bool = False
    ahead: Annotated[int, Field(ge=0, le=600)] = 12
    discount_rate: Annotated[float, BeforeValidator(yearly_rate), Field(strict=False)] = 0.15
    horizon_months: Annotated[int, Field(ge=1, le=600)] = 36
    margin: Annotated[float, Field(gt=0, le=1, strict=False)] = 1.0
    currency: Code = "IRR"
    offer_cost: Annotated[float, Field(ge=0, strict=False)] = 0.0
    contact_cost: Annotated[float, Field(ge=0, strict=False)] = 0.0
    accept: Annotated[float, Field(ge=0, le=1, strict=False)] = 0.3
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    refuse: Annotated[
        tuple[Literal[CONTRACT_REFUSALS], ...],  # type: ignore[valid-type]
        BeforeValidator(_all_or_list),
        Field(strict=False),
    ] = ()

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "contracts"

    @model_validator(mode="after")
    def _told_apart(self) -> Contracts:
        both = {one.casefold() for one in self.left_values} & {one.casefold() for one in self.stayed_values}
        if both:
            raise ValueError(f"'{sorted(both)[0]}' stands in left_values and in stayed_values")
        used = [name for name in self.columns.model_dump().values() if name]
        named = [*self.figures, *self.words]
        keys = {
            self.columns.customer,
            self.columns.left,
            self.columns.start,
            self.columns.end,
            self.columns.duration,
        }
        clash = [name for name in named if named.count(name) > 1 or name in keys]
        if clash or len(set(used)) < len(used):
            raise ValueError(
                f"the column '{clash[0] if clash else next(n for n in used if used.count(n) > 1)}' stands twice"
            )
        return self
