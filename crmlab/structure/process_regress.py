"""The regressions of a PROCESS model, with errors that do not rest on equal variances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from crmlab.errors import ModelError
from crmlab.structure.process_design import Design


def regress(laid: Design, equation: str, errors: str) -> Any:
    """One equation by statsmodels."""
    import statsmodels.api as sm

    predictors = list(laid.equations[equation])
    X = laid.data[predictors].copy()
    X.insert(0, "1", 1.0)
    size = np.sqrt((X.to_numpy() ** 2).mean(axis=0))
    scaled = X.to_numpy() / np.where(size > 0, size, 1.0)
    if np.linalg.svd(scaled, compute_uv=False)[-1] < 1e-8 * np.sqrt(len(X)):
        outcome = laid.explained(equation)
        raise ModelError(
            f"the predictors of '{outcome}' determine each other: {', '.join(predictors)}",
            hint="leave one of them out",
        )
    reach = (np.linalg.qr(scaled)[0] ** 2).sum(axis=1).max()
    if errors in ("HC2", "HC3", "HC4") and reach > 1 - 1e-10:
        raise ModelError(
            f"one row alone determines a coefficient of '{laid.explained(equation)}', so it has no {errors} error",
            hint="join small categories, or errors='OLS'",
        )
    model = sm.OLS(laid.data[laid.explained(equation)], X)
    if errors == "OLS":
        return model.fit()
    if errors != "HC4":
        return model.fit(cov_type=errors, use_t=True)
    fitted = model.fit()
    return _Robust(fitted, _hc4(fitted))


class _Robust:
    """A fit of statsmodels with another covariance matrix, in what is read here."""

    def __init__(self, fitted: Any, cov: np.ndarray) -> None:
        self.params, self.df_resid, self.rsquared = fitted.params, fitted.df_resid, fitted.rsquared
        self._cov = pd.DataFrame(cov, index=fitted.params.index, columns=fitted.params.index)

    def cov_params(self) -> pd.DataFrame:
        """Covariances of the coefficients."""
        return self._cov


def _hc4(fitted: Any) -> np.ndarray:
    """Cribari-Neto's weights: e_i^2 / (1 - h_i)^min(4, n h_i / k)."""
    X = fitted.model.exog
    bread = np.linalg.inv(X.T @ X)
    h = np.einsum("ij,jk,ik->i", X, bread, X)
    n, k = X.shape
    weight = fitted.resid.to_numpy() ** 2 / (1 - h) ** np.minimum(4.0, n * h / k)
    return bread @ (X.T * weight) @ X @ bread


def line(fit: Any, weights: dict[str, float], level: float) -> dict[str, float]:
    """A linear combination of coefficients with its t interval and p."""
    at = np.array([weights.get(name, 0.0) for name in fit.params.index])
    estimate = float(at @ fit.params.to_numpy())
    error = float(np.sqrt(at @ fit.cov_params().to_numpy() @ at))
    reach = float(stdtrit(fit.df_resid, (1 + level) / 2)) * error
    p = float(2 * stdtr(fit.df_resid, -abs(estimate) / error)) if error > 0 else np.nan
    return {
        "estimate": estimate,
        "std_error": error,
        "ci_low": estimate - reach,
        "ci_high": estimate + reach,
        "p_value": p,
    }
