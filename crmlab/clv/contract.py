"""sBG and BdW: how long do customers of a contract stay? Renewal every period, beta chances of leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma

from crmlab.clv.buyers import admit_weights
from crmlab.clv.fit import covariances
from crmlab.clv.fitted import Draws
from crmlab.clv.optimum import Optimum, climb
from crmlab.clv.params import beta_log
from crmlab.clv.plainfit import PlainFit, checks_of
from crmlab.clv.words import bad_rows, column, labels_of
from crmlab.errors import ModelError
from crmlab.provenance import source_of

Way = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
SMALLEST_RATE = 1e-5  # per period; below it the sum over all the future needs a horizon


@dataclass(frozen=True, slots=True, eq=False)
class Tenures:
    """lost[t] customers left at the end of period t = 1..m; kept[t] were last seen staying after t periods."""

    lost: np.ndarray
    kept: np.ndarray


def log_survival(t: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log S(t) and its slopes by the LOGARITHMS of alpha, beta, c, shape (3, ...).

    S(t) = B(alpha, beta + t^c)/B(alpha, beta); c = 1 is sBG.
    """
    alpha, beta, c = p
    tau = t**c
    whole = digamma(alpha + beta) - digamma(alpha + beta + tau)
    own = digamma(beta + tau) - digamma(beta)
    log_t = np.log(np.maximum(t, 1))
    slopes = [alpha * whole, beta * (whole + own)]
    slopes.append(c * (digamma(beta + tau) - digamma(alpha + beta + tau)) * tau * log_t)
    return betaln(alpha, beta + tau) - betaln(alpha, beta), np.array(slopes)


def terms(periods: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """log P(T = t), its slopes, log S(t) and its slopes at t = periods (from 1)."""
    log_S, by_S = log_survival(periods, p)
    log_B, by_B = log_survival(periods - 1, p)
    drop = -np.expm1(log_S - log_B)  # hazard
    by_drop = (by_B - np.exp(log_S - log_B) * by_S) / drop
    return log_B + np.log(drop), by_drop, log_S, by_S


@dataclass(frozen=True, eq=False, repr=False)
class ContractFit(PlainFit):
    """A fitted sBG or BdW model; its unit of time is the contract's period."""

    def survival(self, t: object) -> np.ndarray:
        """Share of a cohort that is still there after t periods."""
        return np.exp(log_survival(_periods(t), self._vector)[0])

    def retention(self, t: object) -> np.ndarray:
        """S(t)/S(t-1): share of those there that renew for period t, t from 1."""
        t = _periods(t)
        if (t < 1).any():
            raise ModelError("retention starts with period 1")
        return np.exp(log_survival(t, self._vector)[0] - log_survival(t - 1, self._vector)[0])

    def pmf(self, t: object) -> np.ndarray:
        """P(leaving at the end of period t), t from 1."""
        return self.survival(_periods(t) - 1) - self.survival(t)

    def p_alive(self, t: object) -> np.ndarray:
        """As `survival`: in a contract leaving is seen."""
        return self.survival(t)

    def expected(self, horizon: int, tenure: object = 0) -> np.ndarray:
        """Renewals expected in the next `horizon` periods of a customer there after `tenure` periods."""
        return self._future(tenure, int(horizon), 0.0)

    def dert(self, rate: float, tenure: object = 0, *, horizon: int | None = None) -> np.ndarray:
        """Discounted expected renewals: sum_{t>=1} S(n+t)/S(n) (1+rate)^-t, rate per period (0.10 for 10 %).

        Source: Fader, P. S. & Hardie, B. G. S. (2010). Marketing Science 29(1), 85-93; there the renewal now
        due is undiscounted, so DERL = (1 + rate) times this.
        """
        if horizon is None:
            if not SMALLEST_RATE <= rate < 5:
                raise ModelError(
                    f"rate is {rate:g}; want one in [{SMALLEST_RATE:g}, 5) or a horizon", hint="0.10"
                )
            horizon = int(np.ceil(40 / np.log1p(rate)))
        return self._future(tenure, int(horizon), rate)

    @property
    def _vector(self) -> np.ndarray:
        return np.array([self.params["alpha"], self.params["beta"], self.params.get("c", 1.0)])

    def _future(self, tenure: object, horizon: int, rate: float) -> np.ndarray:
        n = np.atleast_1d(_periods(tenure))
        if horizon < 0:
            raise ModelError(f"horizon is {horizon}; want 0 or more periods")
        distinct, back = np.unique(n, return_inverse=True)
        t = np.arange(1, horizon + 1)
        found = []
        for start in distinct:
            here = log_survival(np.array(start), self._vector)[0]
            ahead = log_survival(start + t, self._vector)[0]
            found.append(np.exp(ahead - here - t * np.log1p(rate)).sum())
        return np.array(found)[back]


def sbg(
    alive: object = None, *, tenure: object = None, churned: object = None, weights: object = None
) -> ContractFit:
    """Shifted beta-geometric: a constant chance of leaving per customer, beta across customers.

    Parameters
    ----------
    alive : (m+1,) customers of ONE cohort alive at period 0, 1, ..., m
    tenure, churned : instead, per customer: periods paid for (from 1) and whether he then left; he who is
        still there after `tenure` periods has churned = 0. Cohorts of different age may be mixed.
    weights : (n,) with tenure: customers a row stands for

    Returns
    -------
    ContractFit
        `params` alpha, beta.

    Source
    ------
    Fader, P. S. & Hardie, B. G. S. (2007). J. Interactive Marketing 21(1), 76-90, eqs. (5)-(6), appendix B.

    Examples
    --------
    >>> fit = sbg([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> {name: round(value, 3) for name, value in fit.params.items()}
    {'alpha': 0.668, 'beta': 3.806}
    """
    return _fit("model.sbg", ("alpha", "beta"), _admit(alive, tenure, churned, weights))


def bdw(
    alive: object = None, *, tenure: object = None, churned: object = None, weights: object = None
) -> ContractFit:
    """Beta-discrete-Weibull: as `sbg`, with a chance of leaving that grows (c > 1) or falls with time.

    Source
    ------
    Fader, P. S., Hardie, B. G. S., Liu, Y., Davin, J. & Steenburgh, T. (2018). How to project customer
    retention revisited. J. Interactive Marketing 43, 1-16.
    """
    return _fit("model.bdw", ("alpha", "beta", "c"), _admit(alive, tenure, churned, weights))


def _fit(key: str, names: tuple[str, ...], d: Tenures) -> ContractFit:
    k, n = len(names), float(d.lost.sum() + d.kept.sum())
    t = np.arange(1, len(d.lost) + 1, dtype=float)
    if np.count_nonzero(d.lost) < k:
        raise ModelError(
            f"customers left in {np.count_nonzero(d.lost)} periods; {k} parameters need at least {k}"
        )

    def natural(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logs, J = _to_log(theta)
        return np.exp(logs[:k]), J[:k, :k] * np.exp(logs[:k, None])

    def parts(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logs, J = _to_log(theta)
        log_P, by_P, log_S, by_S = terms(t, np.exp(logs))
        return np.concatenate([log_P, log_S]), (J.T @ np.hstack([by_P, by_S]))[:k]

    w = np.concatenate([d.lost, d.kept])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        loglik, slopes = parts(theta)
        return -float(loglik @ w) / n, -(slopes @ w) / n

    bound = np.array([14.0, 11.0, 4.0])[:k]
    best = climb(loss, np.array([-1.5, 1.0, 0.0])[:k], -bound, bound)
    return _fitted(key, names, best, natural, parts, w, n, d)


def _to_log(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    logs, J2 = beta_log(theta[0], theta[1])
    J = np.eye(3)
    J[:2, :2] = J2
    return np.append(logs, theta[2] if len(theta) > 2 else 0.0), J


def _fitted(
    key: str,
    names: tuple[str, ...],
    best: Optimum,
    natural: Way,
    parts: Way,
    w: np.ndarray,
    n: float,
    d: Tenures,
) -> ContractFit:
    p, J = natural(best.theta)
    loglik, slopes = parts(best.theta)
    vcov, robust, root = covariances(best, J, slopes, w, list(names))
    checks = checks_of(best, names, (8.0, 6.0, 3.0)[: len(names)], root)
    source = source_of(pd.DataFrame({"lost": d.lost, "kept": d.kept}))
    return ContractFit(
        key, dict(zip(names, p.tolist(), strict=True)), vcov, robust, float(loglik @ w), n, best.converged, checks,
        source, Draws(best.theta, root, natural),
    )  # fmt: skip


def _admit(alive: object, tenure: object, churned: object, weights: object) -> Tenures:
    if alive is not None:
        if tenure is not None or churned is not None or weights is not None:
            raise ModelError("give alive, or tenure and churned (with weights), not both")
        return _from_alive(alive)
    if tenure is None or churned is None:
        raise ModelError("give alive, or tenure and churned")
    labels = labels_of(tenure)
    t, left = column(tenure, "tenure", labels), column(churned, "churned", labels)
    w = admit_weights(weights, len(t), labels)
    if len(left) != len(t):
        raise ModelError(f"tenure and churned have {len(t)} and {len(left)} values")
    bad_rows((t < 1) | (t != np.round(t)), labels, "tenure", t, "is not a whole number of periods from 1")
    bad_rows((left != 0) & (left != 1), labels, "churned", left, "is neither 0 nor 1")
    size = int(t.max()) + 1
    lost = np.bincount(t.astype(int), weights=w * left, minlength=size)[1:]
    return Tenures(lost, np.bincount(t.astype(int), weights=w * (1 - left), minlength=size)[1:])


def _from_alive(alive: object) -> Tenures:
    labels = labels_of(alive)
    n = column(alive, "alive", labels)
    if len(n) < 3:
        raise ModelError(f"alive has {len(n)} periods; want at least the start and two renewals")
    bad_rows(n < 0, labels, "alive", n, "is negative")
    bad_rows(np.append(False, np.diff(n) > 0), labels, "alive", n, "is more than the period before")
    kept = np.zeros(len(n) - 1)
    kept[-1] = n[-1]
    return Tenures(-np.diff(n), kept)


def _periods(t: object) -> np.ndarray:
    found = np.asarray(t, dtype=float)
    if not np.isfinite(found).all() or (found < 0).any() or (found != np.round(found)).any():
        raise ModelError("t must hold whole numbers of periods from 0")
    return found
