"""Purchases to come of customers who are still there, and what they would be with more of the latent variable.

Given alive, a customer's rate is Gamma(R, A) and his chance of leaving after a purchase Beta(a, b) (Pareto/NBD: his rate
of leaving Gamma(s, B)). More of the latent variable by h standard deviations from now on multiplies the rate, A to
A e^(-g h), and adds d h to the log odds of the mean chance at the same a + b (Pareto/NBD: B to B e^(-d h)); what was
seen so far stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import log_expit

from crmlab.clv.bg_family import BgFamily
from crmlab.clv.buyers import Buyers
from crmlab.clv.mixing import beta_nodes
from crmlab.clv.params import PurchaseModel

TAIL = 32.0  # rate times time beyond which nothing is counted
NODES_P, NODES_TIME = 24, 20  # of the coarse rule: error about 1e-4
CELLS = 400_000


@dataclass(frozen=True, eq=False)
class Ahead:
    """What is known of m customers given that they are still there; arrays of one shape, time in one unit.

    Attributes
    ----------
    model : the purchase model
    R, A : of the rate, Gamma(R, A)
    third, fourth : a and b of the chance of leaving, or s and B of the rate of leaving
    """

    model: PurchaseModel
    R: np.ndarray
    A: np.ndarray
    third: np.ndarray
    fourth: np.ndarray

    @property
    def per_time(self) -> bool:
        """Whether customers leave in time (Pareto/NBD), not after purchases."""
        return self.model.names[3] == "beta"

    def shifted(self, on_rate: np.ndarray | float, on_dropout: np.ndarray | float) -> Ahead:
        """The same customers with on_rate added to the log rate and on_dropout to the log odds (log rate) of leaving."""
        A = self.A * np.exp(-np.asarray(on_rate))
        if self.per_time:
            return replace(self, A=A, fourth=self.fourth * np.exp(-np.asarray(on_dropout)))
        whole = np.log(self.third + self.fourth)
        logit = np.log(self.third / self.fourth) + on_dropout
        return replace(
            self, A=A, third=np.exp(whole + log_expit(logit)), fourth=np.exp(whole + log_expit(-logit))
        )

    def purchases(self, horizon: float, rate: float, *, fine: bool = True) -> np.ndarray:
        """Purchases in the next `horizon`, discounted at a continuous rate; fine by the engine's quadrature."""
        shape = np.broadcast_shapes(*(np.shape(v) for v in (self.R, self.A, self.third, self.fourth)))
        R, A, third, fourth = (
            np.broadcast_to(v, shape).ravel().astype(float) for v in (self.R, self.A, self.third, self.fourth)
        )
        if fine or self.per_time:
            return self._engine(R, A, third, fourth, horizon, rate, fine).reshape(shape)
        return _coarse(R, A, third, fourth, horizon, rate).reshape(shape)

    def _engine(
        self, R: np.ndarray, A: np.ndarray, third: np.ndarray, fourth: np.ndarray, horizon: float, rate: float,
        fine: bool,
    ) -> np.ndarray:  # fmt: skip
        """As customers without a history, whose parameters hold all that is known."""
        n = len(R)
        zero, none = np.zeros(n), np.empty((n, 0))
        kinds = np.column_stack(
            [R, A, third, fourth]
        )  # tells customers apart where the engine merges equal ones
        d = Buyers(
            zero, zero, zero, np.ones(n), kinds, none, ("R", "A", "third", "fourth"), (), np.arange(n), 1.0
        )
        after = float(isinstance(self.model, BgFamily) and self.model.modified)  # which the engine adds to b
        return self.model.discounted(d, (R, A, third, fourth - after), horizon, rate, fine)


def _coarse(
    R: np.ndarray, A: np.ndarray, a: np.ndarray, b: np.ndarray, horizon: float, rate: float
) -> np.ndarray:
    """R int_0^Y e^{y - rate A (e^y - 1)} E[(1 + p (e^y - 1))^-(R+1)] dy with t = A (e^y - 1); error about 1e-4."""
    until = min(horizon, TAIL / rate) if rate > 0 else horizon
    node, w = np.polynomial.legendre.leggauss(NODES_TIME)
    found, step = np.empty(len(R)), max(1, CELLS // (NODES_P * NODES_TIME))
    for low in range(0, len(R), step):
        s = slice(low, low + step)
        ends = np.log1p(until / A[s])[:, None] / 2
        y = ends * (node + 1)
        grown = np.expm1(y)
        p, w_p = beta_nodes(a[s], b[s], NODES_P)
        log = np.log1p(p[:, None, :] * grown[:, :, None])
        log *= -(R[s] + 1)[:, None, None]
        mean = np.einsum("ip,itp->it", w_p, np.exp(log, out=log))
        found[s] = R[s] * (ends * w * np.exp(y - rate * A[s][:, None] * grown) * mean).sum(axis=1)
    return found
