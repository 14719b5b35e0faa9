"""Several hypotheses at once: adjusted p values, and what would be found by chance alone."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_block
from crmlab.structure.multiplicity import benjamini_hochberg, holm


def bonferroni(p: np.ndarray) -> np.ndarray:
    """p times the number of tests, at most 1; NaN stay NaN and do not count.

    Source
    ------
    Dunn, O. J. (1961). Journal of the American Statistical Association 56, 52-64.
    """
    p = np.asarray(p, dtype=float)
    return np.minimum(1.0, p * np.sum(~np.isnan(p)))


def adjust(p: Mapping[str, float], *, alpha: float = 0.05) -> Result:
    """What is left of several p values when they are taken together?

    Parameters
    ----------
    p : name of a hypothesis -> its p value; NaN where it has none
    alpha : level

    Returns
    -------
    Result
        `p_raw`, `p_bonferroni`, `p_holm`, `p_fdr`, each `:<name>`; in `glance` the number of tests,
        `false_expected` (significant results on average if nothing were true) and `false_any` (chance of at
        least one then, if the tests were independent).

    Source
    ------
    Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70. Benjamini, Y. & Hochberg, Y. (1995). Journal
    of the Royal Statistical Society B 57, 289-300.
    """
    values = np.array(list(p.values()), dtype=float)
    known = values[~np.isnan(values)]
    if not known.size:
        raise ModelError("there is no p value to adjust")
    if ((known < 0) | (known > 1)).any():
        wrong = next(name for name, value in p.items() if value < 0 or value > 1)
        raise ModelError(f"'{wrong}': {p[wrong]} is not a p value")
    if not 0 < alpha < 1:
        raise ModelError(f"alpha {alpha} is not a probability between 0 and 1", hint="0.05")
    m = len(known)
    blocks = [
        tidy_block(quantity, list(p), found)
        for quantity, found in (
            ("p_raw", values),
            ("p_bonferroni", bonferroni(values)),
            ("p_holm", holm(values)),
            ("p_fdr", benjamini_hochberg(values)),
        )
    ]
    glance = {"tests": m, "alpha": alpha, "false_expected": m * alpha}
    glance["false_any"] = -math.expm1(m * math.log1p(-alpha))
    return Result("model.adjusted", pd.concat(blocks), glance)
