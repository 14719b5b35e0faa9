"""BG/BB: purchases at given opportunities (a yearly appeal, a fair), beta chances of buying and of leaving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma, gammaln, logsumexp

from crmlab.clv.buyers import admit_weights, collapse
from crmlab.clv.fit import covariances
from crmlab.clv.fitted import Draws
from crmlab.clv.mixing import beta_nodes
from crmlab.clv.optimum import Optimum, climb
from crmlab.clv.params import beta_log, stacked
from crmlab.clv.plainfit import PlainFit, checks_of
from crmlab.clv.words import bad_rows, column, labels_of, positive
from crmlab.errors import ModelError
from crmlab.provenance import source_of

NAMES = ("alpha", "beta", "gamma", "delta")


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """Distinct histories: x purchases, the last at opportunity t, of n; their weights; where customers are."""

    x: np.ndarray
    t: np.ndarray
    n: np.ndarray
    w: np.ndarray
    inverse: np.ndarray

    def terms(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log-likelihood (m,), P(alive at n) (m,) and slopes by the four parameters (4, m); eq. (4).

        L = B(al+x, be+n-x)/B(al,be) B(ga, de+n)/B(ga,de)
            + sum_{i<n-t} B(al+x, be+t-x+i)/B(al,be) B(ga+1, de+t+i)/B(ga,de).
        """
        al, be, ga, de = p
        steps = np.arange(int((self.n - self.t).max()) + 1)
        x, t, n = self.x[:, None], self.t[:, None], self.n[:, None]
        tossed = np.where(steps < n - t, t + steps, n)  # opportunities seen alive
        died = (steps < n - t).astype(float)
        once = steps <= n - t
        log_part = betaln(al + x, be + tossed - x) + betaln(ga + died, de + tossed)
        log_part = np.where(once, log_part, -np.inf)
        whole = logsumexp(log_part, axis=1)
        share = np.exp(log_part - whole[:, None])
        both = digamma(al + be + tossed)
        gone = digamma(ga + de + tossed + died)
        slopes = np.array([
            (share * (digamma(al + x) - both)).sum(axis=1) - digamma(al) + digamma(al + be),
            (share * (digamma(be + tossed - x) - both)).sum(axis=1) - digamma(be) + digamma(al + be),
            (share * (digamma(ga + died) - gone)).sum(axis=1) - digamma(ga) + digamma(ga + de),
            (share * (digamma(de + tossed) - gone)).sum(axis=1) - digamma(de) + digamma(ga + de),
        ])  # fmt: skip
        alive = (share * (died == 0)).sum(axis=1)
        return whole - betaln(al, be) - betaln(ga, de), alive, slopes


@dataclass(frozen=True, eq=False, repr=False)
class BgbbFit(PlainFit):
    """A fitted BG/BB model; its unit of time is the opportunity."""

    chances: Chances

    def p_alive(self, x: object = None, t_x: object = None, n: object = None) -> np.ndarray:
        """Probability of being alive at the NEXT opportunity, n + 1, as the paper has it (eq. 7)."""
        c = self._of(x, t_x, n)
        _, _, ga, de = self._vector
        return (c.terms(self._vector)[1] * (de + c.n) / (ga + de + c.n))[c.inverse]

    def expected(self, h: int, x: object = None, t_x: object = None, n: object = None) -> np.ndarray:
        """Purchases expected at the next h opportunities; of a new customer with x = t_x = n = 0 (eq. 9)."""
        if h != int(h) or h < 0:
            raise ModelError(f"h is {h}; want a whole number of opportunities")
        return self._future(self._of(x, t_x, n), int(h), 0.0)

    def dert(self, rate: float, x: object = None, t_x: object = None, n: object = None) -> np.ndarray:
        """Discounted expected residual transactions at `rate` per opportunity (0.10 for 10 %), eq. (14)."""
        return self._future(self._of(x, t_x, n), None, positive(rate, "rate"))

    def pmf(self, count: object, n: int) -> np.ndarray:
        """P(a new customer buys `count` times at n opportunities), eq. (8)."""
        k = np.atleast_1d(np.asarray(count, dtype=float))[:, None]
        if (k < 0).any() or (k != np.round(k)).any() or n != int(n) or n < 0:
            raise ModelError("count and n must be whole numbers from 0")
        al, be, ga, de = self._vector
        i = np.arange(int(n) + 1)
        died = (i < n).astype(float)
        choose = np.where(
            i >= k, gammaln(i + 1) - gammaln(k + 1) - gammaln(np.maximum(i - k, 0) + 1), -np.inf
        )
        log_part = choose + betaln(al + k, be + np.maximum(i - k, 0)) + betaln(ga + died, de + i)
        return np.exp(logsumexp(log_part, axis=1) - betaln(al, be) - betaln(ga, de))

    @property
    def _vector(self) -> np.ndarray:
        return np.array([self.params[name] for name in NAMES])

    def _of(self, x: object, t_x: object, n: object) -> Chances:
        given = [value is not None for value in (x, t_x, n)]
        if not any(given):
            return self.chances
        if not all(given):
            raise ModelError("give all of x, t_x and n, or none for the customers of the fit")
        columns = _histories(x, t_x, n)
        return Chances(*columns, np.ones(len(columns[0])), np.arange(len(columns[0])))

    def _future(self, c: Chances, h: int | None, rate: float) -> np.ndarray:
        al, be, ga, de = self._vector
        alive = c.terms(self._vector)[1]
        if h is None:
            theta, w = beta_nodes(np.full(len(c.n), ga), de + c.n)
            stay = (w * (1 - theta) / (rate + theta)).sum(axis=1)
        else:
            i = np.arange(h)
            steps = (de + c.n[:, None] + i) / (ga + de + c.n[:, None] + i) / (1 + rate)
            stay = np.cumprod(steps, axis=1).sum(axis=1)
        return (alive * (al + c.x) / (al + be + c.n) * stay)[c.inverse]


def bgbb(x: object, t_x: object, n: object, *, weights: object = None) -> BgbbFit:
    """Fit BG/BB.

    Parameters
    ----------
    x : (m,) purchases at the n opportunities after the first purchase
    t_x : (m,) the opportunity of the last one, 0 where x = 0
    n : (m,) opportunities observed, whole
    weights : (m,) customers a row stands for

    Returns
    -------
    BgbbFit
        `params` alpha, beta (chance of buying), gamma, delta (chance of leaving). No covariates.

    Source
    ------
    Fader, P. S., Hardie, B. G. S. & Shang, J. (2010). Marketing Science 29(6), 1086-1108.
    """
    labels = labels_of(x)
    columns = _histories(x, t_x, n)
    w = admit_weights(weights, len(columns[0]), labels)
    if not (columns[0][w > 0] > 0).any():
        raise ModelError("no customer bought again (all x = 0), so neither chance can be told")
    bad_rows(columns[2] <= 0, labels, "n", columns[2], "is not a positive number of opportunities")
    table, counts, inverse = collapse(np.column_stack(columns), w)
    c = Chances(table[:, 0], table[:, 1], table[:, 2], counts, inverse)
    if w.sum() <= 4:
        raise ModelError(f"{w.sum():g} customers cannot carry 4 parameters")
    share = counts / counts.sum()

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        logs, J = _to_log(theta)
        p = np.exp(logs)
        loglik, _, slopes = c.terms(p)
        return -float((loglik * share).sum()), -(J.T @ ((slopes * share).sum(axis=1) * p))

    bound = np.array([14.0, 11.0, 14.0, 11.0])
    best = climb(loss, np.array([0.0, 0.5, -1.5, 0.5]), -bound, bound)
    return _fitted(c, best)


def _to_log(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return stacked(beta_log(theta[0], theta[1]), beta_log(theta[2], theta[3]))


def _natural(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    logs, J = _to_log(theta)
    return np.exp(logs), J * np.exp(logs)[:, None]


def _fitted(c: Chances, best: Optimum) -> BgbbFit:
    p, J = _natural(best.theta)
    loglik, _, slopes = c.terms(p)
    scores = _to_log(best.theta)[1].T @ (slopes * p[:, None])
    vcov, robust, root = covariances(best, J, scores, c.w, list(NAMES))
    checks = checks_of(best, NAMES, (8.0, 6.0, 8.0, 6.0), root)
    return BgbbFit(
        "model.bgbb", dict(zip(NAMES, p.tolist(), strict=True)), vcov, robust, float(loglik @ c.w), float(c.w.sum()),
        best.converged, checks, source_of(pd.DataFrame(np.column_stack([c.x, c.t, c.n, c.w]))),
        Draws(best.theta, root, _natural), c,
    )  # fmt: skip


def _histories(x: object, t_x: object, n: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels = labels_of(x)
    found = [column(value, name, labels) for name, value in (("x", x), ("t_x", t_x), ("n", n))]
    if len({len(values) for values in found}) > 1:
        raise ModelError(f"x, t_x and n have {', '.join(str(len(v)) for v in found)} values")
    for name, values in zip(("x", "t_x", "n"), found, strict=True):
        bad_rows(
            (values < 0) | (values != np.round(values)), labels, name, values, "is not a whole number from 0"
        )
    a, b, c = found
    bad_rows(b > c, labels, "t_x", b, "is later than n, the last opportunity")
    bad_rows(a > b, labels, "x", a, "is more than one purchase at an opportunity")
    bad_rows((a == 0) & (b > 0), labels, "t_x", b, "is above 0 for a customer without a repeat purchase")
    return a, b, c
