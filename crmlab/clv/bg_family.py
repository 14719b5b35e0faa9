"""BG/NBD and its relatives: gamma purchase rates, beta dropout after a purchase, Erlang-k gaps.

One family: k = 1 is BG/NBD (or, with dropout possible right after the first purchase, MBG/NBD); k > 1 is
BG/CNBD-k (MBG/CNBD-k). A gap between purchases is the sum of k exponential stages of rate lambda.

Source
------
Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). Marketing Science 24(2), 275-284, eqs. (6)-(10).
Batislam, E. P., Denizel, M. & Filiztekin, A. (2007). IJRM 24(3), 201-209 (MBG/NBD).
Reutterer, T., Platzer, M. & Schröder, N. (2021). IJRM 38(1), 194-215 (MBG/CNBD-k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma

from crmlab.clv.bg_answers import discounted, pmf
from crmlab.clv.buyers import Buyers
from crmlab.clv.params import (
    HIGH,
    LOW,
    Rows,
    Terms,
    beta_log,
    gamma_log,
    log_rising,
    psi_rising,
    rows,
    stacked,
)


@dataclass(frozen=True, slots=True)
class BgFamily:
    """k stages between purchases; modified: a customer may drop out right after the first purchase."""

    k: int = 1
    modified: bool = False

    @property
    def key(self) -> str:
        """Label key of the model."""
        return f"model.{'m' if self.modified else ''}bg{'nbd' if self.k == 1 else f'cnbd{self.k}'}"

    @property
    def names(self) -> tuple[str, str, str, str]:
        """The letters of the papers."""
        return ("r", "alpha", "a", "b")

    @property
    def stages(self) -> int:
        """Stages of one gap."""
        return self.k

    @property
    def purchase_signs(self) -> dict[int, float]:
        """A purchase covariate multiplies the purchase rate by exp(g'z), so alpha by exp(-g'z)."""
        return {1: -1.0}

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Where theta is searched."""
        return LOW, HIGH

    @property
    def dropout_signs(self) -> dict[int, float]:
        """A dropout covariate multiplies a by exp(+g'z) and b by exp(DROPOUT_B g'z)."""
        return {2: 1.0, 3: DROPOUT_B}

    def to_log(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log(r, alpha, a, b) and Jacobian; theta = log r, log(r/alpha), logit of mean dropout, log(a + b)."""
        return stacked(gamma_log(theta[0], theta[1]), beta_log(theta[2], theta[3]))

    def start(self, d: Buyers) -> tuple[np.ndarray, ...]:
        """Places to start from: moderate, nearly without dropout, and soon gone."""
        rate = np.log(2 * self.k * (d.w @ d.x) / (d.w @ d.T))
        many = [[-0.5, rate, -1.0, 1.0], [0.0, rate, -4.0, 2.0], [2.0, rate + 1.0, 1.0, 1.0]]
        return tuple(np.array(many))

    def terms(self, d: Buyers, p: tuple[Rows, ...]) -> Terms:
        """Log-likelihood, P(alive) and slopes of every history; eq. (6) of the paper for k = 1.

        L = prod gap stages * B(a, b+x+m)/B(a, b) * G(r+kx)/G(r) alpha^r
            * [ (alpha+T)^-(r+kx) S + (a/(b+x-1+m)) (alpha+t_x)^-(r+kx) ],
        S = sum_{j<k} G(r+kx+j)/(G(r+kx) j!) ((T-t_x)/(alpha+T))^j,  m = 1 if modified else 0.
        """
        r, alpha, a, b = p
        m = int(self.modified)
        R = r + self.k * d.x
        at_T, at_t = alpha + d.T, alpha + d.t_x
        # alpha^r is divided through, lest a large r cancel large logarithms
        far_T, far_t = np.log1p(d.T / alpha), np.log1p(d.t_x / alpha)
        S, S_r, S_alpha = self._last_gap(R, (d.T - d.t_x) / at_T, at_T)
        alive = -r * far_T - self.k * d.x * np.log(at_T) + np.log(S)
        may_die = np.maximum(b + d.x - 1 + m, 1e-300) if m else np.where(d.x > 0, b + d.x - 1, 1.0)
        gone = np.log(a) - np.log(may_die) - r * far_t - self.k * d.x * np.log(at_t)
        dead = gone if m else np.where(d.x > 0, gone, -np.inf)
        both = np.logaddexp(alive, dead)
        q = np.exp(alive - both)
        loglik = both + d.by_x(lambda x: log_rising(r, self.k * x))
        psi_r = d.by_x(lambda x: psi_rising(r, self.k * x))
        beta, slope_a, slope_b = self._coins(d, a, b, m)
        slopes = np.empty((4, len(d.x)))
        slopes[0] = r * (psi_r + q * (S_r / S - far_T) - (1 - q) * far_t)
        slopes[1] = r + alpha * (q * (S_alpha / S - R / at_T) - (1 - q) * R / at_t)
        slopes[2] = a * slope_a + (1 - q)
        slopes[3] = b * (slope_b - (1 - q) / may_die)
        return Terms(loglik + beta, q, slopes)

    def _last_gap(
        self, R: np.ndarray, u: np.ndarray, at_T: np.ndarray
    ) -> tuple[np.ndarray | float, np.ndarray | float, np.ndarray | float]:
        """S and its derivatives by r and alpha; 1, 0, 0 for k = 1."""
        if self.k == 1:
            return 1.0, 0.0, 0.0
        term, psi = np.ones_like(R), np.zeros_like(R)
        S, S_r, S_u = term.copy(), psi.copy(), psi.copy()
        for j in range(1, self.k):
            psi = psi + 1 / (R + j - 1)
            S_u = S_u + term * (R + j - 1)
            term = term * (R + j - 1) / j * u
            S, S_r = S + term, S_r + term * psi
        return S, S_r, -S_u * u / at_T

    def _coins(self, d: Buyers, a: Rows, b: Rows, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """log B(a, b+x+m) - log B(a, b) and its slopes by a and b."""
        if np.ndim(a) == 0 and np.ndim(b) == 0:
            return tuple(_coin_table(d.xs, a, b, m)[:, d.ix])
        return tuple(_coin_table(d.x, a, b, m))

    def discounted(
        self, d: Buyers, p: tuple[Rows, ...], horizon: float, rate: float, fine: bool = True
    ) -> np.ndarray:
        """Discounted purchases of each history in the next `horizon`, given alive at T; see `bg_answers`."""
        r, alpha, a, b = (rows(v, len(d.x)) for v in p)
        return discounted(d, (r, alpha, a, b + int(self.modified)), self.k, horizon, rate, fine)

    def pmf(self, count: np.ndarray, t: np.ndarray, p: tuple[Rows, ...]) -> np.ndarray:
        """P(X(t) = count) of a new customer; see `bg_answers`."""
        return pmf(count, t, p, self.k, self.modified)


DROPOUT_B = 1.0


def _coin_table(x: np.ndarray, a: Rows, b: Rows, m: int) -> np.ndarray:
    whole = digamma(a + b) - digamma(a + b + x + m)
    return np.array(
        [betaln(a, b + x + m) - betaln(a, b), whole + 0 * x, whole + digamma(b + x + m) - digamma(b)]
    )
