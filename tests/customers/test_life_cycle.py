"""Stages by a rule, moves between them, time in them: by hand, against other programs, and against a planted chain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.customers.agreement_of_stages import kappa
from crmlab.customers.alive_rule import alive_rule
from crmlab.customers.life_cycle import life_cycle
from crmlab.customers.people import stage_effects
from crmlab.customers.placement import placement
from crmlab.customers.stages import (
    ACQUIRE,
    ENHANCE,
    LOST,
    NOT_YET,
    RETAIN,
    STAGES,
    Rule,
    cells_of_frame,
    stages,
)
from crmlab.customers.transitions import chances, logit_limits, moves, occupation
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame

PLANTED = np.array(
    [[0.20, 0.35, 0.30, 0.15], [0.0, 0.40, 0.45, 0.15], [0.0, 0.20, 0.60, 0.20], [0.0, 0.03, 0.02, 0.95]]
)


def bought(*rows):
    """Customer, day of January 2024 onwards (0 the first), money."""
    start = pd.Timestamp("2024-01-01")
    frame = pd.DataFrame(rows, columns=["customer", "day", "amount"])
    return frame.assign(day=start + pd.to_timedelta(frame["day"], unit="D"))


def walked(n, periods, seed, late=0):
    """Stages of n customers who walk by the planted chain; up to `late` of the first periods they are not there yet."""
    rng = np.random.default_rng(seed)
    found = np.full((n, periods), NOT_YET, dtype=np.int8)
    born = rng.integers(0, late + 1, n)
    now = np.zeros(n, dtype=int)
    for t in range(periods):
        there = born <= t
        step = (rng.random(n)[:, None] > PLANTED.cumsum(axis=1)[now]).sum(axis=1)
        now = np.where(born < t, step, 0)
        found[there, t] = now[there]
    return found


HAND = bought(
    ("steady", 0, 10), ("steady", 40, 10), ("steady", 80, 10), ("steady", 120, 10), ("steady", 160, 10),
    ("more", 0, 10), ("more", 40, 10), ("more", 100, 50), ("more", 170, 80),
    ("gone", 0, 10), ("gone", 5, 10), ("gone", 10, 10),
    ("new", 175, 10), ("once", 130, 10),
)  # fmt: skip


def staged(frame, rule=None, **asked):
    cells = cells_of_frame(frame, **{"months": 1, "end": "2024-06-30", **asked})
    grid = np.concatenate(list(stages(cells, rule or Rule())))
    return pd.DataFrame(grid, index=cells.names), cells


def test_stages_by_hand():
    grid, cells = staged(HAND)
    assert (cells.periods, cells.end - cells.ends[0] > 120) == (6, True)
    last = grid[5]
    assert last["new"] == ACQUIRE  # first bought in the last period
    assert last["once"] == ACQUIRE  # no second purchase, not silent for long
    assert last["gone"] == LOST  # 171 days silent, 5 days between purchases, mean of all about 36 days
    assert last["more"] == ENHANCE  # 80 in the last two periods, 0 or 50 before
    assert last["steady"] == RETAIN
    assert grid.loc["new"].tolist() == [NOT_YET] * 5 + [ACQUIRE]
    assert grid.loc["gone"].tolist()[0] == ACQUIRE
    # own mean gap with the mean of all as one more: (10 + gap) / 3, three times that is silence enough
    own = 3 * (10 + cells.gap) / 3
    silent = cells.ends - cells.last[cells.who == list(cells.names).index("gone")].max()
    assert ((grid.loc["gone"].to_numpy() == LOST) == (silent > own)).all()


def test_the_mean_time_between_purchases_is_that_of_all():
    _, cells = staged(HAND)
    assert cells.gap == pytest.approx((160 + 170 + 10) / (4 + 3 + 2))


def test_a_product_bought_for_the_first_time_enhances():
    frame = HAND.assign(product="a")
    frame.loc[
        (frame["customer"] == "steady") & (frame["amount"].cumsum() > 0) & (frame["day"] == "2024-06-09"),
        "product",
    ] = "b"
    grid, _ = staged(frame, product=True)
    assert grid.loc["steady", 5] == ENHANCE
    same, _ = staged(HAND.assign(product="a"), product=True)
    assert same.loc["steady", 5] == RETAIN


def test_cells_are_sums_by_customer_and_period(shop):
    frame = shop.rename(columns={"date": "day"})
    cells = cells_of_frame(frame, months=2)
    end = frame["day"].max()
    back = ((end - frame["day"]).dt.days / cells.length).astype(int)
    grouped = frame.assign(period=cells.periods - 1 - back).groupby(["customer", "period"])
    wanted = grouped.agg(money=("amount", "sum"), times=("day", "nunique")).reset_index()
    assert (cells.names[cells.who] == wanted["customer"]).all()
    assert (cells.period == wanted["period"]).all()
    assert cells.money == pytest.approx(wanted["money"].to_numpy(), rel=1e-12)
    assert (cells.times == wanted["times"]).all()


def test_order_units_and_pieces_change_nothing(shop, monkeypatch):
    frame = shop.rename(columns={"date": "day"})
    first = life_cycle(frame, months=2)
    mixed = frame.sample(frac=1, random_state=1).assign(amount=lambda one: one["amount"] * 10)
    second = life_cycle(mixed, months=2)
    assert (first.stage == second.stage).all()
    for name, result in first.results.items():
        wanted, found = result.tidy, second.results[name].tidy
        assert (wanted["term"] == found["term"]).all()
        assert found["estimate"].to_numpy() == pytest.approx(
            wanted["estimate"].to_numpy(), rel=1e-12, nan_ok=True
        )
    monkeypatch.setattr("crmlab.customers.stages.CHUNK", 7)
    third = life_cycle(frame, months=2)
    assert third.results["transitions"].equals(first.results["transitions"])
    assert third.results["occupation"].equals(first.results["occupation"])


def test_refunds_free_receipts_and_the_end_of_observation():
    frame = bought(("a", 0, 10), ("a", 3, -10), ("a", 50, 0), ("b", 2, 0))
    cells = cells_of_frame(frame, months=1, end="2024-03-31")
    assert dict(zip(cells.names[cells.who], cells.times, strict=True)) == {"a": 1, "b": 1}
    assert cells_of_frame(frame, months=1, end="2024-03-31", zero="purchase").times.sum() == 3
    assert cells_of_frame(frame, months=1, end="2024-03-31", zero="nothing").names.tolist() == ["a"]
    with pytest.raises(ModelError, match="later than the end of observation"):
        cells_of_frame(frame, months=1, end="2024-01-02", zero="purchase")
    with pytest.raises(ModelError, match="no purchases"):
        cells_of_frame(frame.assign(amount=-1.0), months=1)


def test_moves_and_chances_by_hand():
    grid = np.array([[0, 1, 1, 3], [-1, 0, 2, 2], [0, 3, 3, 1]], dtype=np.int8)
    found = moves([grid[:2], grid[2:]])
    assert found.counts.tolist() == [[0, 1, 1, 1], [0, 1, 0, 1], [0, 0, 1, 0], [0, 1, 0, 1]]
    assert found.entered.tolist() == [2, 1, 0, 0]
    assert found.now.tolist() == [0, 1, 1, 1]
    assert found.ages[0].tolist() == [[0, 1, 1, 1], [0] * 4, [0] * 4, [0] * 4]
    p, low, high = chances(found, 0.95)
    assert p[0].tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
    # every customer leaves acquire once: the variance over customers is the binomial one
    from statsmodels.stats.proportion import proportion_confint

    assert (low[0, 1], high[0, 1]) == pytest.approx(proportion_confint(1, 3, 0.05, "wilson"), abs=1e-12)
    assert low[0, 0] == 0


def test_chances_are_the_planted_ones_within_their_intervals():
    inside, total = 0, 0
    for seed in range(40):
        p, low, high = chances(moves([walked(400, 7, seed, late=3)]), 0.95)
        cells = (PLANTED > 0) & (PLANTED < 1)
        inside += int(((low <= PLANTED) & (high >= PLANTED))[cells].sum())
        total += int(cells.sum())
        assert np.abs(p - PLANTED).max() < 0.12
    assert 0.92 < inside / total < 0.98


def test_occupation_is_that_of_the_planted_chain_and_its_errors_hold():
    truth = np.array([np.linalg.matrix_power(PLANTED, k)[0] for k in range(7)])
    spent = truth[:6].sum(axis=0)
    z, t = [], []
    for seed in range(60):
        where = occupation(moves([walked(300, 7, 100 + seed, late=3)]).ages)
        free = where.share_se[1:] > 0
        z += ((where.share[1:] - truth[1:]) / np.where(free, where.share_se[1:], 1))[free].tolist()
        t += ((where.time - spent) / where.time_se).tolist()
        assert where.share.sum(axis=1) == pytest.approx(np.ones(7))
        assert where.time.sum() == pytest.approx(6)
    assert np.std(z) == pytest.approx(1, abs=0.1)
    assert np.std(t) == pytest.approx(1, abs=0.15)
    assert abs(np.mean(z)) < 0.15


def test_without_censoring_occupation_is_a_share_with_its_binomial_error():
    grid = walked(200, 6, 5)
    where = occupation(moves([grid]).ages)
    share = np.array([(grid[:, 5] == k).mean() for k in range(4)])
    assert where.share[5] == pytest.approx(share, abs=1e-12)
    assert where.share_se[5] == pytest.approx(np.sqrt(share * (1 - share) / 200), abs=1e-12)
    spent = np.array([(grid[:, :5] == k).sum(axis=1) for k in range(4)])
    assert where.time == pytest.approx(spent.mean(axis=1), abs=1e-12)


def test_occupation_is_lifelines_cumulative_incidence_of_two_causes():
    from lifelines import AalenJohansenFitter

    rng = np.random.default_rng(11)
    n = 400
    when, cause = rng.geometric(0.15, n), rng.choice([1, 3], n, p=[0.6, 0.4])
    seen = rng.integers(1, 9, n)
    durations, event = np.minimum(when, seen), np.where(when <= seen, cause, 0)
    ages = np.zeros((8, 4, 4))
    for duration, what in zip(durations, event, strict=True):
        for age in range(duration - 1):
            ages[age, 0, 0] += 1
        ages[duration - 1, 0, what if what else 0] += 1
    where = occupation(ages)
    for what in (1, 3):
        hazard = [(event[durations == t] == what).sum() / (durations >= t).sum() for t in range(1, 9)]
        every = [(event[durations == t] > 0).sum() / (durations >= t).sum() for t in range(1, 9)]
        left = np.concatenate([[1.0], np.cumprod(1 - np.array(every))])
        assert where.share[1:, what] == pytest.approx(np.cumsum(np.array(hazard) * left[:-1]), abs=1e-12)
    # lifelines wants no ties: within one time the events come first, in any order
    apart = durations + np.where(event > 0, 0.0, 0.5) + np.linspace(0, 1e-6, n)
    fit = AalenJohansenFitter(calculate_variance=False).fit(apart, event, event_of_interest=1)
    theirs = fit.cumulative_density_.iloc[:, 0]
    for t in range(1, 9):
        assert where.share[t, 1] == pytest.approx(theirs.loc[: t + 0.25].iloc[-1], abs=1e-9)


def test_limits_of_shares_stay_inside():
    low, high = logit_limits(np.array([0.0, 0.02, 1.0]), np.array([0.0, 0.02, 0.0]), 0.95)
    assert low.tolist()[0] == 0
    assert high.tolist()[2] == 1
    assert 0 < low[1] < 0.02 < high[1] < 1


@pytest.mark.parametrize("weights", ["plain", "linear", "quadratic"])
def test_kappa_is_that_of_statsmodels(weights):
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.array([[20, 5, 2], [4, 30, 8], [1, 9, 21]])
    theirs = cohens_kappa(table, wt=None if weights == "plain" else weights)
    value, se, low, high = kappa(table, weights)
    assert (value, se) == pytest.approx((theirs.kappa, theirs.std_kappa), abs=1e-12)
    assert (low, high) == pytest.approx((theirs.kappa_low, theirs.kappa_upp), abs=1e-10)
    assert np.isnan(kappa(np.array([[5, 0], [0, 0]]), weights)[0])


def test_placement_counts_the_lost_and_the_unknown():
    stage = pd.Series(
        [*["acquire"] * 10, *["enhance"] * 10, *["retain"] * 10, *["lost"] * 4],
        index=[f"c{k}" for k in range(34)],
    )
    own = pd.Series([*[1.0] * 10, *[2.0] * 10, *[3.0] * 14, 2.0], index=[*stage.index, "stranger"])
    found = placement(stage, own)
    assert (found.glance["n"], found.glance["lost"], found.glance["unknown"]) == (30, 4, 1)
    assert found["kappa:linear"] == pytest.approx(1)
    assert found.ok
    with pytest.raises(ModelError, match="3 customers placed themselves"):
        placement(stage, own.iloc[:3])


def test_prospects_convert_from_the_first_conversion_on():
    days = np.array(["2024-05-10", "2024-06-10", "NaT", "NaT", "NaT"], dtype="datetime64[s]")
    found = life_cycle(HAND, months=1, end="2024-06-30", converted=days)
    movement, moved = found.results["movement"], found.results["transitions"]
    assert movement["conversion:all"] == pytest.approx(2 / 5)
    assert (movement["conversion_of:5"], movement["conversion_of:6"]) == (5, 4)
    assert "conversion:4" not in movement
    assert moved["chance:prospect-acquire"] == pytest.approx(2 / 9)
    none = life_cycle(
        HAND, months=1, end="2024-06-30", converted=np.array(["NaT"] * 3, dtype="datetime64[s]")
    )
    assert none.results["movement"]["conversion:all"] == 0


def test_retention_is_of_those_not_lost():
    found = life_cycle(HAND, months=1, end="2024-06-30").results["movement"]
    grid, _ = staged(HAND)
    there = ((grid[4] >= 0) & (grid[4] != LOST)).to_numpy()
    assert found["retention:6"] == pytest.approx((there & (grid[5] != LOST).to_numpy()).sum() / there.sum())


def test_one_period_one_purchase_each_and_all_lost():
    once = bought(*[(f"c{k}", k, 10) for k in range(20)])
    one = life_cycle(once, months=3)
    assert [check.name for check in one.results["stages"].failed] == ["check.several_periods"]
    assert one.results["stages"]["customers:acquire"] == 20
    gone = life_cycle(once, months=3, end="2025-12-31")
    assert gone.results["stages"]["share:lost"] == 1
    assert [check.name for check in gone.results["stages"].failed] == ["check.anybody_left"]
    assert set(gone.stage) == {"lost"}


def test_the_chance_to_be_active_can_decide(shop):
    frame = shop.rename(columns={"date": "day"})
    rule = alive_rule(frame, Rule(below=0.3))
    silent, alive = life_cycle(frame, months=2), life_cycle(frame, months=2, rule=rule)
    assert 0 < alive.results["stages"]["share:lost"] < 1
    assert (silent.stage != alive.stage).any()
    strict = life_cycle(frame, months=2, rule=alive_rule(frame, Rule(below=0.6)))
    assert strict.results["stages"]["share:lost"] > alive.results["stages"]["share:lost"]


class _Study:
    class life_cycle:
        item = "STG"


class _Groups:
    def __init__(self, result):
        self.results = {"paths_STG": result}


def test_what_to_stress_comes_from_the_paths_of_the_stages():
    rows = []
    for code, (a, b) in enumerate([(0.6, 0.3), (0.6, 0.4), (0.6, 0.7)], start=1):
        rows += [
            {"term": f"path:RQ~CRM@STG.{code}", "estimate": a},
            {"term": f"path:CLV~RQ@STG.{code}", "estimate": b},
        ]
    rows.append(
        {"term": "path_difference:CLV~RQ@STG.1-STG.3", "estimate": -0.4, "ci_low": -0.6, "ci_high": -0.2}
    )
    rows.append(
        {"term": "path_difference:RQ~CRM@STG.1-STG.3", "estimate": 0.0, "ci_low": -0.2, "ci_high": 0.2}
    )
    found = stage_effects(
        _Groups(Result("model.compare_paths", tidy_frame(rows), {"n": 300})), _Study
    ).results["stress"]
    assert [found[f"rank:CLV~RQ.{stage}"] for stage in STAGES[:3]] == [2, 2, 1]
    assert [found[f"above:CLV~RQ.{stage}"] for stage in STAGES[:3]] == [0, 0, 1]
    assert sum(found[f"above:RQ~CRM.{stage}"] for stage in STAGES[:3]) == 0
    refused = stage_effects(_Groups(Result("model.compare_paths", tidy_frame([]))), _Study).results["stress"]
    assert [check.name for check in refused.failed] == ["check.comparable_stages"]
    small = Check("check.two_groups:text:STG", False, float("nan"), ">= 50")
    few = stage_effects(_Groups(Result("model.compare_paths", tidy_frame([]), {}, (small,))), _Study)
    assert [check.name for check in few.results["stress"].failed] == ["check.two_groups:text:STG"]
    assert stage_effects(None, _Study) is None


def test_money_spells_flows_and_newcomers_by_hand():
    found = life_cycle(HAND, months=1, end="2024-06-30")
    grid, cells = staged(HAND)
    shown = found.results["stages"]
    late = HAND.loc[(HAND["day"] - pd.Timestamp("1970-01-01")).dt.days > cells.ends[3]]
    money = late.groupby(late["customer"].map(found.stage))["amount"].sum()
    for stage in STAGES:
        assert shown[f"money_share:{stage}"] == pytest.approx(money.get(stage, 0) / money.sum())
        assert shown[f"customers:{stage}"] == (found.stage == stage).sum()
    p = chances(moves([grid.to_numpy()]), 0.95)[0]
    assert shown["spell:retain"] == pytest.approx(1 / (1 - p[RETAIN, RETAIN]))
    flows, moved = found.results["flows"], found.results["movement"]
    assert flows["flow:5.new-acquire"] == moved["entered:6"] == 1
    stayed = ((grid[4] == RETAIN) & (grid[5] == RETAIN)).sum()
    assert flows["flow:5.retain-retain"] == stayed
    total = sum(flows[f"flow:5.{a}-{b}"] for a in STAGES for b in STAGES)
    assert total == (grid[4] != NOT_YET).sum()
    assert moved["lost:6"] == ((grid[4] != LOST) & (grid[4] >= 0) & (grid[5] == LOST)).sum()


def test_the_stage_of_each_customer_is_written(tmp_path):
    found = life_cycle(HAND, months=1, end="2024-06-30")
    (path,) = found.save_table(tmp_path)
    assert pd.read_csv(path).set_index("customer")["stage"].to_dict() == found.stage.to_dict()
