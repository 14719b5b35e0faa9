"""From stage to stage: counts, chances with intervals, and where customers are as time goes by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtri

from crmlab.customers.stages import LOST, NOT_YET, STAGES
from crmlab.wilson import wilson_limits

S = len(STAGES)


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Counts over all customers.

    Attributes
    ----------
    flows : (periods - 1, S, S) customers in stage i at the end of a period and in j at the end of the next
    ages : (periods - 1, S, S) the same by periods since the first purchase
    entered : (periods,) customers who first bought in a period
    squares : (S, S, S) of each customer's visits: sums of n_ij n_ij, n_ij n_i, n_i n_i (last index 0, 1, 2)
    now : (S,) customers by stage at the end
    """

    flows: np.ndarray
    ages: np.ndarray
    entered: np.ndarray
    squares: np.ndarray
    now: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """(S, S) over all periods."""
        return self.flows.sum(axis=0)


def moves(pieces: Iterable[np.ndarray]) -> Moves:
    """Count the moves in pieces of (customers, periods) stages."""
    parts = [_counted(piece) for piece in pieces]
    return Moves(*(sum(each[1:], start=each[0]) for each in zip(*parts, strict=True)))


def _counted(piece: np.ndarray) -> tuple[np.ndarray, ...]:
    m, P = piece.shape
    born = (piece != NOT_YET).argmax(axis=1)
    entered = np.bincount(born, minlength=P).astype(float)
    now = np.bincount(piece[:, -1], minlength=S).astype(float)
    if P == 1:
        none = np.zeros((0, S, S))
        return none, none, entered, np.zeros((S, S, 3)), now
    before, after = piece[:, :-1], piece[:, 1:]
    row, column = np.nonzero(before != NOT_YET)
    i, j = before[row, column].astype(np.int64), after[row, column].astype(np.int64)
    pair = i * S + j
    flows = np.bincount(column * S * S + pair, minlength=(P - 1) * S * S).reshape(P - 1, S, S)
    age = column - born[row]
    ages = np.bincount(age * S * S + pair, minlength=(P - 1) * S * S).reshape(P - 1, S, S)
    own = np.bincount(row * S * S + pair, minlength=m * S * S).reshape(m, S, S).astype(float)
    visits = own.sum(axis=2, keepdims=True)
    squares = np.stack(
        [(own * own).sum(0), (own * visits).sum(0), np.broadcast_to((visits**2).sum(0), (S, S))], axis=2
    )
    return flows.astype(float), ages.astype(float), entered, squares, now


def chances(found: Moves, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(S, S) chance to be in stage j a period after stage i, with both limits; NaN for a stage that nobody left from.

    Notes
    -----
    Wilson's interval at the effective number n = p (1 - p) / v, where v is the variance over customers (a customer's
    moves hang together; Liang & Zeger 1986), at most the number of moves.

    Source
    ------
    Anderson, T. W. & Goodman, L. A. (1957). Statistical inference about Markov chains. Annals of Mathematical
    Statistics 28, 89-110. Wilson, E. B. (1927). JASA 22, 209-212.
    """
    N = found.counts
    total = N.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = N / total
        a, b, c = np.moveaxis(found.squares, 2, 0)
        v = (a - 2 * p * b + p**2 * c) / total**2
        n = np.where(v > 0, np.minimum(p * (1 - p) / v, total), total)
        low, high = wilson_limits(p, n, level)
    return p, low, high


@dataclass(frozen=True, slots=True, eq=False)
class Occupation:
    """Where customers are by periods since the first purchase, and how long they were there.

    Attributes
    ----------
    share : (ages + 1, S) probability to be in a stage; `share_se` its standard error
    time : (S,) mean periods in a stage up to the last age; `time_se` its standard error
    at_risk : (ages,) customers seen from one age to the next
    """

    share: np.ndarray
    share_se: np.ndarray
    time: np.ndarray
    time_se: np.ndarray
    at_risk: np.ndarray


def occupation(ages: np.ndarray, start: int = 0) -> Occupation:
    """State occupation by the Aalen-Johansen estimator, with Greenwood's variance.

    Parameters
    ----------
    ages : (A, S, S) moves from stage i to j between age a and a + 1, those of censored customers left out
    start : stage at age 0

    Notes
    -----
    pi(a + 1) = pi(a) (I + dA(a)), dA_ij = dN_ij / Y_i; a stage that nobody is seen in keeps whom it has. Var pi(a + 1) =
    (I + dA)' Var pi(a) (I + dA) + sum_i pi_i^2 (diag(p_i) - p_i p_i') / Y_i. Time in a stage is the sum of pi over ages
    0 .. A - 1. Occupation needs no Markov property (Datta & Satten 2001).

    Source
    ------
    Aalen, O. O. & Johansen, S. (1978). Scandinavian Journal of Statistics 5, 141-150. Andersen, P. K. et al. (1993).
    Statistical Models Based on Counting Processes, section IV.4. Datta, S. & Satten, G. A. (2001). Statistics &
    Probability Letters 55, 403-411.
    """
    A, k, _ = ages.shape
    pi, V = np.eye(k)[start], np.zeros((k, k))
    time, both, spread = pi.copy(), V.copy(), V.copy()  # sum of pi; its covariance with pi; its own
    share, variance = [pi], [V]
    for dN in ages:
        Y = dN.sum(axis=1)
        M = np.where(Y[:, None] > 0, dN / np.maximum(Y, 1)[:, None], np.eye(k))
        noise = np.zeros((k, k))
        for i in np.flatnonzero(Y):
            noise += pi[i] ** 2 * (np.diag(M[i]) - np.outer(M[i], M[i])) / Y[i]
        V = M.T @ V @ M + noise
        cross = M.T @ both
        pi = pi @ M
        share.append(pi)
        variance.append(V)
        if len(share) <= A:
            spread = spread + V + cross + cross.T
            both = cross + V
            time = time + pi
    se = np.sqrt(np.maximum([np.diag(v) for v in variance], 0))
    return Occupation(
        np.array(share), se, time, np.sqrt(np.maximum(np.diag(spread), 0)), ages.sum(axis=(1, 2))
    )


def logit_limits(p: np.ndarray, se: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits of probabilities, symmetric in log odds; the probability itself at 0 and 1."""
    z = float(ndtri((1 + level) / 2))
    inside = (p > 0) & (p < 1)
    q = np.where(inside, p, 0.5)
    half = z * se / (q * (1 - q))
    return np.where(inside, expit(logit(q) - half), p), np.where(inside, expit(logit(q) + half), p)


def kept(found: Moves) -> tuple[np.ndarray, np.ndarray]:
    """(periods - 1,) customers not lost at the end of a period, and those of them not lost at the end of the next."""
    stays = np.array([k != LOST for k in range(S)])
    there = found.flows[:, stays].sum(axis=(1, 2))
    return there, found.flows[:, stays][:, :, stays].sum(axis=(1, 2))
