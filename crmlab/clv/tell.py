"""Parameters of a fit as rows of a Result, with the errors that are asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.errors import ModelError

ERRORS = ("hessian", "sandwich")


def std_errors(vcov: pd.DataFrame) -> dict[str, float]:
    """Roots of the diagonal; NaN where a parameter is at a boundary."""
    return dict(zip(vcov.index, np.sqrt(np.diag(vcov)).tolist(), strict=True))


def rows_of(
    params: dict[str, float], vcov: pd.DataFrame, robust: pd.DataFrame, errors: str, level: float
) -> list[dict[str, object]]:
    """One row per parameter: intervals on the log scale, but for coefficients (named with a dot), which have a p.

    Raises
    ------
    ModelError
        `errors` is neither "hessian" nor "sandwich", or `level` is not in (0, 1).
    """
    if errors not in ERRORS:
        raise ModelError(f"errors is '{errors}'; want {' or '.join(ERRORS)}")
    if not 0 < level < 1:
        raise ModelError(f"level is {level:g}; it must be in (0, 1)", hint="0.95")
    z, spread = float(norm.ppf((1 + level) / 2)), std_errors(vcov if errors == "hessian" else robust)
    rows: list[dict[str, object]] = []
    for name, value in params.items():
        se = spread[name]
        row: dict[str, object] = {"term": f"param:{name}", "estimate": value, "std_error": se}
        if "." in name:
            p = 2 * norm.sf(abs(value / se))
            rows.append(row | {"ci_low": value - z * se, "ci_high": value + z * se, "p_value": p})
        else:
            far = np.exp(z * se / value)
            rows.append(row | {"ci_low": value / far, "ci_high": value * far})
    return rows
