"""The engine's valuation with this room's settings, and what to do where a fit cannot carry intervals or money."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from crmlab import clv
from crmlab.clv import BtydFit, CustomerValue, SpendFit
from crmlab.customers.histories import Histories
from crmlab.errors import ModelError
from crmlab.result import Check

FEWEST_DRAWS = 50
NO_INTERVAL = "fits with standard errors and a finite mean spend under every draw"


@dataclass(frozen=True, slots=True)
class Money:
    """How money to come is counted.

    Attributes
    ----------
    rate : effective discount rate a year, 0.10 for 10 %; a real one if amounts are in prices of one month
    horizon : units of time ahead; infinity for all of the future
    margin : share of spend left after costs
    upkeep : money that keeping one customer costs a year
    acquisition : money that winning one customer costs
    """

    rate: float = 0.10
    horizon: float = np.inf
    margin: float = 1.0
    upkeep: float = 0.0
    acquisition: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Valuer:
    """Fits, histories and settings that values are computed from.

    Attributes
    ----------
    fit, spend, h : the purchase model, the spend model (None: purchases are counted) and the customers
    money, period : how money is counted; units of time in a year
    draws, level, seed : of the intervals; no draws, no intervals
    checks : what could not be had, and why
    """

    fit: BtydFit
    spend: SpendFit | None
    h: Histories
    money: Money
    period: float
    draws: int
    level: float
    seed: int
    checks: tuple[Check, ...] = field(default=())

    @classmethod
    def of(
        cls, fit: BtydFit, spend: SpendFit | None, h: Histories, money: Money, period: float, draws: int,
        level: float, seed: int,
    ) -> Valuer:  # fmt: skip
        """A valuer that can value: without money where spend has no mean, without intervals where there are no errors."""
        checks = []
        if spend is not None and spend.params["q"] <= 1:
            spend = None
            checks.append(Check("check.value_in_money", False, np.nan, "q > 1, so that mean spend is finite"))
        draws = max(draws, FEWEST_DRAWS) if draws else 0
        if draws and not _drawable(fit, spend, draws, seed):
            draws = 0
            checks.append(Check("check.value_interval", False, np.nan, NO_INTERVAL))
        return cls(fit, spend, h, money, period, draws, level, seed, tuple(checks))

    def at_once(self) -> CustomerValue:
        """Values without intervals."""
        return replace(self, draws=0).customers()

    def customers(self, segments: pd.DataFrame | None = None) -> CustomerValue:
        """Value of every customer, and of each segment."""
        money = self.money
        return clv.customer_value(
            self.fit, self.spend, _paid(self.h.spend) if self.spend is not None else None,
            rate_per_year=money.rate, periods_per_year=self.period, horizon=money.horizon, margin=money.margin,
            cost_per_year=money.upkeep if self.spend is not None else 0.0, segments=segments,
            draws=self.draws, level=self.level, seed=self.seed,
        )  # fmt: skip

    def newcomer(self) -> tuple[float, float, float]:
        """Value of a customer not yet won, with interval."""
        money = self.money
        return clv.new_customer_value(
            self.fit, self.spend, rate_per_year=money.rate, periods_per_year=self.period, horizon=money.horizon,
            margin=money.margin, acquisition_cost=money.acquisition if self.spend is not None else 0.0,
            draws=self.draws, level=self.level, seed=self.seed,
        )  # fmt: skip


def _drawable(fit: BtydFit, spend: SpendFit | None, draws: int, seed: int) -> bool:
    """Whether both fits can be drawn from, and enough draws of spend have a finite mean (as the engine asks)."""
    try:
        fit.draws(1, seed)
        return spend is None or int((spend.draws(4 * draws, seed + 1)[:, 1] > 1).sum()) >= draws
    except ModelError:
        return False


def _paid(spend: np.ndarray) -> np.ndarray:
    """Mean spend as the spend model takes it: repeat purchases for nothing are as good as next to nothing."""
    return np.maximum(spend, 1e-9 * spend.max(initial=1.0))
