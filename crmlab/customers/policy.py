"""Which offer goes to how many customers of which segment, through which channel: the plan that pays most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crmlab.errors import ModelError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SECONDS = 5.0  # that the solver may take for one plan
MANY, GAP = 5000, 1e-4  # customers from which a plan so near to its bound is good enough, by share


@dataclass(frozen=True, slots=True, eq=False)
class Menu:
    """What may be done, and within which limits; m cells, g segments, h channels.

    Attributes
    ----------
    segment, offer, channel : (m,) place of each cell's segment, offer and channel
    cost : (m,) money that one contact costs
    customers : (g,) customers of each segment who may be contacted
    limit : contacts that one customer may get in a cycle; the same offer only once
    budget : money for all contacts, infinite for no limit
    capacity : (h,) contacts that each channel can make, infinite for no limit
    allowed : (m,) False for cells that somebody forbade
    """

    segment: np.ndarray
    offer: np.ndarray
    channel: np.ndarray
    cost: np.ndarray
    customers: np.ndarray
    limit: int
    budget: float
    capacity: np.ndarray
    allowed: np.ndarray

    def share(self, part: int, parts: int) -> Menu:
        """One of several parts of all resources, which together are the whole."""
        from dataclasses import replace

        def split(whole: np.ndarray) -> np.ndarray:
            whole = np.asarray(whole, dtype=float)
            counted = np.isfinite(whole)
            whole = np.where(counted, whole, 0.0)
            piece = whole * (part + 1) // parts - whole * part // parts
            return np.where(counted, piece, np.inf)

        return replace(
            self, customers=split(self.customers), budget=self.budget / parts, capacity=split(self.capacity)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """How many contacts each cell gets.

    Attributes
    ----------
    counts : (m,) whole numbers
    profit : expected profit of all
    bound : no plan can expect more; equal to `profit` for a proven best plan
    """

    counts: np.ndarray
    profit: float
    bound: float


def best_plan(menu: Menu, profit: np.ndarray) -> Allocation:
    """The plan with the highest expected profit; nothing at all where no cell pays.

    Parameters
    ----------
    menu : cells and limits
    profit : (m,) expected profit of one contact

    Returns
    -------
    Allocation
        Where each segment's best cell stays within all limits it is that, at once. Otherwise the linear relaxation cut to
        whole numbers, if it reaches its bound (or, beyond 5,000 customers, all but 0.01 % of it); otherwise a
        mixed-integer programme in one variable a cell, exact to 1e-6 within five seconds. `bound` says how near.

    Notes
    -----
    maximise sum v x subject to sum_{cells of s} x <= limit n_s, sum_{cells of s and o} x <= n_s, sum c x <= budget,
    sum_{cells of h} x <= capacity_h, x >= 0 whole. Counts that satisfy these can always be dealt to customers so that
    nobody gets more than `limit` contacts or one offer twice.

    Source
    ------
    Huangfu, Q. & Hall, J. A. J. (2018). Mathematical Programming Computation 10, 119-142 (HiGHS).
    """
    v = np.where(menu.allowed & (profit > 0), profit, 0.0)
    if not (v > 0).any() or menu.budget < 0 or not menu.customers.sum():
        return Allocation(np.zeros(len(v), dtype=np.int64), 0.0, 0.0)
    at_once = _unhindered(menu, v)
    if at_once is not None:
        gain = float(at_once @ v)
        return Allocation(at_once, gain, gain)
    return _solved(menu, v)


def _unhindered(menu: Menu, v: np.ndarray) -> np.ndarray | None:
    """Each segment's best offers, each through its best channel, if no common limit stands in the way."""
    counts = np.zeros(len(v), dtype=np.int64)
    order = np.lexsort((np.arange(len(v)), -v, menu.segment))
    given: dict[int, int] = {}
    seen: set[tuple[int, int]] = set()
    for cell in order[v[order] > 0]:
        s, o = int(menu.segment[cell]), int(menu.offer[cell])
        if (s, o) in seen or given.get(s, 0) >= menu.limit:
            continue
        seen.add((s, o))
        given[s] = given.get(s, 0) + 1
        counts[cell] = int(menu.customers[s])
    used = np.bincount(menu.channel, weights=counts, minlength=len(menu.capacity))
    fits = counts @ menu.cost <= menu.budget and (used <= menu.capacity).all()
    return counts if fits else None


def _solved(menu: Menu, v: np.ndarray) -> Allocation:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix

    on = np.flatnonzero(v > 0)
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    ends: list[float] = []

    def limit(cells: np.ndarray, weights: np.ndarray, end: float) -> None:
        if np.isfinite(end) and len(cells):
            rows.extend([len(ends)] * len(cells))
            columns.extend(cells)
            values.extend(weights)
            ends.append(end)

    seg, off, cha = menu.segment[on], menu.offer[on], menu.channel[on]
    places = np.arange(len(on))
    for s in np.unique(seg):
        mine = places[seg == s]
        limit(mine, np.ones(len(mine)), menu.limit * menu.customers[s])
        for o in np.unique(off[mine]) if menu.limit > 1 else ():
            same = mine[off[mine] == o]
            limit(same, np.ones(len(same)), menu.customers[s])
    for h in np.unique(cha):
        mine = places[cha == h]
        limit(mine, np.ones(len(mine)), float(menu.capacity[h]))
    unit = max(float(menu.cost.max(initial=0.0)), 1e-300)  # money in units of the dearest contact
    limit(places, menu.cost[on] / unit, menu.budget / unit)
    A = csr_matrix((values, (rows, columns)), shape=(len(ends), len(on)))
    scale, room = float(v.max()), np.asarray(ends)
    most = menu.customers[seg].astype(float)
    near, bound = _rounded(v[on] / scale, A, room, most)
    if (bound - near @ v[on] / scale) > (GAP if menu.customers.sum() > MANY else 1e-9) * max(bound, 1.0):
        found = milp(
            -v[on] / scale, integrality=np.ones(len(on)), bounds=Bounds(0, most),
            constraints=LinearConstraint(A, -np.inf, room), options={"mip_rel_gap": 1e-6, "time_limit": SECONDS},
        )  # fmt: skip
        if found.x is not None:
            exact = np.round(found.x)
            near = exact if exact @ v[on] > near @ v[on] else near
            bound = min(bound, -float(found.mip_dual_bound))
    counts = np.zeros(len(v), dtype=np.int64)
    counts[on] = near.astype(np.int64)
    gain = float(counts @ v)
    return Allocation(counts, gain, max(gain, bound * scale))


def _rounded(v: np.ndarray, A: csr_matrix, room: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, float]:
    """The linear relaxation cut to whole numbers, what room is left filled with the best cells; and the relaxation's value."""
    from scipy.optimize import linprog

    found = linprog(-v, A_ub=A, b_ub=room, bounds=np.column_stack([np.zeros(len(v)), most]), method="highs")
    if found.x is None:
        raise ModelError(
            f"actions: no plan was found ({found.message.strip()})", hint="fewer offers or channels"
        )
    x, dense = np.floor(found.x + 1e-9), A.toarray()
    for cell in np.argsort(-v, kind="stable"):
        weights = dense[:, cell]
        slack = room - dense @ x
        fits = np.min(
            np.where(weights > 0, slack / np.where(weights > 0, weights, 1.0), np.inf), initial=np.inf
        )
        x[cell] += max(np.floor(min(fits + 1e-9, most[cell] - x[cell])), 0.0)
    return x, -float(found.fun)


def by_chance(menu: Menu, profits: np.ndarray) -> Allocation:
    """Thompson sampling under limits: each of (r, m) drawn profits plans its own part of customers and means.

    A cell is so used as often as it may be the best one.

    Source
    ------
    Thompson, W. R. (1933). Biometrika 25, 285-294. Chapelle, O. & Li, L. (2011). NIPS 24, 2249-2257 (in batches).
    """
    parts = len(profits)
    counts = sum(best_plan(menu.share(k, parts), one).counts for k, one in enumerate(profits))
    mean = profits.mean(axis=0)
    return Allocation(np.asarray(counts), float(np.asarray(counts) @ mean), np.nan)


def dealt(menu: Menu, counts: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each segment, (customer's place among those who get something, cell) of each contact.

    Contacts of one offer stand together and are dealt in turn, so that nobody gets one offer twice, and nobody more
    contacts than a neighbour by more than one.
    """
    found = []
    for s, n in enumerate(np.asarray(menu.customers, dtype=int)):
        cells = np.flatnonzero((menu.segment == s) & (counts > 0))
        cells = cells[np.argsort(menu.offer[cells], kind="stable")]
        turn = np.repeat(cells, counts[cells])
        found.append((np.arange(len(turn)) % max(n, 1), turn))
    return found
