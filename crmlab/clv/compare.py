"""Nested models against each other: likelihood-ratio tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.stats import chi2

from crmlab.errors import ModelError


class Fitted(Protocol):
    """Anything with parameters, a log-likelihood, a number of customers and a source."""

    @property
    def params(self) -> dict[str, float]: ...
    @property
    def loglik(self) -> float: ...
    @property
    def n(self) -> float: ...


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """2 (loglik of the larger - loglik of the smaller), chi-square with df if the smaller model is true."""

    statistic: float
    df: int
    p_value: float


def likelihood_ratio(smaller: Fitted, larger: Fitted) -> LikelihoodRatio:
    """Test a model against one that contains it, fitted to the same customers without a penalty.

    Raises
    ------
    ModelError
        A parameter of the smaller model is not one of the larger; the customers are not the same number;
        the larger model fits worse, so at least one of the two is not at its maximum.

    Notes
    -----
    For covariates. Whether there is dropout at all lies on the boundary, where the law is not chi-square.

    Source
    ------
    Wilks, S. S. (1938). Annals of Mathematical Statistics 9(1), 60-62.
    """
    extra = set(smaller.params) - set(larger.params)
    df = len(larger.params) - len(smaller.params)
    if extra or df <= 0:
        raise ModelError(
            f"the models are not nested: {', '.join(smaller.params)} against {', '.join(larger.params)}"
        )
    if not np.isclose(smaller.n, larger.n, rtol=1e-9):
        raise ModelError(f"the models were fitted to {smaller.n:g} and {larger.n:g} customers")
    statistic = 2 * (larger.loglik - smaller.loglik)
    if statistic < -1e-6:
        raise ModelError(f"the larger model fits worse (by {-statistic / 2:.3g}): one is not at its maximum")
    return LikelihoodRatio(max(statistic, 0.0), df, float(chi2.sf(max(statistic, 0.0), df)))
