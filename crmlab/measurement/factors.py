"""Which factors lie behind the items? Exploratory factor analysis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc, chndtr, chndtrinc

from crmlab.errors import ModelError
from crmlab.measurement.answers import Answers, answered, invertible
from crmlab.measurement.extraction import METHODS, extract
from crmlab.measurement.onefactor import FLOOR
from crmlab.measurement.rotation import ROTATIONS, STARTS, STOP, rotate
from crmlab.result import Check, Result, tidy_block

RMSEA_LEVEL = 0.90  # the interval that everyone prints


@dataclass(frozen=True, slots=True, eq=False)
class Efa:
    """A rotated solution of a correlation matrix.

    Attributes
    ----------
    loadings : (p, k) pattern, columns by falling share of variance, each with a positive sum
    cor : (k, k) correlations of the factors
    unique : (p,) unique variances
    variance : (k,) variance accounted for, in items (its sum is the sum of the communalities)
    converged : extraction and rotation settled
    share : share of the rotation's starts that ended in the best minimum
    """

    loadings: np.ndarray
    cor: np.ndarray
    unique: np.ndarray
    variance: np.ndarray
    converged: bool
    share: float

    @property
    def communality(self) -> np.ndarray:
        """(p,) variance of each item that the factors carry."""
        return np.einsum("ij,jk,ik->i", self.loadings, self.cor, self.loadings)


def efa(
    frame: pd.DataFrame,
    n_factors: int,
    method: str = "minres",
    rotation: str = "oblimin",
    *,
    items: Sequence[str] | None = None,
    kaiser: bool | None = None,
    stop: float = STOP,
    missing: str = "fiml",
) -> Result:
    """Which factors lie behind the items, and how well do they reproduce the correlations?

    Parameters
    ----------
    frame : answers
    n_factors : how many; see `parallel_analysis` and `map_test`
    method : "minres", "ml" or "pa" (see `extraction.extract`)
    rotation : "none", "varimax", "promax" or "oblimin" (see `rotation.rotate`)
    kaiser : Kaiser's row normalisation. Not given: as R's psych does it, on for varimax and promax, off for
        oblimin. SPSS: True for all. R's factanal: promax with False
    stop : of varimax, inside promax too: 1e-5 ends where R ends, 0 at the maximum itself
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `loading:F1=~<item>` (pattern), `structure:F1=~<item>`, `communality:<item>`, `uniqueness:<item>`,
        `factor_cor:F1~F2`, `variance:F1` (in items), `variance_share:F1`.
        `glance`: n, df, chi2, p_value, rmsea (90 % interval), tli, bic, rms (root mean square residual).

    Notes
    -----
    chi2 is the likelihood discrepancy times n - 1 - (2p + 5)/6 - 2k/3 (Bartlett), for every method, as in
    psych and factanal. RMSEA = sqrt(chi2/(df n) - 1/(n - 1)); the TLI's null model has the same multiplier.
    n counts every row used, also those with missing answers: with many of these chi2 comes out too large.
    variance:F is the diagonal of cor L'L. A Heywood case (unique variance at 0.005) is a failed check, as is
    a rotation of which fewer than half the starts end in the best minimum.

    Source
    ------
    Lawley, D. N. & Maxwell, A. E. (1971). Factor Analysis as a Statistical Method, 2nd ed.
    Steiger, J. H. (1990). Multivariate Behavioral Research 25, 173-180 (RMSEA).
    """
    given = answered(frame, items, what="factor analysis", missing=missing, least_items=3)
    _admit(given, n_factors, method, rotation)
    R = invertible(given, "factor analysis")
    normal = rotation != "oblimin" if kaiser is None else kaiser
    found = explore(R, n_factors, method, rotation, normal, stop)
    glance = given.glance | {"factors": n_factors, **fit(R, found, given.n)}
    checks = (*given.checks, *_verify(found, given.items))
    return Result(f"model.efa_{method}", _table(found, given.items), glance, checks, given.source)


def explore(R: np.ndarray, k: int, method: str, rotation: str, kaiser: bool, stop: float = STOP) -> Efa:
    """Extract and rotate k factors of correlations (p, p); arguments as in `efa`."""
    raw = extract(R, k, method)
    turned = rotate(raw.loadings, rotation, kaiser, stop)
    L, cor = turned.loadings, turned.cor
    sign = np.where(L.sum(axis=0) < 0, -1.0, 1.0)
    L, cor = L * sign, cor * np.outer(sign, sign)
    variance = np.diag(cor @ L.T @ L)
    order = np.argsort(-variance, kind="stable")
    return Efa(
        L[:, order],
        cor[np.ix_(order, order)],
        raw.unique,
        variance[order],
        raw.converged and turned.converged,
        turned.share,
    )


def fit(R: np.ndarray, found: Efa, n: int) -> dict[str, float]:
    """Degrees of freedom, chi2, RMSEA with interval, TLI, BIC and root mean square residual; see `efa`."""
    p, k = found.loadings.shape
    df = ((p - k) ** 2 - (p + k)) // 2
    model = found.loadings @ found.cor @ found.loadings.T
    left = R - model
    rms = math.sqrt((left[~np.eye(p, dtype=bool)] ** 2).mean())
    np.fill_diagonal(model, 1.0)
    sign, logdet = np.linalg.slogdet(model)
    base = float(-np.linalg.slogdet(R)[1])
    loss = float(np.trace(np.linalg.solve(model, R))) + float(logdet) + base - p if sign > 0 else math.nan
    scale = n - 1 - (2 * p + 5) / 6 - 2 * k / 3
    chi2, null, pairs = max(loss, 0.0) * scale, base * scale, p * (p - 1) / 2
    out = {"df": df, "chi2": chi2, "rms": rms, "bic": chi2 - df * math.log(n)}
    blank = dict.fromkeys(("p_value", "rmsea", "rmsea_low", "rmsea_high", "tli"), math.nan)
    if df == 0 or scale <= 0 or math.isnan(chi2):
        return out | blank
    low, high = (math.sqrt(x / (df * (n - 1))) for x in _noncentrality(chi2, df))
    return out | {
        "p_value": float(chdtrc(df, chi2)),
        "rmsea": math.sqrt(max(chi2 / (df * n) - 1 / (n - 1), 0.0)),
        "rmsea_low": low,
        "rmsea_high": high,
        "tli": (null / pairs - chi2 / df) / (null / pairs - 1),
    }


def _noncentrality(chi2: float, df: float) -> tuple[float, float]:
    """Noncentralities at which chi2 is the upper and the lower 5 % point; 0 where there is none."""
    tail = (1 - RMSEA_LEVEL) / 2
    ends = []
    for share in (1 - tail, tail):
        reachable = chndtr(chi2, df, 0.0) > share
        ends.append(float(chndtrinc(chi2, df, share)) if reachable else 0.0)
    return ends[0], ends[1]


def _admit(given: Answers, k: int, method: str, rotation: str) -> None:
    p = len(given.items)
    for word, allowed, what in ((method, METHODS, "method"), (rotation, ROTATIONS, "rotation")):
        if word not in allowed:
            raise ModelError(f"factor analysis: {what} '{word}' is not one of {', '.join(allowed)}")
    most = max(m for m in range(p) if (p - m) ** 2 >= p + m)
    if not 1 <= k <= most:
        raise ModelError(
            f"factor analysis: {k} factors of {p} items; {p} items identify 1 to {most}",
            hint="ask for fewer factors, or see parallel_analysis",
        )


def _verify(found: Efa, items: Sequence[str]) -> list[Check]:
    rule = "extraction and rotation settle"
    checks = [Check("check.converged:efa", found.converged, found.converged, rule)]
    rule = f"> {FLOOR}: no unique variance at its floor (no Heywood case)"
    checks += [
        Check(f"check.heywood:{item}", False, value, rule)
        for item, value in zip(items, found.unique, strict=True)
        if value <= FLOOR * (1 + 1e-9)
    ]
    rule = f">= 0.5 of {STARTS} rotation starts end in the best minimum"
    return [*checks, Check("check.rotation_minima", found.share >= 0.5, found.share, rule)]


def _table(found: Efa, items: Sequence[str]) -> pd.DataFrame:
    k = found.loadings.shape[1]
    names = [f"F{j + 1}" for j in range(k)]
    subjects = [f"{name}=~{item}" for name in names for item in items]
    above = np.triu_indices(k, 1)
    return pd.concat(
        [
            tidy_block("loading", subjects, found.loadings.T.ravel()),
            tidy_block("structure", subjects, (found.loadings @ found.cor).T.ravel()),
            tidy_block("communality", items, found.communality),
            tidy_block("uniqueness", items, found.unique),
            tidy_block(
                "factor_cor",
                [f"{names[i]}~{names[j]}" for i, j in zip(*above, strict=True)],
                found.cor[above],
            ),
            tidy_block("variance", names, found.variance),
            tidy_block("variance_share", names, found.variance / len(items)),
        ]
    )
