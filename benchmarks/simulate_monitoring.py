"""False alarms, time to an alarm, drift of phases and parity of channels on planted data: the tables of docs/simulations.md.

Run from the project's folder: python benchmarks/simulate_monitoring.py [boards]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from crmlab.customers.attributes import Attribute
from crmlab.customers.board_of_charts import Board
from crmlab.customers.monitor import monitor
from crmlab.customers.parity import parity, rows_needed
from crmlab.customers.phase_drift import Windows, drift
from crmlab.customers.series import Clock, Series

NAMES = ("rate", "repeat", "quality", "basket", "volume", "acceptance", "retention", "cost")


def board(
    rng: np.random.Generator, periods: int, shift: float = 0.0, at: int = 10**6, series: int = 8
) -> list[Series]:
    """Series of counts, shares and means that only chance moves, or that shift by so many standard deviations."""
    clock, per, out = Clock(19000, 7, periods, "W"), np.arange(periods), []
    s = np.where(per >= at, shift, 0.0)
    for k, name in enumerate(NAMES[:series]):
        e = rng.integers(12, 60, periods).astype(float)
        if k % 4 == 0:
            out.append(
                Series(name, "rate", rng.poisson(0.3 * e + s * np.sqrt(0.3 * e)).astype(float), e, per, clock)
            )
        elif k % 4 == 1:
            count = rng.binomial(e.astype(int), np.clip(0.3 + s * np.sqrt(0.21 / e), 0, 1)).astype(float)
            out.append(Series(name, "share", count, e, per, clock))
        else:
            value = 70 + 12 / np.sqrt(e) * (s + rng.standard_normal(periods))
            out.append(Series(name, "mean", value, e, per, clock))
    return out


def false_alarms(rng: np.random.Generator, boards: int) -> None:
    print("| periods | promised a board | seen a board |\n|---|---|---|")
    for periods in (40, 104, 208):
        runs = [monitor(board(rng, periods))["monitor_alarms"] for _ in range(boards)]
        seen = np.array([len(run.select("first")) for run in runs])
        said = runs[0].select("chance")["estimate"].sum()
        print(f"| {periods} | {said:.3f} | {seen.mean():.3f} ({seen.std() / np.sqrt(boards):.3f}) |")


def delays(rng: np.random.Generator, boards: int) -> None:
    print("| shift | chart | promised | mean | found within twice the promise |\n|---|---|---|---|---|")
    for shift in (1.0, 1.5, 2.0):
        own = Board(shift=shift)
        runs = [
            monitor(board(rng, 160, shift, 104), own, baseline_end=19000 + 7 * 104 - 1)["monitor_alarms"]
            for _ in range(boards)
        ]
        for chart in ("ewma", "cusum"):
            firsts = [run.select("first")["estimate"] for run in runs]
            found = np.concatenate([f[f.index.str.endswith(chart)].to_numpy() - 104 for f in firsts])
            promised = runs[0][f"delay:{chart}"]
            share = (found <= 2 * promised).sum() / (boards * len(NAMES))
            print(f"| {shift:g} | {chart} | {promised:.1f} | {found.mean():.1f} | {share:.3f} |")


def contacts(rng: np.random.Generator, fallen: float, n: int = 3000, people: int = 600) -> pd.DataFrame:
    day, place, who = rng.integers(0, 550, n), rng.integers(0, 3, n), rng.integers(0, people, n)
    own = rng.normal(0, 5, people)[who]
    quality = 70 + own + rng.normal(0, 11, n) - 12 * fallen * ((day >= 400) & (place == 2))
    return pd.DataFrame({
        "customer": who, "day": day, "phase": place, "quality": quality, "cost": rng.gamma(4, 10, n),
        "accepted": (rng.random(n) < 0.5 + 0.01 * own).astype(float), "personalised": (rng.random(n) < 0.5) * 1.0,
        "channel": rng.integers(0, 3, n),
    })  # fmt: skip


def phases(rng: np.random.Generator, runs: int) -> None:
    print(
        "| planted after the sale | flagged: before | during | after | any characteristic |\n|---|---|---|---|---|"
    )
    for fallen in (0.0, 0.25, 0.5):
        hits = np.zeros(4)
        for _ in range(runs):
            rows = contacts(rng, fallen)
            parts = (rows[c].to_numpy() for c in ("channel", "customer", "day"))
            one = drift(rows, [Attribute("channel", *parts, words=True)], Windows((0, 399), (400, 549)))
            hits += [*(one[f"review:{p}"] > 0 for p in ("before", "during", "after")), one["drifted"] > 0]
        print(f"| {fallen:g} sd | " + " | ".join(f"{v:.3f}" for v in hits / runs) + " |")


def channels(rng: np.random.Generator, runs: int) -> None:
    n = int(rows_needed(0.20, 0.05))
    print(f"| gap ({n} rows a channel, margin .20) | alike | cannot tell | apart |\n|---|---|---|---|")
    for gap in (0.0, 0.05, 0.20, 0.35, 0.50):
        told = [
            parity(np.r_[rng.normal(0, 1, n), rng.normal(gap, 1, n)], np.repeat(["a", "b"], n))["verdict"]
            for _ in range(runs)
        ]
        shares = [np.mean([v == k for v in told]) for k in (1, 0, 2)]
        print(f"| {gap:.2f} sd | " + " | ".join(f"{v:.3f}" for v in shares) + " |")


def main() -> None:
    boards = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rng = np.random.default_rng(14030901)
    for part in (false_alarms, delays, phases, channels):
        part(rng, boards)
        print(flush=True)


if __name__ == "__main__":
    main()
