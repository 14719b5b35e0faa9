"""What every part of the study file is made of: strict models, cells, and how a table's file is declared."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator


def _text(value: Any) -> Any:
    """A code or number written without quotes is meant as the text it looks like."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Cell = Annotated[str, BeforeValidator(_text)]
Cells = Annotated[tuple[Cell, ...], Field(strict=False)]


class Strict(BaseModel):
    """No unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Words(Strict):
    """The same words in both languages."""

    en: str = Field(max_length=2000)
    fa: str = Field(max_length=2000)

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))


class Translated(Strict):
    """What a word of the data is called in a report; a language left out keeps it as typed."""

    en: str | None = Field(default=None, max_length=200)
    fa: str | None = Field(default=None, max_length=200)

    def __getitem__(self, language: str) -> str | None:
        found: str | None = getattr(self, language)
        return found


class RowRule(Strict):
    """Picks rows by one column: those whose cell is one of `values`, or, with no values, is not blank."""

    column: str
    values: Cells = ()


class TableFile(Strict):
    """A file with one table, and how it is written.

    Attributes
    ----------
    file : path below the study's folder
    sheet : of a workbook with several
    encoding : "auto" tries UTF-8 and UTF-16 (with mark); others are named, e.g. "windows-1256"
    separator : of a CSV file
    header_rows : how many rows stand above the first record
    """

    file: str
    sheet: str | None = None
    encoding: str = "auto"
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "survey"

    @field_validator("file")
    @classmethod
    def _inside(cls, value: str) -> str:
        return below_the_study(value)


def below_the_study(value: str) -> str:
    """A path that cannot lead out of the study's folder.

    Raises
    ------
    ValueError
        It is absolute, climbs, or names a drive.
    """
    path = PurePosixPath(value.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"^[A-Za-z]:", value) or "\0" in value:
        raise ValueError("must be a path below the study's folder, such as raw/wave1.csv")
    return value
