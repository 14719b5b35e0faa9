"""Cohorts, inequality, gaps and repeat buying in SQL, against the same by hand and by plain pandas."""

import numpy as np
import pandas as pd
import pytest

from crmlab.clv import habits

KEYS = {"customer": "who", "date": "day", "amount": "paid"}


def log(seed=2):
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 300, 500), unit="D")
    paid = rng.gamma(2, 30, 500).round(2) * rng.choice([1, -1], 500, p=[0.95, 0.05])
    return pd.DataFrame({"who": rng.integers(1, 70, 500), "day": day, "paid": paid})


def merged(frame):
    return frame[frame["paid"] > 0].groupby(["who", "day"], as_index=False)["paid"].sum()


def test_a_cohort_table_by_hand():
    frame = pd.DataFrame(
        {"who": [1, 1, 1, 2, 3, 3], "paid": [10.0, 5, 1, 8, 4, 6],
         "day": ["2024-01-31", "2024-02-01", "2024-02-20", "2024-01-02", "2024-02-10", "2024-04-01"]}
    )  # fmt: skip
    got = habits.cohorts(frame, **KEYS)
    assert got[["period", "customers", "active", "retention", "revenue"]].to_numpy().tolist() == [
        [0, 2, 2, 1.0, 18.0],
        [1, 2, 1, 0.5, 6.0],
        [0, 1, 1, 1.0, 4.0],
        [2, 1, 1, 1.0, 6.0],
    ]
    assert got["cohort"].astype(str).tolist() == ["2024-01-01"] * 2 + ["2024-02-01"] * 2


def test_inequality_equals_its_definition():
    frame = log()
    v = np.sort(merged(frame).groupby("who")["paid"].sum().to_numpy())
    n = len(v)
    want = ((2 * np.arange(1, n + 1) - n - 1) * v).sum() / (n * v.sum())
    assert habits.gini(frame, **KEYS) == pytest.approx(want, rel=1e-12)
    curve = habits.pareto(frame, **KEYS).set_index("percent")["revenue_share"]
    best = v[::-1].cumsum() / v.sum()
    for percent in (20, 50, 100):
        assert curve[percent] == pytest.approx(best[int(np.floor(percent * n / 100)) - 1], rel=1e-12)


def test_gaps_of_each_customer():
    frame = log()
    want = merged(frame).groupby("who")["day"].apply(lambda days: days.diff().dt.days.dropna())
    by = want.groupby(level=0)
    got = habits.gaps(frame, **KEYS).set_index("customer")
    np.testing.assert_allclose(got["mean_days"], by.mean().reindex(got.index), rtol=1e-12)
    np.testing.assert_allclose(got["cv"], (by.std() / by.mean()).reindex(got.index), rtol=1e-9)
    assert (got["n_gaps"] == by.size().reindex(got.index)).all()


def test_the_repeat_curve_is_kaplan_meier():
    from lifelines import KaplanMeierFitter

    frame, end = log(), pd.Timestamp("2021-12-01")
    days = merged(frame).groupby("who")["day"]
    first, second = days.first(), days.nth(1)
    second = merged(frame).loc[second.index].set_index("who")["day"].reindex(first.index)
    waited = (second.fillna(end) - first).dt.days
    fit = KaplanMeierFitter().fit(waited, second.notna())
    got = habits.repeat_curve(frame, **KEYS, end=end)
    want = 1 - fit.survival_function_at_times(got["days"]).to_numpy()
    np.testing.assert_allclose(got["share"], want, atol=1e-12)
