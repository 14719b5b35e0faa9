"""Frames to Parquet and back: text stays text, days stay days, and the same frame gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame of text, numbers and days; a blank text is null."""
    import pyarrow as pa
    from pyarrow.parquet import write_table

    columns = {}
    for name in frame.columns:
        values = frame[name].to_numpy()
        if values.dtype.kind == "M":
            columns[name] = (
                pa.array(values.astype("datetime64[s]").astype("datetime64[D]"), pa.date32())
                if _whole_days(values)
                else pa.array(values.astype("datetime64[s]"), pa.timestamp("s"))
            )
        elif values.dtype.kind in "OUT":
            texts = [None if one is None or one != one else str(one) for one in values.tolist()]
            columns[name] = pa.array(texts, pa.string())
        else:
            columns[name] = pa.array(values)
    write_table(pa.table(columns), path, compression="zstd")


def read_frame(path: Path) -> pd.DataFrame:
    """Read what `write_frame` wrote; text as objects, None where it is null."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    table = ParquetFile(path).read()
    columns: dict[str, object] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type):
            columns[name] = np.array(column.to_pylist(), dtype=object)
        elif pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            columns[name] = column.to_numpy().astype("datetime64[s]")
        else:
            columns[name] = column.to_numpy()
    return pd.DataFrame({name: pd.Series(values, dtype=_kind(values)) for name, values in columns.items()})


def _kind(values: object) -> str | None:
    return "object" if getattr(values, "dtype", None) == np.dtype(object) else None


def _whole_days(values: np.ndarray) -> bool:
    known = values[~np.isnat(values)]
    return bool((known == known.astype("datetime64[D]")).all())
