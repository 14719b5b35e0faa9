"""One turn of the loop: what is known, what is planned, what came back, what was learnt. Nothing later counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crmlab.customers.board import Board, Claims, Learnt, State, claims, learn
from crmlab.customers.contact_log import ContactLog
from crmlab.customers.days import PurchaseDays
from crmlab.customers.known import ALL, Known, known_by_contacts, known_by_purchases
from crmlab.customers.overrides import Override
from crmlab.customers.planning import Plan, planned
from crmlab.customers.response import VAGUE, learned_prior
from crmlab.customers.segments import GROUPS
from crmlab.customers.valuer import Money
from crmlab.customers.windows import Prices, data_hash, later
from crmlab.data.dates import Calendar
from crmlab.files import sha256_text
from crmlab.study.swift_spec import Actions, Prior, Swift


@dataclass(frozen=True, eq=False)
class Game:
    """What stays the same from cycle to cycle.

    Attributes
    ----------
    actions, swift : the study's settings
    log : past contacts
    days : purchases, or None
    money, unit, model : how customers are valued
    prices : what the money of `days` is worth on another day
    board : the cells
    start : first day of cycle 1, since 1970
    observed : last day known of, since 1970
    calendar : of the cycles
    overrides : decisions of people
    seed, level : of draws and intervals
    """

    actions: Actions
    swift: Swift
    log: ContactLog
    days: PurchaseDays | None
    money: Money
    unit: str
    model: str
    prices: Prices
    board: Board
    start: int
    observed: int
    calendar: Calendar
    overrides: tuple[Override, ...]
    seed: int
    level: float

    def window(self, cycle: int) -> tuple[int, int]:
        """First day of a cycle, and of the next one."""
        months = self.swift.months
        return self._day(months * (cycle - 1)), self._day(months * cycle)

    def _day(self, ahead: int) -> int:
        return later(self.start, ahead, self.calendar)

    @property
    def over(self) -> int:
        """How many cycles are over: their last day has been observed, and something came back or could have."""
        count = 0
        while self.window(count + 1)[1] - 1 <= self.observed:
            count += 1
        return count

    def known(self, cycle: int) -> Known:
        """The customers as known when the cycle begins."""
        return self.known_on(self.window(cycle)[0])

    def known_on(self, first: int) -> Known:
        """The customers as known when a day (since 1970) begins."""
        if self.days is None:
            rows = self.log.rows
            return known_by_contacts(rows.loc[rows["day"] < first, "customer"].to_numpy(dtype=object))
        found = known_by_purchases(self.days, first, unit=self.unit, money=self.money, model=self.model)
        return replace(found, purchase=np.round(found.purchase * self.prices.at(first), 2))

    def cells(self, rows: pd.DataFrame, known: Known) -> np.ndarray:
        """(n,) cell of each contact that made an offer; -1 for strangers. Of one segment nobody is a stranger."""
        if self.days is None:
            at = np.zeros(len(rows), dtype=int)
        else:
            at = known.places(rows["customer"].to_numpy(dtype=object))
        segment = np.where(at >= 0, known.segment[np.maximum(at, 0)] if len(known.segment) else 0, 0)
        cell = self.board.cell(
            segment, *(rows[name].to_numpy(dtype=int) for name in ("offer", "channel", "slot"))
        )
        return np.where(at >= 0, cell, -1)

    def money_of(self, known: Known) -> tuple[np.ndarray, np.ndarray]:
        """(m,) margin of an answer, NaN where it is not known, and (m,) cost of a contact."""
        offers, board = list(self.actions.offers.values()), self.board
        margin = np.empty(len(board.names))
        for place, offer in enumerate(offers):
            mine = board.offer == place
            one = known.purchase[board.segment[mine]] if offer.margin == "purchase" else offer.margin
            margin[mine] = one * self._months(offer.months)
        dear = np.array([offer.cost for offer in offers])[board.offer]
        reach = np.array([one.cost for one in self.actions.channels.values()])[board.channel]
        return margin, dear + reach

    def _months(self, months: int) -> float:
        """How often a monthly margin counts: discounted to now."""
        return float((1 + self.money.rate) ** (-np.arange(months) / 12) @ np.ones(months)) if months else 1.0

    def data(self, cycle: int) -> str:
        """What a cycle rests on besides the state before it: its contacts, and the purchases that made its segments."""
        first, after = self.window(cycle)
        made = self.log.made
        inside = made.loc[(made["day"] >= first) & (made["day"] < after)]
        bought = np.zeros(0, int) if self.days is None else np.sort(self.days.day[self.days.day < first])
        return sha256_text(data_hash(inside), sha256_text(bought.astype("<i8").tobytes().hex()))

    def prior(self) -> State:
        """What is thought of every cell before cycle 1."""
        m, asked = len(self.board.names), self.swift.prior
        if isinstance(asked, Prior):
            return State.start(
                np.full(m, asked.rate * asked.strength), np.full(m, (1 - asked.rate) * asked.strength)
            )
        a, b = np.full(m, VAGUE), np.full(m, VAGUE)
        if asked == "history":
            x, n = self.history()
            for offer in range(len(self.board.offers)):
                mine = self.board.offer == offer
                a[mine], b[mine] = learned_prior(x[mine], n[mine])
        return State.start(a, b)

    def history(self) -> tuple[np.ndarray, np.ndarray]:
        """(m,) answers and contacts before cycle 1, by the segments known then."""
        made = self.log.made
        past = made.loc[made["day"] < self.start]
        return counted(self, past, self.known(1))[:2]


@dataclass(frozen=True, eq=False)
class Turn:
    """One cycle.

    Attributes
    ----------
    cycle, first, last : its number, first and last day (since 1970)
    known : the customers when it began
    before : what was thought of the cells
    plan : what was to be done
    over : whether its last day has been observed
    x, n, spent : (m,) answers, contacts and their cost in its days; zeros while it is not over
    earned : (m,) margin of the answers less cost
    strangers : contacts with customers unknown when it began
    held_contacted : share of the held-out customers whom the log shows contacted with an offer
    learnt : what it taught; None while it is not over
    sure : what may be claimed; None likewise
    data : hash of its contacts
    """

    cycle: int
    first: int
    last: int
    known: Known
    before: State
    plan: Plan
    over: bool
    x: np.ndarray
    n: np.ndarray
    spent: np.ndarray
    earned: np.ndarray
    strangers: int
    held_contacted: float
    learnt: Learnt | None
    sure: Claims | None
    data: str


def turn(game: Game, cycle: int, before: State) -> Turn:
    """Carry out cycle `cycle` from what the one before it left: in the order of causes, planning first."""
    first, after = game.window(cycle)
    known = game.known(cycle)
    gain, cost = game.money_of(known)
    plan = planned(
        game.board, before, known, gain, cost, game.actions, game.swift,
        cycle=cycle, seed=game.seed, overrides=game.overrides,
    )  # fmt: skip
    over = cycle <= game.over
    made = game.log.made
    rows = made.loc[(made["day"] >= first) & (made["day"] < after)] if over else made.iloc[:0]
    x, n, spent, strangers = counted(game, rows, known)
    learnt = sure = None
    if over:
        learnt = learn(
            before, x, n, game.board.offer,
            discount=game.swift.discount, drift=game.swift.drift, forget=game.swift.forget,
        )  # fmt: skip
        sure = claims(learnt.after, game.board, plan.gain, plan.cost, game.swift.alpha)
    return Turn(
        cycle, first, after - 1, known, before, plan, over, x, n, spent, x * plan.gain - spent, strangers,
        _reached(plan, rows, known), learnt, sure, game.data(cycle),
    )  # fmt: skip


def counted(game: Game, rows: pd.DataFrame, known: Known) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """(m,) answers, contacts and cost by cell, and the number of contacts with strangers."""
    cell = game.cells(rows, known)
    on, m = cell >= 0, len(game.board.names)
    n = np.bincount(cell[on], minlength=m).astype(float)
    x = np.bincount(cell[on], weights=rows["accepted"].to_numpy()[on], minlength=m)
    offers = np.array([offer.cost for offer in game.actions.offers.values()])
    cost = rows["cost"].to_numpy() + offers[rows["offer"].to_numpy(dtype=int)]
    return x, n, np.bincount(cell[on], weights=cost[on], minlength=m), int((~on).sum())


def _reached(plan: Plan, rows: pd.DataFrame, known: Known) -> float:
    held = known.customers[plan.acts.loc[plan.acts["reason"] == "holdout", "at"].to_numpy(dtype=int)]
    return float(pd.Series(held).isin(rows["customer"].unique()).mean()) if len(held) else np.nan


def segments_of(days: PurchaseDays | None) -> tuple[str, ...]:
    """The segments a board has: by purchases where there are any."""
    return (ALL,) if days is None else GROUPS


def names_of(asked: Mapping[str, object]) -> tuple[str, ...]:
    """Keys of offers or channels, in the study's order."""
    return tuple(asked)
