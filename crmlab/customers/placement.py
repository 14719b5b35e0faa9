"""Do customers see themselves where the rule sees them? Both stages in one table, and their agreement."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.customers.agreement_of_stages import WEIGHTS, kappa
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame
from crmlab.wilson import wilson_limits

PLACES = ("acquire", "enhance", "retain")  # codes 1, 2, 3 of the question on one's own stage
AGREE = 0.40
FEWEST = 20  # customers in both ratings from which agreement is computed


def placement(
    stage: pd.Series, placed: pd.Series, *, level: float = 0.95, source: dict[str, str] | None = None
) -> Result:
    """Do customers see themselves where the rule sees them?

    Parameters
    ----------
    stage : customer -> stage by the rule
    placed : customer -> 1 acquire, 2 enhance, 3 retain

    Returns
    -------
    Result
        `count:<rule>~<own>`; `kappa:plain`, `kappa:linear`, `kappa:quadratic`, `agreement` (share of equal ones);
        glance `n` (in both and not lost), `lost` (placed themselves though the rule calls them lost), `unknown`
        (placed themselves, but are in no ledger).

    Raises
    ------
    ModelError
        Fewer than 20 customers are in both.
    """
    own = placed.dropna()
    own = own.loc[~own.index.duplicated()]
    by_rule = stage.reindex(own.index)
    both = by_rule.isin(PLACES) & own.isin([1, 2, 3])
    table = pd.crosstab(by_rule[both], own[both].astype(int)).reindex(
        index=list(PLACES), columns=[1, 2, 3], fill_value=0
    )
    counts = table.to_numpy(dtype=float)
    n = counts.sum()
    if n < FEWEST:
        raise ModelError(
            f"{int(n)} customers placed themselves and have a stage by the rule; {FEWEST} are needed"
        )
    rows: list[dict[str, object]] = [
        {"term": f"count:{a}~{b}", "estimate": counts[i, j]}
        for i, a in enumerate(PLACES)
        for j, b in enumerate(PLACES)
    ]
    same = float(np.trace(counts))
    low, high = wilson_limits(np.array([same / n]), np.array([n]), level)
    rows.append({"term": "agreement", "estimate": same / n, "ci_low": low[0], "ci_high": high[0]})
    for name in WEIGHTS:
        value, se, down, up = kappa(counts, name, level)
        rows.append(
            {"term": f"kappa:{name}", "estimate": value, "std_error": se, "ci_low": down, "ci_high": up}
        )
    linear = kappa(counts, "linear", level)[0]
    check = Check("check.stages_agree", linear >= AGREE, linear, f">= {AGREE:.2f} (Fleiss 1981)")
    glance = {
        "n": n,
        "lost": float((by_rule == "lost").sum()),
        "unknown": float(by_rule.isna().sum()),
        "level": level,
    }
    return Result("model.placement", tidy_frame(rows), glance, (check,), dict(source or {}))
