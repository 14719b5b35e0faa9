"""Samples of several groups with missing cells, all groups of one sample fitted together by full information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.sem.batch import inverses
from crmlab.sem.batch_fiml import Incomplete, expect, incomplete_scores
from crmlab.sem.curvature import second_derivative
from crmlab.sem.matrices import Model


@dataclass(frozen=True, eq=False)
class Gaps:
    """B samples: the rows of every group, with their missing cells."""

    groups: tuple[Incomplete, ...]

    @property
    def cov(self) -> tuple[np.ndarray, ...]:
        """One entry a sample, as `batch.climb` counts them."""
        return self.groups[0].cov

    def take(self, rows: np.ndarray) -> Gaps:
        """Some samples."""
        return Gaps(tuple(one.take(rows) for one in self.groups))


@dataclass(frozen=True, eq=False)
class GapsML:
    """The discrepancy of samples of equally large groups with missing cells; for `batch.climb`."""

    model: Model

    def evaluate(self, theta: np.ndarray, sample: Gaps) -> tuple[np.ndarray, np.ndarray]:
        """F (B,), -2 log-likelihood of a row but for a constant, and gradient (B, q)."""
        values = self.model.values(theta)
        F, out = np.zeros(len(theta)), np.zeros_like(values)
        for g, one in enumerate(sample.groups):
            state = self.model.state(values, g)
            logdet, P = inverses(state.cov)
            found = expect(one, P, state.mean)
            PD = found.deviations @ P
            share = np.einsum("bnp,bnp->b", found.deviations, PD) / one.X.shape[1]
            F += (logdet + found.logdet + share) / len(sample.groups)
            pulled = self.model.pull(state, g, -2 * PD.mean(axis=1), P - P @ found.T @ P)
            out += pulled / len(sample.groups)
        gradient = self.model.gather(out)
        gradient[~np.isfinite(F)] = 0.0
        return F, gradient

    def information(self, theta: np.ndarray, X: list[np.ndarray]) -> np.ndarray:
        """(q, q) observed information of a row at one sample's parameters; X the rows of each group, with NaN."""
        values = self.model.values(theta)
        H = np.zeros((self.model.q, self.model.q))
        for g, one in enumerate(X):
            state = self.model.state(values, g)
            T, _, lost = incomplete_scores(self.model, state, one, g)
            H += second_derivative(self.model, state, g, T)
            H -= self.model.gather(self.model.gather(lost).T)
        return H / len(X)
