"""What is watched, period by period: series of a ledger's purchases and of a log of contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.customers.charts import Kind
from crmlab.customers.days import PurchaseDays

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WEEK, FOUR_WEEKS, QUARTER = 7, 28, 91
STEPS = {"W": WEEK, "M": FOUR_WEEKS, "Q": QUARTER}
ENOUGH_PERIODS, ENOUGH_ROWS = 40, 20  # from which weeks (then four weeks) are fine enough and full enough
ACTIVE = 182  # days after a purchase in which a customer counts as active
AGAIN = 91  # days in which a new customer is to buy again

COUNTS = """
WITH sold AS (SELECT who, CAST(floor((day - $start) / CAST($step AS DOUBLE)) AS INTEGER) AS period, day, amount FROM purchases),
visits AS (SELECT who, period, count(*) AS n, max(day) AS last FROM sold GROUP BY who, period),
before AS (SELECT period, n, lag(period) OVER w AS seen, lag(last) OVER w AS since FROM visits
           WINDOW w AS (PARTITION BY who ORDER BY period))
SELECT period, count(*) AS buyers, count(*) FILTER (WHERE seen = period - 1) AS again,
       coalesce(sum(n) FILTER (WHERE $start + period * $step - since <= $active), 0) AS bought
FROM before GROUP BY period ORDER BY period
"""
MONEY = """
SELECT CAST(floor((day - $start) / CAST($step AS DOUBLE)) AS INTEGER) AS period, count(*) AS n, avg(ln(amount)) AS mean
FROM purchases WHERE amount > 0 GROUP BY period ORDER BY period
"""
ACTIVE_AT = """
WITH gaps AS (SELECT day, least(coalesce(lead(day) OVER (PARTITION BY who ORDER BY day), $end), day + $active) AS upto
              FROM purchases),
span AS (SELECT CAST(floor((day - $start) / CAST($step AS DOUBLE)) AS INTEGER) + 1 AS first,
                CAST(floor((upto - $start) / CAST($step AS DOUBLE)) AS INTEGER) AS last FROM gaps),
moves AS (SELECT first AS period, 1 AS moved FROM span WHERE last >= first
          UNION ALL SELECT last + 1, -1 FROM span WHERE last >= first)
SELECT period, sum(moved) AS moved FROM moves GROUP BY period ORDER BY period
"""
COHORTS = """
WITH numbered AS (SELECT who, day, row_number() OVER w AS k, lead(day) OVER w AS next FROM purchases
                  WINDOW w AS (PARTITION BY who ORDER BY day))
SELECT CAST(floor((day - $start) / CAST($step AS DOUBLE)) AS INTEGER) AS period, count(*) AS fresh,
       count(*) FILTER (WHERE next - day <= $again) AS back
FROM numbered WHERE k = 1 GROUP BY period ORDER BY period
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """Periods of equal length that end on the last day observed.

    Attributes
    ----------
    start : first day of the first whole period, in days since 1970
    step : days in a period
    periods : how many
    unit : "W" (week), "M" (four weeks) or "Q" (13 weeks)
    """

    start: int
    step: int
    periods: int
    unit: str

    @property
    def end(self) -> int:
        """Last day."""
        return self.start + self.step * self.periods - 1

    def place(self, day: np.ndarray) -> np.ndarray:
        """The period of each day; negative before the first."""
        return np.floor_divide(day - self.start, self.step)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One series.

    Attributes
    ----------
    name : "rate", "repeat", "retention", "basket", "volume", "acceptance", "quality", "cost"
    kind : "share" (count of size), "rate" (count over exposure), "mean" (of size values) or "number"
    count : (n,) of a share and a rate the count, else the value
    size : (n,) how many it is of
    period : (n,) numbers of the periods, rising
    clock : the periods
    log : True where values are logarithms, to be shown as what they are logarithms of
    left_out : periods without anything to count
    """

    name: str
    kind: Kind
    count: np.ndarray
    size: np.ndarray
    period: np.ndarray
    clock: Clock
    log: bool = False
    left_out: int = 0

    @property
    def value(self) -> np.ndarray:
        """(n,) the share, the rate, the mean."""
        return self.count / self.size if self.kind in ("share", "rate") else self.count


def clock_of(first: int, last: int, rows: int, unit: str = "auto") -> Clock | None:
    """Whole periods between two days; weeks where there are enough of them and enough rows in each; None if too short."""
    days = last - first + 1
    if unit == "auto":
        units = [
            u for u, k in STEPS.items() if days // k >= ENOUGH_PERIODS and rows * k / days >= ENOUGH_ROWS
        ]
        unit = units[0] if units else ("W" if days < ENOUGH_PERIODS * FOUR_WEEKS else "M")
    step = STEPS[unit]
    periods = days // step
    return Clock(last + 1 - periods * step, step, periods, unit) if periods else None


def purchase_series(
    days: PurchaseDays, unit: str = "auto", *, active: int = ACTIVE, again: int = AGAIN
) -> list[Series]:
    """The series of a ledger: `rate`, `repeat`, `retention`, `basket`; see `series_from_sql`."""
    import duckdb

    clock = clock_of(int(days.day.min()), int(days.end), len(days.day), unit)
    if clock is None:
        return []
    purchases = pd.DataFrame({"who": days.who, "day": days.day, "amount": days.amount})
    with duckdb.connect() as base:
        base.execute("SET threads = 1")
        base.register("purchases", purchases)
        return series_from_sql(base, clock, active=active, again=again)


def series_from_sql(
    base: DuckDBPyConnection, clock: Clock, *, active: int = ACTIVE, again: int = AGAIN
) -> list[Series]:
    """The series of a table or view `purchases` (who, day, amount), one row for each customer and day of purchase.

    Returns
    -------
    list of Series
        `rate` purchases in a period of customers active at its start, over their number (a customer is active for
        `active` days after a purchase); `repeat` of the buyers of one period, those who bought in the next;
        `retention` of the customers first seen in a period, those who bought again within `again` days, for periods
        that were observed that long after; `basket` mean logarithm of the money of a purchase day.
    """
    asked = {"start": clock.start, "step": clock.step}
    counts = base.execute(COUNTS, asked | {"active": active}).df()
    money = base.execute(MONEY, asked).df()
    moves = base.execute(ACTIVE_AT, asked | {"active": active, "end": clock.end}).df()
    cohorts = base.execute(COHORTS, asked | {"again": again}).df()
    n = clock.periods
    moved = pd.Series(moves["moved"].to_numpy(dtype=float), index=moves["period"].to_numpy())
    here = moved.sort_index().cumsum()
    standing = here.reindex(np.arange(n), method="ffill").fillna(0.0).to_numpy()
    bought, buyers, repeat = (_spread(counts, name, n) for name in ("bought", "buyers", "again"))
    warm = -(-active // clock.step)  # periods until everybody's last purchase is known
    seen = int((clock.end + 1 - again - clock.start) // clock.step)
    fresh, back = _spread(cohorts, "fresh", n), _spread(cohorts, "back", n)
    return [
        _series("rate", "rate", bought, standing, np.arange(warm, n), clock),
        _series("repeat", "share", repeat[1:], buyers[:-1], np.arange(n - 1), clock, shift=1),
        _series("retention", "share", back, fresh, np.arange(max(seen, 0)), clock),
        _series("basket", "mean", _spread(money, "mean", n), _spread(money, "n", n), np.arange(n), clock, log=True),
    ]  # fmt: skip


def contact_series(contacts: pd.DataFrame, unit: str = "auto") -> list[Series]:
    """The series of a log: `volume` a day, `acceptance`, `quality`, `cost` (mean logarithm), as far as it has them.

    Parameters
    ----------
    contacts : day (since 1970), and any of accepted (0/1), quality, cost; NaN where not known
    """
    if not len(contacts):
        return []
    day = contacts["day"].to_numpy(dtype=np.int64)
    clock = clock_of(int(day.min()), int(day.max()), len(day), unit)
    if clock is None:
        return []
    period, n = clock.place(day), clock.periods
    every, inside = np.arange(n), period >= 0
    volume = np.bincount(period[inside], minlength=n).astype(float)
    found = [_series("volume", "rate", volume, np.full(n, float(clock.step)), every, clock)]
    for name, column in (("acceptance", "accepted"), ("quality", "quality"), ("cost", "cost")):
        if column not in contacts:
            continue
        x = contacts[column].to_numpy(dtype=float)
        if name == "cost":
            x = np.log(np.where(x > 0, x, np.nan))
        known = inside & np.isfinite(x)
        size = np.bincount(period[known], minlength=n).astype(float)
        total = np.bincount(period[known], weights=x[known], minlength=n)
        share = name == "acceptance"
        with np.errstate(divide="ignore", invalid="ignore"):
            count = total if share else total / size
        found.append(
            _series(name, "share" if share else "mean", count, size, every, clock, log=name == "cost")
        )
    return found


def _series(
    name: str, kind: Kind, count: np.ndarray, size: np.ndarray, which: np.ndarray, clock: Clock, *,
    log: bool = False, shift: int = 0,
) -> Series:  # fmt: skip
    known = size[which] > 0
    kept = which[known]
    return Series(name, kind, count[kept], size[kept], kept + shift, clock, log, int((~known).sum()))


def _spread(table: pd.DataFrame, column: str, n: int) -> np.ndarray:
    """A column of the query over all periods, 0 where it has none; days before the first whole period are left out."""
    found = np.zeros(n)
    place = table["period"].to_numpy(dtype=np.int64)
    inside = (place >= 0) & (place < n)
    found[place[inside]] = table[column].to_numpy(dtype=float)[inside]
    return found
