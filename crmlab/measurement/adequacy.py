"""Is there anything to factor? Kaiser-Meyer-Olkin, Bartlett's sphericity, Mardia's normality."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from crmlab.errors import ModelError
from crmlab.measurement.answers import complete, invertible
from crmlab.result import Check, Result, tidy_block, tidy_frame


def kmo(frame: pd.DataFrame, items: Sequence[str] | None = None) -> Result:
    """Do the items share enough with each other to be factored?

    Returns
    -------
    Result
        `kmo` of all items, `kmo:<item>` of each.

    Notes
    -----
    sum r^2 / (sum r^2 + sum q^2) over the pairs (of an item), q the partial correlation given all other
    items. It speaks about exploratory analysis, not about a measurement model that was set beforehand.

    Source
    ------
    Kaiser, H. F. & Rice, J. (1974). Educational and Psychological Measurement 34, 111-117.
    """
    given = complete(frame, items, what="KMO")
    whole, single = sampling_adequacy(invertible(given, "KMO"))
    checks = [Check("check.kmo", whole >= 0.60, whole, ">= 0.60 (Kaiser & Rice 1974)")]
    checks += [
        Check(f"check.kmo:{item}", False, value, ">= 0.50 (Kaiser & Rice 1974)")
        for item, value in zip(given.items, single, strict=True)
        if value < 0.50
    ]
    tidy = pd.concat(
        [tidy_frame([{"term": "kmo", "estimate": whole}]), tidy_block("kmo", given.items, single)]
    )
    return Result("model.kmo", tidy, {"n": given.n}, (*given.checks, *checks), given.source)


def sampling_adequacy(R: np.ndarray) -> tuple[float, np.ndarray]:
    """KMO of a correlation matrix (p, p) and of each item (p,); see `kmo`. NaN where nothing correlates."""
    inverse = np.linalg.inv(R)
    root = np.sqrt(np.diag(inverse))
    partial = inverse / np.outer(root, root)
    off = ~np.eye(len(R), dtype=bool)
    r2 = np.where(off, R**2, 0.0).sum(axis=0)
    q2 = np.where(off, partial**2, 0.0).sum(axis=0)
    both = r2 + q2
    single = np.divide(r2, both, out=np.full(len(R), np.nan), where=both > 0)
    return float(r2.sum() / both.sum()) if both.sum() > 0 else math.nan, single


def bartlett(frame: pd.DataFrame, items: Sequence[str] | None = None) -> Result:
    """Do the items correlate at all?

    Returns
    -------
    Result
        `chi2` with its p; degrees of freedom in `glance["df"]`.

    Notes
    -----
    -(n - 1 - (2p + 5)/6) ln|R|, chi-square with p(p - 1)/2 degrees of freedom if all correlations are zero.
    With a few hundred rows it rejects for any questionnaire: it says that there is something, not that it
    has factors.

    Source
    ------
    Bartlett, M. S. (1951). Biometrika 38, 337-344.
    """
    given = complete(frame, items, what="Bartlett's test")
    R = invertible(given, "Bartlett's test")
    p = len(R)
    chi2 = max(0.0, -(given.n - 1 - (2 * p + 5) / 6) * float(np.linalg.slogdet(R)[1]))
    df = p * (p - 1) / 2
    value = float(chdtrc(df, chi2))
    check = Check("check.bartlett", value < 0.05, value, "p < 0.05: the items correlate (Bartlett 1951)")
    tidy = tidy_frame([{"term": "chi2", "estimate": chi2, "p_value": value}])
    return Result("model.bartlett", tidy, {"n": given.n, "df": df}, (*given.checks, check), given.source)


def mardia(frame: pd.DataFrame, items: Sequence[str] | None = None, *, divisor: str = "n-1") -> Result:
    """Are the items jointly normal?

    Parameters
    ----------
    divisor : of the covariance matrix: "n-1" as in R's psych, "n" as in Mardia's paper

    Returns
    -------
    Result
        `skewness` (b1p) and `kurtosis` (b2p), `skewness_chi2` and `kurtosis_z` with their p,
        `skewness_chi2_small` with the factor for small samples and its p.

    Notes
    -----
    With d_ij = (x_i - m)' S^-1 (x_j - m): b1p = sum d_ij^3 / n^2, b2p = sum d_ii^2 / n;
    n b1p / 6 is chi-square with p(p+1)(p+2)/6 degrees of freedom, in the small-sample form times
    (p+1)(n+1)(n+3) / (n((n+1)(p+1) - 6)); z = (b2p - p(p+2)) / sqrt(8p(p+2)/n).
    Answers in five or seven steps are never normal; a large n finds it out. What to do about it is
    robust or ordinal estimation, not another test.

    Source
    ------
    Mardia, K. V. (1970). Biometrika 57, 519-530; (1974). Sankhya B 36, 115-128 (small samples).
    """
    if divisor not in ("n-1", "n"):
        raise ModelError(f"Mardia: divisor '{divisor}' is not one of n-1, n")
    given = complete(frame, items, what="Mardia", least_items=1)
    n, p = given.X.shape
    if n <= p:
        raise ModelError(f"Mardia: {n} rows for {p} items; more rows than items are needed")
    b1, b2 = _moments(given.X, n - (divisor == "n-1"))
    df = p * (p + 1) * (p + 2) / 6
    small = (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6))
    chi2, z = n * b1 / 6, (b2 - p * (p + 2)) / math.sqrt(8 * p * (p + 2) / n)
    rows = [
        {"term": "skewness", "estimate": b1},
        {"term": "skewness_chi2", "estimate": chi2, "p_value": float(chdtrc(df, chi2))},
        {"term": "skewness_chi2_small", "estimate": small * chi2, "p_value": float(chdtrc(df, small * chi2))},
        {"term": "kurtosis", "estimate": b2},
        {"term": "kurtosis_z", "estimate": z, "p_value": float(2 * ndtr(-abs(z)))},
    ]
    return Result("model.mardia", tidy_frame(rows), {"n": n, "df": df}, given.checks, given.source)


def _moments(X: np.ndarray, divisor: float) -> tuple[float, float]:
    """b1p and b2p of (n, p); rows are whitened first, and the n x n matrix is walked in blocks."""
    n = len(X)
    C = X - X.mean(axis=0)
    U, size, _ = np.linalg.svd(C, full_matrices=False)
    if size[-1] <= 1e-10 * size[0]:
        raise ModelError(
            "Mardia: the items are linearly dependent",
            hint="leave out an item that is a sum or a copy of others",
        )
    W = U * math.sqrt(divisor)
    cubes = sum(float(((W[start : start + 512] @ W.T) ** 3).sum()) for start in range(0, n, 512))
    return cubes / n**2, float(((W**2).sum(axis=1) ** 2).mean())
