"""A million customers: stages, moves between them and segments, beside the same counts by pandas in the same run.

    python benchmarks/bench_customers.py [CUSTOMERS]

Prints seconds of processor time and the largest memory of the process; the pandas peer counts purchases by customer and
period, and the moves of the simplest rule (bought in a period or not), which is less than what stands beside it.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.customers.features import Features, features
from crmlab.customers.segmentation import segment
from crmlab.customers.segments import scores
from crmlab.customers.stages import Rule, cells_of, stages
from crmlab.customers.transitions import chances, moves, occupation

DAYS, PERIOD = 1095, 91.3125


def ledger(customers: int, file: Path, seed: int = 1) -> int:
    """Purchases of gamma rates over three years, as a Parquet file; returns the rows."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, DAYS * 2 // 3, customers)
    stop = np.minimum(first + rng.exponential(500, customers), DAYS)
    more = rng.poisson(rng.gamma(1.0, 1 / 120, customers) * (stop - first))
    who = np.concatenate([np.arange(customers), np.repeat(np.arange(customers), more)])
    when = np.concatenate([first, first.repeat(more) + rng.random(more.sum()) * (stop - first).repeat(more)])
    day = np.datetime64("2021-01-01") + when.astype(int)
    frame = pd.DataFrame({"customer": who, "day": day, "amount": rng.gamma(2, 50, len(who)).round(2)})
    frame.sample(frac=1, random_state=1).to_parquet(file, index=False)
    return len(frame)


def ours(file: Path) -> dict[str, float]:
    """Seconds of each part."""
    import duckdb

    told, clock = {}, time.process_time()
    with duckdb.connect() as base:
        base.execute("SET threads = 2; SET memory_limit = '1500MB'")
        base.execute(f"CREATE VIEW bought_rows AS SELECT * FROM read_parquet('{file}')")
        cells = cells_of(base, "bought_rows", months=3)
    told["purchases by customer and period"] = time.process_time() - clock
    clock = time.process_time()
    found = moves(stages(cells, Rule()))
    told["stages, transition matrix, occupation"] = time.process_time() - clock
    chances(found, 0.95)
    occupation(found.ages)
    clock = time.process_time()
    start = np.flatnonzero(np.diff(cells.who, prepend=-1))
    stop = np.append(start[1:], len(cells.who)) - 1
    money = np.add.reduceat(cells.money, start)
    often = np.add.reduceat(cells.times, start)
    raw = {"recency": cells.end - cells.last[stop] + 1.0, "frequency": often, "spend": money / often}
    for name in raw:
        scores(raw[name])
    told["fifths of recency, frequency and money"] = time.process_time() - clock
    clock = time.process_time()
    what: Features = features(pd.DataFrame(raw), tuple(raw))
    print(f"  stable groups: {segment(what).k}")
    told["segments, everybody assigned"] = time.process_time() - clock
    return told


def peer(file: Path) -> float:
    """Seconds of pandas for the count by customer and period and the moves of the simplest rule."""
    clock = time.process_time()
    frame = pd.read_parquet(file)
    frame["period"] = ((frame["day"] - frame["day"].min()).dt.days / PERIOD).astype(int)
    grid = frame.groupby(["customer", "period"])["amount"].agg(["size", "sum", "count"]).reset_index()
    wide = grid.pivot_table(index="customer", columns="period", values="size").notna()
    table = [pd.crosstab(wide[k], wide[k + 1]) for k in range(wide.shape[1] - 1)]
    assert table
    return time.process_time() - clock


def main() -> None:
    """Run both, ours first, so that the memory told is ours."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.parquet"
        rows = ledger(customers, file)
        print(f"{customers:,} customers, {rows:,} purchases")
        told = ours(file)
        for name, seconds in told.items():
            print(f"  {name}: {seconds:.1f} s")
        print(f"  together: {sum(told.values()):.1f} s")
        print(
            f"  largest memory, the making of the data included: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
        )
        print(f"  pandas, counts and moves of a simpler rule: {peer(file):.1f} s")


if __name__ == "__main__":
    main()
