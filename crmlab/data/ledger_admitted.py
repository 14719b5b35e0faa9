"""The admitted ledger: customer x day x money, every row of the files accounted for, nobody named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.data.ledger_rows import REASONS, Window
from crmlab.data.saved import read_saved
from crmlab.errors import ModelError
from crmlab.files import replacing, write_text
from crmlab.result import Result

FOLDER, TABLE, FACTS = "ledger", "transactions.parquet", "facts.json"
KINDS = ("purchase", "refund", "zero")


@dataclass(frozen=True, eq=False)
class Ledger:
    """Transactions as far as the study admits them. Treat the frame as read-only.

    Attributes
    ----------
    rows : kept rows: record (1 for the first row below the header of its file), source (system), customer
        (pseudonym), day (Gregorian), amount (in `currency`, refunds below zero), kind ("purchase", "refund", "zero"),
        and, where the study names them, receipt, branch, channel, product, margin
    refused : source -> record -> reason, in the order of the file
    copies : source -> refused duplicate -> record of the first copy
    unkept : source -> customers (pseudonyms) that only refused rows name
    read : source -> rows in the file
    repairs : source -> column -> kind of repair -> cells, over all rows
    window : what was observed, and how much of it models are calibrated on
    currency : of all amounts
    rules : "returns", "zero" and "unit", as the study declares them
    deflator : index by first day of the month, or None
    notes : what was found out about the files
    source : hashes and versions
    """

    rows: pd.DataFrame
    refused: dict[str, dict[int, str]]
    copies: dict[str, dict[int, int]]
    unkept: dict[str, tuple[str, ...]]
    read: dict[str, int]
    repairs: dict[str, dict[str, dict[str, int]]]
    window: Window
    currency: str
    rules: dict[str, str]
    deflator: pd.Series | None
    notes: tuple[dict[str, Any], ...]
    source: dict[str, str]

    @cached_property
    def refused_by_reason(self) -> dict[str, int]:
        """Reason -> rows over all files, in the order reasons are judged; only those that occur."""
        counts = pd.Series(
            [reason for rows in self.refused.values() for reason in rows.values()]
        ).value_counts()
        return {reason: int(counts[reason]) for reason in REASONS if reason in counts}

    @cached_property
    def by_source(self) -> dict[str, dict[str, int]]:
        """Source -> rows read, refused and kept."""
        kept = self.rows["source"].value_counts()
        return {
            name: {"read": read, "refused": len(self.refused[name]), "kept": int(kept.get(name, 0))}
            for name, read in self.read.items()
        }

    @property
    def kept(self) -> int:
        """Rows kept."""
        return len(self.rows)

    def rfm(self, *, calibrated: bool = False) -> pd.DataFrame:
        """One row a customer, as `clv.rfm` gives it, with the study's unit and rules.

        Parameters
        ----------
        calibrated : summarise the calibration period and add the holdout; else all that was observed
        """
        from crmlab import clv

        if calibrated and self.window.calibration_end is None:
            raise ModelError("nothing is held out (key behaviour.calibration_end)")
        return clv.rfm(
            self.rows, customer="customer", date="day", amount="amount", end=self.window.end,
            calibration_end=self.window.calibration_end if calibrated else None,
            unit=self.rules["unit"], returns=self.rules["returns"], zero=self.rules["zero"],  # type: ignore[arg-type]
        )  # fmt: skip

    def deflated(self) -> Ledger:
        """The same ledger in prices of the last month observed."""
        from crmlab.data.deflator import deflate

        return deflate(self)

    def flow(self) -> Result:
        """How many rows were read, refused (by reason) and kept, file by file, and what looks wrong with the money."""
        from crmlab.data.ledger_flow import flow

        return flow(self)

    def purchases(self) -> Result:
        """Customers, purchase days and money in numbers."""
        from crmlab.data.ledger_flow import purchases

        return purchases(self)

    def summary(self) -> str:
        """The flow and the failed checks in a few lines of plain text."""
        result = self.flow()
        refused = sum(self.refused_by_reason.values())
        told = ", ".join(f"{reason} {count}" for reason, count in self.refused_by_reason.items())
        kinds = self.rows["kind"].value_counts()
        lines = [
            f"{sum(self.read.values())} transactions read",
            f"{refused} refused" + (f" ({told})" if told else ""),
            f"{self.kept} kept (" + ", ".join(f"{kind} {int(kinds.get(kind, 0))}" for kind in KINDS) + ")",
            f"{self.rows['customer'].nunique()} customers, {self.window.start} to {self.window.end}",
        ]
        return "\n".join([*lines, *_failed(result)])

    def __repr__(self) -> str:
        return (
            f"<Ledger: {sum(self.read.values())} rows read, {sum(self.refused_by_reason.values())} refused, "
            f"{self.kept} kept, {self.rows['customer'].nunique()} customers>"
        )

    def _repr_html_(self) -> str:
        """JupyterLab: the flow; never a customer's row."""
        return self.flow()._repr_html_()

    # -- to paper and back -----------------------------------------------------------------------

    def save(self, folder: str | Path) -> Path:
        """Write `ledger/transactions.parquet` (kept rows) and `ledger/facts.json` (the rest) into `folder`."""
        from crmlab.data.parquet import write_frame

        folder = Path(folder) / FOLDER
        with replacing(folder / TABLE) as part:
            write_frame(self.rows.assign(day=self.rows["day"].to_numpy(dtype="datetime64[D]")), part)
        facts = {
            "refused": {
                name: {str(k): reason for k, reason in rows.items()} for name, rows in self.refused.items()
            },
            "copies": {
                name: {str(k): first for k, first in rows.items()} for name, rows in self.copies.items()
            },
            "unkept": self.unkept,
            "read": self.read,
            "repairs": self.repairs,
            "window": {name: day and day.isoformat() for name, day in asdict(self.window).items()},
            "currency": self.currency,
            "rules": self.rules,
            "deflator": None if self.deflator is None else _dated(self.deflator),
            "notes": list(self.notes),
            "source": self.source,
        }
        write_text(folder / FACTS, json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
        return folder / TABLE

    @classmethod
    def load(cls, folder: str | Path) -> Ledger:
        """Read what `save` wrote."""
        rows, facts = read_saved(Path(folder) / FOLDER, TABLE, FACTS, "ledger")
        days = {name: day and date.fromisoformat(day) for name, day in facts["window"].items()}
        index = facts["deflator"]
        return cls(
            rows=rows,
            refused={
                name: {int(k): one for k, one in found.items()} for name, found in facts["refused"].items()
            },
            copies={
                name: {int(k): one for k, one in found.items()} for name, found in facts["copies"].items()
            },
            unkept={name: tuple(found) for name, found in facts["unkept"].items()},
            read=facts["read"],
            repairs=facts["repairs"],
            window=Window(**days),
            currency=facts["currency"],
            rules=facts["rules"],
            deflator=None
            if index is None
            else pd.Series(index.values(), pd.DatetimeIndex(list(index)).as_unit("s"), dtype=float),
            notes=tuple(facts["notes"]),
            source=facts["source"],
        )


def _dated(index: pd.Series) -> dict[str, float]:
    return {str(pd.Timestamp(month).date()): float(value) for month, value in index.items()}  # type: ignore[arg-type]


def _failed(result: Result) -> Iterator[str]:
    return (f"check failed: {check.name} ({check.rule})" for check in result.failed)
