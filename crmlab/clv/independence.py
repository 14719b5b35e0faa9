"""Is spend per purchase independent of how often a customer buys? On that rests their multiplication."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from crmlab.clv.spend import CORRELATED, admit_spend, correlation
from crmlab.clv.words import labels_of
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame


def spend_frequency(x: object, mean_spend: object, *, level: float = 0.95) -> Result:
    """Do those who buy often spend more per purchase? The multiplication of counts by spend assumes not.

    Parameters
    ----------
    x, mean_spend : as for `gamma_gamma`; customers without a repeat purchase are left out

    Returns
    -------
    Result
        `pearson` and `spearman` with intervals (Fisher's z) and p; the check holds where |pearson| <= 0.10.

    Source
    ------
    Fader, P. S. & Hardie, B. G. S. (2013), note 025, brucehardie.com. Standard error of Fisher's z for ranks:
    Fieller, E. C., Hartley, H. O. & Pearson, E. S. (1957). Biometrika 44, 470-481.
    """
    s, _ = admit_spend(x, mean_spend, None, None)
    n = len(s.x)
    if n < 4:
        raise ModelError(f"{n} customers with a repeat purchase cannot carry a correlation")
    rows = []
    ranks = rankdata(s.x), rankdata(s.z)
    for term, r, spread in (
        ("pearson", correlation(s.x, s.z, s.w), 1.0), ("spearman", correlation(*ranks, s.w), 1.06)
    ):  # fmt: skip
        z, se = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)), np.sqrt(spread / (n - 3))
        ends = np.tanh(z + np.array([-1, 1]) * norm.ppf((1 + level) / 2) * se)
        row = {
            "term": term,
            "estimate": r,
            "std_error": se * (1 - r**2),
            "ci_low": ends[0],
            "ci_high": ends[1],
        }
        rows.append(row | {"p_value": 2 * norm.sf(abs(z) / se)})
    rule = f"|correlation of spend and frequency| <= {CORRELATED:.2f} (Fader & Hardie 2013 assume none)"
    r = float(rows[0]["estimate"])
    check = Check("check.spend_frequency", abs(r) <= CORRELATED, r, rule)
    glance = {"n": float(n), "left_out": float(len(labels_of(x)) - n), "level": level}
    source = source_of(pd.DataFrame({"x": s.x, "z": s.z * s.scale}))
    return Result("model.spend_frequency", tidy_frame(rows), glance, (check,), source)
