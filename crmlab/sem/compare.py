"""Differences between nested models: chi-square, its Satorra-Bentler forms, and the Wald test.

Source
------
Satorra, A. & Bentler, P. M. (2001). Psychometrika 66, 507-514; (2010). Psychometrika 75, 243-248.
Satorra, A. (2000). In Heijmans, Pollock & Satorra (eds), Innovations in multivariate statistical analysis, 233-247.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from crmlab.errors import ModelError
from crmlab.sem.inference import information, weighted
from crmlab.sem.objective import NormalML
from crmlab.sem.optimise import minimise
from crmlab.sem.problem import Problem
from crmlab.sem.saturated_information import solved
from crmlab.sem.teststat import Test, tail, test

METHODS = ("standard", "satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")


@dataclass(frozen=True, slots=True)
class Difference:
    """A test between two nested models.

    Attributes
    ----------
    method : how it was computed
    chisq, df, p_value : the test
    factor : scaling of the difference, 1 for the plain one
    rmsea : of the difference, sqrt(max(0, (chisq - df) / (n df))) sqrt(groups); plain tests only, else NaN
    """

    method: str
    chisq: float
    df: float
    p_value: float
    factor: float = 1.0
    rmsea: float = math.nan


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a comparison needs of a fit."""

    problem: Problem
    theta: np.ndarray
    test: Test


def difference(a: Fitted, b: Fitted, method: str | None) -> Difference:
    """Test the model with more degrees of freedom against the other."""
    if a.problem.n != b.problem.n or a.problem.model.p != b.problem.model.p:
        raise ModelError("the two fits do not rest on the same rows and variables")
    if set(a.problem.model.observed) != set(b.problem.model.observed):
        raise ModelError("the two models have different observed variables; they are not nested")
    if a.problem.estimator.fit != b.problem.estimator.fit:
        raise ModelError("the two fits have different estimators")
    small, large = (a, b) if a.test.df > b.test.df else (b, a)
    df = small.test.df - large.test.df
    if df == 0:
        raise ModelError("the two models have the same degrees of freedom: no test between them")
    scaled = small.problem.estimator.scaled
    shifted = small.problem.estimator.test in ("scaled.shifted", "mean.var.adjusted")
    if method == "satorra.bentler.2010" and small.problem.estimator.ordinal:
        raise ModelError(f"method '{method}' is not for ordered items", hint="method='satorra.2000'")
    method = method or ("satorra.2000" if shifted else "satorra.bentler.2001" if scaled else "standard")
    if method not in METHODS:
        raise ModelError(f"method '{method}' is not known", hint=", ".join(METHODS))
    if scaled and method == "standard":
        raise ModelError("the plain difference is not chi-square with a robust estimator", hint=METHODS[1])
    if not scaled and method != "standard":
        raise ModelError(f"method '{method}' needs a robust estimator", hint="estimator='MLR' or 'MLM'")
    raw = small.test.chisq - large.test.chisq
    if method == "standard":
        n = small.problem.data.effective
        root = math.sqrt(len(small.problem.data.groups))
        rmsea = math.sqrt(max(0.0, (raw - df) / (n * df))) * root
        return Difference(method, raw, df, tail(raw, df), 1.0, rmsea)
    if method == "satorra.2000":
        return _restriction(small, large, raw, df)
    c0, c1 = small.test.trace, large.test.trace
    c1 = c1 if large.test.df else 0.0
    if method == "satorra.bentler.2010":
        c1 = _hybrid(small, large) if large.test.df else 0.0
    factor = (small.test.df * c0 - large.test.df * c1) / df
    if not math.isfinite(factor):
        raise ModelError(
            "one of the two models has no scaled test (singular information)", hint="check.identified"
        )
    if factor <= 0:
        hint = "method='satorra.bentler.2010'" if method.endswith("2001") else "method='satorra.2000'"
        raise ModelError(f"the scaling factor of the difference is negative ({factor:.3f})", hint=hint)
    return Difference(method, raw / factor, df, tail(raw / factor, df), factor)


def _hybrid(small: Fitted, large: Fitted) -> float:
    """Scaling of the larger model where its moments are those of the smaller one (M10)."""
    theta = same_moments(small, large)
    return test(large.problem, theta, large.problem.objective.value(theta), large.test.df).trace


def same_moments(small: Fitted, large: Fitted) -> np.ndarray:
    """Parameters of the larger model that imply the moments of the smaller one at its estimates."""
    problem = large.problem
    order = [small.problem.model.observed.index(name) for name in problem.model.observed]
    values = small.problem.model.values(small.theta)
    states = [small.problem.model.state(values, g) for g in range(len(problem.data.groups))]
    cov = tuple(state.cov[np.ix_(order, order)] for state in states)
    mean = tuple(
        state.mean[order] if problem.means else group.mean
        for state, group in zip(states, problem.data.groups, strict=True)
    )
    logdet = np.array([np.linalg.slogdet(S)[1] for S in cov])
    target = NormalML(problem.model, cov, mean, problem.data.share, logdet)
    found = minimise(target, large.theta, problem.constraints)
    if not found.value < 1e-6:
        raise ModelError(
            "the models are not nested: the larger one cannot imply the moments of the smaller",
            hint="method='satorra.bentler.2001'",
        )
    return found.theta


def _restriction(small: Fitted, large: Fitted, raw: float, df: int) -> Difference:
    """Satorra's (2000) test of the restriction, scaled and shifted by its first two moments.

    The directions that the restriction closes are found from the two Jacobians (lavaan's method "delta").
    """
    problem = large.problem
    if problem.estimator.missing != "listwise" and not problem.estimator.ordinal:
        raise ModelError("method 'satorra.2000' is for complete data", hint=METHODS[1])
    K1, K0 = problem.constraints.tangent(large.theta), small.problem.constraints.tangent(small.theta)
    parts = []
    for g in range(len(problem.data.groups)):
        order = [small.problem.model.observed.index(name) for name in problem.model.observed]
        if order != list(range(len(order))) and problem.estimator.ordinal:
            raise ModelError("the two models list their variables in different order")
        J1, J0 = problem.jacobian(large.theta, g) @ K1, small.problem.jacobian(small.theta, g) @ K0
        parts.append((problem.data.share[g], problem.weight(large.theta, g), J1, J0, problem.gamma(g)))
    J1, J0 = np.vstack([part[2] for part in parts]), np.vstack([part[3] for part in parts])
    X = np.linalg.lstsq(J1, J0, rcond=None)[0]
    A = null_space(X.T)[:, :df].T  # directions of the larger model that the smaller one closes
    kind = problem.estimator.kind
    E = solved(K1.T @ information(problem, large.theta, kind) @ K1, np.eye(K1.shape[1]))
    B = sum(w * (weighted(W, J).T @ gamma @ weighted(W, J)) for w, W, J, _, gamma in parts)
    M = solved(A @ E @ A.T, A @ E @ B @ E @ A.T)
    first, second = float(np.trace(M)), float(np.trace(M @ M))
    if not second > 0:
        raise ModelError(
            "the larger model has a singular information matrix: no scaled test", hint="check.identified"
        )
    a = math.sqrt(df / second)
    value = a * raw + df - a * first
    return Difference("satorra.2000", value, df, tail(value, df), 1 / a)
