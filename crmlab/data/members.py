"""Which unit serves which customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crmlab.data.small_table import SmallTable, settled
from crmlab.data.typed import account, counted, open_typed, require, void

Masked = Callable[[Iterable[Any]], "list[str | None]"]


@dataclass(frozen=True, eq=False, repr=False)
class Members(SmallTable):
    """The admitted table: customer (pseudonym), unit."""

    name = "members"


def admit_members(
    path: str | Path,
    *,
    pseudonyms: Masked,
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
    **declared: Any,
) -> Members:
    """Read and admit a table of members.

    Parameters
    ----------
    path : .csv, .xlsx, .xls, .sav or .parquet, one row a customer
    pseudonyms : cells -> pseudonyms
    file, columns, missing, declared : as for `admit_ratings`

    Raises
    ------
    DataError, DataErrors
        A column is lost; a row has no customer or no unit; a customer stands twice.
    """
    typed = open_typed(path, key="members", file=file, columns=columns, missing=missing, **declared)
    require(typed, "customer", "unit")
    unit = typed.texts("unit")
    customer = np.array(pseudonyms(typed.cells("customer")), dtype=object)
    lost = np.flatnonzero(typed.kept & void(customer))
    if len(lost):
        typed.fault(
            f"{counted(len(lost), 'row')} without a customer", "customer", lost, "fill or remove them"
        )
    pairs = [(a, b) for a, b in typed.repeats((customer,)) if customer[a] is not None]
    if pairs:
        told = ", ".join(f"{typed.table.rows[b]} repeats {typed.table.rows[a]}" for a, b in pairs[:5])
        typed.fault(
            f"{counted(len(pairs), 'customer')} named again ({told})",
            "customer",
            [b for _, b in pairs],
            "keep one row for each customer",
        )
    kept, refused, source = settled(typed, {"customer": customer, "unit": unit})
    counts: dict[str, float] = {
        f"members:{name}": int(n) for name, n in kept["unit"].value_counts(sort=False).items()
    }
    counts["units"] = kept["unit"].nunique()
    return Members(kept, refused, account("model.members", typed, counts, (), source), source)
