"""The four parameters of a purchase model, one number each or one per row, and the scale they are searched on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit

from crmlab.clv.buyers import Buyers

Rows = float | np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What a likelihood says of each history.

    Attributes
    ----------
    loglik : (m,)
    alive : (m,) P(alive at T), the share of the likelihood that has not dropped out
    slopes : (4, m) derivatives of loglik by the LOGARITHM of each parameter
    """

    loglik: np.ndarray
    alive: np.ndarray
    slopes: np.ndarray


class PurchaseModel(Protocol):
    """What a purchase model must be able to say; r is one number, the other parameters may vary by row."""

    @property
    def key(self) -> str: ...
    @property
    def names(self) -> tuple[str, str, str, str]: ...
    @property
    def dropout_signs(self) -> dict[int, float]: ...
    @property
    def stages(self) -> int: ...

    def terms(self, d: Buyers, p: tuple[Rows, ...]) -> Terms: ...
    def start(self, d: Buyers) -> tuple[np.ndarray, ...]: ...
    def to_log(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...
    def discounted(self, d: Buyers, p: tuple[Rows, ...], horizon: float, rate: float) -> np.ndarray: ...
    def pmf(self, count: np.ndarray, t: np.ndarray, p: tuple[Rows, ...]) -> np.ndarray: ...


def gamma_log(shape: float, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """log(shape, rate) of a gamma variable from log shape and log mean, with the Jacobian (2, 2)."""
    return np.array([shape, shape - mean]), np.array([[1.0, 0.0], [1.0, -1.0]])


def beta_log(logit: float, concentration: float) -> tuple[np.ndarray, np.ndarray]:
    """log(a, b) of a beta variable from the logit of its mean and log(a + b), with the Jacobian (2, 2)."""
    m = float(expit(logit))
    logs = np.array([-np.logaddexp(0, -logit), -np.logaddexp(0, logit)]) + concentration
    return logs, np.array([[1 - m, 1.0], [-m, 1.0]])


def stacked(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Two pairs of parameters as four, their Jacobians as blocks."""
    J = np.zeros((4, 4))
    J[:2, :2], J[2:, 2:] = first[1], second[1]
    return np.concatenate([first[0], second[0]]), J


def rows(value: Rows, m: int) -> np.ndarray:
    """One number per row."""
    return np.broadcast_to(np.asarray(value, dtype=float), (m,))
