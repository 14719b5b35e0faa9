"""The Solar Hijri (Jalali) calendar of Iran and the Gregorian one, day for day.

Eight years of every 33 have a thirtieth of Esfand: those whose remainder by 33 is 1, 5, 9, 13, 17, 22, 26 or 30. This holds for
1244 to 1472 (Gregorian 1865 to 2093), wider than any date in a study; years outside are refused rather than guessed.

Source: K. M. Borkowski (1996), The Persian calendar for 3000 years, Earth, Moon and Planets 74, 223-230.
"""

from __future__ import annotations

from datetime import date, timedelta

FIRST, LAST = 1244, 1472
LEAP = (1, 5, 9, 13, 17, 22, 26, 30)
ANCHOR_YEAR, ANCHOR = 1393, date(2014, 3, 21)  # 1 Farvardin 1393


def is_leap(year: int) -> bool:
    """True if Esfand of this year has thirty days."""
    return year % 33 in LEAP


def to_gregorian(year: int, month: int, day: int) -> date:
    """The Gregorian day of a Jalali one.

    Raises
    ------
    ValueError
        The calendar has no such day, or its year is outside FIRST to LAST.

    Examples
    --------
    >>> to_gregorian(1393, 5, 12)
    datetime.date(2014, 8, 3)
    """
    if not (FIRST <= year <= LAST and 1 <= month <= 12 and 1 <= day <= month_length(year, month)):
        raise ValueError(f"the Jalali calendar has no day {year:04d}/{month:02d}/{day:02d}")
    before = 31 * (month - 1) if month <= 7 else 186 + 30 * (month - 7)
    return _new_year(year) + timedelta(before + day - 1)


def from_gregorian(day: date) -> tuple[int, int, int]:
    """Year, month and day in the Jalali calendar.

    Examples
    --------
    >>> from_gregorian(date(2014, 8, 3))
    (1393, 5, 12)
    """
    year = day.year - 621
    if not FIRST < year <= LAST:
        raise ValueError(f"{day.isoformat()} is outside the Jalali years {FIRST} to {LAST}")
    if date(day.year, day.month, day.day) < _new_year(year):
        year -= 1
    passed = (date(day.year, day.month, day.day) - _new_year(year)).days
    month, place = divmod(passed, 31) if passed < 186 else (6 + (passed - 186) // 30, (passed - 186) % 30)
    return year, month + 1, place + 1


def month_length(year: int, month: int) -> int:
    """Days of a month: six of 31, five of 30, and Esfand."""
    return 31 if month <= 6 else 30 if month <= 11 or is_leap(year) else 29


def _new_year(year: int) -> date:
    return ANCHOR + timedelta(365 * (year - ANCHOR_YEAR) + _leaps_before(year) - _leaps_before(ANCHOR_YEAR))


def _leaps_before(year: int) -> int:
    return 8 * (year // 33) + sum(place < year % 33 for place in LEAP)
