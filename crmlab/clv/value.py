"""Purchases times spend, discounted: the value of each customer and of all, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.clv.fitted import BtydFit
from crmlab.clv.rates import continuous_rate
from crmlab.clv.spend import SpendFit
from crmlab.clv.words import positive
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame

MIN_DRAWS = 50


@dataclass(frozen=True, slots=True, eq=False)
class CustomerValue:
    """Discounted future margin of the customers of a fit.

    Attributes
    ----------
    table : one row per customer: p_alive, expected (discounted purchases), spend, clv, ci_low, ci_high
    equity : sum of clv, weights not counted; equity_low, equity_high : its interval
    level : of the intervals
    draws : (draws,) equity under each draw of the parameters
    glance : horizon and rates with their units
    checks : those of the two fits
    """

    table: pd.DataFrame
    equity: float
    equity_low: float
    equity_high: float
    level: float
    draws: np.ndarray
    glance: dict[str, float]
    checks: tuple[Check, ...]
    source: dict[str, str]

    def result(self) -> Result:
        """Equity and the mean value of a customer, as a Result."""
        n = len(self.table)
        se = float(self.draws.std(ddof=1)) if self.draws.size else np.nan
        whole = {
            "estimate": self.equity,
            "std_error": se,
            "ci_low": self.equity_low,
            "ci_high": self.equity_high,
        }
        rows: list[dict[str, object]] = [{"term": "clv.equity", **whole}]
        rows.append({"term": "clv.mean", **{key: value / n for key, value in whole.items()}})
        return Result("model.clv", tidy_frame(rows), self.glance, self.checks, self.source)


def customer_value(
    purchases: BtydFit,
    spend: SpendFit | None,
    mean_spend: object = None,
    *,
    rate_per_year: float,
    periods_per_year: float,
    horizon: float = np.inf,
    margin: float = 1.0,
    spend_covariates: object = None,
    draws: int = 300,
    level: float = 0.95,
    seed: int = 0,
) -> CustomerValue:
    """Value of every customer of a fit: margin x expected spend x discounted expected purchases.

    Parameters
    ----------
    purchases : a fit; its time unit is the period
    spend : a Gamma-Gamma fit, or None to count purchases of value 1
    mean_spend : (n,) observed mean spend of the same customers in the same order; ignored where x = 0
    rate_per_year : effective yearly discount rate, 0.10 for 10 %. Nominal money wants a nominal rate, real
        money a real one: see `real_rate`
    periods_per_year : 365.25/7 for weeks, 12 for months
    horizon : periods ahead; infinity for the whole future
    margin : share of spend that is left after costs, in (0, 1]
    draws : parameter draws for the intervals; 0 for none

    Notes
    -----
    The interval is that of the EXPECTED value: it holds what is not known about the parameters, not the luck
    of a single customer. Purchases and spend are drawn independently, as the likelihood factorises.

    Source
    ------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). RFM and CLV. JMR 42(4), 415-430, eqs. (2)-(3).
    """
    rate = continuous_rate(rate_per_year, periods_per_year)
    if rate < 0 or (rate == 0 and not np.isfinite(horizon)):
        raise ModelError(
            "a discount rate of 0 or less needs a finite horizon and 0 or more", hint="0.10 for 10 %"
        )
    if not 0 < margin <= 1:
        raise ModelError(f"margin is {margin:g}; it must be a share in (0, 1]", hint="0.25 for 25 %")
    if draws and draws < MIN_DRAWS:
        raise ModelError(f"{draws} draws cannot carry an interval; want {MIN_DRAWS} or more, or 0 for none")
    horizon = np.inf if horizon == np.inf else positive(horizon, "horizon")
    x = purchases.buyers.x[purchases.buyers.inverse]
    money = _Money(spend, x, mean_spend, spend_covariates, margin)
    counts, worth = _counts(purchases, rate, horizon), money.of(spend)
    clv, sums, customers = counts * worth, np.empty(0), np.empty((0, len(x)))
    if draws:
        sums, customers = _drawn(purchases, spend, money, rate, horizon, draws, seed)
    low, high = _limits(customers, level, len(x))
    table = pd.DataFrame({
        "p_alive": purchases.p_alive(), "expected": counts, "spend": worth / margin,
        "clv": clv, "ci_low": low, "ci_high": high,
    })  # fmt: skip
    whole = np.quantile(sums, [(1 - level) / 2, (1 + level) / 2]) if draws else (np.nan, np.nan)
    glance = {"n": float(len(x)), "rate_per_year": rate_per_year, "periods_per_year": periods_per_year}
    glance |= {"horizon_periods": horizon, "margin": margin, "draws": float(draws), "level": level}
    checks = purchases.checks + (spend.checks if spend is not None else ())
    return CustomerValue(
        table, float(clv.sum()), float(whole[0]), float(whole[1]), level, sums, glance, _distinct(checks),
        purchases.source,
    )  # fmt: skip


def new_customer_value(
    purchases: BtydFit, spend: SpendFit | None, *, rate_per_year: float, periods_per_year: float,
    horizon: float = np.inf, margin: float = 1.0, first_purchase: bool = True, draws: int = 300,
    level: float = 0.95, seed: int = 0,
) -> tuple[float, float, float]:  # fmt: skip
    """Value of a customer not yet won, with interval: (value, low, high); without covariates.

    The first purchase is paid at once, at the population's mean spend; leave it out with first_purchase=False.
    """
    rate = continuous_rate(rate_per_year, periods_per_year)

    def worth(p: BtydFit, s: SpendFit | None) -> float:
        count = float(p.dert_new(rate, horizon=horizon)[0]) + float(first_purchase)
        return margin * count * (1.0 if s is None else float(s.mean()[0]))

    own = worth(purchases, spend)
    if not draws:
        return own, np.nan, np.nan
    drawn = [worth(p, s) for p, s in _pairs(purchases, spend, draws, seed)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return own, float(low), float(high)


@dataclass(frozen=True, slots=True, eq=False)
class _Money:
    """Margin per purchase of each customer under a spend fit."""

    spend: SpendFit | None
    x: np.ndarray
    mean_spend: object
    covariates: object
    margin: float

    def of(self, spend: SpendFit | None) -> np.ndarray:
        if spend is None:
            return np.full(len(self.x), self.margin)
        if self.mean_spend is None:
            raise ModelError("a spend fit needs the customers' mean_spend")
        observed = np.where(self.x > 0, np.asarray(self.mean_spend, dtype=float), 0.0)
        return self.margin * spend.expected(self.x, observed, covariates=self.covariates)


def _counts(purchases: BtydFit, rate: float, horizon: float) -> np.ndarray:
    return purchases.dert(rate, horizon=horizon)


def _pairs(
    purchases: BtydFit, spend: SpendFit | None, draws: int, seed: int
) -> list[tuple[BtydFit, SpendFit | None]]:
    """Both fits under drawn parameters; draws of spend without a finite mean are drawn again."""
    first = [purchases.at(row) for row in purchases.draws(draws, seed)]
    if spend is None:
        return [(p, None) for p in first]
    rows = spend.draws(4 * draws, seed + 1)
    rows = rows[rows[:, 1] > 1][:draws]
    if len(rows) < draws:
        raise ModelError("q is too near 1 for an interval of mean spend", hint="winsorise spend")
    return [(p, spend.at(row)) for p, row in zip(first, rows, strict=True)]


def _drawn(
    purchases: BtydFit,
    spend: SpendFit | None,
    money: _Money,
    rate: float,
    horizon: float,
    draws: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """(draws,) equity and (draws, n) values."""
    n = len(money.x)
    sums, customers = np.empty(draws), np.empty((draws, n), dtype=np.float32)
    for place, (p, s) in enumerate(_pairs(purchases, spend, draws, seed)):
        clv = _counts(p, rate, horizon) * money.of(s)
        sums[place] = clv.sum()
        customers[place] = clv
    return sums, customers


def _limits(customers: np.ndarray, level: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    if not len(customers):
        return np.full(n, np.nan), np.full(n, np.nan)
    low, high = np.quantile(customers, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def _distinct(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks of two fits, those of one name that failed first and once."""
    found: dict[str, Check] = {}
    for check in checks:
        if check.name not in found or not check.ok:
            found[check.name] = check
    return tuple(found.values())
