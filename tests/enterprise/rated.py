"""Ratings for tests: units whose levels are known."""

from __future__ import annotations

import numpy as np
import pandas as pd


def ratings_of(levels: dict[str, dict[str, list[float]]]) -> pd.DataFrame:
    """unit -> item -> one level a rater."""
    rows = [
        {"unit": unit, "rater": f"{unit}-r{k}", "item_code": item, "level": value}
        for unit, items in levels.items()
        for item, given in items.items()
        for k, value in enumerate(given)
    ]
    return pd.DataFrame(rows)


def random_ratings(
    seed: int, units: int = 5, raters: int = 4, model: str = "GAR", elements: int = 8
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    found = {}
    for u in range(units):
        base = rng.uniform(1.5, 4.5, elements)
        found[f"u{u}"] = {
            f"{model}{e + 1}{part}": np.clip(np.round(base[e] + rng.normal(0, 0.7, raters)), 1, 5).tolist()
            for e in range(elements)
            for part in "ab"
        }
    return ratings_of(found)
