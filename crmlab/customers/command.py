"""`crmlab clv LEDGER`: from a plain file of purchases to the table of customers, without a study."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crmlab.customers.days import DAYS, YEAR, PurchaseDays
from crmlab.customers.guess import columns
from crmlab.customers.models import PurchaseModels, fit_models
from crmlab.customers.question import days_of
from crmlab.customers.valuer import Money
from crmlab.customers.worth import Worth, value_customers, write_table
from crmlab.data.ledger import Ledger, admit_ledger
from crmlab.data.persian import DIGITS
from crmlab.data.read_database import read_ledger_file
from crmlab.errors import DataError, ModelError, StudyError
from crmlab.study import Study
from crmlab.study.instrument import Instrument
from crmlab.study.ledger_spec import LedgerFile
from crmlab.study.spec import StudyFile

ENDINGS = (".csv", ".parquet")
MANY, DRAWS, FEWER = 100_000, 200, 50  # customers from which fewer draws have to do
MODELS = ("auto", "bgnbd", "mbgnbd", "pareto_nbd", "bgcnbd", "mbgcnbd")
JALALI = range(1250, 1500)  # years that cannot be Gregorian ones of a ledger


@dataclass(frozen=True, slots=True)
class Asked:
    """The command's options; None leaves a column or the calendar to be guessed.

    Attributes
    ----------
    columns : role -> header: customer, date, amount, receipt, currency
    calendar : "jalali" or "gregorian"
    reading : encoding, separator, sheet, where they differ from a plain file
    end : last day of observation in the ledger's calendar
    unit, model : of the purchase model
    horizon : months ahead
    discount : a year, 0.10 for 10 %
    margin : share of spend left after costs
    out : file of the table, or None
    """

    columns: Mapping[str, str | None]
    calendar: str | None = None
    reading: Mapping[str, str] | None = None
    end: str | None = None
    unit: str = "W"
    model: str = "auto"
    horizon: int = 36
    discount: float = 0.10
    margin: float = 1.0
    out: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came of it: the admitted ledger, the fits, the values; `mixed`: the file names the currency of each row."""

    ledger: Ledger
    days: PurchaseDays
    models: PurchaseModels
    worth: Worth
    asked: Asked
    mixed: bool = False


def clv_table(file: Path, asked: Asked) -> Answer:
    """Admit a file of purchases, fit a purchase and a spend model, value every customer, and write the table.

    Rows that cannot be used are refused and counted by reason. Customers keep the ids of the file.

    Raises
    ------
    StudyError
        An option that cannot be, before anything is read.
    DataError
        The file, one of its columns or its values.
    ModelError
        Too few customers bought again for a model.
    """
    _admit(file, asked)
    study = _study(file, asked)
    ledger = admit_ledger(study, pseudonymous=False)
    days = days_of(ledger)
    models = fit_models(days, unit=asked.unit, model=asked.model)
    if models.fit is None:
        raise ModelError(
            f"{file}: too few of {len(days.customers)} customers bought on more than one day for a purchase model",
            hint="a longer ledger",
        )
    horizon = asked.horizon / 12 * YEAR / DAYS[asked.unit]
    draws = DRAWS if len(days.customers) <= MANY else FEWER
    money = Money(asked.discount, horizon, asked.margin)
    worth = value_customers(models, days, unit=asked.unit, money=money, draws=draws)
    if asked.out is not None and worth.table is not None:
        write_table(worth.table, [asked.out])
    return Answer(ledger, days, models, worth, asked, study.ledger.columns.currency is not None)


def summary(answer: Answer) -> str:
    """A few lines for the terminal; nobody's id is in them."""
    days, models, worth, asked = answer.days, answer.models, answer.worth, answer.asked
    assert models.fit is not None
    assert worth.value is not None
    assert worth.alive is not None
    v = worth.value
    level = 100 * v.glance["level"]
    params = ", ".join(f"{name} {value:.4g}" for name, value in models.fit.params.items())
    lines = [
        answer.ledger.summary(),
        f"{len(days.customers):,} customers, {len(days.day):,} purchase days, "
        f"{int((days.counts == 1).sum()):,} customers bought on one day only",
        f"model {models.fit.model.key.removeprefix('model.')}: {params} (time in {_units(asked.unit)})",
        f"still active: {worth.alive['alive']:,.0f} ({worth.alive['alive_share']:.1%})",
    ]
    if models.money is None:
        lines.append(
            f"discounted purchases to come: {v['dert']:,.1f} (no spend model: value is not in money)"
        )
    else:
        low, high = v.cell("clv.equity", "ci_low"), v.cell("clv.equity", "ci_high")
        lines.append(
            f"behavioural CLV of all: {v['clv.equity']:,.0f} ({level:.0f}% interval {low:,.0f} to {high:,.0f}), "
            f"{v['clv.mean']:,.2f} a customer"
        )
        lines.append(
            f"money {_money(answer)}, nominal; horizon {asked.horizon} months, discount {asked.discount:.1%} a year, "
            f"margin {asked.margin:.0%}"
        )
    failed = [
        check for found in (*models.results.values(), *worth.results.values()) for check in found.failed
    ]
    lines += dict.fromkeys(
        f"check failed: {check.name.removeprefix('check.')} = {check.value:.4g}; {check.rule}"
        for check in failed
    )
    if v["left_out"] > 0:
        lines.append(f"left out: {v['left_out']:.0f} customers who first bought on the last day")
    return "\n".join(lines)


def _money(answer: Answer) -> str:
    """The currency all amounts were turned into, if the file names any."""
    return f"in {answer.ledger.currency}" if answer.mixed else "of the file"


def _units(unit: str) -> str:
    return {"D": "days", "W": "weeks", "M": "months", "Y": "years"}[unit]


def _admit(file: Path, asked: Asked) -> None:
    """Options that can be judged before the file is read."""
    if not 0 <= asked.discount < 1:
        raise StudyError(
            f"--discount is {asked.discount:g}; it must be a yearly rate from 0 to below 1",
            hint="0.10 for 10 %",
        )
    if not 0 < asked.margin <= 1:
        raise StudyError(
            f"--margin is {asked.margin:g}; it must be a share above 0, at most 1", hint="0.25 for 25 %"
        )
    if not 1 <= asked.horizon <= 600:
        raise StudyError(f"--horizon is {asked.horizon}; it must be from 1 to 600 months")
    if asked.out is None:
        return
    out = asked.out
    if out.suffix.lower() not in ENDINGS:
        raise StudyError(
            f"{out}: the table is written as {' or '.join(ENDINGS)}", hint=f"-o {out.stem or 'customers'}.csv"
        )
    if out.resolve() == file.resolve() or (out.exists() and file.exists() and out.samefile(file)):
        raise StudyError(f"{out}: the table would overwrite the ledger", hint="another name with -o")
    if Path("data").resolve() in out.resolve().parents:
        raise StudyError(f"{out}: nothing is written among the data", hint="another folder with -o")
    if out.is_dir() or not out.resolve().parent.is_dir():
        raise StudyError(
            f"{out}: no such folder" if not out.is_dir() else f"{out}: is a folder", hint="-o customers.csv"
        )


def _study(file: Path, asked: Asked) -> Study:
    """The file as a study that holds nothing but a ledger."""
    reading: dict[str, Any] = {key: value for key, value in (asked.reading or {}).items() if value}
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "no such file"
        raise DataError(
            what, file=file, hint="name a file of purchases (.csv, .xlsx, .parquet, .sqlite, ...)"
        )
    declared = LedgerFile(file=file.name, **reading)
    table = read_ledger_file(file, declared)
    headers = tuple(table.headers[-1])
    found = columns(headers, asked.columns, str(file))
    calendar = asked.calendar or _calendar(table.columns[_place(headers, found["date"])])
    duplicates = "refuse" if "receipt" in found else "keep"
    ledger: dict[str, Any] = {
        "files": [{"file": file.name, **reading}], "columns": found, "calendar": calendar, "end": asked.end,
        "duplicate_rows": duplicates, "refuse": "all",
    }  # fmt: skip
    words = {"en": "ledger", "fa": "ledger"}
    content = StudyFile.model_validate(
        {"name": "ledger", "title": words, "organisation": words, "ledger": ledger,
         "behaviour": {"unit": asked.unit, "calibration_end": None}}
    )  # fmt: skip
    return Study(file.parent / "ledger", content, Instrument({}, {}), ())


def _place(headers: tuple[str, ...], name: str) -> int:
    from crmlab.data.persian import key

    return next((place for place, header in enumerate(headers) if key(header) == key(name)), 0)


def _calendar(cells: tuple[Any, ...]) -> str:
    """Jalali if most written years are of that calendar; real dates of a format are Gregorian."""
    years = [
        int(found[0]) for cell in cells[:2000]
        if isinstance(cell, str) and (found := re.search(r"\d{4}", cell.translate(DIGITS)))
    ]  # fmt: skip
    return "jalali" if years and np.mean([year in JALALI for year in years]) > 0.5 else "gregorian"


__all__ = ["MODELS", "Answer", "Asked", "clv_table", "summary"]
