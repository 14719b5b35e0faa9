"""What a customer base looks like before any model: size, inequality, cohorts, time between purchases, repeat buying."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.customers.cohorts import cohorts
from crmlab.customers.days import DAYS, PurchaseDays
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.wilson import wilson

TOPS = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)  # percent of customers, best first
STATISTICS = {"q10": 0.10, "q25": 0.25, "median": 0.50, "q75": 0.75, "q90": 0.90}
BINS = 24  # bars of a histogram
STEPS = 40  # points of a repeat curve


@dataclass(frozen=True, slots=True, eq=False)
class CustomerBase:
    """The saved results of the customer base, by their names in docs/terms.md."""

    base: Result
    pareto: Result
    cohorts: Result
    gaps: Result
    repeat: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, in the order of the section."""
        return {name: getattr(self, name) for name in self.__slots__}


def describe(
    days: PurchaseDays, *, unit: str = "W", calendar: str = "gregorian", nominal: PurchaseDays | None = None,
    level: float = 0.95, source: dict[str, str] | None = None,
) -> CustomerBase:  # fmt: skip
    """How large is the base, how unequal, who comes back, and when?

    Parameters
    ----------
    days : purchases, see `purchase_days`
    unit : of time: "D", "W", "M" (365.25/12 days) or "Y"
    calendar : "gregorian" or "jalali"; months, quarters and years of the cohorts are of this calendar
    nominal : the same purchases in nominal money, where that of `days` is real
    source : what the purchases rest on
    """
    if unit not in DAYS:
        raise ModelError(f"unit is '{unit}'; want one of {', '.join(DAYS)}")
    asked = (days, DAYS[unit], level, dict(source or {}))
    return CustomerBase(
        base=_base(*asked, nominal),
        pareto=_pareto(days, level, dict(source or {})),
        cohorts=cohorts(days, calendar=calendar, source=dict(source or {})),
        gaps=_gaps(*asked),
        repeat=_repeat(*asked),
    )


def _base(
    days: PurchaseDays, length: float, level: float, source: dict[str, str], nominal: PurchaseDays | None
) -> Result:
    n, once = len(days.customers), int((days.counts == 1).sum())
    _, low, high = map(float, wilson(once, n, level))
    numbers = {
        "customers": n, "purchases": len(days.day), "revenue": days.total.sum(),
        "first_day": days.day.min(), "last_day": days.end, "length": (days.end - days.day.min()) / length,
        "one_time": once,
    }  # fmt: skip
    numbers |= {"revenue_nominal": nominal.total.sum()} if nominal is not None else {}
    rows: list[dict[str, object]] = [{"term": name, "estimate": float(v)} for name, v in numbers.items()]
    rows.append({"term": "one_time_share", "estimate": once / n, "ci_low": low, "ci_high": high})
    rfm = {
        "recency": (days.end - days.last) / length,
        "frequency": days.counts.astype(float),
        "spend": days.gross / days.counts,
        "total": days.total,
        "tenure": (days.end - days.first) / length,
    }
    blocks = [tidy_frame(rows), _moments(rfm)]
    checks = (
        Check("check.repeat_customers", once < n, n - once, "> 0 customers who bought on more than one day"),
    )
    return Result(
        "model.customer_base", pd.concat(blocks), {"level": level, "unit_days": length}, checks, source
    )


def _moments(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    found = [tidy_block("mean", columns, [v.mean() for v in columns.values()])]
    found.append(tidy_block("sd", columns, [_sd(v) for v in columns.values()]))
    for name, share in STATISTICS.items():
        found.append(tidy_block(name, columns, [np.quantile(v, share) for v in columns.values()]))
    return pd.concat(found)


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan


def _pareto(days: PurchaseDays, level: float, source: dict[str, str]) -> Result:
    total = np.sort(np.maximum(days.total, 0.0))[::-1]
    n = len(total)
    held = np.interp(np.array(TOPS) / 100 * n, np.arange(n + 1), np.append(0.0, np.cumsum(total)))
    tidy = pd.concat([
        tidy_frame([{"term": "gini", "estimate": gini(total)}]),
        tidy_block("revenue_share", map(str, TOPS), held / total.sum()),
    ])  # fmt: skip
    return Result("model.pareto_curve", tidy, {"n": n, "level": level}, (), source)


def gini(values: np.ndarray) -> float:
    """Gini's coefficient of values from 0 on: 0 all alike, towards 1 one has everything.

    G = sum_i (2i - n - 1) v_(i) / (n sum v).

    Examples
    --------
    >>> gini(np.array([1.0, 1.0, 1.0, 1.0])), gini(np.array([0.0, 0.0, 0.0, 4.0]))
    (0.0, 0.75)
    """
    v = np.sort(values)
    n = len(v)
    return float(((2 * np.arange(1, n + 1) - n - 1) * v).sum() / (n * v.sum()))


def _gaps(days: PurchaseDays, length: float, level: float, source: dict[str, str]) -> Result:
    gaps = days.gaps[~np.isnan(days.gaps)] / length
    glance = {"n": float(len(gaps)), "level": level, "unit_days": length}
    if not len(gaps):
        return Result("model.gaps", tidy_frame([]), glance, (), source)
    width = _nice(np.quantile(gaps, 0.95) / BINS)
    bins = np.minimum((gaps / width - 1e-9).astype(int), BINS)
    shares = np.bincount(bins, minlength=BINS + 1) / len(gaps)
    names = [f"{k * width:.6g}-{(k + 1) * width:.6g}" for k in range(BINS)] + [f"{BINS * width:.6g}+"]
    steady = {"cv_within": _within(days), "regularity": regularity(days)}
    rows = [{"term": name, "estimate": value} for name, value in steady.items()]
    tidy = pd.concat([_moments({"gap": gaps}), tidy_frame(rows), tidy_block("share", names, shares)])
    return Result("model.gaps", tidy, glance | {"width": width}, (), source)


def _nice(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(max(step, 1e-9)))
    return float(next(k * power for k in (1, 2, 5, 10) if k * power >= step * (1 - 1e-9)))


def _within(days: PurchaseDays) -> float:
    """Median over customers, with three gaps or more, of the coefficient of variation of their own gaps."""
    known = ~np.isnan(days.gaps)
    who, gap = days.who[known], days.gaps[known]
    n = np.bincount(who, minlength=len(days.customers))
    chosen = n >= 3
    if not chosen.any():
        return float("nan")
    mean = np.bincount(who, gap, minlength=len(n))[chosen] / n[chosen]
    square = np.bincount(who, gap**2, minlength=len(n))[chosen]
    sd = np.sqrt(np.maximum(square - n[chosen] * mean**2, 0) / (n[chosen] - 1))
    return float(np.median(sd / mean))


def regularity(days: PurchaseDays) -> float:
    """Erlang stages k of the time between purchases: 1 is random, more is regular; NaN without two gaps of anyone.

    Of each customer's last two gaps, M = gap/(both) follows Beta(k, k), whatever his rate; k = (1 - 4 var M)/(8 var M).

    Source
    ------
    Wheat, R. D. & Morrison, D. G. (1990). Journal of Marketing Research 27(1), 87-93.
    """
    enough = days.counts >= 3
    if enough.sum() < 2:
        return float("nan")
    last = (days.starts + days.counts - 1)[enough]
    m = days.gaps[last] / (days.gaps[last] + days.gaps[last - 1])
    spread = float(np.mean((m - 0.5) ** 2))
    return (1 - 4 * spread) / (8 * spread) if spread > 0 else float("inf")


def _repeat(days: PurchaseDays, length: float, level: float, source: dict[str, str]) -> Result:
    """After the 1st, 2nd and 3rd purchase: the share that has bought again within t, by Kaplan-Meier."""
    longest = (days.end - days.day.min()) / length
    glance = {"level": level, "unit_days": length}
    if longest <= 0:
        return Result("model.repeat_curve", tidy_frame([]), glance, (), source)
    blocks = []
    grid = np.linspace(0, longest, STEPS + 1)[1:]
    for k in (1, 2, 3):
        here = days.starts[days.counts >= k] + k - 1
        if not len(here):
            continue
        again = days.counts[days.counts >= k] > k
        until = np.where(again, days.day[np.minimum(here + 1, len(days.day) - 1)], days.end)
        t = (until - days.day[here]) / length
        share, low, high = again_by(t, again, grid, level)
        known = grid <= t.max() + 1e-9
        names = [f"{k}.{value:.6g}" for value in grid[known]]
        blocks.append(tidy_block("again", names, share[known], ci_low=low[known], ci_high=high[known]))
        blocks.append(tidy_block("reached", [str(k)], [float(len(here))]))
    return Result("model.repeat_curve", pd.concat(blocks), glance, (), source)


def again_by(
    t: np.ndarray, event: np.ndarray, grid: Iterable[float] | np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """1 - S(grid) by Kaplan-Meier with log-log limits; t waiting times, event whether the wait ended in a purchase.

    Source
    ------
    Kaplan, E. L. & Meier, P. (1958). JASA 53, 457-481; Kalbfleisch, J. D. & Prentice, R. L. (1980), limits.
    """
    times, place = np.unique(t, return_inverse=True)
    d = np.bincount(place, weights=event.astype(float))
    at_risk = np.cumsum(np.bincount(place)[::-1])[::-1].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_s = np.cumsum(np.log1p(-d / at_risk))
        variance = np.cumsum(np.where(at_risk > d, d / (at_risk * (at_risk - d)), 0.0))
        z = ndtri((1 + level) / 2)
        se = np.sqrt(variance) / np.abs(log_s)
        low, high = np.exp(log_s * np.exp(z * se)), np.exp(log_s * np.exp(-z * se))
    at = np.searchsorted(times, np.asarray(grid) + 1e-9, side="right") - 1
    none = (at < 0) | (log_s[np.maximum(at, 0)] == 0)
    S = np.where(none, 1.0, np.exp(log_s[at]))
    return 1 - S, np.where(none, np.nan, 1 - high[at]), np.where(none, np.nan, 1 - low[at])
