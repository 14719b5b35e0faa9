"""The likelihood of purchases with a latent variable behind them, averaged over what answers say of it.

Given z, the latent variable in standard deviations, a customer buys at a rate with mean exp(g z) times that of z = 0
and leaves with log odds (BG/NBD; Pareto/NBD: log rate) of dropout d z higher:

    L_i = sum_q w_iq L(x_i, t_i, T_i | z_iq),   z_iq the Gauss-Hermite nodes of N(m_i, v_i).

m_i, v_i are the moments of z given the answers of respondent i, and 0 and 1 for a customer who was not asked. As
answers and purchases are independent given z, this is the likelihood of purchases given the answers, and no answer is
used twice.

Source
------
Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). Marketing Science 24(2), 275-284, the purchases. Abe, M. (2009).
Marketing Science 28(3), 541-553, customers' traits behind both rates. Gong, G. & Samaniego, F. J. (1981). Annals of
Statistics 9, 861-869, maximising in two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.special import expit, log_expit, logsumexp

from crmlab.clv.buyers import Buyers
from crmlab.clv.params import PurchaseModel

EFFECTS = 2  # on purchases and on dropout


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Histories of m customers or kinds of customers, time in units of `scale`, and what is known of their z.

    Attributes
    ----------
    x, t_x, T : (m,) repeat purchases, time of the last one, time observed
    w : (m,) customers of each kind
    mean, variance : (m,) of z before the purchases are seen
    scale : time unit in units of the input
    """

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    w: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    scale: float


@dataclass(frozen=True, eq=False)
class LatentSearch:
    """theta = the model's four (log shape, log mean rate, ...), then g and d.

    Attributes
    ----------
    model : BG/NBD, MBG/NBD or Pareto/NBD
    cases : histories and what is known of z
    nodes : of the quadrature
    """

    model: PurchaseModel
    cases: Cases
    nodes: int = 11

    @property
    def per_time(self) -> bool:
        """Whether dropout happens in time (Pareto/NBD), not after purchases."""
        return self.model.names[3] == "beta"

    @cached_property
    def z(self) -> np.ndarray:
        """(m, q) nodes."""
        node, _ = _hermite(self.nodes)
        return self.cases.mean[:, None] + np.sqrt(self.cases.variance)[:, None] * node

    @cached_property
    def flat(self) -> Buyers:
        """Each history once for each node."""
        c, q = self.cases, self.nodes
        none = np.empty((len(c.x) * q, 0))
        x, t_x, T, w = (np.repeat(v, q) for v in (c.x, c.t_x, c.T, c.w))
        return Buyers(x, t_x, T, w, none, none, (), (), np.arange(len(x)), c.scale)

    def parameters(
        self, theta: np.ndarray, z: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
        """r and, at each z, the three other parameters by the letters of the papers."""
        r = float(np.exp(theta[0]))
        alpha = np.exp(theta[0] - theta[1] - theta[4] * z)
        if self.per_time:
            s = np.full_like(z, np.exp(theta[2]))
            return r, alpha, s, np.exp(theta[2] - theta[3] - theta[5] * z)
        logit = theta[2] + theta[5] * z
        return r, alpha, np.exp(theta[3] + log_expit(logit)), np.exp(theta[3] + log_expit(-logit))

    def value(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean negative log-likelihood and its gradient."""
        loglik, scores = self.scores(theta)
        w = self.cases.w / self.cases.w.sum()
        return -float(w @ loglik), -(scores @ w)

    def scores(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-likelihood (m,) of every history and its gradient (6, m)."""
        z = self.z.ravel()
        p = self.parameters(theta, z)
        terms = self.model.terms(self.flat, p)
        log_w = np.log(_hermite(self.nodes)[1])
        each = terms.loglik.reshape(-1, self.nodes) + log_w
        total = logsumexp(each, axis=1)
        share = np.exp(each - total[:, None])
        slopes = np.empty((4 + EFFECTS, len(z)))
        by = terms.slopes
        slopes[0], slopes[1] = by[0] + by[1], -by[1]
        if self.per_time:
            slopes[2], slopes[3] = by[2] + by[3], -by[3]
            slopes[5] = slopes[3] * z
        else:
            lost = expit(theta[2] + theta[5] * z)
            slopes[2], slopes[3] = (1 - lost) * by[2] - lost * by[3], by[2] + by[3]
            slopes[5] = slopes[2] * z
        slopes[4] = slopes[1] * z
        return total, np.einsum("kmq,mq->km", slopes.reshape(6, -1, self.nodes), share)

    def given(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(m, q) chance of each node given answers and purchases, and chance of being alive at each node."""
        terms = self.model.terms(self.flat, self.parameters(theta, self.z.ravel()))
        each = terms.loglik.reshape(-1, self.nodes) + np.log(_hermite(self.nodes)[1])
        share = np.exp(each - logsumexp(each, axis=1)[:, None])
        return share, terms.alive.reshape(-1, self.nodes)


@cache
def _hermite(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the standard normal law."""
    node, w = np.polynomial.hermite_e.hermegauss(n)
    return node, w / w.sum()
