"""What customers are worth: who is still there, purchases to come, customer equity, groups, and the table of everybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from crmlab.clv import CustomerValue
from crmlab.customers import answers
from crmlab.customers.days import DAYS, YEAR, PurchaseDays
from crmlab.customers.histories import histories
from crmlab.customers.models import PurchaseModels
from crmlab.customers.segments import GROUPS, ranked, rfm_groups
from crmlab.customers.valuer import Money, Valuer
from crmlab.files import replacing
from crmlab.result import Result


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """The saved results on value, by their names in docs/terms.md, and the table of customers.

    Attributes
    ----------
    alive, value, rfm_groups, value_tiers : None where no model could be fitted
    table : one row a customer: customer, purchases, recency, T, p_alive, expected, dert, spend, clv, ci_low, ci_high,
        group, tier
    """

    alive: Result | None
    value: Result | None
    rfm_groups: Result | None
    value_tiers: Result | None
    table: pd.DataFrame | None

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result; what could not be computed is not among them."""
        names = ("alive", "value", "rfm_groups", "value_tiers")
        return {name: found for name in names if (found := getattr(self, name)) is not None}

    def save_table(self, folder: str | Path) -> list[Path]:
        """`customers.csv` and `customers.parquet` in `folder`, whole or not at all; nothing where there is no table."""
        if self.table is None:
            return []
        return write_table(self.table, [Path(folder) / f"customers.{kind}" for kind in ("csv", "parquet")])


def value_customers(
    models: PurchaseModels, days: PurchaseDays, *, unit: str = "W", money: Money | None = None,
    compare: tuple[PurchaseDays, Money] | None = None, tiers: int = 10,
    level: float = 0.95, draws: int = 200, seed: int = 0,
) -> Worth:  # fmt: skip
    """Discounted margin expected of every customer, of groups and of all, with intervals.

    Parameters
    ----------
    models, days : what `fit_models` gave, and its purchases
    money : horizon, discount rate, margin, costs
    compare : the same purchases in other money (nominal where `days` is real), and how that is counted
    tiers : groups of equal number that customers are put in by value
    draws : parameter draws behind the intervals; 0 for none
    """
    if models.fit is None:
        return Worth(None, None, None, None, None)
    money = money or Money()
    period = YEAR / DAYS[unit]
    valuer = Valuer.of(models.fit, models.money, models.histories, money, period, draws, level, seed)
    group = rfm_groups(days)[models.histories.kept]
    tier = ranked(valuer.at_once().table["clv"].to_numpy(), tiers)
    v = valuer.customers(pd.DataFrame({"group": group, "tier": tier}))
    ahead = min(money.horizon, period)
    table = _table(days, models, v, unit, models.fit.expected(ahead), group, tier)
    found = answers.value(valuer, days, v, table)
    if compare is not None:
        found = answers.with_nominal(found, valuer, histories(compare[0], unit), compare[1])
    return Worth(
        alive=answers.alive(table, ahead, v),
        value=found,
        rfm_groups=answers.groups(v, table, "group", GROUPS, "model.rfm_groups"),
        value_tiers=answers.groups(
            v, table, "tier", tuple(map(str, range(1, tiers + 1))), "model.value_tiers"
        ),
        table=table,
    )


class Tabled(Protocol):
    """Anything with a table of people to write."""

    def save_table(self, folder: str | Path) -> list[Path]:
        """Write it into `folder`."""


def save_table(found: Tabled | None, folder: str | Path) -> list[Path]:
    """Write the table of all customers (of a value, of segments, of prospects) into `folder`; nothing for None."""
    return [] if found is None else found.save_table(folder)


def write_table(table: pd.DataFrame, paths: list[Path]) -> list[Path]:
    """The table as CSV or Parquet, by the ending of each path; a file is replaced whole or stays as it was."""
    for path in paths:
        with replacing(path) as part:
            if path.suffix == ".parquet":
                table.to_parquet(part, index=False)
            else:
                table.to_csv(part, index=False, lineterminator="\n", encoding="utf-8")
    return paths


def _table(
    days: PurchaseDays, models: PurchaseModels, v: CustomerValue, unit: str, expected: np.ndarray,
    group: np.ndarray, tier_of: np.ndarray,
) -> pd.DataFrame:  # fmt: skip
    h = models.histories
    return pd.DataFrame({
        "customer": np.asarray(days.customers)[h.kept],
        "purchases": days.counts[h.kept],
        "recency": (days.end - days.last[h.kept]) / DAYS[unit],
        "T": h.T,
        "total": days.total[h.kept],
        "p_alive": v.table["p_alive"].to_numpy(),
        "expected": expected,
        "dert": v.table["expected"].to_numpy(),
        "spend": v.table["spend"].to_numpy(),
        **{name: v.table[name].to_numpy() for name in ("clv", "ci_low", "ci_high")},
        "group": group,
        "tier": tier_of.astype(int),
    })  # fmt: skip
