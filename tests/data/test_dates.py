from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.data.dates import jalali, stamp, stamps

FA = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def test_oracle_dt1():
    assert stamp("1393/05/12", "jalali") == datetime(2014, 8, 3)
    assert stamp("1393/01/01", "jalali") == datetime(2014, 3, 21)


@settings(max_examples=200, deadline=None)
@given(st.dates(date(1867, 1, 1), date(2093, 1, 1)))
def test_round_trip(day):
    text = jalali(day)
    year, month, number = map(int, text.split("/"))
    for written in (
        text,
        text.translate(FA),
        f"{year}-{month}-{number}",
        f" {text}\u200f",
        text.replace("/", ""),
    ):
        assert stamp(written, "jalali").date() == day


@pytest.mark.parametrize(
    ("text", "calendar", "reason"),
    [
        ("1402/12/30", "jalali", "no day 1402/12/30"),
        ("1403/07/31", "jalali", "no day 1403/07/31"),
        ("1403/00/10", "jalali", "no day"),
        ("1403/13/01", "jalali", "no day"),
        ("2023/05/01", "jalali", "year 2023 in a Jalali column; is the column gregorian?"),
        ("1403/02/01", "gregorian", "year 1403 in a Gregorian column; is the column jalali?"),
        ("0000-00-00", "jalali", "year 0"),
        ("0001-01-01", "gregorian", "year 1 "),
        ("2999-01-01", "gregorian", "year 2999"),
        ("2023-02-29", "gregorian", "no day"),
        ("01/02/1403", "jalali", "is not a date"),
        ("03/02/01", "jalali", "is not a date"),
        ("45400", "gregorian", "is not a date"),
        ("1403/02/01 25:00", "jalali", "no clock"),
        ("1403/02/01 13:00 PM", "jalali", "no clock"),
        ("1403/02/01 10:61", "jalali", "no clock"),
        ("yesterday", "jalali", "is not a date"),
        ("1403/02-01", "jalali", "is not a date"),
        (45400.0, "gregorian", "is a number"),
    ],
)
def test_impossible_dates(text, calendar, reason):
    with pytest.raises(ValueError, match=reason.replace("?", r"\?")):
        stamp(text, calendar)


@pytest.mark.parametrize(
    ("text", "calendar", "moment"),
    [
        ("1403/12/30", "jalali", datetime(2025, 3, 20)),
        ("۱۲ مرداد ۱۳۹۳", "jalali", datetime(2014, 8, 3)),
        ("۱۴۰۳/۰۱/۲۷ ۲۲:۰۰:۰۵", "jalali", datetime(2024, 4, 15, 22, 0, 5)),
        ("2024-05-04T00:08:33", "gregorian", datetime(2024, 5, 4, 0, 8, 33)),
        ("2024-05-03T20:30:00Z", "gregorian", datetime(2024, 5, 4)),
        ("2024-05-04 00:00:00+03:30", "gregorian", datetime(2024, 5, 4)),
        ("2024/05/04 2:03:22 PM GMT+3:30", "gregorian", datetime(2024, 5, 4, 14, 3, 22)),
        ("2024-05-04 12:03 AM", "gregorian", datetime(2024, 5, 4, 0, 3)),
        ("۱۴۰۳/۲/۱۵ ۲:۰۳ ب.ظ", "jalali", datetime(2024, 5, 4, 14, 3)),
        ("2024-05-03 15:30:00-05", "gregorian", datetime(2024, 5, 4)),
        (date(2024, 5, 4), "jalali", datetime(2024, 5, 4)),
        (date(1403, 2, 15), "jalali", datetime(2024, 5, 4)),
        (datetime(2024, 5, 3, 20, 30, tzinfo=UTC), "gregorian", datetime(2024, 5, 4)),
        (datetime(2024, 5, 4, tzinfo=timezone(timedelta(hours=3.5))), "gregorian", datetime(2024, 5, 4)),
        ("", "jalali", None),
        (None, "jalali", None),
        ("  \u200f", "jalali", None),
    ],
)
def test_dates_as_people_write_them(text, calendar, moment):
    assert stamp(text, calendar) == moment


def test_a_column_tells_each_wrong_row():
    found = stamps(["1403/01/01", "", "1403/07/31", None, "1403/07/31"], "jalali")
    assert [moment is None for moment in found.values] == [False, True, True, True, True]
    assert set(found.wrong) == {2, 4}


def test_order_of_days_is_order_of_text():
    texts = [f"1403/{month:02d}/15" for month in range(1, 13)]
    moments = stamps(texts, "jalali").values
    assert list(moments) == sorted(moments)
