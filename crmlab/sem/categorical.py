"""Least squares for ordered items: thresholds, means, variances and polychoric correlations.

Behind every ordered item stands a normal response y*. Under the delta parametrisation its scale is a
parameter, delta = 1/sd(y*), and the residual variance follows; under theta the residual variance is a
parameter and delta follows from Sigma. The model's statistics are

    tau* = delta (tau - mu),   Sigma* = D Sigma D,   D = diag(delta), 1 for numeric variables.

Source
------
Muthén, B. & Asparouhov, T. (2002). Latent variable analysis with categorical outcomes: multiple-group and
growth modeling in Mplus. Mplus Web Notes 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem.matrices import Model, State
from crmlab.sem.objective import LeastSquares


@dataclass(frozen=True, eq=False)
class Categorical(LeastSquares):
    """`LeastSquares` with the statistics of `ordinal.statistics`, in that order."""

    ordered: np.ndarray  # (p,) bool
    fixed_x: np.ndarray  # (p,) bool: fixed predictors, on which all moments are conditional

    @cached_property
    def bare(self) -> Model:
        """The model without moments of the fixed predictors: what it implies is then given these."""
        exo = np.array([row.exo for row in self.model.rows])
        return self.model.with_fixed(np.where(exo, 0.0, self.model.fixed)) if exo.any() else self.model

    @cached_property
    def outcomes(self) -> np.ndarray:
        """Positions of the variables that are modelled."""
        return np.flatnonzero(~self.fixed_x)

    @cached_property
    def numeric(self) -> np.ndarray:
        """Positions of the numeric ones among them."""
        return np.flatnonzero(~self.fixed_x & ~self.ordered)

    @property
    def theta_scale(self) -> bool:
        """Whether residual variances are parameters."""
        return self.model.table.options.parameterization == "theta"

    @cached_property
    def below(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column below the diagonal, column by column, of the outcomes."""
        col, row = np.triu_indices(len(self.outcomes), 1)
        return self.outcomes[row], self.outcomes[col]

    @cached_property
    def _order(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each group: variable, and row of its threshold (-1 for a mean), in the order of the statistics."""
        found = []
        for group in self.model.groups:
            item, row = group.tau.T
            variable = np.concatenate([item, self.numeric])
            rows = np.concatenate([row, np.full(len(self.numeric), -1)])
            order = np.argsort(variable, kind="stable")
            found.append((variable[order], rows[order]))
        return found

    def first(self, g: int) -> tuple[np.ndarray, np.ndarray]:
        """Variable and row of its threshold (-1 for a mean) of the statistics before the variances."""
        return self._order[g]

    def scale(self, values: np.ndarray, state: State, g: int) -> np.ndarray:
        """(p,) delta of every variable, 1 for numeric ones."""
        delta = np.ones(self.model.p, dtype=values.dtype)
        if self.theta_scale:
            variance = np.diagonal(state.cov)
            there = self.ordered & (variance.real > 0)
            scale = 1 / np.sqrt(np.where(there, variance, 1.0))
            return np.where(self.ordered, np.where(there, scale, np.nan), delta)
        item, row = self.model.groups[g].scale.T
        delta[item] = values[row]
        return delta

    def moments(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(k,) the model's statistics."""
        values = self.filled(theta)
        state = self.bare.state(values, g)
        delta = self.scale(values, state, g)
        i, row = self.first(g)
        mean = state.mean[i]
        head = np.where(row < 0, mean, delta[i] * (values[row] - mean))
        y, x = self.outcomes, np.flatnonzero(self.fixed_x)
        slopes = (delta[y, None] * state.E[np.ix_(y, x)]).ravel()
        variance = np.diagonal(state.cov)[self.numeric]
        r, c = self.below
        return np.concatenate([head, slopes, variance, (state.cov * np.outer(delta, delta))[r, c]])

    def jacobian(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(k, q) derivative of the statistics."""
        model = self.model
        values = self.filled(theta)
        state = self.bare.state(values, g)
        delta = self.scale(values, state, g)
        by_mean = model.mean_jacobian(state, g)
        by_cov = np.empty((model.p, model.p, len(model.free)), dtype=by_mean.dtype)
        row, col = model.vech
        by_cov[row, col] = by_cov[col, row] = model.cov_jacobian(state, g)
        by_delta = self._by_delta(by_cov, delta, g)
        by_cov = self._with_residuals(by_cov, by_delta, delta, g)
        i, at = self.first(g)
        on = at >= 0
        gap = values[at] - state.mean[i]
        line = -delta[i][:, None] * by_mean[i] + gap[:, None] * by_delta[i]
        line[np.flatnonzero(on), at[on]] += delta[i][on]
        head = np.where(on[:, None], line, by_mean[i])
        slopes = self._slope_jacobian(state, delta, by_delta, g)
        variance = by_cov[self.numeric, self.numeric]
        r, c = self.below
        cross = by_cov[r, c] * (delta[r] * delta[c])[:, None] + state.cov[r, c][:, None] * (
            delta[c][:, None] * by_delta[r] + delta[r][:, None] * by_delta[c]
        )
        return model.gather(np.vstack([head, slopes, variance, cross]))

    def _slope_jacobian(self, state: State, delta: np.ndarray, by_delta: np.ndarray, g: int) -> np.ndarray:
        """(y x, R) of delta times the total effects of the fixed predictors; dE = E dA E."""
        y, x = self.outcomes, np.flatnonzero(self.fixed_x)
        E = state.E
        i, j, row = self.model.groups[g].a.T
        out = E[np.ix_(y, x)][:, :, None] * by_delta[y][:, None, :]
        out[:, :, row] += delta[y][:, None, None] * E[y][:, None, i] * E[j][:, x].T[None]
        return out.reshape(len(y) * len(x), len(self.model.free))

    def _by_delta(self, by_cov: np.ndarray, delta: np.ndarray, g: int) -> np.ndarray:
        """(p, R) derivative of delta by every row."""
        out = np.zeros((self.model.p, by_cov.shape[2]), dtype=by_cov.dtype)
        if self.theta_scale:
            diagonal = by_cov[np.arange(self.model.p), np.arange(self.model.p)]
            return np.where(self.ordered[:, None], -0.5 * (delta**3)[:, None] * diagonal, out)
        item, row = self.model.groups[g].scale.T
        out[item, row] = 1.0
        return out

    @cached_property
    def _computed(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each group: ordered items whose residual variance follows from their scale, and its row."""
        found = []
        for group in self.model.groups:
            own = [(i, k) for i, j, k in group.s if i == j and i < self.model.p and self.ordered[i]]
            cells = np.array([] if self.theta_scale else own, dtype=int).reshape(-1, 2)
            found.append((cells[:, 0], cells[:, 1]))
        return found

    @cached_property
    def _linked(self) -> bool:
        """Whether an ordered item predicts others under delta: then its residual variance is part of theirs."""
        if self.theta_scale:
            return False
        return any(j < self.model.p and self.ordered[j] for group in self.model.groups for j in group.a[:, 1])

    def filled(self, theta: np.ndarray) -> np.ndarray:
        """(R,) row values for `bare`, with the residual variances that other variables inherit."""
        values = self.bare.values(theta)
        return self._residuals(values) if self._linked else values

    def _residuals(self, values: np.ndarray) -> np.ndarray:
        """Residual variances of ordered items that give every y* the variance 1 / delta^2.

        Cov(y*) is linear in them: with B = E_ij^2 among ordered items, B s = 1 / delta^2 - the rest.
        """
        values = values.copy()
        for g, (item, row) in enumerate(self._computed):
            values[row] = 0.0
            state = self.bare.state(values, g)
            target = 1 / self.scale(values, state, g)[item] ** 2 - np.diagonal(state.cov)[item]
            values[row] = np.linalg.solve(state.E[np.ix_(item, item)] ** 2, target)
        return values

    def _with_residuals(
        self, by_cov: np.ndarray, by_delta: np.ndarray, delta: np.ndarray, g: int
    ) -> np.ndarray:
        """The derivative of the covariances where residual variances follow: they keep the diagonal at 1 / delta^2."""
        if not self._linked:
            return by_cov
        item, row = self._computed[g]
        rest = by_cov.copy()
        rest[:, :, row] = 0.0
        want = -2 * by_delta[item] / delta[item][:, None] ** 3 - rest[item, item]
        return rest + by_cov[:, :, row] @ np.linalg.solve(by_cov[item, item][:, row], want)

    def complete(self, theta: np.ndarray) -> np.ndarray:
        """(R,) row values with what follows from others filled in: residual variances or scales."""
        values = self.model.values(theta).copy()
        if not self.theta_scale:
            exo = np.array([row.exo for row in self.model.rows])
            return np.where(exo, values, self._residuals(self.bare.values(theta)))
        for g, group in enumerate(self.model.groups):
            state = self.bare.state(self.bare.values(theta), g)
            item, row = group.scale.T
            values[row] = self.scale(values, state, g)[item]
        return values


def check(model: Model) -> None:
    """What the delta parametrisation cannot say."""
    if model.table.options.parameterization == "theta":
        return
    for row in model.rows:
        if row.op == "~~" and row.lhs == row.rhs and row.user and row.lhs in model.table.ordered:
            raise ModelError(
                f"'{row.name}': the residual variance of an ordered item is no parameter under delta",
                hint="parameterization='theta'",
            )
