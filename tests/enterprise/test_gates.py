"""The strategy model's gates, inversions and schedule; the roadmap and what it is worth to measure first."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crmlab import enterprise as e
from crmlab.data.ratings import admit_ratings
from crmlab.enterprise.options import admit_options, all_plans
from crmlab.enterprise.roadmap import best_plan, worst_mean
from crmlab.enterprise.strategy import inversions, wasted
from crmlab.errors import ModelError


def test_oracles_ma1_and_ma2():
    falling = e.gates([5, 4, 4, 3, 3, 2, 2, 1])
    assert falling["inversions:all"] == 0
    assert falling["bottleneck:all"] == 6
    assert falling["gates_in_order:all"] == 5
    first = e.gates([2, 2, 2, 2, 2, 2, 5, 2])
    assert first["inversions:all"] == 6
    assert first["inversion:STR7~STR1.all"] == 3  # technology before vision
    assert first["wasted:STR7.all"] == 3
    assert {c.name for c in first.failed} == {"check.in_order:all", "check.gate:STR1.all"}
    passed = e.gates([5, 4, 4, 3, 3, 3, 3, 3])
    assert np.isnan(passed["bottleneck:all"])
    assert passed["gates_passed:all"] == 8
    assert passed.ok


@given(st.lists(st.integers(1, 5), min_size=2, max_size=8))
def test_inversions_are_the_pairs_out_of_order(levels):
    brute = sum(levels[j] > levels[i] for i in range(len(levels)) for j in range(i + 1, len(levels)))
    assert len(inversions(np.array(levels, float))) == brute
    assert e.gates(levels)["inversions:all"] == brute


def test_waste_is_capped_by_the_lowest_closed_gate():
    assert wasted(np.array([4, 2.5, 5, 2, 3]), 3.0).tolist() == [0, 0, 2.5, 0, 1]
    assert wasted(np.array([4, 3, 5.0]), 3.0).tolist() == [0, 0, 0]


def test_planted_inversion_of_the_intake_file(shared):
    said = json.loads((shared / "data/intake/truth.json").read_text(encoding="utf-8"))[
        "maturity_ratings.xlsx"
    ]
    found = e.gates(e.levels(admit_ratings(shared / "data/intake/maturity_ratings.xlsx")), least=1.0)
    pairs = (
        found.tidy["term"][found.tidy["term"].str.startswith("inversion:")]
        .str.removeprefix("inversion:")
        .tolist()
    )
    wanted = [
        f"{later}~{earlier}.{unit}"
        for unit, block in said["strategy_pairs_later_minus_earlier_at_least_1"].items()
        for earlier, later in block
    ]
    assert sorted(pairs) == sorted(wanted)
    unit = said["planted_inversion"]["unit"]
    assert found[f"inversion_share:STR7~STR1.{unit}"] > 0.95


def test_gates_that_cannot_be():
    with pytest.raises(ModelError, match="outside 1-5"):
        e.gates([0, 2])
    with pytest.raises(ModelError, match="9 levels for the 8 gates"):
        e.gates([3] * 9)
    with pytest.raises(ModelError, match="no gate has a level"):
        e.gates([np.nan, np.nan])


STEPS = pd.DataFrame(
    {
        "step": list("abcdef"),
        "duration": [3.0, 2, 4, 1, 2, 5],
        "cost": [1.0, 2, 3, 4, 5, 6],
        "after": ["", "a", "a", "b", "c;d", ""],
    }
)


def test_critical_path_by_hand():
    found = e.schedule(STEPS)
    assert found.glance == {"duration": 9.0, "cost": 21.0, "critical": 3.0}
    assert [found[f"start:{s}"] for s in "abcdef"] == [0, 3, 3, 5, 7, 0]
    assert [found[f"slack:{s}"] for s in "abcdef"] == [0, 1, 0, 1, 0, 4]
    assert found["spent:c"] == 1 + 2 + 3 + 4 + 6
    gates = e.schedule(pd.DataFrame({"step": ["x", "y", "z"], "duration": [1, 2, 3]}))
    assert [gates[f"finish:{s}"] for s in "xyz"] == [1, 3, 6]
    shuffled = e.schedule(STEPS.iloc[::-1])
    assert {s: shuffled[f"start:{s}"] for s in "abcdef"} == {s: found[f"start:{s}"] for s in "abcdef"}
    assert not e.schedule(STEPS, budget_per_period=2.0).ok
    assert e.schedule(STEPS, budget_per_period=100.0).ok


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"after": ["e", "a", "a", "b", "c;d", ""]}, r"a cycle: (a|c|e) -> "),
        ({"after": ["", "q", "a", "b", "c;d", ""]}, "step 'b' waits for 'q', which is no step"),
        ({"duration": [-1.0, 2, 4, 1, 2, 5]}, "step 'a' has a blank or negative duration"),
        ({"step": list("aacdef")}, "step 'a' stands twice"),
    ],
)
def test_schedules_that_cannot_be(change, words):
    with pytest.raises(ModelError, match=words):
        e.schedule(STEPS.assign(**change))


def brute(cost, V, needs, budget, worst):
    """Every plan tried: best mean, best worst mean, least greatest regret."""
    n = len(cost)
    plans = [
        np.array(z, float)
        for z in product((0, 1), repeat=n)
        if cost @ z <= budget + 1e-9 and all(z[i] <= z[j] for i, j in needs)
    ]
    outcomes = np.array([V @ z for z in plans])
    best = outcomes.max(axis=0)
    return (
        outcomes.mean(axis=1).max(),
        max(worst_mean(one, worst) for one in outcomes),
        (best - outcomes).max(axis=1).min(),
        best.mean() - outcomes.mean(axis=1).max(),
        len(plans),
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_roadmap_equals_brute_force(seed):
    rng = np.random.default_rng(seed)
    n, S = int(rng.integers(2, 8)), 15
    cost = rng.integers(0, 20, n).astype(float)
    V = rng.normal(8, 8, (S, n)).round(2)
    needs = [(i, j) for i in range(n) for j in range(i) if rng.uniform() < 0.2]
    budget = float(rng.integers(0, 40))
    names = [f"s{i}" for i in range(n)]
    steps = pd.DataFrame(
        {
            "step": names,
            "cost": cost,
            "after": [";".join(f"s{j}" for a, j in needs if a == i) for i in range(n)],
        }
    )
    values = pd.DataFrame(V, columns=names)
    net = bool(rng.integers(2))
    wanted = brute(cost, V - net * cost, needs, budget, 0.3)
    found = e.roadmap(steps, values, budget, net=net, worst=0.3)
    assert found["value:expected"] == pytest.approx(wanted[0], abs=1e-6)
    assert found["worst_value:robust"] == pytest.approx(wanted[1], abs=1e-5)
    assert found["greatest_regret:regret"] == pytest.approx(wanted[2], abs=1e-5)
    assert e.value_of_information(steps, values, budget, net=net)["evpi"] == pytest.approx(
        wanted[3], abs=1e-6
    )
    options = admit_options(steps, values, budget, net)
    assert len(all_plans(options)) == wanted[4]
    for value in options.value[:3]:
        assert value @ best_plan(options, value) == pytest.approx(max(all_plans(options) @ value), abs=1e-6)


def test_gates_come_first_in_the_steps():
    blocks = pd.DataFrame({"block": ["STR1", "STR2"], "level": [2.5, 3.0], "cost": [10.0, 4.0]})
    steps = e.roadmap_steps(blocks, goal=4, gates=["STR1", "STR2"])
    assert steps["step"].tolist() == ["STR1.3", "STR1.4", "STR2.4"]
    assert steps["after"].tolist() == ["", "STR1.3", "STR1.3"]
    values = e.draw_values(steps, {"STR1": (1.0, 0.0), "STR2": (100.0, 0.0)}, draws=5)
    found = e.roadmap(steps, values, 14.0)
    assert [found[f"chosen:{s}.expected"] for s in steps["step"]] == [
        1,
        0,
        1,
    ]  # the gate costs more than it brings
    assert e.roadmap(steps, values, 13.0)["value:expected"] == 0
    with pytest.raises(ModelError, match="gates open at level 5, but no step leads above 4"):
        e.roadmap_steps(blocks, goal=4, gates=["STR1"], threshold=5)


ONE = pd.DataFrame({"step": ["s"], "block": ["B"], "cost": [10.0]})


def test_information_in_closed_form():
    # one step of value N(12, 6) for a cost of 10: evpi = sd (phi(z) - z Phi(-z)), z = 2/6; a study shrinks the sd
    q = (np.arange(40_000) + 0.5) / 40_000
    values = pd.DataFrame({"s": 12 + 6 * stats.norm.ppf(q)})
    studies = pd.DataFrame(
        {"study": ["survey", "dear"], "block": ["B", "B"], "error": [4.0, 4.0], "cost": [0.5, 5.0]}
    )
    found = e.value_of_information(ONE, values, 10.0, studies=studies)

    def loss(sd):
        z = 2 / sd
        return sd * (stats.norm.pdf(z) - z * stats.norm.cdf(-z))

    assert found["decide_now"] == pytest.approx(2, abs=1e-3)
    assert found["evpi"] == pytest.approx(loss(6), rel=2e-3)
    assert found["evppi:B"] == pytest.approx(found["evpi"])
    assert found["evsi:survey"] == pytest.approx(loss(6 * 6 / np.sqrt(36 + 16)), rel=2e-3)
    assert found["measure_first"] == 1
    assert found["study_net:dear"] < 0
    late = e.value_of_information(ONE, values, 10.0, studies=studies.iloc[1:])
    assert late["measure_first"] == 0
    assert late.ok


def test_information_is_worth_nothing_when_one_plan_dominates():
    values = pd.DataFrame({"s": [11.0, 12.0, 30.0]})
    assert e.value_of_information(ONE, values, 10.0)["evpi"] == 0
    assert e.value_of_information(ONE, values, 9.0)["evpi"] == 0  # nothing can be bought


@pytest.mark.parametrize(
    ("steps", "values", "budget", "words"),
    [
        (ONE, pd.DataFrame({"s": [1.0]}), -1.0, "a budget of -1 cannot be spent"),
        (ONE.assign(after="q"), pd.DataFrame({"s": [1.0]}), 1.0, "step 's' needs 'q', which is no step"),
        (ONE.assign(after="s"), pd.DataFrame({"s": [1.0]}), 1.0, "a cycle"),
        (ONE, pd.DataFrame({"t": [1.0]}), 1.0, "there is no column 's'"),
        (ONE.assign(cost=np.nan), pd.DataFrame({"s": [1.0]}), 1.0, "needs a cost"),
    ],
)
def test_roadmaps_that_cannot_be(steps, values, budget, words):
    with pytest.raises(ModelError, match=words):
        e.roadmap(steps, values, budget)


def test_names_decide_no_draw():
    blocks = pd.DataFrame({"block": ["a", "b"], "level": [3, 3], "cost": [1.0, 2.0]})
    swapped = pd.DataFrame({"block": ["y", "x"], "level": [3, 3], "cost": [1.0, 2.0]})
    one = e.draw_values(e.roadmap_steps(blocks), {"a": (1.0, 0.5), "b": (2.0, 0.7)})
    two = e.draw_values(e.roadmap_steps(swapped), {"x": (2.0, 0.7), "y": (1.0, 0.5)})
    np.testing.assert_array_equal(one["a.4"], two["y.4"])
    np.testing.assert_array_equal(one["b.5"], two["x.5"])


def test_too_many_plans_to_list_are_solved_one_by_one(monkeypatch):
    rng = np.random.default_rng(3)
    blocks = pd.DataFrame({"block": list("abc"), "level": [2, 3, 2], "cost": [5.0, 7.0, 4.0]})
    steps = e.roadmap_steps(blocks, gates=list("ab"))
    values = e.draw_values(steps, {name: (float(rng.uniform(4, 12)), 3.0) for name in "abc"}, draws=40)
    listed = e.roadmap(steps, values, 20.0), e.value_of_information(steps, values, 20.0)
    monkeypatch.setattr("crmlab.enterprise.options.MOST_PLANS", 1)
    solved = e.roadmap(steps, values, 20.0), e.value_of_information(steps, values, 20.0)
    for one, other in zip(listed, solved, strict=True):
        np.testing.assert_allclose(other.tidy["estimate"], one.tidy["estimate"], atol=1e-6)
    assert listed[1]["evpi"] >= max(listed[1][f"evppi:{name}"] for name in "abc") > 0


def test_a_step_dearer_than_the_budget_is_never_bought():
    steps = pd.DataFrame({"step": ["huge", "small"], "cost": [1e9, 1.0]})
    values = pd.DataFrame({"huge": [1e12], "small": [2.0]})
    found = e.roadmap(steps, values, 1.0)
    assert (found["chosen:huge.expected"], found["chosen:small.expected"]) == (0, 1)
    assert e.roadmap(steps, values, 0.0)["cost:expected"] == 0


def test_the_first_unmet_stage_of_lic_and_its_next_level():
    found = e.gates([3.4, 2.6, 4, 1, 3], model="lic")
    assert found["bottleneck:all"] == 2
    assert (found["next_level:LIC2.all"], found["next_level:LIC4.all"]) == (3, 2)
    assert "next_level:LIC1.all" not in found
