"""How sure is an explained variance, and the interval of a product of paths."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.stats import f as fisher
from scipy.stats import ncf

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame

DRAWS = 200_000


def r2_interval(r2: float, n: int, predictors: int, *, level: float = 0.95) -> Result:
    """Between which bounds may the explained variance of a regression lie?

    Parameters
    ----------
    r2 : of the sample
    n : rows
    predictors : of the equation

    Returns
    -------
    Result
        `r2` with its interval and the p of F, `r2_adjusted`, `f2` = r2 / (1 - r2) with its interval.

    Raises
    ------
    ModelError
        An r2 outside [0, 1), or too few rows.

    Notes
    -----
    The interval inverts the noncentral F distribution, rho2 = lambda / (lambda + n): exact for fixed predictors
    and normal errors; for random predictors somewhat short.

    Source
    ------
    Steiger, J. H. & Fouladi, R. T. (1997). In Harlow, Mulaik & Steiger (eds), What if there were no
    significance tests?, 221-257. Smithson, M. (2001). Educational and Psychological Measurement 61, 605-632.
    """
    if not 0 <= r2 < 1:
        raise ModelError(f"an R2 of {r2} cannot be", hint="between 0 and 1")
    df2 = n - predictors - 1
    if predictors < 1 or df2 < 1:
        raise ModelError(f"{n} rows are too few for {predictors} predictors")
    F = r2 / predictors / ((1 - r2) / df2)
    low, high = noncentral_bounds(lambda size: float(ncf.cdf(F, predictors, df2, size)), level)
    bounds = {"ci_low": low / (low + n), "ci_high": high / (high + n)}
    rows = [
        {"term": "r2", "estimate": r2, **bounds, "p_value": float(fisher.sf(F, predictors, df2))},
        {"term": "r2_adjusted", "estimate": 1 - (1 - r2) * (n - 1) / df2},
        {"term": "f2", "estimate": r2 / (1 - r2), "ci_low": low / n, "ci_high": high / n},
    ]
    glance = {"n": n, "predictors": predictors, "level": level}
    return Result("model.r2_interval", tidy_frame(rows), glance)


def noncentral_bounds(cdf: Callable[[float], float], level: float) -> tuple[float, float]:
    """Noncentralities at which a statistic is at its upper and at its lower (1 - level)/2 quantile; 0 if none.

    Parameters
    ----------
    cdf : distribution function of the observed statistic at a noncentrality; falls with it
    """
    if not 0 < level < 1:
        raise ModelError(f"level {level} is not a probability between 0 and 1", hint="0.95")
    ends = []
    for goal in ((1 + level) / 2, (1 - level) / 2):
        start = cdf(1e-12)
        if not start > goal:
            ends.append(0.0)
            continue
        top = 1.0
        while cdf(top) > goal and top < 1e8:
            top *= 2
        ends.append(float(brentq(lambda size, g=goal: cdf(size) - g, 1e-12, top, xtol=1e-10)))
    return ends[0], ends[1]


def product_interval(
    paths: Sequence[float],
    errors: Sequence[float],
    *,
    cov: np.ndarray | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Result:
    """Between which bounds may an indirect effect lie, if only paths and errors are known?

    Parameters
    ----------
    paths, errors : along the way, with their standard errors
    cov : covariances of the paths, if they are not independent; `errors` are then its own
    draws, seed : of the Monte Carlo distribution of the product

    Returns
    -------
    Result
        `indirect` with the Monte Carlo interval, its standard deviation and two-sided p.

    Source
    ------
    MacKinnon, D. P., Lockwood, C. M. & Williams, J. (2004). Multivariate Behavioral Research 39(1), 99-128.
    """
    b, s = np.asarray(paths, dtype=float), np.asarray(errors, dtype=float)
    if b.shape != s.shape or len(b) < 2:
        raise ModelError(f"{len(b)} paths and {len(s)} errors make no indirect effect")
    if not (np.isfinite(b).all() and (s > 0).all()):
        raise ModelError("every path needs a standard error above zero")
    if draws < 1000 or not 0 < level < 1:
        raise ModelError("1000 draws or more and a level between 0 and 1 are needed", hint="200000, 0.95")
    V = np.diag(s**2) if cov is None else np.asarray(cov, dtype=float)
    values, vectors = np.linalg.eigh(V)
    if values[0] < -1e-12 * values[-1]:
        raise ModelError("the covariances of the paths are not those of anything")
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    z = np.random.default_rng(seed).standard_normal((draws // 2, len(b)))
    product = (b + np.concatenate([z, -z]) @ root.T).prod(axis=1)
    low, high = np.quantile(product, [(1 - level) / 2, (1 + level) / 2])
    beyond = min((product <= 0).sum(), (product >= 0).sum())
    row = {
        "term": "indirect",
        "estimate": math.prod(b.tolist()),
        "std_error": float(product.std(ddof=1)),
        "ci_low": float(low),
        "ci_high": float(high),
        "p_value": min(1.0, 2 * (beyond + 1) / (len(product) + 1)),
    }
    return Result("model.product_interval", tidy_frame([row]), {"draws": draws, "level": level})
