"""Are two variables of categories related? Chi-square, and how strong it is."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import chdtrc
from scipy.stats import ncx2

from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.columns import known_columns, word
from crmlab.structure.explained import noncentral_bounds

EXPECTED = 5.0  # counts below which the chi-square distribution is doubted


def association(frame: pd.DataFrame, a: str, b: str, *, level: float = 0.95) -> Result:
    """Are two variables of categories related?

    Returns
    -------
    Result
        `count:<a>.<value>~<b>.<value>`, `chi2` (p), `cramer_v` (interval), `cramer_v_adjusted` (bias-corrected);
        a check where expected counts are small.

    Notes
    -----
    V = sqrt(chi2 / (n (m - 1))), m the smaller number of categories; the interval is that of
    sqrt(lambda / (n (m - 1))), lambda the noncentrality of chi-square.

    Source
    ------
    Cramér, H. (1946). Mathematical methods of statistics. Princeton. Steiger, J. H. (2004). Psychological
    Methods 9(2), 164-182 (interval). Bergsma, W. (2013). J. Korean Statistical Society 42, 323-328.
    """
    known_columns(frame, [a, b])
    used = frame[[a, b]].dropna()
    table = pd.crosstab(used[a], used[b])
    r, c = table.shape
    if min(r, c) < 2:
        flat = a if r < 2 else b
        raise ModelError(f"'{flat}' has fewer than two categories with answers")
    N = table.to_numpy(dtype=float)
    n = N.sum()
    expected = np.outer(N.sum(axis=1), N.sum(axis=0)) / n
    chi2, df = float(((N - expected) ** 2 / expected).sum()), (r - 1) * (c - 1)
    low, high = noncentral_bounds(lambda size: float(ncx2.cdf(chi2, df, size)), level)
    most = n * (min(r, c) - 1)
    phi = max(0.0, chi2 / n - df / (n - 1))
    rows_, columns_ = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    rows: list[dict[str, object]] = [
        {"term": f"count:{a}.{word(i)}~{b}.{word(j)}", "estimate": table.loc[i, j]}
        for i in table.index
        for j in table.columns
    ]
    rows += [
        {"term": "chi2", "estimate": chi2, "p_value": float(chdtrc(df, chi2))},
        {
            "term": "cramer_v",
            "estimate": math.sqrt(chi2 / most),
            "ci_low": min(1.0, math.sqrt(low / most)),
            "ci_high": min(1.0, math.sqrt(high / most)),
        },
        {"term": "cramer_v_adjusted", "estimate": math.sqrt(phi / (min(rows_, columns_) - 1))},
    ]
    small = float((expected < EXPECTED).mean())
    check = Check("check.expected_counts", small <= 0.2, small, "<= 20 % of cells below 5 (Cochran 1954)")
    lost = len(frame) - len(used)
    glance = {"n": n, "left_out": lost, "df": df, "level": level}
    return Result("model.association", tidy_frame(rows), glance, (check,), source_of(used))
