"""Inverse probability weighting: like compared with like where personalising was not drawn by lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from crmlab.errors import ModelError
from crmlab.result import Check, tidy_block, tidy_frame

ARMS = ("standard", "personalised")
OVERLAP = (0.1, 0.9)
BALANCED = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Means of both arms weighted by the inverse of the chance of their arm, and each contact's influence."""

    means: tuple[float, float]
    influence: np.ndarray
    chance: np.ndarray
    weight: np.ndarray


def weighted(y: np.ndarray, t: np.ndarray, Z: np.ndarray) -> Weighted:
    """Inverse probability weighting of outcome y by arm t (0/1) given covariates Z (n, k)."""
    spread = Z.std(axis=0)
    if (spread == 0).any():
        raise ModelError("uplift: a covariate is the same for all contacts", hint="leave it out")
    X = np.column_stack([np.ones(len(y)), (Z - Z.mean(axis=0)) / spread])
    e = expit(X @ _logistic(X, t))
    u1, u0 = t / e, (1 - t) / (1 - e)
    m1, m0 = u1.mean(), u0.mean()
    mu1, mu0 = float((u1 * y).mean() / m1), float((u0 * y).mean() / m0)
    r1, r0 = u1 * (y - mu1) / m1, u0 * (y - mu0) / m0
    H = -(X * (r1 * (1 - e) + r0 * e)[:, None]).mean(axis=0)
    information = (X * (e * (1 - e))[:, None]).T @ X / len(y)
    influence = r1 - r0 + X @ np.linalg.solve(information, H) * (t - e)
    return Weighted((mu0, mu1), influence, e, np.where(t == 1, u1, u0))


def _logistic(X: np.ndarray, t: np.ndarray) -> np.ndarray:
    beta = np.zeros(X.shape[1])
    for _ in range(60):
        e = expit(X @ beta)
        A = (X * (e * (1 - e))[:, None]).T @ X
        if np.linalg.cond(A) > 1e13:
            break
        step = np.linalg.solve(A, X.T @ (t - e))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            return beta
        if np.abs(beta).max() > 40:
            break
    raise ModelError(
        "uplift: the covariates tell personalised from standard contacts wholly, or are tied",
        hint="there is nothing to compare like with like; leave out a covariate or draw by lot",
    )


def differences(t: np.ndarray, Z: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Standardised differences of covariates; the unweighted spread is the measure before and after."""
    means = [(Z[t == a] * weight[t == a, None]).sum(axis=0) / weight[t == a].sum() for a in (0, 1)]
    spread = np.sqrt((Z[t == 0].var(axis=0, ddof=1) + Z[t == 1].var(axis=0, ddof=1)) / 2)
    return np.divide(means[1] - means[0], spread, out=np.zeros_like(spread), where=spread > 0)


def weight_table(fit: Weighted, t: np.ndarray, Z: np.ndarray, covariates: Sequence[str]) -> pd.DataFrame:
    effective = [fit.weight[t == a].sum() ** 2 / (fit.weight[t == a] ** 2).sum() for a in (0, 1)]
    ends = [
        {"term": "chance_min", "estimate": fit.chance.min()},
        {"term": "chance_max", "estimate": fit.chance.max()},
    ]
    return pd.concat(
        [
            tidy_block("smd", covariates, differences(t, Z, np.ones(len(t)))),
            tidy_block("smd_weighted", covariates, differences(t, Z, fit.weight)),
            tidy_block("effective", ARMS, effective),
            tidy_frame(ends),
        ]
    )


def overlap_checks(fit: Weighted, t: np.ndarray, Z: np.ndarray, covariates: Sequence[str]) -> list[Check]:
    inside = float(((fit.chance >= OVERLAP[0]) & (fit.chance <= OVERLAP[1])).mean())
    rule = ">= 0.95 of the contacts with a chance of 0.1 to 0.9 (Crump et al. 2009)"
    checks = [Check("check.overlap", inside >= 0.95, inside, rule)]
    after = np.abs(differences(t, Z, fit.weight))
    rule = f"<= {BALANCED} after weighting (Austin 2009)"
    checks += [
        Check(f"check.weighted_balance:{name}", value <= BALANCED, value, rule)
        for name, value in zip(covariates, after, strict=True)
    ]
    return checks
