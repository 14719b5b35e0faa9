"""Which column of a plain ledger is what: by clear names in English and Persian, or as the caller says."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache

from crmlab.data.persian import key
from crmlab.errors import DataError
from crmlab.study.instrument import CATALOGUE

NEEDED = ("customer", "date", "amount")


@cache
def names() -> dict[str, tuple[str, ...]]:
    """Role -> the headers it is known by, best first, as their spelling-proof keys."""
    found: dict[str, list[str]] = {}
    with open(CATALOGUE / "ledger_columns.csv", encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found.setdefault(row["role"], []).append(key(row["header"]))
    return {role: tuple(dict.fromkeys(keys)) for role, keys in found.items()}


def columns(headers: tuple[str, ...], given: Mapping[str, str | None], file: str) -> dict[str, str]:
    """Role -> header, for all roles that can be told.

    Parameters
    ----------
    headers : of the file, as they stand
    given : role -> header that the caller names; None leaves it to us

    Raises
    ------
    DataError
        No header is clearly that of the customer, the date or the amount, or two are.
    """
    by_key: dict[str, list[str]] = {}
    for header in headers:
        by_key.setdefault(key(header), []).append(header)
    found: dict[str, str] = {}
    for role, known in names().items():
        if given.get(role):
            found[role] = str(given[role])
            continue
        hit = next((by_key[name] for name in known if name in by_key), [])
        if len(hit) > 1:
            raise DataError(f"two columns are called '{hit[0]}'", file=file, hint=f"name one with --{role}")
        if hit:
            found[role] = hit[0]
    lost = [role for role in NEEDED if role not in found]
    if lost:
        shown = ", ".join(f"'{header}'" for header in headers[:12])
        raise DataError(
            f"no column is clearly the {' or the '.join(lost)}; there are {shown}",
            file=file,
            hint=" ".join(f"--{role} COLUMN" for role in lost),
        )
    return found
