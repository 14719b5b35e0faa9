"""Which rows go on: each row has one status, the first that applies, and no row goes without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

from crmlab.data.codes import OUTSIDE, Decoded
from crmlab.data.dates import stamp, stamps
from crmlab.data.match import locate
from crmlab.data.persian import is_blank, key, normalise, number
from crmlab.data.privacy import person
from crmlab.data.problems import Problems
from crmlab.data.table import Cell, RawTable
from crmlab.errors import DataError
from crmlab.study.strict_model import RowRule
from crmlab.study.survey_spec import Accept, Fieldwork, Survey

KEPT = "kept"
REASONS = (
    "empty",
    "test",
    "exact_duplicate",
    "no_consent",
    "screened_out",
    "incomplete",
    "out_of_range",
    "second_answer_of_respondent",
)


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """The status of every row.

    Attributes
    ----------
    status : shape (rows,), one of REASONS or "kept"
    answering : True for rows whose answers had to be valid: complete, consenting, inside the fieldwork
    entering : True for rows whose consent and screening had to be valid
    unstamped : rows that the fieldwork dates could not judge, since theirs is blank
    repeats : (earlier, later) place of each row that answers a second time
    """

    status: np.ndarray
    answering: np.ndarray
    entering: np.ndarray
    unstamped: int
    repeats: tuple[tuple[int, int], ...]


def sort_rows(table: RawTable, decoded: dict[str, Decoded], survey: Survey, problems: Problems) -> Sorted:
    """Give each row its status, in the order of REASONS."""
    status = np.full(len(table), KEPT, dtype=object)

    def mark(reason: str, rows: np.ndarray) -> None:
        status[rows & (status == KEPT)] = reason

    mark("empty", _empty(table))
    early, unstamped = _outside_fieldwork(table, survey.fieldwork, status == KEPT, problems)
    mark("test", early | _picked(table, survey.test, "survey.test", problems, otherwise=False))
    mark("exact_duplicate", _copies(table, status, survey, problems))
    entering = status == KEPT
    mark("no_consent", _not_accepted(survey.consent, decoded, len(table)))
    mark("screened_out", _not_accepted(survey.screening, decoded, len(table)))
    mark("incomplete", ~_picked(table, survey.finished, "survey.finished", problems, otherwise=True))
    answering = status == KEPT
    if survey.out_of_range == "refuse_row":
        for column in decoded.values():
            mark("out_of_range", column.states == OUTSIDE)
    repeats = _second_answers(table, status, survey, problems)
    later = np.zeros(len(table), dtype=bool)
    later[[pair[1] for pair in repeats]] = True
    mark("second_answer_of_respondent", later)
    return Sorted(status, answering, entering, unstamped, repeats)


def _empty(table: RawTable) -> np.ndarray:
    """Rows with nothing but blanks in any column."""
    empty = np.ones(len(table), dtype=bool)
    for column in table.columns:
        blanks = {cell for cell in set(column) if cell is None or (isinstance(cell, str) and is_blank(cell))}
        empty &= np.fromiter((cell in blanks for cell in column), dtype=bool, count=len(table))
        if not empty.any():
            break
    return empty


def _outside_fieldwork(
    table: RawTable, fieldwork: Fieldwork | None, alive: np.ndarray, problems: Problems
) -> tuple[np.ndarray, int]:
    """Rows stamped before the first or after the last day, and how many have no stamp."""
    outside = np.zeros(len(table), dtype=bool)
    if fieldwork is None:
        return outside, 0
    first, last = limits(fieldwork)
    found = len(problems.found)
    place = -1
    with problems.gather():
        place = locate(table, fieldwork.column, "survey.fieldwork.column")
    if len(problems.found) > found:
        return outside, 0
    read = stamps(table.columns[place], fieldwork.calendar)
    problems.add(*_bad_dates(table, place, {row: why for row, why in read.wrong.items() if alive[row]}))
    for row, moment in enumerate(read.values):
        outside[row] = moment is not None and (
            (first is not None and moment < first)
            or (last is not None and moment >= last + timedelta(days=1))
        )
    blank = sum(1 for row, moment in enumerate(read.values) if moment is None and alive[row])
    return outside, blank


def limits(fieldwork: Fieldwork) -> tuple[datetime | None, datetime | None]:
    """The first and the last day of the fieldwork, at midnight; None where the study sets no limit.

    Raises
    ------
    ValueError
        One of them is no date of the declared calendar, or they stand the wrong way round.
    """
    found = [stamp(text, fieldwork.calendar) for text in (fieldwork.start, fieldwork.end)]
    first, last = (datetime.combine(moment.date(), time()) if moment else None for moment in found)
    if first is not None and last is not None and last < first:
        raise ValueError("ends before it starts")
    return first, last


def _bad_dates(table: RawTable, place: int, wrong: dict[int, str]) -> Iterable[DataError]:
    by_reason: dict[str, list[int]] = {}
    for row, reason in wrong.items():
        by_reason.setdefault(reason, []).append(row)
    for reason, rows in by_reason.items():
        yield DataError(
            reason,
            file=table.file,
            column=table.title(place),
            rows=table.seen(rows),
            hint="correct the dates, or survey.fieldwork.calendar (jalali or gregorian)",
        )


def _picked(
    table: RawTable, rule: RowRule | None, setting: str, problems: Problems, *, otherwise: bool
) -> np.ndarray:
    """Rows whose cell is one of the rule's values, or, with no values, is not blank."""
    picked = np.full(len(table), otherwise)
    if rule is not None:
        with problems.gather():
            column = table.columns[locate(table, rule.column, f"{setting}.column")]
            hits = {cell for cell in set(column) if _says(cell, rule.values)}
            picked = np.fromiter((cell in hits for cell in column), dtype=bool, count=len(table))
    return picked


def _says(cell: Cell, values: tuple[str, ...]) -> bool:
    if cell is None or (isinstance(cell, str) and is_blank(cell)):
        return False
    return not values or any(_same(cell, value) for value in values)


def _same(cell: Cell, value: str) -> bool:
    """The same number, or the same words whatever their spelling."""
    text = f"{cell:g}" if isinstance(cell, float) else str(cell)
    left, right = number(text), number(value)
    if left is not None or right is not None:
        return left == right
    return (key(text) or normalise(text)) == (key(value) or normalise(value))


def _copies(table: RawTable, status: np.ndarray, survey: Survey, problems: Problems) -> np.ndarray:
    """Rows that equal an earlier row in every cell."""
    copies = np.zeros(len(table), dtype=bool)
    if survey.duplicate_rows == "keep":
        return copies
    first: dict[tuple[Any, ...], int] = {}
    pairs = []
    for row, cells in enumerate(zip(*table.columns, strict=True)):
        earlier = first.setdefault(cells, row)
        if earlier != row and status[row] != "empty":
            copies[row] = True
            if status[row] == KEPT:
                pairs.append((earlier, row))
    if pairs and survey.duplicate_rows == "error":
        told = ", ".join(f"{table.rows[b]} repeats {table.rows[a]}" for a, b in pairs[:5])
        problems.add(
            DataError(
                f"{len(pairs)} rows repeat an earlier row in every cell ({told})",
                file=table.file,
                rows=table.seen(row for _, row in pairs),
                hint="survey.duplicate_rows: refuse leaves the copies out; keep counts them as people of their own",
            )
        )
    return copies


def _not_accepted(rule: Accept | None, decoded: dict[str, Decoded], rows: int) -> np.ndarray:
    if rule is None or rule.item not in decoded:
        return np.zeros(rows, dtype=bool)
    return ~np.isin(decoded[rule.item].values, rule.accept)


def _second_answers(
    table: RawTable, status: np.ndarray, survey: Survey, problems: Problems
) -> tuple[tuple[int, int], ...]:
    """(first, later) places of rows kept so far that belong to one respondent; a blank identity is nobody's."""
    if survey.respondent is None:
        return ()
    pairs = []
    with problems.gather():
        column = table.columns[locate(table, survey.respondent, "survey.respondent")]
        names = {cell: person(cell) for cell in set(column)}
        first: dict[str, int] = {}
        for row in np.flatnonzero(status == KEPT):
            name = names[column[row]]
            if name and (earlier := first.setdefault(name, int(row))) != row:
                pairs.append((earlier, int(row)))
    return tuple(pairs)
