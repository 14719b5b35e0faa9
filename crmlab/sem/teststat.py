"""The chi-square test of exact fit and its robust forms.

Source
------
Satorra, A. & Bentler, P. M. (1994). In von Eye & Clogg (eds), Latent variables analysis, 399-419.
Asparouhov, T. & Muthén, B. (2010). Simple second order chi-square correction. Mplus technical appendix.
Yuan, K.-H. & Bentler, P. M. (2000). Sociological Methodology 30, 165-200.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from crmlab.sem.inference import SINGULAR, first_order, information, smallest, weighted
from crmlab.sem.moments import moment_scores, weight_normal
from crmlab.sem.problem import Problem
from crmlab.sem.saturated_information import solved


@dataclass(frozen=True, slots=True)
class Test:
    """A chi-square statistic.

    Attributes
    ----------
    chisq, df, p_value : the standard statistic
    scaled, df_scaled, p_scaled, factor : the robust one, NaN without
    shift : what the scaled-and-shifted test adds
    trace : scaling by the first moment alone, trace / df; what robust fit indices use
    h0, h1 : Mplus' scaling corrections of the two log-likelihoods
    """

    chisq: float
    df: int
    p_value: float
    scaled: float = math.nan
    df_scaled: float = math.nan
    p_scaled: float = math.nan
    factor: float = math.nan
    shift: float = 0.0
    trace: float = math.nan
    h0: float = math.nan
    h1: float = math.nan


def tail(x: float, df: float) -> float:
    """Upper tail of chi-square; NaN without degrees of freedom."""
    return float(chi2.sf(x, df)) if df > 0 else math.nan


def test(problem: Problem, theta: np.ndarray, F: float, df: int) -> Test:
    """The statistic n F and, for a robust estimator, its correction."""
    chisq = problem.chisq(theta, F)
    p_value = math.nan if problem.estimator.fit == "ULS" else tail(chisq, df)
    plain = Test(chisq, df, p_value)
    kind = problem.estimator.test
    if kind == "standard":
        return plain
    if df == 0:
        return Test(chisq, 0, p_value, chisq, 0, math.nan, math.nan)
    if kind.startswith("yuan"):
        return _yuan_bentler(problem, theta, plain)
    return _moments(plain, kind, *traces(problem, theta))


def _undefined(plain: Test) -> Test:
    """No correction: the information is singular, or its trace is not positive."""
    return _scaled(plain, math.nan, plain.df, math.nan, math.nan, math.nan)


def _moments(plain: Test, kind: str, first: float, second: float) -> Test:
    """Corrections by the first two moments of the mixture of chi-squares."""
    T, df = plain.chisq, plain.df
    if not (first > 0 and second > 0 and math.isfinite(second)):
        return _undefined(plain)
    c = first / df
    if kind == "satorra.bentler":
        return _scaled(plain, T / c, df, c, 0.0, c)
    if kind == "mean.var.adjusted":
        df_new = first**2 / second
        factor = first / df_new
        return _scaled(plain, T / factor, df_new, factor, 0.0, c)
    a = math.sqrt(df / second)
    shift = df - math.sqrt(df * first**2 / second)
    return _scaled(plain, a * T + shift, df, 1 / a, shift, c)


def _scaled(
    plain: Test,
    value: float,
    df: float,
    factor: float,
    shift: float,
    trace: float,
    h0: float = math.nan,
    h1: float = math.nan,
) -> Test:
    return Test(
        plain.chisq, plain.df, plain.p_value, value, df, tail(value, df), factor, shift, trace, h0, h1
    )


def traces(problem: Problem, theta: np.ndarray) -> tuple[float, float]:
    """tr(U Gamma) and tr((U Gamma)^2); U = W - W Delta (Delta'W Delta)^-1 Delta' W."""
    K = problem.constraints.tangent(theta)
    blocks, tops, roots = [], [], []
    for g, w in enumerate(problem.data.share):
        W, J, gamma = problem.weight(theta, g), problem.jacobian(theta, g) @ K, problem.gamma(g)
        blocks.append((weighted(W, gamma), weighted(W, J), gamma))
        tops.append((w, J))
    E = sum(w * (J.T @ WJ) for (w, J), (_, WJ, _) in zip(tops, blocks, strict=True))
    inverse = solved(E, np.eye(len(E)))
    first = second = 0.0
    for w, (WG, WJ, gamma) in zip(problem.data.share, blocks, strict=True):
        left = WJ @ inverse
        UG = WG - w * (left @ (WJ.T @ gamma))
        first += float(np.trace(UG))
        second += float((UG * UG.T).sum())
        roots.append((w, WJ.T @ gamma @ WJ))
    for a, (wa, A) in enumerate(roots):
        for b, (wb, B) in enumerate(roots):
            if a != b:
                second += wa * wb * float(np.trace(inverse @ A @ inverse @ B))
    return first, second


def _yuan_bentler(problem: Problem, theta: np.ndarray, plain: Test) -> Test:
    """Mplus' form of the Yuan-Bentler correction: difference of two traces.

    Notes
    -----
    c = (tr(A1^-1 B1) - tr(A0^-1 B0)) / df with A1, B1 at the saturated, A0, B0 at the model's moments.
    """
    top, count = h1_trace(problem)
    K = problem.constraints.tangent(theta)
    H = K.T @ information(problem, theta, problem.estimator.kind) @ K
    if not smallest(H) > SINGULAR:
        return _undefined(plain)
    bottom = float(np.trace(solved(H, K.T @ first_order(problem, theta) @ K)))
    c = (top - bottom) / plain.df
    if not c > 0:
        return _undefined(plain)
    rows = int(
        (problem.model.free >= 0).sum()
    )  # lavaan divides by the parameters before equality constraints
    return _scaled(plain, plain.chisq / c, plain.df, c, 0.0, c, bottom / rows, top / count)


def h1_trace(problem: Problem) -> tuple[float, int]:
    """tr(A1^-1 B1) of the saturated model and its number of parameters."""
    total, count = 0.0, 0
    for group in problem.data.groups:
        keep = free_moments(problem, group.exogenous)
        count += len(keep)
        kind = problem.estimator.kind
        if group.patterns is not None and kind == "observed":
            about = group.about
            total += float((about.influence.T * about.casewise[:, about.free]).sum()) / group.n
            continue
        if group.patterns is not None:
            A, B = group.h1_weight(kind), group.h1_scores
        else:
            A = weight_normal(group.cov, problem.means)
            s = moment_scores(group.Y, group.mean, group.cov, problem.means)
            B = s.T @ s / len(s)
        total += float(np.trace(solved(A[np.ix_(keep, keep)], B[np.ix_(keep, keep)])))
    return total, count


def free_moments(problem: Problem, exogenous: tuple[int, ...]) -> np.ndarray:
    """Positions of moments that are not those of fixed exogenous variables alone."""
    p = problem.model.p
    x = np.isin(np.arange(p), exogenous)
    row, col = problem.model.vech
    keep = ~(x[row] & x[col])
    if problem.means:
        keep = np.concatenate([~x, keep])
    return np.flatnonzero(keep)
