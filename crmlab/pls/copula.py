"""Gaussian copula: is a predictor tied to the error of its outcome (endogeneity)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import norm

from crmlab.errors import ModelError
from crmlab.pls.bootstrap import draw_rows
from crmlab.pls.intervals import summary
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

NORMAL = 0.05  # a predictor whose normality is not rejected at this level cannot be told from its copula


def copula_terms(X: np.ndarray) -> np.ndarray:
    """Normal scores of each column, (n, k): Phi^-1 of the empirical distribution, 1 moved to n/(n + 1).

    Source
    ------
    Park, S. & Gupta, S. (2012). Marketing Science 31(4), 567-586, eq. 8 and 10.
    """
    n = len(X)
    ordered = np.sort(X, axis=0)
    rank = np.column_stack([np.searchsorted(ordered[:, k], X[:, k], side="right") for k in range(X.shape[1])])
    return ndtri(np.where(rank == n, n / (n + 1), rank / n))


def endogeneity(fit: PlsFit, outcome: str, suspects: list[str] | None, n: int, seed: int) -> Result:
    """Gaussian copula terms in one regression of the inner model; see PlsFit.endogeneity."""
    fit.model.words.refuse_consistent("a copula regression")
    stage = fit.solution.final.stage
    if outcome not in stage.names or not stage.sources[stage.names.index(outcome)]:
        raise ModelError(f"'{outcome}' is no construct that others explain", hint="an endogenous construct")
    if n < 19:
        raise ModelError(f"{n} resamples are too few", hint="1000")
    predictors = [stage.names[i] for i in stage.sources[stage.names.index(outcome)]]
    chosen = predictors if suspects is None else list(suspects)
    for name in chosen:
        if name not in predictors:
            raise ModelError(f"'{name}' is no predictor of '{outcome}'", hint=", ".join(predictors))
    X = fit.scores[predictors].to_numpy()
    y = fit.scores[outcome].to_numpy()
    places = [predictors.index(name) for name in chosen]
    estimate = _regress(X, y, places)
    drawn = [
        _regress(X[rows], y[rows], places)
        for chunk in draw_rows(np.random.default_rng(seed), n, fit.n)
        for rows in chunk
    ]
    found = summary(np.array(drawn).T, 0.95)
    k = len(predictors)
    blocks = []
    for quantity, names, part in (("path", predictors, slice(0, k)), ("copula", chosen, slice(k, None))):
        columns = {key: values[part] for key, values in found.items()}
        subjects = [f"{outcome}~{name}" for name in names]
        blocks.append(tidy_block(quantity, subjects, estimate[part], **columns))
    checks = []
    for row, name in enumerate(chosen):
        p_normal = lilliefors(X[:, places[row]])
        rule = "normality rejected at 5 % (Lilliefors): a copula needs a predictor that is not normal"
        checks.append(Check(f"check.not_normal:{name}", p_normal < NORMAL, p_normal, rule))
        p = float(found["p_value"][k + row])
        rule = "bootstrap p of the copula term >= 0.05: no sign of endogeneity (Hult et al. 2018)"
        checks.append(Check(f"check.exogenous:{outcome}~{name}", p >= 0.05, p, rule))
    glance = {"n": float(fit.n), "resamples": float(n)}
    source = fit.source | {"seed": str(seed)}
    return Result("model.pls", pd.concat(blocks, ignore_index=True), glance, tuple(checks), source)


def _regress(X: np.ndarray, y: np.ndarray, places: list[int]) -> np.ndarray:
    """Coefficients of the predictors and of the copula terms of some of them, intercept left out."""
    design = np.column_stack([np.ones(len(X)), X, copula_terms(X[:, places])])
    return np.linalg.lstsq(design, y, rcond=None)[0][1:]


def lilliefors(x: np.ndarray) -> float:
    """p of the Kolmogorov-Smirnov test of normality with estimated mean and variance.

    Source
    ------
    Dallal, G. E. & Wilkinson, L. (1986). The American Statistician 40, 294-296 (for p up to .1; capped
    there, which suffices for a test at 5 %).
    """
    n = len(x)
    z = np.sort((x - x.mean()) / x.std(ddof=1))
    cumulative = norm.cdf(z)
    steps = np.arange(n)
    distance = max(float((cumulative - steps / n).max()), float(((steps + 1) / n - cumulative).max()))
    size, d = float(n), distance
    if n > 100:
        d, size = d * (n / 100) ** 0.49, 100.0
    p = np.exp(
        -7.01256 * d**2 * (size + 2.78019)
        + 2.99587 * d * np.sqrt(size + 2.78019)
        - 0.122119
        + 0.974598 / np.sqrt(size)
        + 1.67997 / size
    )
    return float(min(p, 0.1))
