"""Statistics behind robust fit indices when data are incomplete or ordinal.

The complete-data normal discrepancy is evaluated at the estimates of the other method (FIML; DWLS or ULS on
polychorics). Its expectation under the model is tr(R' W_C R Gamma) with R = I - Delta (Delta' W Delta)^-1
Delta' W the residual maker of the method used, W_C the weight of the complete-data discrepancy.

Source
------
Zhang, X. & Savalei, V. (2023). New computations for RMSEA and CFI following FIML and TS estimation with
missing data. Psychological Methods 28, 263-283.
Savalei, V. (2021). Improving fit indices in structural equation modeling with categorical data.
Multivariate Behavioral Research 56, 390-407.
"""

from __future__ import annotations

import math

import numpy as np

from crmlab.sem.categorical import Categorical
from crmlab.sem.inference import weighted
from crmlab.sem.measures import Corrected
from crmlab.sem.moments import weight_normal
from crmlab.sem.problem import Problem
from crmlab.sem.residuals import moments
from crmlab.sem.saturated_information import SaturatedInformation, solved
from crmlab.sem.teststat import Test


def corrected(
    problem: Problem, theta: np.ndarray, test: Test, independence: bool = False
) -> Corrected | None:
    """The statistic, its expectation per degree of freedom and its scaled form; None where undefined."""
    if test.df == 0:
        return None
    try:
        return _corrected(problem, theta, test, independence)
    except np.linalg.LinAlgError:  # implied covariances or an information without inverse
        return None


def _corrected(problem: Problem, theta: np.ndarray, test: Test, independence: bool) -> Corrected | None:
    if problem.estimator.missing == "fiml":
        return _incomplete(problem, theta, test.df)
    if problem.estimator.ordinal:
        return (
            _ordinal(problem, theta, test.df, independence)
            if problem.estimator.scaled and _polychoric_only(problem)
            else None
        )
    if not problem.estimator.scaled:
        return None
    return Corrected(test.chisq, test.trace, test.scaled, test.factor)


def _polychoric_only(problem: Problem) -> bool:
    """Whether the model is one of correlations: all items ordered, thresholds and scales not restricted."""
    model = problem.model
    if len(model.table.ordered) < model.p:
        return False
    thresholds = [k for k, row in enumerate(model.rows) if row.op == "|"]
    own = len(set(model.free[thresholds])) == len(thresholds) and (model.free[thresholds] >= 0).all()
    return bool(own) and not any(row.free for row in model.rows if row.op in ("~*~", "~1"))


def _normal(S: np.ndarray, T: np.ndarray, d: np.ndarray | None) -> float:
    """Complete-data discrepancy between observed S and implied T."""
    sign, logdet = np.linalg.slogdet(S)
    if sign <= 0:
        return math.nan
    inverse = solved(T, np.eye(len(T)))
    F = float(np.linalg.slogdet(T)[1] - logdet + (inverse * S).sum() - len(S))
    return F + (float(d @ inverse @ d) if d is not None else 0.0)


def _incomplete(problem: Problem, theta: np.ndarray, df: int) -> Corrected:
    """FIML: W is the observed information of the saturated moments, E of the kind the standard errors rest on.

    Notes
    -----
    Gamma = A^-1 B A^-1 with B = s's/n is written with the influence X = A^-1 s' of the cases, so that the
    trace needs no product of two k x k matrices: W'Gamma = J's'X'/n.
    """
    K = problem.constraints.tangent(theta)
    robust, kind = problem.estimator.scaled, problem.estimator.kind
    q = K.shape[1]
    T, E, parts = 0.0, np.zeros((q, q)), []
    for g, group in enumerate(problem.data.groups):
        state = problem.model.state(problem.model.values(theta), g)
        T += group.n * _normal(group.cov, state.cov, group.mean - state.mean)
        about = group.about
        share, J = group.n / problem.n, problem.jacobian(theta, g)[about.free] @ K
        weight = group.h1_scores if problem.estimator.se == "first.order" else group.h1_weight(kind)
        E += share * (J.T @ weight[np.ix_(about.free, about.free)] @ J)
        parts.append((share, about, J))
    D = sum(w * (J.T @ about.normal @ J) for w, about, J in parts)
    spread = sum(about.spread(robust) for _, about, _ in parts)
    if robust:
        total = spread + _seen_through(parts, E, np.asarray(D))
    else:  # the same under normality, where Gamma = W^-1
        total = spread - float(np.trace(solved(E, np.asarray(D))))
    c = total / df
    return Corrected(T, c, T / c, c)


def _seen_through(
    parts: list[tuple[float, SaturatedInformation, np.ndarray]], E: np.ndarray, D: np.ndarray
) -> float:
    """What the model takes of tr(W_C Gamma)."""
    inverse = solved(E, np.eye(len(E)))
    middle, B = 0.0, np.zeros_like(E)
    for w, about, J in parts:
        by_case = about.casewise[:, about.free] @ J
        middle += w * float(((about.carried.T @ J @ inverse) * by_case).sum()) / len(by_case)
        B += w * (by_case.T @ by_case) / len(by_case)
    return float(np.trace(D @ inverse @ B @ inverse)) - 2 * middle


def _ordinal(problem: Problem, theta: np.ndarray, df: int, independence: bool) -> Corrected | None:
    """Notes
    -----
    Of the independence model the expectation is the sum of tr(Gamma_g). lavaan (0.6-14 and later ones) divides
    each by the group's share of the cases, which doubles it in two even groups; we follow, so that robust
    CFI and TLI of groups can be compared. In one group there is no difference.
    """
    K = problem.constraints.tangent(theta)
    T, parts = 0.0, []
    assert isinstance(problem.objective, Categorical)
    for g, group in enumerate(problem.data.groups):
        m = moments(problem, theta, g)
        T += group.n * _normal(m.observed, m.implied, None)
        count = problem.model.p * (problem.model.p - 1) // 2
        off = slice(len(problem.objective.stats[g]) - count, None)
        row, col = problem.model.vech
        C = weight_normal(m.implied, False)[np.ix_(row != col, row != col)] if not math.isnan(T) else None
        if C is None:
            return None
        W = problem.weight(theta, g)
        W = W[off, off] if W.ndim == 2 else W[off]
        J = problem.jacobian(theta, g)[off] @ K
        parts.append((problem.data.share[g], C, W, J, problem.gamma(g)[off, off]))
    total = (
        sum(float(np.trace(gamma)) / w for w, _, _, _, gamma in parts)
        if independence
        else _expectation(parts)
    )
    c = total / df
    return Corrected(T, c, T / c, c)


def _expectation(parts: list) -> float:
    """tr(R' W_C R Gamma) over all groups."""
    E = np.asarray(sum(w * (J.T @ weighted(W, J)) for w, _, W, J, _ in parts))
    inverse = np.linalg.pinv(E)
    total = 0.0
    for w, C, W, J, gamma in parts:
        WJ = weighted(W, J)
        P = J @ inverse
        total += float(np.trace(C @ gamma)) - 2 * w * float(np.trace(C @ P @ (WJ.T @ gamma)))
    B = sum(w * (weighted(W, J).T @ gamma @ weighted(W, J)) for w, _, W, J, gamma in parts)
    D = sum(w * (J.T @ C @ J) for w, C, _, J, _ in parts)
    return total + float(np.trace(D @ inverse @ B @ inverse))
