"""A table and its facts as one step saved them for the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.errors import ModelError


def read_saved(folder: Path, table: str, facts: str, what: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows and the facts that `save` of `what` wrote into `folder`.

    Raises
    ------
    ModelError
        They are not there, or are not what was written.
    """
    from pyarrow import ArrowException

    from crmlab.data.parquet import read_frame

    try:
        return read_frame(folder / table), json.loads((folder / facts).read_text(encoding="utf-8"))
    except (OSError, ArrowException, ValueError) as error:
        raise ModelError(
            f"{folder}: holds no saved {what} ({error})", hint="run step 02_data_intake"
        ) from None
