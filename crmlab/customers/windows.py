"""Days, months and prices of cycles, and what the contacts of one say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crmlab import jalali
from crmlab.data.dates import Calendar
from crmlab.files import sha256_text

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """A monthly index: first day of each month (since 1970), rising, and its value; empty where money is nominal."""

    days: np.ndarray
    index: np.ndarray

    def at(self, day: int) -> float:
        """Money of the last month known in money of the month before `day`, all that is known when the day begins."""
        if not len(self.index):
            return 1.0
        place = max(int(np.searchsorted(self.days, day, side="left")) - 1, 0)
        return float(self.index[place] / self.index[-1])


def data_hash(rows: pd.DataFrame) -> str:
    """What a cycle's contacts say, whatever the order of their rows and the key of the pseudonyms."""
    lines = sorted(
        f"{day}|{offer}|{channel}|{slot}|{accepted:g}|{cost!r}"
        for day, offer, channel, slot, accepted, cost in zip(
            *(rows[name].tolist() for name in ("day", "offer", "channel", "slot", "accepted", "cost")),
            strict=True,
        )
    )
    return sha256_text(*lines)


def later(day: int, months: int, calendar: Calendar) -> int:
    """The day so many months on, since 1970; the last one of a month that is too short."""
    moment = EPOCH + timedelta(days=day)
    y, m, d = (
        jalali.from_gregorian(moment) if calendar == "jalali" else (moment.year, moment.month, moment.day)
    )
    y, m = y + (m - 1 + months) // 12, (m - 1 + months) % 12 + 1
    if calendar == "jalali":
        found = jalali.to_gregorian(y, m, min(d, jalali.month_length(y, m)))
    else:
        ends = (
            31,
            29 if y % 4 == 0 and (y % 100 or y % 400 == 0) else 28,
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        )
        found = date(y, m, min(d, ends[m - 1]))
    return (found - EPOCH).days
