"""Which blocks carry the explained variance? General dominance weights over all subsets of predictors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlab.dominance import dominance as shares_of
from crmlab.enterprise.admit import figures
from crmlab.enterprise.resample import interval, spread
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

MOST = 12
ROWS_EACH = 5


def dominance(
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 20240101,
) -> Result:
    """How much of R2 does each predictor add, averaged over all orders of entry?

    Parameters
    ----------
    frame : one row a unit (or respondent), numbers; rows with a blank are left out
    outcome, predictors : columns; at most twelve predictors
    level, resamples, seed : of the bootstrap intervals, given with at least five rows a predictor

    Returns
    -------
    Result
        `dominance:<outcome>~<predictor>` (sums to R2), `dominance_share:...` (sums to 1), `r2`.

    Raises
    ------
    ModelError
        Not more rows than predictors + 1, a column without variance, predictors that are tied.

    Source
    ------
    Budescu, D. V. (1993). Psychological Bulletin 114(3), 542-551. Azen, R. & Budescu, D. V. (2003).
    Psychological Methods 8(2), 129-148.
    """
    what, p = "dominance", len(predictors)
    if not 1 <= p <= MOST:
        raise ModelError(f"{what}: {p} predictors; from 1 to {MOST} can be compared")
    names = [outcome, *predictors]
    X = figures(frame, names, what)
    X = X[~np.isnan(X).any(axis=1)]
    if len(X) < p + 2:
        raise ModelError(
            f"{what}: {len(X)} complete rows for {p} predictors, at least {p + 2} are needed",
            hint="name fewer predictors, or rate more units",
        )
    flat = np.flatnonzero(np.ptp(X, axis=0) <= 1e-12 * np.abs(X).max(axis=0))
    if flat.size:
        raise ModelError(f"{what}: '{names[flat[0]]}' is the same in all rows")
    R = np.corrcoef(X, rowvar=False)
    if np.linalg.eigvalsh(R[1:, 1:])[0] < 1e-9:
        raise ModelError(f"{what}: the predictors are tied over {len(X)} rows", hint="leave one out")
    whole = shares_of(R[None, 1:, 1:], R[None, 1:, 0])
    weights, r2 = whole.weight[0], float(whole.r2[0])
    low = high = error = np.full(p, np.nan)
    if resamples and len(X) >= ROWS_EACH * p:
        X = X[np.lexsort(X.T[::-1])]
        drawn = _drawn(X, resamples, np.random.default_rng(seed))
        (low, high), error = interval(drawn, len(X), level), spread(drawn, len(X))
    subjects = [f"{outcome}~{name}" for name in predictors]
    tidy = pd.concat(
        [
            tidy_block("dominance", subjects, weights, std_error=error, ci_low=low, ci_high=high),
            tidy_block("dominance_share", subjects, weights / r2 if r2 > 0 else np.full(p, np.nan)),
        ]
    )
    rule = f">= {ROWS_EACH} rows a predictor: with fewer, R2 is mostly chance"
    checks = [Check("check.rows_each", len(X) >= ROWS_EACH * p, len(X) / p, rule)]
    glance = {
        "n": len(X),
        "r2": r2,
        "r2_adjusted": 1 - (1 - r2) * (len(X) - 1) / (len(X) - 1 - p),
        "level": level,
    }
    return Result("model.dominance", tidy, glance, tuple(checks), source_of(frame[names], seed=seed))


def _drawn(X: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    rows = X[rng.integers(0, len(X), size=(resamples, len(X)))]
    Z = rows - rows.mean(axis=1, keepdims=True)
    length = np.sqrt((Z**2).sum(axis=1, keepdims=True))
    good = (length > 1e-12).all(axis=(1, 2))
    Z = Z[good] / length[good]
    R = np.einsum("bij,bik->bjk", Z, Z)
    ridge = 1e-12 * np.eye(R.shape[1] - 1)  # resamples of few rows may tie predictors
    return shares_of(R[:, 1:, 1:] + ridge, R[:, 1:, 0]).weight
