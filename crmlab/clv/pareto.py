"""Pareto/NBD: gamma purchase rates, gamma dropout rates in continuous time; no hypergeometric function.

The likelihood needs I = int_{t_x}^T (alpha+u)^-(r+x) (beta+u)^-(s+1) du. With u = c e^y - c + ..., c =
min(alpha, beta), the integrand is smooth in y = log(c+u) and 16 Gauss-Legendre nodes give it to 1e-10;
32 where the range of y is wide. The far tail, below exp(-30) of the peak, is cut.

Source
------
Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987). Management Science 33(1), 1-24.
Fader, P. S. & Hardie, B. G. S. (2005). A note on deriving the Pareto/NBD model, eq. (10)-(13), (37)-(41).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from crmlab.clv.buyers import Buyers
from crmlab.clv.mixing import gamma_nodes
from crmlab.clv.params import HIGH, LOW, Rows, Terms, gamma_log, log_rising, psi_rising, rows, stacked

NODES, NODES_WIDE, WIDE = 16, 40, 5.0
BLOCK = 2048  # histories at a time: their nodes stay in the processor's cache
CELLS = 1_000_000
TAIL = 30.0


@dataclass(frozen=True, slots=True)
class ParetoNbd:
    """Parameters r, alpha (purchase rates, mean r/alpha) and s, beta (dropout rates, mean s/beta)."""

    @property
    def key(self) -> str:
        """Label key of the model."""
        return "model.pareto_nbd"

    @property
    def names(self) -> tuple[str, str, str, str]:
        """The letters of the papers."""
        return ("r", "alpha", "s", "beta")

    @property
    def stages(self) -> int:
        """Stages of one gap."""
        return 1

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
        """A dropout covariate multiplies the dropout rate by exp(g'z), so beta by exp(-g'z)."""
        return {3: -1.0}

    def to_log(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log(r, alpha, s, beta) and Jacobian; theta = log r, log(r/alpha), log s, log(s/beta)."""
        return stacked(gamma_log(theta[0], theta[1]), gamma_log(theta[2], theta[3]))

    def start(self, d: Buyers) -> tuple[np.ndarray, ...]:
        """Places to start from: moderate, nearly without dropout, and soon gone."""
        rate = np.log(2 * (d.w @ d.x) / (d.w @ d.T))
        return tuple(np.array([[-0.5, rate, -0.5, 0.5], [0.0, rate, 0.0, -3.0], [2.0, rate + 1.0, 1.0, 2.0]]))

    def terms(self, d: Buyers, p: tuple[Rows, ...]) -> Terms:
        """Log-likelihood, P(alive) and slopes of every history.

        L = G(r+x)/G(r) alpha^r beta^s [ (alpha+T)^-(r+x) (beta+T)^-s + s I ].
        """
        r, alpha, s, beta = p
        R = r + d.x
        at_T, bt_T = alpha + d.T, beta + d.T
        # alpha^r and beta^s are divided through, lest large shapes cancel large logarithms
        far_a, far_b = np.log1p(d.T / alpha), np.log1p(d.T / beta)
        gap = dead_integral(r, d.x, alpha, s, beta, d.t_x, d.T)
        alive = -r * far_a - d.x * np.log(at_T) - s * far_b
        both = np.logaddexp(alive, gap[0] + np.log(s))
        q = np.exp(alive - both)
        head = d.by_x(lambda x: log_rising(r, x))
        psi = d.by_x(lambda x: psi_rising(r, x))
        dead = 1 - q
        slopes = np.empty((4, len(d.x)))
        slopes[0] = r * (psi - q * far_a + dead * gap[1])
        slopes[1] = r + alpha * (-q * R / at_T + dead * gap[2])
        slopes[2] = s * (-q * far_b + dead * gap[3]) + dead
        slopes[3] = s + beta * (-q * s / bt_T + dead * gap[4])
        return Terms(head + both, q, slopes)

    def discounted(
        self, d: Buyers, p: tuple[Rows, ...], horizon: float, rate: float, fine: bool = True
    ) -> np.ndarray:
        """Purchases in (T, T + horizon], discounted at a continuous rate, given alive at T.

        (r+x)/(alpha+T) * E[(1 - e^{-(rate+mu) h})/(rate+mu)], mu ~ Gamma(s, beta+T); closed for rate 0.
        """
        r, alpha, s, beta = (rows(v, len(d.x)) for v in p)
        pace = (r + d.x) / (alpha + d.T)
        at_T = beta + d.T
        if rate == 0 and np.isfinite(horizon):
            return pace * at_T * _power_integral(s - 1, np.log1p(horizon / at_T))
        places, like = d.futures(with_x=False)
        found, step = np.empty(len(places)), CELLS // 96
        for low in range(0, len(found), step):
            part = places[low : low + step]
            mu, w = gamma_nodes(s[part], 96 if fine else 48)
            hazard = rate + mu / at_T[part, None]
            paid = -np.expm1(-hazard * horizon) / hazard if np.isfinite(horizon) else 1 / hazard
            found[low : low + step] = (w * paid).sum(axis=1)
        return pace * found[like]

    def pmf(self, count: np.ndarray, t: np.ndarray, p: tuple[Rows, ...]) -> np.ndarray:
        """P(X(t) = count) of a new customer: alive at t, or dead at u < t with the count reached by u."""
        r, alpha, s, beta = p
        wide = (r, *(np.asarray(v, dtype=float)[..., None] for v in (alpha, s, beta)))
        y, w = np.polynomial.legendre.leggauss(96)
        c = np.minimum(alpha, beta)
        L = np.log1p(t / c)
        near = np.asarray(c)[..., None]
        u = near * np.expm1((y + 1) / 2 * L[..., None])
        n = np.asarray(count, dtype=float)[..., None]
        dead = np.exp(_log_nbd(n, u, r, wide[1]) + np.log(wide[2] / wide[3])) * (near + u)
        dead *= np.exp(-(wide[2] + 1) * np.log1p(u / wide[3]))
        lived = np.exp(_log_nbd(n[..., 0], t, r, alpha) - s * np.log1p(t / beta))
        return lived + (dead * w).sum(axis=-1) * L / 2


def _log_nbd(n: np.ndarray, u: np.ndarray, r: Rows, alpha: Rows) -> np.ndarray:
    head = gammaln(r + n) - gammaln(r) - gammaln(n + 1) - r * np.log1p(u / alpha)
    return head + np.where(n > 0, n * np.log(np.maximum(u, 1e-300) / (alpha + u)), 0.0)


def _power_integral(power: np.ndarray, L: np.ndarray) -> np.ndarray:
    """(1 - exp(-power L)) / power, L where power is 0."""
    flat = np.abs(power) * np.maximum(L, 1) < 1e-12
    return np.where(flat, L, -np.expm1(-power * L) / np.where(flat, 1.0, power))


def dead_integral(
    r: Rows, x: np.ndarray, alpha: Rows, s: Rows, beta: Rows, t: np.ndarray, T: np.ndarray
) -> np.ndarray:
    """log(alpha^r beta^s I) and its derivatives, shape (5, m): by r, by alpha and beta without those of the
    factors, by s; -infinity where T = t.
    """
    m, R = len(x), r + x
    found = np.empty((5, m))
    a, b, s = rows(alpha, m), rows(beta, m), rows(s, m)
    c = np.minimum(a, b)
    L = _cut(R, s, (c + t) / (a + t), (c + t) / (b + t), np.log1p((T - t) / (c + t)))
    wide = L > WIDE
    for nodes, chosen in ((NODES, np.flatnonzero(~wide)), (NODES_WIDE, np.flatnonzero(wide))):
        for low in range(0, len(chosen), BLOCK):
            i = chosen[low : low + BLOCK]
            found[:, i] = _gauss(R[i], a[i] + t[i], s[i], b[i] + t[i], c[i] + t[i], L[i], nodes)
    near_a, near_b = np.log1p(t / a), np.log1p(t / b)
    found[0] -= r * near_a + x * np.log(a + t) + s * near_b + np.log(b + t)
    found[1] -= near_a
    found[3] -= near_b
    return found


def _cut(R: np.ndarray, s: np.ndarray, near_a: np.ndarray, near_b: np.ndarray, L: np.ndarray) -> np.ndarray:
    """The range of y beyond which the integrand has fallen below exp(-TAIL) of its start.

    The fall h(y) = R log(1 + near_a (e^y - 1)) + (s+1) log(1 + near_b (e^y - 1)) - y is convex, so Newton
    from the right never passes the root.
    """
    y = L.copy()
    for _ in range(5):
        grown = np.expm1(y)
        fall = R * np.log1p(near_a * grown) + (s + 1) * np.log1p(near_b * grown) - y
        slope = R * near_a / (1 + near_a * grown) + (s + 1) * near_b / (1 + near_b * grown)
        far = fall > TAIL
        if not far.any():
            break
        y = np.where(far, y - (fall - TAIL) / np.where(far, slope * (grown + 1) - 1, 1.0), y)
    return y


def _gauss(
    R: np.ndarray, at: np.ndarray, s: np.ndarray, bt: np.ndarray, ct: np.ndarray, L: np.ndarray, nodes: int
) -> np.ndarray:
    y, w = np.polynomial.legendre.leggauss(nodes)
    grow = (y[:, None] + 1) / 2 * L
    du = ct * np.expm1(grow)
    log_a, log_b = np.log1p(du / at), np.log1p(du / bt)
    f = np.exp(grow - R * log_a - (s + 1) * log_b) * (w[:, None] / 2)
    total = f.sum(axis=0)
    f /= total
    log_I = np.full(len(R), -np.inf)
    np.log(total * L * ct, out=log_I, where=L > 0)
    by_r = -(f * log_a).sum(axis=0)
    by_alpha = -R * (f / (at + du)).sum(axis=0)
    by_s = -(f * log_b).sum(axis=0)
    by_beta = -(s + 1) * (f / (bt + du)).sum(axis=0)
    return np.array([log_I, by_r, by_alpha, by_s, by_beta])
