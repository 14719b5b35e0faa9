"""Fits of purchase models: what the public functions share, from arrays to a BtydFit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from crmlab.clv.buyers import Buyers, admit, collapse
from crmlab.clv.fitted import BtydFit, Draws
from crmlab.clv.optimum import STEEP, Optimum
from crmlab.clv.params import PurchaseModel
from crmlab.clv.search import Search, answers
from crmlab.clv.words import positive
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check

SHAPE, MEAN = 6.0, 8.0  # logarithms beyond which a parameter is called degenerate
HAS_ERRORS = "every parameter has a standard error"
BOUNDARY = "inside: parameters at the boundary cannot be told from their limit"


def fit(
    model: PurchaseModel, x: object, t_x: object, T: object, *, weights: object, purchase: object,
    dropout: object, penalty: float, constant: float = 0.0,
) -> BtydFit:  # fmt: skip
    """Maximise a model's likelihood; with covariates, starting from the fit without them."""
    d = admit(x, t_x, T, weights=weights, purchase=purchase, dropout=dropout)
    penalty = positive(penalty, "penalty", zero=True)
    search = Search(model, d, penalty)
    k = search.kp + search.kd
    if penalty and not k:
        raise ModelError("a penalty shrinks covariate coefficients, and there are none")
    if d.total <= 4 + k:
        raise ModelError(f"{d.total:g} customers cannot carry {4 + k} parameters")
    starts = None
    if k:
        plain = collapsed_again(d)
        starts = [np.concatenate([Search(model, plain).maximise().theta, np.zeros(k)])]
    best = search.maximise(starts)
    return _fitted(model, search, best, constant)


def given(
    model: PurchaseModel, params: Mapping[str, float], x: object, t_x: object, T: object, *,
    weights: object = None,
) -> BtydFit:  # fmt: skip
    """A model at parameters from elsewhere (a paper, another year); nothing is estimated, nothing has an error."""
    if set(params) != set(model.names):
        raise ModelError(f"want the parameters {', '.join(model.names)}, not {', '.join(params)}")
    d = admit(x, t_x, T, weights=weights)
    natural = np.array([positive(params[name], name) for name in model.names])
    nothing = pd.DataFrame(np.nan, index=list(model.names), columns=list(model.names))
    loglik = float(answers(model, d, natural).loglik @ d.w) - _time_factor(model, d)
    named = dict(zip(model.names, natural.tolist(), strict=True))
    check = Check("check.estimated", False, np.nan, "parameters estimated from these data, not given")
    draws = Draws(natural, None, None)
    return BtydFit(model, named, nothing, nothing, loglik, d.total, False, (check,), _source(d), d, draws)


def _fitted(model: PurchaseModel, search: Search, best: Optimum, constant: float) -> BtydFit:
    d = search.d
    natural, J = search.natural(best.theta)
    degenerate = _degenerate(model, best)
    names = list(search.names)
    vcov, robust, root = covariances(best, J, search.scores(best.theta), d.w, names)
    slope = search.value(best.theta)[0]
    coefficients = natural[4:]
    mean_loglik = -(slope - search.penalty * float(coefficients @ coefficients))
    loglik = mean_loglik * d.total - _time_factor(model, d) + constant
    checks = [
        Check("check.converged", best.converged, best.steep, f"slope of the mean log-likelihood < {STEEP:g}"),
        *(Check(f"check.boundary:{name}", False, value, BOUNDARY) for name, value in degenerate),
    ]
    if not degenerate:
        checks.append(Check("check.boundary", True, float(np.abs(best.theta[[0, 3]]).max()), BOUNDARY))
    checks.append(
        Check(
            "check.std_errors",
            bool(np.isfinite(np.diag(vcov)).all()),
            float(np.isfinite(np.diag(vcov)).sum()),
            HAS_ERRORS,
        )
    )
    params = dict(zip(names, natural.tolist(), strict=True))
    draws = Draws(best.theta, root, search.natural)
    return BtydFit(
        model, params, vcov, robust, loglik, d.total, best.converged, tuple(checks), _source(d), d, draws,
        search.penalty,
    )  # fmt: skip


def covariances(
    best: Optimum, J: np.ndarray, scores: np.ndarray, w: np.ndarray, names: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray | None]:
    """Natural-scale covariances from the Hessian and as a sandwich, and a root of theta's covariance."""
    V, root = _inverse(best, float(w.sum()))
    unknown = ~np.isfinite(np.diag(V))
    known = ~((np.abs(J) > 1e-12) & unknown).any(axis=1)
    V = np.nan_to_num(V)
    A = J @ V
    meat = (scores * w) @ scores.T
    return _named(A @ J.T, known, names), _named(A @ meat @ A.T, known, names), root


def collapsed_again(d: Buyers) -> Buyers:
    """Histories without their covariates, equal ones counted together."""
    table, counts, inverse = collapse(np.column_stack([d.T, d.t_x, d.x]), d.w)
    none = np.empty((len(counts), 0))
    return Buyers(table[:, 2], table[:, 1], table[:, 0], counts, none, none, (), (), inverse, d.scale)


def _degenerate(model: PurchaseModel, best: Optimum) -> list[tuple[str, float]]:
    """Parameters (and their values on the search's scale) that ran to a limit."""
    theta = best.theta
    r, _, third, fourth = model.names
    found = []
    if abs(theta[0]) > SHAPE or not best.free[0]:
        found.append((r, theta[0]))
    if model.names[3] == "beta":
        if abs(theta[2]) > SHAPE or not best.free[2]:
            found.append((third, theta[2]))
        if abs(theta[3]) > MEAN or not best.free[3]:
            found.append((fourth, theta[3]))
    else:
        if abs(theta[2]) > MEAN or not best.free[2]:
            found.append((third, theta[2]))
        if abs(theta[3]) > SHAPE or not best.free[3]:
            found.append((fourth, theta[3]))
    return found


def _inverse(best: Optimum, total: float) -> tuple[np.ndarray, np.ndarray | None]:
    """Covariance of theta, NaN at bounds, and a root of it; no root if the free block is not curved.

    Draws with that root hold a parameter that ran to a bound where it is.
    """
    k = len(best.theta)
    V = np.full((k, k), np.nan)
    free = np.flatnonzero(best.free)
    H = best.hessian[np.ix_(free, free)] * total
    values, vectors = np.linalg.eigh(H) if free.size else (np.empty(0), np.empty((0, 0)))
    if not free.size or values[0] <= 1e-9 * values[-1]:
        return V, None
    V[np.ix_(free, free)] = vectors / values @ vectors.T
    root = np.zeros((k, free.size))
    root[free] = vectors / np.sqrt(values)
    return V, root


def _named(V: np.ndarray, known: np.ndarray, names: list[str]) -> pd.DataFrame:
    V = np.where(known[:, None] & known, (V + V.T) / 2, np.nan)
    return pd.DataFrame(V, index=names, columns=names)


def _time_factor(model: PurchaseModel, d: Buyers) -> float:
    """What the log-likelihood loses when time goes back from d's unit to the input's."""
    return float(model.stages * (d.w @ d.x) * np.log(d.scale))


def _source(d: Buyers) -> dict[str, str]:
    frame = pd.DataFrame(np.column_stack([d.x, d.t_x, d.T, d.w, d.Zp, d.Zd]))
    return source_of(frame)


def incomparable(found: BtydFit) -> BtydFit:
    """The fit with a failed check: its log-likelihood lacks the part that depends on the gaps."""
    rule = "litt given; otherwise log-likelihoods of different k cannot be compared"
    return replace(found, checks=(*found.checks, Check("check.gaps_known", False, np.nan, rule)))
