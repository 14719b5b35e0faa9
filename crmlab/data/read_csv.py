"""Strict CSV: each line must be whole, each byte a letter of the declared encoding."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from crmlab.data.persian import is_blank
from crmlab.data.read import Declared
from crmlab.data.table import RawTable, short
from crmlab.errors import DataError, StudyError

OTHERS = (",", ";", "\t", "|")
NAMED = {",": "','", ";": "';'", "\t": "a tab ('\\t')", "|": "'|'"}
LONGEST = 1_000_000  # characters of one cell
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_csv(raw: bytes, survey: Declared) -> RawTable:
    """Cells of a CSV file, all of them text.

    The row number of a record is the line of the file on which it starts; the header is line 1.
    """
    text, encoding = decode(raw, survey)
    if "\0" in text:
        raise _nul(text, survey)
    records, lines = _split(text, survey)
    count = survey.header_rows
    width = max(map(len, records[:count]), default=0)
    if width <= 1:
        raise _one_column(records, survey)
    headers = tuple(tuple(record + [""] * (width - len(record))) for record in records[:count])
    body, rows = records[count:], lines[count:]
    _whole(body, rows, width, survey)
    blank = [""] * width
    body = [record if len(record) == width else blank for record in body]
    columns = tuple(zip(*body, strict=True)) if body else tuple(() for _ in range(width))
    facts = {"format": "csv", "encoding": encoding, "separator": survey.separator}
    if not text.endswith(("\n", "\r")):
        facts["last_line"] = (
            "without a line end"  # harmless from an editor, but so ends a file that was cut off
        )
    return RawTable(survey.file, headers, columns, tuple(rows), "", facts)


def decode(raw: bytes, survey: Declared) -> tuple[str, str]:
    """The text and the name of its encoding; a byte that is no letter is told with its place."""
    marked = raw.startswith(codecs.BOM_UTF8)
    if survey.encoding == "auto":
        encoding = "utf-16" if raw.startswith(_UTF16) else "utf-8-sig" if marked else "utf-8"
    else:
        encoding = _known(survey)
        if marked and encoding not in ("utf-8", "utf-8-sig"):
            raise DataError(
                f"starts with the mark of UTF-8, but {survey.key}.encoding says {survey.encoding}",
                file=survey.file,
                hint="encoding: auto",
            )
        encoding = "utf-8-sig" if marked else encoding
    try:
        return raw.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise _bad_byte(raw, encoding, error, survey) from None


def _known(survey: Declared) -> str:
    try:
        return codecs.lookup(survey.encoding).name
    except LookupError:
        raise StudyError(f"no encoding is called '{survey.encoding}'", key=f"{survey.key}.encoding") from None


def _bad_byte(raw: bytes, encoding: str, error: UnicodeDecodeError, survey: Declared) -> DataError:
    if encoding == "utf-16":
        return DataError("is cut off: half a UTF-16 letter is left at its end", file=survey.file)
    row, column = _where(raw[: error.start].decode(encoding, errors="replace"), survey)
    return DataError(
        f"byte 0x{raw[error.start]:02X} is no letter in {encoding.upper().removesuffix('-SIG')}",
        file=survey.file,
        column=column,
        rows=[row],
        hint="name the file's encoding in the study file, such as encoding: windows-1256, or save it as UTF-8",
    )


def _nul(text: str, survey: Declared) -> DataError:
    row, column = _where(text[: text.index("\0")], survey)
    return DataError(
        f"{text.count(chr(0))} NUL bytes (0x00); text has none",
        file=survey.file,
        column=column,
        rows=[row],
        hint="export it again; if it is UTF-16 without a mark, say encoding: utf-16-le",
    )


def _where(before: str, survey: Declared) -> tuple[int, str]:
    """The line and the column's header of the letter that follows `before`."""
    records = list(_lenient(before + "?", survey.separator)) or [[""]]
    place, header = len(records[-1]), records[0]
    named = len(records) > 1 and place <= len(header)
    row = max(before.count("\n"), before.count("\r")) + 1
    return row, short(header[place - 1]) if named else f"number {place}"


def _lenient(text: str, separator: str) -> Iterator[list[str]]:
    limit = csv.field_size_limit(LONGEST)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error:
        return
    finally:
        csv.field_size_limit(limit)


def _split(text: str, survey: Declared) -> tuple[list[list[str]], list[int]]:
    """Records and the line each starts on."""
    records: list[list[str]] = []
    lines: list[int] = []
    limit = csv.field_size_limit(LONGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=survey.separator, strict=True)
    start = 1
    try:
        for record in reader:
            records.append(record)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise _unclosed(error, start, text, survey) from None
    finally:
        csv.field_size_limit(limit)
    return records, lines


def _unclosed(error: csv.Error, start: int, text: str, survey: Declared) -> DataError:
    if "unexpected end" in str(error) or "field limit" in str(error):
        last = text.count("\n") + (not text.endswith("\n"))
        return DataError(
            f"a quotation mark opened in this row is never closed; the file ends on line {last}",
            file=survey.file,
            rows=[start],
            hint='the file is cut off, or a cell holds a single "; export it again',
        )
    return DataError(
        f"a quotation mark stands inside a quoted cell ({error})",
        file=survey.file,
        rows=[start],
        hint='write it twice (""), as a spreadsheet does on export',
    )


def _one_column(records: list[list[str]], survey: Declared) -> DataError:
    other = _better(records, survey.separator)
    if other:
        return DataError(
            f"one column found; is the separator {NAMED[other]}?",
            file=survey.file,
            hint=f'separator: "{other}"'.replace("\t", "\\t") + " in the study file",
        )
    return DataError("one column found, which is no questionnaire", file=survey.file)


def _better(records: list[list[str]], separator: str) -> str:
    """Another separator that cuts the first records into equally many, and more, cells."""
    head = [separator.join(record) for record in records[:20] if record]
    for other in OTHERS:
        widths = [len(row) for line in head for row in _lenient(line.split("\n")[0], other)]
        if other != separator and widths and min(widths) > 1 and len(set(widths)) == 1:
            return other
    return ""


def _whole(body: list[list[str]], rows: list[int], width: int, survey: Declared) -> None:
    """Every record has as many cells as the header, unless nothing stands in it."""
    wrong = [place for place, record in enumerate(body) if len(record) != width and _filled(record)]
    if not wrong:
        return
    found = len(body[wrong[0]])
    other = _better(body, survey.separator)
    hint = f"is the separator {NAMED[other]}?" if other else "a separator inside a cell must stand in quotes"
    cut = wrong == [len(body) - 1] and found < width
    raise DataError(
        f"{found} cells where the header has {width}"
        + ("; the file seems cut off in its last row" if cut else ""),
        file=survey.file,
        rows=[rows[place] for place in wrong],
        hint="export it again" if cut else hint,
    )


def _filled(record: list[str]) -> bool:
    return any(not is_blank(cell) for cell in record)
