"""A ledger of eight customers and forty purchases, whole until a test breaks it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from crmlab.data.intake import admit_all
from crmlab.study import load_study

COLUMNS = {"receipt": "receipt", "customer": "customer", "date": "date", "amount": "amount"}


def purchases() -> list[list[str]]:
    """Forty rows: receipt, customer, Gregorian day, amount, branch."""
    rng = np.random.default_rng(11)
    days = np.sort(rng.integers(0, 600, 40)) + np.datetime64("2022-01-01")
    return [
        [
            f"F{place:03d}",
            f"{rng.integers(1, 9):04d}",
            str(day),
            str(int(rng.integers(10, 90)) * 1000),
            f"B{place % 2}",
        ]
        for place, day in enumerate(days, 1)
    ]


@dataclass
class SmallLedger:
    """The study's folder, its cells as text, and the ledger block of its study file."""

    folder: Path
    header: list[str] = field(default_factory=lambda: [*COLUMNS.values(), "branch"])
    rows: list[list[str]] = field(default_factory=purchases)
    ledger: dict[str, Any] = field(
        default_factory=lambda: {"file": "raw/sales.csv", "columns": dict(COLUMNS), "calendar": "gregorian"}
    )
    extra: dict[str, Any] = field(default_factory=dict)
    name: str = "shop"

    def __post_init__(self) -> None:
        (self.folder / "raw").mkdir(parents=True, exist_ok=True)

    @property
    def file(self) -> Path:
        return self.folder / "raw" / "sales.csv"

    def put(self, line: int, column: str, text: str) -> SmallLedger:
        """Change one cell; `line` is the line of the file, the header being line 1."""
        self.rows[line - 2][self.header.index(column)] = text
        return self

    def add(self, column: str, cells: list[str], our: str | None = None) -> SmallLedger:
        """A further column, read under our name `our`."""
        self.header.append(column)
        for row, cell in zip(self.rows, cells, strict=True):
            row.append(cell)
        if our:
            self.ledger["columns"][our] = column
        return self

    def write(self) -> SmallLedger:
        out = io.StringIO(newline="")
        csv.writer(out).writerows([self.header, *self.rows])
        self.file.write_text(out.getvalue(), encoding="utf-8")
        words = {
            "name": self.name,
            "title": {"en": "Shop", "fa": "فروشگاه"},
            "organisation": {"en": "the shop", "fa": "فروشگاه"},
            "ledger": self.ledger,
            **self.extra,
        }
        text = yaml.safe_dump(words, allow_unicode=True, sort_keys=False)
        (self.folder / "study.yml").write_text(text, encoding="utf-8")
        return self

    def admit(self):
        """The admitted ledger; the file must be as it was afterwards."""
        self.write()
        before = self.file.read_bytes()
        try:
            return admit_all(load_study(self.folder)).ledger
        finally:
            assert self.file.read_bytes() == before
