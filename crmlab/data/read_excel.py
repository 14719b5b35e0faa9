"""Excel workbooks: cell values as Excel shows them last; formulas without a value and error cells are told."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

from crmlab.data.read import DAMAGE, Declared
from crmlab.data.table import Cell, RawTable
from crmlab.errors import DataError

_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_REFERENCE = re.compile(rb'\br="([A-Z]+[0-9]+)"')
_VALUE = re.compile(rb"<v[^>]*>[^<]")
_NAMES = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_excel(raw: bytes, survey: Declared) -> RawTable:
    """Cells of one sheet: text, numbers, dates; row numbers as Excel shows them."""
    from python_calamine import CalamineWorkbook

    with _damage_told(raw, survey):
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = list(book.sheet_names)
    name = _sheet(names, survey)
    with _damage_told(raw, survey):
        if raw[:2] == b"PK":
            _told(raw, name, survey)
        grid = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    if not grid:
        raise DataError(f"sheet '{name}' is empty: it has no rows and no header", file=survey.file)
    count = survey.header_rows
    headers = tuple(tuple(_text(cell) for cell in row) for row in grid[:count])
    columns = tuple(tuple(map(_cell, column)) for column in zip(*grid[count:], strict=True))
    rows = tuple(range(count + 1, len(grid) + 1))
    facts = {"format": "excel", "sheet": name}
    return RawTable(survey.file, headers, columns or tuple(() for _ in headers[0]), rows, "", facts)


@contextmanager
def _damage_told(raw: bytes, survey: Declared) -> Iterator[None]:
    """Whatever a parser raises over these bytes is told as the file's fault, panics of the Rust one included."""
    from python_calamine import CalamineError

    try:
        yield
    except BaseException as error:
        if not isinstance(error, (CalamineError, *DAMAGE)) and type(error).__name__ != "PanicException":
            raise
        locked = raw[:4] == b"\xd0\xcf\x11\xe0" and b"E\0n\0c\0r\0y\0p\0t" in raw
        why = "is protected by a password" if locked else "is not an Excel file, or a damaged one"
        raise DataError(
            f"{why} ({error})", file=survey.file, hint="open it in Excel and save it as .xlsx"
        ) from None


def _sheet(names: list[str], survey: Declared) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    if survey.sheet is not None:
        if survey.sheet in names:
            return survey.sheet
        raise DataError(
            f"has no sheet '{survey.sheet}'; its sheets: {listed}",
            file=survey.file,
            hint=f"{survey.key}.sheet",
        )
    if len(names) == 1:
        return names[0]
    raise DataError(
        f"has {len(names)} sheets: {listed}", file=survey.file, hint=f"name one of them in {survey.key}.sheet"
    )


def _told(raw: bytes, name: str, survey: Declared) -> None:
    """Formulas that were never computed, and errors such as #N/A, would both be read as blanks."""
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        part = _part(book, name)
        if broken := book.testzip():
            raise zipfile.BadZipFile(f"{broken} is broken")
        sheet = book.read(part) if part in book.namelist() else b""
    for mark, problem, hint in (
        (b"<f", "formulas without a value", "open and save in Excel, then run again"),
        (b't="e"', "cells with an error such as #N/A", "mend or empty them in Excel"),
    ):
        if mark not in sheet:
            continue
        cells = [_where(head) for head, body in _CELL.findall(sheet) if _bad(mark, head, body)]
        if cells:
            more = f" and {len(cells) - 5} more" if len(cells) > 5 else ""
            rows = sorted({int(re.sub(r"\D", "", cell)) for cell in cells})
            text = f"sheet '{name}': {problem} in {', '.join(cells[:5])}{more}"
            raise DataError(text, file=survey.file, rows=rows, hint=hint)


def _bad(mark: bytes, head: bytes, body: bytes) -> bool:
    if mark != b"<f":
        return mark in head
    return b"<f" in body and b't="str"' not in head and not _VALUE.search(body)


def _where(head: bytes) -> str:
    hit = _REFERENCE.search(head)
    return hit[1].decode() if hit else "A0"


def _part(book: zipfile.ZipFile, name: str) -> str:
    """The file inside the archive that holds the sheet."""
    try:
        tree = ElementTree.fromstring(book.read("xl/workbook.xml"))
        wanted = next(
            sheet.get(_NAMES) for sheet in tree.iter() if sheet.get("name") == name and sheet.get(_NAMES)
        )
        links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        target = next(link.get("Target", "") for link in links if link.get("Id") == wanted)
    except (KeyError, StopIteration, ElementTree.ParseError):
        return ""
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, (datetime, date, time, timedelta)):
        return value
    return value if value != "" else None


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
