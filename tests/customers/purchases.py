"""Ledgers for the tests: one by hand, one with planted rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

START = pd.Timestamp("2024-01-01")


def by_hand() -> pd.DataFrame:
    """Five customers, two cohorts; a refund, a free day, two receipts on one day."""
    rows = [
        ("a", "2024-01-05", 10.0), ("a", "2024-01-05", 5.0), ("a", "2024-02-10", 20.0), ("a", "2024-03-31", 30.0),
        ("b", "2024-01-20", 40.0), ("b", "2024-03-01", 10.0), ("b", "2024-03-02", -10.0),
        ("c", "2024-01-31", 5.0),
        ("d", "2024-02-01", 100.0), ("d", "2024-02-15", 0.0),
        ("e", "2024-02-29", 0.0),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["customer", "date", "amount"])


def planted(
    n: int = 600, days: int = 546, seed: int = 5, *, rate: tuple[float, float] = (0.9, 9.0),
    lost: tuple[float, float] = (0.8, 2.4), price: tuple[float, float, float] = (6.0, 4.0, 300.0),
) -> pd.DataFrame:  # fmt: skip
    """Customers of a BG/NBD world (rates per week) with Gamma-Gamma spend, won in the first third of the time."""
    rng = np.random.default_rng(seed)
    rates, chances = rng.gamma(rate[0], 1 / rate[1], n) / 7, rng.beta(*lost, n)
    scale = rng.gamma(price[1], 1 / price[2], n)
    rows = []
    for who, (pace, chance, nu) in enumerate(zip(rates, chances, scale, strict=True)):
        t = float(rng.integers(0, days // 3))
        seen: set[int] = set()
        while t < days:
            if int(t) not in seen:
                rows.append((f"c{who:04d}", START + pd.Timedelta(int(t), "D"), rng.gamma(price[0], 1 / nu)))
            seen.add(int(t))
            if len(seen) > 1 and rng.random() < chance:
                break
            t += rng.exponential(1 / pace)
    return pd.DataFrame(rows, columns=["customer", "date", "amount"])
