"""Customers under contract: how long they stay, what makes them leave, who will, and whether an offer to stay pays."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from crmlab.customers.calibration import calibration_table
from crmlab.customers.churn import Churn, churn
from crmlab.customers.days import DAYS, YEAR
from crmlab.customers.hazards import aft, cox
from crmlab.customers.offers import best_offer, gains, profit_curve
from crmlab.customers.retention import best_contract, contract_fits, contract_survival, kaplan_meier
from crmlab.data.contracts import Contracts
from crmlab.errors import ModelError
from crmlab.result import Result, attempt, tidy_block
from crmlab.study import Study

MONTHS = 12
POINTS = 60  # of a profit curve that are saved
UNKNOWN = "–"  # group of customers for whom none is given


@dataclass(frozen=True, eq=False)
class Leaving:
    """What is asked of the contracts of a study; the results by their names in docs/terms.md."""

    contracts: Contracts
    study: Study
    results: dict[str, Result] = field(default_factory=dict)

    @cached_property
    def rate(self) -> float:
        """Discount rate a period."""
        asked = self.study.contracts
        return float((1 + asked.discount_rate) ** (DAYS[asked.unit] / YEAR) - 1)

    @cached_property
    def horizon(self) -> int:
        """Whole periods ahead, at least one."""
        asked = self.study.contracts
        return max(1, round(asked.horizon_months / MONTHS * YEAR / DAYS[asked.unit]))


def leaving(contracts: Contracts | None, study: Study) -> Leaving | None:
    """All results on the contracts of a study; what they do not allow says so; None without contracts."""
    if contracts is None:
        return None
    asked = Leaving(contracts, study)
    rows = contracts.rows
    stay = (rows["duration"].to_numpy(), rows["left"].to_numpy())
    level = study.estimator.level
    group = rows["group"].fillna(UNKNOWN) if "group" in rows else None
    found = asked.results
    found["stay_curves"] = attempt(
        "model.kaplan_meier", lambda: kaplan_meier(*stay, group=group, level=level)
    )
    found["stay_models"] = attempt("model.contract", lambda: _contract(asked))
    if contracts.figures or contracts.words:
        found["leaving_cox"] = attempt("model.cox", lambda: _explained(contracts, cox, level))
        found["leaving_aft"] = attempt("model.aft", lambda: _explained(contracts, aft, level))
        _told(asked, level)
    return asked


def _contract(asked: Leaving) -> Result:
    rows = asked.contracts.rows
    return contract_survival(
        rows["periods"].to_numpy(), rows["left"].to_numpy(), ahead=asked.study.contracts.ahead,
        rate=max(asked.rate, 1e-9), horizon=asked.horizon,
    )  # fmt: skip


def _explained(contracts: Contracts, fit: object, level: float) -> Result:
    """Cox or AFT on the rows whose covariates are all known; the others are counted as `incomplete`."""
    known = contracts.known
    whole = known.notna().all(axis=1).to_numpy()
    if not whole.any():
        raise ModelError("no customer has all that may explain leaving")
    rows = contracts.rows.loc[whole]
    found = fit(rows["duration"].to_numpy(), rows["left"].to_numpy(), known.loc[whole], level=level)  # type: ignore[operator]
    glance = found.glance | {"incomplete": float((~whole).sum())}
    return Result(found.model, found.tidy, glance, found.checks, found.source)


def _told(asked: Leaving, level: float) -> None:
    """Probabilities of leaving, what they are worth, and the offer that rests on them."""
    contracts, found = asked.contracts, asked.results
    told: list[Churn] = []

    def judged() -> Result:
        declared = asked.study.contracts
        features = contracts.known
        if declared.duration_known:
            features = features.assign(duration=contracts.rows["duration"])
        left = contracts.rows["left"].to_numpy()
        told.append(churn(features, left, folds=declared.folds, seed=asked.study.seed, level=level))
        return told[0].result

    found["churn"] = attempt("model.churn", judged)
    if not told:
        return
    p, y, source = told[0].probability, told[0].left, told[0].result.source
    found["churn_calibration"] = _calibration(p, y, source)
    found["churn_gains"] = _gains(p, y, source)
    if "price" in contracts.rows:
        found["churn_profit"] = attempt("model.churn_profit", lambda: _profit(asked, p, y))


def _calibration(p: np.ndarray, y: np.ndarray, source: dict[str, str]) -> Result:
    table = calibration_table(p, y)
    bins = [str(k + 1) for k in range(len(table))]
    ends = {"ci_low": table["ci_low"].to_numpy(), "ci_high": table["ci_high"].to_numpy()}
    blocks = [
        tidy_block("told", bins, table["told"].to_numpy()),
        tidy_block("seen", bins, table["seen"].to_numpy(), **ends),
        tidy_block("customers", bins, table["customers"].to_numpy(dtype=float)),
    ]
    return Result("model.churn_calibration", pd.concat(blocks), {"level": 0.95}, (), source)


def _gains(p: np.ndarray, y: np.ndarray, source: dict[str, str]) -> Result:
    table = gains(p, y)
    parts = [str(k + 1) for k in range(len(table))]
    names = ("share", "captured", "lift", "lift_cumulative", "customers", "left")
    blocks = [tidy_block(name, parts, table[name].to_numpy(dtype=float)) for name in names]
    return Result("model.churn_gains", pd.concat(blocks), {"n": float(len(p))}, (), source)


def kept_value(asked: Leaving) -> np.ndarray:
    """Money that each customer is worth if he stays: the period now due, and the renewals after it to the horizon.

    margin * price * (1 + sum_{t>=1} S(n+1+t)/S(n+1) (1+rate)^-t) by the contract model of lower AIC, n whole
    periods so far; NaN where there is no price.

    Source
    ------
    Fader, P. S. & Hardie, B. G. S. (2010). Marketing Science 29(1), 85-93.
    """
    rows = asked.contracts.rows
    fits = contract_fits(rows["periods"].to_numpy(), rows["left"].to_numpy())
    best = fits[best_contract(fits)]
    after = best.dert(max(asked.rate, 1e-9), rows["periods"].to_numpy() + 1, horizon=asked.horizon - 1)
    return np.asarray(asked.study.contracts.margin * rows["price"].to_numpy(dtype=float) * (1 + after))


def _profit(asked: Leaving, p: np.ndarray, y: np.ndarray) -> Result:
    declared, value = asked.study.contracts, kept_value(asked)
    known = np.isfinite(value)
    if not known.any() or y[known].sum() == 0:
        raise ModelError("no customer who left has a price")
    costs = {
        "offer_cost": declared.offer_cost,
        "contact_cost": declared.contact_cost,
        "accept": declared.accept,
    }
    best = best_offer(p[known], y[known], value=value[known], **costs)
    curve = profit_curve(p[known], y[known], value=value[known], **costs)
    place = np.unique(np.searchsorted(curve["share"], np.linspace(0, 1, POINTS + 1)).clip(max=len(curve) - 1))
    names = [str(k) for k in range(len(place))]
    blocks = [best.tidy]
    for column in ("share", "profit", "profit_random"):
        blocks.append(tidy_block(f"curve_{column}", names, curve[column].to_numpy()[place]))
    glance = best.glance | {"no_price": float((~known).sum()), "mean_value": float(value[known].mean())}
    glance |= {
        "margin": declared.margin,
        "horizon_periods": float(asked.horizon),
        "rate_per_year": declared.discount_rate,
    }
    return Result(best.model, pd.concat(blocks), glance, best.checks, best.source)
