"""What drives an outcome most? General dominance and relative weights, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.dominance import dominance
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block
from crmlab.structure.columns import numeric_columns
from crmlab.structure.resampling import resampled_covariances

MOST = 12  # predictors: 4 096 regressions a resample
FAILED_SHARE = 0.01


def drivers(
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Result:
    """How much of the explained variance goes with each predictor, when they overlap?

    Parameters
    ----------
    frame : one row per respondent, numeric scores; rows with a missing value are left out and counted
    outcome, predictors : columns; 2 to 12 predictors

    Returns
    -------
    Result
        `dominance:<predictor>` (mean increase of R2 over all subsets of the others; they add up to `r2`),
        `dominance_share:`, `relative_weight:`, `relative_weight_share:` (bootstrap standard error, percentile
        interval), `dominance_difference:<A>~<B>` (with p), `complete_dominance:<A>~<B>` (1: A adds more in
        every subset, 0: B does, 0.5: neither), `r2`.

    Raises
    ------
    ModelError
        Unknown columns, words, a variable that does not vary, too few rows, predictors that determine each
        other.

    Source
    ------
    Azen, R. & Budescu, D. V. (2003). Psychological Methods 8(2), 129-148. Johnson, J. W. (2000). Multivariate
    Behavioral Research 35(1), 1-19.
    """
    names = list(predictors)
    used = _admit(frame, outcome, names, resamples, level)
    Z = used.to_numpy()
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    whole = _shares((Z.T @ Z / len(Z))[None])
    drawn = [_shares(R) for R in _resampled(Z, resamples, seed)]
    parts = {key: np.concatenate([one[key] for one in drawn]) for key in whole if key != "complete"}
    good = np.isfinite(parts["dominance"]).all(axis=1)
    lost = int((~good).sum())
    if good.sum() < 2:
        raise ModelError("no resample can be solved", hint="more rows, or fewer predictors")
    tails = [(1 - level) / 2, (1 + level) / 2]

    def block(
        quantity: str, subjects: list[str], at: np.ndarray, D: np.ndarray, tested: bool = False
    ) -> pd.DataFrame:
        low, high = np.quantile(D, tails, axis=0)
        beyond = np.minimum((D <= 0).sum(axis=0), (D >= 0).sum(axis=0))
        p = np.minimum(1.0, 2 * (beyond + 1) / (len(D) + 1)) if tested else np.nan
        return tidy_block(
            quantity, subjects, at, std_error=D.std(axis=0, ddof=1), ci_low=low, ci_high=high, p_value=p
        )

    pairs = list(combinations(range(len(names)), 2))
    labels = [f"{names[a]}~{names[b]}" for a, b in pairs]
    a, b = np.array(pairs).T
    blocks = []
    for quantity in ("dominance", "relative_weight"):
        at, D = whole[quantity][0], parts[quantity][good]
        total, totals = whole["r2"][0], parts["r2"][good][:, None]
        blocks.append(block(quantity, names, at, D))
        blocks.append(block(f"{quantity}_share", names, at / total, D / totals))
    D = parts["dominance"][good]
    at = whole["dominance"][0]
    blocks.append(block("dominance_difference", labels, at[a] - at[b], D[:, a] - D[:, b], True))
    blocks.append(tidy_block("complete_dominance", labels, whole["complete"][0][a, b]))
    r2 = block("r2", [outcome], whole["r2"], parts["r2"][good][:, None])
    rule = f"<= {FAILED_SHARE:.0%} of {resamples} resamples without a solution"
    checks = (
        _left_out(frame, used),
        Check("check.bootstrap_failed", lost <= FAILED_SHARE * resamples, lost, rule),
    )
    glance = {"n": len(used), "left_out": len(frame) - len(used), "resamples": resamples, "level": level}
    source = source_of(used, seed=seed)
    return Result("model.drivers", pd.concat([*blocks, r2]), glance, checks, source)


def _shares(R: np.ndarray) -> dict[str, np.ndarray]:
    """Dominance and relative weights of correlations (B, k+1, k+1), the outcome last; NaN where singular."""
    k = R.shape[1] - 1
    size = np.linalg.eigvalsh(R[:, :k, :k])[:, 0]
    solid = size > 1e-8
    R = np.where(solid[:, None, None], R, np.eye(k + 1))
    shares = dominance(R[:, :k, :k], R[:, :k, k])
    values, vectors = np.linalg.eigh(R[:, :k, :k])
    half = (vectors * np.sqrt(values)[:, None]) @ np.swapaxes(vectors, 1, 2)
    beta = np.linalg.solve(half, R[:, :k, k:])[:, :, 0]
    weight = (half**2 @ (beta**2)[:, :, None])[:, :, 0]
    found = {"dominance": shares.weight, "relative_weight": weight, "r2": shares.r2}
    for value in found.values():
        value[~solid] = np.nan
    return found | {"complete": shares.complete}


def _resampled(Z: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Correlations of resamples, some at a time; all 1, hence singular, where a variable does not vary."""
    for C in resampled_covariances(Z, resamples, seed):
        spread = np.sqrt(np.maximum(np.diagonal(C, axis1=1, axis2=2), 0.0))
        safe = np.where(spread > 1e-9, spread, np.nan)
        R = C / safe[:, :, None] / safe[:, None, :]
        R[np.isnan(R).any(axis=(1, 2))] = 1.0
        yield R


def _left_out(frame: pd.DataFrame, used: pd.DataFrame) -> Check:
    lost = len(frame) - len(used)
    rule = "rows with a missing answer, left out; at most 5 % of all (Hair et al. 2022)"
    return Check("check.missing_casewise", lost <= 0.05 * len(frame), lost, rule)


def _admit(
    frame: pd.DataFrame, outcome: str, predictors: list[str], resamples: int, level: float
) -> pd.DataFrame:
    if not 2 <= len(predictors) <= MOST:
        raise ModelError(f"{len(predictors)} predictors cannot be weighed here", hint=f"2 to {MOST}")
    names = [*predictors, outcome]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ModelError(f"'{name}' stands twice")
    numeric_columns(frame, names)
    if resamples < 100 or not 0 < level < 1:
        raise ModelError("100 resamples or more and a level between 0 and 1 are needed", hint="1000, 0.95")
    used = frame[names].dropna().astype(float)
    if len(used) < len(names) + 5:
        raise ModelError(f"{len(used)} complete rows are too few for {len(predictors)} predictors")
    for name in names:
        if not used[name].std() > 0:
            raise ModelError(f"variable '{name}' does not vary", hint="leave it out")
    if np.linalg.eigvalsh(used[predictors].corr().to_numpy())[0] < 1e-8:
        raise ModelError(f"the predictors determine each other: {', '.join(predictors)}")
    return used
