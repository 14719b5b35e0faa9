"""How fast does a log become a customer summary? `clv.rfm` against the same reckoning in plain DuckDB SQL, as ratios.

    .venv/bin/python benchmarks/bench_rfm.py [--rows 10000000,50000000] [--repeat 3]

Purchases are simulated into a Parquet file (one row a purchase; a customer for every ten rows). Each way runs in a
process of its own, which tells its seconds of the processor, its seconds on the wall and its largest memory. The plain
query merges days and summarises customers, without holdout, refunds, zero rows or any guard.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MAKE = """COPY (SELECT CAST(floor(power(random(), 1.6) * {customers}) AS BIGINT) AS customer,
  DATE '2022-01-01' + CAST(floor(random() * 1000) AS INTEGER) AS day, round(exp(3 + random() * 2), 2) AS amount
  FROM range({rows})) TO '{file}' (FORMAT parquet)"""
HEAD = "import json, resource, sys, time; file = sys.argv[1]\n"
TAIL = """
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "peak_mb": peak,
                  "customers": len(table), "x": float(table["x"].sum()), "total": float(table["total"].sum())}))
"""
OURS = """from crmlab import clv
cpu, wall = time.process_time(), time.perf_counter()
table = clv.rfm(file, customer="customer", date="day", amount="amount", end="2024-12-31")
"""
PLAIN = """import duckdb, pandas
cpu, wall = time.process_time(), time.perf_counter()
base = duckdb.connect()
base.execute("SET memory_limit = '1GB'; SET enable_progress_bar = false")
table = base.execute(f'''WITH days AS (
  SELECT customer, day, sum(amount) AS spent FROM read_parquet('{file}') GROUP BY customer, day)
SELECT customer, count(*) - 1 AS x, (max(day) - min(day)) / 7 AS t_x, (DATE '2024-12-31' - min(day)) / 7 AS T,
  CASE WHEN count(*) > 1 THEN (sum(spent) - arg_min(spent, day)) / (count(*) - 1) ELSE 0 END AS mean_spend,
  sum(spent) AS total, min(day) AS first, max(day) AS last FROM days GROUP BY customer ORDER BY customer''').df()
"""


def timed(code: str, file: Path) -> dict[str, float]:
    """One run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + code + TAIL, str(file)], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def compare(rows: int, repeat: int, folder: Path) -> None:
    """Both ways, in turn, on one simulated log."""
    import duckdb

    file = folder / "log.parquet"
    with duckdb.connect() as base:
        base.execute("SET threads = 1; SELECT setseed(0.42)")
        base.execute(MAKE.format(rows=rows, customers=rows // 10, file=file))
    runs = {"ours": [], "plain": []}  # type: dict[str, list[dict[str, float]]]
    for _ in range(repeat):
        for name, code in (("plain", PLAIN), ("ours", OURS)):
            runs[name].append(timed(code, file))
    best = {
        name: {key: statistics.median(run[key] for run in each) for key in each[0]}
        for name, each in runs.items()
    }
    ours, plain = best["ours"], best["plain"]
    same = ours["customers"] == plain["customers"] and ours["x"] == plain["x"]
    print(
        f"{rows:>11,} rows, {ours['customers']:,.0f} customers: ours {ours['cpu']:.1f} s processor, {ours['wall']:.1f} s "
        f"wall, {ours['peak_mb']:.0f} MB; plain {plain['cpu']:.1f} s, {plain['wall']:.1f} s, {plain['peak_mb']:.0f} MB; "
        f"ratio {ours['cpu'] / plain['cpu']:.2f} (processor), {ours['wall'] / plain['wall']:.2f} (wall); "
        f"same counts: {same}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", default="10000000,50000000")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    for rows in map(int, options.rows.split(",")):
        with tempfile.TemporaryDirectory(prefix="crmlab-bench-") as folder:
            compare(rows, options.repeat, Path(folder))


if __name__ == "__main__":
    main()
