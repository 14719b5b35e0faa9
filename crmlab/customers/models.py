"""Purchase and spend models of a customer base: which one, what it says, and whether it beats naive rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.clv import BtydFit, SpendFit
from crmlab.customers.base import regularity
from crmlab.customers.days import PurchaseDays
from crmlab.customers.histories import Histories, fit_named, histories
from crmlab.customers.holdout import Holdout
from crmlab.customers.parameters import purchase_parameters, spend_parameters
from crmlab.result import Check, Result, tidy_block, tidy_frame

CANDIDATES = ("bgnbd", "mbgnbd", "pareto_nbd")
REGULAR = 1.5  # regularity from which a model of regular buyers is tried too
STAGES = (2, 4)  # fewest and most Erlang stages tried
ERRORS = ("mae", "rmse", "rank")


@dataclass(frozen=True, eq=False)
class PurchaseModels:
    """The saved results on the models, by their names in docs/terms.md, and the fits the answers are computed from.

    Attributes
    ----------
    choice, purchase, spend : which model, its parameters, and the spend model's
    holdout, tracking, frequencies, conditional : how well the model predicts; None where it could not be judged
    fit, money : the fits to all data; None where nothing could be fitted
    histories : of the customers of the fit
    """

    choice: Result
    histories: Histories
    purchase: Result | None = None
    spend: Result | None = None
    holdout: Result | None = None
    tracking: Result | None = None
    frequencies: Result | None = None
    conditional: Result | None = None
    fit: BtydFit | None = None
    money: SpendFit | None = None

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, in the order of the section; what could not be computed is not among them."""
        names = ("choice", "purchase", "spend", "holdout", "tracking", "frequencies", "conditional")
        return {name: found for name in names if (found := getattr(self, name)) is not None}


def fit_models(
    days: PurchaseDays, *, unit: str = "W", calibration_end: int | None = None, model: str = "auto",
    level: float = 0.95,
) -> PurchaseModels:  # fmt: skip
    """Choose a purchase model, judge it on a holdout, and fit it and the spend model to all data.

    Parameters
    ----------
    days : purchases; their `end` is the end of observation
    calibration_end : day (since 1970) that the calibration period ends with; what comes after is the holdout. None
        for no holdout: nothing is judged then
    model : "auto" takes, of CANDIDATES (and MBG/CNBD-k where buyers are regular), the lowest BIC in the calibration
        period, so that the holdout judges a model it has not chosen; or the name of a model set beforehand
    """
    h = histories(days, unit)
    names = candidates(regularity(days), model)
    fits = fit_named(names, h) if len(h.x) else {}
    if not fits:
        return PurchaseModels(_none(h), h)
    holdout = Holdout.of(days, calibration_end, unit, tuple(fits))
    chosen = _chosen(holdout.fits if holdout else fits)
    money, spend = spend_parameters(h, level)
    return PurchaseModels(
        _choice(fits, holdout, chosen, level), h, purchase_parameters(fits[chosen], level), spend,
        **(holdout.judged(chosen) if holdout else {}), fit=fits[chosen], money=money,
    )  # fmt: skip


def candidates(k: float, model: str = "auto") -> tuple[str, ...]:
    """The models tried for buyers whose gaps have regularity k: those of "auto", or the one that was set."""
    stages = int(np.clip(np.round(k), *STAGES)) if np.isfinite(k) else STAGES[0]
    if model in ("bgcnbd", "mbgcnbd"):
        return (f"{model}{stages}",)
    if model != "auto":
        return (model,)
    return (*CANDIDATES, f"mbgcnbd{stages}") if k >= REGULAR else CANDIDATES


def _chosen(fits: dict[str, BtydFit]) -> str:
    """The lowest BIC among the fits that converged inside; among all if none did."""
    sound = [
        name for name, fit in fits.items() if _holds(fit, "check.converged") and _holds(fit, "check.boundary")
    ]
    return min(sound or fits, key=lambda name: fits[name].bic)


def _choice(fits: dict[str, BtydFit], holdout: Holdout | None, chosen: str, level: float) -> Result:
    """One row a model: fit to all data, state of the fit, error in the holdout."""
    each = list(fits.values())
    blocks = [
        tidy_block("k", fits, [float(len(fit.params)) for fit in each]),
        tidy_block("loglik", fits, [fit.loglik for fit in each]),
        tidy_block("aic", fits, [fit.aic for fit in each]),
        tidy_block("bic", fits, [fit.bic for fit in each]),
        tidy_block("converged", fits, [float(_holds(fit, "check.converged")) for fit in each]),
        tidy_block("inside", fits, [float(_holds(fit, "check.boundary")) for fit in each]),
        tidy_block("chosen", fits, [float(name == chosen) for name in fits]),
    ]
    glance = {"n": fits[chosen].n, "level": level}
    if holdout is not None:
        cards = {name: holdout.card(name) for name in holdout.fits}
        blocks += [tidy_block(q, cards, [card[f"{q}:model"] for card in cards.values()]) for q in ERRORS]
        early = holdout.fits.values()
        blocks.append(tidy_block("bic_calibration", holdout.fits, [fit.bic for fit in early]))
        glance |= {"horizon": holdout.horizon, "calibration": holdout.calibration}
    return Result("model.clv_choice", pd.concat(blocks), glance, (), fits[chosen].source)


def _holds(fit: BtydFit, check: str) -> bool:
    return all(each.ok for each in fit.checks if each.name.startswith(check))


def _none(h: Histories) -> Result:
    repeaters = float((h.x > 0).sum())
    check = Check("check.repeat_customers", False, repeaters, "> 0 customers who bought on more than one day")
    if repeaters:
        check = Check(
            "check.enough_customers", False, float(len(h.x)), "more customers than parameters of a model"
        )
    return Result("model.clv_choice", tidy_frame([]), {"n": float(len(h.x))}, (check,))
