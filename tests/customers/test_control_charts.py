"""Control charts: published examples and run lengths, exact scores, false alarms at the promised rate, shifts found."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab.customers import run_lengths as arl
from crmlab.customers.board_of_charts import Board
from crmlab.customers.change_points import any_change, best_cuts
from crmlab.customers.charts import counts_chart, cusum, ewma, individuals, scale_of
from crmlab.customers.monitor import monitor
from crmlab.customers.self_starting import (
    _rate_tails,
    _share_tails,
    counted_score,
    normal_score,
    self_starting,
    self_starting_counts,
)
from crmlab.customers.series import Clock, Series, clock_of, contact_series, purchase_series
from crmlab.errors import ModelError

# NIST/SEMATECH e-Handbook of statistical methods, 6.3.2.2 to 6.3.2.4
FLOW = np.array([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
EWMA_DATA = np.array([52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2,
                      52.6, 52.4, 53.6, 52.1])  # fmt: skip
EWMA_PATH = np.array([50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05,
                      49.38, 49.92, 50.73, 51.23, 51.94, 51.99])  # fmt: skip
GROUPS = np.array([324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600, 324.625,
                   325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350])  # fmt: skip
UP = np.array([0, 0, 0, 0, 0.03, 0, 0, 0, 0, 0, 0, 0, 3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16.00, 19.04])
DOWN = np.array([0, 0.01, 0, 0.33, 0, 0, 0.56, 0.72, 0.17, 0.25, 0.31, 0, 0, 0, 0, 0, 0, 0, 0, 0])


def test_single_values_as_nist():
    limits, ranges = individuals(FLOW)
    assert limits.centre[0] == pytest.approx(50.81)
    assert limits.high[0] == pytest.approx(55.8041, abs=2e-4)
    assert limits.low[0] == pytest.approx(45.8159, abs=2e-4)
    assert ranges == pytest.approx(3.267 * 1.87778, abs=1e-3)
    assert not limits.outside(FLOW).any()


def test_ewma_as_nist():
    path, reach = ewma((EWMA_DATA - 50) / 2.0539, 0.3, 3.0)
    assert 50 + 2.0539 * path == pytest.approx(EWMA_PATH, abs=0.0051)
    assert 2.0539 * reach[-1] == pytest.approx(2.5884, abs=5e-4)
    assert reach[0] == pytest.approx(0.3 * 3.0)  # exact from the first period on


def test_cusum_as_nist():
    up, down = cusum(GROUPS - 325, 0.3175)
    assert up == pytest.approx(UP, abs=0.011)
    assert down == pytest.approx(DOWN, abs=0.011)


def test_cusum_as_montgomery_and_runger():
    """Applied statistics and probability for engineers (2003), tables 16-7 and 16-8."""
    x = [102.0, 94.8, 98.3, 98.4, 102.0, 98.5, 99.0, 97.7, 100.0, 98.1, 101.3, 98.7, 101.1, 98.4, 97.0, 96.7, 100.3, 101.4,
         97.2, 101.0]  # fmt: skip
    up, down = cusum(np.array(x) - 99, 1.0)
    assert up == pytest.approx(
        [2.0, 0, 0, 0, 2.0, 0.5, 0, 0, 0, 0, 1.3, 0, 1.1, 0, 0, 0, 0.3, 1.7, 0, 1.0], abs=1e-9
    )
    assert down == pytest.approx(
        [0, 3.2, 2.9, 2.5, 0, 0, 0, 0.3, 0, 0, 0, 0, 0, 0, 1.0, 2.3, 0, 0, 0.8, 0], abs=1e-9
    )


def test_p_and_u_charts_by_hand_and_laney():
    count, size = np.array([5.0, 9, 4, 12, 7]), np.array([50.0, 60, 40, 80, 70])
    p = 37 / 300
    plain = counts_chart(count, size, "share")
    assert plain.high[1] == pytest.approx(p + 3 * math.sqrt(p * (1 - p) / 60))
    z = (count / size - p) / np.sqrt(p * (1 - p) / size)
    wide = np.abs(np.diff(z)).mean() / 1.128
    assert counts_chart(count, size, "share", laney=True).high[1] == pytest.approx(
        p + 3 * wide * math.sqrt(p * (1 - p) / 60)
    )
    assert counts_chart(count, size, "rate").low[0] == pytest.approx(max(0.0, p - 3 * math.sqrt(p / 50)))


# Lucas & Saccucci (1990), Technometrics 32, table 3; Montgomery (2013), tables 9.3 and 9.11; tolerance: their rounding
@pytest.mark.parametrize(
    ("weight", "limit", "shift", "length", "close"),
    [(0.1, 2.814, 0, 500, 0.6), (0.05, 2.615, 0, 500, 0.6), (0.25, 2.998, 0, 500, 0.6), (0.4, 3.054, 0, 500, 0.6),
     (0.1, 2.814, 0.5, 31.3, 0.06), (0.1, 2.814, 1, 10.3, 0.06), (0.05, 2.615, 0.25, 84.1, 0.15)],
)  # fmt: skip
def test_ewma_run_lengths_as_published(weight, limit, shift, length, close):
    assert arl.ewma_arl(weight, limit, shift) == pytest.approx(length, abs=close)


@pytest.mark.parametrize(
    ("limit", "shift", "length", "close"),
    [
        (5, 0, 465, 0.5),
        (4, 0, 168, 0.5),
        (5, 1, 10.4, 0.05),
        (4, 1, 8.38, 0.005),
        (4, 0.25, 74.2, 0.05),
        (5, 2, 4.01, 0.005),
    ],
)
def test_cusum_run_lengths_as_published(limit, shift, length, close):
    assert arl.cusum_arl(0.5, limit, shift) == pytest.approx(length, abs=close)


def test_single_values_run_lengths_and_siegmund():
    assert arl.shewhart_arl(3.0) == pytest.approx(370.398, abs=1e-3)
    assert arl.shewhart_arl(3.0, 1.0) == pytest.approx(43.89, abs=0.01)
    assert arl.siegmund_arl(0.5, 5.0) == pytest.approx(938.2, abs=0.5)  # Montgomery (2013), p. 424


@pytest.mark.parametrize("length", [50, 370, 9000])
def test_limits_keep_the_promise(length):
    assert arl.shewhart_arl(arl.shewhart_limit(length)) == pytest.approx(length, rel=1e-5)
    assert arl.ewma_arl(0.2, arl.ewma_limit(0.2, length)) == pytest.approx(length, rel=1e-5)
    assert arl.cusum_arl(0.5, arl.cusum_limit(0.5, length)) == pytest.approx(length, rel=1e-5)


def test_chances_within_some_periods_by_simulation():
    rng = np.random.default_rng(4)
    z = rng.standard_normal((20_000, 40))
    L, h = 2.4, 3.5
    level, top, low = np.zeros(len(z)), np.zeros(len(z)), np.zeros(len(z))
    gone = {"ewma": np.zeros(len(z), bool), "cusum": np.zeros(len(z), bool)}
    for t in range(40):
        level = 0.8 * level + 0.2 * z[:, t]
        gone["ewma"] |= np.abs(level) > L * math.sqrt(0.2 / 1.8 * (1 - 0.8 ** (2 * t + 2)))
        top, low = np.maximum(0, top + z[:, t] - 0.5), np.maximum(0, low - z[:, t] - 0.5)
        gone["cusum"] |= np.maximum(top, low) > h
    assert arl.ewma_alarm_within(0.2, L, 40) == pytest.approx(gone["ewma"].mean(), abs=0.012)
    assert arl.cusum_alarm_within(0.5, h, 40) == pytest.approx(gone["cusum"].mean(), abs=0.012)
    assert arl.shewhart_alarm_within(2.5, 40) == pytest.approx(1 - (1 - 2 * stats.norm.sf(2.5)) ** 40)


def test_scores_are_standard_normal_and_independent_from_a_short_baseline():
    rng = np.random.default_rng(5)
    scale = rng.uniform(0.5, 2.0, 40)
    found = np.array(
        [
            self_starting(7 + 3 * scale * rng.standard_normal(40), scale, 12, 9.0).score[12:]
            for _ in range(2000)
        ]
    )
    assert stats.kstest(found[:, 0], "norm").pvalue > 0.001
    assert found.std() == pytest.approx(1.0, abs=0.015)
    assert abs(np.corrcoef(found[:, 0], found[:, 1])[0, 1]) < 0.06


def test_scores_forget_units_and_order_of_the_baseline():
    rng = np.random.default_rng(6)
    x, scale = rng.normal(5, 1, 30), rng.uniform(1, 2, 30)
    plain = self_starting(x, scale, 15, 4.0).score[15:]
    assert self_starting(100 - 7 * x, 3 * scale, 15, 4.0).score[15:] == pytest.approx(-plain)
    order = np.r_[rng.permutation(15), np.arange(15, 30)]
    assert self_starting(x[order], scale[order], 15, 4.0).score[15:] == pytest.approx(plain)


def test_normal_scores_reach_far_into_the_tails():
    assert normal_score(2.0, 10) == pytest.approx(stats.norm.isf(stats.t.sf(2.0, 10)), abs=1e-10)
    assert normal_score(-60.0, 30) == pytest.approx(-stats.norm.isf(stats.t.sf(60, 30)), rel=1e-6)


@pytest.mark.parametrize("x", [0, 3, 9, 20])
def test_counted_scores_rest_on_exact_laws(x):
    law = stats.binom(300 + x, 40 / 2640)
    assert _rate_tails(x, 40.0, 300.0, 2600.0) == pytest.approx(
        (law.cdf(x - 1), law.pmf(x), law.sf(x)), rel=1e-7, abs=1e-12
    )
    law = stats.hypergeom(925, 300 + x, 25)
    assert _share_tails(x, 25.0, 300.0, 900.0) == pytest.approx(
        (law.cdf(x - 1), law.pmf(x), law.sf(x)), rel=1e-6, abs=1e-12
    )


def test_counted_scores_near_the_normal_law_for_large_counts():
    assert counted_score(5300, 10_000, 500_000, 1_000_000, "share") == pytest.approx(
        0.03 / math.sqrt(0.25 * 1.01 / 10_000), rel=0.02
    )
    assert counted_score(10_300, 1.0, 1_000_000, 100.0, "rate") == pytest.approx(
        3.0 / math.sqrt(1.01), rel=0.02
    )


def test_drawn_limits_are_where_the_score_alarms():
    rng = np.random.default_rng(7)
    size = rng.integers(8, 40, 60).astype(float)
    for kind, count in (("share", rng.binomial(size.astype(int), 0.4)), ("rate", rng.poisson(0.15 * size))):
        found = self_starting_counts(count.astype(float), size, kind, 30, 1.5)
        outside = found.limits.outside(count / size)[30:]
        assert (outside == (np.abs(found.score[30:]) > 1.5)).all()
        assert outside.any()


# -- boards ----------------------------------------------------------------------------------------


def stable(rng, n=104, shift=0.0, at=10**6):
    """Eight series that only chance moves, or that shift by so many standard deviations of a period."""
    clock, per, out = Clock(19000, 7, n, "W"), np.arange(n), []
    s = np.where(per >= at, shift, 0.0)
    for k, name in enumerate(
        ("rate", "repeat", "quality", "basket", "volume", "acceptance", "retention", "cost")
    ):
        e = rng.integers(12, 60, n).astype(float)
        if k % 4 == 0:
            count = rng.poisson(0.1 * e + s * np.sqrt(0.1 * e)).astype(float)
            out.append(Series(name, "rate", count, e, per, clock))
        elif k % 4 == 1:
            count = rng.binomial(e.astype(int), np.clip(0.3 + s * np.sqrt(0.21 / e), 0, 1)).astype(float)
            out.append(Series(name, "share", count, e, per, clock))
        else:
            out.append(
                Series(name, "mean", 70 + 12 / np.sqrt(e) * (s + rng.standard_normal(n)), e, per, clock)
            )
    return out


def test_stable_series_alarm_as_rarely_as_promised():
    rng, board = np.random.default_rng(8), Board(arl=100.0)
    runs = [monitor(stable(rng, 60)[:4], board)["monitor_alarms"] for _ in range(40)]
    seen = sum(len(run.select("first")) for run in runs) / len(runs)
    said = sum(run.select("chance")["estimate"].sum() for run in runs) / len(runs)
    assert seen == pytest.approx(said, abs=4 * math.sqrt(said / len(runs)) + 0.05)
    assert said < runs[0]["false_alarms"] * 1.05


def test_a_shift_is_found_within_the_promised_time():
    rng, board = np.random.default_rng(9), Board(charts=("cusum",), shift=2.0)
    delays = []
    for _ in range(12):
        run = monitor(stable(rng, shift=2.0, at=60)[:4], board, baseline_end=19000 + 7 * 60 - 1)[
            "monitor_alarms"
        ]
        first = run.select("first")["estimate"]
        delays += list(first - 60)
        assert len(first) == 4
    assert np.median(delays) <= run["delay:cusum"] * 1.15 + 1


def test_an_alarm_names_rule_day_and_side():
    rng = np.random.default_rng(10)
    series = stable(rng)[2]
    value = series.count.copy()
    value[80] = 40.0
    told = monitor([Series("quality", "mean", value, series.size, series.period, series.clock)])
    alarms = told["monitor_alarms"]
    assert alarms["first:quality.shewhart"] == 81
    assert alarms["side:quality.shewhart"] == -1
    assert alarms["first_day:quality.shewhart"] == 19000 + 7 * 80
    assert told["monitor_series"].cell("value:quality.081", "ci_low") > 40.0


def test_an_outlier_of_the_baseline_is_set_aside():
    series = stable(np.random.default_rng(11))[2]
    value = series.count.copy()
    value[10] = 200.0
    spoilt = monitor([Series("quality", "mean", value, series.size, series.period, series.clock)])[
        "monitor_series"
    ]
    clean = monitor([series])["monitor_series"]
    assert spoilt["set_aside:quality"] == 1
    assert spoilt["centre:quality"] == pytest.approx(clean["centre:quality"], abs=0.5)


def test_overdispersed_counts_get_laneys_spread():
    rng, n = np.random.default_rng(12), 104
    e = np.full(n, 400.0)
    count = rng.binomial(400, np.clip(0.3 + rng.normal(0, 0.05, n), 0, 1)).astype(float)
    told = monitor([Series("acceptance", "share", count, e, np.arange(n), Clock(19000, 7, n, "W"))])
    assert told["monitor_series"].cell("overdispersion:acceptance", "p_value") < 0.001
    assert told["monitor_series"]["sigma:acceptance"] > 1.5
    assert not len(told["monitor_alarms"].select("first"))


def test_dependent_periods_are_told():
    rng, n = np.random.default_rng(13), 120
    x = np.zeros(n)
    for t in range(1, n):
        x[t] = 0.8 * x[t - 1] + rng.standard_normal()
    told = monitor([Series("basket", "number", x, np.ones(n), np.arange(n), Clock(0, 7, n, "W"))])[
        "monitor_series"
    ]
    assert [check.name for check in told.failed] == ["check.independent:basket"]


def test_few_periods_and_constant_series_are_said():
    short = stable(np.random.default_rng(14), 14)
    with pytest.raises(ModelError, match="no series has 12 periods of baseline"):
        monitor(short)
    flat = Series("cost", "mean", np.full(60, 5.0), np.ones(60), np.arange(60), Clock(0, 7, 60, "W"))
    told = monitor([flat, stable(np.random.default_rng(15), 60)[0]])["monitor_series"]
    assert "check.varies:cost" in [check.name for check in told.failed]
    assert list(told.select("centre").index) == ["rate"]


def test_the_same_board_twice_is_the_same_to_the_bit():
    first, second = (monitor(stable(np.random.default_rng(16))) for _ in range(2))
    assert all(first[name].equals(second[name]) for name in first)


# -- change points ---------------------------------------------------------------------------------


def test_cuts_stand_where_levels_change():
    rng = np.random.default_rng(17)
    z = rng.standard_normal(120) + np.repeat([0, 2.5, -1], 40)
    cuts = best_cuts(z, least=1)
    assert len(cuts) == 2
    assert abs(cuts[0] - 40) <= 2
    assert abs(cuts[1] - 80) <= 2
    assert any_change(z, rng)[1] == 0.001


def test_the_best_cut_is_the_best_of_all():
    z = np.random.default_rng(18).standard_normal(30)
    (cut,) = best_cuts(z, least=1, most=1)
    loss = {
        k: ((z[:k] - z[:k].mean()) ** 2).sum() + ((z[k:] - z[k:].mean()) ** 2).sum() for k in range(4, 27)
    }
    assert cut == min(loss, key=loss.get)


def test_no_change_is_seldom_called_one():
    rng = np.random.default_rng(19)
    p = np.array([any_change(rng.standard_normal(60), rng, 199)[1] for _ in range(300)])
    assert 0.02 < (p <= 0.05).mean() < 0.085
    assert sum(bool(best_cuts(rng.standard_normal(60))) for _ in range(200)) <= 8


# -- series ----------------------------------------------------------------------------------------


def test_series_of_purchases_by_hand():
    from crmlab.customers.days import PurchaseDays

    rows = [(0, 0), (0, 5), (0, 10), (1, 1), (1, 30), (2, 8), (2, 12), (2, 29)]  # customer, day
    who, day = (np.array(part) for part in zip(*rows, strict=True))
    amount = np.exp(np.arange(8.0))
    days = PurchaseDays(pd.Index(["a", "b", "c"]), who, day, amount, np.zeros(3), 34)
    found = {one.name: one for one in purchase_series(days, "W", active=10, again=7)}
    # active for ten days: at day 14 a and c, at 21 c alone, at 28 nobody, so that nothing can be counted there
    assert found["rate"].period.tolist() == [2, 3]
    assert found["rate"].size.tolist() == [2.0, 1.0]
    assert found["rate"].count.tolist() == [0.0, 0.0]
    assert found["rate"].left_out == 1
    assert found["basket"].count[0] == pytest.approx((0 + 1 + 3) / 3)


def test_active_customers_by_brute_force():
    rng = np.random.default_rng(20)
    who = np.sort(rng.integers(0, 60, 900))
    frame = (
        pd.DataFrame({"who": who, "day": rng.integers(0, 700, 900)})
        .drop_duplicates()
        .sort_values(["who", "day"])
    )
    from crmlab.customers.days import PurchaseDays

    days = PurchaseDays(
        pd.Index(range(60)),
        frame["who"].to_numpy(),
        frame["day"].to_numpy(),
        np.ones(len(frame)),
        np.zeros(60),
        699,
    )
    found = {one.name: one for one in purchase_series(days, "W", active=50, again=40)}
    clock = found["rate"].clock
    own = {k: part["day"].to_numpy() for k, part in frame.groupby("who")}
    for place, period in list(enumerate(found["rate"].period))[::9]:
        start = clock.start + 7 * period
        active = [k for k, d in own.items() if ((d < start) & (d >= start - 50)).any()]
        bought = sum(((own[k] >= start) & (own[k] < start + 7)).sum() for k in active)
        assert (found["rate"].size[place], found["rate"].count[place]) == (len(active), bought)
    first = {k: d[0] for k, d in own.items()}
    back = {k: len(d) > 1 and d[1] - d[0] <= 40 for k, d in own.items()}
    cohort = found["retention"]
    for place, period in enumerate(cohort.period):
        members = [k for k in own if (first[k] - clock.start) // 7 == period]
        assert (cohort.size[place], cohort.count[place]) == (len(members), sum(back[k] for k in members))


def test_periods_end_on_the_last_day_and_get_coarser_where_rows_are_few():
    assert clock_of(0, 700, 20_000) == Clock(1, 7, 100, "W")
    assert clock_of(0, 28 * 50 - 1, 1200).unit == "M"
    assert clock_of(0, 3, 10) is None


def test_series_of_contacts():
    frame = pd.DataFrame({
        "day": np.arange(0, 140), "accepted": np.tile([1.0, 0.0], 70), "quality": 50.0, "cost": np.tile([1.0, np.e**2], 70)
    })  # fmt: skip
    found = {one.name: one for one in contact_series(frame, "W")}
    assert found["volume"].value == pytest.approx(np.ones(20))
    assert found["acceptance"].count.sum() == 70
    assert np.average(found["cost"].count, weights=found["cost"].size) == pytest.approx(1.0)
    assert contact_series(frame.iloc[:0]) == []


def test_scale_of_each_kind():
    size = np.array([25.0])
    assert scale_of("share", 0.5, size)[0] == pytest.approx(0.1)
    assert scale_of("rate", 4.0, size)[0] == pytest.approx(0.4)
    assert scale_of("mean", 0.0, size)[0] == pytest.approx(0.2)
    assert scale_of("number", 0.0, size)[0] == 1.0


@pytest.mark.slow
def test_false_alarms_and_delays_at_full_length():
    rng, board = np.random.default_rng(21), Board()
    runs = [monitor(stable(rng), board)["monitor_alarms"] for _ in range(400)]
    for chart in board.charts:
        seen = np.mean([run.select("first").index.str.endswith(chart).sum() for run in runs])
        said = (
            runs[0].select("chance").loc[lambda rows, c=chart: rows.index.str.endswith(c), "estimate"].sum()
        )
        assert seen == pytest.approx(said, abs=4 * math.sqrt(said / 400) + 0.01), chart


# -- against a purchase model ----------------------------------------------------------------------


def bought(rng, slump=1.0, people=400, last=700):
    """Customers who buy at gamma rates from a random first day on, and are lost at exponential times."""
    from crmlab.customers.days import purchase_days

    rows = []
    for who, rate in enumerate(rng.gamma(1.5, 1 / 45, people)):
        t, gone = float(rng.integers(0, 250)), rng.exponential(900)
        end = min(t + gone, last)
        while t < end:
            rows.append((f"C{who:04d}", np.datetime64("2022-01-01") + int(t), 10.0))
            t += rng.exponential(1 / (rate * (slump if t >= 500 else 1.0)))
    return purchase_days(pd.DataFrame(rows, columns=["customer", "date", "amount"]), end="2023-12-01")


def test_purchases_are_as_many_as_the_model_expected_until_they_are_not():
    from crmlab.customers.expected_series import expected_series

    found = {}
    for name, slump in (("steady", 1.0), ("slump", 0.45)):
        days = bought(np.random.default_rng(22), slump)
        clock = clock_of(int(days.day.min()), int(days.end), len(days.day), "W")
        series, mix = expected_series(days, "pareto_nbd", clock, baseline_end=clock.start + 7 * 68 - 1)
        end = clock.start + 7 * 68 - 1
        told = monitor([series], Board(arl=370.0), baseline_end=end, mix=mix)
        found[name] = told["monitor_alarms"]
        assert told["monitor_series"]["centre:expected"] == pytest.approx(1.0, abs=0.08)
        assert told["monitor_changes"]["alive:then"] == mix.share[0]
        assert told["monitor_changes"]["alive_psi"] == mix.psi
    assert not len(found["steady"].select("first"))
    assert set(found["slump"].select("side")["estimate"]) == {-1.0}
    assert found["slump"].select("first")["estimate"].min() <= 85  # the slump begins in period 72


def test_of_very_many_customers_every_kth_is_watched(monkeypatch):
    from crmlab.customers import expected_series as module

    days = bought(np.random.default_rng(23))
    clock = clock_of(int(days.day.min()), int(days.end), len(days.day), "W")
    whole, _ = module.expected_series(days, "bgnbd", clock)
    monkeypatch.setattr(module, "MOST", len(days.customers) * clock.periods // 2 + clock.periods)
    half, mix = module.expected_series(days, "bgnbd", clock)
    assert half.count.sum() < 0.7 * whole.count.sum()
    assert mix.customers[1] == -(-len(days.customers) // 2)
    with pytest.raises(ModelError, match="the baseline has no purchases"):
        module.expected_series(days, "bgnbd", clock, baseline_end=0)
