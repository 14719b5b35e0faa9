"""Discrepancy functions: value, gradient and expected information at a parameter vector.

F = sum over groups of (n_g / n) F_g. Normal theory maximum likelihood

    F_g = log|Sigma| + tr(S Sigma^-1) - log|S| - p + (m - mu)' Sigma^-1 (m - mu),

least squares F_g = (s - sigma)' W (s - sigma); lavaan's `fmin` is F / 2.

Source
------
Jöreskog, K. G. (1967). Some contributions to maximum likelihood factor analysis. Psychometrika 32, 443-482.
Browne, M. W. (1984). Asymptotically distribution-free methods for the analysis of covariance structures.
British Journal of Mathematical and Statistical Psychology 37, 62-83.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from crmlab.sem.curvature import second_derivative
from crmlab.sem.matrices import Model, State


class Objective(Protocol):
    """What the optimiser needs."""

    scoring: ClassVar[int]  # steps of Fisher scoring before the metric is kept and updated

    def value(self, theta: np.ndarray) -> float:
        """F at theta; infinite where the moments are not admissible."""

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """(q,) derivative of F; accepts complex theta."""

    def information(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) half the expected second derivative of F."""

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) half the second derivative of F."""


@dataclass(frozen=True, eq=False)
class NormalML:
    """Complete data: S and m of each group with weights n_g / n."""

    scoring: ClassVar[int] = 12

    model: Model
    cov: tuple[np.ndarray, ...]
    mean: tuple[np.ndarray, ...]
    weight: np.ndarray
    logdet: np.ndarray
    _last: dict[bytes, tuple[State, ...]] = field(default_factory=dict)

    def _states(self, theta: np.ndarray) -> tuple[State, ...]:
        """Matrices of all groups; value, gradient and information of one point share them."""
        groups = range(len(self.weight))
        if theta.ndim > 1 or theta.dtype != float:
            values = self.model.values(theta)
            return tuple(self.model.state(values, g) for g in groups)
        key = theta.tobytes()
        if key not in self._last:
            values = self.model.values(theta)
            self._last.clear()
            self._last[key] = tuple(self.model.state(values, g) for g in groups)
        return self._last[key]

    def value(self, theta: np.ndarray) -> float:
        """F at theta."""
        states = self._states(theta)
        total = 0.0
        for g, w in enumerate(self.weight):
            state = states[g]
            try:
                L = np.linalg.cholesky(state.cov)
            except np.linalg.LinAlgError:
                return np.inf
            half = np.linalg.solve(L, self.cov[g])
            trace = float(np.trace(np.linalg.solve(L.T, half)))
            f = 2 * float(np.log(np.diag(L)).sum()) + trace - self.logdet[g] - self.model.p
            if self.model.means:
                z = np.linalg.solve(L, self.mean[g] - state.mean)
                f += float(z @ z)
            total += w * f
        return total

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """(..., q) derivative; complex vectors and a leading batch are allowed."""
        states = self._states(theta)
        out = np.zeros((*theta.shape[:-1], len(self.model.free)), dtype=theta.dtype)
        for g, w in enumerate(self.weight):
            state = states[g]
            inverse = np.linalg.inv(state.cov)
            T = self.cov[g]
            d_mean = None
            if self.model.means:
                d = self.mean[g] - state.mean
                T = T + d[..., :, None] * d[..., None, :]
                d_mean = -2 * (inverse @ d[..., None])[..., 0]
            d_cov = inverse - inverse @ T @ inverse
            out += w * self.model.pull(state, g, d_mean, d_cov)
        return self.model.gather(out)

    def information(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) expected information of one observation."""
        states = self._states(theta)
        total = sum(w * self.model.information(states[g], g) for g, w in enumerate(self.weight))
        return self.model.gather(self.model.gather(np.asarray(total)).T)

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) half the second derivative of F."""
        states, means = self._states(theta), self.model.means
        total = np.zeros((self.model.q, self.model.q))
        for g, w in enumerate(self.weight):
            gap = self.mean[g] - states[g].mean if means else None
            total += w * second_derivative(self.model, states[g], g, self.cov[g], gap)
        return total


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """Weighted least squares on a vector of moments: (vech S) or (m, vech S).

    Attributes
    ----------
    stats : the vector of each group
    W : its weight matrix, (k, k), or (k,) for a diagonal one
    """

    model: Model
    stats: tuple[np.ndarray, ...]
    W: tuple[np.ndarray, ...]
    weight: np.ndarray
    scoring: ClassVar[int] = 12

    def moments(self, theta: np.ndarray, g: int) -> np.ndarray:
        """The model's vector."""
        state = self.model.state(self.model.values(theta), g)
        row, col = self.model.vech
        cov = state.cov[row, col]
        return np.concatenate([state.mean, cov]) if self.model.means else cov

    def jacobian(self, theta: np.ndarray, g: int) -> np.ndarray:
        """(k, q) derivative of the vector."""
        state = self.model.state(self.model.values(theta), g)
        J = self.model.cov_jacobian(state, g)
        if self.model.means:
            J = np.vstack([self.model.mean_jacobian(state, g), J])
        return self.model.gather(J)

    def value(self, theta: np.ndarray) -> float:
        """F at theta."""
        total = 0.0
        for g, w in enumerate(self.weight):
            d = self.stats[g] - self.moments(theta, g)
            total += w * float(d @ _times(self.W[g], d))
        return total

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """(q,) derivative of F."""
        out = np.zeros(self.model.q, dtype=theta.dtype)
        for g, w in enumerate(self.weight):
            d = self.stats[g] - self.moments(theta, g)
            out = out - 2 * w * (self.jacobian(theta, g).T @ _times(self.W[g], d))
        return out

    def information(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) Delta' W Delta."""
        out = np.zeros((self.model.q, self.model.q))
        for g, w in enumerate(self.weight):
            J = self.jacobian(theta, g)
            out += w * (J.T @ _times(self.W[g], J))
        return out

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        """(q, q) half the second derivative of F."""
        return complex_jacobian(self.gradient, theta) / 2


def _times(W: np.ndarray, x: np.ndarray) -> np.ndarray:
    if W.ndim == 2:
        return W @ x
    return W * x if x.ndim == 1 else W[:, None] * x


def complex_jacobian(function, theta: np.ndarray, step: float = 1e-20) -> np.ndarray:
    """Derivative of a vector function of theta, symmetrised, by steps along the imaginary axis."""
    columns = []
    for k in range(len(theta)):
        turned = theta.astype(complex)
        turned[k] += 1j * step
        columns.append(np.imag(function(turned)) / step)
    H = np.array(columns)
    return (H + H.T) / 2
