"""From a log of purchases to one row a customer: how often, how lately, for how long, for how much; in SQL, out of core."""

from __future__ import annotations

from datetime import date as Day
from typing import Any, Literal

import numpy as np
import pandas as pd

from crmlab.clv.scan import scanned
from crmlab.errors import DataError, ModelError

UNIT_DAYS = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}
LARGEST = "1.7976931348623157e308"  # of all finite numbers
EARLIEST = "1900-01-01"  # an earlier day is a year of another calendar

FACTS = f"""SELECT count(*) AS rows, count(*) - count(c) AS customer, count(*) - count(d) AS date,
  count(*) - count(a) + count(*) FILTER (isnan(a)) AS amount, count(*) FILTER (abs(a) > {LARGEST}) AS infinite,
  count(*) FILTER (d < DATE '{EARLIEST}') AS early, count(*) FILTER (d > DATE '{{end}}') AS late,
  count(*) FILTER (a < 0) AS refunds, count(*) FILTER (a = 0) AS zeros, min(d) AS first, max(d) AS last FROM log"""


def rfm(
    source: Any,
    *,
    customer: str,
    date: str,
    amount: str,
    end: str | Day | pd.Timestamp,
    calibration_end: str | Day | pd.Timestamp | None = None,
    unit: str = "W",
    returns: Literal["net", "drop"] = "net",
    zero: Literal["only", "purchase", "nothing"] = "only",
) -> pd.DataFrame:
    """How often, how lately, for how long and for how much has each customer bought?

    Purchases of one day are one. The first day makes the customer; x counts the days after it. The query runs in
    DuckDB, reads files as they are scanned and spills to disk, so a log may be larger than memory.

    Parameters
    ----------
    source : the log: DataFrame or Arrow table, path or pattern of .parquet or .csv files (or several), DuckDB
        relation, or (DuckDB connection, table)
    customer, date, amount : its columns. Days are Gregorian; a moment counts for its day, one with a time zone for
        its day in that zone (frames) or in UTC (databases). An amount below zero is a refund
    end : last day observed; later rows are counted and left out
    calibration_end : last day of the calibration period; the days after it up to `end` are the holdout
    unit : of t_x and T: "D", "W" (7 days), "M" (365.25/12 days) or "Y" (365.25 days)
    returns : "net" subtracts refunds in `total` and `spend_holdout`, "drop" leaves them out; neither makes a purchase
    zero : a row of amount zero is a purchase "only" for customers without any other, always ("purchase"), or never
        ("nothing")

    Returns
    -------
    DataFrame, one row a customer in the order of `customer`:
        x : purchase days after the first one, in calibration
        t_x, T : from the first purchase day to the last one, and to the end of calibration (unit)
        mean_spend : money of those x days over x, refunds apart, as the gamma-gamma model takes it; 0 where x = 0
        total : money of the calibration period, first day included
        first, last : first and last purchase day of calibration
        x_holdout, spend_holdout, T_holdout : purchase days, money and length (unit) of the holdout, if there is one
    Its `attrs` count what is not in it: `after_calibration` (customers who came later), `after_end` (rows),
    `without_purchase` (customers with refunds or zero rows only).

    Raises
    ------
    DataError
        No such file or column; rows without customer, day or amount; infinite amounts; days of another calendar.
    ModelError
        An unknown unit, a day that is none, a calibration that does not end before the observation.

    Source
    ------
    Fader, P. S. & Hardie, B. G. S. (2005). A note on implementing the Pareto/NBD model in MATLAB, section 2 (the
    summary); Fader, Hardie & Lee (2005), RFM and CLV, Journal of Marketing Research 42(4), 415-430 (mean_spend).

    Examples
    --------
    >>> log = pd.DataFrame({"who": [1, 1, 1, 2], "day": ["2024-01-01", "2024-01-01", "2024-01-15", "2024-01-08"],
    ...                     "paid": [5.0, 2.0, 4.0, 9.0]})
    >>> table = rfm(log, customer="who", date="day", amount="paid", end="2024-01-29")
    >>> table[["customer", "x", "t_x", "T", "mean_spend", "total"]].values.tolist()
    [[1.0, 1.0, 2.0, 4.0, 4.0, 11.0], [2.0, 0.0, 0.0, 3.0, 0.0, 9.0]]
    """
    last = _day(end, "end")
    split = last if calibration_end is None else _day(calibration_end, "calibration_end")
    _admit(unit, returns, zero, split, last, calibration_end is not None)
    with scanned(source, customer, date, amount) as scan:
        facts = scan.frame(FACTS.format(end=last)).iloc[0]
        _complete(facts, scan.name, {"customer": customer, "date": date, "amount": amount})
        found = scan.frame(summary_sql(facts, split, last, returns, zero))
    table = _table(found, split, last, UNIT_DAYS[unit], calibration_end is not None)
    table.attrs["after_end"] = int(facts["late"])
    return _whole_ids(table) if scan.text_ids else table


def summary_sql(
    facts: pd.Series, split: np.datetime64, end: np.datetime64, returns: str = "net", zero: str = "only"
) -> str:
    """The query behind `rfm`: of days, then of customers; it goes on from a view `log` of c, d and a.

    Parts that cannot matter, as `facts` tells (no refunds, no rows of zero, nothing after the calibration), are left
    out: a day is then one sum, and a customer five aggregates.
    """
    refunds, zeros = bool(facts["refunds"]), bool(facts["zeros"]) and zero != "nothing"
    day = ["sum(CASE WHEN a > 0 THEN a ELSE 0 END) AS g" if refunds else "sum(a) AS g"]
    day += ["sum(a) AS m"] if refunds and returns == "net" else []
    day += ["bool_or(a = 0) AS z"] if zeros else []
    money = "m" if refunds and returns == "net" else "g"
    bought = (
        ["(g > 0 OR z)"]
        if zeros and zero == "purchase"
        else ["g > 0"]
        if facts["refunds"] or facts["zeros"]
        else []
    )
    whole = facts["last"] <= pd.Timestamp(split)
    seen = [] if whole else [f"d <= DATE '{split}'"]
    parts = [
        _where("count(*)", "n", bought, seen), _where("min(d)", "first", bought, seen),
        _where("max(d)", "last", bought, seen), _where("arg_min(g, d)", "opening", bought, seen),
        _where(f"sum({money})", "total", seen), _where("sum(g)", "gross", seen) if money == "m" else "",
    ]  # fmt: skip
    if not whole:
        held = [f"d > DATE '{split}'"]
        parts += [_where("count(*)", "n_held", bought, held), _where(f"sum({money})", "held", held)]
    if zeros and zero == "only":
        parts += [_where("count(*)", "n_free", ["z"], seen), _where("min(d)", "first_free", ["z"], seen)]
        parts.append(_where("max(d)", "last_free", ["z"], seen))
    until = f" WHERE d <= DATE '{end}'" if facts["late"] else ""
    return (
        f", days AS (SELECT c, d, {', '.join(day)} FROM log{until} GROUP BY c, d) "
        f"SELECT c AS customer, {', '.join(part for part in parts if part)} FROM days GROUP BY c ORDER BY c"
    )


def _where(aggregate: str, name: str, *conditions: list[str]) -> str:
    told = " AND ".join(condition for part in conditions for condition in part)
    return f"{aggregate}{f' FILTER ({told})' if told else ''} AS {name}"


def _admit(unit: str, returns: str, zero: str, split: np.datetime64, end: np.datetime64, held: bool) -> None:
    if unit not in UNIT_DAYS:
        raise ModelError(f"unit is '{unit}'; want one of {', '.join(UNIT_DAYS)}")
    if returns not in ("net", "drop"):
        raise ModelError(f"returns is '{returns}'; want net or drop")
    if zero not in ("only", "purchase", "nothing"):
        raise ModelError(f"zero is '{zero}'; want only, purchase or nothing")
    if held and not split < end:
        raise ModelError(f"calibration_end {split} is not before end {end}")


def _day(value: Any, name: str) -> np.datetime64:
    try:
        moment = pd.Timestamp(value)
    except (ValueError, TypeError):
        raise ModelError(f"{name} is {value!r}, not a day such as 2024-05-31") from None
    if pd.isna(moment) or moment < pd.Timestamp(EARLIEST):
        raise ModelError(f"{name} is {value!r}, not a Gregorian day such as 2024-05-31")
    return np.datetime64(moment.tz_localize(None).date() if moment.tzinfo else moment.date())


def _complete(facts: pd.Series, name: str, names: dict[str, str]) -> None:
    """Every row has a customer, a day and an amount, or the log is refused with how many have not."""
    if not facts["rows"]:
        raise DataError("has no rows", file=name)
    for part, what in (("customer", "a customer"), ("date", "a date"), ("amount", "an amount")):
        if facts[part]:
            raise DataError(
                f"{facts[part]} rows without {what}", file=name, column=names[part],
                hint="admit the ledger through a study, which counts them, or leave them out",
            )  # fmt: skip
    if facts["early"]:
        raise DataError(
            f"{facts['early']} rows before 1900 (year {pd.Timestamp(facts['first']).year}); is the calendar Jalali?",
            file=name, column=names["date"], hint="admit the ledger through a study, which knows both calendars",
        )  # fmt: skip
    if facts["infinite"]:
        raise DataError(f"{facts['infinite']} infinite amounts", file=name, column=names["amount"])


def _table(
    found: pd.DataFrame, split: np.datetime64, end: np.datetime64, length: float, held: bool
) -> pd.DataFrame:
    """The summary in units of time; customers without a purchase in calibration are counted and left out."""
    n = found["n"].to_numpy(dtype=np.int64)
    first, last = (found[name].to_numpy(dtype="datetime64[D]") for name in ("first", "last"))
    if "n_free" in found:
        only = n == 0
        n = np.where(only, found["n_free"].to_numpy(dtype=np.int64), n)
        first = np.where(only, found["first_free"].to_numpy(dtype="datetime64[D]"), first)
        last = np.where(only, found["last_free"].to_numpy(dtype="datetime64[D]"), last)
    bought = n > 0
    x, total = n[bought] - 1, found["total"].fillna(0).to_numpy(dtype=float)[bought]
    gross = found["gross"].fillna(0).to_numpy(dtype=float)[bought] if "gross" in found else total
    opening = found["opening"].fillna(0).to_numpy(dtype=float)[bought]
    table = pd.DataFrame({
        "customer": found["customer"].to_numpy()[bought],
        "x": x,
        "t_x": (last - first)[bought].astype(float) / length,
        "T": (split - first[bought]).astype(float) / length,
        "mean_spend": np.where(x > 0, (gross - opening) / np.maximum(x, 1), 0.0),
        "total": total,
        "first": first[bought].astype("datetime64[s]"),
        "last": last[bought].astype("datetime64[s]"),
    })  # fmt: skip
    later = (
        found["n_held"].to_numpy(dtype=np.int64) if "n_held" in found else np.zeros(len(n), dtype=np.int64)
    )
    if held:
        money = found["held"].fillna(0).to_numpy(dtype=float) if "held" in found else np.zeros(len(n))
        table["x_holdout"], table["spend_holdout"] = later[bought], money[bought]
        table["T_holdout"] = float((end - split).astype(int)) / length
    table.attrs = {
        "after_calibration": int((~bought & (later > 0)).sum()),
        "without_purchase": int((~bought & (later == 0)).sum()),
    }
    return table


def _whole_ids(table: pd.DataFrame) -> pd.DataFrame:
    """Customers of a text file as whole numbers, if each of them is written as one and none has a leading zero."""
    ids = table["customer"].astype("str")
    if not len(ids) or not ids.str.fullmatch(r"0|[1-9][0-9]{0,17}").all():
        return table
    attrs = table.attrs
    table = table.assign(customer=ids.astype("int64")).sort_values("customer", ignore_index=True)
    table.attrs = attrs
    return table
