"""Coverage of the enterprise estimates on simulated units with planted truth: the tables of docs/simulations.md.

Run from the project's folder: python benchmarks/simulate_enterprise.py [samples]
"""

import sys

import numpy as np
import pandas as pd

from crmlab import enterprise as e

PLANTED = {"BO~MO": 0.6, "BO~RQ": 0.2, "FO~MO": 0.3, "FO~BO": 0.5, "RQ~FO": 0.7}
UNIT = dict.fromkeys(["MO", "BO", "FO", "RQ"], 1.0)


def panel(rng: np.random.Generator, units: int, periods: int, levels: float) -> pd.DataFrame:
    """The planted loop, all variances 1 without lasting differences (`levels`: their standard deviation)."""
    a = rng.normal(0, levels, (4, units))
    mo = rng.normal(size=(20 + periods, units))
    bo, fo, rq = (np.zeros_like(mo) for _ in range(3))
    b = PLANTED
    for t in range(1, len(mo)):
        noise = rng.normal(size=(3, units)) * np.sqrt([[0.60], [0.66], [0.51]])
        fo[t] = b["FO~MO"] * mo[t] + b["FO~BO"] * bo[t - 1] + a[1] + noise[1]
        rq[t] = b["RQ~FO"] * fo[t] + a[2] + noise[2]
        bo[t] = b["BO~MO"] * mo[t - 1] + b["BO~RQ"] * rq[t] + a[0] + noise[0]
    columns = {"mo_budget": mo + a[3], "bo_capacity": bo, "fo_service": fo, "rq_mean": rq}
    flat = {name: values[-periods:].T.ravel() for name, values in columns.items()}
    names = np.repeat([f"b{i:02d}" for i in range(units)], periods)
    return pd.DataFrame({"unit": names, "time": np.tile(np.arange(periods), units), **flat})


def offices(samples: int, units: int, levels: float) -> np.ndarray:
    """Share of samples whose 95 % interval holds each planted path."""
    truth, inside = np.array(list(PLANTED.values())), np.zeros(5)
    for seed in range(samples):
        frame = panel(np.random.default_rng(seed), units, 8, levels)
        table = e.office_paths(frame, resamples=800, scale=UNIT).result.select("path").loc[list(PLANTED)]
        inside += (table["ci_low"] <= truth) & (truth <= table["ci_high"])
    return inside / samples


def cascades(samples: int, units: int) -> float:
    """Share of samples whose interval holds the planted indirect effect .5 x .4."""
    inside = 0
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        budget = rng.normal(size=units)
        capacity = 0.5 * budget + rng.normal(0, 0.8, units)
        level = 0.4 * capacity + 0.1 * budget + rng.normal(0, 0.4, units)
        n = rng.integers(5, 30, units)
        names = np.array([f"b{i:02d}" for i in range(units)])
        frame = pd.DataFrame({"unit": names, "mo_budget": budget, "bo_capacity": capacity})
        people = pd.DataFrame(
            {"unit": np.repeat(names, n), "RQ": np.repeat(level, n) + rng.normal(size=n.sum())}
        )
        found = e.cascade(frame, people, resamples=800)
        low, high = (found.cell("indirect:RQ~bo_capacity~mo_budget", side) for side in ("ci_low", "ci_high"))
        inside += low <= 0.2 <= high
    return inside / samples


def links(samples: int, units: int, slope: float) -> tuple[float, float, float]:
    """Share of intervals that hold the slope, and shares of p below .05: by t, and by permutation."""
    held = firm = moved = 0
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        names = np.array([f"u{i:02d}" for i in range(units)])
        level = rng.uniform(1.5, 4.5, units)
        n = rng.integers(8, 60, units)
        mean = 3 + slope * level + rng.normal(0, 0.3, units)
        people = pd.DataFrame(
            {"unit": np.repeat(names, n), "RQ": np.repeat(mean, n) + rng.normal(0, 0.8, n.sum())}
        )
        found = e.outcome_links(people, pd.DataFrame({"GAR1": level}, index=names), permutations=800)
        held += found.cell("path:RQ~GAR1", "ci_low") <= slope <= found.cell("path:RQ~GAR1", "ci_high")
        firm += found.cell("path:RQ~GAR1", "p_value") < 0.05
        moved += found["p_permutation:RQ~GAR1"] < 0.05
    return held / samples, firm / samples, moved / samples


def means(samples: int, units: int) -> tuple[float, float]:
    """Share of shrunk intervals that hold the unit's truth, and squared error beside that of plain means."""
    held, own, drawn = [], [], []
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        truth, n = rng.normal(3.5, 0.3, units), rng.integers(4, 30, units)
        names = np.array([f"u{i:02d}" for i in range(units)])
        people = pd.DataFrame(
            {"unit": np.repeat(names, n), "RQ": np.repeat(truth, n) + rng.normal(0, 0.8, n.sum())}
        )
        found = e.unit_means(people)
        table = found.select("shrunk").loc[names]
        held.append(((table["ci_low"] <= truth) & (truth <= table["ci_high"])).mean())
        drawn.append(((table["estimate"] - truth) ** 2).mean())
        own.append(((found.select("mean").loc[names, "estimate"] - truth) ** 2).mean())
    return float(np.mean(held)), float(np.mean(drawn) / np.mean(own))


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(f"{samples} samples; Monte Carlo error of .95: {np.sqrt(0.95 * 0.05 / samples):.3f}")
    for units in (30, 15):
        for levels in (0.0, 1.0):
            print(
                f"offices, {units} units x 8, lasting differences {levels}:",
                offices(samples, units, levels).round(3),
            )
    for units in (24, 12):
        print(f"cascade, {units} units: {cascades(samples, units):.3f}")
    for units in (6, 12, 30):
        print(
            f"links, {units} units: no slope {links(samples, units, 0.0)}, slope .3 {links(samples, units, 0.3)}"
        )
    for units in (8, 24):
        print(f"means of {units} units:", tuple(round(one, 3) for one in means(samples, units)))


if __name__ == "__main__":
    main()
