"""Models against each other: likelihood-ratio tests of nested ones, and a table of choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.stats import chi2

from crmlab.clv.fitted import BtydFit
from crmlab.clv.holdout import judge
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame


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

    def result(self) -> Result:
        """The test as a Result: lr (p), df in glance."""
        row = {"term": "lr", "estimate": self.statistic, "p_value": self.p_value}
        return Result("model.likelihood_ratio", tidy_frame([row]), {"df": float(self.df)})


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


def model_choice(fits: Mapping[str, BtydFit], x_star: object = None, horizon: float | None = None) -> Result:
    """Which purchase model? Information criteria, and errors in a holdout where there is one.

    Parameters
    ----------
    fits : name -> fit, all of the same customers in the same order
    x_star, horizon : purchases of each customer in the `horizon` after T

    Returns
    -------
    Result
        `k`, `loglik`, `aic`, `bic`, with a holdout `mae`, `rmse`, `rank` (Spearman), `total`, each `:<name>`;
        `chosen:<name>` is 1 for the lowest mean absolute error of the holdout, without one for the lowest BIC,
        among the fits that converged inside the boundary (among all if none did), else 0.

    Source
    ------
    Schwarz, G. (1978). Annals of Statistics 6(2), 461-464 (BIC); Akaike, H. (1974). IEEE TAC 19(6), 716-723.
    """
    if not fits:
        raise ModelError("no fits to choose from")
    if len({round(fit.n, 6) for fit in fits.values()}) > 1:
        raise ModelError("the fits rest on different customers", hint="fit all models to the same rows")
    numbers = pd.DataFrame(
        {
            name: {"k": len(f.params), "loglik": f.loglik, "aic": f.aic, "bic": f.bic}
            for name, f in fits.items()
        }
    )
    order = "bic"
    if x_star is not None:
        if horizon is None:
            raise ModelError("a holdout needs its horizon")
        cards = {name: judge(fit, x_star, horizon) for name, fit in fits.items()}
        for quantity in ("mae", "rmse", "rank", "total"):
            numbers.loc[quantity] = {name: card[f"{quantity}:model"] for name, card in cards.items()}
        order = "mae"
    sound = [name for name, fit in fits.items() if all(check.ok for check in fit.checks)]
    best = numbers.loc[order, sound or list(fits)].idxmin()
    numbers.loc["chosen"] = {name: float(name == best) for name in fits}
    rows = [
        {"term": f"{quantity}:{name}", "estimate": numbers.loc[quantity, name]}
        for quantity in numbers.index for name in fits
    ]  # fmt: skip
    checks = tuple(
        Check(f"{check.name.partition(':')[0]}:{name}", check.ok, check.value, check.rule)
        for name, fit in fits.items() for check in fit.checks if not check.ok
    )  # fmt: skip
    first = next(iter(fits.values()))
    kept = {check.name: check for check in checks}
    return Result("model.clv_choice", tidy_frame(rows), {"n": first.n}, tuple(kept.values()), first.source)
