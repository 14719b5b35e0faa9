"""A model, its data and the discrepancy between them, ready to be minimised."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem import categorical, start
from crmlab.sem.categorical import Categorical
from crmlab.sem.constraints import Constraints
from crmlab.sem.constraints import read as read_constraints
from crmlab.sem.data import Data
from crmlab.sem.estimators import Estimator
from crmlab.sem.fiml import FullInformation
from crmlab.sem.matrices import Model
from crmlab.sem.moments import vech, weight_normal
from crmlab.sem.objective import LeastSquares, NormalML
from crmlab.sem.optimise import Optimum, minimise
from crmlab.sem.saddle import settle

FLOOR = 1e-16  # of the square of a moment: a smaller variance of it is rounding


@dataclass(frozen=True, eq=False)
class Problem:
    """What is minimised and under which constraints."""

    model: Model
    data: Data
    estimator: Estimator
    objective: NormalML | LeastSquares | FullInformation
    constraints: Constraints

    @property
    def n(self) -> int:
        """Cases of all groups."""
        return self.data.n

    @property
    def means(self) -> bool:
        """Whether means are part of the moments."""
        return self.model.means

    def statistics(self) -> int:
        """Number of sample moments that the model has to meet; fixed exogenous ones do not count."""
        if self.estimator.ordinal:
            return sum(len(group.ordinal.stats) for group in self.data.groups if group.ordinal is not None)
        p, x = self.model.p, len(self.model.table.roles.exogenous)
        each = p * (p + 1) // 2 - x * (x + 1) // 2 + (p - x if self.means else 0)
        return each * len(self.data.groups)

    def jacobian(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(k, q) derivative of the moments of group g."""
        if isinstance(self.objective, NormalML):
            state = self.model.state(self.model.values(theta), g)
            J = self.model.cov_jacobian(state, g)
            if self.means:
                J = np.vstack([self.model.mean_jacobian(state, g), J])
            return self.model.gather(J)
        return self.objective.jacobian(theta, g)

    def weight(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(k, k) or (k,) weight of the moments of group g at theta."""
        if isinstance(self.objective, LeastSquares):
            return self.objective.W[g]
        return weight_normal(self.normal_cov(theta, g), self.means)

    def normal_cov(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(p, p) covariances of group g that give the normal-theory weight of its moments."""
        if self.estimator.missing in ("two.stage", "robust.two.stage"):
            return self.data.cov[g]
        return self.model.state(self.model.values(theta), g).cov

    def gamma(self, g: int) -> np.ndarray:
        """(k, k) asymptotic covariance of the moments of group g."""
        return self.data.groups[g].gamma(self.means)

    def chisq(self, theta: np.ndarray, F: float) -> float:
        """The test statistic; F is the discrepancy at theta."""
        if np.allclose(self.data.parts, self.n * self.data.weight):
            return self.n * F
        assert isinstance(self.objective, NormalML)
        return self.n * replace(self.objective, weight=self.data.parts / self.n).value(theta)

    def values(self, theta: np.ndarray) -> np.ndarray:
        """(R,) all row values, computed ones too."""
        if isinstance(self.objective, Categorical):
            return self.objective.complete(theta)
        return self.model.values(theta)

    def start(self) -> np.ndarray:
        """A start with finite discrepancy."""
        cov, mean = self.data.cov, self.data.mean
        theta = start.start(self.model, cov, mean)
        if isinstance(self.objective, Categorical):
            theta = self._thresholds(theta)
        if not np.isfinite(self.objective.value(self.constraints.project(theta))):
            plain = start.plain(self.model, cov, mean)
            theta = np.where(np.isfinite(theta) & (theta == 0), theta, plain)
            if not np.isfinite(self.objective.value(self.constraints.project(theta))):
                theta = plain
        if not np.isfinite(self.objective.value(self.constraints.project(theta))):
            raise ModelError(
                "the start values give covariances that are not positive definite", hint="start(0.5)*x"
            )
        return theta

    def _thresholds(self, theta: np.ndarray) -> np.ndarray:
        theta = theta.copy()
        for g, group in enumerate(self.data.groups):
            assert group.ordinal is not None
            values = np.concatenate([*group.ordinal.thresholds, []])
            for (_, row), value in zip(self.model.groups[g].tau, values, strict=True):
                k = self.model.free[row]
                if k >= 0 and self.model.rows[row].start is None:
                    theta[k] = value
        return theta

    def solve(self, start: np.ndarray | None = None) -> Optimum:
        """Minimise from the start values (or `start`); from others too where that does not settle or settles out of bounds.

        A negative variance is often a local minimum beside a better one, so the lowest settled value counts.
        """
        found = self._climb(self.start() if start is None else start)
        if found.converged and not self._negative(found.theta):
            return found
        tries = [found]
        for other in self._others():
            if np.isfinite(self.objective.value(self.constraints.project(other))):
                tries.append(self._climb(other))
        settled = [one for one in tries if one.converged]
        return min(settled, key=lambda one: one.value) if settled else found

    def _climb(self, start: np.ndarray) -> Optimum:
        """The minimum reached from a start, not a saddle on the way."""
        return settle(self.objective, minimise(self.objective, start, self.constraints), self.constraints)

    def _negative(self, theta: np.ndarray) -> bool:
        values = self.values(theta)
        own = [k for k, row in enumerate(self.model.rows) if row.op == "~~" and row.lhs == row.rhs]
        return bool((values[own] < 0).any())

    def _others(self) -> list[np.ndarray]:
        """Starts without loadings and with all loadings at the size of the first."""
        plain = start.plain(self.model, self.data.cov, self.data.mean)
        rows = self.model.rows
        even = np.array(
            [0.7 if rows[k].op == "=~" else v for k, v in zip(self.model.first, plain, strict=True)]
        )
        found = [plain, even]
        return [self._thresholds(one) for one in found] if isinstance(self.objective, Categorical) else found


def pose(model: Model, data: Data, estimator: Estimator) -> Problem:
    """Put a model and data together."""
    model = model.with_fixed(_fixed(model, data))
    if estimator.ordinal:
        categorical.check(model)
    return Problem(model, data, estimator, _objective(model, data, estimator), read_constraints(model))


def _fixed(model: Model, data: Data) -> np.ndarray:
    """Fixed values, with the sample's moments of exogenous variables."""
    fixed = model.fixed.copy()
    place = {name: k for k, name in enumerate(model.observed)}
    for k, row in enumerate(model.rows):
        if row.exo:
            g, i = row.group - 1, place[row.lhs]
            fixed[k] = data.mean[g][i] if row.op == "~1" else data.cov[g][i, place[row.rhs]]
        elif np.isnan(fixed[k]):
            fixed[k] = 0.0
    return fixed


def _objective(model: Model, data: Data, estimator: Estimator) -> NormalML | LeastSquares | FullInformation:
    if estimator.missing == "fiml":
        return FullInformation(model, data)
    if estimator.fit == "ML":
        logdet = np.array([np.linalg.slogdet(S)[1] for S in data.cov])
        return NormalML(model, data.cov, data.mean, data.weight, logdet)
    if estimator.ordinal:
        ordered = np.array([name in model.table.ordered for name in model.observed])
        stats = tuple(group.ordinal.stats for group in data.groups if group.ordinal is not None)
        W = tuple(_weight(g.gamma(True), s, estimator) for g, s in zip(data.groups, stats, strict=True))
        fixed_x = np.array([name in model.table.roles.exogenous for name in model.observed])
        return Categorical(model, stats, W, data.weight, ordered, fixed_x)
    stats = tuple(
        np.concatenate([m, vech(S)]) if model.means else vech(S)
        for m, S in zip(data.mean, data.cov, strict=True)
    )
    W = tuple(
        weight_normal(S, model.means)
        if estimator.fit == "GLS"
        else _weight(group.gamma(model.means) if estimator.fit != "ULS" else np.eye(len(s)), s, estimator)
        for S, s, group in zip(data.cov, stats, data.groups, strict=True)
    )
    return LeastSquares(model, stats, W, data.weight)


def _weight(gamma: np.ndarray, stats: np.ndarray, estimator: Estimator) -> np.ndarray:
    if estimator.fit == "ULS":
        return np.ones(len(gamma))
    if estimator.fit == "DWLS":
        # a moment may have no variance: that of a variable with two even values; it is fitted exactly
        return 1 / np.maximum(np.diag(gamma), FLOOR * stats**2 + 1e-300)
    values = np.linalg.eigvalsh(gamma)
    if values[0] <= 1e-12 * values[-1]:
        raise ModelError(
            f"estimator 'WLS': the covariance matrix of the {len(gamma)} moments has no inverse (too few rows, or a "
            "variable with two values, whose mean determines its variance)",
            hint="DWLS, ULS or ML",
        )
    return np.linalg.inv(gamma)


def restrict(problem: Problem, model: Model) -> Problem:
    """The same data with another model."""
    return replace(
        problem,
        model=model,
        objective=_objective(model, problem.data, problem.estimator),
        constraints=read_constraints(model),
    )
