"""One file of transactions, column by column: customers, days, money and words, read but not yet judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.days import Days, days
from crmlab.data.match import locate
from crmlab.data.money import amounts, currency, worth
from crmlab.data.persian import ARABIC_DIGITS, DIGITS, YE_KAF, is_blank, key
from crmlab.data.privacy import person
from crmlab.data.problems import Problems
from crmlab.data.read_database import read_ledger_file
from crmlab.data.spelling import words
from crmlab.data.table import RawTable
from crmlab.errors import DataError
from crmlab.study.ledger_spec import Ledger as Declared
from crmlab.study.ledger_spec import LedgerFile

WORDS = ("branch", "channel", "product")
_EASTERN = {chr(code) for code in DIGITS}
_FOREIGN = {chr(code) for code in YE_KAF}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A file's rows as arrays of one length.

    Attributes
    ----------
    source : name of the system
    table : the raw cells
    places : our column -> place in the table
    empty : True where nothing stands in the row
    customer : identity as text, "" where blank
    receipt : number of the receipt as text, "" where blank; None if the study names no such column
    days : the days
    amount : in the study's currency, refunds below zero; NaN where it cannot be read
    margin : the same, or None
    unpriced : True where the currency is blank
    words : branch, channel, product -> one spelling each, None where blank
    repairs : our column -> kind of repair -> cells
    """

    source: str
    table: RawTable
    places: dict[str, int]
    empty: np.ndarray
    customer: np.ndarray
    receipt: np.ndarray | None
    days: Days
    amount: np.ndarray
    margin: np.ndarray | None
    unpriced: np.ndarray
    words: dict[str, np.ndarray]
    repairs: dict[str, dict[str, int]]

    def __len__(self) -> int:
        return len(self.table)


def read_part(path: Path, file: LedgerFile, ledger: Declared, problems: Problems) -> Part:
    """Read one file of a ledger.

    Raises
    ------
    DataError, DataErrors
        The file cannot be read, a column is not there, or a currency is not known.
    """
    table = read_ledger_file(path, file)
    places = _places(table, file, ledger)
    cells = {name: table.columns[place] for name, place in places.items()}
    factor, unpriced = _factors(table, places, file, ledger, problems)
    decimal = file.decimal or ledger.decimal
    money = {name: amounts(cells[name], decimal) * factor for name in ("amount", "margin") if name in cells}
    if ledger.returned is not None:
        money["amount"] = _returned(table, ledger, money["amount"])
    return Part(
        source=file.source,
        table=table,
        places=places,
        empty=_empty(table),
        customer=_identities(cells["customer"]),
        receipt=_identities(cells["receipt"]) if "receipt" in cells else None,
        days=days(cells["date"], file.calendar or ledger.calendar),
        amount=money["amount"],
        margin=money.get("margin"),
        unpriced=unpriced,
        words={name: words(cells[name]) for name in WORDS if name in cells},
        repairs={name: found for name, column in cells.items() if (found := _repairs(column))},
    )


def _places(table: RawTable, file: LedgerFile, ledger: Declared) -> dict[str, int]:
    named = (file.columns or ledger.columns).model_dump(exclude_none=True)
    found: dict[str, int] = {}
    problems = Problems()
    for name, header in named.items():
        with problems.gather():
            found[name] = locate(table, header, f"ledger.columns.{name}")
    problems.tell()
    return found


def _empty(table: RawTable) -> np.ndarray:
    found = np.ones(len(table), dtype=bool)
    for column in table.columns:
        places = np.flatnonzero(found)
        found[places] = [_blank(column[k]) for k in places]
    return found


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell[:1].isalnum() and is_blank(cell))


def _identity(cell: Any) -> str:
    """As `privacy.person`, at once where there is nothing to repair."""
    return cell if isinstance(cell, str) and cell.isascii() and cell.isalnum() else person(cell)


def _identities(cells: Sequence[Any]) -> np.ndarray:
    """Identities as text, one spelling each; "" where there is none."""
    codes, unique = pd.factorize(np.array(cells, dtype=object), use_na_sentinel=True)
    return np.array([*map(_identity, unique), ""], dtype=object)[codes]


def _factors(
    table: RawTable, places: dict[str, int], file: LedgerFile, ledger: Declared, problems: Problems
) -> tuple[np.ndarray, np.ndarray]:
    """What one unit of each row's money is worth in the study's currency; where nobody says which money it is."""
    if "currency" not in places:
        code = file.currency or ledger.currency
        whole = worth(code, ledger.currency, ledger.rates)
        if whole is None:
            told = f"nobody says what {code} is worth in {ledger.currency}"
            problems.add(
                DataError(
                    told, file=table.file, hint=f"ledger.rates: {{{code}: its worth in {ledger.currency}}}"
                )
            )
        return np.full(len(table), np.nan if whole is None else whole), np.zeros(len(table), dtype=bool)
    codes, unique = pd.factorize(
        np.array(table.columns[places["currency"]], dtype=object), use_na_sentinel=True
    )
    named = [currency(cell) for cell in unique]
    rate = [worth(name, ledger.currency, ledger.rates) if name else np.nan for name in named]
    unknown = sorted({name for name, one in zip(named, rate, strict=True) if one is None})
    if unknown:
        rows = np.flatnonzero(np.isin(codes, [k for k, name in enumerate(named) if name in unknown]))
        held = ", ".join(sorted({name for name in named if name}))
        problems.add(
            DataError(
                f"holds the currencies {held}; nobody says what {', '.join(unknown)} is worth in {ledger.currency}",
                file=table.file,
                column=table.title(places["currency"]),
                rows=table.seen(rows),
                hint=f"ledger.rates: {{{unknown[0]}: its worth in {ledger.currency}}}, or another ledger.currency",
            )
        )
    known = np.array([*(np.nan if one is None else one for one in rate), np.nan])
    blank = np.array([*(not name for name in named), True])
    return known[codes], blank[codes]


def _returned(table: RawTable, ledger: Declared, amount: np.ndarray) -> np.ndarray:
    """Amounts of the rows that are declared to be refunds, below zero."""
    rule = ledger.returned
    assert rule is not None
    column = words(table.columns[locate(table, rule.column, "ledger.returned.column")])
    picked = {key(one) for one in rule.values}
    hit = np.array([cell is not None and (not picked or key(cell) in picked) for cell in column], dtype=bool)
    return np.where(hit, -np.abs(amount), amount)


def _repairs(cells: Sequence[Any]) -> dict[str, int]:
    """How many cells have digits or letters of another keyboard, or outer blanks."""
    codes, unique = pd.factorize(np.array(cells, dtype=object), use_na_sentinel=True)
    counts = np.bincount(codes[codes >= 0], minlength=len(unique))
    found: dict[str, int] = {}
    for cell, count in zip(unique, counts, strict=True):
        if not isinstance(cell, str) or (cell.isascii() and cell[:1] > " " and cell[-1:] > " "):
            continue
        letters = set(cell)
        kinds = {
            "digits": bool(letters & _EASTERN or letters & ARABIC_DIGITS),
            "ye_kaf": bool(letters & _FOREIGN),
            "spaces": cell != cell.strip(),
        }
        for kind in (kind for kind, there in kinds.items() if there):
            found[kind] = found.get(kind, 0) + int(count)
    return found
