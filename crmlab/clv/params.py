"""The four parameters of a purchase model, one number each or one per row, and the scale they are searched on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import digamma, expit, gammaln

from crmlab.clv.buyers import Buyers

Rows = float | np.ndarray
LOW = np.array([-9.0, -16.0, -16.0, -16.0])
HIGH = np.array([16.0, 12.0, 12.0, 12.0])
LARGE_SHAPE = 1e4  # from here on gammaln(r + x) - gammaln(r) loses digits, and Stirling's series is exact


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


class HistoryModel(Protocol):
    """What the search must know of a model of histories: parameters, where covariates act, a likelihood.

    A covariate multiplies parameter j by exp(sign g'z) for each j: sign of `purchase_signs` or `dropout_signs`.
    """

    @property
    def key(self) -> str: ...
    @property
    def names(self) -> tuple[str, str, str, str]: ...
    @property
    def purchase_signs(self) -> dict[int, float]: ...
    @property
    def dropout_signs(self) -> dict[int, float]: ...
    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]: ...
    def terms(self, d: Buyers, p: tuple[Rows, ...]) -> Terms: ...
    def start(self, d: Buyers) -> tuple[np.ndarray, ...]: ...
    def to_log(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


class PurchaseModel(HistoryModel, Protocol):
    """What a model in continuous time also says; r is one number, the other parameters may vary by row."""

    @property
    def stages(self) -> int: ...

    def discounted(
        self, d: Buyers, p: tuple[Rows, ...], horizon: float, rate: float, fine: bool = True
    ) -> np.ndarray: ...
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


def log_rising(r: Rows, x: np.ndarray) -> np.ndarray:
    """log G(r+x) - log G(r), also where r is so large that the two cancel."""
    if np.max(r) < LARGE_SHAPE:
        return gammaln(r + x) - gammaln(r)
    series = (1 / (r + x) - 1 / r) / 12
    return (r + x - 0.5) * np.log1p(x / r) + x * (np.log(r) - 1) + series


def psi_rising(r: Rows, x: np.ndarray) -> np.ndarray:
    """Derivative of `log_rising` by r."""
    if np.max(r) < LARGE_SHAPE:
        return digamma(r + x) - digamma(r)
    return np.log1p(x / r) - (1 / (r + x) - 1 / r) / 2 - (1 / (r + x) ** 2 - 1 / r**2) / 12


def rows(value: Rows, m: int) -> np.ndarray:
    """One number per row."""
    return np.broadcast_to(np.asarray(value, dtype=float), (m,))
