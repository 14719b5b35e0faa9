"""What the study file says of its report."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from crmlab.study.strict_model import Strict, Words, below_the_study

People = Annotated[tuple[Words, ...], Field(strict=False, max_length=6)]


def _day(value: Any) -> Any:
    """YAML gives a date as text or as a date; a report's day is written year-month-day, Gregorian."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a day; write it as 2026-02-28") from None
    return value


class TitlePage(Strict):
    """What stands on the title page besides the title; what is not given is left out.

    Attributes
    ----------
    university, faculty, department, degree, field : of a thesis
    author, supervisors, advisors : people
    day : when it was handed in, a Gregorian day; printed as a solar Hijri one in Persian
    """

    university: Words | None = None
    faculty: Words | None = None
    department: Words | None = None
    degree: Words | None = None
    field: Words | None = None
    author: Words | None = None
    supervisors: People = ()
    advisors: People = ()
    day: Annotated[date, BeforeValidator(_day)] | None = None


class ReportPart(Strict):
    """How the report is made.

    Attributes
    ----------
    draft : name the sections that wait for the author's own text, with the file each is to stand in
    profile : "university" (title page, lists of tables and figures) or "article" (APA 7: no title page, double
        spacing in Word, running text from the first page)
    fonts : "free" (IBM Plex Sans Arabic, carried in every file) or "nazanin" (the Word file names B Nazanin and Times
        New Roman, which must be installed; PDF and HTML keep the free fonts)
    decimal : of Persian numbers: "momayyez", "slash" or "point"
    digits : of Persian text: "persian" or "latin"
    brief : write the two-page brief for managers beside the report
    references : a BibTeX file below the study's folder; its works are cited by the author's text
    title_page : what stands on the title page
    """

    draft: bool = False
    profile: Literal["university", "article"] = "university"
    fonts: Literal["free", "nazanin"] = "free"
    decimal: Literal["momayyez", "slash", "point"] = "momayyez"
    digits: Literal["persian", "latin"] = "persian"
    brief: bool = True
    references: str | None = None
    title_page: TitlePage = TitlePage()

    @field_validator("references")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        return None if value is None else below_the_study(value)
