"""Jalali and Gregorian dates as people write them -> datetime, or a reason why not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Literal

from crmlab.data.persian import key, normalise
from crmlab.jalali import FIRST, LAST, from_gregorian, to_gregorian

Calendar = Literal["jalali", "gregorian"]
YEARS: dict[str, tuple[int, int]] = {"jalali": (FIRST + 1, LAST), "gregorian": (1900, 2100)}
OTHER = {"jalali": "gregorian", "gregorian": "jalali"}
JALALI_MONTHS = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
_MONTH_OF = {key(name): place for place, name in enumerate(JALALI_MONTHS, 1)} | {key("امرداد"): 5}
_DAY = re.compile(r"(\d{4})([/.\-])(\d{1,2})\2(\d{1,2})")
_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NAMED = re.compile(r"(\d{1,2}) (\D+?) (\d{4})")
_TIME = re.compile(
    r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?"
    r"\s*(AM|PM|ق\.ظ\.?|ب\.ظ\.?)?\s*(Z|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?)?",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<=\d)T(?=\d)")
_ZONE = "Asia/Tehran"


class OtherCalendar(ValueError):
    """A date whose year belongs to the other calendar."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """Dates of one column.

    Attributes
    ----------
    values : one a row, Gregorian, without zone; None where the cell is blank or wrong
    wrong : place in the column -> reason
    """

    values: tuple[datetime | None, ...]
    wrong: dict[int, str]


def stamp(value: Any, calendar: Calendar) -> datetime | None:
    """One cell -> the Gregorian moment; None if it is blank.

    A true date of Excel, SPSS or Parquet is Gregorian whatever was declared, unless its year can only be Jalali.
    A time with a zone is turned to Tehran's clock; one without is taken as it stands.

    Raises
    ------
    ValueError
        With the reason: not a date, a day the calendar has not got, a year of the other calendar.

    Examples
    --------
    >>> stamp("۱۳۹۳/۰۵/۱۲", "jalali").date().isoformat()
    '2014-08-03'
    """
    if value is None:
        return None
    if isinstance(value, (datetime, date)):
        return _native(value, calendar)
    if not isinstance(value, str):
        raise ValueError("is a number, not a date (format the column as dates, or as text)")
    text = normalise(value)
    if not text:
        return None
    day, _, clock = _named(text) if _NAMED.match(text) else _ISO.sub(" ", text, count=1).partition(" ")
    moment = _gregorian(*_digits(day), calendar)
    return _at(moment, clock.strip()) if clock.strip() else datetime.combine(moment, time())


def stamps(cells: Sequence[Any], calendar: Calendar) -> Stamps:
    """All cells of a column; each different cell is read once."""
    known: dict[Any, datetime | None] = {}
    reasons: dict[Any, str] = {}
    for cell in dict.fromkeys(cells):
        try:
            known[cell] = stamp(cell, calendar)
        except ValueError as error:
            known[cell], reasons[cell] = None, str(error)
    wrong = {place: reasons[cell] for place, cell in enumerate(cells) if cell in reasons} if reasons else {}
    return Stamps(tuple(known[cell] for cell in cells), wrong)


def jalali(day: date) -> str:
    """A Gregorian day as Jalali text, ASCII digits.

    Examples
    --------
    >>> jalali(date(2014, 8, 3))
    '1393/05/12'
    """
    year, month, number = from_gregorian(day)
    return f"{year:04d}/{month:02d}/{number:02d}"


def _digits(text: str) -> tuple[int, int, int]:
    hit = _DAY.fullmatch(text)
    parts: Iterable[str] | None = (hit[1], hit[3], hit[4]) if hit else None
    if parts is None and (solid := _SOLID.fullmatch(text)):
        parts = solid.groups()
    if parts is None:
        raise ValueError("is not a date (year/month/day)")
    year, month, day = map(int, parts)
    return year, month, day


def _named(text: str) -> tuple[str, str, str]:
    hit = _NAMED.match(text)
    month = _MONTH_OF.get(key(hit[2])) if hit else None
    if hit is None or month is None:
        raise ValueError("is not a date (year/month/day)")
    return f"{hit[3]}/{month}/{hit[1]}", " ", text[hit.end() :]


def _gregorian(year: int, month: int, day: int, calendar: Calendar) -> date:
    low, high = YEARS[calendar]
    if not low <= year <= high:
        first, last = YEARS[OTHER[calendar]]
        name = "Jalali" if calendar == "jalali" else "Gregorian"
        if first <= year <= last:
            raise OtherCalendar(f"year {year} in a {name} column; is the column {OTHER[calendar]}?")
        raise ValueError(f"year {year} in a {name} column")
    text = f"{year:04d}/{month:02d}/{day:02d}"
    try:
        found = date(year, month, day) if calendar == "gregorian" else to_gregorian(year, month, day)
    except ValueError:
        raise ValueError(f"the calendar has no day {text}") from None
    return found


def _native(value: date, calendar: Calendar) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if moment.tzinfo is not None:
        moment = _to_tehran(moment)
    low, high = YEARS["jalali"]
    if calendar == "jalali" and low <= moment.year <= high:
        return datetime.combine(_gregorian(moment.year, moment.month, moment.day, "jalali"), moment.time())
    _gregorian(moment.year, moment.month, moment.day, "gregorian")
    return moment


def _at(day: date, clock: str) -> datetime:
    hit = _TIME.fullmatch(clock)
    hour, minute, second = (int(part or 0) for part in hit.groups()[:3]) if hit else (99, 0, 0)
    half = hit[4].upper() if hit and hit[4] else ""
    if half:
        hour = hour % 12 + 12 * half.startswith(("P", "ب")) if 1 <= hour <= 12 else 99
    if hit is None or hour > 23 or minute > 59 or second > 59:
        raise ValueError("has a time that no clock shows")
    moment = datetime.combine(day, time(hour, minute, second))
    return _to_tehran(moment, hit[5].upper()) if hit[5] else moment


def _to_tehran(moment: datetime, offset: str = "") -> datetime:
    from zoneinfo import ZoneInfo

    if offset:
        digits = re.sub(r"\D", "", offset)
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits or 0), 0)
        sign = -1 if "-" in offset else 1
        moment = moment.replace(tzinfo=timezone(sign * timedelta(hours=hours, minutes=minutes)))
    return moment.astimezone(ZoneInfo(_ZONE)).replace(tzinfo=None)
