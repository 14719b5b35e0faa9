"""A fitted purchase model and what it answers about its customers, about others and about new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crmlab.clv.buyers import Buyers, covariates, histories
from crmlab.clv.params import PurchaseModel
from crmlab.clv.search import answers, parameter_rows
from crmlab.clv.tell import rows_of, std_errors
from crmlab.clv.words import labels_of, positive, shortly
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame


@dataclass(frozen=True, eq=False)
class BtydFit:
    """A fitted "buy till you die" model. Times are in the unit of the input; nothing is rounded.

    Attributes
    ----------
    model : the likelihood
    params : natural parameters by the letters of the papers, then purchase.<z>, dropout.<z>
    vcov : their covariance from the Hessian; NaN where a parameter is at a boundary
    vcov_robust : the sandwich H^-1 (sum s s') H^-1
    loglik : maximum, in the input's time unit
    n : customers (or the sum of weights)
    converged : whether the search ended on a flat, curved spot
    checks : what was verified; a boundary fit fails check.boundary
    source : hash of the input, versions
    buyers : the collapsed histories
    natural_draws : how to draw parameters, on the search's own scale
    penalty : ridge on covariate coefficients that the fit was made with
    """

    model: PurchaseModel
    params: dict[str, float]
    vcov: pd.DataFrame
    vcov_robust: pd.DataFrame
    loglik: float
    n: float
    converged: bool
    checks: tuple[Check, ...]
    source: dict[str, str]
    buyers: Buyers
    natural_draws: Draws
    penalty: float = 0.0

    def _repr_html_(self) -> str:
        return self.result()._repr_html_()

    def __repr__(self) -> str:
        return shortly(self.model.key.removeprefix("model."), self.params, self.loglik, self.checks)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self.params)

    @property
    def std_errors(self) -> dict[str, float]:
        """Standard errors from the Hessian."""
        return std_errors(self.vcov)

    @property
    def aic(self) -> float:
        """2k - 2 loglik."""
        return 2 * len(self.params) - 2 * self.loglik

    @property
    def bic(self) -> float:
        """k log n - 2 loglik."""
        return float(len(self.params) * np.log(self.n) - 2 * self.loglik)

    # -- answers -------------------------------------------------------------------------------

    def p_alive(
        self, x: object = None, t_x: object = None, T: object = None, *, purchase: object = None,
        dropout: object = None,
    ) -> np.ndarray:  # fmt: skip
        """Probability of not having dropped out by T; of the fit's own customers, or of those given."""
        d = self._of(x, t_x, T, purchase, dropout)
        return answers(self.model, d, self._vector).alive[d.inverse]

    def expected(
        self, t: float, x: object = None, t_x: object = None, T: object = None, *, purchase: object = None,
        dropout: object = None,
    ) -> np.ndarray:  # fmt: skip
        """Purchases expected in (T, T + t] given the history; see `expected_new` for a new customer."""
        t = positive(t, "t", zero=True)
        return self._future(self._of(x, t_x, T, purchase, dropout), t, 0.0)

    def dert(
        self, rate: float, x: object = None, t_x: object = None, T: object = None, *,
        horizon: float = np.inf, purchase: object = None, dropout: object = None,
    ) -> np.ndarray:  # fmt: skip
        """Discounted expected residual transactions given the history.

        Parameters
        ----------
        rate : continuous discount rate per time unit of the fit; log(1 + 0.10)/52 for 10 % a year in weeks
        horizon : time units ahead; all of the future by default

        Source
        ------
        Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). RFM and CLV. JMR 42(4), 415-430, eq. (2).
        """
        rate = positive(rate, "rate", zero=np.isfinite(horizon))
        return self._future(self._of(x, t_x, T, purchase, dropout), horizon, rate)

    def expected_new(self, t: float, *, purchase: object = None, dropout: object = None) -> np.ndarray:
        """Repeat purchases of a new customer in (0, t]; one number per row of covariates, else one."""
        t = positive(t, "t", zero=True)
        d = self._newcomers(purchase, dropout)
        return self._future(d, t, 0.0)

    def dert_new(
        self, rate: float, *, horizon: float = np.inf, purchase: object = None, dropout: object = None
    ) -> np.ndarray:
        """Discounted repeat purchases of a new customer, the first purchase not counted."""
        rate = positive(rate, "rate", zero=np.isfinite(horizon))
        return self._future(self._newcomers(purchase, dropout), horizon, rate)

    def pmf(self, count: object, t: object, *, purchase: object = None, dropout: object = None) -> np.ndarray:
        """P(a new customer makes `count` repeat purchases in (0, t]); count and t broadcast."""
        n, time = np.broadcast_arrays(np.asarray(count, dtype=float), np.asarray(t, dtype=float))
        if (n < 0).any() or (n != np.round(n)).any():
            raise ModelError("count must hold whole numbers from 0")
        if not (time > 0).all():
            raise ModelError("t must be above 0")
        d = self._newcomers(purchase, dropout)
        p = parameter_rows(self.model, d, self._vector)
        return self.model.pmf(n, time / d.scale, p)

    # -- uncertainty ---------------------------------------------------------------------------

    def draws(self, n: int = 500, seed: int = 0) -> np.ndarray:
        """(n, k) natural parameters drawn from the normal approximation on the search's scale.

        A parameter at the boundary is held there, so intervals of a boundary fit are conditional on it.
        """
        return self.natural_draws.draw(n, seed)

    def at(self, natural: np.ndarray) -> BtydFit:
        """The same customers under other parameters; for scenarios and for draws."""
        found = np.asarray(natural, dtype=float)
        if found.shape != (len(self.params),) or not (found[:4] > 0).all() or not np.isfinite(found).all():
            raise ModelError(
                f"want {len(self.params)} parameters, the first four above 0: {', '.join(self.params)}"
            )
        return replace(self, params=dict(zip(self.params, found.tolist(), strict=True)))

    def interval(
        self,
        answer: str,
        *asked: object,
        draws: int = 200,
        level: float = 0.95,
        seed: int = 0,
        **more: object,
    ) -> np.ndarray:
        """Interval of an answer under draws of the parameters, shape (n, 2).

        Parameters
        ----------
        answer : "p_alive", "expected", "dert", "expected_new" or "dert_new"
        asked, more : what the answer is asked with, e.g. `fit.interval("expected", 52.0)`

        Notes
        -----
        As for `customer_value`: of the expectation, not of a customer's luck.
        """
        if answer not in ("p_alive", "expected", "dert", "expected_new", "dert_new"):
            raise ModelError(f"'{answer}' is not an answer with an interval")
        found = [getattr(self.at(row), answer)(*asked, **more) for row in self.draws(draws, seed)]
        ends = [(1 - level) / 2, (1 + level) / 2]
        return np.quantile(np.array(found), ends, axis=0, method="weibull").T

    def result(self, level: float = 0.95, errors: str = "hessian") -> Result:
        """Parameters with intervals (on the log scale for the four of the model) and fit, as a Result.

        Parameters
        ----------
        errors : "hessian" or "sandwich"; for the bootstrap's see `bootstrap`
        """
        rows = rows_of(self.params, self.vcov, self.vcov_robust, errors, level)
        glance = {"n": self.n, "histories": float(len(self.buyers.x)), "loglik": self.loglik}
        glance |= {"aic": self.aic, "bic": self.bic, "level": level}
        return Result(self.model.key, tidy_frame(rows), glance, self.checks, self.source)

    # -- parts ---------------------------------------------------------------------------------

    @property
    def _vector(self) -> np.ndarray:
        return np.array(list(self.params.values()))

    def _future(self, d: Buyers, horizon: float, rate: float) -> np.ndarray:
        return self.of_histories(d, horizon, rate)[d.inverse]

    def of_histories(self, d: Buyers, horizon: float, rate: float, fine: bool = True) -> np.ndarray:
        """Discounted purchases of each distinct history; not fine is enough for draws of parameters."""
        p = parameter_rows(self.model, d, self._vector)
        alive = self.model.terms(d, p).alive
        return alive * self.model.discounted(d, p, horizon / d.scale, rate * d.scale, fine)

    def _of(self, x: object, t_x: object, T: object, purchase: object, dropout: object) -> Buyers:
        given = [value is not None for value in (x, t_x, T)]
        if not any(given):
            return self.buyers
        if not all(given):
            raise ModelError("give all of x, t_x and T, or none for the customers of the fit")
        labels = labels_of(x)
        return self._rows(*histories(x, t_x, T, labels), labels, purchase, dropout)

    def _newcomers(self, purchase: object, dropout: object) -> Buyers:
        n = next((len(labels_of(z)) for z in (purchase, dropout) if z is not None), 1)
        zero = np.zeros(n)
        return self._rows(zero, zero, zero, pd.RangeIndex(n), purchase, dropout)

    def _rows(
        self,
        x: np.ndarray,
        t_x: np.ndarray,
        T: np.ndarray,
        labels: pd.Index,
        purchase: object,
        dropout: object,
    ) -> Buyers:
        b, n, one = self.buyers, len(x), np.ones(len(x))
        Zp = like(purchase, b.purchase, labels, "purchase")
        Zd = like(dropout, b.dropout, labels, "dropout")
        return Buyers(
            x, t_x / b.scale, T / b.scale, one, Zp, Zd, b.purchase, b.dropout, np.arange(n), b.scale
        )


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Where and how to draw parameters: theta (k,), a root of its covariance, and the way to natural ones.

    A bootstrap `sample` (draws, k) of natural parameters stands in for the normal approximation.
    """

    theta: np.ndarray
    root: np.ndarray | None
    natural: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] | None
    sample: np.ndarray | None = None

    def draw(self, n: int, seed: int) -> np.ndarray:
        """(n, k) natural parameters; of a bootstrap, its resamples in turn."""
        if self.sample is not None:
            return self.sample[np.arange(n) % len(self.sample)]
        if self.root is None:
            raise ModelError(
                "the fit has no standard errors, so nothing can be drawn",
                hint="see its failed checks; a boundary fit calls for a simpler model",
            )
        z = np.random.default_rng(seed).standard_normal((n, self.root.shape[1]))
        return self.at(self.theta + z @ self.root.T)

    def at(self, thetas: np.ndarray) -> np.ndarray:
        """(n, k) natural parameters at (n, k) places of the search."""
        if self.natural is None:
            raise ModelError("parameters were given, not estimated")
        return np.array([self.natural(theta)[0] for theta in thetas])


def like(given: object, names: tuple[str, ...], labels: pd.Index, role: str) -> np.ndarray:
    if given is None:
        if names:
            raise ModelError(f"the fit has {role} covariates; give {', '.join(names)} for these customers")
        return np.empty((len(labels), 0))
    Z, found = covariates(given, len(labels), labels, role, None)
    if isinstance(given, pd.DataFrame) and set(found) == set(names):
        return Z[:, [found.index(name) for name in names]]
    if Z.shape[1] != len(names):
        raise ModelError(f"the fit has {len(names)} {role} covariates, {Z.shape[1]} are given")
    return Z
