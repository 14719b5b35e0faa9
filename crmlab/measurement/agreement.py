"""Do raters sort things into the same classes? Cohen's and Fleiss' kappa."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from crmlab.errors import ModelError
from crmlab.measurement.answers import complete
from crmlab.result import Result, tidy_frame

WEIGHTS = ("none", "linear", "quadratic")


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond chance: value, standard error, standard error if there were none, observed, expected."""

    value: float
    std_error: float
    null_error: float
    observed: float
    expected: float


def kappa(frame: pd.DataFrame, *, weights: str = "none", level: float = 0.95) -> Result:
    """Do two raters agree beyond chance?

    Parameters
    ----------
    frame : one row per target, two columns of class codes; rows with both are used
    weights : "none" (Cohen), "linear" or "quadratic" credit for near misses, by the codes' order

    Returns
    -------
    Result
        `kappa` with standard error, normal interval, and p for no agreement beyond chance; `observed`,
        `expected` agreement.

    Source
    ------
    Cohen, J. (1960). Educational and Psychological Measurement 20, 37-46; (1968). Psychological Bulletin
    70, 213-220. Fleiss, J. L., Cohen, J. & Everitt, B. S. (1969). Psychological Bulletin 72, 323-327.
    """
    if weights not in WEIGHTS:
        raise ModelError(f"kappa: weights '{weights}' is not one of {', '.join(WEIGHTS)}")
    given = complete(frame, what="kappa", varying=False)
    if given.X.shape[1] != 2:
        raise ModelError(
            f"kappa compares two raters, {given.X.shape[1]} columns are given", hint="fleiss_kappa for more"
        )
    codes, place = np.unique(given.X, return_inverse=True)
    k = _classes(len(codes))
    a, b = place.reshape(-1, 2).T
    table = np.bincount(a * k + b, minlength=k * k).reshape(k, k)
    found = cohen(table, _credit(k, weights))
    return _result("model.kappa", found, level, given.n, 2, k, given.checks, given.source)


def fleiss_kappa(frame: pd.DataFrame, *, level: float = 0.95) -> Result:
    """Do several raters agree beyond chance?

    Parameters
    ----------
    frame : one row per target, one column per rater, class codes; rows rated by all are used. The raters
        need not be the same persons from row to row

    Returns
    -------
    Result
        As `kappa`; the standard error is a jackknife over targets, p from Fleiss' null variance.

    Source
    ------
    Fleiss, J. L. (1971). Psychological Bulletin 76, 378-382. Fleiss, J. L., Nee, J. C. M. & Landis, J. R.
    (1979). Psychological Bulletin 86, 974-977 (variance).
    """
    given = complete(frame, what="Fleiss' kappa", varying=False)
    codes = np.unique(given.X)
    counts = (given.X[:, :, None] == codes).sum(axis=1)
    found = fleiss(counts)
    k = _classes(len(codes))
    m = given.X.shape[1]
    return _result("model.fleiss_kappa", found, level, given.n, m, k, given.checks, given.source)


def cohen(table: np.ndarray, w: np.ndarray) -> Kappa:
    """Kappa of a square table of counts (k, k) with credits w (k, k), 1 on the diagonal."""
    n = table.sum()
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance = np.outer(rows, columns)
    observed, expected = float((w * p).sum()), float((w * chance).sum())
    if expected >= 1:
        raise ModelError("kappa: both raters put everything into one class, so chance agreement is complete")
    reach = (w @ columns)[:, None] + rows @ w
    spread = (p * (w * (1 - expected) - reach * (1 - observed)) ** 2).sum()
    spread -= (observed * expected - 2 * expected + observed) ** 2
    null = (chance * (w - reach) ** 2).sum() - expected**2
    return Kappa(
        (observed - expected) / (1 - expected),
        math.sqrt(max(float(spread), 0.0) / n) / (1 - expected) ** 2,
        math.sqrt(max(float(null), 0.0) / n) / (1 - expected),
        observed,
        expected,
    )


def fleiss(counts: np.ndarray) -> Kappa:
    """Kappa of counts (targets, classes), every row with the same number of raters."""
    N, m = len(counts), int(counts[0].sum())
    alike = ((counts**2).sum(axis=1) - m) / (m * (m - 1))
    p = counts.sum(axis=0) / (N * m)
    observed, expected = float(alike.mean()), float((p**2).sum())
    if expected >= 1:
        raise ModelError("Fleiss' kappa: everything is in one class, so chance agreement is complete")
    value = (observed - expected) / (1 - expected)
    rest = ((counts.sum(axis=0) - counts) / ((N - 1) * m)) ** 2
    chance = rest.sum(axis=1)
    without = np.divide(
        (alike.sum() - alike) / (N - 1) - chance, 1 - chance, out=np.full(N, np.nan), where=chance < 1
    )
    error = math.sqrt((N - 1) / N * float(((without - without.mean()) ** 2).sum()))
    pq = p * (1 - p)
    null = 2 / (N * m * (m - 1)) * (pq.sum() ** 2 - (pq * (1 - 2 * p)).sum()) / pq.sum() ** 2
    return Kappa(value, error, math.sqrt(max(float(null), 0.0)), observed, expected)


def _credit(k: int, weights: str) -> np.ndarray:
    if weights == "none":
        return np.eye(k)
    far = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / (k - 1)
    return 1 - far if weights == "linear" else 1 - far**2


def _classes(k: int) -> int:
    if k < 2:
        raise ModelError("kappa: all ratings are in one class, so agreement beyond chance is undefined")
    return k


def _result(
    model: str,
    found: Kappa,
    level: float,
    n: int,
    raters: int,
    classes: int,
    checks: tuple,
    source: dict[str, str],
) -> Result:
    reach = float(ndtri((1 + level) / 2)) * found.std_error
    z = found.value / found.null_error if found.null_error > 0 else math.nan
    row = {
        "term": "kappa",
        "estimate": found.value,
        "std_error": found.std_error,
        "ci_low": found.value - reach,
        "ci_high": min(found.value + reach, 1.0),
        "p_value": float(2 * ndtr(-abs(z))),
    }
    rows = [
        row,
        {"term": "observed", "estimate": found.observed},
        {"term": "expected", "estimate": found.expected},
    ]
    glance = {"n": n, "raters": raters, "classes": classes, "level": level}
    return Result(model, tidy_frame(rows), glance, checks, source)
