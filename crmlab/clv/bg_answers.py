"""What BG-type models say of the future: discounted purchases by quadrature, and the distribution of counts.

Given alive at T, the rate of a stage is lambda ~ Gamma(r+kx+j, alpha+T) with j stages of the running gap
done, and dropout p ~ Beta(a, b+x) (b+x+1 if modified; its caller passes b so). With rho = 1 - p the purchase
rate t later is (lambda/(k rho)) sum_l z_l^(j+1) exp(-lambda t (1 - z_l)), z_l the k-th roots of rho; for
k = 1 it is lambda exp(-lambda p t). Discounting and integrating over t is elementary; lambda and p are
averaged by quadrature, so there is no 2F1 and no singularity at a = 1.

Source
------
Fader, Hardie & Lee (2005), eqs. (8)-(10), for k = 1; derived here for k > 1.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaln, gammainc

from crmlab.clv.bg_plain import discounted_plain
from crmlab.clv.buyers import Buyers
from crmlab.clv.mixing import beta_nodes, beta_sides, gamma_nodes
from crmlab.clv.params import Rows

CELLS = 1_000_000  # of quadrature nodes at a time
NODES_P, NODES_RATE = 64, 48  # error below 1e-9
SMALL, TERMS = 1e-3, 6  # share 1 - p below which a series replaces roots, with an error below 1e-15
COARSE = 32  # of both, for draws of parameters: error about 1e-6


def discounted(
    d: Buyers, p: tuple[np.ndarray, ...], k: int, horizon: float, rate: float, fine: bool = True
) -> np.ndarray:
    """Expected purchases in (T, T + horizon], discounted at a continuous rate, given alive at T; shape (m,).

    k > 1 by quadrature over lambda and p, k = 1 by the tables of `bg_plain`.
    """
    nodes = (NODES_P, NODES_RATE) if fine else (COARSE, COARSE)
    size = NODES_P if k == 1 and rate == 0 else NODES_P * NODES_RATE
    step = max(1, CELLS // size)
    # a running exponential gap has no memory, so t_x matters for k > 1 alone
    places, like = d.futures() if k == 1 else (np.arange(len(d.x)), np.arange(len(d.x)))
    if k == 1 and rate > 0:
        r, alpha, a, b = (v[places] for v in p)
        x, T = d.x[places], d.T[places]
        return discounted_plain(r + x, alpha + T, a, b + x, horizon, rate, fine)[like]
    found = np.empty(len(places))
    for low in range(0, len(found), step):
        s = places[low : low + step]
        r, alpha, a, b = (v[s] for v in p)
        if k == 1 and rate == 0 and np.isfinite(horizon):
            part = _undiscounted(d.x[s], d.T[s], r, alpha, a, b, horizon)
        else:
            part = _mixed(d.x[s], d.t_x[s], d.T[s], r, alpha, a, b, k, horizon, rate, nodes)
        found[low : low + step] = part
    return found[like]


def _undiscounted(
    x: np.ndarray, T: np.ndarray, r: np.ndarray, alpha: np.ndarray, a: np.ndarray, b: np.ndarray, h: float,
) -> np.ndarray:  # fmt: skip
    """E[(1 - (1 + p h/(alpha+T))^-(r+x)) / p] over p ~ Beta(a, b+x)."""
    p, w = beta_nodes(a, b + x, NODES_P)
    grown = np.log1p(p * (h / (alpha + T))[:, None])
    gone = -np.expm1(-(r + x)[:, None] * grown)
    limit = ((r + x) * h / (alpha + T))[:, None]
    return (w * np.where(p > 1e-290, gone / np.maximum(p, 1e-290), limit)).sum(axis=1)


def _mixed(
    x: np.ndarray, t_x: np.ndarray, T: np.ndarray, r: np.ndarray, alpha: np.ndarray, a: np.ndarray,
    b: np.ndarray, k: int, h: float, rate: float, nodes: tuple[int, int],
) -> np.ndarray:  # fmt: skip
    """Average over the running gap's stage j, over lambda and over p."""
    _, log_rho, w_p = beta_sides(a, b + x, nodes[0])
    R, at_T = r + k * x, alpha + T
    u = (T - t_x) / at_T
    weight, total, found = np.ones_like(R), np.zeros_like(R), np.zeros_like(R)
    for j in range(k):
        y, w_y = gamma_nodes(R + j + 1, nodes[1])  # Gamma(R+j) times lambda
        inner = _given(y / at_T[:, None], log_rho, j, k, h, rate)
        mean = np.einsum("ij,ik,ijk->i", w_y, w_p, inner)
        found += weight * (R + j) / at_T * mean
        total += weight
        weight = weight * (R + j) / (j + 1) * u
    return found / total


def _given(lam: np.ndarray, log_rho: np.ndarray, j: int, k: int, h: float, rate: float) -> np.ndarray:
    """(discounted purchases) / lambda at nodes lambda (m, n) and log(1 - p) (m, q): array (m, n, q).

    With q = lambda/s, s = rate + lambda, the sum over roots is sum_i rho^(i-1) q^(ki-j-1) / s, each term times
    the chance that ki-j stages end within s h. To all the future that is geometric; to a horizon it is summed
    where rho is small, for there the roots cancel.
    """
    s = rate + lam
    log_q = -np.log1p(rate / np.maximum(lam, 1e-290))
    if not np.isfinite(h):
        first = np.exp((k - 1 - j) * log_q) / s
        return first[:, :, None] / -np.expm1(log_rho[:, None, :] + (k * log_q)[:, :, None])
    found = np.zeros((*lam.shape, log_rho.shape[1]))
    rho = np.exp(np.maximum(log_rho, np.log(SMALL)))[:, None, :]
    root = np.exp(np.log(rho) / k)
    for turn in range(k):
        z = root * np.exp(2j * np.pi * turn / k)
        hazard = rate + lam[:, :, None] * (-np.expm1(np.log(rho) / k) if turn == 0 else 1 - z)
        found += (z ** (j + 1) * _paid(hazard, h)).real
    found /= k * rho
    row, node = np.nonzero(log_rho < np.log(SMALL))
    if len(row):
        found[row, :, node] = sum(
            np.exp((i - 1) * log_rho[row, node])[:, None]
            * (np.exp((k * i - j - 1) * log_q) / s * gammainc(k * i - j, s * h))[row]
            for i in range(1, TERMS + 1)
        )
    return found


def _paid(hazard: np.ndarray, h: float) -> np.ndarray:
    """Integral of exp(-hazard t) over (0, h]."""
    if not np.isfinite(h):
        return 1 / hazard
    small = np.abs(hazard) * h < 1e-12
    return np.where(small, h, -np.expm1(-hazard * h) / np.where(small, 1.0, hazard))


def pmf(count: np.ndarray, t: np.ndarray, p: tuple[Rows, ...], k: int, modified: bool) -> np.ndarray:
    """P(X(t) = count) of a new customer; eq. (8) of the paper for k = 1.

    Either `count` coins let the customer live and the count-th gap but not the next is over, or the
    count-th coin ended it: P(N >= kn) with N stages, negative binomial.
    """
    r, alpha, a, b = p
    m = int(modified)
    share = t / (alpha + t)
    done, more = (_at_least(k * c, r, share) for c in (count, count + 1))
    survive = np.exp(betaln(a, b + count + m) - betaln(a, b))
    mortal = (count > 0) | modified
    coins = np.where(mortal, count - 1 + m, 0)
    died = np.where(mortal, np.exp(betaln(a + 1, b + coins) - betaln(a, b)), 0.0)
    return survive * (done - more) + died * done


def _at_least(stages: np.ndarray, r: Rows, share: Rows) -> np.ndarray:
    """P(N >= stages) of a negative binomial."""
    return np.where(stages > 0, betainc(np.maximum(stages, 1), r, share), 1.0)
