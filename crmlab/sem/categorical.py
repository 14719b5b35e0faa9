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

    @property
    def theta_scale(self) -> bool:
        """Whether residual variances are parameters."""
        return self.model.table.options.parameterization == "theta"

    @cached_property
    def below(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column below the diagonal, column by column."""
        col, row = np.triu_indices(self.model.p, 1)
        return row, col

    @cached_property
    def _order(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each group: variable, and row of its threshold (-1 for a mean), in the order of the statistics."""
        found = []
        for group in self.model.groups:
            item, row = group.tau.T
            numeric = np.flatnonzero(~self.ordered)
            variable = np.concatenate([item, numeric])
            rows = np.concatenate([row, np.full(len(numeric), -1)])
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
            return np.where(self.ordered, 1 / np.sqrt(variance), delta)
        item, row = self.model.groups[g].scale.T
        delta[item] = values[row]
        return delta

    def moments(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(k,) the model's statistics."""
        values = self.model.values(theta)
        state = self.model.state(values, g)
        delta = self.scale(values, state, g)
        i, row = self.first(g)
        mean = state.mean[i]
        head = np.where(row < 0, mean, delta[i] * (values[row] - mean))
        variance = np.diagonal(state.cov)[~self.ordered]
        r, c = self.below
        return np.concatenate([head, variance, (state.cov * np.outer(delta, delta))[r, c]])

    def jacobian(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(k, q) derivative of the statistics."""
        model = self.model
        values = model.values(theta)
        state = model.state(values, g)
        delta = self.scale(values, state, g)
        by_mean = model.mean_jacobian(state, g)
        by_cov = np.empty((model.p, model.p, len(model.free)), dtype=by_mean.dtype)
        row, col = model.vech
        by_cov[row, col] = by_cov[col, row] = model.cov_jacobian(state, g)
        by_delta = self._by_delta(by_cov, delta, g)
        i, at = self.first(g)
        on = at >= 0
        gap = values[at] - state.mean[i]
        line = -delta[i][:, None] * by_mean[i] + gap[:, None] * by_delta[i]
        line[np.flatnonzero(on), at[on]] += delta[i][on]
        head = np.where(on[:, None], line, by_mean[i])
        variance = by_cov[np.arange(model.p), np.arange(model.p)][~self.ordered]
        r, c = self.below
        cross = by_cov[r, c] * (delta[r] * delta[c])[:, None] + state.cov[r, c][:, None] * (
            delta[c][:, None] * by_delta[r] + delta[r][:, None] * by_delta[c]
        )
        return model.gather(np.vstack([head, variance, cross]))

    def _by_delta(self, by_cov: np.ndarray, delta: np.ndarray, g: int) -> np.ndarray:
        """(p, R) derivative of delta by every row."""
        out = np.zeros((self.model.p, by_cov.shape[2]), dtype=by_cov.dtype)
        if self.theta_scale:
            diagonal = by_cov[np.arange(self.model.p), np.arange(self.model.p)]
            return np.where(self.ordered[:, None], -0.5 * (delta**3)[:, None] * diagonal, out)
        item, row = self.model.groups[g].scale.T
        out[item, row] = 1.0
        return out

    def complete(self, theta: np.ndarray) -> np.ndarray:
        """(R,) row values with what follows from others filled in: residual variances or scales."""
        values = self.model.values(theta).copy()
        for g, group in enumerate(self.model.groups):
            state = self.model.state(values, g)
            delta = self.scale(values, state, g)
            if self.theta_scale:
                item, row = group.scale.T
                values[row] = delta[item]
                continue
            for i, j, row in group.s:
                if i == j and i < self.model.p and self.ordered[i]:
                    values[row] = 1 / delta[i] ** 2 - state.cov[i, i]
        return values


def check(model: Model, ordered: np.ndarray) -> None:
    """What the delta parametrisation cannot say."""
    names = model.observed
    if model.table.roles.exogenous:
        raise ModelError(
            f"observed predictors ({', '.join(model.table.roles.exogenous)}) together with ordered items are "
            "not supported",
            hint="give the predictor a variance in the text ('x ~~ x') to treat it as a random variable",
        )
    if model.table.options.parameterization == "theta":
        return
    for group in model.groups:
        for j in group.a[:, 1]:
            if j < model.p and ordered[j]:
                raise ModelError(
                    f"ordered '{names[j]}' predicts other variables", hint="parameterization='theta'"
                )
    for row in model.rows:
        if row.op == "~~" and row.lhs == row.rhs and row.user and row.lhs in model.table.ordered:
            raise ModelError(
                f"'{row.name}': the residual variance of an ordered item is no parameter under delta",
                hint="parameterization='theta'",
            )
