"""McDonald's omega of one scale: one common factor, by maximum likelihood or minimum residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.measurement.answers import answered, invertible
from crmlab.measurement.consistency import resample
from crmlab.measurement.onefactor import FLOOR, one_factor
from crmlab.result import Check, Result, tidy_block, tidy_frame

METHODS = ("ml", "minres")


@dataclass(frozen=True, slots=True, eq=False)
class Common:
    """One factor of B correlation matrices.

    Attributes
    ----------
    loadings, unique : (k, B), standardised
    omega : (B,), NaN where the solution did not settle
    """

    loadings: np.ndarray
    unique: np.ndarray
    omega: np.ndarray


def omega(
    frame: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    method: str = "ml",
    n_boot: int = 2000,
    seed: int = 0,
    level: float = 0.95,
    missing: str = "fiml",
) -> Result:
    """Which share of the sum's variance does one common factor carry?

    Parameters
    ----------
    frame : answers, reverse items already turned
    method : "ml" on the raw scale, for the sum of the answers; "minres" on standardised items, as R's psych
    n_boot, seed, level : of the percentile interval
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `omega` with standard error and interval; `loading:<item>`, standardised.

    Notes
    -----
    (sum l)^2 / ((sum l)^2 + sum u); three items or more. For several factors under a general one see
    `omega_hierarchical`.

    Source
    ------
    McDonald, R. P. (1999). Test Theory, ch. 6.
    """
    if method not in METHODS:
        raise ModelError(f"omega: method '{method}' is not one of {', '.join(METHODS)}")
    given = answered(frame, items, what="omega", missing=missing, least_items=3, seed=seed)
    R, sd = invertible(given, "omega")[:, :, None], given.sd[:, None]
    found = common_factor(R, sd, method, 1e-9)
    rows: dict[str, dict[str, object]] = {"omega": {"term": "omega", "estimate": found.omega[0]}}
    failed = resample(
        rows, given, lambda R, sd: {"omega": common_factor(R, sd, method, 1e-6).omega}, n_boot, seed, level
    )
    tidy = pd.concat([tidy_frame(rows.values()), tidy_block("loading", given.items, found.loadings[:, 0])])
    glance = given.glance | {"items": len(given.items), "resamples": n_boot, "level": level}
    checks = (*given.checks, *_verify(found, failed, n_boot))
    return Result("model.omega", tidy, glance, checks, given.source)


def common_factor(R: np.ndarray, sd: np.ndarray, method: str, tol: float) -> Common:
    """One factor of correlations (k, k, B) with standard deviations (k, B); methods as in `omega`."""
    if method == "ml":
        found = one_factor(R, tol=tol)
        loadings, unique, settled = found.loadings, found.unique, found.converged
    else:
        loadings, unique, settled = _axis(R, tol)
        sd = np.ones_like(sd)
    common = (sd * loadings).sum(axis=0) ** 2
    value = common / (common + (sd**2 * unique).sum(axis=0))
    return Common(loadings, unique, np.where(settled, value, np.nan))


def _axis(R: np.ndarray, tol: float, most: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The principal axis of all matrices at once; its end is the minimum residual solution."""
    good = np.flatnonzero(np.isfinite(R).all(axis=(0, 1)))
    S = np.moveaxis(R[:, :, good], 2, 0)
    k, B = R.shape[0], R.shape[2]
    l, settled = np.full((k, B), np.nan), np.zeros(B, dtype=bool)
    u = np.full((len(good), k), 0.5)
    place, moving = np.arange(k), np.arange(len(good))
    for _ in range(most):
        if not moving.size:
            break
        reduced = S[moving].copy()
        reduced[:, place, place] = 1 - u[moving]
        values, vectors = np.linalg.eigh(reduced)
        axis = vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:], 0.0))
        l[:, good[moving]] = (axis * np.where(axis.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)).T
        new = np.maximum(1 - axis**2, FLOOR)
        change = np.abs(new - u[moving]).max(axis=1)
        u[moving] = new
        settled[good[moving[change < tol]]] = True
        moving = moving[change >= tol]
    unique = np.full((k, B), np.nan)
    unique[:, good] = u.T
    return l, unique, settled


def _verify(found: Common, failed: int, n_boot: int) -> list[Check]:
    settled = bool(np.isfinite(found.omega[0]))
    lowest = float(found.unique[:, 0].min())
    return [
        Check("check.converged:omega", settled, settled, "the one-factor solution settles"),
        Check(
            "check.heywood",
            lowest > FLOOR,
            lowest,
            f"> {FLOOR}: no unique variance at its floor (no Heywood case)",
        ),
        Check(
            "check.bootstrap_failed:omega",
            failed <= 0.01 * n_boot,
            failed,
            f"<= 1% of {n_boot} resamples without a solution",
        ),
    ]
