"""A purchase model and its data as a function of unbounded parameters, with gradient, scores and the way back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from crmlab.clv.buyers import Buyers
from crmlab.clv.optimum import Optimum, climb
from crmlab.clv.params import HistoryModel, Rows, Terms

LARGE = 40_000  # distinct histories from which on a thinned sample leads the way
THINNED = 8_000


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """theta = four model parameters (see `to_log`), then purchase and dropout coefficients per SD.

    Attributes
    ----------
    model, d : what is fitted to what
    penalty : ridge; added to the mean negative log-likelihood times the sum of squared coefficients
    moments : mean and SD of the purchase and of the dropout covariates, by which theta counts; of d itself
        unless given (a resample of d goes on in the units of d)
    Zp, Zd : (m, kp) and (m, kd) standardised covariates
    """

    model: HistoryModel
    d: Buyers
    penalty: float = 0.0
    moments: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None
    Zp: np.ndarray = field(init=False)
    Zd: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        found = self.moments or (*_moments(self.d.Zp, self.d.w), *_moments(self.d.Zd, self.d.w))
        object.__setattr__(self, "moments", found)
        object.__setattr__(self, "Zp", (self.d.Zp - found[0]) / found[1])
        object.__setattr__(self, "Zd", (self.d.Zd - found[2]) / found[3])

    @property
    def kp(self) -> int:
        """Purchase covariates."""
        return self.d.Zp.shape[1]

    @property
    def kd(self) -> int:
        """Dropout covariates."""
        return self.d.Zd.shape[1]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the natural parameters."""
        d = self.d
        coefficients = [f"purchase.{z}" for z in d.purchase] + [f"dropout.{z}" for z in d.dropout]
        return (*self.model.names, *coefficients)

    def natural(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Natural parameters (k,) in the input's unit and covariates, and their Jacobian by theta (k, k)."""
        logs, J4 = self.model.to_log(theta[:4])
        J = np.eye(len(theta))
        J[:4, :4] = J4
        logs = logs + np.array([0.0, np.log(self.d.scale), 0.0, 0.0])
        if self.model.names[3] == "beta":
            logs[3] += np.log(self.d.scale)
        centre_p, sd_p, centre_d, sd_d = self._units
        p, q = slice(4, 4 + self.kp), slice(4 + self.kp, len(theta))
        J[p, p] /= sd_p
        J[q, q] /= sd_d
        coefficients = theta[4:] / np.concatenate([sd_p, sd_d])
        for row, sign in self.model.purchase_signs.items():
            J[row, p] = -sign * centre_p / sd_p
            logs[row] -= sign * (coefficients[: self.kp] @ centre_p)
        for row, sign in self.model.dropout_signs.items():
            J[row, q] = -sign * centre_d / sd_d
        for row, sign in self.model.dropout_signs.items():
            logs[row] -= sign * (coefficients[self.kp :] @ centre_d)
        found = np.concatenate([np.exp(logs), coefficients])
        J[:4] *= found[:4, None]
        return found, J

    def value(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean negative log-likelihood plus penalty, and its gradient."""
        terms = self.model.terms(self.d, self._rows(theta))
        w = self.d.w / self.d.total
        # einsum, not @: threads of BLAS cost more than they save on four rows
        of_four = np.einsum("ij,j->i", terms.slopes, w)
        gradient = np.concatenate([self.model.to_log(theta[:4])[1].T @ of_four, np.zeros(self.kp + self.kd)])
        if self.kp:
            gradient[4 : 4 + self.kp] = np.einsum("ij,i->j", self.Zp, self._by_purchase(terms) * w)
        if self.kd:
            gradient[4 + self.kp :] = np.einsum("ij,i->j", self.Zd, self._by_dropout(terms) * w)
        sd = np.concatenate([self._units[1], self._units[3]])
        coefficients = theta[4:] / sd
        gradient = -gradient
        gradient[4:] += 2 * self.penalty * coefficients / sd
        value = -float(np.einsum("i,i->", terms.loglik, w))
        return value + self.penalty * float(coefficients @ coefficients), gradient

    def scores(self, theta: np.ndarray) -> np.ndarray:
        """Gradient of each history's log-likelihood, shape (k, m)."""
        terms = self.model.terms(self.d, self._rows(theta))
        four = self.model.to_log(theta[:4])[1].T @ terms.slopes
        return np.concatenate(
            [four, self.Zp.T * self._by_purchase(terms), self.Zd.T * self._by_dropout(terms)]
        )

    def _by_purchase(self, terms: Terms) -> np.ndarray:
        found = np.zeros(len(terms.loglik))
        for row, sign in self.model.purchase_signs.items():
            found += sign * terms.slopes[row]
        return found

    def _by_dropout(self, terms: Terms) -> np.ndarray:
        found = np.zeros(len(terms.loglik))
        for row, sign in self.model.dropout_signs.items():
            found += sign * terms.slopes[row]
        return found

    @property
    def _units(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.moments  # type: ignore[return-value]

    def _rows(self, theta: np.ndarray) -> tuple[Rows, ...]:
        logs, _ = self.model.to_log(theta[:4])
        kp = 4 + self.kp
        return _with_covariates(self.model, logs, self.Zp @ theta[4:kp], self.Zd @ theta[kp:])

    def maximise(self, starts: list[np.ndarray] | None = None) -> Optimum:
        """The best maximum found from the model's starts, or from those given."""
        k = self.kp + self.kd
        low, high = box(self.model, k)
        begin = starts or [np.concatenate([s, np.zeros(k)]) for s in self.model.start(self.d)]
        if len(self.d.x) > LARGE:
            thin = Search(self.model, self.d.thinned(len(self.d.x) // THINNED), self.penalty, self.moments)
            first = thin.maximise(begin)
            if first.converged:
                return climb(self.value, first.theta, low, high, first.hessian)
        best = climb(self.value, begin[0], low, high)
        for start in begin[1:] if not (best.converged and best.free.all() and is_inner(best.theta)) else []:
            other = climb(self.value, start, low, high)
            ties = abs(other.value - best.value) <= 1e-9 * abs(best.value)
            if (not ties and other.value < best.value) or (ties and other.converged and not best.converged):
                best = other
        return best


def box(model: HistoryModel, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Where theta is searched, with k covariates."""
    low, high = model.bounds
    return np.append(low, np.full(k, -20.0)), np.append(high, np.full(k, 20.0))


def is_inner(theta: np.ndarray) -> bool:
    """Whether the four model parameters are far from degenerate: no shape above e^5, no mean below e^-8."""
    return bool((np.abs(theta[[0, 3]]) < 5).all() and np.abs(theta[2]) < 8)


def parameter_rows(model: HistoryModel, d: Buyers, natural: np.ndarray) -> tuple[Rows, ...]:
    """The model's parameters in d's time unit, one per row where covariates make them differ."""
    logs = np.log(natural[:4])
    logs[1] -= np.log(d.scale)
    if model.names[3] == "beta":
        logs[3] -= np.log(d.scale)
    kp = d.Zp.shape[1]
    return _with_covariates(model, logs, d.Zp @ natural[4 : 4 + kp], d.Zd @ natural[4 + kp :])


def answers(model: HistoryModel, d: Buyers, natural: np.ndarray) -> Terms:
    """Log-likelihood (in d's time unit) and P(alive) of every history at natural parameters."""
    return model.terms(d, parameter_rows(model, d, natural))


def _with_covariates(
    model: HistoryModel, logs: np.ndarray, eta_p: np.ndarray, eta_d: np.ndarray
) -> tuple[Rows, ...]:
    p: list[Rows] = [float(value) for value in np.exp(logs)]
    if eta_p.any():
        for row, sign in model.purchase_signs.items():
            p[row] = p[row] * np.exp(sign * np.clip(eta_p, -60, 60))
    if eta_d.any():
        for row, sign in model.dropout_signs.items():
            p[row] = p[row] * np.exp(sign * np.clip(eta_d, -60, 60))
    return tuple(p)


def _moments(Z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not Z.shape[1]:
        return np.empty(0), np.empty(0)
    centre = np.average(Z, axis=0, weights=w)
    return centre, np.sqrt(np.average((Z - centre) ** 2, axis=0, weights=w))
