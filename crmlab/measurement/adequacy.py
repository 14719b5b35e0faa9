"""Is there anything to factor? Kaiser-Meyer-Olkin, Bartlett's sphericity, Mardia's normality."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from crmlab.errors import ModelError
from crmlab.measurement.answers import answered, invertible
from crmlab.measurement.incomplete import Moments
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.sem.missing import patterns
from crmlab.sem.missing_information import precisions


def kmo(frame: pd.DataFrame, items: Sequence[str] | None = None, *, missing: str = "fiml") -> Result:
    """Do the items share enough with each other to be factored?

    Parameters
    ----------
    frame, items : answers, and which columns to take; all if not given
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

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
    given = answered(frame, items, what="KMO", missing=missing)
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
    return Result("model.kmo", tidy, given.glance, (*given.checks, *checks), given.source)


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


def bartlett(frame: pd.DataFrame, items: Sequence[str] | None = None, *, missing: str = "fiml") -> Result:
    """Do the items correlate at all?

    Parameters
    ----------
    frame, items : answers, and which columns to take; all if not given
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `chi2` with its p; degrees of freedom in `glance["df"]`.

    Notes
    -----
    -(n - 1 - (2p + 5)/6) ln|R|, chi-square with p(p - 1)/2 degrees of freedom if all correlations are zero.
    With a few hundred rows it rejects for any questionnaire: it says that there is something, not that it
    has factors. n counts every row used, also those with missing answers.

    Source
    ------
    Bartlett, M. S. (1951). Biometrika 38, 337-344.
    """
    given = answered(frame, items, what="Bartlett's test", missing=missing)
    R = invertible(given, "Bartlett's test")
    p = len(R)
    chi2 = max(0.0, -(given.n - 1 - (2 * p + 5) / 6) * float(np.linalg.slogdet(R)[1]))
    df = p * (p - 1) / 2
    value = float(chdtrc(df, chi2))
    check = Check("check.bartlett", value < 0.05, value, "p < 0.05: the items correlate (Bartlett 1951)")
    tidy = tidy_frame([{"term": "chi2", "estimate": chi2, "p_value": value}])
    return Result("model.bartlett", tidy, given.glance | {"df": df}, (*given.checks, check), given.source)


def mardia(
    frame: pd.DataFrame, items: Sequence[str] | None = None, *, divisor: str = "n-1", missing: str = "fiml"
) -> Result:
    """Are the items jointly normal?

    Parameters
    ----------
    divisor : of the covariance matrix: "n-1" as in R's psych, "n" as in Mardia's paper

    missing : "fiml" or "listwise"; see `answers.answered` and the notes

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
    With missing answers and "fiml", each row's d_ii is of the items it answered under the likeliest moments
    (divisor n), see `kurtosis_excess`. The skewness, which compares rows item by item, stays that of the
    complete rows; it is NaN with a failed check if they are too few.

    Source
    ------
    Mardia, K. V. (1970). Biometrika 57, 519-530; (1974). Sankhya B 36, 115-128 (small samples).
    Yuan, K.-H., Lambert, P. L. & Fouladi, R. T. (2004). Multivariate Behavioral Research 39(3), 413-437
    (kurtosis with missing data, there for answers missing completely at random).
    """
    if divisor not in ("n-1", "n"):
        raise ModelError(f"Mardia: divisor '{divisor}' is not one of n-1, n")
    given = answered(frame, items, what="Mardia", missing=missing, least_items=1)
    X = given.X[given.whole]
    n, p = X.shape
    checks = given.checks
    if n > p:
        b1, b2 = _moments(X, n - (divisor == "n-1"))
        z = (b2 - p * (p + 2)) / math.sqrt(8 * p * (p + 2) / n)
    elif n == given.n:
        raise ModelError(f"Mardia: {n} rows for {p} items; more rows than items are needed")
    else:
        b1 = math.nan
        rule = f"> {p} complete rows, for the skewness"
        checks = (*checks, Check("check.rows_complete", False, n, rule))
    if n < given.n:
        b2, z = kurtosis_excess(given.X, given.moments)
    df = p * (p + 1) * (p + 2) / 6
    small = (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6)) if n > p else math.nan
    chi2 = n * b1 / 6
    rows = [
        {"term": "skewness", "estimate": b1},
        {"term": "skewness_chi2", "estimate": chi2, "p_value": float(chdtrc(df, chi2))},
        {"term": "skewness_chi2_small", "estimate": small * chi2, "p_value": float(chdtrc(df, small * chi2))},
        {"term": "kurtosis", "estimate": b2},
        {"term": "kurtosis_z", "estimate": z, "p_value": float(2 * ndtr(-abs(z)))},
    ]
    return Result("model.mardia", tidy_frame(rows), given.glance | {"df": df}, checks, given.source)


def kurtosis_excess(X: np.ndarray, moments: Moments) -> tuple[float, float]:
    """Mardia's kurtosis of rows with holes (n, p) under their likeliest moments, and its excess as z.

    Notes
    -----
    With d_i the squared distance of a row's p_i answers, h_i = d_i^2 - 2(p_i + 2) d_i + p_i(p_i + 2) has mean
    zero and variance 8 p_i(p_i + 2) for normal items, also where what is missing depends on the answers given
    (it is the score of a fourth-order departure from normality, which d_i^2 - p_i(p_i + 2) is not). z is the
    sum of h_i over the root of the summed variances; the kurtosis is the mean of h_i + p_i(p_i + 2). With every
    cell answered both are Mardia's, since the d_i then add up to n p.
    """
    data = patterns(X)
    W = precisions(np.linalg.inv(moments.cov), data)
    D = np.where(np.isnan(data.Y), 0.0, data.Y - moments.mean)
    d = np.empty(data.n)
    for k, inverse in enumerate(W):  # one pattern of answers at a time
        rows = np.flatnonzero(data.of == k)
        d[rows] = ((D[rows] @ inverse) * D[rows]).sum(axis=1)
    p = data.masks.sum(axis=1)[data.of]
    h = d**2 - 2 * (p + 2) * d + p * (p + 2)
    return float((h + p * (p + 2)).mean()), float(h.sum() / math.sqrt((8 * p * (p + 2)).sum()))


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
