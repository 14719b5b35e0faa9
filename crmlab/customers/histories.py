"""From purchase days to what a purchase model sees, and the models by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from crmlab import clv
from crmlab.clv import BtydFit
from crmlab.customers.days import DAYS, PurchaseDays
from crmlab.errors import ModelError

PLAIN = {"bgnbd": clv.bgnbd, "mbgnbd": clv.mbgnbd, "pareto_nbd": clv.pareto_nbd}


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Purchase histories of n customers; times in one unit.

    Attributes
    ----------
    x, t_x, T : repeat purchases, time of the last one, time observed since the first purchase
    spend : mean money of a REPEAT purchase, 0 where there is none
    litt : sum of the logarithms of a customer's gaps
    kept : places of these customers among those of the purchase days
    """

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    spend: np.ndarray
    litt: np.ndarray
    kept: np.ndarray


def histories(days: PurchaseDays, unit: str = "W") -> Histories:
    """Histories of all customers but those won on the last day, who have not been observed for any time yet."""
    length = DAYS[unit]
    x = days.counts - 1.0
    spend = np.divide(days.gross - days.amount[days.starts], x, out=np.zeros(len(x)), where=x > 0)
    logs = np.where(days.order > 0, np.log(np.where(days.order > 0, days.gaps, length) / length), 0.0)
    litt = np.add.reduceat(logs, days.starts)
    t_x, T = (days.last - days.first) / length, (days.end - days.first) / length
    kept = np.flatnonzero(T > 0)
    return Histories(x[kept], t_x[kept], T[kept], spend[kept], litt[kept], kept)


def fit_named(names: Sequence[str], h: Histories) -> dict[str, BtydFit]:
    """Name -> fit, of those models that can be fitted to these customers at all."""
    found = {}
    for name in names:
        maker = _maker(name)
        try:
            found[name] = maker(h)
        except ModelError:
            continue
    return found


def _maker(name: str) -> Callable[[Histories], BtydFit]:
    if name in PLAIN:
        return lambda h: PLAIN[name](h.x, h.t_x, h.T)
    kind, _, k = name.rpartition("cnbd")
    if kind not in ("bg", "mbg") or not k.isdigit():
        raise ModelError(f"model '{name}' is not known", hint=f"one of {', '.join(PLAIN)}, bgcnbd2, mbgcnbd2")
    return lambda h: clv.cnbd(h.x, h.t_x, h.T, k=int(k), modified=kind == "mbg", litt=h.litt)
