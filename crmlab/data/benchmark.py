"""Units and their peers: what each puts in, and what it gets out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crmlab.data.small_table import SmallTable, settled
from crmlab.data.typed import account, counted, open_typed, require


@dataclass(frozen=True, eq=False, repr=False)
class Benchmark(SmallTable):
    """The admitted table: unit, and one column a figure under its header.

    Attributes
    ----------
    inputs, outputs : names of the figures
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    name = "benchmark_admitted"


def admit_benchmark(
    path: str | Path,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
    **declared: Any,
) -> Benchmark:
    """Read and admit a table of units to compare.

    Parameters
    ----------
    path : .csv, .xlsx, .xls, .sav or .parquet, one row a unit
    inputs, outputs : headers of figures
    file, columns, missing, declared : as for `admit_ratings`

    Raises
    ------
    DataError, DataErrors
        A column is lost; a unit is blank or stands twice; a figure is blank, no number, or below zero.
    """
    typed = open_typed(path, key="benchmark", file=file, columns=columns, missing=missing, **declared)
    require(typed, "unit", *inputs, *outputs)
    unit = typed.texts("unit")
    figures = {name: typed.numbers(name) for name in (*inputs, *outputs)}
    for name, values in figures.items():
        for rows, what in ((np.isnan(values), "blank figure"), (values < 0, "figure below zero")):
            wrong = np.flatnonzero(typed.kept & rows)
            if len(wrong):
                typed.fault(
                    counted(len(wrong), what),
                    name,
                    wrong,
                    "a unit is compared with all its figures or not at all",
                )
    pairs = [(a, b) for a, b in typed.repeats((unit,)) if unit[a] is not None]
    if pairs:
        typed.fault(
            f"unit '{unit[pairs[0][1]]}' stands twice",
            "unit",
            [b for _, b in pairs],
            "keep one row for each unit",
        )
    kept, refused, source = settled(typed, {"unit": unit, **figures})
    counts: dict[str, float] = {"units": len(kept)}
    flow = account("model.benchmark_admitted", typed, counts, (), source)
    return Benchmark(kept, refused, flow, source, tuple(inputs), tuple(outputs))
