"""Defined parameters of a fit as tidy rows, by the bootstrap or by normal theory."""

from __future__ import annotations

from collections.abc import Mapping

from scipy.special import ndtri

from crmlab.errors import ModelError
from crmlab.sem import SemFit


def defined_rows(
    fit: SemFit, effects: Mapping[str, str], resamples: int, seed: int, level: float
) -> list[dict[str, object]]:
    """Rows of the defined parameters named in `effects` (name -> term), with errors, intervals and p.

    `resamples` 0 takes normal theory with delta-method errors; else percentiles of resamples.
    """
    if resamples:
        if resamples < 100:
            raise ModelError(f"{resamples} resamples are too few for an interval", hint="1000")
        table = fit.bootstrap(resamples, seed).intervals(level=level)
    else:
        table = fit.estimates.copy()
        z = float(ndtri((1 + level) / 2))
        table["ci_lower"], table["ci_upper"] = table["est"] - z * table["se"], table["est"] + z * table["se"]
    found = {row["lhs"]: row for row in table.loc[table["op"] == ":="].to_dict("records")}
    return [
        {
            "term": term,
            "estimate": found[name]["est"],
            "std_error": found[name]["se"],
            "ci_low": found[name]["ci_lower"],
            "ci_high": found[name]["ci_upper"],
            "p_value": found[name]["p_value"],
        }
        for name, term in effects.items()
    ]
