"""What customers of the ledger did and are expected to do: a purchase model, a spend model, and value in money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab import clv
from crmlab.clv import BtydFit, SpendFit
from crmlab.errors import ModelError
from crmlab.result import Check

DAYS = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}  # days in a unit of time
YEAR = 365.25
MODELS = {"bgnbd": clv.bgnbd, "mbgnbd": clv.mbgnbd, "pareto_nbd": clv.pareto_nbd}


@dataclass(frozen=True, slots=True)
class Money:
    """How money to come is counted.

    Attributes
    ----------
    rate : effective discount rate a year, 0.10 for 10 %; a real one if amounts are in prices of one month
    horizon : units of time ahead; infinity for all of the future
    margin : share of spend left after costs
    """

    rate: float = 0.10
    horizon: float = np.inf
    margin: float = 1.0


@dataclass(frozen=True, eq=False)
class Behaviour:
    """Fits to the customers of the ledger, without any answers.

    Attributes
    ----------
    name : of the purchase model
    fit, spend : purchase and spend model; no spend model where spend has no mean or cannot be fitted
    rate : (n,) expected purchases per unit of time while a customer, given the history
    purchases : (n,) discounted purchases expected to the horizon
    each : (n,) margin of a purchase, NaN without a spend model
    paid : (n,) observed mean money of a repeat purchase, NaN where there is none
    x, T : (n,) repeat purchases and time observed
    periods : units of time a year
    money : how money is counted
    checks : what could not be had, and why
    """

    name: str
    fit: BtydFit
    spend: SpendFit | None
    rate: np.ndarray
    purchases: np.ndarray
    each: np.ndarray
    paid: np.ndarray
    x: np.ndarray
    T: np.ndarray
    periods: float
    money: Money
    checks: tuple[Check, ...]

    @property
    def in_money(self) -> bool:
        """Whether value is money; else it is purchases."""
        return self.spend is not None

    @property
    def value(self) -> np.ndarray:
        """(n,) discounted margin expected (purchases where there is no spend model)."""
        return self.purchases * self.each if self.in_money else self.purchases

    def outcomes(self) -> pd.DataFrame:
        """(n, 4) logarithms of what customers do.

        `rate` expected purchases per unit of time while a customer, `margin` money of repeat purchases per time observed
        (purchases, where there is no money), `spend` money of a repeat purchase, `value` expected to come. What can be
        next to nothing is log(1 + v / mean of v), so that customers who have surely left do not carry the result, and
        so that units change nothing.
        """
        done = self.x / self.T * (np.nan_to_num(self.paid) if self.in_money else 1.0)
        columns = {
            "rate": np.log(self.rate), "margin": grown(done), "spend": np.log(self.paid), "value": grown(self.value),
        }  # fmt: skip
        return pd.DataFrame(columns)


def grown(value: np.ndarray) -> np.ndarray:
    """log(1 + v / mean of v); NaN where nobody has any."""
    mean = float(np.mean(value))
    return np.log1p(np.maximum(value, 0.0) / mean) if mean > 0 else np.full(len(value), np.nan)


def behave(
    rfm: pd.DataFrame, *, unit: str = "W", money: Money | None = None, model: str = "auto"
) -> Behaviour:
    """Fit the purchase and the spend model to all customers of the ledger.

    Parameters
    ----------
    rfm : x, t_x, T (in `unit`), mean_spend of each customer, T above 0
    model : "bgnbd", "mbgnbd", "pareto_nbd", or "auto" for the lowest BIC among those that converged inside

    Raises
    ------
    ModelError
        Nobody bought again; an unknown unit or model; no model could be fitted.
    """
    if unit not in DAYS:
        raise ModelError(f"unit is '{unit}'; want one of {', '.join(DAYS)}")
    money = money or Money()
    x, t_x, T, paid = (rfm[name].to_numpy(dtype=float) for name in ("x", "t_x", "T", "mean_spend"))
    name, fit = _purchases(x, t_x, T, model)
    spend, checks = _spend(x, paid)
    periods = YEAR / DAYS[unit]
    pace = clv.continuous_rate(money.rate, periods)
    ahead = fit.dert(pace, horizon=money.horizon)
    repeat = (x > 0) & (paid > 0)
    observed = np.where(repeat, paid, np.nan)
    each = np.full(len(x), np.nan)
    if spend is not None:
        each = money.margin * spend.expected(np.where(repeat, x, 0.0), np.where(repeat, paid, 0.0))
    p = fit.params
    at_T = p["alpha"] + T
    return Behaviour(
        name, fit, spend, (p["r"] + x) / at_T, ahead, each, observed, x, T, periods, money, checks
    )


def _purchases(x: np.ndarray, t_x: np.ndarray, T: np.ndarray, model: str) -> tuple[str, BtydFit]:
    if model != "auto" and model not in MODELS:
        raise ModelError(f"model '{model}' is not known", hint=f"auto, {', '.join(MODELS)}")
    fits, reason = {}, None
    for name in MODELS if model == "auto" else (model,):
        try:
            fits[name] = MODELS[name](x, t_x, T)
        except ModelError as error:
            reason = error
    if not fits:
        assert reason is not None
        raise reason
    sound = {name: fit for name, fit in fits.items() if all(check.ok for check in fit.checks)} or fits
    best = min(sound, key=lambda name: sound[name].bic)
    return best, sound[best]


def _spend(x: np.ndarray, paid: np.ndarray) -> tuple[SpendFit | None, tuple[Check, ...]]:
    """The spend model, and how far it may be multiplied with purchases; why there is none."""
    repeat = (x > 0) & (paid > 0)
    rule = "q > 1, so that mean spend is finite"
    try:
        fit = clv.gamma_gamma(np.where(repeat, x, 0.0), paid)
    except ModelError as error:
        reason = str(error).partition("\n")[0]
        return None, (Check("check.value_in_money", False, float(repeat.sum()), reason),)
    own = tuple(check for check in fit.checks if check.name == "check.spend_frequency")
    if fit.params["q"] <= 1:
        return None, (Check("check.value_in_money", False, fit.params["q"], rule), *own)
    return fit, (Check("check.value_in_money", True, fit.params["q"], rule), *own)
