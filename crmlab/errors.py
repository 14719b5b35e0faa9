"""Errors a user can cause or mend: each says the place, the problem and a way out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class CrmlabError(Exception):
    """Every error a user can cause or mend.

    Parameters
    ----------
    message : what is wrong and where, in one line.
    hint : what to do next; printed on a line of its own.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message if not hint else f"{message}\n  Try: {hint}")
        self.hint = hint


class StudyError(CrmlabError):
    """The study file asks for something that cannot be."""

    exit_code = 2

    def __init__(
        self, problem: str, *, file: str | Path | None = None, key: str | None = None, hint: str = ""
    ) -> None:
        where = ", ".join(str(part) for part in (file, f"key '{key}'" if key else None) if part)
        super().__init__(f"{where}: {problem}" if where else problem, hint=hint)
        self.file, self.key = file, key


class DataError(CrmlabError):
    """A file, column or row is not what the study file says it is."""

    exit_code = 3

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path,
        column: str | None = None,
        rows: Iterable[int] = (),
        hint: str = "",
    ) -> None:
        rows = tuple(int(row) for row in rows)
        where = str(file) + (f", column '{column}'" if column else "")
        if rows:
            where += f", row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:5]))}"
            where += f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        super().__init__(f"{where}: {problem}", hint=hint)
        self.file, self.column, self.rows = file, column, rows


class ModelError(CrmlabError):
    """A model cannot be computed from these data."""

    exit_code = 4


class RunError(CrmlabError):
    """A step did not run to its end."""

    exit_code = 5


class PrivacyError(CrmlabError):
    """Going on would put personal data where it must not be."""

    exit_code = 6
