"""All fit measures of one fit, gathered."""

from __future__ import annotations

import math

import numpy as np

from crmlab.sem import measures, residuals
from crmlab.sem.corrected import corrected
from crmlab.sem.fiml import FullInformation
from crmlab.sem.optimise import Optimum
from crmlab.sem.problem import Problem
from crmlab.sem.teststat import Test

Base = tuple[Test, Problem | None, np.ndarray | None]


def fit_measures(problem: Problem, optimum: Optimum, test: Test, base: Base, npar: int) -> dict[str, float]:
    """lavaan's names; measures that an estimator does not define are left out, undefined values are NaN."""
    estimator = problem.estimator
    b = base[0]
    n = problem.data.effective
    groups = len(problem.data.groups)
    out = {
        "npar": float(npar),
        "fmin": optimum.value / 2,
        **measures.chisquares(test, b, estimator.scaled),
    }
    out |= measures.incremental(test.chisq, test.df, b.chisq, b.df)
    if estimator.scaled:
        more = measures.incremental(test.scaled, test.df_scaled, b.scaled, b.df_scaled)
        if test.df == 0:
            more = measures.incremental(0.0, 0, b.scaled, b.df_scaled)
        out |= {f"{key}.scaled": value for key, value in more.items()}
    out |= _robust(problem, optimum.theta, test, base, n, groups)
    if estimator.fit == "ML":
        out |= _likelihood(problem, optimum, npar)
    if math.isfinite(test.h0):
        out |= {"scaling.factor.h1": test.h1, "scaling.factor.h0": test.h0}
    out |= measures.rmsea(test.chisq, test.df, n, groups)
    out |= {"rmsea.ci.level": measures.LEVEL, "rmsea.close.h0": measures.CLOSE}
    out |= {"rmsea.notclose.h0": measures.NOT_CLOSE}
    if estimator.scaled:
        plain = estimator.test == "scaled.shifted"  # lavaan: else T with the trace of U Gamma as its df
        out |= measures.rmsea(
            test.scaled if plain else test.chisq,
            test.df if plain else test.trace * test.df,
            n,
            groups,
            ".scaled",
        )
    out |= residuals.summaries(problem, optimum.theta)
    out |= measures.hoelter(test.chisq, test.df, n)
    gfi, count = residuals.gfi(problem, optimum.theta)
    out |= measures.absolute(test.chisq, test.df, n, npar, gfi, count)
    if estimator.ordinal:
        del out["ecvi"]
        out["wrmr"] = math.sqrt(test.chisq * groups / count)
    return out


def _robust(
    problem: Problem, theta: np.ndarray, test: Test, base: Base, n: float, groups: int
) -> dict[str, float]:
    if not (problem.estimator.scaled or problem.estimator.missing == "fiml"):
        return {}
    b, posed, at = base
    mine = corrected(problem, theta, test)
    other = None if posed is None or at is None else corrected(posed, at, b, independence=True)
    out = dict.fromkeys(ROBUST, math.nan)
    if test.df == 0:
        return out | {key: 0.0 for key in ROBUST if key.startswith("rmsea") and "pvalue" not in key}
    if mine is not None and math.isfinite(mine.value) and mine.c > 0:
        out |= measures.robust_rmsea(mine, test.df, n, groups)
        if other is not None and math.isfinite(other.value) and other.c > 0:
            out |= measures.robust_incremental(mine, test.df, other, b.df)
    return out


ROBUST = (
    *(f"{key}.robust" for key in ("cfi", "tli", "nnfi", "rni", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper")),
    "rmsea.pvalue.robust",
    "rmsea.notclose.pvalue.robust",
)


def _likelihood(problem: Problem, optimum: Optimum, npar: int) -> dict[str, float]:
    """Log-likelihoods (given fixed exogenous variables) and information criteria."""
    if isinstance(problem.objective, FullInformation):
        h0 = problem.objective.loglik(optimum.theta)
        h1 = sum(group.h1.loglik for group in problem.data.groups if group.h1 is not None)
    else:
        h1 = sum(_normal(group.cov, group.n) for group in problem.data.groups)
        h0 = h1 - problem.n * optimum.value / 2
    for group in problem.data.groups:
        x = list(group.exogenous)
        if x:
            part = _normal(group.cov[np.ix_(x, x)], group.n)
            h0, h1 = h0 - part, h1 - part
    n = problem.n
    return {
        "logl": h0,
        "unrestricted.logl": h1,
        "aic": 2 * npar - 2 * h0,
        "bic": math.log(n) * npar - 2 * h0,
        "ntotal": float(n),
        "bic2": math.log((n + 2) / 24) * npar - 2 * h0,
    }


def _normal(S: np.ndarray, n: int) -> float:
    """Largest normal log-likelihood with covariance matrix S."""
    return float(-n / 2 * (len(S) * (math.log(2 * math.pi) + 1) + np.linalg.slogdet(S)[1]))
