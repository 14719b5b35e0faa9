"""The contact log and the list of prospects, admitted: one frame each, customers as pseudonyms, blanks counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.dates import Calendar, stamps
from crmlab.data.match import locate
from crmlab.data.money import amounts
from crmlab.data.persian import is_blank
from crmlab.data.privacy import load_key, masked, pseudonyms
from crmlab.data.problems import Problems
from crmlab.data.read import read_table
from crmlab.data.spelling import words
from crmlab.data.table import RawTable
from crmlab.errors import DataError, StudyError
from crmlab.provenance import versions
from crmlab.study.strict_model import TableFile
from crmlab.study.study import Study

FIGURES = ("cost", "quality", "personalised")  # of a contact; the rest are words


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """Admitted rows of a log.

    Attributes
    ----------
    name : "contacts" or "prospects"
    rows : kept rows; `record` is 1 for the first row below the header
    refused : record -> reason: "empty", "missing_id" or "exact_duplicate"
    read : rows in the file
    source : hashes and versions
    """

    name: str
    rows: pd.DataFrame
    refused: dict[int, str]
    read: int
    source: dict[str, str]


def admit_contacts(study: Study) -> Log | None:
    """The contacts of a study: customer (pseudonym), time, and what else it names; None if it has none.

    Raises
    ------
    DataError, DataErrors
        A column that is not there, a time or number that cannot be read.
    PrivacyError
        There is no key to make pseudonyms with.
    """
    declared = study.spec.contacts
    if declared is None:
        return None
    named = declared.columns.model_dump(exclude_none=True)

    def read(table: RawTable, cells: dict[str, Sequence[Any]], problems: Problems) -> dict[str, np.ndarray]:
        found = {"time": _moments(table, cells["time"], declared.calendar, named["time"], problems)}
        for name in [one for one in cells if one not in ("customer", "time")]:
            numeric = name in FIGURES
            found[name] = (
                _numbers(table, cells[name], named[name], problems) if numeric else words(cells[name])
            )
        return found

    return _admit(study, declared, "contacts", named, "customer", read)


def admit_prospects(study: Study) -> Log | None:
    """The prospects of a study: prospect (pseudonym), figures, words, converted_on; None if it has none.

    Raises
    ------
    DataError, DataErrors
        A column that is not there, a day or number that cannot be read.
    PrivacyError
        There is no key to make pseudonyms with.
    """
    declared = study.spec.prospects
    if declared is None:
        return None
    named = {"prospect": declared.prospect} | {name: name for name in (*declared.figures, *declared.words)}
    if len(named) != 1 + len(declared.figures) + len(declared.words) or "converted_on" in named:
        raise StudyError("a column stands twice", file=study.file, key="prospects")
    if declared.converted_on is not None:
        named["converted_on"] = declared.converted_on

    def read(table: RawTable, cells: dict[str, Sequence[Any]], problems: Problems) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for name in [one for one in cells if one != "prospect"]:
            if name == "converted_on":
                found[name] = _moments(table, cells[name], declared.calendar, named[name], problems)
            elif name in declared.figures:
                found[name] = _numbers(table, cells[name], name, problems)
            else:
                found[name] = words(cells[name])
        return found

    return _admit(study, declared, "prospects", named, "prospect", read)


Reader = Callable[[RawTable, "dict[str, Sequence[Any]]", Problems], "dict[str, np.ndarray]"]


def _admit(
    study: Study, declared: TableFile, name: str, named: dict[str, str], who: str, read: Reader
) -> Log:
    table = read_table(study.path_of(declared.file), declared)
    problems = Problems()
    cells: dict[str, Sequence[Any]] = {}
    for column, header in named.items():
        with problems.gather():
            cells[column] = table.columns[locate(table, header, f"{name}.{column}")]
    problems.tell()
    frame = pd.DataFrame({"record": np.arange(len(table)) + 1})
    frame[who] = pd.Series(pseudonyms(cells[who], study.name, load_key(study.folder)), dtype=object)
    for column, values in read(table, cells, problems).items():
        frame[column] = values
    problems.tell()
    status = _status(table, frame[who])
    kept = frame.loc[status == "kept"].reset_index(drop=True)
    refused = {int(k) + 1: str(status[k]) for k in np.flatnonzero(status != "kept")}
    return Log(name, kept, refused, len(table), {"file_sha256": table.sha256, **versions()})


def _status(table: RawTable, who: pd.Series) -> np.ndarray:
    """Why a row goes, the first reason that applies."""
    status = np.full(len(table), "kept", dtype=object)
    blank = np.array(
        [all(_blank(cell) for cell in row) for row in zip(*table.columns, strict=True)], dtype=bool
    )
    again = pd.DataFrame(dict(enumerate(table.columns)), dtype=object).duplicated().to_numpy()
    for reason, rows in (("empty", blank), ("exact_duplicate", again), ("missing_id", who.isna().to_numpy())):
        status[rows & (status == "kept")] = reason
    return status


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and is_blank(cell))


def _moments(
    table: RawTable, cells: Sequence[Any], calendar: Calendar, header: str, problems: Problems
) -> np.ndarray:
    read = stamps(cells, calendar)
    reasons: dict[str, list[int]] = {}
    for place, why in read.wrong.items():
        reasons.setdefault(why, []).append(place)
    for why, places in reasons.items():
        problems.add(
            DataError(why, file=table.file, column=header, rows=table.seen(places), hint="correct the dates")
        )
    return np.array(
        [moment if moment is not None else "NaT" for moment in read.values], dtype="datetime64[s]"
    )


def _numbers(table: RawTable, cells: Sequence[Any], header: str, problems: Problems) -> np.ndarray:
    values = amounts(cells)
    odd = [k for k in map(int, np.flatnonzero(np.isnan(values))) if not _blank(cells[k])]
    if odd:
        shown = masked(str(cells[odd[0]]))
        problems.add(
            DataError(
                f"{shown} is no number",
                file=table.file,
                column=header,
                rows=table.seen(odd),
                hint="correct the cells, or empty them",
            )
        )
    return values
