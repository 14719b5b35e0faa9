"""The customer base before any model: by hand, against the SQL summary, and properties."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlab import clv, customers
from crmlab.customers.base import again_by, gini, regularity
from crmlab.customers.cohorts import cohorts, periods
from crmlab.customers.days import PurchaseDays
from crmlab.customers.segments import ranked, rfm_groups
from crmlab.errors import ModelError
from crmlab.wilson import wilson

END = "2024-03-31"


def test_days_by_hand(hand):
    days = customers.purchase_days(hand, end=END)
    # e has nothing but a free day, which then makes a customer; d's free day is no purchase
    assert list(days.customers) == list("abcde")
    assert days.counts.tolist() == [3, 2, 1, 1, 1]
    assert days.amount.tolist() == [15, 20, 30, 40, 10, 5, 100, 0]
    assert days.total.tolist() == [65, 40, 5, 100, 0]
    assert days.gross.tolist() == [65, 50, 5, 100, 0]
    assert np.nan_to_num(days.gaps, nan=-1).tolist() == [-1, 36, 50, -1, 41, -1, -1, -1]
    assert days.counted(days.end - 31, days.end).tolist() == [1, 1, 0, 0, 0]
    assert days.until(days.end - 1).counts.tolist() == [2, 2, 1, 1, 1]


@pytest.mark.parametrize(
    ("zero", "customers_there", "purchases"), [("only", 5, 8), ("purchase", 5, 9), ("nothing", 4, 7)]
)
def test_what_a_free_day_is(hand, zero, customers_there, purchases):
    days = customers.purchase_days(hand, end=END, zero=zero)
    assert (len(days.customers), len(days.day)) == (customers_there, purchases)


def test_no_purchases_and_late_ones_are_told(hand):
    with pytest.raises(ModelError, match="no purchases"):
        customers.purchase_days(hand.assign(amount=-1.0))
    with pytest.raises(ModelError, match="2 transactions are later"):
        customers.purchase_days(hand, end="2024-03-01")


@pytest.mark.parametrize("unit", ["D", "W", "M"])
def test_the_summary_is_that_of_the_engine(shop, unit):
    days = customers.purchase_days(shop, end="2025-06-29")
    from crmlab.customers.histories import histories

    h = histories(days, unit)
    table = clv.rfm(shop, customer="customer", date="date", amount="amount", end="2025-06-29", unit=unit)
    for ours, theirs in ((h.x, "x"), (h.t_x, "t_x"), (h.T, "T"), (h.spend, "mean_spend")):
        np.testing.assert_allclose(ours, table[theirs], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(days.total, table["total"], rtol=1e-12)


def test_base_by_hand(hand):
    found = customers.describe(customers.purchase_days(hand, end=END)).base
    assert (found["customers"], found["purchases"], found["revenue"], found["one_time"]) == (5, 8, 210, 3)
    assert found["one_time_share"] == 0.6
    assert found.cell("one_time_share", "ci_low") == pytest.approx(0.2307, abs=1e-4)  # Wilson, 3 of 5
    assert found["mean:frequency"] == 8 / 5
    assert found["median:total"] == 40
    assert found["mean:recency"] == pytest.approx(np.mean([0, 30, 60, 59, 31]) / 7)
    assert date(1970, 1, 1).toordinal() + found["first_day"] == date(2024, 1, 5).toordinal()


def test_gini_and_the_curve():
    assert gini(np.array([3.0, 3, 3])) == pytest.approx(0)
    assert gini(np.array([1.0, 2, 3, 4])) == pytest.approx(0.25)  # (2*30 - 5*10)/(4*10)
    frame = pd.DataFrame({"customer": range(10), "date": "2024-01-01", "amount": [91.0] + [1.0] * 9})
    curve = customers.describe(customers.purchase_days(frame, end="2024-02-01")).pareto
    assert curve["revenue_share:10"] == 0.91
    assert curve["revenue_share:5"] == pytest.approx(0.455)
    assert curve["revenue_share:100"] == 1


def test_cohorts_by_hand(hand):
    found = cohorts(customers.purchase_days(hand, end=END))
    assert found.select("size")["estimate"].to_dict() == {"2024-01": 3, "2024-02": 2}
    assert found.select("retention")["estimate"].to_dict() == {
        "2024-01.0": 1, "2024-01.1": pytest.approx(1 / 3), "2024-01.2": pytest.approx(2 / 3),
        "2024-02.0": 1, "2024-02.1": 0,
    }  # fmt: skip
    assert found["revenue:2024-01.2"] == pytest.approx(40 / 3)
    # March has not ended one day before: nothing is said of it
    unfinished = cohorts(customers.purchase_days(hand[hand["date"] < "2024-03-30"], end="2024-03-30"))
    assert "retention:2024-01.2" not in unfinished


def test_periods_of_both_calendars():
    start, end = ((date(2024, m, d) - date(1970, 1, 1)).days for m, d in ((3, 19), (6, 22)))
    assert periods(start, end, "M", "gregorian")[1] == ["2024-03", "2024-04", "2024-05", "2024-06"]
    edges, names = periods(start, end, "Q", "jalali")
    assert names == ["1402-Q4", "1403-Q1", "1403-Q2"]
    assert edges[1] == (date(2024, 3, 20) - date(1970, 1, 1)).days  # 1 Farvardin 1403
    assert periods(start, end, "Y", "jalali")[1] == ["1402", "1403"]


def test_many_periods_become_longer_ones(shop):
    days = customers.purchase_days(shop, end="2025-06-29")
    assert cohorts(days).glance["months"] == 3
    assert cohorts(days.until(days.day.min() + 100)).glance["months"] == 1


def test_repeat_curve_by_hand():
    # waits 1, 2 (unfinished), 3, 4 (unfinished): 1 - 3/4, then 1 - 3/4 * 1/2
    t, event = np.array([1.0, 2, 3, 4]), np.array([True, False, True, False])
    share, low, high = again_by(t, event, np.array([0.5, 1, 2, 3, 4]), 0.95)
    np.testing.assert_allclose(share, [0, 0.25, 0.25, 0.625, 0.625])
    assert math.isnan(low[0])
    assert (low[1:] < share[1:]).all()
    assert (share[1:] < high[1:]).all()
    sure = again_by(np.array([1.0, 1]), np.array([True, True]), np.array([1.0]), 0.95)[0]
    assert sure.tolist() == [1.0]


@pytest.mark.parametrize(("k", "low", "high"), [(1, 0.85, 1.15), (4, 3.3, 4.8)])
def test_regularity_finds_the_stages(k, low, high):
    rng = np.random.default_rng(3)
    gaps = rng.gamma(k, 1, (4000, 2)) * rng.gamma(2, 50, (4000, 1)) * 20
    day = np.round(np.column_stack([np.zeros(4000), gaps.cumsum(axis=1)])).astype(int)
    keep = (np.diff(day, axis=1) > 0).all(axis=1)
    day = day[keep]
    who = np.repeat(np.arange(len(day)), 3)
    days = PurchaseDays(
        pd.RangeIndex(len(day)), who, day.ravel(), np.ones(day.size), np.zeros(len(day)), day.max() + 1
    )
    assert low < regularity(days) < high


def test_wilson_as_published():
    assert wilson(81, 263, 0.95)[1:] == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe (1998), table I


def test_groups_by_their_rules(hand):
    groups = dict(zip("abcde", rfm_groups(customers.purchase_days(hand, end=END)), strict=True))
    assert groups["a"] == "best"
    assert groups["c"] == "asleep"
    assert ranked(np.array([5.0, 1, 9, 7]), 2).tolist() == ["2", "2", "1", "1"]
    assert set(ranked(np.ones(7), 5)) == {"3"}, "equal values stand in one group"


def test_order_of_rows_and_names_change_nothing(shop):
    days = customers.purchase_days(shop, end="2025-06-29")
    again = shop.sample(frac=1, random_state=1).assign(customer=lambda d: "z" + d["customer"])
    other = customers.describe(customers.purchase_days(again, end="2025-06-29"))
    for name, found in customers.describe(days).results.items():
        pd.testing.assert_frame_equal(found.tidy, other.results[name].tidy, rtol=1e-12)
