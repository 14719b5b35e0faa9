"""How much of the customer data and of the contact points has been merged?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.enterprise.admit import figures, labels
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block
from crmlab.wilson import wilson

MATCHED = 0.90


def integration(counts: pd.DataFrame, *, target: float = MATCHED, level: float = 0.95) -> Result:
    """What share of each source's records was matched to a customer?

    Parameters
    ----------
    counts : one row a source (survey, ledger, contacts, a channel): `source`, `records`, `matched`, and optionally
        `latency` (hours from event to record) and `kind` ("data" or "contact_point")
    target : match rate below which a source fails its check
    level : of the intervals (Wilson)

    Returns
    -------
    Result
        `match_rate:<source>` (interval), `match_rate` over all, `unmatched:<source>`, `match_rate_kind:<kind>`,
        `latency:<source>`.

    Raises
    ------
    ModelError
        A count is blank, negative, no whole number, or more are matched than there are.

    Source
    ------
    Wilson, E. B. (1927). Journal of the American Statistical Association 22, 209-212.
    """
    what = "integration"
    names = labels(counts, "source", what, unique=True)
    N = figures(counts, ["records", "matched"], what)
    wrong = (
        np.isnan(N).any(axis=1) | (N < 0).any(axis=1) | (np.floor(N) != N).any(axis=1) | (N[:, 1] > N[:, 0])
    )
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ModelError(
            f"{what}: source '{names[row]}': {N[row, 1]:g} of {N[row, 0]:g} records matched cannot be"
        )
    if not N[:, 0].sum():
        raise ModelError(f"{what}: there are no records")
    rate, low, high = wilson(N[:, 1], N[:, 0], level)
    total = N.sum(axis=0)
    over = [float(end) for end in wilson(total[1], total[0], level)]
    whole = tidy_block("match_rate", ["all"], [over[0]], ci_low=[over[1]], ci_high=[over[2]]).assign(
        term="match_rate"
    )
    blocks = [
        tidy_block("match_rate", names, rate, ci_low=low, ci_high=high),
        whole,
        tidy_block("unmatched", names, N[:, 0] - N[:, 1]),
    ]
    if "kind" in counts:
        kinds = np.array(labels(counts, "kind", what), dtype=object)
        for kind in dict.fromkeys(kinds):
            some = N[kinds == kind].sum(axis=0)
            value = [float(end) for end in wilson(some[1], some[0], level)]
            blocks.append(
                tidy_block("match_rate_kind", [kind], [value[0]], ci_low=[value[1]], ci_high=[value[2]])
            )
    if "latency" in counts:
        blocks.append(tidy_block("latency", names, figures(counts, ["latency"], what)[:, 0]))
    rule = f">= {target:.2f} of the records matched"
    checks = [
        Check(f"check.match_rate:{name}", r >= target, r, rule)
        for name, r in zip(names, rate, strict=True)
        if r == r
    ]
    glance = {"records": total[0], "matched": total[1], "sources": len(names), "level": level}
    return Result("model.integration", pd.concat(blocks), glance, tuple(checks), source_of(counts))
