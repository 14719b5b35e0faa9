"""A ledger's file: a table like any other, or a table of a SQLite or DuckDB database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

from crmlab.data.read import read_table
from crmlab.data.read_parquet import native
from crmlab.data.table import RawTable
from crmlab.errors import DataError
from crmlab.files import sha256_file
from crmlab.study.ledger_spec import LedgerFile

SQLITE, DUCKDB = (".sqlite", ".sqlite3", ".db"), (".duckdb", ".ddb")


def read_ledger_file(path: Path, file: LedgerFile) -> RawTable:
    """All cells of a file of transactions.

    Raises
    ------
    DataError
        As `read_table`; or the database has no such table.
    """
    ending = PurePosixPath(file.file).suffix.lower()
    if ending not in (*SQLITE, *DUCKDB):
        if file.table is not None:
            raise DataError(
                "has no tables (key ledger.files.table)", file=file.file, hint="leave `table` out"
            )
        return read_table(path, file)
    if not path.is_file():
        raise DataError(
            "there is no such file (key ledger.file)",
            file=path,
            hint="put the file there, or correct the path in the study file",
        )
    before = sha256_file(path)
    names, rows = (_sqlite if ending in SQLITE else _duckdb)(path, file)
    if sha256_file(path) != before:
        raise DataError(
            "changed while it was read", file=file.file, hint="wait until it is written, run again"
        )
    if not rows:
        raise DataError(f"table '{file.table}' has no rows", file=file.file, hint="is it the right table?")
    columns = tuple(tuple(map(native, column)) for column in zip(*rows, strict=True))
    facts = {"format": "sqlite" if ending in SQLITE else "duckdb", "table": str(file.table)}
    return RawTable(file.file, (tuple(names),), columns, tuple(range(1, len(rows) + 1)), before, facts)


def _sqlite(path: Path, file: LedgerFile) -> tuple[list[str], list[tuple[Any, ...]]]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            listed = [
                row[0]
                for row in base.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            ]
            found = base.execute(f"SELECT * FROM {_quoted(file, listed)}")
            return [column[0] for column in found.description], found.fetchall()
    except sqlite3.Error as error:
        raise DataError(f"is not a SQLite database, or a damaged one ({error})", file=file.file) from None


def _duckdb(path: Path, file: LedgerFile) -> tuple[list[str], list[tuple[Any, ...]]]:
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as base:
            listed = [
                row[0] for row in base.execute("SELECT table_name FROM information_schema.tables").fetchall()
            ]
            found = base.execute(f"SELECT * FROM {_quoted(file, listed)}")
            return [column[0] for column in found.description or ()], found.fetchall()
    except duckdb.Error as error:
        told = str(error).splitlines()[0]
        raise DataError(f"is not a DuckDB database, or a damaged one ({told})", file=file.file) from None


def _quoted(file: LedgerFile, listed: list[str]) -> str:
    if file.table not in listed:
        problem = f"has no table '{file.table}'" if file.table else f"has {len(listed)} tables"
        raise DataError(
            f"{problem}: {', '.join(sorted(listed)) or 'none'}",
            file=file.file,
            hint="name one in ledger.files.table",
        )
    return '"' + file.table.replace('"', '""') + '"'
