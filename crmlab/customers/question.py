"""What a study asks of its ledger, as the functions of this room take it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from crmlab import clv
from crmlab.customers.base import CustomerBase, describe
from crmlab.customers.days import DAYS, YEAR, PurchaseDays, purchase_days
from crmlab.customers.models import PurchaseModels, fit_models
from crmlab.customers.valuer import Money
from crmlab.customers.worth import Worth, value_customers
from crmlab.data.contracts import Contracts
from crmlab.data.ledger import Ledger
from crmlab.data.ledger_money import inflation, margin_share
from crmlab.study import Study

MONTHS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Arguments for `describe`, `fit_models` and `value_customers`, and their answers; empty without a ledger."""

    base: dict[str, Any]
    models: dict[str, Any]
    value: dict[str, Any]

    def describe(self) -> CustomerBase | None:
        """The customer base; None without a ledger."""
        return describe(**self.base) if self.base else None

    def fit_models(self) -> PurchaseModels | None:
        """Purchase and spend models; None without a ledger."""
        return fit_models(**self.models) if self.models else None

    def value_customers(self, models: PurchaseModels | None) -> Worth | None:
        """What customers are worth; None without a ledger."""
        return value_customers(models, **self.value) if models is not None else None


def saved(study: Study, folder: str | Path) -> tuple[Ledger | None, Contracts | None]:
    """The admitted ledger and contracts of a study, as step 02 saved them in `folder`; None for what it has not."""
    ledger = Ledger.load(folder) if study.has_ledger else None
    return ledger, Contracts.load(folder) if study.has_contracts else None


def question(ledger: Ledger | None, study: Study) -> Question:
    """The study's settings with the ledger's purchases, in real money where the study names a deflator."""
    if ledger is None:
        return Question({}, {}, {})
    asked = study.behaviour
    real = ledger.deflator is not None
    days = days_of(ledger.deflated() if real else ledger)
    nominal = days_of(ledger) if real else None
    split = ledger.window.calibration_end
    same = {"unit": asked.unit, "level": study.estimator.level}
    margin = margin_share(ledger, asked.margin)
    horizon = asked.horizon_months / MONTHS * YEAR / DAYS[asked.unit]
    money = Money(asked.discount_rate, horizon, margin, asked.contact_cost, asked.acquisition_cost)
    compare = (nominal, _nominal(ledger, money)) if nominal is not None else None
    return Question(
        base={"days": days, "nominal": nominal, "calendar": study.ledger.calendar, "source": dict(ledger.source), **same},
        models={"days": days, "calibration_end": _number(split), "model": asked.model, **same},
        value={
            "days": days, "money": money, "compare": compare, "tiers": asked.segments,
            "draws": asked.bootstrap, "seed": study.seed, **same,
        },
    )  # fmt: skip


def days_of(ledger: Ledger) -> PurchaseDays:
    """The ledger's purchases by its own rules on zero amounts and refunds."""
    rules: dict[str, Any] = {name: ledger.rules[name] for name in ("zero", "returns")}
    return purchase_days(ledger.rows, date="day", end=ledger.window.end, **rules)


def _number(day: date | None) -> int | None:
    return None if day is None else int(np.datetime64(day, "D").astype(np.int64))


def _nominal(ledger: Ledger, money: Money) -> Money:
    """The same horizon and margin with the nominal rate that goes with the index's yearly growth."""
    return replace(money, rate=clv.nominal_rate(money.rate, inflation(ledger)))
