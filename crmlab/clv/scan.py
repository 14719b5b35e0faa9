"""Any log of purchases as one DuckDB relation: a frame, CSV or Parquet files, or a table of a database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from crmlab.errors import DataError, ModelError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

SMALL = (
    64 * 2**20
)  # bytes of a source below which one thread is enough, and sums never depend on the order of threads
MEMORY = "1GB"  # beyond it DuckDB spills to disk
TEXT, MOMENTS, NUMBERS = "VARCHAR", ("DATE", "TIMESTAMP"), ("INT", "DOUBLE", "FLOAT", "DECIMAL")


class Log(Protocol):
    """What `rfm` asks of a log."""

    @property
    def name(self) -> str:
        """Of the source, for messages."""

    @property
    def text_ids(self) -> bool:
        """True if customers were read as text from a file that may hold numbers."""

    def frame(self, sql: str) -> pd.DataFrame:
        """The rows of a query on the view `log`, which holds c, d and a."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A log whose columns are c (customer), d (day), a (amount).

    Attributes
    ----------
    relation : what is scanned; `query` reads it under the name `log`
    columns : SQL of c, d and a
    name : of the source, for messages
    text_ids : True if customers were read as text from a file that may hold numbers
    """

    relation: DuckDBPyRelation
    columns: str
    name: str
    text_ids: bool

    def frame(self, sql: str) -> pd.DataFrame:
        """The rows of a query on the view `log`, which holds c, d and a."""
        import duckdb

        try:
            found = self.relation.query("_source", f"WITH log AS (SELECT {self.columns} FROM _source) {sql}")
            return found.df()  # type: ignore[union-attr]
        except duckdb.Error as error:
            raise DataError(_one_line(error), file=self.name) from None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A log in another engine (Spark, a database), asked through ibis in that engine's own SQL."""

    table: Any  # an ibis Table
    columns: str
    name: str = "table"
    text_ids: bool = False

    def frame(self, sql: str) -> pd.DataFrame:
        """The rows of a query on the view `log`, computed where the table is."""
        whole = f"WITH log AS (SELECT {self.columns} FROM _source) {sql}"
        return pd.DataFrame(self.table.alias("_source").sql(whole, dialect="duckdb").to_pandas())


@contextmanager
def scanned(source: Any, customer: str, date: str, amount: str) -> Iterator[Log]:
    """Open a log for queries.

    Parameters
    ----------
    source : DataFrame or Arrow table; path of a .parquet, .csv, .txt or .tsv file, a pattern (`logs/*.parquet`), or
        several of either; a DuckDB relation; (DuckDB connection, table name); or an ibis table of any engine
    customer, date, amount : names of its columns

    Raises
    ------
    DataError
        There is no such file or column, or a column cannot hold what it should.
    """
    import duckdb

    names = {"customer": customer, "date": date, "amount": amount}
    if type(source).__module__.startswith("ibis."):
        yield Elsewhere(source, _ibis_columns(source, names))
        return
    with tempfile.TemporaryDirectory(prefix="crmlab-") as spill:
        own = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "temp_directory": spill,
                "preserve_insertion_order": False,
            }
        )
        try:
            # a notebook without widgets has no bar to switch off
            with suppress(duckdb.InvalidInputException):
                own.execute("SET enable_progress_bar = false")
            relation, name, text_ids = _relation(own, source, names)
            columns = _columns(relation, names, name)
            yield Scan(relation, columns, name, text_ids)
        except duckdb.Error as error:
            raise DataError(_one_line(error), file=_called(source)) from None
        finally:
            own.close()


def _relation(
    own: DuckDBPyConnection, source: Any, names: Mapping[str, str]
) -> tuple[DuckDBPyRelation, str, bool]:
    import duckdb

    if isinstance(source, duckdb.DuckDBPyRelation):
        return source, "relation", False
    if isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], duckdb.DuckDBPyConnection):
        return source[0].table(source[1]), source[1], False
    if isinstance(source, str | os.PathLike) or (
        isinstance(source, Sequence) and source and all(isinstance(one, str | os.PathLike) for one in source)
    ):
        paths = [str(source)] if isinstance(source, str | os.PathLike) else [str(one) for one in source]
        return _files(own, paths, names)
    if isinstance(source, pd.DataFrame):
        own.execute("SET threads = 1" if len(source) * 24 < SMALL else "SELECT 1")
        return own.from_df(_plain(source, names)), "frame", False
    if hasattr(source, "__arrow_c_stream__"):
        return own.from_arrow(source), "Arrow table", False
    raise ModelError(
        f"a log of purchases cannot be read from {type(source).__name__}",
        hint="give a DataFrame, a path, a DuckDB relation, or (connection, table)",
    )


def _files(
    own: DuckDBPyConnection, paths: list[str], names: Mapping[str, str]
) -> tuple[DuckDBPyRelation, str, bool]:
    name = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    kinds = {Path(path).suffix.lower() for path in paths}
    for path in paths:
        if not any(sign in path for sign in "*?[") and not Path(path).is_file():
            raise DataError("there is no such file", file=path)
    known = all(Path(path).is_file() for path in paths)
    if known and sum(Path(path).stat().st_size for path in paths) < SMALL:
        own.execute("SET threads = 1")
    if kinds == {".parquet"}:
        return own.read_parquet(paths), name, False
    if kinds <= {".csv", ".txt", ".tsv"}:
        text = {names["customer"]: TEXT, names["date"]: TEXT}
        read = own.read_csv(paths, header=True, dtype=text)  # type: ignore[arg-type]
        kept = [
            f'"{column.replace(chr(34), chr(34) * 2)}"'
            for column in dict.fromkeys(names.values())
            if column in read.columns
        ]
        read.project(", ".join(kept or ["*"])).create("_log")  # read once: text is slow to read
        return own.table("_log"), name, True
    raise DataError(
        f"'{', '.join(sorted(kinds))}' is no format that can be scanned",
        file=name,
        hint="give .parquet or .csv files",
    )


def _plain(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The three columns in kinds that DuckDB reads as they are meant: days in their own zone, whole ids as whole."""
    lacking = [name for name in names.values() if name not in frame.columns]
    if lacking:
        raise _no_column(lacking[0], [str(name) for name in frame.columns], "frame")
    found = {}
    for name in dict.fromkeys(names.values()):
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(column.cat.categories.dtype)
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.dt.tz_localize(None)
        if name == names["customer"] and pd.api.types.is_float_dtype(column.dtype):
            known = column.dropna()
            column = column.astype("Int64") if (known == known.round()).all() else column
        found[name] = column.reset_index(drop=True)
    return pd.DataFrame(found)


def _columns(relation: DuckDBPyRelation, names: Mapping[str, str], name: str) -> str:
    """SQL that takes the three columns in one kind each."""
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    return _selected(kinds, names, name)


def _ibis_columns(table: Any, names: Mapping[str, str]) -> str:
    kinds = {}
    for column, kind in table.schema().items():
        day = "DATE" if kind.is_date() else "TIMESTAMP" if kind.is_timestamp() else ""
        kinds[column] = day or (TEXT if kind.is_string() else "DOUBLE" if kind.is_numeric() else str(kind))
    return _selected(kinds, names, "table")


def _selected(kinds: Mapping[str, str], names: Mapping[str, str], name: str) -> str:
    for wanted in names.values():
        if wanted not in kinds:
            raise _no_column(wanted, list(kinds), name)
    quoted = {part: '"' + column.replace('"', '""') + '"' for part, column in names.items()}
    moment, money = kinds[names["date"]], kinds[names["amount"]]
    if moment.startswith("TIMESTAMP WITH TIME ZONE"):
        day = f"CAST(timezone('UTC', {quoted['date']}) AS DATE)"
    elif moment.startswith(MOMENTS) or moment == TEXT:
        day = f"CAST({quoted['date']} AS DATE)"
    else:
        raise DataError(
            f"is {moment}, not a date", file=name, column=names["date"], hint="turn it into dates: 2024-05-31"
        )
    if not any(kind in money for kind in NUMBERS):
        raise DataError(
            f"is {money}, not a number", file=name, column=names["amount"], hint="turn it into numbers"
        )
    return f"{quoted['customer']} AS c, {day} AS d, CAST({quoted['amount']} AS DOUBLE) AS a"


def _no_column(wanted: str, known: list[str], name: str) -> DataError:
    import difflib

    near = difflib.get_close_matches(str(wanted), known, 3, 0.5)
    return DataError(f"has no column '{wanted}'", file=name, hint=f"near: {', '.join(near or known[:5])}")


def _called(source: Any) -> str:
    return str(source) if isinstance(source, str | os.PathLike) else type(source).__name__


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split("\n")[0].split())
