"""Every day of two centuries against another implementation, and the days the calendar has not got."""

from datetime import date, timedelta

import pytest
from jalali_core import GregorianToJalali

from crmlab.jalali import FIRST, LAST, from_gregorian, is_leap, to_gregorian


def test_every_day_equals_the_peer():
    day, end = date(1866, 1, 1), date(2093, 1, 1)
    while day < end:
        there = from_gregorian(day)
        assert there == tuple(GregorianToJalali(day.year, day.month, day.day).getJalaliList()), day
        assert to_gregorian(*there) == day
        day += timedelta(1)


def test_published_days():
    assert to_gregorian(1393, 5, 12) == date(2014, 8, 3)  # oracle DT1
    assert to_gregorian(1399, 12, 30) == date(2021, 3, 20)
    assert to_gregorian(1403, 12, 30) == date(2025, 3, 20)
    assert [year for year in range(1370, 1409) if is_leap(year)] == [
        1370,
        1375,
        1379,
        1383,
        1387,
        1391,
        1395,
        1399,
        1403,
        1408,
    ]


@pytest.mark.parametrize(
    "day",
    [(1402, 12, 30), (1403, 7, 31), (1403, 0, 1), (1403, 13, 1), (1403, 1, 32), (0, 0, 0), (2023, 1, 1)],
)
def test_days_that_are_not(day):
    with pytest.raises(ValueError, match="no day"):
        to_gregorian(*day)


def test_years_outside_are_refused():
    for day in (date(1800, 1, 1), date(2999, 1, 1)):
        with pytest.raises(ValueError, match=f"{FIRST} to {LAST}"):
            from_gregorian(day)
