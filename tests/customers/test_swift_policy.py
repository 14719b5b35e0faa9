"""The plan: exact on small cases, within all limits on large ones, dealt fairly, and nothing where nothing pays."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from crmlab.customers.board import Board
from crmlab.customers.overrides import Override, restricted
from crmlab.customers.policy import Menu, best_plan, by_chance, dealt


def menu(rng, g=2, o=2, h=2, most=4, limit=None):
    seg, off, cha = (a.ravel() for a in np.meshgrid(range(g), range(o), range(h), indexing="ij"))
    m = len(seg)
    return Menu(
        seg, off, cha, rng.uniform(0.5, 2, m).round(2), rng.integers(0, most, g), limit or int(rng.integers(1, 3)),
        float(rng.uniform(0, 8)), rng.integers(0, 4, h).astype(float), rng.random(m) > 0.1,
    )  # fmt: skip


def exhaustive(place, v):
    ranges = [
        range(int(place.customers[s]) + 1) if v[k] > 0 and place.allowed[k] else (0,)
        for k, s in enumerate(place.segment)
    ]
    best = 0.0
    for counts in itertools.product(*ranges):
        x = np.array(counts)
        if fits(place, x):
            best = max(best, float(x @ v))
    return best


def fits(place, x):
    ok = x @ place.cost <= place.budget + 1e-9
    ok &= (np.bincount(place.channel, x, len(place.capacity)) <= place.capacity).all()
    for s, n in enumerate(place.customers):
        mine = place.segment == s
        ok &= x[mine].sum() <= place.limit * n
        ok &= all(x[mine & (place.offer == o)].sum() <= n for o in np.unique(place.offer))
    return bool(ok)


def test_brute_force_agrees():
    rng = np.random.default_rng(0)
    busy = 0
    for _ in range(40):
        place = menu(rng)
        v = rng.normal(1, 2, len(place.segment)).round(2)
        plan = best_plan(place, v)
        assert fits(place, plan.counts)
        assert plan.profit == pytest.approx(exhaustive(place, v), abs=1e-9)
        assert plan.bound >= plan.profit - 1e-9
        busy += plan.counts.sum() > 0
    assert busy > 20


def test_a_million_customers_within_all_limits():
    rng = np.random.default_rng(1)
    place = menu(rng, 8, 3, 5, limit=2)
    from dataclasses import replace

    place = replace(
        place, customers=np.full(8, 125_000), budget=4e5, capacity=np.full(5, 1e5), allowed=np.ones(120, bool)
    )
    plan = best_plan(place, rng.normal(1, 2, 120))
    assert fits(place, plan.counts)
    assert plan.bound <= plan.profit * (1 + 1e-5)


def test_parts_make_the_whole_and_stay_within_limits():
    rng = np.random.default_rng(2)
    for _ in range(20):
        place = menu(rng, most=30)
        parts = [place.share(k, 7) for k in range(7)]
        assert (sum(part.customers for part in parts) == place.customers).all()
        assert (sum(part.capacity for part in parts) == place.capacity).all()
        counts = by_chance(place, rng.normal(1, 2, (7, len(place.segment)))).counts
        assert fits(place, counts)
        assert not counts[~place.allowed].any()


@pytest.mark.parametrize(
    "change",
    [
        {"budget": 0.0},
        {"capacity": np.zeros(2)},
        {"customers": np.zeros(2, int)},
        {"allowed": np.zeros(8, bool)},
    ],
)
def test_where_nothing_can_be_done_nothing_is(change):
    from dataclasses import replace

    place = replace(menu(np.random.default_rng(3)), budget=100.0, capacity=np.full(2, 9.0))
    plan = best_plan(replace(place, **change), np.ones(8))
    assert plan.counts.sum() == 0
    assert plan.profit == 0
    assert best_plan(place, -np.ones(8)).counts.sum() == 0


def test_units_and_order_of_cells_change_nothing():
    rng = np.random.default_rng(4)
    place = menu(rng, most=9)
    v = rng.uniform(0.1, 3, 8)
    plan = best_plan(place, v)
    from dataclasses import replace

    dear = replace(place, cost=place.cost * 1e7, budget=place.budget * 1e7)
    assert best_plan(dear, v * 1e7).profit == pytest.approx(plan.profit * 1e7)
    turn = np.array([5, 1, 7, 0, 2, 6, 4, 3])
    other = Menu(
        place.segment[turn], place.offer[turn], place.channel[turn], place.cost[turn], place.customers, place.limit,
        place.budget, place.capacity, place.allowed[turn],
    )  # fmt: skip
    assert best_plan(other, v[turn]).profit == pytest.approx(plan.profit)


def test_nobody_gets_one_offer_twice_or_too_much():
    rng = np.random.default_rng(5)
    for _ in range(30):
        place = menu(rng, g=2, o=3, h=2, most=9, limit=2)
        counts = best_plan(place, rng.uniform(0.1, 3, 12)).counts
        for s, (turn, cells) in enumerate(dealt(place, counts)):
            assert len(cells) == counts[place.segment == s].sum()
            each = np.bincount(turn, minlength=1)
            assert each.max(initial=0) <= place.limit
            pairs = set(zip(turn.tolist(), place.offer[cells].tolist(), strict=True))
            assert len(pairs) == len(turn)


def test_people_forbid_and_restrict():
    board = Board(("s", "t"), ("a", "b"), ("x", "y"))
    allowed, roles, only = restricted(board, (Override(0, "s", "a", "", "forbid", "head of sales", ""),), 4)
    assert [name for name, one in zip(board.names, allowed, strict=True) if not one] == ["s.a.x", "s.a.y"]
    assert set(roles[~allowed]) == {"head of sales"}
    assert not only.any()
    allowed, roles, only = restricted(board, (Override(3, "t", "b", "x", "only", "clerk", ""),), 3)
    assert [name for name, one in zip(board.names, allowed, strict=True) if one and name.startswith("t")] == [
        "t.b.x"
    ]
    assert allowed[board.segment == 0].all()
    assert only.sum() == 1
    assert restricted(board, (Override(3, "t", "b", "x", "only", "clerk", ""),), 2)[0].all()
