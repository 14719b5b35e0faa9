"""What incomplete data tell about the saturated moments of one group: information, scores, influence.

All of it depends on the data alone, so the model, its baseline and every index share one computation.

Source
------
Yuan, K.-H. & Bentler, P. M. (2000). Sociological Methodology 30, 165-200.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crmlab.sem.incomplete import Patterns
from crmlab.sem.missing_information import information, scores, vech_index
from crmlab.sem.moments import weight_normal
from crmlab.sem.saturated import Saturated


@dataclass(frozen=True, eq=False)
class SaturatedInformation:
    """Information of one case about (mean, vech cov) at the saturated maximum; k moments, f of them free.

    Attributes
    ----------
    h1 : the saturated moments
    patterns : the data
    exogenous : positions of fixed exogenous variables, whose own moments are not free
    """

    h1: Saturated
    patterns: Patterns
    exogenous: tuple[int, ...]

    @cached_property
    def observed(self) -> np.ndarray:
        """(k, k) observed information."""
        return information(self.h1.mean, self.h1.cov, self.patterns, "observed")

    @cached_property
    def expected(self) -> np.ndarray:
        """(k, k) information under missing completely at random."""
        return information(self.h1.mean, self.h1.cov, self.patterns, "expected")

    @cached_property
    def casewise(self) -> np.ndarray:
        """(n, k) casewise scores."""
        return scores(self.h1.mean, self.h1.cov, self.patterns)

    @cached_property
    def cross(self) -> np.ndarray:
        """(k, k) cross products of the casewise scores, per case."""
        return self.casewise.T @ self.casewise / len(self.casewise)

    @cached_property
    def free(self) -> np.ndarray:
        """(f,) positions of the free moments."""
        p = len(self.h1.mean)
        x = np.isin(np.arange(p), self.exogenous)
        row, col = vech_index(p)
        return np.flatnonzero(np.concatenate([~x, ~(x[row] & x[col])]))

    @cached_property
    def influence(self) -> np.ndarray:
        """(f, n) A^-1 s of every case; NaN where the information has no inverse."""
        block = np.ix_(self.free, self.free)
        return solved(self.observed[block], self.casewise[:, self.free].T)

    @cached_property
    def normal(self) -> np.ndarray:
        """(f, f) weight of the complete-data discrepancy at the saturated covariances."""
        return weight_normal(self.h1.cov, True)[np.ix_(self.free, self.free)]

    @cached_property
    def carried(self) -> np.ndarray:
        """(f, n) the normal weight times the influence."""
        return self.normal @ self.influence

    def spread(self, robust: bool) -> float:
        """tr(W_C Gamma) with Gamma robust or the inverse of the observed information."""
        if robust:
            return float((self.influence * self.carried).sum()) / self.patterns.n
        return self._plain

    @cached_property
    def _plain(self) -> float:
        block = np.ix_(self.free, self.free)
        return float(np.trace(solved(self.observed[block], self.normal)))


def solved(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A^-1 B; NaN where A has no inverse."""
    try:
        return np.linalg.solve(A, B)
    except np.linalg.LinAlgError:
        return np.full_like(B, np.nan)
