"""The normal likelihood of incomplete data: patterns, completed moments, the likelihood and its gradient.

Only the full inverse P of the covariance matrix is needed. For a case with missing variables m,
logdet(cov_oo) = logdet(cov) + logdet(P_mm); the missing deviations are predicted by -P_mm^-1 (P_mo d_o) with
conditional covariance P_mm^-1; and the quadratic form of the observed part equals that of the completed
deviations. Cases are taken together by the NUMBER of missing variables, so a pattern costs one small
inverse.

Source
------
Dempster, A. P., Laird, N. M. & Rubin, D. B. (1977). JRSS B 39(1), 1-38.
Arbuckle, J. L. (1996). Full information estimation in the presence of incomplete data. In Marcoulides &
Schumacker (eds), Advanced Structural Equation Modeling, 243-277.
Little, R. J. A. & Rubin, D. B. (2002). Statistical Analysis with Missing Data, 2nd ed., ch. 11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LOG_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """All patterns with the same number m of missing variables.

    Attributes
    ----------
    rows : (r,) cases, positions in `Patterns.Y`
    local : (r,) their pattern, counted within this batch
    patterns : (K,) the same patterns, counted over all batches
    at : (K, m) which variables are missing
    counts : (K,) cases of each pattern
    """

    rows: np.ndarray
    local: np.ndarray
    patterns: np.ndarray
    at: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Incomplete data sorted by what is missing.

    Attributes
    ----------
    Y : (n, p) the cases with at least one value, NaN where missing
    n, p : their numbers
    empty : number of cases without any value; they are not among the n
    masks : (K, p) True where observed
    counts : (K,) cases of each pattern
    of : (n,) pattern of each case
    coverage : (p, p) share of cases with both values
    batches : patterns by number of missing values
    """

    Y: np.ndarray
    n: int
    p: int
    empty: int
    masks: np.ndarray
    counts: np.ndarray
    of: np.ndarray
    coverage: np.ndarray
    batches: tuple[Batch, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """The E step at one mean vector and covariance matrix.

    Attributes
    ----------
    deviations : (n, p) from the mean, missing ones at their conditional expectation
    spread : (p, p) sum over cases of the conditional covariance of what is missing
    logdet : (n,) logdet of the covariance matrix of what is observed
    precision : (p, p) inverse of the full covariance matrix
    """

    deviations: np.ndarray
    spread: np.ndarray
    logdet: np.ndarray
    precision: np.ndarray


def patterns(Y: np.ndarray) -> Patterns:
    """Sort cases by missing pattern; cases without any value are counted and left out.

    Examples
    --------
    >>> found = patterns(np.array([[1.0, 2.0], [2.0, np.nan], [3.0, 1.0], [np.nan, np.nan]]))
    >>> found.n, found.empty, found.counts.tolist()
    (3, 1, [1, 2])
    """
    Y = np.asarray(Y, dtype=float)
    seen = ~np.isnan(Y)
    some = seen.any(axis=1)
    Y, seen = Y[some], seen[some]
    masks, of, counts = np.unique(seen, axis=0, return_inverse=True, return_counts=True)
    of = of.reshape(-1)
    missing = (~masks).sum(axis=1)
    batches = []
    for m in np.unique(missing[missing > 0]):
        which = np.flatnonzero(missing == m)
        place = np.full(len(masks), -1)
        place[which] = np.arange(len(which))
        rows = np.flatnonzero(place[of] >= 0)
        at = np.nonzero(~masks[which])[1].reshape(len(which), m)
        batches.append(Batch(rows, place[of[rows]], which, at, counts[which]))
    coverage = seen.T.astype(float) @ seen / max(len(Y), 1)
    return Patterns(
        Y, len(Y), Y.shape[1], int((~some).sum()), masks, counts, of, coverage, tuple(batches)
    )  # fmt: skip


def inverse(cov: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Inverse and log-determinant of a positive definite matrix, None if it is not.

    NumPy's LAPACK only: SciPy's brings a second pool of threads, and the two wait for each other.
    """
    try:
        lower = np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(lower).all():
        return None
    full = np.linalg.inv(cov)
    return (full + full.T) / 2, 2 * float(np.log(np.diag(lower)).sum())


def small_inverses(precision: np.ndarray, batch: Batch) -> np.ndarray:
    """P_mm^-1 of every pattern of a batch, (K, m, m): the conditional covariance of what is missing."""
    return np.linalg.inv(precision[batch.at[:, :, None], batch.at[:, None, :]])


def complete(mean: np.ndarray, cov: np.ndarray, data: Patterns) -> Completed | None:
    """The E step; None if `cov` is not positive definite."""
    found = inverse(cov)
    if found is None:
        return None
    P, logdet_full = found
    p = data.p
    D = np.where(np.isnan(data.Y), 0.0, data.Y - mean)
    G = D @ P
    logdet = np.full(data.n, logdet_full)
    spread = np.zeros(p * p)
    for batch in data.batches:
        small = small_inverses(P, batch)
        at = batch.at[batch.local]
        g = np.take_along_axis(G[batch.rows], at, axis=1)
        D[batch.rows[:, None], at] = -np.einsum("rij,rj->ri", small[batch.local], g)
        sign, size = np.linalg.slogdet(small)
        if (sign <= 0).any():
            return None
        logdet[batch.rows] -= size[batch.local]
        cell = batch.at[:, :, None] * p + batch.at[:, None, :]
        spread += np.bincount(cell.ravel(), (small * batch.counts[:, None, None]).ravel(), p * p)
    return Completed(D, spread.reshape(p, p), logdet, P)


def loglik(mean: np.ndarray, cov: np.ndarray, data: Patterns) -> tuple[float, np.ndarray, np.ndarray]:
    """The log-likelihood of all cases and its gradient.

    Returns
    -------
    (loglik, d_mean (p,), d_cov (p, p)); d_cov is symmetric and d loglik = sum of d_cov * d cov over ALL p^2
    elements (an off-diagonal parameter, which stands in two, has twice the element). If `cov` is not
    positive definite: (-inf, NaN, NaN).

    Notes
    -----
    sum over cases of -1/2 [o log 2 pi + logdet cov_oo + d_o' cov_oo^-1 d_o]. By Fisher's identity the
    gradient is that of the completed data: with D the completed deviations and C the summed conditional
    covariances, d_mean = P D'1 and d_cov = 1/2 P (D'D + C - n cov) P.
    """
    e = complete(mean, cov, data)
    if e is None:
        return -np.inf, np.full(data.p, np.nan), np.full((data.p, data.p), np.nan)
    D, P = e.deviations, e.precision
    values = data.masks.sum(axis=1) @ data.counts
    total = -0.5 * (values * LOG_TWO_PI + e.logdet.sum() + float(((D @ P) * D).sum()))
    d_cov = 0.5 * (P @ (D.T @ D + e.spread) @ P - data.n * P)
    return float(total), P @ D.sum(axis=0), (d_cov + d_cov.T) / 2


def casewise_loglik(mean: np.ndarray, cov: np.ndarray, data: Patterns) -> np.ndarray:
    """The log-likelihood of each case, (n,); NaN if `cov` is not positive definite."""
    e = complete(mean, cov, data)
    if e is None:
        return np.full(data.n, np.nan)
    values = data.masks.sum(axis=1)[data.of]
    return -0.5 * (values * LOG_TWO_PI + e.logdet + ((e.deviations @ e.precision) * e.deviations).sum(axis=1))
