"""In which stage of its life cycle was each customer at the end of each period? The rule, for millions of customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crmlab.errors import ModelError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STAGES = ("acquire", "enhance", "retain", "lost")
ACQUIRE, ENHANCE, RETAIN, LOST = range(4)
NOT_YET = -1
MONTH = 365.25 / 12
CHUNK = 100_000  # customers whose periods are laid out at once

_BOUGHT = """CREATE OR REPLACE TEMP TABLE bought AS
WITH rows AS (SELECT customer, CAST({day} AS DATE) - DATE '1970-01-01' AS day, CAST(amount AS DOUBLE) AS amount{product}
  FROM {table} WHERE amount >= 0),
paid AS (SELECT DISTINCT customer FROM rows WHERE amount > 0)
SELECT * FROM rows WHERE amount > 0{zero}"""
_ZERO = {
    "only": " OR customer NOT IN (SELECT customer FROM paid)",
    "purchase": " OR amount = 0",
    "nothing": "",
}
_CELLS = """WITH people AS (SELECT customer, row_number() OVER (ORDER BY customer) - 1 AS who FROM
  (SELECT DISTINCT customer FROM bought))
SELECT who, CAST({last} - floor(({end} - day) / {length}) AS INTEGER) AS period, count(DISTINCT day) AS times,
  sum(amount) AS money, min(day) AS first, max(day) AS last{fresh}
FROM bought JOIN people USING (customer){joined} GROUP BY 1, 2 ORDER BY 1, 2"""
_FRESH = " LEFT JOIN (SELECT customer, product, min(day) AS since FROM bought GROUP BY 1, 2) USING (customer, product)"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """The rule of the stages; see `crmlab.study.segments_spec.LifeCycle` for what the numbers mean.

    Attributes
    ----------
    alive : (purchases - 1, days from first to last purchase, days since the first) -> chance to be active, in place of
        the rule of silence
    """

    new: int = 1
    growth: float = 0.25
    window: int = 2
    times: float = 3.0
    below: float = 0.10
    alive: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Purchases by customer and period; one entry for each period in which a customer bought, in that order.

    Attributes
    ----------
    who, period : (c,) place of the customer, 0 ..; period, 0 the first
    times, money, first, last : (c,) purchase days, money, first and last day (since 1970-01-01)
    fresh : (c,) products bought for the first time; None where products are not known
    names : keys of the customers
    periods : number of periods
    end : last day observed
    length : days in a period
    """

    who: np.ndarray
    period: np.ndarray
    times: np.ndarray
    money: np.ndarray
    first: np.ndarray
    last: np.ndarray
    fresh: np.ndarray | None
    names: np.ndarray
    periods: int
    end: int
    length: float

    @property
    def customers(self) -> int:
        """Number of customers."""
        return len(self.names)

    @property
    def ends(self) -> np.ndarray:
        """(periods,) last day of each period."""
        return self.end - (self.periods - 1 - np.arange(self.periods)) * self.length

    @property
    def gap(self) -> float:
        """Mean days between purchases of all customers; the length of a period where nobody bought twice."""
        start = np.flatnonzero(np.diff(self.who, prepend=-1))
        stop = np.append(start[1:], len(self.who)) - 1
        days = float((self.last[stop] - self.first[start]).sum())
        more = float(self.times.sum() - self.customers)
        return days / more if more > 0 and days > 0 else self.length


def cells_of(
    base: DuckDBPyConnection, table: str, *, months: int = 3, end: object = None, day: str = "day", zero: str = "only",
    product: bool = False,
) -> Cells:  # fmt: skip
    """Count purchases by customer and period inside the database, however many rows there are.

    Parameters
    ----------
    base : a DuckDB connection that knows `table`, with columns customer, `day`, amount (refunds below zero) and, if
        asked, product
    months : length of a period, of 365.25 / 12 days each; the last period ends with `end`
    end : last day of observation; the last purchase by default
    zero : amounts of 0 are purchases "only" for customers without any other, always ("purchase") or never

    Raises
    ------
    ModelError
        No purchases, or purchases after `end`.
    """
    also = ", product" if product else ""
    base.execute(_BOUGHT.format(day=day, table=table, product=also, zero=_ZERO[zero]))
    first, last = _row(base, "SELECT min(day), max(day) FROM bought")
    if first is None:
        raise ModelError("the ledger has no purchases (amounts above 0)")
    stop = int(last if end is None else np.datetime64(str(end)[:10], "D").astype(np.int64))
    if last > stop:
        raise ModelError("there are purchases later than the end of observation")
    length = months * MONTH
    periods = int((stop - first) // length) + 1
    fresh = ", count(DISTINCT CASE WHEN day = since THEN product END) AS fresh" if product else ""
    sql = _CELLS.format(
        last=periods - 1, end=stop, length=length, fresh=fresh, joined=_FRESH if product else ""
    )
    found = base.execute(sql).fetchnumpy()
    columns = {name: np.asarray(found[name]) for name in found}
    who = columns["who"].astype(np.int64)
    names = base.execute("SELECT DISTINCT customer FROM bought ORDER BY customer").fetchnumpy()["customer"]
    return Cells(
        who, columns["period"].astype(np.int64), columns["times"].astype(float), columns["money"].astype(float),
        columns["first"].astype(np.int64), columns["last"].astype(np.int64), columns.get("fresh"),
        np.asarray(names), periods, stop, length,
    )  # fmt: skip


def cells_of_frame(rows: pd.DataFrame, **asked: Any) -> Cells:
    """`cells_of` for a frame with columns customer, day, amount and, if asked, product."""
    import duckdb

    with duckdb.connect() as base:
        base.execute("SET threads = 1")
        base.register("frame", rows)
        return cells_of(base, "frame", **asked)


def _row(base: DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    found = base.execute(sql).fetchone()
    assert found is not None
    return found


def stages(cells: Cells, rule: Rule) -> Iterator[np.ndarray]:
    """(customers, periods) stage at the end of each period, in pieces of many customers; -1 before the first purchase.

    Notes
    -----
    In this order: acquire, in the first `new` periods; lost, if the days since the last purchase exceed `times` the
    own mean time between purchases (the mean of all counts as one more gap, so that it has a value after one
    purchase), or if the chance to be active is below `below`; acquire, as long as there is no second purchase;
    enhance, if the money of the last w periods is more than (1 + growth) times that of the w before, w being `window`
    or half the time as a customer, or if a product was bought for the first time; retain.
    """
    gap = cells.gap
    bounds = np.searchsorted(cells.who, np.arange(0, cells.customers + CHUNK, CHUNK))
    for number, (a, b) in enumerate(pairwise(bounds)):
        if a < b:
            yield _piece(cells, rule, slice(int(a), int(b)), number * CHUNK, gap)


def _piece(cells: Cells, rule: Rule, part: slice, start: int, gap: float) -> np.ndarray:
    m = min(CHUNK, cells.customers - start)
    P = cells.periods
    at = (cells.who[part] - start) * P + cells.period[part]

    def laid(values: np.ndarray, empty: float = 0.0) -> np.ndarray:
        grid = np.full(m * P, empty)
        grid[at] = values[part]
        return grid.reshape(m, P)

    times = laid(cells.times).cumsum(axis=1)
    last = np.maximum.accumulate(laid(cells.last, -np.inf), axis=1)
    opened = np.flatnonzero(np.diff(cells.who[part], prepend=-1))
    first, born = cells.first[part][opened][:, None], cells.period[part][opened][:, None]
    age = np.arange(P) - born
    ends = cells.ends
    with np.errstate(invalid="ignore", divide="ignore"):
        if rule.alive is None:
            gone = ends - last > rule.times * (last - first + gap) / times
        else:
            gone = np.zeros((m, P), dtype=bool)
            row, column = np.nonzero(age >= 0)
            x, t_x, T = times[row, column] - 1, (last - first)[row, column], ends[column] - first[row, 0]
            gone[row, column] = rule.alive(x, t_x, np.maximum(T, t_x)) < rule.below
    more = _grown(laid(cells.money), age, rule)
    if cells.fresh is not None:
        more |= laid(cells.fresh) > 0
    found = np.where(times == 1, ACQUIRE, np.where(more, ENHANCE, RETAIN))
    found = np.where(age < rule.new, ACQUIRE, np.where(gone, LOST, found))
    return np.where(age < 0, NOT_YET, found).astype(np.int8)


def _grown(money: np.ndarray, age: np.ndarray, rule: Rule) -> np.ndarray:
    """Whether money grew from one window to the next."""
    m, P = money.shape
    total = np.concatenate([np.zeros((m, 1)), money.cumsum(axis=1)], axis=1)
    wide = np.clip((age + 1) // 2, 1, rule.window)
    now = np.arange(1, P + 1)[None, :]
    row = np.arange(m)[:, None]
    middle, back = np.maximum(now - wide, 0), np.maximum(now - 2 * wide, 0)
    latest = total[row, now] - total[row, middle]
    before = total[row, middle] - total[row, back]
    return np.asarray((latest > 0) & (latest > (1 + rule.growth) * before * (1 + 1e-12)))
