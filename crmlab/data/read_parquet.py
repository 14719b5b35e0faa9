"""Parquet files: typed columns, one header row; the row number of a record is its place, first row 1."""

from __future__ import annotations

import io
import math
from datetime import date
from decimal import Decimal
from typing import Any

from crmlab.data.read import DAMAGE, Declared
from crmlab.data.table import Cell, RawTable
from crmlab.errors import DataError


def read_parquet(raw: bytes, survey: Declared) -> RawTable:
    """Cells of a Parquet file: text, numbers, dates."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        table = ParquetFile(io.BytesIO(raw)).read()
        columns = tuple(tuple(map(native, column.to_pylist())) for column in table.columns)
    except (ArrowException, *DAMAGE) as error:
        raise DataError(f"is not a Parquet file, or a damaged one ({error})", file=survey.file) from None
    names = tuple(str(name) for name in table.column_names)
    rows = tuple(range(1, table.num_rows + 1))
    return RawTable(survey.file, (names,), columns, rows, "", {"format": "parquet"})


def native(value: Any) -> Cell:
    """A value of a typed column as a cell: text, number or date; None where there is nothing."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, (int, float, Decimal)):
        number = float(value)
        return None if math.isnan(number) else number
    if value is None or isinstance(value, (str, date)):
        return value if value != "" else None
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    return str(value)
