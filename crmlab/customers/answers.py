"""What the fitted models answer: who is still there, customer equity, groups of customers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.clv import CustomerValue
from crmlab.customers.days import YEAR, PurchaseDays
from crmlab.customers.histories import Histories
from crmlab.customers.parameters import spend_parameters
from crmlab.customers.retained import retained
from crmlab.customers.valuer import Money, Valuer
from crmlab.result import Result, tidy_block, tidy_frame

BINS = 10  # of the probability of being alive
TOP = 0.20
TOLD = (
    "check.spend_frequency",
    "check.boundary",
)  # checks of the fits that are told again where value is told


def alive(table: pd.DataFrame, ahead: float, v: CustomerValue) -> Result:
    """How many are still there, and the spread of that probability and of purchases to come."""
    p = table["p_alive"].to_numpy()
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS).astype(float)
    names = [f"{10 * k}-{10 * (k + 1)}" for k in range(BINS)]
    rows = [
        {"term": "alive", "estimate": p.sum()},
        {"term": "alive_share", "estimate": p.mean()},
        {"term": "expected", "estimate": table["expected"].sum()},
        {"term": "expected_mean", "estimate": table["expected"].mean()},
    ]
    blocks = [tidy_frame(rows), tidy_block("count", names, count), tidy_block("share", names, count / len(p))]
    return Result(
        "model.p_alive", pd.concat(blocks), {"n": len(p), "ahead": ahead, "level": v.level}, (), v.source
    )


def value(valuer: Valuer, days: PurchaseDays, v: CustomerValue, table: pd.DataFrame) -> Result:
    """Customer equity, value per customer and of a new one, and retention times margin beside it."""
    money, each = valuer.money, np.sort(table["clv"].to_numpy())[::-1]
    new, low, high = valuer.newcomer()
    years = money.horizon / valuer.period
    top = max(round(TOP * len(each)), 1)
    numbers = {
        "clv.median": float(np.median(each)),
        "clv.q90": float(np.quantile(each, 0.9)),
        "top_share": float(each[:top].sum() / each.sum()) if each.sum() > 0 else np.nan,
        "dert": float(table["dert"].sum()),
        "dert_mean": float(table["dert"].mean()),
        "left_out": float(len(days.customers) - len(table)),
    }
    numbers |= retained(days, money.rate, money.margin, years) if valuer.spend is not None else {}
    rows: list[dict[str, object]] = [{"term": name, "estimate": number} for name, number in numbers.items()]
    rows.append({"term": "new_customer", "estimate": new, "ci_low": low, "ci_high": high})
    whole = v.result()
    own = whole.tidy[whole.tidy["term"].isin(["clv.equity", "clv.mean"])]
    glance = whole.glance | {"horizon_years": years, "unit_days": YEAR / valuer.period}
    glance |= {"money": float(valuer.spend is not None)}
    checks = (*valuer.checks, *(c for c in v.checks if c.name.partition(":")[0] in TOLD))
    return Result("model.clv_value", pd.concat([own, tidy_frame(rows)]), glance, checks, whole.source)


def with_nominal(found: Result, valuer: Valuer, nominal: Histories, money: Money) -> Result:
    """The same result with equity in nominal money at a nominal rate, where that can be had."""
    spend, _ = spend_parameters(nominal, valuer.level)
    if spend is None or valuer.spend is None:
        return found
    v = Valuer.of(valuer.fit, spend, nominal, money, valuer.period, 0, valuer.level, valuer.seed).at_once()
    rows = [
        {"term": "equity:nominal", "estimate": v.equity},
        {"term": "rate:nominal", "estimate": money.rate},
    ]
    return Result(
        found.model, pd.concat([found.tidy, tidy_frame(rows)]), found.glance, found.checks, found.source
    )


def groups(v: CustomerValue, table: pd.DataFrame, by: str, order: tuple[str, ...], key: str) -> Result:
    """Size, activity and value of each group, in the given order; empty groups are left out."""
    assert v.segments is not None
    found = v.segments.set_index(v.segments["segment"].astype(str))
    names = [name for name in order if name in found.index]
    found = found.loc[names]
    seen = (
        table.groupby(table[by].astype(str))
        .agg(
            p_alive=("p_alive", "mean"),
            expected=("expected", "mean"),
            purchases=("purchases", "mean"),
            total=("total", "sum"),
        )
        .loc[names]
    )
    low, high = found["ci_low"], found["ci_high"]
    tidy = pd.concat([
        tidy_block("customers", names, found["customers"].astype(float)),
        tidy_block("purchases", names, seen["purchases"]),
        tidy_block("p_alive", names, seen["p_alive"]),
        tidy_block("expected", names, seen["expected"]),
        tidy_block("clv_mean", names, found["mean"], ci_low=found["mean_low"], ci_high=found["mean_high"]),
        tidy_block("clv_total", names, found["clv"], ci_low=low, ci_high=high),
        tidy_block("clv_share", names, found["clv"] / found["clv"].sum()),
        tidy_block("revenue_share", names, seen["total"] / seen["total"].sum()),
    ])  # fmt: skip
    return Result(key, tidy, {"n": len(table), "level": v.level}, (), v.source)
