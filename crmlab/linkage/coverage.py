"""How much of the survey and of the ledger the join holds, what that suffices for, and which came first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.linkage.matching import Joined
from crmlab.result import Check, Result, tidy_frame
from crmlab.wilson import wilson

SMALLEST = 0.20  # correlation that the power statement is about
POWER, ALPHA = 0.80, 0.05
AFTER = 90  # days that the ledger has to go on after the last answer, or nothing was measured afterwards
DAYS = ("ledger_first", "ledger_end", "field_first", "field_last")


def coverage(
    joined: Joined, *, least: int = 100, days: Mapping[str, float] | None = None, level: float = 0.95,
    source: dict[str, str] | None = None,
) -> Result:  # fmt: skip
    """Who is in both, in the survey only, in the ledger only, and twice.

    Parameters
    ----------
    joined : of `join`
    least : matched customers below which the link is told to be too thin
    days : ledger_first, ledger_end, field_first, field_last as days since 1970-01-01, as far as known
    """
    days = dict(days or {})
    n = joined.matched
    counts = {
        "respondents": joined.respondents, "with_key": joined.with_key,
        "without_key": joined.respondents - joined.with_key, "repeated": joined.repeated,
        "refused_twice": joined.refused_twice, "matched": n, "survey_only": joined.survey_only,
        "too_new": joined.too_new, "customers": joined.customers,
        "ledger_only": joined.customers - n - joined.too_new,
        "buyers": int((joined.own["x"] > 0).sum()),
        "needed": needed(SMALLEST), "power": power(n, SMALLEST), "smallest_r": detectable(n),
        **{name: days.get(name, np.nan) for name in DAYS}, "days_after": days_after(days),
    }  # fmt: skip
    rows: list[dict[str, object]] = [{"term": name, "estimate": float(v)} for name, v in counts.items()]
    for name, whole in (("matched_share", joined.respondents), ("response_share", joined.customers)):
        share, low, high = wilson(n, whole, level)
        rows.append({"term": name, "estimate": float(share), "ci_low": float(low), "ci_high": float(high)})
    once = Check(
        "check.answered_once", joined.repeated == 0, joined.repeated, "0 second answers of a customer"
    )
    checks = (enough(n, least), once, *time_order(days))
    return Result("model.link_join", tidy_frame(rows), {"n": n, "level": level}, checks, dict(source or {}))


def enough(n: int, least: int) -> Check:
    """Whether the matched customers suffice."""
    rule = (
        f">= {least} matched customers; power {POWER:.2f} at a correlation of {SMALLEST:.2f} wants "
        f"{needed(SMALLEST):.0f} (Fisher 1921)"
    )
    return Check("check.matched_enough", n >= least, n, rule)


def time_order(days: Mapping[str, float]) -> tuple[Check, ...]:
    """Whether the ledger goes on after the answers; nothing is said where the days are not known."""
    after = days_after(days)
    if np.isnan(after):
        return ()
    rule = f">= {AFTER} days of ledger after the last answer, so that purchases come after answers (H8)"
    return (Check("check.answers_before_purchases", after >= AFTER, after, rule),)


def days_after(days: Mapping[str, float]) -> float:
    """Days of ledger after the last answer, 0 if it ends before; NaN where not known."""
    if "ledger_end" not in days or "field_last" not in days:
        return float("nan")
    return float(max(days["ledger_end"] - days["field_last"], 0))


def needed(r: float, power: float = POWER, alpha: float = ALPHA) -> float:
    """Pairs of values that show a correlation of r: ((z_(1-alpha/2) + z_power) / artanh r)^2 + 3, rounded up.

    Source
    ------
    Fisher, R. A. (1921). Metron 1, 3-32 (the transformation).

    Examples
    --------
    >>> needed(0.20), needed(0.30)
    (194.0, 85.0)
    """
    z = norm.ppf(1 - alpha / 2) + norm.ppf(power)
    return float(np.ceil((z / np.arctanh(r)) ** 2 + 3))


def power(n: int, r: float, alpha: float = ALPHA) -> float:
    """Chance that n pairs show a correlation of r; NaN for fewer than 4."""
    if n < 4:
        return float("nan")
    shift, z = np.arctanh(r) * np.sqrt(n - 3), norm.ppf(1 - alpha / 2)
    return float(norm.sf(z - shift) + norm.cdf(-z - shift))


def detectable(n: int, power: float = POWER, alpha: float = ALPHA) -> float:
    """The correlation that n pairs show with this power; NaN for fewer than 4."""
    if n < 4:
        return float("nan")
    return float(np.tanh((norm.ppf(1 - alpha / 2) + norm.ppf(power)) / np.sqrt(n - 3)))


def rows_of(found: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """A tidy table from term -> columns."""
    return tidy_frame({"term": term, **cells} for term, cells in found.items())
