"""The plan of one cycle: which customers get which offer, who is held out, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.customers.board import Board, State, chance_best
from crmlab.customers.holdout_slice import held_out, lots
from crmlab.customers.known import Known
from crmlab.customers.overrides import Override, restricted
from crmlab.customers.policy import Allocation, Menu, best_plan, by_chance, dealt
from crmlab.study.swift_spec import Actions, Swift

PARTS = 20  # that a cycle is planned in under "mean", so that a share of them can be drawn by lot


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is to be done in one cycle.

    Attributes
    ----------
    counts : (m,) contacts of each cell
    gain, cost, profit : (m,) margin of an answer, cost of a contact, expected profit of a contact
    chance : (m,) probability that the cell pays most of its segment
    reason : (m,) why a cell with contacts was chosen, "" for the others
    overridden : (m,) role that restricted a cell's segment, "" for none
    acts : one row a contact: customer, cell, reason; customers without one have cell -1 and why
    spent, bound : expected money spent; highest profit that any plan can expect
    nothing : why nothing is done at all, "" if something is
    """

    counts: np.ndarray
    gain: np.ndarray
    cost: np.ndarray
    profit: np.ndarray
    chance: np.ndarray
    reason: np.ndarray
    overridden: np.ndarray
    acts: pd.DataFrame
    spent: float
    bound: float
    nothing: str

    @property
    def expected(self) -> float:
        """Expected profit of all contacts."""
        return float(self.counts @ self.profit)


def planned(
    board: Board, state: State, known: Known, gain: np.ndarray, cost: np.ndarray, actions: Actions, swift: Swift, *,
    cycle: int, seed: int, overrides: tuple[Override, ...] = (),
) -> Plan:  # fmt: skip
    """Plan cycle `cycle` from what is known.

    Parameters
    ----------
    gain, cost : (m,) margin of an answer, and cost of a contact, in each cell
    overrides : decisions of people, which come before the plan's own
    """
    out = held_out(known.customers, actions.holdout, cycle, seed)
    lost = np.nan_to_num(known.p_alive, nan=1.0) < actions.lost_below
    free = ~out & ~lost
    allowed, roles, only = restricted(board, overrides, cycle)
    allowed = allowed & np.isfinite(gain)
    gain = np.where(np.isfinite(gain), gain, 0.0)
    menu = Menu(
        board.segment, board.offer, board.channel, cost,
        np.bincount(known.segment[free], minlength=len(board.segments)), actions.contact_limit,
        np.inf if actions.budget is None else actions.budget,
        np.array([np.inf if one.capacity is None else one.capacity for one in actions.channels.values()], dtype=float),
        allowed,
    )  # fmt: skip
    profit = state.rates.mean * gain - cost
    allocation, bound = _allocated(menu, state, gain, cost, profit, swift, (seed, cycle))
    counts = allocation.counts
    chance = chance_best(state, board, gain, cost, seed + cycle)
    parts = swift.draws if swift.policy == "thompson" else PARTS
    reason = np.where(counts > 0, _reasons(menu, board, counts, profit, only, parts), "")
    acts = _acts(board, menu, counts, known, free, lost, out, (seed, cycle), profit, allowed, reason)
    nothing = "" if counts.sum() else _why_nothing(known, free, lost, menu, profit, allowed)
    return Plan(counts, gain, cost, profit, chance, reason, roles, acts, float(counts @ cost), bound, nothing)


def _allocated(
    menu: Menu, state: State, gain: np.ndarray, cost: np.ndarray, profit: np.ndarray, swift: Swift,
    seeds: tuple[int, int],
) -> tuple[Allocation, float]:  # fmt: skip
    rng = np.random.default_rng(seeds)
    best = best_plan(menu, profit)
    if swift.policy == "thompson":
        drawn = state.rates.draws(swift.draws, rng) * gain - cost
        return by_chance(menu, drawn), best.bound
    by_lot = round(PARTS * swift.explore)
    if not by_lot:
        return best, best.bound
    hope = state.rates.interval(0.95)[1] * gain - cost > 0
    tried = np.where(hope, rng.random((by_lot, len(profit))), -1.0)
    parts = np.vstack([np.tile(profit, (PARTS - by_lot, 1)), tried])
    return by_chance(menu, parts), best.bound


def _reasons(
    menu: Menu, board: Board, counts: np.ndarray, profit: np.ndarray, only: np.ndarray, parts: int
) -> np.ndarray:
    """Why a cell is used: the first reason that applies. A channel counts as full once no part has room in it."""
    used = np.bincount(menu.channel, weights=counts, minlength=len(menu.capacity))
    full = used > menu.capacity - parts
    bound = counts @ menu.cost + menu.cost[menu.allowed].max(initial=0.0) > menu.budget
    found = np.full(len(counts), "learning", dtype=object)
    for s in range(len(board.segments)):
        mine = np.flatnonzero((menu.segment == s) & menu.allowed)
        for cell in mine[counts[mine] > 0]:
            better = mine[profit[mine] > profit[cell] + 1e-12]
            shut, dear = full[menu.channel[better]], bound & (menu.cost[better] > menu.cost[cell])
            open_ = better[~shut & ~dear]
            if only[cell]:
                found[cell] = "only"
            elif not len(better):
                found[cell] = "best"
            elif len(open_):
                other = menu.limit > 1 and (menu.offer[open_] != menu.offer[cell]).all() and profit[cell] > 0
                found[cell] = "next_offer" if other else "learning"
            else:
                found[cell] = "capacity" if shut[np.argmax(profit[better])] else "budget"
    return found


def _acts(
    board: Board, menu: Menu, counts: np.ndarray, known: Known, free: np.ndarray, lost: np.ndarray, out: np.ndarray,
    seeds: tuple[int, int], profit: np.ndarray, allowed: np.ndarray, reason: np.ndarray,
) -> pd.DataFrame:  # fmt: skip
    """Deal contacts to customers: those likeliest to be active first, which offer they get by lot."""
    lot = lots(known.customers, "deal", *seeds)
    alive = np.nan_to_num(known.p_alive, nan=1.0)
    parts = []
    for s, (turn, cells) in enumerate(dealt(menu, counts)):
        mine = np.flatnonzero(free & (known.segment == s))
        served = mine[np.lexsort((lot[mine], -alive[mine]))][: int(turn.max(initial=-1)) + 1]
        served = served[np.argsort(lot[served], kind="stable")]
        parts.append(pd.DataFrame({"at": served[turn], "cell": cells, "reason": reason[cells]}))
    acts = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"at": [], "cell": [], "reason": []})
    )
    rest = np.setdiff1d(np.arange(len(known.customers)), acts["at"].to_numpy(dtype=int))
    pays = np.zeros(len(board.segments), dtype=bool)
    np.logical_or.at(pays, board.segment[allowed & (profit > 0)], True)
    may = np.zeros(len(board.segments), dtype=bool)
    np.logical_or.at(may, board.segment[allowed], True)
    where = known.segment[rest]
    why = np.select(
        [out[rest], lost[rest], ~may[where], ~pays[where]],
        ["holdout", "lost", "forbidden", "no_profit"], "no_room",
    )  # fmt: skip
    more = pd.DataFrame({"at": rest, "cell": -1, "reason": why})
    both = pd.concat([acts, more], ignore_index=True).astype({"at": "int64", "cell": "int64"})
    both = both.sort_values(["at", "cell"], kind="stable", ignore_index=True)
    return both.assign(customer=known.customers[both["at"]], segment=known.segment[both["at"]])


def _why_nothing(
    known: Known, free: np.ndarray, lost: np.ndarray, menu: Menu, profit: np.ndarray, allowed: np.ndarray
) -> str:
    """The first reason that applies."""
    if not len(known.customers):
        return "nobody"
    if lost.all():
        return "all_lost"
    if not free.any():
        return "all_held_out"
    if not allowed.any():
        return "all_forbidden"
    if not (profit[allowed] > 0).any():
        return "no_profit"
    if menu.budget < menu.cost[allowed & (profit > 0)].min():
        return "no_budget"
    return "no_capacity"
