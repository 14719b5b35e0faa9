"""Purchases against what a purchase model expected of the same customers, and the mix of those still active."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.customers.days import DAYS, PurchaseDays
from crmlab.customers.drift import LARGE, SMALL, noise, psi
from crmlab.customers.histories import fit_named, histories
from crmlab.customers.series import Clock, Series
from crmlab.errors import ModelError

FEWEST = 20  # customers that must be known for a period to count
MOST = 2_000_000  # customers times periods, beyond which every k-th customer is watched
TENTHS = np.linspace(0.1, 0.9, 9)
LIKELY = 0.5  # probability from which a customer counts as still active


@dataclass(frozen=True, slots=True)
class AliveMix:
    """How likely customers are still active, at the end of the baseline and on the last day.

    Attributes
    ----------
    share : of customers with a probability of one half or more, then and now
    customers : how many there were, then and now
    psi, noise : stability index of the probabilities by tenths, and what chance makes of it
    band : 0 small, 1 moderate, 2 large
    """

    share: tuple[float, float]
    customers: tuple[int, int]
    psi: float
    noise: float
    band: int


def expected_series(
    days: PurchaseDays, model: str, clock: Clock, *, unit: str = "W", baseline_end: int | None = None
) -> tuple[Series, AliveMix]:
    """Purchases of each period by customers known at its start, over the number the model expected of them.

    Parameters
    ----------
    days : purchases
    model : name of the purchase model; it is fitted to the baseline alone, so that it has not seen what it judges
    clock : the periods
    unit : of the model's time
    baseline_end : last day of the baseline (since 1970); None takes half of the periods

    Returns
    -------
    Series, AliveMix
        `expected`: a count over an exposure. Given what came before, each count's mean is its exposure if the model
        holds, so that periods are independent though customers differ and are lost.

    Raises
    ------
    ModelError
        The model cannot be fitted to the baseline.
    """
    end = clock.start + clock.step * (clock.periods // 2) - 1 if baseline_end is None else baseline_end
    days = _some(days, clock.periods)
    if not (days.day <= end).any():
        raise ModelError("the baseline has no purchases")
    fits = fit_named([model], histories(days.until(end), unit))
    if model not in fits:
        raise ModelError(f"the model '{model}' cannot be fitted to the baseline")
    fit, ahead = fits[model], clock.step / DAYS[unit]
    first = clock.place(days.first)[days.who]
    place = clock.place(days.day)
    count = np.bincount(place[(place > first) & (place >= 0)], minlength=clock.periods)[
        : clock.periods
    ].astype(float)
    exposure = np.zeros(clock.periods)
    for period in range(clock.periods):  # periods, few
        start = clock.start + clock.step * period
        if int((days.first < start - 1).sum()) >= FEWEST:
            h = histories(days.until(start - 1), unit)
            exposure[period] = fit.expected(ahead, h.x, h.t_x, h.T).sum()
    known = np.flatnonzero(exposure > 0)
    series = Series(
        "expected", "rate", count[known], exposure[known], known, clock, left_out=clock.periods - len(known)
    )
    probabilities = []
    for last in (end, int(days.end)):
        h = histories(days.until(last), unit)
        probabilities.append(fit.p_alive(h.x, h.t_x, h.T))
    return series, _mix(*probabilities)


def _some(days: PurchaseDays, periods: int) -> PurchaseDays:
    """All customers, or every k-th where they are too many to be judged period by period."""
    every = -(-len(days.customers) * periods // MOST)
    if every <= 1:
        return days
    kept = days.who % every == 0
    who = days.who[kept] // every
    return PurchaseDays(
        days.customers[::every], who, days.day[kept], days.amount[kept], days.refunds[::every], days.end
    )


def _mix(then: np.ndarray, now: np.ndarray) -> AliveMix:
    counts = [
        np.bincount(np.searchsorted(TENTHS, p, side="right"), minlength=10).astype(float) for p in (then, now)
    ]
    size, n = psi(*counts), (len(then), len(now))
    share = (float((then >= LIKELY).mean()), float((now >= LIKELY).mean()))
    band = 0 if size < SMALL else 1 if size < LARGE else 2
    return AliveMix(share, n, size, noise(10, n), band)
