"""Values of customers under many draws of the parameters, a few thousand customers at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crmlab.clv.fitted import BtydFit
from crmlab.clv.spend import SpendFit
from crmlab.clv.words import column, labels_of
from crmlab.errors import ModelError

CELLS = 4_000_000  # draws times customers held at a time


@dataclass(frozen=True, slots=True, eq=False)
class Money:
    """What is left of a purchase of each customer under a spend fit.

    Attributes
    ----------
    spend : the fit, None for purchases of value 1
    x, mean_spend, covariates : (n,) repeat purchases, observed mean spend and the covariates of spend
    margin, each : share of spend that is left, and money that each purchase costs
    """

    spend: SpendFit | None
    x: np.ndarray
    mean_spend: object
    covariates: object
    margin: float
    each: float

    def of(self, spend: SpendFit | None) -> np.ndarray:
        """Money per purchase, shape (n,)."""
        if spend is None:
            return np.full(len(self.x), self.margin - self.each)
        return self.margin * spend.expected(self.x, self.observed(), covariates=self.covariates) - self.each

    def observed(self) -> np.ndarray:
        """Mean spend, 0 where there was no repeat purchase."""
        if self.mean_spend is None:
            raise ModelError("a spend fit needs the customers' mean_spend")
        labels = labels_of(self.mean_spend)
        if len(labels) != len(self.x):
            raise ModelError(f"mean_spend has {len(labels)} values for {len(self.x)} customers")
        if isinstance(self.mean_spend, np.ndarray | list | tuple):
            found = np.asarray(self.mean_spend, dtype=float)
        else:
            found = self.mean_spend.to_numpy(dtype=float, na_value=np.nan)  # type: ignore[attr-defined]
        return column(np.where(self.x > 0, found, 0.0), "mean_spend", labels)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """(draws,) equity, (draws, segments) parts of it, and (2, n) limits of each customer's value."""

    sums: np.ndarray
    parts: np.ndarray
    limits: np.ndarray


def drawn_values(
    purchases: BtydFit, spend: SpendFit | None, money: Money, times: tuple[float, float, float],
    asked: tuple[int, float, int], groups: tuple[np.ndarray, list[str]] | None, own: np.ndarray,
) -> Drawn:  # fmt: skip
    """Values under draws of both fits.

    Parameters
    ----------
    times : rate per period, horizon in periods, upkeep (present value per customer)
    asked : draws, level, seed
    groups : segment of each customer and the segments' names
    own : (n,) weight of each customer
    """
    rate, horizon, upkeep = times
    draws, level, seed = asked
    both = pairs(purchases, spend, draws, seed)
    d, n = purchases.buyers, len(money.x)
    counts = np.array([p.of_histories(d, horizon, rate, fine=False) for p, _ in both], dtype=np.float32)
    worth = _worth(money, [s for _, s in both])
    sums, parts = np.zeros(draws), np.zeros((draws, len(groups[1]) if groups else 0))
    limits, step = np.empty((2, n)), max(1, CELLS // draws)
    for low in range(0, n, step):
        part = slice(low, low + step)
        clv = counts[:, d.inverse[part]] * worth(part) - upkeep
        sums += clv @ own[part]
        if groups:
            place = np.zeros((clv.shape[1], parts.shape[1]))
            place[np.arange(clv.shape[1])[:, None], groups[0][part]] = own[part][:, None]
            parts += clv @ place
        limits[:, part] = np.quantile(clv, [(1 - level) / 2, (1 + level) / 2], axis=0, method="weibull")
    return Drawn(sums, parts, limits)


def pairs(
    purchases: BtydFit, spend: SpendFit | None, draws: int, seed: int
) -> list[tuple[BtydFit, SpendFit | None]]:
    """Both fits under drawn parameters; draws of spend without a finite mean are drawn again."""
    first = [purchases.at(row) for row in purchases.draws(draws, seed)]
    if spend is None:
        return [(p, None) for p in first]
    rows = spend.draws(4 * draws, seed + 1)
    rows = rows[rows[:, 1] > 1][:draws]
    if len(rows) < draws:
        raise ModelError("q is too near 1 for an interval of mean spend", hint="winsorise spend")
    return [(p, spend.at(row)) for p, row in zip(first, rows, strict=True)]


def _worth(money: Money, fits: list[SpendFit | None]) -> Callable[[slice], np.ndarray]:
    """slice of customers -> (draws, customers) money per purchase."""
    if fits[0] is None:
        return lambda part: money.of(None)[part]
    rows = np.array([list(fit.params.values()) for fit in fits if fit is not None])
    p, q, v = rows[:, :3].T[:, :, None]
    z, Z = money.observed(), fits[0].covariate_rows(money.x, money.covariates)
    slopes = rows[:, 3:]

    def of(part: slice) -> np.ndarray:
        x = money.x[part]
        own = v * np.exp(slopes @ Z[part].T) if Z.shape[1] else v
        return money.margin * p * (own + x * z[part]) / (p * x + q - 1) - money.each

    return of
