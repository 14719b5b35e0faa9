"""Purchases times spend, discounted: the value of each customer and of all, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.clv.fitted import BtydFit
from crmlab.clv.money import Drawn, Money, drawn_values, pairs
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
    segments : one row per segment, if asked: segment, customers, clv (sum), ci_low, ci_high, mean, mean_low,
        mean_high
    equity : sum of clv, each row as often as its weight says; equity_low, equity_high : its interval
    level : of the intervals
    draws : (draws,) equity under each draw of the parameters
    glance : horizon, rates and costs with their units
    checks : those of the two fits
    """

    table: pd.DataFrame
    segments: pd.DataFrame | None
    equity: float
    equity_low: float
    equity_high: float
    level: float
    draws: np.ndarray
    glance: dict[str, float]
    checks: tuple[Check, ...]
    source: dict[str, str]

    def result(self) -> Result:
        """Equity and the mean value of a customer, of all and of each segment, as a Result."""
        se = float(self.draws.std(ddof=1)) if self.draws.size else np.nan
        whole = {
            "estimate": self.equity,
            "std_error": se,
            "ci_low": self.equity_low,
            "ci_high": self.equity_high,
        }
        rows: list[dict[str, object]] = [{"term": "clv.equity", **whole}]
        n = self.glance["customers"]
        rows.append({"term": "clv.mean", **{key: value / n for key, value in whole.items()}})
        for part in self.segments.to_dict("records") if self.segments is not None else []:
            ends = {"ci_low": part["ci_low"], "ci_high": part["ci_high"]}
            rows.append({"term": f"segment_equity:{part['segment']}", "estimate": part["clv"], **ends})
            ends = {"ci_low": part["mean_low"], "ci_high": part["mean_high"]}
            rows.append({"term": f"segment_mean:{part['segment']}", "estimate": part["mean"], **ends})
            rows.append({"term": f"segment_customers:{part['segment']}", "estimate": part["customers"]})
        return Result("model.clv", tidy_frame(rows), self.glance, self.checks, self.source)

    def _repr_html_(self) -> str:
        return self.result()._repr_html_()


def customer_value(
    purchases: BtydFit,
    spend: SpendFit | None,
    mean_spend: object = None,
    *,
    rate_per_year: float,
    periods_per_year: float,
    horizon: float = np.inf,
    margin: float = 1.0,
    cost_per_purchase: float = 0.0,
    cost_per_year: float = 0.0,
    segments: object = None,
    spend_covariates: object = None,
    draws: int = 300,
    level: float = 0.95,
    seed: int = 0,
) -> CustomerValue:
    """Value of every customer of a fit: (margin x expected spend - cost) x discounted purchases - upkeep.

    Parameters
    ----------
    purchases : a fit; its time unit is the period. A bootstrap's fit brings the bootstrap's intervals
    spend : a Gamma-Gamma fit, or None to count purchases of value 1
    mean_spend : (n,) observed mean spend of the same customers in the same order; ignored where x = 0
    rate_per_year : effective yearly discount rate, 0.10 for 10 %. Nominal money wants a nominal rate, real
        money a real one: see `real_rate`, `deflate`
    periods_per_year : 365.25/7 for weeks, 12 for months
    horizon : periods ahead; infinity for the whole future
    margin : share of spend that is left after costs, in (0, 1]
    cost_per_purchase : money each purchase costs (delivery, handling)
    cost_per_year : money that keeping one customer in the books costs (mailings), spent to the horizon
        whether he is alive or not, for nobody sees him leave; discounted
    segments : (n,) a name per customer; sums and means with intervals for each. A frame groups in several ways
        at once, one column a way
    draws : parameter draws for the intervals; 0 for none

    Notes
    -----
    The interval is that of the EXPECTED value: it holds what is not known about the parameters, not the luck
    of a single customer. Purchases and spend are drawn independently, as the likelihood factorises.

    Source
    ------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). RFM and CLV. JMR 42(4), 415-430, eqs. (2)-(3).
    Costs of keeping: Berger, P. D. & Nasr, N. I. (1998). J. Interactive Marketing 12(1), 17-30.
    """
    rate, horizon = _times(rate_per_year, periods_per_year, horizon)
    _admit_money(margin, draws)
    x = purchases.buyers.x[purchases.buyers.inverse]
    each = positive(cost_per_purchase, "cost_per_purchase", zero=True)
    upkeep = positive(cost_per_year, "cost_per_year", zero=True) / periods_per_year * annuity(rate, horizon)
    money = Money(spend, x, mean_spend, spend_covariates, margin, each)
    counts, worth = purchases.dert(rate, horizon=horizon), money.of(spend)
    clv, groups = counts * worth - upkeep, _groups(segments, len(x))
    own = purchases.buyers.own if purchases.buyers.own is not None else np.ones(len(x))
    known = Drawn(np.empty(0), np.empty((0, 0)), np.full((2, len(x)), np.nan))
    if draws:
        known = drawn_values(
            purchases, spend, money, (rate, horizon, upkeep), (draws, level, seed), groups, own
        )
    table = pd.DataFrame({
        "p_alive": purchases.p_alive(), "expected": counts, "spend": (worth + each) / margin,
        "clv": clv, "ci_low": known.limits[0], "ci_high": known.limits[1],
    })  # fmt: skip
    low, high = map(float, _ends(known.sums, level))
    glance = {"n": float(len(x)), "customers": float(own.sum()), "rate_per_year": rate_per_year}
    glance |= {"periods_per_year": periods_per_year, "rate_per_period": rate, "horizon_periods": horizon}
    glance |= {"margin": margin, "cost_per_purchase": each, "cost_per_year": cost_per_year}
    checks = purchases.checks + (spend.checks if spend is not None else ())
    parts = _segments(clv, own, groups, known.parts, level)
    glance |= {"draws": float(draws), "level": level}
    return CustomerValue(
        table, parts, float(clv @ own), low, high, level, known.sums, glance, _distinct(checks), purchases.source
    )  # fmt: skip


def new_customer_value(
    purchases: BtydFit, spend: SpendFit | None, *, rate_per_year: float, periods_per_year: float,
    horizon: float = np.inf, margin: float = 1.0, cost_per_purchase: float = 0.0, acquisition_cost: float = 0.0,
    first_purchase: bool = True, draws: int = 300, level: float = 0.95, seed: int = 0,
) -> tuple[float, float, float]:  # fmt: skip
    """Value of a customer not yet won, with interval: (value, low, high); without covariates.

    Parameters
    ----------
    acquisition_cost : money it takes to win him, paid at once
    first_purchase : whether his first purchase counts, paid at once at the population's mean spend

    Other arguments as for `customer_value`.
    """
    rate, horizon = _times(rate_per_year, periods_per_year, horizon)
    _admit_money(margin, draws)
    spent = positive(acquisition_cost, "acquisition_cost", zero=True)
    each = positive(cost_per_purchase, "cost_per_purchase", zero=True)

    def worth(p: BtydFit, s: SpendFit | None) -> float:
        count = float(p.dert_new(rate, horizon=horizon)[0]) + float(first_purchase)
        return (margin * (1.0 if s is None else float(s.mean()[0])) - each) * count - spent

    own = worth(purchases, spend)
    if not draws:
        return own, np.nan, np.nan
    drawn = [worth(p, s) for p, s in pairs(purchases, spend, draws, seed)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], method="weibull")
    return own, float(low), float(high)


def annuity(rate: float, horizon: float) -> float:
    """Present value of one unit of money per period, paid continuously to the horizon."""
    if rate == 0:
        return horizon
    return float(1 / rate if not np.isfinite(horizon) else -np.expm1(-rate * horizon) / rate)


def _times(rate_per_year: float, periods_per_year: float, horizon: float) -> tuple[float, float]:
    """Continuous rate per period, and the horizon in periods."""
    rate = continuous_rate(rate_per_year, periods_per_year)
    if rate < 0 or (rate == 0 and not np.isfinite(horizon)):
        raise ModelError(
            "a discount rate of 0 or less needs a finite horizon and 0 or more", hint="0.10 for 10 %"
        )
    return rate, np.inf if horizon == np.inf else positive(horizon, "horizon")


def _admit_money(margin: float, draws: int) -> None:
    if not 0 < margin <= 1:
        raise ModelError(f"margin is {margin:g}; it must be a share in (0, 1]", hint="0.25 for 25 %")
    if draws and draws < MIN_DRAWS:
        raise ModelError(f"{draws} draws cannot carry an interval; want {MIN_DRAWS} or more, or 0 for none")


def _groups(segments: object, n: int) -> tuple[np.ndarray, list[str]] | None:
    """(n, ways) the segment of each customer as a number, and the segments' names in sorted order."""
    if segments is None:
        return None
    if isinstance(segments, pd.DataFrame):
        return _ways_of_grouping(segments, n)
    names = pd.Series(np.asarray(segments, dtype=object)).astype("string")
    if len(names) != n:
        raise ModelError(f"segments has {len(names)} values for {n} customers")
    if names.isna().any():
        raise ModelError(
            f"segments is missing for {int(names.isna().sum())} customers", hint="name them, e.g. 'unknown'"
        )
    code, found = pd.factorize(names, sort=True)
    return code[:, None], [str(name) for name in found]


def _ways_of_grouping(segments: pd.DataFrame, n: int) -> tuple[np.ndarray, list[str]]:
    """Several groupings at once, numbered one after the other; their segments must differ in name."""
    codes: list[np.ndarray] = []
    names: list[str] = []
    for _, column in segments.items():
        found = _groups(column, n)
        assert found is not None
        codes.append(found[0] + len(names))
        names += found[1]
    if len(set(names)) < len(names):
        raise ModelError("two ways of grouping have a segment of one name", hint="name them apart")
    return np.hstack(codes), names


def _segments(
    clv: np.ndarray,
    own: np.ndarray,
    groups: tuple[np.ndarray, list[str]] | None,
    parts: np.ndarray,
    level: float,
) -> pd.DataFrame | None:
    if groups is None:
        return None
    code, names = groups
    each, weight = np.repeat(own * clv, code.shape[1]), np.repeat(own, code.shape[1])
    sums, size = np.bincount(code.ravel(), each), np.bincount(code.ravel(), weight)
    low, high = _ends(parts, level) if parts.size else (np.full(len(names), np.nan),) * 2
    return pd.DataFrame({
        "segment": names, "customers": size, "clv": sums, "ci_low": low, "ci_high": high,
        "mean": sums / size, "mean_low": low / size, "mean_high": high / size,
    })  # fmt: skip


def _ends(draws: np.ndarray, level: float) -> tuple[np.ndarray | float, np.ndarray | float]:
    if not draws.size:
        return np.nan, np.nan
    # of B draws the (B + 1) p-th in order: the usual (B - 1) p + 1 makes intervals of few draws too narrow
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0, method="weibull")
    return low, high


def _distinct(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks of two fits, those of one name that failed first and once."""
    found: dict[str, Check] = {}
    for check in checks:
        if check.name not in found or not check.ok:
            found[check.name] = check
    return tuple(found.values())
