"""Full-information maximum likelihood: the casewise normal likelihood of incomplete data as an objective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from crmlab.sem.curvature import curvature
from crmlab.sem.data import Data
from crmlab.sem.matrices import Model
from crmlab.sem.missing import information, loglik, scores


@dataclass(frozen=True, eq=False)
class FullInformation:
    """F = (2/n) (loglik of the saturated model - loglik of the model); gradient by Fisher's identity.

    The metric of the optimiser is the observed information at the saturated moments, carried over by the
    Jacobian; standard errors use the second derivative at the estimate.

    Source
    ------
    Arbuckle, J. L. (1996). Full information estimation in the presence of incomplete data.
    Savalei, V. (2010). British Journal of Mathematical and Statistical Psychology 63, 257-277.
    """

    model: Model
    data: Data
    scoring: ClassVar[int] = 6  # its metric costs as much as many gradients
    _last: dict[bytes, list] = field(default_factory=dict)
    _kept: dict[str, Any] = field(default_factory=dict)  # what was asked of the last point, by its name

    def _at(self, theta: np.ndarray) -> list:
        key = theta.tobytes()
        if key not in self._last:
            self._last.clear()
            self._kept.clear()
            values = self.model.values(theta)
            found = []
            for g, group in enumerate(self.data.groups):
                state = self.model.state(values, g)
                assert group.patterns is not None
                found.append((state, *loglik(state.mean, state.cov, group.patterns)))
            self._last[key] = found
        return self._last[key]

    def loglik(self, theta: np.ndarray) -> float:
        """Log-likelihood of all cases."""
        return float(sum(part[1] for part in self._at(theta)))

    def value(self, theta: np.ndarray) -> float:
        """F at theta."""
        top = sum(group.h1.loglik for group in self.data.groups if group.h1 is not None)
        return 2 * (top - self.loglik(theta)) / self.data.n

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """(q,) derivative of F."""
        out = np.zeros(len(self.model.free))
        for g, (state, _, d_mean, d_cov) in enumerate(self._at(theta)):
            out += self.model.pull(state, g, d_mean, d_cov)
        return -2 / self.data.n * self.model.gather(out)

    def jacobian(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(k, q) of (mu, vech Sigma)."""
        state = self.model.state(self.model.values(theta), g)
        J = np.vstack([self.model.mean_jacobian(state, g), self.model.cov_jacobian(state, g)])
        return self.model.gather(J)

    def information(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) saturated information seen through the model."""
        out = np.zeros((self.model.q, self.model.q))
        for g, group in enumerate(self.data.groups):
            J = self.jacobian(theta, g)
            out += group.n / self.data.n * (J.T @ group.h1_information @ J)
        return out

    def expected(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) information under missing completely at random."""
        return self.seen(theta, "expected")

    def seen(self, theta: np.ndarray, kind: Literal["observed", "expected"]) -> np.ndarray:
        """(q, q) information of the moments at theta, seen through the model."""
        out = np.zeros((self.model.q, self.model.q))
        for g, group in enumerate(self.data.groups):
            state = self._at(theta)[g][0]
            J = self.jacobian(theta, g)
            assert group.patterns is not None
            W = information(state.mean, state.cov, group.patterns, kind)
            out += group.n / self.data.n * (J.T @ W @ J)
        return out

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) half the second derivative of F: information of the moments and curvature of the model."""
        return self._once("hessian", theta, self._hessian)

    def _hessian(self, theta: np.ndarray) -> np.ndarray:
        bent = np.zeros((len(self.model.free),) * 2)
        for g, (state, _, d_mean, d_cov) in enumerate(self._at(theta)):
            bent += curvature(self.model, state, g, d_mean, d_cov)
        return self.seen(theta, "observed") - self.model.gather(self.model.gather(bent).T) / self.data.n

    def scores(self, theta: np.ndarray) -> list[np.ndarray]:
        """(n_g, q) casewise derivatives of the log-likelihood for each group."""
        return self._once("scores", theta, self._scores)

    def _scores(self, theta: np.ndarray) -> list[np.ndarray]:
        found = []
        for g, group in enumerate(self.data.groups):
            state = self._at(theta)[g][0]
            assert group.patterns is not None
            found.append(scores(state.mean, state.cov, group.patterns) @ self.jacobian(theta, g))
        return found

    def _once(self, name: str, theta: np.ndarray, compute: Callable[[np.ndarray], Any]) -> Any:
        """Standard errors and tests ask for the same at the same point."""
        self._at(theta)
        if name not in self._kept:
            self._kept[name] = compute(theta)
        return self._kept[name]
