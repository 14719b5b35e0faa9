"""The two results of a ledger's admission: where the rows went, and what was bought."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crmlab.data.ledger_admitted import KINDS, Ledger
from crmlab.result import Check, Result, tidy_frame

TEN = (7.0, 14.0)  # a factor between two groups' medians that looks like rial read as toman
FEWEST = 30  # purchases of a group whose median is compared
GIANT, GIANT_ROWS = (
    20.0,
    100,
)  # an outlier buys this many times as often as the 99th percentile, and this often


def flow(ledger: Ledger) -> Result:
    """How many rows were read, refused (by reason) and kept (by kind), in all and file by file.

    Every row has one fate, so read = refused + kept, in all and in every file; both are checked. `kind:<kind>` tells
    the kept rows apart; with several files `read_from:<source>`, `refused_from:<source>` and `kept_from:<source>`
    are the rows of one.
    """
    kinds = ledger.rows["kind"].value_counts()
    read, refused = sum(ledger.read.values()), sum(ledger.refused_by_reason.values())
    rows: list[tuple[str, float]] = [("read", read)]
    rows += [(f"refused:{reason}", count) for reason, count in ledger.refused_by_reason.items()]
    rows.append(("kept", ledger.kept))
    rows += [(f"kind:{kind}", int(kinds.get(kind, 0))) for kind in KINDS]
    for name, counts in ledger.by_source.items() if len(ledger.read) > 1 else ():
        rows += [(f"{part}_from:{name}", count) for part, count in counts.items()]
    lost = read - refused - ledger.kept
    lost += sum(abs(one["read"] - one["refused"] - one["kept"]) for one in ledger.by_source.values())
    return Result(
        model="model.ledger_flow",
        tidy=tidy_frame({"term": term, "estimate": count} for term, count in rows),
        glance={"read": read, "refused": refused, "kept": ledger.kept},
        checks=(
            Check("check.rows_accounted", lost == 0, lost, "read = refused + kept, in every file"),
            *_units(ledger),
            *_giant(ledger),
            *_overlap(ledger),
        ),
        source=dict(ledger.source),
    )


def purchases(ledger: Ledger) -> Result:
    """Customers, purchase days and money: gross (purchases), refunds (below zero), net (their sum)."""
    rows = ledger.rows
    bought = rows.loc[rows["kind"] == "purchase"]
    days = bought[["customer", "day"]].drop_duplicates()
    per_customer = days["customer"].value_counts()
    gross, net = float(bought["amount"].sum()), float(rows["amount"].sum())
    once = int((per_customer == 1).sum())
    numbers = {
        "customers": rows["customer"].nunique(),
        "customers_with_a_purchase": len(per_customer),
        "customers_once": once,
        "purchases": len(bought),
        "purchase_days": len(days),
        "merged_into_a_day": len(bought) - len(days),
        "gross": gross,
        "refunds": net - gross,
        "net": net,
        "mean_receipt": gross / len(bought) if len(bought) else np.nan,
        "median_receipt": float(bought["amount"].median()) if len(bought) else np.nan,
        "purchase_days_per_customer": len(days) / len(per_customer) if len(per_customer) else np.nan,
        "observed_days": (ledger.window.end - ledger.window.start).days + 1,
    }
    if ledger.deflator is not None:
        numbers["net_real"] = float(ledger.deflated().rows["amount"].sum())
    return Result(
        model="model.purchases",
        tidy=tidy_frame({"term": term, "estimate": value} for term, value in numbers.items()),
        glance={"n": len(rows), "customers": numbers["customers"]},
        source=dict(ledger.source),
    )


def _units(ledger: Ledger) -> Iterator[Check]:
    """Two branches (channels, systems) whose typical receipts differ by a factor near ten: rial read as toman?"""
    rule = "no factor of 7 to 14 between the median receipts of two groups (rial read as toman?)"
    bought = ledger.rows.loc[ledger.rows["kind"] == "purchase"]
    failed = False
    for group in [name for name in ("source", "branch", "channel") if name in bought]:
        groups = bought.groupby(group, sort=True)["amount"].agg(["median", "size"])
        medians = groups.loc[groups["size"] >= FEWEST, "median"].sort_values(kind="stable")
        if len(medians) < 2:
            continue
        steps = np.diff(np.log(medians.to_numpy(dtype=float)))
        cut = int(np.argmax(steps))
        low, high = medians.iloc[: cut + 1], medians.iloc[cut + 1 :]
        ratio = float(np.exp(np.mean(np.log(high)) - np.mean(np.log(low))))
        if TEN[0] <= ratio <= TEN[1] and np.exp(steps[cut]) >= 3:
            failed = True
            yield Check(
                f"check.unit_ratio:{', '.join(low.index)}~{', '.join(high.index)}", False, ratio, rule
            )
    if not failed:
        yield Check("check.unit_ratio", True, np.nan, rule)


def _giant(ledger: Ledger) -> Iterator[Check]:
    """One customer who buys far more often than all others may be a counter, a reseller or a test account."""
    counts = ledger.rows.loc[ledger.rows["kind"] == "purchase", "customer"].value_counts()
    if counts.empty:
        return
    most, usual = int(counts.iloc[0]), float(counts.quantile(0.99))
    rule = f"< {GIANT:.0f} times the 99th percentile of purchases, or below {GIANT_ROWS}"
    yield Check("check.giant_customer", most < max(GIANT * usual, GIANT_ROWS), most, rule)


def _overlap(ledger: Ledger) -> Iterator[Check]:
    """Two systems that saw the same days without receipts: nobody can say which rows they share."""
    if len(ledger.read) < 2:
        return
    known = "receipt" in ledger.rows and bool((ledger.rows["receipt"] != "").all())
    spans = ledger.rows.groupby("source")["day"].agg(["min", "max"])
    spans = spans.sort_values("min")
    shared = bool((spans["min"].iloc[1:].to_numpy() <= spans["max"].cummax().iloc[:-1].to_numpy()).any())
    rule = "systems that observed the same days name the receipt of every row"
    yield Check("check.sources_overlap", known or not shared, float(shared), rule)
