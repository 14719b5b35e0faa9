"""Means of rows that belong to customers, and their differences: rows of one customer are not independent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

FEWEST = 2  # customers a group must have for a standard error


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Means of groups of rows.

    Attributes
    ----------
    mean : (k,) of each group
    cov : (k, k) their covariance, rows of one customer taken together
    sd : (k,) standard deviation of the rows of each group
    rows, customers : (k,) how many there are
    """

    mean: np.ndarray
    cov: np.ndarray
    sd: np.ndarray
    rows: np.ndarray
    customers: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """Differences of means: estimate, standard error and degrees of freedom, one each."""

    estimate: np.ndarray
    error: np.ndarray
    df: np.ndarray

    def p_value(self) -> np.ndarray:
        """Two-sided p of no difference; 1 where both are 0."""
        return 2 * stdtr(self.df, -np.abs(self._t()))

    def limits(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the intervals."""
        reach = stdtrit(self.df, (1 + level) / 2) * self.error
        return self.estimate - reach, self.estimate + reach

    def p_equivalent(self, margin: float) -> np.ndarray:
        """The larger p of the two one-sided tests that the difference lies within -margin to margin."""
        with np.errstate(divide="ignore", invalid="ignore"):
            over, under = (self.estimate - margin) / self.error, (self.estimate + margin) / self.error
        return np.maximum(stdtr(self.df, over), stdtr(self.df, -under))

    def p_beyond(self, margin: float) -> np.ndarray:
        """p of the one-sided test that the difference lies beyond the margin, on the side it points to."""
        with np.errstate(divide="ignore", invalid="ignore"):
            over = (np.abs(self.estimate) - margin) / self.error
        return stdtr(self.df, -over)

    def _t(self) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            t = self.estimate / self.error
        return np.where((self.estimate == 0) & (self.error == 0), 0.0, t)


def group_means(values: np.ndarray, group: np.ndarray, customer: np.ndarray, k: int) -> Means:
    """Means of k groups of rows, and what they vary by when customers are drawn anew.

    Parameters
    ----------
    values : (n,) finite numbers
    group : (n,) 0 to k - 1
    customer : (n,) whole numbers, one a customer

    Notes
    -----
    Each row pulls the mean of its group by (x - mean) / n; the pulls of one customer are summed over rows (and
    groups) before they are squared. With one row a customer the standard errors are those of Welch's test.

    Source
    ------
    Liang, K.-Y. & Zeger, S. L. (1986). Biometrika 73, 13-22, for the mean.
    """
    n = np.bincount(group, minlength=k).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(group, weights=values, minlength=k) / n
        gap = values - mean[group]
        sd = np.sqrt(np.bincount(group, weights=gap**2, minlength=k) / (n - 1))
        pull = gap / n[group] * np.sqrt(n / (n - 1))[group]
    _, who = np.unique(customer, return_inverse=True)
    sums = np.zeros((k, int(who.max(initial=-1)) + 1))
    np.add.at(sums, (group, who), pull)
    pairs = np.unique(group.astype(np.int64) * sums.shape[1] + who)
    people = np.bincount(pairs // max(sums.shape[1], 1), minlength=k).astype(float)
    cov = sums @ sums.T
    lone = people < FEWEST
    cov[lone, :] = cov[:, lone] = np.nan
    return Means(mean, cov, sd, n, people)


def contrasts(means: Means, weights: np.ndarray) -> Contrasts:
    """Weighted sums of means, weights (m, k); degrees of freedom by Satterthwaite over the customers of each group.

    Source
    ------
    Welch, B. L. (1947). Biometrika 34, 28-35; Satterthwaite, F. E. (1946). Biometrics Bulletin 2, 110-114.
    """
    used = weights != 0
    filled = np.where(np.isnan(means.cov), 0.0, means.cov)
    variance = np.einsum("mi,ij,mj->m", weights, filled, weights)
    unknown = used @ np.isnan(np.diag(means.cov)).astype(float) > 0
    share = weights**2 * np.diag(filled)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = share.sum(axis=1) ** 2 / (share**2 / np.maximum(means.customers - 1, 1)).sum(axis=1)
    estimate = weights @ np.where(np.isnan(means.mean), 0.0, means.mean)
    gone = unknown | (used @ np.isnan(means.mean).astype(float) > 0)
    error = np.where(gone, np.nan, np.sqrt(np.maximum(variance, 0.0)))
    return Contrasts(np.where(gone, np.nan, estimate), error, np.where(np.isnan(df), 1.0, df))


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's step-down p values, which bound the chance of any false rejection; NaN stay NaN and count for nothing.

    Source
    ------
    Holm, S. (1979). Scandinavian Journal of Statistics 6(2), 65-70.
    """
    found = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = np.arange(len(order), 0, -1)
    found[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * steps))
    return found
