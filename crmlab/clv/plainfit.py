"""The part that fits without covariates share: parameters, errors, checks, a Result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.clv.fit import BOUNDARY, HAS_ERRORS, covariances
from crmlab.clv.fitted import Draws
from crmlab.clv.optimum import STEEP, Optimum
from crmlab.clv.tell import rows_of, std_errors
from crmlab.clv.words import shortly
from crmlab.result import Check, Result, tidy_frame


@dataclass(frozen=True, eq=False)
class PlainFit:
    """A fitted model of parameters that are positive, and of coefficients (named with a dot) that may be not.

    Attributes
    ----------
    key : label key of the model
    params : by the letters of the paper
    vcov, vcov_robust : their covariance, from the Hessian and as a sandwich
    loglik, n : maximum; customers
    converged, checks, source : as for BtydFit
    """

    key: str
    params: dict[str, float]
    vcov: pd.DataFrame
    vcov_robust: pd.DataFrame
    loglik: float
    n: float
    converged: bool
    checks: tuple[Check, ...]
    source: dict[str, str]
    natural_draws: Draws

    def _repr_html_(self) -> str:
        return self.result()._repr_html_()

    def __repr__(self) -> str:
        return shortly(self.key.removeprefix("model."), self.params, self.loglik, self.checks)

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

    def draws(self, n: int = 500, seed: int = 0) -> np.ndarray:
        """(n, k) natural parameters from the normal approximation on the search's scale."""
        return self.natural_draws.draw(n, seed)

    def result(self, level: float = 0.95, errors: str = "hessian") -> Result:
        """Parameters with intervals (on the log scale but for coefficients) and fit, as a Result."""
        rows = rows_of(self.params, self.vcov, self.vcov_robust, errors, level)
        glance = {"n": self.n, "loglik": self.loglik, "aic": self.aic, "bic": self.bic, "level": level}
        return Result(self.key, tidy_frame(rows), glance, self.checks, self.source)


def checks_of(
    best: Optimum, names: tuple[str, ...], limits: tuple[float, ...], root: object
) -> tuple[Check, ...]:
    """Convergence, boundary (|theta| beyond its limit) and standard errors; `names` say what ran away."""
    slope = f"slope of the mean log-likelihood < {STEEP:g}"
    found = [Check("check.converged", best.converged, best.steep, slope)]
    beyond = [
        Check(f"check.boundary:{name}", False, value, BOUNDARY)
        for name, value, limit, free in zip(names, best.theta, limits, best.free, strict=True)
        if abs(value) > limit or not free
    ]
    found += beyond or [Check("check.boundary", True, float(np.abs(best.theta).max()), BOUNDARY)]
    found.append(
        Check(
            "check.std_errors", root is not None and bool(best.free.all()), float(best.free.sum()), HAS_ERRORS
        )
    )
    return tuple(found)


__all__ = ["PlainFit", "checks_of", "covariances"]
