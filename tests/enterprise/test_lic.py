"""LIC's five stages and the goal board: tracing, needs, integration, brief, frontier, shrinkage."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from rated import random_ratings
from scipy.optimize import linprog

from crmlab import enterprise as e
from crmlab.data.goals import admit_goals
from crmlab.enterprise.shrinkage import empirical_bayes
from crmlab.errors import ModelError


@pytest.fixture(scope="module")
def goals(shared):
    said = json.loads((shared / "data/intake/truth.json").read_text(encoding="utf-8"))["goals.csv"]
    return admit_goals(shared / "data/intake/goals.csv", impossible_dates="keep"), said


def test_tracing_of_the_intake_goals(goals):
    admitted, said = goals
    found = e.alignment(admitted)
    assert found["parent_share"] == pytest.approx(said["share_with_business_parent"])
    assert found["served_share"] == pytest.approx(said["share_of_business_goals_served"])
    assert found["alignment"] == pytest.approx(said["alignment_harmonic_mean"])
    assert {c.name for c in found.failed} == {
        *(f"check.orphan_goal:{goal}" for goal in said["orphan_goals"]),
        *(f"check.lost_parent:{goal}~{parent}" for goal, parent in said["parent_does_not_exist"]),
        *(f"check.unserved_goal:{goal}" for goal in said["unserved_business_goals"]),
    }


def test_a_matrix_of_four_by_five_by_hand():
    M = pd.DataFrame(
        [[1, 0, 0, 1, 0], [0, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0]],
        index=list("wxyz"),
        columns=list("ABCDE"),
    )
    found = e.alignment(M)
    assert (found["parent_share"], found["served_share"]) == (0.75, 0.6)
    assert found["alignment"] == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert [c.name for c in found.failed] == [
        "check.orphan_goal:x",
        "check.unserved_goal:C",
        "check.unserved_goal:E",
    ]
    none = e.alignment(M * 0)
    assert none["alignment"] == 0
    with pytest.raises(ModelError, match="1 where a goal serves"):
        e.alignment(M * 2)


def test_goals_reach_the_business_through_other_goals():
    frame = pd.DataFrame(
        {
            "goal_id": ["B", "C", "D", "E"],
            "model": ["business", "lic", "lic", "lic"],
            "parent_goal": [None, "B", "C; E", None],
        }
    )
    found = e.alignment(frame)
    assert found["parent_share"] == pytest.approx(2 / 3)
    assert found["served_by:B"] == 2
    assert e.alignment(frame.iloc[::-1])["alignment"] == found["alignment"]
    with pytest.raises(ModelError, match="a cycle: "):
        e.alignment(frame.assign(parent_goal=[None, "D", "C", None]))
    with pytest.raises(ModelError, match="there are no goals of the business"):
        e.alignment(frame.assign(model="lic"))


def test_goal_board_of_the_intake_goals(goals):
    admitted, said = goals
    found = e.goal_board(admitted, as_of=date(2024, 12, 25))
    for goal, value in said["attainment"].items():
        assert found[f"attainment:{goal}"] == pytest.approx(np.nan if value is None else value, nan_ok=True)
    missing = found.tidy["term"][found.tidy["term"].str.startswith("missing:")].str.removeprefix("missing:")
    assert set(missing) == {
        f"{field}.{goal}" for goal, fields in said["incomplete"].items() for field in fields
    }
    assert {c.name for c in found.failed} >= {"check.no_distance:C6", "check.overdue:C2"}
    assert "overdue:C1" not in found  # attained
    assert found["complete_share:crm_strategy"] == 0.5


def test_lower_is_better_and_wrong_directions():
    frame = pd.DataFrame(
        {
            "goal_id": ["a", "b", "c"],
            "model": "lic",
            "stage": "1",
            "kpi": "k",
            "direction": ["down", "up", "down"],
            "baseline": [80.0, 10, 10],
            "target": [64.0, 20, 20],
            "actual": [84.0, 25, 12],
            "due": "x",
            "owner": "o",
        }
    )
    found = e.goal_board(frame)
    assert found["attainment:a"] == -0.25
    assert found["attainment:b"] == 1.5
    assert [c.name for c in found.failed] == ["check.goal_direction:c"]
    with pytest.raises(ModelError, match="goal_id 'a' stands twice"):
        e.goal_board(frame.assign(goal_id="a"))


def test_need_gaps_by_hand():
    frame = pd.DataFrame(
        {"need": ["speed"] * 4 + ["price"], "importance": [5.0, 4, 5, 4, 3], "performance": [2.0, 3, 3, 2, 4]}
    )
    found = e.need_gaps(frame)
    d = np.array([3, 1, 2, 2.0])
    assert found["need_gap:speed"] == 2
    assert found.cell("need_gap:speed", "std_error") == pytest.approx(d.std(ddof=1) / 2)
    assert found.cell("need_gap:speed", "ci_low") == pytest.approx(2 - 3.182446 * d.std(ddof=1) / 2, abs=1e-6)
    assert found["need_gap:price"] == -1


def test_the_brief_finds_planted_segments_and_their_needs():
    rng = np.random.default_rng(0)
    rows = []
    for segment, top in (("thrifty", 0), ("busy", 1), ("old", 2)):
        for _ in range(80):
            importance, performance = rng.normal(4, 0.5, 3), rng.normal(3.8, 0.5, 3)
            performance[top] -= 1.5
            rows.append([segment, *importance, *performance, rng.normal(10 * top, 1)])
    frame = pd.DataFrame(rows, columns=["segment", "i0", "i1", "i2", "p0", "p1", "p2", "visits"])
    needs = {name: (f"i{k}", f"p{k}") for k, name in enumerate(("price", "speed", "care"))}
    found = e.product_brief(frame, needs, profile=["visits"])
    tops = found.tidy["term"][found.tidy["term"].str.startswith("top_need:")].tolist()
    assert set(tops) == {"top_need:price.thrifty", "top_need:speed.busy", "top_need:care.old"}
    assert found.cell("unmet:care.old", "ci_low") < 1.7 < found.cell("unmet:care.old", "ci_high")
    assert found["segment_share:busy"] == pytest.approx(1 / 3)
    assert found["profile:visits.old"] == pytest.approx(20, abs=0.5)
    frame.loc[:2, "segment"] = None
    assert e.product_brief(frame, needs).glance["n"] == 237


def test_integration():
    found = e.integration(
        pd.DataFrame(
            {
                "source": ["survey", "shop"],
                "records": [200, 100],
                "matched": [192, 50],
                "kind": ["data", "contact_point"],
            }
        )
    )
    assert found["match_rate:survey"] == 0.96
    assert found["match_rate"] == pytest.approx(242 / 300)
    assert found["match_rate_kind:contact_point"] == 0.5
    assert [c.name for c in found.failed] == ["check.match_rate:shop"]
    with pytest.raises(ModelError, match="source 'a': 7 of 5 records matched cannot be"):
        e.integration(pd.DataFrame({"source": ["a"], "records": [5], "matched": [7]}))


# Cooper, Seiford & Tone (2007), Data Envelopment Analysis, table 1.1: sales of eight branches by employees
STORES = pd.DataFrame(
    {"unit": list("ABCDEFGH"), "staff": [2.0, 3, 3, 4, 5, 5, 6, 8], "sales": [1.0, 3, 2, 3, 4, 2, 3, 5]}
)
PRINTED = [0.5, 1, 0.667, 0.75, 0.8, 0.4, 0.5, 0.625]


def test_textbook_one_input_one_output():
    found = e.frontier(STORES, ["staff"], ["sales"])
    ratio = STORES["sales"] / STORES["staff"]
    scores = [found.result[f"efficiency:{u}"] for u in STORES["unit"]]
    assert scores == pytest.approx(PRINTED, abs=5e-4)
    assert scores == pytest.approx((ratio / ratio.max()).tolist(), abs=1e-9)
    out = e.frontier(STORES, ["staff"], ["sales"], orientation="output")
    assert [out.result[f"efficiency:{u}"] for u in STORES["unit"]] == pytest.approx(scores, abs=1e-9)
    assert out.result["aim:sales.A"] == pytest.approx(2.0)
    assert (found.peers.loc["F"] > 0).tolist() == [u == "B" for u in "ABCDEFGH"]


def test_textbook_two_inputs_with_a_slack():
    # the same book, example 2.2: A to F, one unit of output each; F is on the frontier's edge with a slack of 2
    frame = pd.DataFrame(
        {"unit": list("ABCDEF"), "x": [4.0, 7, 8, 4, 2, 10], "z": [3.0, 3, 1, 2, 4, 1], "y": 1.0}
    )
    found = e.frontier(frame, ["x", "z"], ["y"]).result
    assert [found[f"efficiency:{u}"] for u in "ABCDEF"] == pytest.approx(
        [0.8571, 0.6316, 1, 1, 1, 1], abs=5e-5
    )
    assert [found[f"efficient:{u}"] for u in "ABCDEF"] == [0, 0, 1, 1, 1, 0]
    assert found["slack:x.F"] == pytest.approx(2)


@pytest.mark.parametrize("returns", ["constant", "variable"])
@pytest.mark.parametrize("orientation", ["input", "output"])
def test_frontier_equals_its_dual(orientation, returns):
    rng = np.random.default_rng(0)
    X, Y = rng.uniform(1, 5, (12, 2)), rng.uniform(1, 5, (12, 2))
    frame = pd.DataFrame(np.hstack([X, Y]), columns=list("abcd")).assign(unit=[f"u{i}" for i in range(12)])
    found = e.frontier(frame, ["a", "b"], ["c", "d"], orientation=orientation, returns=returns).result
    free = (None, None) if returns == "variable" else (0, 0)
    for o in range(12):
        # weights v, u and, for variable returns, a free constant
        A = np.column_stack([-X, Y, np.ones(12)])
        if orientation == "input":
            best = linprog(
                -np.r_[0, 0, Y[o], 1], A, np.zeros(12), [np.r_[X[o], 0, 0, 0]], [1], [(0, None)] * 4 + [free]
            )
            wanted = -best.fun
        else:
            A[:, -1] = -1
            best = linprog(
                np.r_[X[o], 0, 0, 1], A, np.zeros(12), [np.r_[0, 0, Y[o], 0]], [1], [(0, None)] * 4 + [free]
            )
            wanted = 1 / best.fun
        assert found[f"efficiency:u{o}"] == pytest.approx(wanted, abs=1e-7)


def test_frontier_knows_no_units_order_or_names():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.uniform(1, 5, (10, 3)), columns=list("abc")).assign(
        unit=[f"u{i}" for i in range(10)]
    )
    base = e.frontier(frame, ["a", "b"], ["c"])
    moved = e.frontier(
        frame.sample(frac=1, random_state=0).assign(a=lambda d: d["a"] * 1000), ["a", "b"], ["c"]
    )
    np.testing.assert_allclose(moved.peers.loc[base.peers.index, base.peers.columns], base.peers, atol=1e-7)
    for change, words in (
        ({"a": -1.0}, "blank or negative"),
        ({"c": 0.0}, "has no output at all"),
        ({"unit": "u"}, "unit 'u' stands twice"),
    ):
        with pytest.raises(ModelError, match=words):
            e.frontier(frame.assign(**change), ["a", "b"], ["c"])


def test_practices_are_borrowed_from_peers_only():
    levels = pd.DataFrame({"LIC1": [2.0, 4, 5], "LIC2": [3.0, 3.2, 1]}, index=["A", "B", "C"])
    frame = pd.DataFrame({"unit": ["A", "B", "C"], "x": [4.0, 2, 9], "y": [1.0, 1, 1]})
    found = e.borrowed(levels, e.frontier(frame, ["x"], ["y"]))
    terms = found.tidy["term"].tolist()
    assert [t for t in terms if t.startswith("borrow:")] == [
        "borrow:LIC1.A~B",
        "borrow:LIC1.C~B",
        "borrow:LIC2.C~B",
    ] or (found["borrow:LIC1.A~B"] == 2 and "borrow:LIC1.A~C" not in found)
    assert found["ideas:B"] == 0


def test_shrinkage_in_closed_form():
    # equal errors: A = variance of the values - error^2, weight A / (A + error^2)
    y, s = np.array([1.0, 2, 3, 6]), np.full(4, 1.2)
    found = empirical_bayes(y, s)
    A = y.var(ddof=1) - 1.44
    assert found.between == pytest.approx(A, rel=1e-9)
    np.testing.assert_allclose(found.value, 3 + A / (A + 1.44) * (y - 3), rtol=1e-9)
    flat = empirical_bayes(np.array([2.9, 3.0, 3.1]), np.full(3, 1.0))
    assert flat.between == 0
    np.testing.assert_allclose(flat.value, 3.0)


def test_small_units_are_drawn_in_further():
    frame = pd.DataFrame({"unit": list("abcd"), "value": [5.0, 5, 1, 1], "std_error": [0.3, 1.5, 0.3, 1.5]})
    found = e.shrink(frame)
    assert 5 > found["shrunk:a"] > found["shrunk:b"] > found["mean"]
    with pytest.raises(ModelError, match="2 units, at least 3"):
        e.shrink(frame.head(2))
    with pytest.raises(ModelError, match="standard error above 0"):
        e.shrink(frame.assign(std_error=0.0))


def test_best_practice_gap_is_below_the_raw_one():
    levels = e.levels(random_ratings(2, units=6, raters=3), resamples=400)
    found = e.best_practice(levels)
    for element in levels.table:
        raw = levels.table[element].max() - levels.table[element]
        shrunk = np.array([found[f"best_gap:{element}.{u}"] for u in levels.table.index])
        assert shrunk.min() == 0
        assert shrunk.max() <= raw.max() + 1e-9
