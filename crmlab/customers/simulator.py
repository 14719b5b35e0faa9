"""A market with known best actions, for the loop to be tried on: what learning gains, what drift costs, what nothing teaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from crmlab.customers.board import Board, Claims, State, claims, learn
from crmlab.customers.policy import Menu, best_plan, by_chance

Drift = Callable[[int, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Customers whose response rates are known to nobody but the simulator.

    Attributes
    ----------
    board : cells of segment, offer and channel
    rates : (m,) true response rates at the start
    gain, cost : (m,) margin of an answer, cost of a contact
    customers : (g,) customers of each segment who may be contacted in a cycle
    budget : for the contacts of a cycle
    capacity : (h,) contacts of each channel in a cycle
    drift : (cycle, rates before) -> rates of the cycle; None for rates that stand
    """

    board: Board
    rates: np.ndarray
    gain: np.ndarray
    cost: np.ndarray
    customers: np.ndarray
    budget: float = np.inf
    capacity: np.ndarray | None = None
    drift: Drift | None = None

    @property
    def menu(self) -> Menu:
        """What may be done."""
        b = self.board
        room = np.full(len(b.channels), np.inf) if self.capacity is None else self.capacity
        allowed = np.ones(len(self.rates), dtype=bool)
        return Menu(b.segment, b.offer, b.channel, self.cost, self.customers, 1, self.budget, room, allowed)

    def best(self, rates: np.ndarray) -> float:
        """Profit of a cycle under the best plan for known rates."""
        return best_plan(self.menu, rates * self.gain - self.cost).profit


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What came of a run of cycles.

    Attributes
    ----------
    regret : (cycles,) expected profit that the best plan would have made beyond the one carried out
    profit : (cycles,) expected profit of the plans carried out, at the true rates
    covered : (cycles, m) whether the interval of each cell held its true rate
    moved : (cycles,) cells said to have moved
    claimed : what was claimed at the end of each cycle
    state : at the end
    """

    regret: np.ndarray
    profit: np.ndarray
    covered: np.ndarray
    moved: np.ndarray
    claimed: tuple[Claims, ...]
    state: State

    @property
    def cumulative(self) -> np.ndarray:
        """(cycles,) regret so far."""
        return np.cumsum(self.regret)


def market(
    seed: int, *, segments: int = 3, offers: int = 2, channels: int = 3, customers: int = 200,
    prior: tuple[float, float] = (2.0, 8.0), gain: float = 100.0, cost: float = 5.0, alike: bool = False,
) -> Market:  # fmt: skip
    """A market whose rates come from a beta law; `alike` gives all cells of a segment one rate and one cost."""
    rng = np.random.default_rng(seed)
    board = Board(*(tuple(f"{letter}{k}" for k in range(n)) for letter, n in zip("soc", (segments, offers, channels), strict=True)))  # fmt: skip
    m = len(board.names)
    rates = rng.beta(*prior, m)
    if alike:
        rates = rng.beta(*prior, segments)[board.segment]
    return Market(board, rates, np.full(m, gain), np.full(m, cost), np.full(segments, customers))


def tried(
    place: Market, cycles: int, *, seed: int, policy: str = "thompson", prior: tuple[float, float] = (2.0, 8.0),
    frozen_after: int | None = None, parts: int = 10, discount: float = 1.0, drift: float = 0.01, forget: float = 0.2,
    alpha: float = 0.05, level: float = 0.95,
) -> Trial:  # fmt: skip
    """Let the loop run: plan, contact, learn, cycle after cycle.

    Parameters
    ----------
    policy : "thompson", or "mean" (the plan that is best by posterior means, never trying anything)
    frozen_after : cycle after which nothing is learnt any more and the plan is that of the posterior means
    parts, discount, drift, forget, alpha : as in the study file
    """
    rng = np.random.default_rng(seed)
    m = len(place.rates)
    state = State.start(np.full(m, prior[0]), np.full(m, prior[1]))
    rates, menu = place.rates, place.menu
    regret, profit, moved = np.zeros(cycles), np.zeros(cycles), np.zeros(cycles)
    covered = np.zeros((cycles, m), dtype=bool)
    said = []
    for k in range(cycles):
        rates = rates if place.drift is None else place.drift(k, rates)
        frozen = frozen_after is not None and k >= frozen_after
        if policy == "mean" or frozen:
            counts = best_plan(menu, state.rates.mean * place.gain - place.cost).counts
        else:
            counts = by_chance(menu, state.rates.draws(parts, rng) * place.gain - place.cost).counts
        pay = rates * place.gain - place.cost
        profit[k] = float(counts @ pay)
        regret[k] = place.best(rates) - profit[k]
        if not frozen:
            x = rng.binomial(counts, rates).astype(float)
            learnt = learn(
                state,
                x,
                counts.astype(float),
                place.board.offer,
                discount=discount,
                drift=drift,
                forget=forget,
            )
            state, moved[k] = learnt.after, learnt.moved.sum()
        low, high = state.rates.interval(level)
        covered[k] = (low <= rates) & (rates <= high)
        said.append(claims(state, place.board, place.gain, place.cost, alpha))
    return Trial(regret, profit, covered, moved, tuple(said), state)


def wrong_claims(trial: Trial, place: Market) -> int:
    """How many claims, ever made, are false at the market's starting rates."""
    pay = place.rates * place.gain - place.cost
    return len({
        (int(a), int(b))
        for said in trial.claimed
        for a, b in zip(said.better, said.worse, strict=True)
        if pay[a] <= pay[b] + 1e-12
    })  # fmt: skip


def growth(cumulative: np.ndarray, after: int = 5) -> float:
    """Slope of log cumulative regret on log cycle from cycle `after` on: 1 is linear, below it the loop learns."""
    k = np.arange(1, len(cumulative) + 1)
    on = (k >= after) & (cumulative > 0)
    x, y = np.log(k[on]), np.log(cumulative[on])
    return float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())


def switched(place: Market, at: int, seed: int) -> Market:
    """The same market whose cells of each segment exchange their rates at cycle `at`: best ones become poor."""
    rng = np.random.default_rng(seed)
    after = place.rates.copy()
    for s in range(len(place.board.segments)):
        mine = np.flatnonzero(place.board.segment == s)
        order = mine[np.argsort(place.rates[mine])]
        after[order] = place.rates[order[::-1]] if len(mine) > 1 else rng.random(1)

    return replace(place, drift=lambda k, rates: after if k >= at else rates)
