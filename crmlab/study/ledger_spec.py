"""The study file's part on transactions: where the ledger is, how it is written, what is asked of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from crmlab.study.strict_model import RowRule, Strict, TableFile

Calendar = Literal["jalali", "gregorian"]
REFUSALS = (
    "missing_id",
    "missing_date",
    "impossible_date",
    "other_calendar",
    "future_date",
    "before_start",
    "bad_amount",
    "missing_currency",
)
ALL = "all"
Code = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def _all_or_list(value: Any) -> Any:
    return REFUSALS if value == ALL else value


def yearly_rate(value: Any) -> Any:
    """Refuse a rate that is written in percent."""
    if isinstance(value, int | float) and not isinstance(value, bool) and not 0 <= value < 1:
        raise ValueError(f"{value} is no yearly rate from 0 to below 1; ten percent is written 0.10")
    return value


class LedgerColumns(Strict):
    """Header of each column; those without one are not read.

    Attributes
    ----------
    customer : the customer's key in your own records; kept only as a pseudonym
    date : the day, or the moment, of the transaction
    amount : the money, negative for a refund
    receipt : number of the receipt; tells a row that was exported twice from two purchases on one day
    currency : code of the row's currency: IRR (rial), IRT (toman), or one that `rates` knows
    branch, channel, product : words to group by; spellings of one word are brought together
    margin : gross margin of the row, in the row's currency
    """

    customer: str
    date: str
    amount: str
    receipt: str | None = None
    currency: str | None = None
    branch: str | None = None
    channel: str | None = None
    product: str | None = None
    margin: str | None = None


class LedgerFile(TableFile):
    """One file of transactions. What it does not say is as the ledger says.

    Attributes
    ----------
    file : .csv, .txt, .xlsx, .xls, .parquet, or a database: .duckdb, .sqlite, .db
    table : of a database
    source : name of the system it comes from; a receipt that two systems know is taken from the later one in the
        list
    columns, calendar, decimal : where this file differs
    currency : of all its amounts, where it differs and has no column of currencies
    """

    source: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,30}$")] = "ledger"
    table: str | None = None
    columns: LedgerColumns | None = None
    calendar: Calendar | None = None
    decimal: Literal[".", ","] | None = None
    currency: Code | None = None

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "ledger"


class Ledger(Strict):
    """Transactions: their files, how they are written, and what is done with rows that cannot be used.

    Attributes
    ----------
    files : the files, oldest system first
    columns : header of each column
    calendar : how dates are written
    start, end : first and last day observed, in the same calendar; without them those of the data
    currency : that all amounts are turned into
    rates : currency code -> how many of `currency` one of it is worth; rial and toman are known (1 toman = 10 rial)
    decimal : "," for amounts such as 1.500,00; the Persian marks are understood always
    returned : rows that are refunds although their amount is positive
    returns : "net" subtracts refunds from a customer's money, "drop" leaves them out
    zero : a row of amount zero is a purchase "only" for customers who have no other, always ("purchase") or never
        ("nothing")
    duplicate_rows : a row that equals an earlier one in every cell, or in receipt, customer, day and amount once
        its spelling is repaired: "error" stops and names the rows, "refuse" counts and drops them, "keep" keeps them
    refuse : reasons for which rows are counted and dropped; any other reason stops and names the rows; "all"
    """

    files: Annotated[tuple[LedgerFile, ...], Field(min_length=1, strict=False)]
    columns: LedgerColumns
    calendar: Calendar = "jalali"
    start: str | None = None
    end: str | None = None
    currency: Code = "IRR"
    rates: dict[Code, Annotated[float, Field(gt=0, strict=False)]] = Field(default_factory=dict)
    decimal: Literal[".", ","] = "."
    returned: RowRule | None = None
    returns: Literal["net", "drop"] = "net"
    zero: Literal["only", "purchase", "nothing"] = "only"
    duplicate_rows: Literal["error", "refuse", "keep"] = "error"
    refuse: Annotated[
        tuple[Literal[REFUSALS], ...],  # type: ignore[valid-type]
        BeforeValidator(_all_or_list),
        Field(strict=False),
    ] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_file(cls, value: Any) -> Any:
        """`file: raw/ledger.csv` with its reading keys is short for a list of one."""
        if not isinstance(value, dict) or "file" not in value:
            return value
        if "files" in value:
            raise ValueError("give either file or files")
        keys = [
            key for key in ("file", "sheet", "encoding", "separator", "header_rows", "table") if key in value
        ]
        rest = {key: one for key, one in value.items() if key not in keys}
        return {**rest, "files": [{key: value[key] for key in keys}]}

    @model_validator(mode="after")
    def _sources_differ(self) -> Ledger:
        names = [file.source for file in self.files]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"files: the source '{twice[0]}' stands twice; name each file's system")
        return self


class ContactColumns(Strict):
    """Header of each column of the contact log; those without one are not read."""

    customer: str
    time: str
    contact: str | None = None
    direction: str | None = None
    channel: str | None = None
    phase: str | None = None
    topic: str | None = None
    outcome: str | None = None
    personalised: str | None = None
    cost: str | None = None
    office: str | None = None
    quality: str | None = None


class Contacts(TableFile):
    """The log of contacts with customers: costs and quality as numbers, the rest as words."""

    columns: ContactColumns
    calendar: Calendar = "jalali"

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "contacts"


class Prospects(TableFile):
    """People who may become customers.

    Attributes
    ----------
    prospect : column of the prospect's key; kept only as a pseudonym
    figures : columns that hold numbers
    words : columns that hold words
    converted_on : column of the day the prospect became a customer, blank if that has not happened
    """

    prospect: str
    figures: Annotated[tuple[str, ...], Field(strict=False)] = ()
    words: Annotated[tuple[str, ...], Field(strict=False)] = ()
    converted_on: str | None = None
    calendar: Calendar = "jalali"

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "prospects"


class Deflator(TableFile):
    """A monthly index, of prices or of an exchange rate, that turns nominal money into real money.

    Attributes
    ----------
    month : column of the month: 1403/01
    index : column of the index
    calendar : of the months
    """

    month: str
    index: str
    calendar: Calendar = "jalali"

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "behaviour.deflator"


class Behaviour(Strict):
    """What step 07 does with the ledger.

    Attributes
    ----------
    unit : time unit of the models: D (days), W (7 days), M (365.25 / 12 days), Y (365.25 days); no value depends on it
    model : "auto" fits the family and takes the best by BIC, or one model by name
    calibration_end : last day of the calibration period, in the ledger's calendar; "auto" takes the first two thirds
        of the observed time, and the last third judges the models; null leaves the judgement out
    horizon_months : how far ahead value is counted
    discount_rate : a year; a real rate where there is a deflator
    margin : share of an amount that is kept; the margin column of the ledger comes first
    acquisition_cost : of one new customer, in the ledger's currency
    contact_cost : of one customer a year
    deflator : turns amounts into prices of the last month observed; without it money is nominal
    bootstrap : draws of the parameters behind the intervals of value, at least 50; 0 for no intervals
    segments : how many groups customers are put in by value
    """

    unit: Literal["D", "W", "M", "Y"] = "W"
    model: Literal["auto", "bgnbd", "mbgnbd", "pareto_nbd", "bgcnbd", "mbgcnbd"] = "auto"
    calibration_end: str | None = "auto"
    horizon_months: Annotated[int, Field(ge=1, le=600)] = 36
    discount_rate: Annotated[float, BeforeValidator(yearly_rate), Field(strict=False)] = 0.15
    margin: Annotated[float, Field(gt=0, le=1, strict=False)] = 1.0
    acquisition_cost: Annotated[float, Field(ge=0, strict=False)] = 0.0
    contact_cost: Annotated[float, Field(ge=0, strict=False)] = 0.0
    deflator: Deflator | None = None
    bootstrap: Annotated[int, Field(ge=0, le=10_000)] = 200
    segments: Annotated[int, Field(ge=2, le=10)] = 5
