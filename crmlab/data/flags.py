"""Careless answers: counted in every study, left out of the analysis as the study says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.data.match import locate
from crmlab.data.persian import number
from crmlab.data.table import RawTable
from crmlab.errors import DataError
from crmlab.study.survey_spec import Exclude, Faster

FEWEST = 8  # construct items
FLAGS = ("straight_line", "attention", "missing", "fast")


def straight_lines(answers: np.ndarray, share: float) -> np.ndarray:
    """Rows that gave one single answer to all construct items they answered, and answered most of them.

    Parameters
    ----------
    answers : shape (n, p), as answered: before any reversing; NaN where blank
    share : more than this share of the p items must be answered (or all of them)

    Notes
    -----
    With p = 52 and share = .75 that means at least 40 answers: 39 are not more than three quarters. Below FEWEST
    items nobody is flagged: one answer to a handful of questions may well be honest.
    """
    if answers.shape[1] < FEWEST:
        return np.zeros(len(answers), dtype=bool)
    count = (~np.isnan(answers)).sum(axis=1)
    enough = (count > share * answers.shape[1]) | (count == answers.shape[1])
    low = np.where(np.isnan(answers), np.inf, answers).min(axis=1)
    high = np.where(np.isnan(answers), -np.inf, answers).max(axis=1)
    return enough & (low == high)


def flag_rows(
    answers: pd.DataFrame, items: list[str], exclude: Exclude, seconds: np.ndarray | None
) -> pd.DataFrame:
    """One row a kept row, one column a flag of FLAGS; all False where the study does not ask for it.

    Parameters
    ----------
    answers : as answered, one row a kept row
    items : the construct items
    seconds : how long each row took, if the study names a column for it
    """
    blocks = answers[items].to_numpy(dtype=float)
    failed = np.zeros(len(answers), dtype=bool)
    for item, right in exclude.attention.items():
        given = answers[item].to_numpy(dtype=float)
        failed |= ~np.isnan(given) & (given != right)
    sparse = np.zeros(len(answers), dtype=bool)
    if exclude.missing_above is not None and items:
        sparse = np.isnan(blocks).mean(axis=1) > exclude.missing_above
    fast = np.zeros(len(answers), dtype=bool)
    if seconds is not None and exclude.faster_than is not None:
        fast = seconds < exclude.faster_than.seconds  # a blank duration compares False
    found = (straight_lines(blocks, exclude.straight_line_share), failed, sparse, fast)
    return pd.DataFrame(dict(zip(FLAGS, found, strict=True)), index=answers.index)


def first_exclusion(flags: pd.DataFrame, exclude: Exclude) -> pd.Series:
    """Why a row is left out of the analysis: the first flag that the study excludes by; "" if it stays."""
    reason = pd.Series("", index=flags.index, dtype="object")
    for flag in FLAGS:
        if flag != "straight_line" or exclude.straight_line:
            reason[flags[flag] & (reason == "")] = flag
    return reason


def durations(table: RawTable, rule: Faster | None, alive: np.ndarray) -> np.ndarray | None:
    """Seconds a row took, NaN where blank; None if the study does not ask.

    Raises
    ------
    DataError
        The column is missing, or a cell that matters is no number.
    """
    if rule is None:
        return None
    place = locate(table, rule.column, "exclude.faster_than.column")
    column = table.columns[place]
    read = {cell: cell if isinstance(cell, float) else number(str(cell or "")) for cell in set(column)}
    bad = {cell for cell, value in read.items() if value is None and str(cell or "").strip()}
    rows = [row for row, cell in enumerate(column) if cell in bad and alive[row]]
    if rows:
        raise DataError(
            "is not a number of seconds", file=table.file, column=table.title(place), rows=table.seen(rows)
        )
    return np.array([np.nan if read[cell] is None else read[cell] for cell in column], dtype=float)
