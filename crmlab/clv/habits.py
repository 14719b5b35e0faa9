"""What a log says of a customer base before any model, in SQL and out of core: cohorts, inequality, gaps, repeat buying."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.clv.scan import scanned

DAYS = """, days AS (SELECT c, d, sum(a) AS g FROM log WHERE a > 0 GROUP BY c, d)"""
COHORTS = (
    DAYS
    + """, firsts AS (SELECT c, min(d) AS f FROM days GROUP BY c),
  seen AS (SELECT date_trunc('month', f) AS m, c, datediff('month', f, d) AS period, sum(g) AS g
    FROM days JOIN firsts USING (c) GROUP BY ALL),
  sizes AS (SELECT date_trunc('month', f) AS m, count(*) AS customers FROM firsts GROUP BY m)
SELECT CAST(m AS DATE) AS cohort, period, customers, count(*) AS active, count(*) / customers AS retention, sum(g) AS revenue
FROM seen JOIN sizes USING (m) GROUP BY m, period, customers ORDER BY m, period"""
)
TOTALS = (
    DAYS
    + """, totals AS (SELECT c, sum(g) AS v FROM days GROUP BY c),
  ranked AS (SELECT v, row_number() OVER (ORDER BY v DESC, c) AS i, count(*) OVER () AS n FROM totals)"""
)
PARETO = (
    TOTALS
    + """, held AS (SELECT i, n, sum(v) OVER (ORDER BY i) / sum(v) OVER () AS share FROM ranked)
SELECT CAST(ceil(100.0 * i / n) AS INTEGER) AS percent, max(share) AS revenue_share
FROM held GROUP BY percent ORDER BY percent"""
)
GINI = TOTALS + " SELECT sum((n - 2 * i + 1) * v) / (max(n) * sum(v)) AS gini FROM ranked"
GAPS = (
    DAYS
    + """, gaps AS (SELECT c, d - lag(d) OVER (PARTITION BY c ORDER BY d) AS gap FROM days)
SELECT c AS customer, count(gap) AS n_gaps, avg(gap) AS mean_days, stddev_samp(gap) AS sd_days
FROM gaps GROUP BY c HAVING count(gap) > 0 ORDER BY c"""
)
SECOND = (
    DAYS
    + """, ordered AS (SELECT c, d, row_number() OVER (PARTITION BY c ORDER BY d) AS k FROM days),
  pairs AS (SELECT c, min(d) FILTER (k = 1) AS f, min(d) FILTER (k = 2) AS s FROM ordered GROUP BY c)
SELECT coalesce(s, DATE '{end}') - f AS days, count(*) FILTER (s IS NOT NULL) AS again, count(*) AS leaving
FROM pairs WHERE f <= DATE '{end}' GROUP BY days ORDER BY days"""
)


def cohorts(source: Any, *, customer: str, date: str, amount: str) -> pd.DataFrame:
    """Who comes back, by the month of the first purchase?

    Returns
    -------
    DataFrame: cohort (first day of the Gregorian month), period (months since), customers (of the cohort), active
    (bought in that month), retention (active / customers), revenue
    """
    return _asked(COHORTS, source, customer, date, amount)


def pareto(source: Any, *, customer: str, date: str, amount: str) -> pd.DataFrame:
    """What share of revenue do the best 1, 2, ... 100 percent of the customers hold?

    Returns
    -------
    DataFrame: percent, revenue_share (of the whole customers that fit into the percentage)
    """
    known = _asked(PARETO, source, customer, date, amount).set_index("percent")["revenue_share"]
    whole = known.reindex(range(1, 101)).ffill().fillna(0.0)
    return whole.rename_axis("percent").reset_index()


def gini(source: Any, *, customer: str, date: str, amount: str) -> float:
    """Gini's coefficient of the customers' money: sum (2i - n - 1) v_(i) / (n sum v); 0 all alike, towards 1 one has all."""
    return float(_asked(GINI, source, customer, date, amount)["gini"].iloc[0])


def gaps(source: Any, *, customer: str, date: str, amount: str) -> pd.DataFrame:
    """How long does a customer wait, and how regularly?

    Returns
    -------
    DataFrame, a row for each customer with two purchase days or more: customer, n_gaps, mean_days, sd_days and cv
    (standard deviation / mean; NaN with one gap)
    """
    table = _asked(GAPS, source, customer, date, amount)
    return table.assign(cv=table["sd_days"] / table["mean_days"])


def repeat_curve(source: Any, *, customer: str, date: str, amount: str, end: str) -> pd.DataFrame:
    """What share of customers has bought again within t days of the first purchase?

    Customers without a second purchase are observed until `end` (Kaplan-Meier, so that newcomers count as long as
    they were seen).

    Returns
    -------
    DataFrame: days, share (1 - S(days)), at_risk
    """
    day = pd.Timestamp(end).date()
    table = _asked(SECOND.replace("{end}", str(day)), source, customer, date, amount)
    at_risk = table["leaving"].to_numpy()[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - table["again"].to_numpy() / at_risk)
    return pd.DataFrame({"days": table["days"].astype("int64"), "share": 1 - survival, "at_risk": at_risk})


def _asked(sql: str, source: Any, customer: str, date: str, amount: str) -> pd.DataFrame:
    with scanned(source, customer, date, amount) as scan:
        return scan.frame(sql)
