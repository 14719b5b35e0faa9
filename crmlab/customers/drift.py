"""Have customers changed? Shares and distributions of an earlier and a recent window, compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, f, ks_2samp

SMALL, LARGE = 0.10, 0.25  # bands of the population stability index
BINS = 10
FEWEST = 5  # rows that each window must have of a word; rarer words stand together


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one attribute moved.

    Attributes
    ----------
    psi : population stability index
    noise : the index that is to be expected without any change
    statistic : Kolmogorov-Smirnov distance, or Wald's chi-square
    p_value : of no change
    df : of the chi-square; 0 of a distance
    n : rows (numbers: customers) in the earlier and in the recent window
    """

    psi: float
    noise: float
    statistic: float
    p_value: float
    df: float
    n: tuple[int, int]


def psi(before: np.ndarray, after: np.ndarray) -> float:
    """Population stability index of two rows of counts over the same cells; half a row is added to each cell.

    PSI = sum (q - p) ln(q / p), with p and q the shares before and after.

    Source
    ------
    Lewis, E. M. (1994). An introduction to credit scoring. Bands .10 and .25: Siddiqi, N. (2006). Credit risk
    scorecards.

    Examples
    --------
    >>> round(psi(np.array([500, 500]), np.array([400, 600])), 3)
    0.041
    """
    p, q = ((counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (before, after))
    return float(((q - p) * np.log(q / p)).sum())


def noise(cells: int, n: tuple[int, int]) -> float:
    """Expected index of two samples of one distribution, (cells - 1)(1/n + 1/m), to first order.

    Source
    ------
    Yurdakul, B. & Naranjo, J. (2020). Journal of Risk Model Validation 14(4), 89-100.
    """
    return (cells - 1) * (1 / n[0] + 1 / n[1])


def number_shift(before: np.ndarray, after: np.ndarray) -> Shift:
    """An attribute that is a number, one value a customer and window: PSI over tenths of the earlier, KS test."""
    edges = np.unique(np.quantile(before, np.arange(1, BINS) / BINS))
    counts = [
        np.bincount(np.searchsorted(edges, v, side="right"), minlength=len(edges) + 1)
        for v in (before, after)
    ]
    n = (len(before), len(after))
    found = ks_2samp(before, after)
    size = psi(counts[0].astype(float), counts[1].astype(float))
    return Shift(size, noise(len(edges) + 1, n), float(found.statistic), float(found.pvalue), 0.0, n)


def word_shift(word: np.ndarray, late: np.ndarray, customer: np.ndarray) -> Shift:
    """An attribute that is a word, one row a contact or purchase: PSI over the words, chi-square of their shares.

    Parameters
    ----------
    word : (n,) codes from 0
    late : (n,) True in the recent window
    customer : (n,) codes of the customers, whose rows go together

    Notes
    -----
    Wald's statistic d' V^-1 d of the differences d of the shares, V summed over customers, as F with the correction
    for few customers (Hotelling's). With one row a customer it is Pearson's chi-square but for the pooling.

    Source
    ------
    Rao, J. N. K. & Scott, A. J. (1981). JASA 76, 221-230 (the problem); Wald's form: Korn, E. L. & Graubard, B. I.
    (1990). The American Statistician 44, 270-276.
    """
    words = int(word.max()) + 1
    table = np.stack([np.bincount(word[late == side], minlength=words) for side in (False, True)])
    kept, word = _enough(table, word)
    table = np.stack([np.bincount(word[late == side], minlength=kept) for side in (False, True)]).astype(
        float
    )
    n = (int(table[0].sum()), int(table[1].sum()))
    size = psi(table[0], table[1])
    if kept < 2:
        return Shift(0.0, 0.0, 0.0, 1.0, 0.0, n)
    statistic, p, df = _wald(word, late, customer, table / table.sum(axis=1, keepdims=True))
    return Shift(size, noise(kept, n), statistic, p, df, n)


def _enough(table: np.ndarray, word: np.ndarray) -> tuple[int, np.ndarray]:
    """Codes in which words that a window hardly has stand together."""
    often = table.min(axis=0) >= FEWEST
    found = np.where(often, np.cumsum(often) - 1, often.sum())
    seen = np.unique(found[word], return_inverse=True)
    return len(seen[0]), seen[1]


def _wald(
    word: np.ndarray, late: np.ndarray, customer: np.ndarray, shares: np.ndarray
) -> tuple[float, float, float]:
    k = shares.shape[1] - 1  # the last share follows from the others
    n = np.array([(~late).sum(), late.sum()], dtype=float)
    side = late.astype(int)
    _, who = np.unique(customer, return_inverse=True)
    people = int(who.max()) + 1
    sign = np.where(late, 1.0, -1.0) / n[side]
    sums = np.zeros((people, k))
    for j in range(k):  # one pass a word, not a row
        sums[:, j] = np.bincount(who, weights=sign * ((word == j) - shares[side, j]), minlength=people)
    d = (shares[1] - shares[0])[:k]
    cov = sums.T @ sums
    statistic = float(d @ np.linalg.pinv(cov) @ d)
    rest = people - k
    if rest < 1:
        return statistic, float("nan"), float(k)
    return statistic, float(f.sf(statistic * rest / (k * (people - 1)), k, rest)), float(k)


def overdispersion(z: np.ndarray) -> tuple[float, float]:
    """Variance of standardised counts against 1, and the p that it is larger: sum z^2 as chi-square with n - 1 df.

    Source
    ------
    Fisher, R. A. (1925). Statistical methods for research workers (index of dispersion).
    """
    df = len(z) - 1
    total = float(((z - z.mean()) ** 2).sum())
    return total / df, float(chi2.sf(total, df))
