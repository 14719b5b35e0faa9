"""Model matrices and the moments they imply, with exact derivatives; one parameter vector or many at once.

The model is held in reticular form: all p observed and m latent variables in one vector v of length t,
v = M + A v + e with cov(e) = S. An arrow from j to i is A[i, j] (a loading, a regression), S holds
variances and covariances of what the arrows leave, M intercepts and means. With E = (I - A)^-1 and G its
p observed rows

    Sigma = G S G',   mu = G M.

Only a source, a variable that sends an arrow, has effects on others: E is I but for the columns of the
sources, E = I + T with T (t, k) their total effects. In a factor model those are few (the factors), and all
products below run over them alone.

Source
------
McArdle, J. J. & McDonald, R. P. (1984). Some algebraic properties of the reticular action model for
moment structures. British Journal of Mathematical and Statistical Psychology 37, 234-251.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crmlab.sem.rows import ParTable, Row


@dataclass(frozen=True, eq=False)
class GroupMap:
    """Where the rows of one group stand in A, S, M, thresholds and scales (indices of cells, of rows)."""

    a: np.ndarray  # (k, 3): i, j, row
    s: np.ndarray  # (k, 3): i, j, row with i >= j
    m: np.ndarray  # (k, 2): i, row
    tau: np.ndarray  # (k, 2): item, row in the order of items and thresholds
    scale: np.ndarray  # (k, 2): item, row

    @cached_property
    def moment_rows(self) -> np.ndarray:
        """Rows of A and S, in that order."""
        return np.concatenate([self.a[:, 2], self.s[:, 2]])


@dataclass(frozen=True, eq=False)
class State:
    """Matrices of one group at a parameter vector; leading axes are a batch."""

    sources: np.ndarray  # (k,) variables that send an arrow
    D: np.ndarray  # (..., t, k): direct effects of the sources, their columns of A
    T: np.ndarray  # (..., t, k): total effects of the sources, their columns of E - I
    S: np.ndarray
    M: np.ndarray
    C: np.ndarray  # (..., t, p): E S G', covariance of all variables with the observed
    cov: np.ndarray
    mean: np.ndarray

    @property
    def A(self) -> np.ndarray:
        """(..., t, t) direct effects."""
        out = np.zeros(self.S.shape, dtype=self.D.dtype)
        out[..., self.sources] = self.D
        return out

    @cached_property
    def E(self) -> np.ndarray:
        """(..., t, t) identity and total effects."""
        out = np.zeros(self.S.shape, dtype=self.T.dtype)
        out[...] = np.eye(out.shape[-1])
        out[..., self.sources] += self.T
        return out


@dataclass(frozen=True, eq=False)
class Model:
    """A parameter table ready for numbers.

    Attributes
    ----------
    table : the parameter table
    observed, latent : names
    groups : cell maps
    free : (R,) index of the free parameter of each row, -1 where fixed
    fixed : (R,) values of the fixed rows, 0 elsewhere, NaN where computed
    first : (q,) the first row of each free parameter
    """

    table: ParTable
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    groups: tuple[GroupMap, ...]
    free: np.ndarray
    fixed: np.ndarray
    first: np.ndarray

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows of the table."""
        return self.table.rows

    @property
    def p(self) -> int:
        """Number of observed variables."""
        return len(self.observed)

    @property
    def q(self) -> int:
        """Number of distinct free parameters (equal labels count once)."""
        return len(self.first)

    @property
    def means(self) -> bool:
        """Whether means are part of the model."""
        return self.table.options.meanstructure

    @cached_property
    def incidence(self) -> np.ndarray:
        """(R, q): 1 where a row is a parameter."""
        P = np.zeros((len(self.free), self.q))
        rows = np.flatnonzero(self.free >= 0)
        P[rows, self.free[rows]] = 1.0
        return P

    def gather(self, by_row: np.ndarray) -> np.ndarray:
        """(..., q) from (..., R): sums over the rows that share a parameter."""
        if len(self._moving) == self.q:
            return by_row[..., self.first]
        return by_row @ self.incidence

    @cached_property
    def vech(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of the lower triangle, column by column."""
        col, row = np.triu_indices(self.p)
        return row, col

    @cached_property
    def sources(self) -> np.ndarray:
        """(k,) variables that send an arrow in any group."""
        return np.unique(np.concatenate([group.a[:, 1] for group in self.groups]))

    @cached_property
    def depth(self) -> int | None:
        """Longest chain of arrows; None if the arrows run in a circle."""
        t = self.p + len(self.latent)
        pattern = np.zeros((t, t))
        for group in self.groups:
            pattern[group.a[:, 0], group.a[:, 1]] = 1
        power, steps = pattern, 0
        while power.any():
            power, steps = np.minimum(power @ pattern, 1), steps + 1
            if steps > t:
                return None
        return steps

    @cached_property
    def _moving(self) -> np.ndarray:
        return np.flatnonzero(self.free >= 0)

    def values(self, theta: np.ndarray) -> np.ndarray:
        """(..., R): the value of every row."""
        rows = self._moving
        out = np.empty((*theta.shape[:-1], len(self.free)), dtype=theta.dtype)
        out[...] = self.fixed
        out[..., rows] = theta[..., self.free[rows]]
        return out

    def with_fixed(self, fixed: np.ndarray) -> Model:
        """The same model with other values of the fixed rows."""
        return Model(self.table, self.observed, self.latent, self.groups, self.free, fixed, self.first)

    def state(self, values: np.ndarray, g: int) -> State:
        """Matrices of group g at row values (..., R)."""
        group = self.groups[g]
        t, p = self.p + len(self.latent), self.p
        lead = values.shape[:-1]
        D = np.zeros((*lead, t, len(self.sources)), dtype=values.dtype)
        S = np.zeros((*lead, t, t), dtype=values.dtype)
        M = np.zeros((*lead, t), dtype=values.dtype)
        D[..., group.a[:, 0], np.searchsorted(self.sources, group.a[:, 1])] = values[..., group.a[:, 2]]
        v = values[..., group.s[:, 2]]
        S[..., group.s[:, 0], group.s[:, 1]] = v
        S[..., group.s[:, 1], group.s[:, 0]] = v
        M[..., group.m[:, 0]] = values[..., group.m[:, 1]]
        T = self._effects(D)
        G = T[..., :p, :]
        SG = S[..., :p] + S[..., self.sources] @ np.swapaxes(G, -1, -2)
        C = SG + T @ SG[..., self.sources, :]
        mean = M[..., :p] + (G @ M[..., self.sources, None])[..., 0]
        cov = C[..., :p, :]
        return State(self.sources, D, T, S, M, C, (cov + np.swapaxes(cov, -1, -2)) / 2, mean)

    def _effects(self, D: np.ndarray) -> np.ndarray:
        """(..., t, k) total effects of the sources, the columns of A + A^2 + ..., from their direct effects."""
        among = D[..., self.sources, :]
        if self.depth is None or self.depth > 6:
            try:
                return D @ np.linalg.inv(np.eye(len(self.sources)) - among)
            except np.linalg.LinAlgError:  # a circle of arrows that gains as much as goes in has no moments
                return np.full_like(D, np.nan)
        total = D
        for _ in range(self.depth - 1):
            total = D + total @ among
        return total

    # -- derivatives ---------------------------------------------------------------------------

    def pull(self, state: State, g: int, d_mean: np.ndarray | None, d_cov: np.ndarray) -> np.ndarray:
        """(..., R): derivative by every row of a function with the given derivatives by the moments.

        Parameters
        ----------
        d_mean : (..., p) or None
        d_cov : (..., p, p) symmetric: dF = sum(d_cov * dSigma)
        """
        group, p = self.groups[g], self.p
        sources, t = self.sources, self.p + len(self.latent)
        T = state.T[..., :p, :]
        by_source = np.swapaxes(T, -1, -2) @ d_cov
        lead = by_source.shape[:-2]
        left = np.zeros((*lead, t, p), dtype=by_source.dtype)  # G' d_cov
        left[..., :p, :] = d_cov
        left[..., sources, :] += by_source
        by_s = np.zeros((*lead, t, t), dtype=left.dtype)  # G' d_cov G
        by_s[..., :p] = left
        by_s[..., sources] += left @ T
        by_a = 2 * (left @ np.swapaxes(state.C[..., sources, :], -1, -2))
        out = np.zeros((*lead, len(self.free)), dtype=left.dtype)
        i, j, row = group.s.T
        out[..., row] = by_s[..., i, j] * np.where(i == j, 1.0, 2.0)
        i, j, row = group.a.T
        out[..., row] = by_a[..., i, np.searchsorted(sources, j)]
        if d_mean is not None:
            back = (np.swapaxes(state.E[..., :p, :], -1, -2) @ d_mean[..., None])[..., 0]
            level = (state.E @ state.M[..., None])[..., 0]
            out[..., row] += back[..., i] * level[..., j]
            out[..., group.m[:, 1]] = back[..., group.m[:, 0]]
        return out

    def cov_jacobian(self, state: State, g: int) -> np.ndarray:
        """(p(p+1)/2, R): derivative of vech(Sigma), lower triangle column by column, by every row."""
        group, p = self.groups[g], self.p
        G = state.E[:p]
        a, s = group.a, group.s
        U = np.hstack([G[:, a[:, 0]], G[:, s[:, 0]]])
        V = np.hstack([state.C[a[:, 1]].T, G[:, s[:, 1]] * np.where(s[:, 0] == s[:, 1], 0.5, 1.0)])
        row, col = self.vech
        J = np.zeros((len(row), len(self.free)), dtype=U.dtype)
        J[:, group.moment_rows] = U[row] * V[col] + V[row] * U[col]
        return J

    def mean_jacobian(self, state: State, g: int) -> np.ndarray:
        """(p, R): derivative of mu by every row."""
        group, p = self.groups[g], self.p
        G = state.E[:p]
        J = np.zeros((p, len(self.free)), dtype=G.dtype)
        level = state.E @ state.M
        J[:, group.a[:, 2]] = G[:, group.a[:, 0]] * level[group.a[:, 1]]
        J[:, group.m[:, 1]] = G[:, group.m[:, 0]]
        return J

    def information(self, state: State, g: int) -> np.ndarray:
        """(R, R): expected information per observation of normal data about every row.

        Notes
        -----
        I_ab = tr(W dSigma_a W dSigma_b) / 2 + dmu_a' W dmu_b, W = Sigma^-1. Every dSigma is u v' + v u', so
        with L L' = Sigma and Gram products of L^-1 u, L^-1 v the trace is
        2 [(u_a.u_b)(v_a.v_b) + (u_a.v_b)(v_a.u_b)]: no p x p product for any parameter.
        """
        group, p = self.groups[g], self.p
        G = state.E[:p]
        L = np.linalg.cholesky(state.cov)
        X = np.linalg.solve(L, np.hstack([G, state.C.T]))
        t = G.shape[1]
        a, s = group.a, group.s
        U = np.hstack([X[:, a[:, 0]], X[:, s[:, 0]]])
        V = np.hstack([X[:, t + a[:, 1]], X[:, s[:, 1]] * np.where(s[:, 0] == s[:, 1], 0.5, 1.0)])
        cross = U.T @ V
        part = (U.T @ U) * (V.T @ V) + cross * cross.T
        out = np.zeros((len(self.free), len(self.free)))
        rows = group.moment_rows
        out[np.ix_(rows, rows)] = part
        if self.means:
            J = np.linalg.solve(L, self.mean_jacobian(state, g))
            out += J.T @ J
        return out
