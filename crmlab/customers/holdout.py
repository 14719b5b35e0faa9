"""Is the purchase model any good? Fitted to a calibration period, judged by what its customers did afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab import clv
from crmlab.clv import BtydFit
from crmlab.customers.days import DAYS, PurchaseDays
from crmlab.customers.histories import Histories, fit_named, histories
from crmlab.result import Check, Result, tidy_block, tidy_frame

CLASSES = 7  # of customers by repeat purchases, besides the open one
MOST = 140  # repeat purchases told apart at most
FEW = 30  # customers with a repeat purchase below which a fit cannot carry a judgement
OF_THE_FIT = ("check.converged", "check.boundary", "check.std_errors")


@dataclass(frozen=True, eq=False)
class Holdout:
    """Fits to the calibration period, and purchases of the same customers in the holdout.

    Attributes
    ----------
    days, early : all purchases; those of the calibration period
    h, fits : the calibration histories, and the models fitted to them
    x_star, recent : purchases of each customer in the holdout, and in as long a time before it
    """

    days: PurchaseDays
    early: PurchaseDays
    unit: str
    h: Histories
    fits: dict[str, BtydFit]
    x_star: np.ndarray
    recent: np.ndarray

    @classmethod
    def of(cls, days: PurchaseDays, end: int | None, unit: str, names: Sequence[str]) -> Holdout | None:
        """The split at day `end`; None where nothing can be fitted before it or seen after it."""
        if end is None or not int(days.day.min()) < end < days.end:
            return None
        early = days.until(end)
        h = histories(early, unit)
        fits = fit_named(names, h) if len(h.x) else {}
        if not fits:
            return None
        place = days.customers.get_indexer(early.customers)
        x_star = days.counted(end, days.end)[place][h.kept]
        recent = early.counted(2 * end - days.end, end)[h.kept]
        return cls(days, early, unit, h, fits, x_star, recent)

    @property
    def horizon(self) -> float:
        """Length of the holdout in units."""
        return (self.days.end - self.early.end) / DAYS[self.unit]

    @property
    def calibration(self) -> float:
        """Length of the calibration period in units."""
        return float((self.early.end - self.early.day.min()) / DAYS[self.unit])

    def card(self, name: str) -> Result:
        """One model against naive rules."""
        return clv.judge(self.fits[name], self.x_star, self.horizon, recent=self.recent)

    def judged(self, name: str) -> dict[str, Result]:
        """Card, tracking, frequencies and conditional expectation of one model."""
        fit, card = self.fits[name], self.card(name)
        glance = card.glance | {"calibration": self.calibration, "unit_days": DAYS[self.unit]}
        glance |= {"calibration_end": float(self.early.end), "end": float(self.days.end)}
        checks = (*(c for c in card.checks if not c.name.startswith(OF_THE_FIT)), self._long_enough())
        upto = self._upto()
        seen = clv.conditional(fit, self.x_star, self.horizon, upto)
        return {
            "holdout": Result(card.model, card.tidy, glance, checks, card.source),
            "tracking": self._tracking(fit, card.source),
            "frequencies": _columns(
                "model.frequencies", _classes(clv.frequencies(fit, upto)), "x", card.source
            ),
            "conditional": _columns("model.conditional", _means(seen, upto), "x", card.source),
        }

    def _upto(self) -> int:
        """Repeat purchases that nine customers in ten do not pass, whole classes of them; the rest are one class."""
        most = int(np.clip(np.quantile(self.h.x, 0.9) + 1, CLASSES, MOST))
        width = int(np.ceil(most / CLASSES))
        return width * int(np.ceil(most / width))

    def _long_enough(self) -> Check:
        repeaters = float((self.h.x > 0).sum())
        rule = f">= {FEW} customers with a repeat purchase in the calibration period"
        return Check("check.calibration_length", repeaters >= FEW, repeaters, rule)

    def _tracking(self, fit: BtydFit, source: dict[str, str]) -> Result:
        """By week, or by the unit if that is longer; the customers are those of the calibration period."""
        length = DAYS[self.unit]
        start, step = int(self.early.day.min()), max(7.0, length)
        edges = np.arange(0, (self.days.end - start) // step + 1) * step / length
        if len(edges) < 2:
            return Result("model.tracking", tidy_frame([]), {}, (), source)
        ours = self.days.customers.get_indexer(self.early.customers[self.h.kept])
        mine = np.isin(self.days.who, ours) & (self.days.order > 0)
        birth = (self.early.first[self.h.kept] - start) / length
        frame = clv.tracking(fit, birth, (self.days.day[mine] - start) / length, edges)
        glance = {"split": (self.early.end - start) / length, "unit_days": length, "step": step / length}
        return _columns("model.tracking", frame, "until", source, glance)


def _classes(frame: pd.DataFrame) -> pd.DataFrame:
    """Counts of customers by x = 0, 1, ..., added up in at most CLASSES classes of one width and an open one."""
    last = len(frame) - 1
    width = int(np.ceil(last / CLASSES))
    if width == 1:
        return frame
    place = np.append(np.arange(last) // width, last // width)
    found = frame[["actual", "expected"]].groupby(place).sum()
    return found.assign(x=_names(last, width))


def _means(frame: pd.DataFrame, last: int) -> pd.DataFrame:
    """Mean purchases by x, averaged in the same classes."""
    width = int(np.ceil(last / CLASSES))
    names = np.array(_names(last, width))
    place = np.minimum(frame["x"].to_numpy(dtype=int) // width, len(names) - 1)
    sums = frame[["actual", "expected"]].mul(frame["customers"], axis=0).groupby(place).sum()
    n = frame["customers"].groupby(place).sum()
    return sums.div(n, axis=0).assign(customers=n, x=names[n.index.to_numpy()]).reset_index(drop=True)


def _names(last: int, width: int) -> list[str]:
    """ "0", "1", ..., "7+", or "0-9", "10-19", ..., "70+"."""
    starts = range(0, last, width)
    whole = [str(k) if width == 1 else f"{k}-{k + width - 1}" for k in starts]
    return [*whole, f"{last}+"]


def _columns(
    key: str, frame: pd.DataFrame, by: str, source: dict[str, str], glance: dict[str, float] | None = None
) -> Result:
    """A frame as terms `<column>:<value of by>`."""
    names = [value if isinstance(value, str) else f"{value:.6g}" for value in frame[by]]
    blocks = [
        tidy_block(name, names, frame[name].astype(float)) for name in map(str, frame.columns) if name != by
    ]
    return Result(key, pd.concat(blocks), glance or {}, (), source)
