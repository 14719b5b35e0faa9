"""Rows of a standardised solution as a tidy table, with intervals at any level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm


def standardised_rows(terms: Sequence[str], rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """Rows of `SemFit.standardized()` under the given terms.

    Parameters
    ----------
    terms : one for each row
    rows : with columns est_std, se, p_value
    level : of the normal-theory intervals est +- z * se

    Returns
    -------
    DataFrame
        Columns of a tidy table; a fixed parameter has no error and no interval (NaN).
    """
    estimate, error = rows["est_std"].to_numpy(dtype=float), rows["se"].to_numpy(dtype=float)
    error = np.where(error > 0, error, np.nan)
    wide = norm.ppf((1 + level) / 2) * error
    return pd.DataFrame(
        {
            "term": list(terms),
            "estimate": estimate,
            "std_error": error,
            "ci_low": estimate - wide,
            "ci_high": estimate + wide,
            "p_value": rows["p_value"].to_numpy(dtype=float),
        }
    )
