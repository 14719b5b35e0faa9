"""Choice, judgement and value of a planted customer base, and what is said where there is nothing to model."""

import math

import numpy as np
import pandas as pd
import pytest

from crmlab import clv, customers
from crmlab.customers.holdout import _classes, _means
from crmlab.customers.models import candidates
from crmlab.customers.retained import retained
from crmlab.errors import ModelError

END = "2025-06-29"
SPLIT = int(np.datetime64("2024-12-29").astype(int))


@pytest.fixture(scope="module")
def days(shop):
    return customers.purchase_days(shop, end=END)


@pytest.fixture(scope="module")
def models(days):
    return customers.fit_models(days, calibration_end=SPLIT)


@pytest.fixture(scope="module")
def worth(days, models):
    money = customers.Money(rate=0.15, horizon=104.0, margin=0.3)
    return customers.value_customers(models, days, money=money, tiers=5, draws=100, seed=1)


def test_the_planted_world_is_found(models):
    # planted: r .9, alpha 9, a .8, b 2.4, and no loss at the first purchase; the interval is at 99.9 %
    found = customers.fit_models(models_days(models), model="bgnbd", level=0.999).purchase
    for name, truth in (("r", 0.9), ("alpha", 9.0), ("a", 0.8), ("b", 2.4)):
        assert found.cell(f"param:{name}", "ci_low") < truth < found.cell(f"param:{name}", "ci_high"), name
    assert found.cell("mean_rate", "ci_low") < 0.1 < found.cell("mean_rate", "ci_high")
    assert found.cell("dropout_chance", "ci_low") < 0.25 < found.cell("dropout_chance", "ci_high")


def models_days(models):
    """A larger world of the same kind; its ledger starts on the same day."""
    from importlib import util
    from pathlib import Path

    spec = util.spec_from_file_location("purchases", Path(__file__).parent / "purchases.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert models.fit is not None
    return customers.purchase_days(module.planted(3000, seed=11), end=END)


def test_the_choice_does_not_look_at_the_holdout(models):
    choice = models.choice
    sound = [name for name in choice.select("loglik").index if choice[f"inside:{name}"] == 1]
    best = min(sound, key=lambda name: choice[f"bic_calibration:{name}"])
    assert choice[f"chosen:{best}"] == 1
    assert choice.select("chosen")["estimate"].sum() == 1
    assert choice[f"aic:{best}"] == pytest.approx(8 - 2 * choice[f"loglik:{best}"])


def test_the_holdout_is_counted(models, shop):
    early = shop[shop["date"] <= "2024-12-29"]["customer"].unique()
    late = shop[(shop["date"] > "2024-12-29") & shop["customer"].isin(early)]
    assert models.holdout["total:actual"] == len(late)
    assert models.holdout.glance["horizon"] == 26
    actual = models.tracking.select("actual_cumulative")["estimate"]
    weeks = int(float(actual.index[-1]))
    upto = pd.Timestamp("2024-01-01") + pd.Timedelta(weeks * 7, "D")
    inside = shop[shop["customer"].isin(early) & (shop["date"] <= upto)]
    assert actual.iloc[-1] == len(inside) - inside["customer"].nunique()
    assert models.frequencies.select("actual")["estimate"].sum() == models.holdout.glance["n"]


def test_a_good_model_beats_naive_and_a_short_calibration_says_so(shop, models):
    assert not [check for check in models.holdout.failed if check.name.endswith("mae")]
    few = shop[shop["customer"] < "c0040"]
    short = customers.fit_models(
        customers.purchase_days(few, end=END), calibration_end=SPLIT - 180, model="pareto_nbd"
    )
    assert "check.calibration_length" in [check.name for check in short.holdout.failed]
    assert short.holdout.glance["horizon"] > 26


def test_value_adds_up(days, models, worth):
    table, value = worth.table, worth.value
    assert value["clv.equity"] == pytest.approx(table["clv"].sum())
    assert value["clv.mean"] == pytest.approx(table["clv"].mean())
    for groups in (worth.rfm_groups, worth.value_tiers):
        assert groups.select("clv_total")["estimate"].sum() == pytest.approx(value["clv.equity"])
        assert groups.select("customers")["estimate"].sum() == len(table)
        assert groups.select("clv_share")["estimate"].sum() == pytest.approx(1)
    assert worth.value_tiers["clv_mean:1"] > worth.value_tiers["clv_mean:5"]
    assert worth.alive["alive"] == pytest.approx(table["p_alive"].sum())
    assert worth.alive.select("count")["estimate"].sum() == len(table)
    low, high = (value.cell("clv.equity", side) for side in ("ci_low", "ci_high"))
    assert low < value["clv.equity"] < high
    assert {"horizon_years", "rate_per_year", "margin"} <= value.glance.keys()


def test_two_groupings_at_once_are_those_of_two_calls(models):
    h = models.histories
    ways = pd.DataFrame({"a": np.where(h.x > 0, "again", "once"), "b": np.where(h.T > 40, "old", "young")})
    asked = {"rate_per_year": 0.1, "periods_per_year": 52.0, "horizon": 52.0, "draws": 50}
    both = clv.customer_value(models.fit, models.money, h.spend, **asked, segments=ways).segments
    for name in ways:
        one = clv.customer_value(models.fit, models.money, h.spend, **asked, segments=ways[name]).segments
        found = both[both["segment"].isin(one["segment"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, one, rtol=1e-6)
    with pytest.raises(ModelError, match="segment of one name"):
        clv.customer_value(models.fit, None, **asked, segments=ways.assign(c=ways["a"]))


@pytest.mark.parametrize("unit", ["D", "M"])
def test_the_unit_of_time_changes_no_value(days, unit):
    """C20 of the list of faults: beyond 1e-6."""
    found = {}
    for name, horizon in (("W", 104.0), (unit, 104.0 * 7 / {"D": 1, "M": 365.25 / 12}[unit])):
        fitted = customers.fit_models(days, unit=name, model="mbgnbd")
        money = customers.Money(rate=0.15, horizon=horizon)
        found[name] = customers.value_customers(fitted, days, unit=name, money=money, draws=0).table["clv"]
    np.testing.assert_allclose(found["W"], found[unit], rtol=1e-6)


def test_nominal_money_stands_beside_real(shop, days, models):
    other = customers.purchase_days(shop.assign(amount=2 * shop["amount"]), end=END)
    double = customers.value_customers(
        models, days, money=customers.Money(0.1, 104.0), draws=0,
        compare=(other, customers.Money(0.1, 104.0)),
    ).value  # fmt: skip
    assert double["equity:nominal"] == pytest.approx(2 * double["clv.equity"], rel=1e-4)


def test_the_table_is_written_whole(worth, tmp_path):
    csv, parquet = worth.save_table(tmp_path)
    pd.testing.assert_frame_equal(pd.read_csv(csv), pd.read_parquet(parquet), check_dtype=False)
    assert len(pd.read_csv(csv)) == len(worth.table)
    assert {path.name for path in tmp_path.iterdir()} == {"customers.csv", "customers.parquet"}


def test_nobody_bought_again():
    frame = pd.DataFrame({"customer": range(40), "date": "2024-01-05", "amount": 5.0})
    days = customers.purchase_days(frame, end="2024-06-01")
    models = customers.fit_models(days, calibration_end=int(days.day.min()) + 60)
    assert [check.name for check in models.choice.failed] == ["check.repeat_customers"]
    worth = customers.value_customers(models, days)
    assert worth.results == {}
    assert worth.save_table("nowhere") == []


def test_without_errors_there_is_no_interval_and_it_is_said():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "customer": np.repeat(np.arange(80), 4), "amount": 1000.0,
        "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 320), "D"),
    })  # fmt: skip
    days = customers.purchase_days(frame)
    worth = customers.value_customers(customers.fit_models(days), days, draws=60)
    assert "check.value_interval" in [check.name for check in worth.value.failed]
    assert math.isnan(worth.value.cell("clv.equity", "ci_low"))
    assert worth.value["clv.equity"] > 0


def test_retention_times_margin_by_hand():
    day = pd.Timestamp("2023-01-01")
    rows = [(c, day + pd.Timedelta(30, "D"), 10.0) for c in "abcd"]
    rows += [(c, day + pd.Timedelta(500, "D"), 20.0) for c in "abe"]
    days = customers.purchase_days(
        pd.DataFrame(rows, columns=["customer", "date", "amount"]), end=day + pd.Timedelta(730, "D")
    )
    found = retained(days, 0.10, 0.5)
    assert (found["retention"], found["yearly_margin"], found["active"]) == (0.5, 10.0, 3.0)
    assert found["retention_mean"] == pytest.approx(10 * 0.5 / 0.6)  # m r/(1 + d - r)
    assert retained(days.until(days.day.min() + 300), 0.1, 1.0) == {}


def test_regular_buyers_get_their_model():
    assert candidates(1.0) == candidates(float("nan")) == ("bgnbd", "mbgnbd", "pareto_nbd")
    assert candidates(3.2)[-1] == "mbgcnbd3"
    assert candidates(9.0, "bgcnbd") == ("bgcnbd4",)
    with pytest.raises(ModelError, match="'nbd' is not known"):
        customers.fit_models(
            customers.purchase_days(
                pd.DataFrame({"customer": [1], "date": ["2024-01-01"], "amount": [1.0]}), end="2024-03-01"
            ),
            model="nbd",
        )


def test_classes_of_heavy_buyers():
    counts = [*map(str, range(21)), "21+"]
    found = _classes(pd.DataFrame({"x": counts, "actual": 1.0, "expected": 2.0}))
    assert found["x"].tolist() == ["0-2", "3-5", "6-8", "9-11", "12-14", "15-17", "18-20", "21+"]
    assert found["actual"].tolist() == [3] * 7 + [1]
    means = _means(
        pd.DataFrame({"x": [0, 1, 30], "customers": [1, 3, 2], "actual": [4.0, 0.0, 1.0], "expected": 1.0}),
        21,
    )
    assert means.loc[0, ["customers", "actual"]].tolist() == [4, 1]
    assert means["x"].tolist() == ["0-2", "21+"]
