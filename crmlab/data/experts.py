"""Ratings of the items by experts: one row an expert, one column an item, blank where it was not judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.typed import open_typed
from crmlab.errors import DataError
from crmlab.study import Study
from crmlab.study.design_spec import ExpertFile

NECESSITY, RELEVANCE = (1, 2, 3), (1, 2, 3, 4)
ESSENTIAL, RELEVANT = (3,), (3, 4)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What experts said of the items, as `measurement.content_validity` takes it; None where they were not asked."""

    necessity: pd.DataFrame | None = None
    relevance: pd.DataFrame | None = None
    essential: tuple[int, ...] = ESSENTIAL
    relevant: tuple[int, ...] = RELEVANT

    @property
    def asked(self) -> dict[str, Any]:
        """As arguments."""
        return {name: getattr(self, name) for name in self.__slots__}


def experts_of(study: Study) -> Judged:
    """The ratings that a study names under `design.experts`."""
    asked = study.design.experts
    need, fit = asked.necessity, asked.relevance
    return Judged(
        None if need is None else _read(study, need, NECESSITY),
        None if fit is None else _read(study, fit, RELEVANCE),
        ESSENTIAL if need is None or need.counts is None else need.counts,
        RELEVANT if fit is None or fit.counts is None else fit.counts,
    )


def _read(study: Study, declared: ExpertFile, allowed: Sequence[int]) -> pd.DataFrame:
    return read_experts(
        study.path_of(declared.file),
        study.construct_items,
        allowed,
        file=declared.file,
        missing=declared.missing,
        sheet=declared.sheet,
        encoding=declared.encoding,
        separator=declared.separator,
        header_rows=declared.header_rows,
    )


def read_experts(
    path: str | Path, items: Sequence[str], allowed: Sequence[int], *, file: str | None = None, **reading: Any
) -> pd.DataFrame:
    """Ratings of those of `items` that the file has a column for; empty rows are left out.

    Raises
    ------
    DataError, DataErrors
        No column is called by an item; a rating is none of `allowed`; there is no file, or it cannot be read.
    """
    typed = open_typed(path, key="design.experts", file=file, **reading)
    known = [item for item in items if typed.table.find(item)]
    if not known:
        raise DataError(
            "no column is called by the code of an item (key design.experts)",
            file=typed.table.file,
            hint=f"head the columns {', '.join(list(items)[:3])}, …",
        )
    columns = {}
    for item in known:
        values = typed.numbers(item)
        odd = np.flatnonzero(typed.kept & ~np.isnan(values) & ~np.isin(values, list(allowed)))
        if odd.size:
            least, most = min(allowed), max(allowed)
            typed.fault(
                f"{values[odd[0]]:g} is no rating from {least} to {most}", item, list(odd), "correct it"
            )
        columns[item] = values
    typed.problems.tell()
    return pd.DataFrame(columns).loc[typed.kept].reset_index(drop=True)
