"""Standard errors of a likelihood that rests on a measurement model estimated before.

    V = H^-1 + H^-1 C V_1 C' H^-1,

with H the information of the second step, C its cross derivatives by the parameters of the first and V_1 their
covariance. A term for correlated scores of the steps is not needed: the second likelihood is one given the answers, so
its scores have mean zero whatever the answers.

Source
------
Murphy, K. M. & Topel, R. H. (1985). Journal of Business & Economic Statistics 3(4), 370-379.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from crmlab.linkage.latent_search import LatentSearch
from crmlab.linkage.matching import Joined
from crmlab.linkage.measure import Measured

STEP = 1e-4


def sandwich(search: LatentSearch, theta: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """H^-1 (sum w^2 s s') H^-1 of weighted cases, `inverse` being H^-1."""
    _, scores = search.scores(theta)
    A = inverse @ (scores * search.cases.w)
    return A @ A.T


def first_step(
    search: LatentSearch, theta: np.ndarray, inverse: np.ndarray, joined: Joined, measured: Measured
) -> np.ndarray:
    """H^-1 C V_1 C' H^-1: what not knowing the measurement model exactly adds; NaN where that is not known."""
    A = np.nan_to_num(inverse) @ _cross(search, theta, joined, measured)
    extra = A @ measured.fit.inference.V @ A.T
    return extra if np.isfinite(extra).all() else np.full_like(inverse, np.nan)


def _cross(search: LatentSearch, theta: np.ndarray, joined: Joined, measured: Measured) -> np.ndarray:
    """(6, q) derivatives of the summed scores by the parameters of the measurement model, through m_i and v_i."""
    c, m = search.cases, joined.matched
    at = measured.fit.optimum.theta

    def slope(**up: Any) -> np.ndarray:
        return replace(search, cases=replace(c, **up)).scores(theta)[1][:, :m] * c.w[:m]

    by_mean = (slope(mean=c.mean + STEP) - slope(mean=c.mean - STEP)) / (2 * STEP)
    by_variance = slope(variance=c.variance * (1 + STEP)) - slope(variance=c.variance * (1 - STEP))
    by_variance /= 2 * STEP * np.maximum(c.variance[:m], 1e-12)
    columns = []
    for step in np.eye(len(at)) * STEP:
        up, down = measured.posterior(at + step), measured.posterior(at - step)
        by = [(a - b)[joined.who] / (2 * STEP) for a, b in zip(up, down, strict=True)]
        columns.append(by_mean @ by[0] + by_variance @ by[1])
    return np.array(columns).T
