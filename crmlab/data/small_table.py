"""What all small tables of the enterprise share: kept rows, refused rows with their reasons, an account, a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from crmlab.data.typed import Typed
from crmlab.provenance import versions
from crmlab.result import Result


@dataclass(frozen=True, eq=False)
class SmallTable:
    """An admitted table. Treat the frame as read-only.

    Attributes
    ----------
    frame : kept rows; the index is the record number: 1 for the first row below the header, empty rows counted
    refused : record -> reason
    flow : rows read, refused and kept, and what else is counted
    source : hash of the file and versions
    """

    frame: pd.DataFrame
    refused: dict[int, str]
    flow: Result
    source: dict[str, str]

    name: ClassVar[str] = "table"  # under which the account is saved

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, for `save_all`."""
        return {self.name: self.flow}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.frame)} kept, {len(self.refused)} refused>"

    def _repr_html_(self) -> str:
        return self.flow._repr_html_()


def settled(typed: Typed, columns: Mapping[str, Any]) -> tuple[pd.DataFrame, dict[int, str], dict[str, str]]:
    """Kept rows, refused rows and the source of a table, once all its columns are read.

    Raises
    ------
    DataError, DataErrors
        Every fault that was noted while reading.
    """
    typed.problems.tell()
    index = pd.Index(np.arange(1, len(typed.table) + 1), name="record")
    frame = pd.DataFrame(dict(columns), index=index)
    refused = {int(row) + 1: str(typed.status[row]) for row in np.flatnonzero(~typed.kept)}
    return frame.loc[typed.kept], refused, {"file_sha256": typed.table.sha256, **versions()}
