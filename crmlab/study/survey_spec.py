"""The study file on the survey: where the answers are, how they are written, who is left out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from crmlab.study.strict_model import Cells, RowRule, Strict, TableFile


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
