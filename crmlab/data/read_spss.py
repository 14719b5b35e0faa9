"""SPSS files: values, their labels, and what the file itself declares as missing."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from crmlab.data.read import DAMAGE, Declared
from crmlab.data.table import Cell, RawTable
from crmlab.errors import DataError

REHEARSAL = """
import io, sys
from pyreadstat import read_sav
raw = io.BytesIO(sys.stdin.buffer.read())
read_sav(raw, user_missing=True, output_format="dict", encoding=sys.argv[1] or None)
"""


def read_spss(raw: bytes, survey: Declared) -> RawTable:
    """Cells of a .sav file; the first header row are variable names, the second their labels.

    The row number of a record is its case number.
    """
    from pyreadstat import ReadstatError, read_sav

    _rehearse(raw, survey)
    try:
        frame, meta = read_sav(
            io.BytesIO(raw), user_missing=True, output_format="dict", encoding=_encoding(survey)
        )
    except (ReadstatError, *DAMAGE) as error:
        raise DataError(
            f"is not an SPSS file, or a damaged one ({error})",
            file=survey.file,
            hint=f"if its text has another encoding than it says, name it in {survey.key}.encoding",
        ) from None
    names = list(meta.column_names)
    columns = tuple(tuple(map(_cell, frame[name])) for name in names)
    labels = tuple(meta.column_names_to_labels.get(name) or "" for name in names)
    words: dict[int, dict[float | str, str]] = {
        names.index(name): {value: str(label) for value, label in found.items()}
        for name, found in meta.variable_value_labels.items()
    }
    missing = {names.index(name): _ranges(found) for name, found in meta.missing_ranges.items()}
    return RawTable(
        survey.file,
        (tuple(names), labels),
        columns,
        tuple(range(1, (len(columns[0]) if columns else 0) + 1)),
        "",
        {"format": "spss", "encoding": str(meta.file_encoding or "")},
        words,
        missing,
    )


def _rehearse(raw: bytes, survey: Declared) -> None:
    """Read the file in a process of its own first: over some damaged files the parser dies with its process."""
    call = [sys.executable, "-I", "-c", REHEARSAL, "" if survey.encoding == "auto" else survey.encoding]
    done = subprocess.run(call, input=raw, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1):  # 1 is an exception of Python's, which the real reading will tell
        raise DataError(
            "is not an SPSS file, or a damaged one (its parser died over it)",
            file=survey.file,
            hint="open it in SPSS or PSPP and save it again, or save it as .csv",
        )


def _encoding(survey: Declared) -> str | None:
    return None if survey.encoding == "auto" else survey.encoding


def _ranges(found: Iterable[Any]) -> tuple[tuple[float, float] | str, ...]:
    return tuple(
        one["lo"] if isinstance(one["lo"], str) else (float(one["lo"]), float(one["hi"])) for one in found
    )


def _cell(value: Any) -> Cell:
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)):
        number = float(value)
        return None if math.isnan(number) else number
    return value
