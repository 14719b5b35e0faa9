"""The normal likelihood of many incomplete samples at once.

With P = Sigma^-1 and d a row's deviations, zero in its missing cells m, these are expected at
-P_mm^-1 (P d)_m with covariance P_mm^-1, and log|Sigma_oo| = log|Sigma| + log|P_mm|: only matrices of the size
of the gap are inverted. The gradient is that of complete data at the expected moments.

Source
------
Arbuckle, J. L. (1996). In Marcoulides & Schumacker (eds), Advanced structural equation modeling, 243-277.
Dempster, A. P., Laird, N. M. & Rubin, D. B. (1977). J. Royal Statistical Society B 39, 1-38.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.sem.batch import inverses
from crmlab.sem.matrices import Model, State
from crmlab.sem.moments import row_scores


@dataclass(frozen=True, eq=False)
class Incomplete:
    """B samples of n rows.

    Attributes
    ----------
    X : (B, n, p), anything finite in missing cells
    known : (B, n, p)
    gaps : for every number of missing cells: sample (N,), row (N,), columns (N, m)
    """

    X: np.ndarray
    known: np.ndarray
    gaps: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]

    @classmethod
    def of(cls, X: np.ndarray) -> Incomplete:
        """From samples with NaN."""
        known = ~np.isnan(X)
        lost = (~known).sum(axis=2)
        gaps = []
        for m in range(1, int(lost.max(initial=0)) + 1):
            sample, row = np.nonzero(lost == m)
            if len(sample):
                columns = np.nonzero(~known[sample, row])[1].reshape(-1, m)
                gaps.append((sample, row, columns))
        return cls(np.where(known, X, 0.0), known, tuple(gaps))

    @property
    def cov(self) -> tuple[np.ndarray, ...]:
        """One entry a sample, as `batch.climb` counts them."""
        return (self.X,)

    def take(self, rows: np.ndarray) -> Incomplete:
        """Some samples."""
        place = np.full(len(self.X), -1)
        place[rows] = np.arange(len(rows))
        gaps = []
        for sample, row, columns in self.gaps:
            keep = place[sample] >= 0
            if keep.any():
                gaps.append((place[sample[keep]], row[keep], columns[keep]))
        return Incomplete(self.X[rows], self.known[rows], tuple(gaps))


@dataclass(frozen=True, eq=False)
class Expected:
    """What is expected at a parameter vector: deviations (B, n, p), their moments T (B, p, p) about the model's
    means, log-determinants that the gaps add (B,), and the covariances of each gap."""

    deviations: np.ndarray
    T: np.ndarray
    logdet: np.ndarray
    spread: tuple[np.ndarray, ...]


def expect(sample: Incomplete, P: np.ndarray, mean: np.ndarray) -> Expected:
    """Fill the gaps of every sample at inverse covariances P (B, p, p) and means (B, p)."""
    B, n, p = sample.X.shape
    D = np.where(sample.known, sample.X - mean[:, None, :], 0.0)
    Q = D @ P
    extra, logdet = np.zeros((B, p * p)), np.zeros(B)
    spread = []
    for b, row, m in sample.gaps:
        inner = P[b[:, None, None], m[:, :, None], m[:, None, :]]
        C = np.linalg.inv(inner)
        D[b[:, None], row[:, None], m] = -(C @ Q[b[:, None], row[:, None], m][:, :, None])[:, :, 0]
        logdet += np.bincount(b, np.log(np.abs(np.linalg.det(inner))), B)
        cells = (b[:, None, None] * p + m[:, :, None]) * p + m[:, None, :]
        extra += np.bincount(cells.ravel(), C.ravel(), B * p * p).reshape(B, p * p)
        spread.append(C)
    T = (np.swapaxes(D, 1, 2) @ D + extra.reshape(B, p, p)) / n
    return Expected(D, T, logdet / n, tuple(spread))


@dataclass(frozen=True, eq=False)
class BatchFIML:
    """The discrepancy of incomplete samples, each at its own parameters; for `batch.climb`."""

    model: Model

    def evaluate(self, theta: np.ndarray, sample: Incomplete) -> tuple[np.ndarray, np.ndarray]:
        """F (B,), -2 log-likelihood of a row but for a constant, and gradient (B, q)."""
        values = self.model.values(theta)
        state = self.model.state(values, 0)
        logdet, P = inverses(state.cov)
        found = expect(sample, P, state.mean)
        PD = found.deviations @ P
        F = logdet + found.logdet + np.einsum("bnp,bnp->b", found.deviations, PD) / sample.X.shape[1]
        d_mean = -2 * PD.mean(axis=1)
        gradient = self.model.gather(self.model.pull(state, 0, d_mean, P - P @ found.T @ P))
        gradient[~np.isfinite(F)] = 0.0
        return F, gradient


def incomplete_scores(
    model: Model, state: State, X: np.ndarray, g: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expected moments, casewise scores and missing information of the rows of group `g` of one sample, with NaN.

    Returns
    -------
    T (p, p), scores (n, R) by every row of the table, information (R, R) that the gaps take from a case

    Notes
    -----
    A complete case has the score (u'Pd)(v'Pd) - ... for dSigma = u v' + v u'. Given what is known, d is
    normal about its expectation, so the score's expectation adds u'P C P v and its variance, the missing
    information, has a linear part and, with x = L'Pu and y = L'Pv over the gap (L L' = C), a quadratic part
    sum_kl (x_k y_l + x_l y_k)(x_k y_l + x_l y_k)' / 2.

    Source
    ------
    Louis, T. A. (1982). J. Royal Statistical Society B 44, 226-233.
    """
    P = np.linalg.inv(state.cov)
    one = Incomplete.of(X[None])
    filled = expect(one, P[None], state.mean[None])
    D = filled.deviations[0]
    scores = row_scores(model, state, g, D + state.mean, state.mean)
    group = model.groups[g]
    rows, a, c = group.moment_rows, group.a, group.s
    G = state.E[: model.p]
    U = P @ np.hstack([G[:, a[:, 0]], G[:, c[:, 0]]])
    V = P @ np.hstack([state.C[a[:, 1]].T, G[:, c[:, 1]] * np.where(c[:, 0] == c[:, 1], 0.5, 1.0)])
    level = P @ model.mean_jacobian(state, g)
    DU, DV = D @ U, D @ V
    lost = np.zeros((len(model.free),) * 2)
    for (_, case, m), C in zip(one.gaps, filled.spread, strict=True):
        L = np.swapaxes(np.linalg.cholesky(C), 1, 2)
        x, y = L @ U[m], L @ V[m]
        scores[np.ix_(case, rows)] += (x * y).sum(axis=1)
        linear = L @ level[m]
        linear[:, :, rows] += DU[case][:, None] * y + DV[case][:, None] * x
        linear = linear.reshape(-1, linear.shape[2])
        lost += linear.T @ linear
        h = x[:, :, None] * y[:, None, :]
        h = (h + np.swapaxes(h, 1, 2)).reshape(-1, len(rows))
        lost[np.ix_(rows, rows)] += h.T @ h / 2
    return filled.T[0], scores, lost / len(X)
