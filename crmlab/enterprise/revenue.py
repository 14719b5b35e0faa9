"""Is the revenue paid with satisfaction, and how much of it is at risk?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.enterprise.admit import figures
from crmlab.enterprise.resample import counts, quantiles
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame

KNOWN = 0.5


def revenue_at_risk(
    customers: pd.DataFrame,
    *,
    revenue: str = "margin",
    satisfaction: str = "SAT",
    satisfied: float = 4.0,
    low: float = 3.0,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 20240101,
) -> Result:
    """Shares of revenue from satisfied and from dissatisfied customers.

    Parameters
    ----------
    customers : one row a customer: margin (or revenue) and satisfaction, blank where it is not known
    revenue, satisfaction : columns
    satisfied : satisfaction from which a customer pays with satisfaction
    low : satisfaction below which the margin is at risk; between the two a customer is neither
    level, resamples, seed : of the bootstrap over customers

    Returns
    -------
    Result
        Of the revenue of customers whose satisfaction is known: `satisfied_share`, `risk_share` (intervals);
        `satisfied_revenue`, `risk_revenue` (interval), `neither_revenue`; `unknown_revenue` of the others and
        `unknown_share` of all revenue. `customers`, `satisfied_customers`, `risk_customers`, `unknown_customers`.

    Raises
    ------
    ModelError
        Nobody's satisfaction is known, the known revenue is not above 0, or `low` lies above `satisfied`.
    """
    what = "revenue at risk"
    if low > satisfied:
        raise ModelError(f"{what}: low ({low:g}) lies above satisfied ({satisfied:g})")
    money, sat = figures(customers, [revenue, satisfaction], what).T
    if np.isnan(money).any():
        raise ModelError(
            f"{what}: {int(np.isnan(money).sum())} customers have no {revenue}",
            hint="0 is a figure, blank is none",
        )
    known = ~np.isnan(sat)
    m, s = money[known], sat[known]
    if not len(m) or m.sum() <= 0:
        raise ModelError(f"{what}: the revenue of customers whose satisfaction is known is not above 0")
    happy, risky = s >= satisfied, s < low
    parts = np.column_stack([m * happy, m * risky, m])
    total = parts.sum(axis=0)
    drawn = _drawn(parts, resamples, seed)
    ends = quantiles(drawn, ((1 - level) / 2, (1 + level) / 2))
    error = drawn.std(axis=0, ddof=1) if len(drawn) > 1 else np.full(3, np.nan)

    def row(term: str, value: float, place: int | None = None) -> dict[str, object]:
        if place is None:
            return {"term": term, "estimate": value}
        numbers = {"std_error": error[place], "ci_low": ends[0, place], "ci_high": ends[1, place]}
        return {"term": term, "estimate": value, **numbers}

    unknown = float(money[~known].sum())
    rows = [
        row("satisfied_share", total[0] / total[2], 0),
        row("risk_share", total[1] / total[2], 1),
        row("satisfied_revenue", total[0]),
        row("risk_revenue", total[1], 2),
        row("neither_revenue", total[2] - total[0] - total[1]),
        row("unknown_revenue", unknown),
        row("unknown_share", unknown / money.sum() if money.sum() else np.nan),
        row("customers", len(money)),
        row("satisfied_customers", int(happy.sum())),
        row("risk_customers", int(risky.sum())),
        row("unknown_customers", int((~known).sum())),
    ]
    share = total[2] / money.sum() if money.sum() > 0 else np.nan
    rule = f">= {KNOWN:.2f} of the revenue from customers whose satisfaction is known"
    checks = (Check("check.known_revenue", bool(share >= KNOWN), share, rule),)
    glance = {"n": float(len(m)), "satisfied": satisfied, "low": low, "level": level}
    source = source_of(customers[[revenue, satisfaction]], seed=seed)
    return Result("model.revenue_at_risk", tidy_frame(rows), glance, tuple(checks), source)


def _drawn(parts: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Resampled shares of satisfied and of risky revenue, and risky revenue, (resamples, 3)."""
    rng = np.random.default_rng(seed)
    parts = parts[np.lexsort(parts.T)]
    found = []
    for size in np.diff(np.append(np.arange(0, resamples, 200), resamples)):  # in pieces: weights are n wide
        drawn = counts(rng, len(parts), int(size)) @ parts
        found.append(drawn)
    sums = np.vstack(found) if found else np.empty((0, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = sums[:, :2] / np.where(sums[:, 2] > 0, sums[:, 2], np.nan)[:, None]
    return np.column_stack([shares, sums[:, 1]])
