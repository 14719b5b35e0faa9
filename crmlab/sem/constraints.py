"""Constraints between parameters: linear equalities become a basis, the rest go to the optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg import null_space

from crmlab.errors import ModelError
from crmlab.sem import syntax
from crmlab.sem.matrices import Model

ACTIVE = 1e-6


@dataclass(frozen=True, eq=False)
class Constraints:
    """All `==`, `<` and `>` of a model, as functions of the free parameters.

    Attributes
    ----------
    model : gives labels to parameters
    linear : equalities that are linear, with their Jacobian (k, q) and right-hand side
    curved : equalities that are not
    bounds : inequalities, turned so that each says "value >= 0"
    """

    model: Model
    jacobian: np.ndarray
    target: np.ndarray
    curved: tuple[syntax.Constraint, ...]
    bounds: tuple[syntax.Constraint, ...]

    @property
    def nonlinear(self) -> bool:
        """Whether an equality is not linear."""
        return bool(self.curved)

    @cached_property
    def basis(self) -> np.ndarray:
        """(q, r) orthonormal basis of the directions that linear equalities leave."""
        if not len(self.jacobian):
            return np.eye(self.model.q)
        return null_space(self.jacobian)

    def within(self, M: np.ndarray) -> np.ndarray:
        """(r, r) a matrix (q, q) in the directions of the basis."""
        return self.basis.T @ M @ self.basis if len(self.jacobian) else M

    def project(self, theta: np.ndarray) -> np.ndarray:
        """The nearest vector that meets the linear equalities."""
        if not len(self.jacobian):
            return theta
        miss = self.jacobian @ theta - self.target
        return theta - np.linalg.pinv(self.jacobian) @ miss

    def equal(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and Jacobian of the nonlinear equalities."""
        return _evaluate(self.model, self.curved, theta)

    def above(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and Jacobian of the inequalities."""
        return _evaluate(self.model, self.bounds, theta)

    def violated(self, theta: np.ndarray) -> bool:
        """Whether an inequality does not hold."""
        return bool((self.above(theta)[0] < 0).any())

    def active(self, theta: np.ndarray) -> np.ndarray:
        """(k, q) Jacobian of everything that binds at theta."""
        value, J = self.above(theta)
        return np.vstack([self.jacobian, self.equal(theta)[1], J[value <= ACTIVE]])

    def tangent(self, theta: np.ndarray) -> np.ndarray:
        """(q, r) orthonormal basis of the free directions at theta; r is the number of free parameters."""
        J = self.active(theta)
        return null_space(J) if len(J) else np.eye(self.model.q)

    @property
    def freedom(self) -> int:
        """Free parameters less equalities; an inequality takes none, binding or not (lavaan's count)."""
        return self.model.q - self.equalities

    @property
    def equalities(self) -> int:
        """Number of independent equalities."""
        rank = int(np.linalg.matrix_rank(self.jacobian)) if len(self.jacobian) else 0
        return rank + len(self.curved)


def read(model: Model) -> Constraints:
    """Sort the constraints of a model."""
    q = model.q
    J, target = [np.empty((0, q))], [np.empty(0)]
    curved, bounds = [], []
    probe = np.random.default_rng(0)
    points = [probe.uniform(0.5, 1.5, q) for _ in range(3)]
    for constraint in model.table.constraints:
        if constraint.op == ":=":
            continue
        if constraint.op in ("<", ">"):
            bounds.append(constraint)
            continue
        seen = [_evaluate(model, (constraint,), point) for point in points]
        if all(np.allclose(seen[0][1], other[1], atol=1e-9) for other in seen[1:]):
            value, slope = seen[0]
            if not np.abs(slope).any():
                if abs(value[0]) > 1e-9:
                    raise ModelError(f"model line {constraint.line}: the constraint cannot be met")
                continue
            J.append(slope)
            target.append(slope @ points[0] - value)
        else:
            curved.append(constraint)
    return Constraints(model, np.vstack(J), np.concatenate(target), tuple(curved), tuple(bounds))


def named(model: Model, values: np.ndarray) -> dict[str, Any]:
    """Label or name -> value, from row values (R,); parameters defined by `:=` included.

    Without groups a parameter may also be called by its name ("visual=~x2").
    """
    found: dict[str, Any] = {}
    for row, value in zip(model.rows, values, strict=True):
        found.setdefault(row.name if row.group == 1 else f"{row.name}.g{row.group}", value)
        if row.label:
            found.setdefault(row.label, value)
    for constraint in model.table.constraints:
        if constraint.op == ":=":
            found[constraint.lhs.text] = constraint.rhs.value(found)
    return found


def _evaluate(
    model: Model, constraints: tuple[syntax.Constraint, ...], theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    def at(point: np.ndarray) -> np.ndarray:
        names = named(model, model.values(point))
        out = []
        for c in constraints:
            side = c.lhs.value(names) - c.rhs.value(names)
            out.append(-side if c.op == "<" else side)
        return np.array(out, dtype=complex)

    if not constraints:
        return np.empty(0), np.empty((0, model.q))
    return np.real(at(theta.astype(complex))), slopes(at, theta)


def slopes(function, theta: np.ndarray, step: float = 1e-20) -> np.ndarray:
    """(k, q) Jacobian of a vector function by complex steps."""
    columns = []
    for k in range(len(theta)):
        turned = theta.astype(complex)
        turned[k] += 1j * step
        columns.append(np.imag(function(turned)) / step)
    return np.array(columns).T.reshape(-1, len(theta))


def defined(model: Model, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values (k,) and Jacobian (k, q) of the parameters defined by `:=`."""
    lines = [c for c in model.table.constraints if c.op == ":="]
    if not lines:
        return np.empty(0), np.empty((0, model.q))

    def at(point: np.ndarray) -> np.ndarray:
        names = named(model, model.values(point))
        return np.array([names[c.lhs.text] for c in lines], dtype=complex)

    return np.real(at(theta.astype(complex))), slopes(at, theta)
