"""Does the customer's own view of his value (CLV_P) go along with what he is worth (CLV_B)? Who says much and buys little?

Source
------
Fieller, E. C., Hartley, H. O. & Pearson, E. S. (1957). Biometrika 44, 470-481 (rank correlation). Cohen, J. (1960).
Educational and Psychological Measurement 20, 37-46 (kappa).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from crmlab.errors import ModelError
from crmlab.linkage.behaviour import grown
from crmlab.linkage.corrected import regress
from crmlab.linkage.estimates import fisher
from crmlab.linkage.matching import Joined
from crmlab.linkage.measure import Measured
from crmlab.result import Check, Result, tidy_frame
from crmlab.wilson import wilson

FEWEST = 10
CELLS = 5
CORNERS = {
    "high_high": (True, True),
    "high_low": (True, False),
    "low_high": (False, True),
    "low_low": (False, False),
}


def quadrants(
    joined: Joined, perceived: Measured, value: np.ndarray, *, threshold: int = 5, level: float = 0.95,
    draws: int = 1000, seed: int = 0, source: dict[str, str] | None = None,
) -> Result:  # fmt: skip
    """What customers say of their value against what they are worth.

    Parameters
    ----------
    joined : who is in both
    perceived : the latent variable of the customer's view
    value : (customers of the ledger) behavioural value
    threshold : no count of fewer customers is told; a table with one is left out as a whole, for the others would tell it

    Raises
    ------
    ModelError
        Fewer than FEWEST matched customers with answers, or no differences among them.
    """
    said, worth = perceived.mean[joined.who], value[joined.at]
    answered = np.isfinite(perceived.score[joined.who])
    said, worth, total = said[answered], worth[answered], perceived.score[joined.who][answered]
    n = len(said)
    if n < FEWEST:
        raise ModelError(f"{n} matched customers answered; a comparison with their value wants {FEWEST}")
    if np.ptp(said) == 0 or np.ptp(worth) == 0:
        raise ModelError("matched customers do not differ in what they say or in what they are worth")
    y = grown(worth)
    score, error = (v[joined.who][answered] for v in perceived.bartlett)
    ranks = rankdata(said), rankdata(worth)
    rows = {
        "r_naive": fisher(float(np.corrcoef(total, y)[0, 1]), n, level),
        "r_corrected": regress(y, score, error, draws=draws, seed=seed).cells(level),
        "rho": fisher(float(np.corrcoef(*ranks)[0, 1]), n, level, 1.06),
    }
    high = said > np.median(said), worth > np.median(worth)
    rows["kappa"] = {"estimate": kappa(*high)}
    corners, safe = _corners(*high, worth, threshold, level)
    table, safe_cells = _table(said, worth, threshold)
    checks = (
        perceived.check,
        Check(
            "check.cells_private",
            safe and safe_cells,
            float(threshold),
            f"no cell of 1 to {threshold - 1} customers",
        ),
    )
    tidy = tidy_frame({"term": term, **cells} for term, cells in (rows | corners | table).items())
    glance = {"n": n, "level": level, "threshold": threshold, "cells": CELLS}
    return Result("model.link_quadrants", tidy, glance, checks, {"seed": str(seed), **(source or {})})


def kappa(a: np.ndarray, b: np.ndarray) -> float:
    """Agreement of two yes-no judgements beyond chance: (p_o - p_e)/(1 - p_e); NaN where chance explains all.

    Examples
    --------
    >>> kappa(np.array([True, True, False, False]), np.array([True, True, False, True]))
    0.5
    """
    seen = float((a == b).mean())
    chance = float(a.mean() * b.mean() + (~a).mean() * (~b).mean())
    return (seen - chance) / (1 - chance) if chance < 1 else float("nan")


def _corners(
    said: np.ndarray, worth: np.ndarray, value: np.ndarray, threshold: int, level: float
) -> tuple[dict[str, dict[str, float]], bool]:
    """Customers, share of them, mean value and share of value of each quadrant, by the medians."""
    groups = {name: (said == one) & (worth == other) for name, (one, other) in CORNERS.items()}
    safe = _private(np.array([own.sum() for own in groups.values()]), threshold)
    found: dict[str, dict[str, float]] = {}
    for name, own in groups.items():
        if not safe:
            found |= {f"{q}:{name}": {} for q in ("customers", "share", "value_mean", "value_share")}
            continue
        share, low, high = wilson(own.sum(), len(own), level)
        found[f"customers:{name}"] = {"estimate": float(own.sum())}
        found[f"share:{name}"] = {"estimate": float(share), "ci_low": float(low), "ci_high": float(high)}
        found[f"value_mean:{name}"] = {"estimate": float(value[own].mean()) if own.any() else np.nan}
        found[f"value_share:{name}"] = {"estimate": float(value[own].sum() / value.sum())}
    return found, safe


def _table(said: np.ndarray, worth: np.ndarray, threshold: int) -> tuple[dict[str, dict[str, float]], bool]:
    """Customers in each cell of fifths by fifths, the lowest first."""
    i, j = _fifth(said), _fifth(worth)
    counts = np.zeros((CELLS, CELLS))
    np.add.at(counts, (i, j), 1)
    safe = _private(counts.ravel(), threshold)
    cells = {
        f"cell:{a + 1}.{b + 1}": {"estimate": float(counts[a, b]) if safe else np.nan}
        for a in range(CELLS) for b in range(CELLS)
    }  # fmt: skip
    return cells, safe


def _fifth(values: np.ndarray) -> np.ndarray:
    """The fifth of each value, equal values in one, 0 the lowest."""
    return np.minimum(((rankdata(values, "average") - 0.5) / len(values) * CELLS).astype(int), CELLS - 1)


def _private(counts: np.ndarray, threshold: int) -> bool:
    return not bool(((counts > 0) & (counts < threshold)).any())
