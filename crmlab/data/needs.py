"""Needs: how important each is, how well it is met, and who says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crmlab.data.members import Masked
from crmlab.data.small_table import SmallTable, settled
from crmlab.data.typed import account, counted, open_typed, require
from crmlab.result import Check


@dataclass(frozen=True, eq=False, repr=False)
class Needs(SmallTable):
    """The admitted needs: need, importance, performance, customer (pseudonym or None), segment (or None)."""

    name = "needs_admitted"


def admit_needs(
    path: str | Path,
    *,
    pseudonyms: Masked | None = None,
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
    **declared: Any,
) -> Needs:
    """Read and admit a table of needs.

    Parameters
    ----------
    path : .csv, .xlsx, .xls, .sav or .parquet, one row a need, or one a need and the person who judged it
    pseudonyms : cells -> pseudonyms, for the column `customer`; without it that column is not read
    file, columns, missing, declared : as for `admit_ratings`

    Raises
    ------
    DataError, DataErrors
        A column is lost; a row has no need; a figure is no number; a customer judges one need twice; no row has both
        figures.
    """
    typed = open_typed(path, key="needs", file=file, columns=columns, missing=missing, **declared)
    require(typed, "need", "importance", "performance")
    need = typed.texts("need")
    figures = {name: typed.numbers(name) for name in ("importance", "performance")}
    void = np.full(len(need), None, dtype=object)
    segment = typed.texts("segment", needed=False) if typed.has("segment") else void
    customer = void
    if pseudonyms is not None and typed.has("customer"):
        customer = np.array(pseudonyms(typed.cells("customer")), dtype=object)
        pairs = [(a, b) for a, b in typed.repeats((customer, need)) if customer[a] is not None]
        if pairs:
            told = ", ".join(f"{typed.table.rows[b]} repeats {typed.table.rows[a]}" for a, b in pairs[:5])
            typed.fault(
                f"{counted(len(pairs), 'need')} judged again by the same customer ({told})",
                "need",
                [b for _, b in pairs],
                "keep one row for each customer and need",
            )
    blank = np.isnan(np.column_stack(list(figures.values()))).any(axis=1)
    if typed.kept.any() and blank[typed.kept].all():
        typed.fault("no row has both importance and performance", "importance", np.flatnonzero(typed.kept))
    kept, refused, source = settled(
        typed, {"need": need, **figures, "customer": customer, "segment": segment}
    )
    lost = int(blank[typed.kept].sum())
    counts: dict[str, float] = {
        "blank": lost,
        "customers": kept["customer"].nunique(),
        **{f"rows:{name}": int(n) for name, n in kept["need"].value_counts(sort=False).items()},
    }
    rule = "<= 0.05 of the rows without importance or performance (Hair et al. 2022)"
    checks = [Check("check.blank_needs", lost <= 0.05 * len(kept), lost / max(len(kept), 1), rule)]
    return Needs(kept, refused, account("model.needs_admitted", typed, counts, checks, source), source)
