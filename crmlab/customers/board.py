"""The board the loop plays on: cells of segment, offer, channel and hour, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crmlab.customers.evidence import log_evidence
from crmlab.customers.response import Rates, moved

ANY = "any"  # the only part of the day where the study makes none


@dataclass(frozen=True, eq=False)
class Board:
    """Every cell: segments x offers x channels x parts of the day.

    Attributes
    ----------
    segments, offers, channels, slots : their keys
    """

    segments: tuple[str, ...]
    offers: tuple[str, ...]
    channels: tuple[str, ...]
    slots: tuple[str, ...] = (ANY,)

    @cached_property
    def places(self) -> np.ndarray:
        """(m, 4) place of each cell's segment, offer, channel and part of the day."""
        sizes = (len(self.segments), len(self.offers), len(self.channels), len(self.slots))
        return np.stack(np.unravel_index(np.arange(int(np.prod(sizes))), sizes), axis=1)

    @property
    def segment(self) -> np.ndarray:
        """(m,) place of the segment."""
        return self.places[:, 0]

    @property
    def offer(self) -> np.ndarray:
        """(m,) place of the offer."""
        return self.places[:, 1]

    @property
    def channel(self) -> np.ndarray:
        """(m,) place of the channel."""
        return self.places[:, 2]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """(m,) "best.own.phone", with the part of the day behind it where there are several."""
        keys = (self.segments, self.offers, self.channels, self.slots)
        used = keys if len(self.slots) > 1 else keys[:3]
        return tuple(
            ".".join(part[at] for part, at in zip(used, row, strict=False)) for row in self.places.tolist()
        )

    def cell(
        self, segment: np.ndarray, offer: np.ndarray, channel: np.ndarray, slot: np.ndarray
    ) -> np.ndarray:
        """(n,) place of the cell of each contact."""
        sizes = (len(self.segments), len(self.offers), len(self.channels), len(self.slots))
        return np.ravel_multi_index((segment, offer, channel, slot), sizes)


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What is known between two cycles.

    Attributes
    ----------
    rates : posteriors of the response rates
    sure_x, sure_n : (m,) answers and contacts since the cell's rate last moved, from which claims are made
    resets : (m,) how often it moved
    """

    rates: Rates
    sure_x: np.ndarray
    sure_n: np.ndarray
    resets: np.ndarray

    @classmethod
    def start(cls, a: np.ndarray, b: np.ndarray) -> State:
        """Before cycle 1, with the shapes of the prior."""
        none = np.zeros(len(a))
        return cls(Rates.prior(a, b), none, none, none)


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """One update: the state before it, as weighted against forgetting, and after; which cells moved."""

    before: State
    after: State
    moved: np.ndarray


def learn(
    state: State, x: np.ndarray, n: np.ndarray, offer: np.ndarray, *,
    discount: float = 1.0, drift: float = 0.01, forget: float = 0.2,
) -> Learnt:  # fmt: skip
    """What n (m,) contacts with x (m,) answers teach.

    The past is weighted by `discount`; where the answers say that a rate moved (test at level `drift`, cells and whole
    offers judged together) it is weighted by `forget` too, and claims start anew. Without alarm and with discount 1 the
    result does not depend on how contacts are parted into cycles.
    """
    shifted = moved(state.rates, x, n, offer, drift)
    keep = np.where(shifted, forget, 1.0) * discount
    rates = state.rates.faded(keep).updated(x, n)
    after = State(
        rates,
        np.where(shifted, 0.0, state.sure_x) + x,
        np.where(shifted, 0.0, state.sure_n) + n,
        state.resets + shifted,
    )
    return Learnt(state, after, shifted)


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """Pairs of cells of one segment of which the first surely pays more.

    Attributes
    ----------
    better, worse : (c,) places of the cells
    evidence : (c,) log evidence; the threshold is `needed`
    needed : (c,)
    strongest : highest log evidence of any pair less what it needs
    pairs : how many pairs were judged
    """

    better: np.ndarray
    worse: np.ndarray
    evidence: np.ndarray
    needed: np.ndarray
    strongest: float
    pairs: int


def claims(state: State, board: Board, gain: np.ndarray, cost: np.ndarray, alpha: float) -> Claims:
    """What may be said for sure: the chance that any of it is ever wrong is at most alpha.

    All ordered pairs of cells of a segment share alpha; a cell that moved r times has alpha / 2^(r+1) left.
    """
    alike = (board.segment[:, None] == board.segment[None, :]) & ~np.eye(len(gain), dtype=bool)
    a, b = np.nonzero(
        alike & (gain > 0)[:, None] & (gain > 0)[None, :]
    )  # without a margin nothing is known to pay
    if not len(a):
        none = np.zeros(0)
        return Claims(none.astype(int), none.astype(int), none, none, -np.inf, 0)
    spent = np.maximum(state.resets[a], state.resets[b]) + 1
    needed = np.log(len(a) / alpha) + spent * np.log(2.0)
    evidence = np.full(len(a), -np.inf)
    on = (state.sure_n[a] > 0) & (state.sure_n[b] > 0)
    ia, ib = a[on], b[on]
    evidence[on] = log_evidence(
        state.sure_x[ia], state.sure_n[ia], state.sure_x[ib], state.sure_n[ib],
        (gain[ia], gain[ib]), (cost[ia], cost[ib]),
    )  # fmt: skip
    sure = (evidence >= needed) & np.isfinite(evidence)
    finite = evidence[np.isfinite(evidence)] - needed[np.isfinite(evidence)]
    strongest = float(finite.max()) if len(finite) else -np.inf
    return Claims(a[sure], b[sure], evidence[sure], needed[sure], strongest, len(a))


def chance_best(state: State, board: Board, gain: np.ndarray, cost: np.ndarray, seed: int, draws: int = 2000) -> np.ndarray:  # fmt: skip
    """(m,) probability that a cell pays most of its segment, from draws of the posterior."""
    pay = state.rates.draws(draws, np.random.default_rng(seed)) * gain - cost
    best = np.zeros(len(gain))
    for s in range(len(board.segments)):
        mine = np.flatnonzero(board.segment == s)
        best[mine] = np.bincount(pay[:, mine].argmax(axis=1), minlength=len(mine)) / draws
    return best
