"""What was learnt for sure: evidence that one action pays more than another, valid however contacts were chosen."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, xlogy

HALVINGS = 60


def log_evidence(
    xa: np.ndarray, na: np.ndarray, xb: np.ndarray, nb: np.ndarray,
    gain: tuple[np.ndarray, np.ndarray], cost: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:  # fmt: skip
    """Log of the e-process against "action a pays no more than action b".

    An action pays gain * p - cost a contact, where p is its response rate. The numerator is the probability of the
    answers under independent Jeffreys mixtures, the denominator the highest one that any pair of rates with
    pay(a) <= pay(b) can give. If that hypothesis is true, the chance that the evidence ever exceeds 1/alpha is at most
    alpha, also when each contact was chosen by what had been learnt before, and however often one looks.

    Parameters
    ----------
    xa, na, xb, nb : (m,) answers and contacts of both actions
    gain, cost : of a and of b, (m,) each

    Returns
    -------
    ndarray
        (m,) log evidence; infinite where no rates at all would let b pay as much.

    Source
    ------
    Wasserman, L., Ramdas, A. & Balakrishnan, S. (2020). PNAS 117, 16880-16890 (universal inference). Krichevsky, R. &
    Trofimov, V. (1981). IEEE Transactions on Information Theory 27, 199-207 (the mixture). Ville, J. (1939).
    """
    mixture = _mixture(xa, na) + _mixture(xb, nb)
    pa = np.divide(xa, na, out=np.full(len(na), 0.5), where=na > 0)
    pb = np.divide(xb, nb, out=np.full(len(nb), 0.5), where=nb > 0)
    (ga, gb), (ca, cb) = gain, cost
    inside = ga * pa - ca <= gb * pb - cb
    low, high = np.maximum(0.0, (ca - cb) / ga), np.minimum(1.0, (gb + ca - cb) / ga)
    none = low > high  # where pay(a) = pay(b) is out of reach
    top = _largest(xa, na, xb, nb, (ga, gb), ca - cb, low, np.maximum(high, low))
    best = np.where(inside, _loglik(pa, xa, na) + _loglik(pb, xb, nb), top)
    found = mixture - best
    return np.where(none & ~inside, np.inf, np.where((na > 0) & (nb > 0), found, np.minimum(found, 0.0)))


def _largest(
    xa: np.ndarray, na: np.ndarray, xb: np.ndarray, nb: np.ndarray,
    gain: tuple[np.ndarray, np.ndarray], gap: np.ndarray, low: np.ndarray, high: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Highest log-likelihood on the line pay(a) = pay(b): concave in p_a, so its slope is halved down."""
    ga, gb = gain
    lo, hi = low.copy(), high.copy()
    for _ in range(HALVINGS):
        p = 0.5 * (lo + hi)
        q = np.clip((ga * p - gap) / gb, 0.0, 1.0)
        slope = _slope(p, xa, na) + ga / gb * _slope(q, xb, nb)
        up = slope > 0
        lo, hi = np.where(up, p, lo), np.where(up, hi, p)
    p = 0.5 * (lo + hi)
    return _loglik(p, xa, na) + _loglik(np.clip((ga * p - gap) / gb, 0.0, 1.0), xb, nb)


def _slope(p: np.ndarray, x: np.ndarray, n: np.ndarray) -> np.ndarray:
    safe = np.clip(p, 1e-15, 1 - 1e-15)
    return x / safe - (n - x) / (1 - safe)


def _loglik(p: np.ndarray, x: np.ndarray, n: np.ndarray) -> np.ndarray:
    return xlogy(x, p) + xlogy(n - x, 1 - p)


def _mixture(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    return betaln(x + 0.5, n - x + 0.5) - betaln(0.5, 0.5)
