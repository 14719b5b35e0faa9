"""Read a survey's file: the format by its ending, the bytes once, and never while somebody is writing it."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any, Protocol

from crmlab.data.table import RawTable
from crmlab.errors import DataError

DAMAGE = (  # what the parsers of other people raise over damaged bytes; all of it is the file's fault
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class Declared(Protocol):
    """What a reader must know; `crmlab.study.strict_model.TableFile` holds it."""

    file: str
    sheet: str | None
    encoding: str
    separator: str
    header_rows: int

    @property
    def key(self) -> str: ...


def declare(file: str, **keys: Any) -> Declared:
    """A declaration with the study file's defaults, for reading a table without a study."""
    usual = {"key": "survey", "sheet": None, "encoding": "auto", "separator": ",", "header_rows": 1}
    return SimpleNamespace(file=file, **(usual | keys))


def read_table(path: str | Path, survey: Declared) -> RawTable:
    """All cells of a file, with its header rows, row numbers and hash.

    Parameters
    ----------
    path : where the file is
    survey : how it is written; `survey.file` names it in messages

    Raises
    ------
    DataError
        It is missing, not what its ending says, damaged, without rows, or changed while it was read.
    """
    path = Path(path)
    raw = _bytes(path, survey)
    ending = PurePosixPath(survey.file).suffix.lower()
    if ending in (".csv", ".txt", ".tsv"):
        from crmlab.data.read_csv import read_csv as read
    elif ending in (".xlsx", ".xlsm", ".xls"):
        from crmlab.data.read_excel import read_excel as read
    elif ending in (".sav", ".zsav"):
        from crmlab.data.read_spss import read_spss as read
    elif ending == ".parquet":
        from crmlab.data.read_parquet import read_parquet as read
    else:
        raise DataError(
            f"'{ending or 'no ending'}' is no format that can be read (key {survey.key}.file)",
            file=survey.file,
            hint="save it as .csv, .xlsx, .xls, .sav or .parquet",
        )
    table = read(raw, survey)
    if not len(table):
        raise DataError("has no rows below its header", file=survey.file, hint="is it the right export?")
    return replace(table, sha256=hashlib.sha256(raw).hexdigest())


def _bytes(path: Path, survey: Declared) -> bytes:
    """The file's content, if it was the same file before and after the reading."""
    try:
        before = path.stat()
        raw = path.read_bytes()
        after = path.stat()
    except FileNotFoundError:
        raise DataError(
            f"there is no such file (key {survey.key}.file)",
            file=path,
            hint="put the file there, or correct the path in the study file",
        ) from None
    except OSError as error:
        raise DataError(
            f"cannot be read: {error.strerror} (key {survey.key}.file)",
            file=path,
            hint="name a file that you may read",
        ) from None
    same = (before.st_size, before.st_mtime_ns, before.st_ino) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ino,
    )
    if not same or len(raw) != after.st_size:
        raise DataError(
            "changed while it was read", file=survey.file, hint="wait until it is copied, run again"
        )
    if not raw:
        raise DataError("is empty: it has no rows and no header", file=survey.file)
    return raw
