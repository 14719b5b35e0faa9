"""The warehouse: old and new systems in one star of Parquet tables, loaded once however often one tries."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from crmlab.data.parquet import read_frame, write_frame
from crmlab.errors import ModelError
from crmlab.files import sha256_text
from crmlab.result import Result

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from crmlab.data.admitted import Survey
    from crmlab.data.contacts import Log
    from crmlab.data.ledger_admitted import Ledger

FOLDER = "warehouse"
TABLES = ("customers", "transactions", "contacts", "prospects", "respondents", "unkept", "loads")
LOAD = ("target", "source", "file_sha256", "read", "refused", "kept", "superseded")
WHO = {"transactions": "customer", "contacts": "customer", "respondents": "customer", "prospects": "prospect"}


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A folder of Parquet tables: customers in the middle; transactions, contacts, respondents, prospects; loads; and
    `unkept`, the people whom only refused transactions name.

    Attributes
    ----------
    folder : where the tables are
    changed : the loads that changed something when it was last filled; empty if everything was known already
    """

    folder: Path
    changed: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: str | Path) -> Warehouse:
        """The warehouse below `folder`."""
        place = Path(folder) / FOLDER
        if not (place / "loads.parquet").is_file():
            raise ModelError(f"{place}: holds no warehouse", hint="run step 02_data_intake")
        return cls(place)

    def table(self, name: str) -> pd.DataFrame:
        """One table as a frame."""
        return read_frame(self.folder / f"{name}.parquet")

    def has(self, name: str) -> bool:
        """True if there is such a table."""
        return (self.folder / f"{name}.parquet").is_file()

    @contextmanager
    def connect(self) -> Iterator[DuckDBPyConnection]:
        """A DuckDB connection with one view a table, for queries of any size."""
        import duckdb

        with duckdb.connect() as base:
            base.execute("SET threads = 1")
            for name in filter(self.has, TABLES):
                file = str(self.folder / f"{name}.parquet").replace("'", "''")
                base.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')")
            yield base

    def loads(self) -> Result:
        """The load log: rows read, refused, kept and superseded of each source, reconciled with the tables."""
        from crmlab.data.warehouse_results import loads

        return loads(self)

    def coverage(self) -> Result:
        """The single customer view: who is known from where, and how many rows know nobody."""
        from crmlab.data.warehouse_results import coverage

        return coverage(self)

    def view(self) -> CustomerView:
        """Load log and coverage together."""
        return CustomerView(self.loads(), self.coverage())


@dataclass(frozen=True, slots=True, eq=False)
class CustomerView:
    """What a warehouse holds: its load log, and who is known from where."""

    loads: Result
    coverage: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result."""
        return {"loads": self.loads, "coverage": self.coverage}


def fill(
    folder: str | Path,
    ledger: Ledger | None = None,
    contacts: Log | None = None,
    prospects: Log | None = None,
    survey: Survey | None = None,
) -> Warehouse:
    """Bring admitted tables into the warehouse below `folder`.

    What is loaded already, the same source from the same bytes, is left as it is; the same source from other bytes is
    replaced; a new source is added, and older transactions whose receipt it knows for the same customer and day are
    superseded. Either the whole warehouse is new, or the old one stands untouched.
    """
    place = Path(folder) / FOLDER
    tables = {
        name: read_frame(place / f"{name}.parquet")
        for name in TABLES
        if (place / f"{name}.parquet").is_file()
    }
    log = tables.pop("loads", pd.DataFrame(columns=list(LOAD)))
    tables.pop("customers", None)
    changed = []
    for target, source, digest, counts, rows in _arriving(ledger, contacts, prospects, survey):
        known = log.loc[(log["target"] == target) & (log["source"] == source)]
        if len(known) and known["file_sha256"].iloc[0] == digest:
            continue
        changed.append(f"{target}.{source}")
        held = tables.get(target)
        if held is not None:
            held = held.loc[held["source"] != source]
        superseded = 0
        if target == "transactions" and held is not None and len(held):
            gone = _superseded(held, rows)
            superseded, held = int(gone.sum()), held.loc[~gone]
        tables[target] = rows if held is None or not len(held) else pd.concat([held, rows], ignore_index=True)
        entry = pd.DataFrame([(target, source, digest, *counts, superseded)], columns=list(LOAD))
        rest = log.drop(index=known.index)
        log = entry if rest.empty else pd.concat([rest, entry], ignore_index=True)
    if changed and ledger is not None:
        tables["unkept"] = _unkept(tables.get("unkept"), ledger)
    if changed:
        _write(place, tables | {"loads": log, "customers": _customers(tables)})
    return Warehouse(place, tuple(changed))


def _arriving(
    ledger: Ledger | None, contacts: Log | None, prospects: Log | None, survey: Survey | None
) -> Iterator[tuple[str, str, str, tuple[int, int, int], pd.DataFrame]]:
    """Target, source, hash, (read, refused, kept) and rows of everything that is to be loaded."""
    if ledger is not None:
        for source, counts in ledger.by_source.items():
            rows = ledger.rows.loc[ledger.rows["source"] == source].reset_index(drop=True)
            digest = sha256_text(
                ledger.source[f"{source}_sha256"],
                repr((ledger.refused[source], ledger.currency, ledger.window)),
            )
            yield "transactions", source, digest, (counts["read"], counts["refused"], counts["kept"]), rows
    for log in (contacts, prospects):
        if log is not None:
            counted = (log.read, len(log.refused), len(log.rows))
            yield log.name, log.name, log.source["file_sha256"], counted, log.rows.assign(source=log.name)
    if survey is not None and survey.customer is not None:
        rows = pd.DataFrame(
            {"record": survey.customer.index, "customer": survey.customer.to_numpy(), "source": "survey"}
        )
        counted = (survey.read, len(survey.refused), len(rows))
        yield (
            "respondents",
            "survey",
            sha256_text(survey.source["file_sha256"], repr(survey.refused)),
            counted,
            rows,
        )


def _superseded(held: pd.DataFrame, arriving: pd.DataFrame) -> pd.Series:
    """Rows of other systems whose receipt the arriving one knows, for the same customer and day."""
    if "receipt" not in held or "receipt" not in arriving:
        return pd.Series(False, index=held.index)
    keys = ["receipt", "customer", "day"]
    known = pd.MultiIndex.from_frame(arriving.loc[arriving["receipt"] != "", keys])
    return pd.Series(pd.MultiIndex.from_frame(held[keys]).isin(known), index=held.index)


def _unkept(held: pd.DataFrame | None, ledger: Ledger) -> pd.DataFrame:
    """People whom only refused rows of a source name, by source."""
    rows = [(source, name) for source, names in ledger.unkept.items() for name in names]
    found = pd.DataFrame(rows, columns=["source", "customer"], dtype=object)
    if held is None:
        return found
    return pd.concat([held.loc[~held["source"].isin(list(ledger.unkept))], found], ignore_index=True)


def _customers(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a person that any table knows: since when, from which system first, and how often from where."""
    parts: list[pd.DataFrame] = []
    bought = tables.get("transactions")
    if bought is not None:
        early = bought.sort_values(["customer", "day", "source"], kind="stable").groupby(
            "customer", sort=True
        )
        paid = bought.loc[bought["kind"] == "purchase"].groupby("customer")
        found = pd.DataFrame({
            "first_seen": early["day"].first(), "last_seen": early["day"].last(), "vintage": early["source"].first(),
            "acquired_on": paid["day"].min(), "transactions": early.size(), "revenue": early["amount"].sum(),
        })  # fmt: skip
        parts.append(found)
    if "unkept" in tables:
        parts.append(pd.DataFrame(index=pd.Index(tables["unkept"]["customer"].unique(), dtype=object)))
    for name in ("contacts", "respondents"):
        if name in tables:
            known = tables[name].dropna(subset=["customer"])
            parts.append(known.groupby("customer", sort=True).size().rename(name).to_frame())
    if not parts:
        return pd.DataFrame({"customer": pd.Series([], dtype=object)})
    view = pd.concat(parts, axis=1, sort=True)
    for name in ("transactions", "contacts", "respondents"):
        if name in view:
            view[name] = view[name].fillna(0).astype("int64")
    view.index.name = "customer"
    return view.reset_index().astype({"customer": object})


def _write(place: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Put a whole new warehouse where the old one stood."""
    part, old = place.with_name(f".{place.name}.part"), place.with_name(f".{place.name}.old")
    for folder in (part, old):
        shutil.rmtree(folder, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        for name, frame in tables.items():
            write_frame(frame, part / f"{name}.parquet")
        if place.exists():
            os.replace(place, old)
        os.replace(part, place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if old.exists() and not place.exists():
            os.replace(old, place)
        shutil.rmtree(old, ignore_errors=True)


def stored(warehouse: Warehouse) -> dict[str, Any]:
    """Rows of each table by source, as they stand in the files."""
    found: dict[str, Any] = {}
    with warehouse.connect() as base:
        for name in filter(warehouse.has, WHO):
            found[name] = dict(
                base.execute(f"SELECT source, count(*) FROM {name} GROUP BY source").fetchall()
            )
    return found
