"""The office graph: steady state, ripple, estimation from panels, scenarios, two-level cascade."""

from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab import enterprise as e
from crmlab.data.office_panel import admit_office_panel
from crmlab.enterprise.panel_moments import forward
from crmlab.errors import ModelError

OF1 = {"BO~MO": 0.6, "BO~RQ": 0.2, "FO~MO": 0.3, "FO~BO": 0.5, "RQ~FO": 0.7, "CLV~FO": 0.2, "CLV~RQ": 0.5}
NODES = ["MO", "BO", "FO", "RQ", "CLV"]
PLANTED = {"BO~MO": 0.6, "BO~RQ": 0.2, "FO~MO": 0.3, "FO~BO": 0.5, "RQ~FO": 0.7}


def test_oracle_of1():
    found = e.steady_state(OF1, {"MO": -1.0}, nodes=NODES)
    assert [found[f"steady:{node}"] for node in NODES] == pytest.approx(
        [-1, -0.690323, -0.645161, -0.451613, -0.354839], abs=1e-6
    )
    assert found.glance["spectral_radius"] == pytest.approx(0.4121, abs=5e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_ripple_reaches_the_steady_state_whatever_the_lags(seed):
    rng = np.random.default_rng(seed)
    paths = {key: float(rng.uniform(-0.6, 0.6)) for key in OF1}
    lags = {key: int(rng.integers(0, 4)) for key in OF1}
    lags["BO~RQ"] = 1 + lags["BO~RQ"]
    shock = {"MO": float(rng.normal()), "FO": float(rng.normal())}
    end = e.steady_state(paths, shock, nodes=NODES)
    way = e.ripple(paths, shock, lags=lags, periods=400, nodes=NODES)
    for node in NODES:
        assert way[f"ripple:{node}.400"] == pytest.approx(end[f"steady:{node}"], abs=1e-9)


def test_ripple_step_by_step():
    found = e.ripple({"BO~MO": 0.5, "FO~BO": 0.4}, {"MO": -1.0}, periods=4, lags={"FO~BO": 2})
    assert [found[f"ripple:BO.{t}"] for t in range(5)] == pytest.approx([0, -0.5, -0.5, -0.5, -0.5])
    assert [found[f"ripple:FO.{t}"] for t in range(5)] == pytest.approx([0, 0, 0, -0.2, -0.2])
    pulse = e.ripple({"BO~MO": 0.5, "FO~BO": 0.4}, {"MO": -1.0}, periods=4, lasting=False)
    assert [pulse[f"ripple:FO.{t}"] for t in range(5)] == pytest.approx([0, 0, -0.2, 0, 0])
    zero = e.ripple(dict.fromkeys(OF1, 0.0), {"MO": -1.0}, periods=6, nodes=NODES)
    others = zero.tidy[~zero.tidy["term"].str.startswith("ripple:MO")]
    assert (others["estimate"] == 0).all()


@pytest.mark.parametrize(
    ("paths", "shock", "words"),
    [
        ({"a~b": 1.0, "b~a": 1.0}, {"a": 1.0}, "spectral radius is 1.0000"),
        ({"a~b": 2.0, "b~a": 0.6}, {"a": 1.0}, "grow without end"),
        ({"a~b": 0.5}, {"q": 1.0}, "a shock hits 'q', which is no node"),
        ({"a-b": 0.5}, {"a": 1.0}, "'a-b' is no path"),
        ({"a~b": np.nan}, {"a": 1.0}, "path 'a~b' is no number"),
        ({}, {"a": 1.0}, "there are no paths"),
    ],
)
def test_graphs_that_cannot_be(paths, shock, words):
    with pytest.raises(ModelError, match=words):
        e.steady_state(paths, shock)


def test_a_graph_that_settles_only_without_delay_is_refused():
    paths = {"a~b": -0.9, "b~a": 1.3}  # |eigenvalues of B| > 1
    with pytest.raises(ModelError, match="grow without end"):
        e.ripple(paths, {"a": 1.0}, lags={"a~b": 0})
    with pytest.raises(ModelError, match="affects itself at once"):
        e.ripple({"a~a": 0.5}, {"a": 1.0}, lags={"a~a": 0})


def panel(seed, units=30, periods=8, levels=0.0, paths=PLANTED, trend=0.0):
    """The planted loop with unit variances (levels = 0), or with lasting differences between units."""
    rng = np.random.default_rng(seed)
    a = rng.normal(0, levels, (4, units))
    mo = rng.normal(size=(20 + periods, units))
    bo, fo, rq = (np.zeros_like(mo) for _ in range(3))
    noise = {"bo": 1 - 0.36 - 0.04, "fo": 1 - 0.09 - 0.25, "rq": 1 - 0.49}
    for t in range(1, len(mo)):
        fo[t] = (
            paths["FO~MO"] * mo[t]
            + paths["FO~BO"] * bo[t - 1]
            + a[1]
            + rng.normal(0, noise["fo"] ** 0.5, units)
        )
        rq[t] = paths["RQ~FO"] * fo[t] + a[2] + rng.normal(0, noise["rq"] ** 0.5, units)
        bo[t] = (
            paths["BO~MO"] * mo[t - 1]
            + paths["BO~RQ"] * rq[t]
            + a[0]
            + rng.normal(0, noise["bo"] ** 0.5, units)
        )
    rise = trend * np.arange(periods)[:, None]
    flat = {
        name: (x[-periods:] + rise).T.ravel()
        for name, x in (("mo_budget", mo + a[3]), ("bo_capacity", bo), ("fo_service", fo), ("rq_mean", rq))
    }
    return pd.DataFrame(
        {
            "unit": np.repeat([f"b{i:02d}" for i in range(units)], periods),
            "time": np.tile(np.arange(periods), units),
            **flat,
        }
    )


UNIT = dict.fromkeys(["MO", "BO", "FO", "RQ"], 1.0)


@pytest.mark.parametrize("levels", [0.0, 1.0])
def test_planted_paths_are_covered_with_and_without_lasting_differences(levels):
    runs = [e.office_paths(panel(seed, levels=levels), resamples=400, scale=UNIT) for seed in range(60)]
    tables = [one.result.select("path").loc[list(PLANTED)] for one in runs]
    truth = np.array(list(PLANTED.values()))
    values = np.array([table["estimate"] for table in tables])
    inside = np.mean([(table["ci_low"] <= truth) & (truth <= table["ci_high"]) for table in tables])
    assert 0.92 <= inside <= 0.98  # 300 intervals
    bias = values.mean(axis=0) - truth
    assert (np.abs(bias) < 3 * values.std(axis=0) / np.sqrt(60)).all(), bias
    assert np.mean([t["std_error"] for t in tables], axis=0) == pytest.approx(values.std(axis=0), rel=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("levels", [0.0, 1.0])
def test_coverage_at_length(levels):
    truth = np.array(list(PLANTED.values()))
    inside = np.zeros(5)
    for seed in range(400):
        table = e.office_paths(panel(1000 + seed, levels=levels), resamples=800, scale=UNIT).result.select(
            "path"
        )
        table = table.loc[list(PLANTED)]
        inside += (table["ci_low"] <= truth) & (truth <= table["ci_high"])
    assert (np.abs(inside / 400 - 0.95) < 0.035).all(), inside / 400


def test_pooled_is_biased_by_lasting_differences_and_fixed_is_not():
    pooled = np.mean(
        [
            e.office_paths(panel(s, levels=1.0), effects="pooled", resamples=2, scale=UNIT).paths["BO~MO"]
            for s in range(20)
        ]
    )
    fixed = np.mean(
        [e.office_paths(panel(s, levels=1.0), resamples=2, scale=UNIT).paths["BO~MO"] for s in range(20)]
    )
    assert pooled < 0.45
    assert fixed == pytest.approx(0.6, abs=0.07)


def test_two_thousand_resamples_in_time():
    frame = panel(0)
    start = time.process_time()
    found = e.office_paths(frame, resamples=2000)
    assert time.process_time() - start < 5
    assert found.draws.shape == (2000, 5)


def test_pooled_equals_least_squares_and_its_bootstrap_refits():
    frame = panel(3)
    found = e.office_paths(frame, effects="pooled", periods=False, standardised=False, resamples=50)

    grid = {c: frame[c].to_numpy().reshape(30, 8) for c in ("mo_budget", "bo_capacity", "fo_service")}

    def fit(pick):
        mo, bo, fo = (grid[c][pick] for c in grid)
        X = np.column_stack([np.ones(fo[:, 1:].size), mo[:, 1:].ravel(), bo[:, :-1].ravel()])
        return np.linalg.lstsq(X, fo[:, 1:].ravel(), rcond=None)[0][1:]

    assert [found.paths["FO~MO"], found.paths["FO~BO"]] == pytest.approx(fit(np.arange(30)), abs=1e-10)
    # the spread of the batched resamples equals that of plain refits, up to chance
    rng = np.random.default_rng(0)
    slow = [fit(rng.integers(0, 30, 30)) for _ in range(2000)]
    many = e.office_paths(frame, effects="pooled", periods=False, standardised=False, resamples=4000).draws
    assert many[["FO~MO", "FO~BO"]].std().tolist() == pytest.approx(np.std(slow, axis=0), rel=0.06)


def test_periods_take_off_a_common_trend():
    base, moved = e.office_paths(panel(2)), e.office_paths(panel(2, trend=5.0))
    for path in PLANTED:
        assert moved.paths[path] == pytest.approx(base.paths[path], abs=1e-9)
    naive = e.office_paths(panel(2, trend=5.0), periods=False, effects="pooled")
    assert naive.paths["RQ~FO"] > 0.9


def test_forward_deviations():
    there = np.array([[True, True, False, True]])
    values = np.array([[1.0, 4.0, 0.0, 7.0]])[:, :, None]
    out = forward(values, there)[0][0]
    np.testing.assert_allclose(out, [np.sqrt(2 / 3) * (1 - 5.5), np.sqrt(1 / 2) * (4 - 7), 0, 0])
    # a constant is swept out; independent values stay uncorrelated with the same variance
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 4, 1))
    swept = forward(x + 100.0, np.ones((20_000, 4), bool))[0][:, :3]
    np.testing.assert_allclose(np.cov(swept, rowvar=False), np.eye(3), atol=0.04)


def test_units_names_and_order_change_nothing():
    frame = panel(5)
    base = e.office_paths(frame, resamples=300).result
    moved = frame.sample(frac=1, random_state=1).assign(
        unit=lambda d: "x" + d["unit"].str[::-1], time=lambda d: d["time"] + 5609
    )
    other = e.office_paths(moved, resamples=300).result
    np.testing.assert_allclose(
        other.tidy[["estimate", "ci_low", "ci_high"]], base.tidy[["estimate", "ci_low", "ci_high"]], rtol=1e-8
    )
    scaled = e.office_paths(frame.assign(mo_budget=frame["mo_budget"] * 900 + 5000), resamples=300)
    np.testing.assert_allclose(scaled.result.select("path"), base.select("path"), rtol=1e-7)


def test_intake_panel_misses_the_truth_by_chance_only(shared):
    said = json.loads((shared / "data/intake/truth.json").read_text(encoding="utf-8"))["office_panel.csv"]
    admitted = admit_office_panel(shared / "data/intake/office_panel.csv")
    for effects in ("fixed", "pooled"):
        found = e.office_paths(admitted, effects=effects)
        inside = [
            found.result.cell(f"path:{p}", "ci_low") <= v <= found.result.cell(f"path:{p}", "ci_high")
            for p, v in PLANTED.items()
        ]
        assert all(inside)
        end = e.steady_state(found.paths, {"MO": -1.0}, draws=found.draws)
        for node, value in said["planted"]["steady_state_of_a_minus_1_sd_budget_shock"].items():
            assert end.cell(f"steady:{node}", "ci_low") < value < end.cell(f"steady:{node}", "ci_high")


@pytest.mark.parametrize(
    ("change", "paths", "words"),
    [
        ({}, {"BO~RQ": 0, "RQ~BO": 0}, "a cycle: .* within one period"),
        ({}, {"BO~XX": 1}, "node 'XX' has no column"),
        ({"mo_budget": 5.0}, None, "'mo_budget' does not vary"),
        ({"time": 0}, None, "two rows for one unit and period"),
        ({"time": 0.5}, None, "time must be whole numbers"),
        ({"fo_service": "good"}, None, "holds words"),
        ({}, {"BO~MO": -1}, "a lag is no whole number"),
    ],
)
def test_panels_that_cannot_be(change, paths, words):
    with pytest.raises(ModelError, match=words):
        e.office_paths(panel(0, 8, 5).assign(**change), paths=paths)


def test_too_few_units_are_told():
    with pytest.raises(
        ModelError, match=r"5 of 5 units have enough periods for outcome 'BO', at least \d+ are needed"
    ):
        e.office_paths(panel(0, 5, 8))


SIMPLE = {"FO~MO": 0.5, "RQ~FO": 0.4}


def test_cut_by_hand():
    # 10 % of 1000 is half a standard deviation of 200: FO falls by .25 after a period, RQ by .1 after two
    found = e.cut_scenario(
        SIMPLE, cut=0.1, budget=1000.0, budget_sd=200.0, worth={"RQ": 2000.0}, units=3, periods=5
    )
    assert found["saved_now"] == 300
    assert found["saved"] == 1500
    assert found["lost"] == pytest.approx(3 * 2000 * 0.1 * 3)
    assert found["net"] == pytest.approx(1500 - 1800)
    # running: 300, 600, 300, 0, -300
    assert [found[f"net_by:{m}"] for m in (3, 6, 9, 12, 15)] == pytest.approx([300, 600, 300, 0, -300])
    assert found["break_even_month"] == 15
    assert found["change:RQ"] == pytest.approx(-0.1)
    assert [c.name for c in found.failed] == ["check.cut_pays"]
    harmless = e.cut_scenario(
        dict.fromkeys(SIMPLE, 0.0), cut=0.1, budget=1000.0, budget_sd=200.0, worth={"RQ": 2000.0}
    )
    assert harmless["lost"] == 0
    assert np.isnan(harmless["break_even_month"])
    rise = e.cut_scenario(SIMPLE, cut=-0.1, budget=1000.0, budget_sd=200.0, worth={"RQ": 2000.0}, periods=5)
    assert rise["break_even_month"] == 12
    discounted = e.cut_scenario(
        SIMPLE,
        cut=0.1,
        budget=1000.0,
        budget_sd=200.0,
        worth={"RQ": 2000.0},
        units=3,
        periods=5,
        discount=0.1,
    )
    assert discounted["saved"] == pytest.approx(300 * sum(1.1**-t for t in range(5)))


def test_the_chance_that_a_cut_loses_money():
    # net over 3 periods = 300 - 100 sd worth W: loses if W > 3000; W ~ N(2500, 500): chance .1587
    found = e.cut_scenario(
        {"RQ~MO": 0.2},
        lags={"RQ~MO": 0},
        cut=0.1,
        budget=1000.0,
        budget_sd=200.0,
        worth={"RQ": (900.0, 200.0)},
        periods=3,
    )
    assert found["net"] == pytest.approx(300 - 3 * 90)
    assert found["loss_chance"] == pytest.approx(0.3085, abs=0.02)  # P(N(900, 200) > 1000)
    assert found.cell("net", "ci_low") == pytest.approx(300 - 0.3 * (900 + 1.96 * 200), abs=8)


def test_estimated_paths_carry_their_uncertainty():
    paths = e.office_paths(panel(1), resamples=500)
    found = e.cut_scenario(paths, cut=0.1, budget=10.0, worth={"RQ": 2.0}, units=30)
    assert found.cell("lost", "ci_low") < found["lost"] < found.cell("lost", "ci_high")
    assert 0 <= found["loss_chance"] <= 1
    ripple = e.ripple(paths.paths, {"MO": -1.0}, lags=paths.lags, draws=paths.draws, periods=8)
    assert (
        ripple.cell("ripple:RQ.8", "ci_low")
        < ripple["ripple:RQ.8"]
        < ripple.cell("ripple:RQ.8", "ci_high")
        < 0
    )
    wild = paths.draws.assign(**{"BO~RQ": 5.0})
    with pytest.raises(ModelError, match="hardly any draw of the paths settles"):
        e.steady_state(paths.paths, {"MO": -1.0}, draws=wild)
    some = paths.draws.copy()
    some.loc[:99, "BO~RQ"] = 5.0
    assert [c.name for c in e.steady_state(paths.paths, {"MO": -1.0}, draws=some).failed] == [
        "check.unstable_draws"
    ]
    with pytest.raises(ModelError, match="not standardised"):
        e.cut_scenario(
            e.office_paths(panel(1), resamples=5, standardised=False), cut=0.1, budget=1.0, worth={"RQ": 1.0}
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cut": 0.0}, "a cut by 0"),
        ({"cut": 10}, "a share, such as 0.10"),
        ({"budget": -5.0}, "a budget of -5"),
        ({"budget_sd": None}, "standard deviation is not known"),
        ({"worth": {"XX": 1.0}}, "'XX' is worth something, but is no node"),
        ({"worth": {}}, "no node is worth anything"),
        ({"discount": 5.0}, "a discount of 5 a period"),
        ({"periods": 0}, "0 periods"),
    ],
)
def test_scenarios_that_cannot_be(change, words):
    usual = {"cut": 0.1, "budget": 1000.0, "budget_sd": 200.0, "worth": {"RQ": 1.0}}
    with pytest.raises(ModelError, match=words):
        e.cut_scenario(SIMPLE, **(usual | change))


def two_levels(seed, units=40, a=0.6, b=0.5, direct=0.1):
    rng = np.random.default_rng(seed)
    budget = rng.normal(size=units)
    capacity = a * budget + rng.normal(0, 0.8, units)
    mean = b * capacity + direct * budget + rng.normal(0, 0.4, units)
    names = [f"u{i}" for i in range(units)]
    n = rng.integers(5, 40, units)
    who = np.repeat(np.arange(units), n)
    customers = pd.DataFrame({"unit": np.array(names)[who], "RQ": mean[who] + rng.normal(size=n.sum())})
    return pd.DataFrame({"unit": names, "mo_budget": budget, "bo_capacity": capacity}), customers


def test_cascade_covers_what_is_planted():
    truth = {
        "path:bo_capacity~mo_budget": 0.6,
        "path:RQ~bo_capacity": 0.5,
        "indirect:RQ~bo_capacity~mo_budget": 0.3,
        "total:RQ~mo_budget": 0.4,
    }
    hits = []
    for seed in range(50):
        found = e.cascade(*two_levels(seed), resamples=400)
        hits.append([found.cell(t, "ci_low") <= v <= found.cell(t, "ci_high") for t, v in truth.items()])
    assert 0.9 <= np.mean(hits) <= 0.99
    assert found["indirect:RQ~bo_capacity~mo_budget"] == pytest.approx(
        found["path:bo_capacity~mo_budget"] * found["path:RQ~bo_capacity"]
    )


def test_cascade_agrees_with_the_links_and_tells_faults():
    units, customers = two_levels(0)
    found = e.cascade(units, customers, resamples=50)
    other = e.outcome_links(customers, units.set_index("unit"), together=True)
    assert found["path:RQ~bo_capacity"] == pytest.approx(other["path:RQ~bo_capacity"], abs=1e-9)
    moved = e.cascade(
        units.sample(frac=1, random_state=1), customers.sample(frac=1, random_state=2), resamples=50
    )
    np.testing.assert_allclose(moved.tidy["ci_low"], found.tidy["ci_low"], rtol=1e-6)
    with pytest.raises(ModelError, match="4 units have figures and customers, at least 6"):
        e.cascade(units.head(4), customers)
    with pytest.raises(ModelError, match="are tied"):
        e.cascade(units.assign(bo_capacity=units["mo_budget"]), customers)
