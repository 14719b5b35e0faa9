"""Group A: files that are not what they say. Each fault stands beside its harmless twin."""

import contextlib
import io
import os
import time
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from small_study import ITEMS, Small

from crmlab.data.problems import DataErrors
from crmlab.data.survey import admit
from crmlab.errors import DataError, StudyError


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path)


def excel(small, edit=None, sheets=("answers",), name="raw/wave1.xlsx"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet)
        page.append(small.header)
        for row in small.rows:
            page.append([row[0], *map(int, row[1:])])
        if edit:
            edit(page)
    out = io.BytesIO()
    book.save(out)
    small.survey["file"] = name
    return small.write(out.getvalue())


def spss(small, labels=None, missing=None, frame=None):
    frame = pd.DataFrame(small.rows, columns=small.header) if frame is None else frame
    frame = frame.assign(**{item: frame[item].astype(float) for item in ITEMS})
    path = small.folder / "raw/made.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels=labels or {}, missing_ranges=missing or {})
    small.survey["file"] = "raw/made.sav"
    return small


def refused(small, *words, kind=DataError):
    with pytest.raises(kind) as caught:
        small.admit()
    for word in words:
        assert word in str(caught.value)
    assert caught.value.exit_code == (2 if kind is StudyError else 3)
    return caught.value


def test_the_harmless_file_is_admitted_whole(small):
    survey = small.admit()
    assert (survey.read, len(survey.answers), survey.refused) == (100, 100, {})


def test_a01_missing_file_names_path_and_key(small):
    study = small.study()
    with pytest.raises(DataError, match=r"wave1\.csv.*no such file.*survey\.file"):
        admit(study)


def test_a01_a_folder_in_its_place(small):
    small.file.mkdir()
    study = small.study()
    with pytest.raises(DataError, match=r"cannot be read.*survey\.file"):
        admit(study)


@pytest.mark.parametrize("ending", ["\n", ""])
def test_a03_header_only(small, ending):
    refused(small.write((",".join(small.header) + ending).encode()), "has no rows")


def test_a03_nothing_at_all(small):
    refused(small.write(b""), "is empty", "no rows")


@pytest.mark.parametrize("raw", [b"\n", b"   \n", b"\xef\xbb\xbf", b",,,\n"])
def test_a03_almost_nothing(small, raw):
    refused(small.write(raw), "wave1.csv")


def test_a04_cut_off_in_the_middle_of_a_row(small):
    raw = small.text().encode()
    refused(
        small.write(raw[: raw.rindex(b",") - 3]), "row 101", "seems cut off", "cells where the header has 7"
    )


def test_a04_cut_off_inside_quotes(small):
    raw = small.put(50, "id", 'a "quoted" name').text()
    refused(small.write(raw[: raw.index('"quoted"') + 4].encode()), "row 50", "never closed", "line 50")


def test_a04_twin_no_line_end_at_the_end_is_told_not_refused(small):
    survey = small.write(small.text().encode().rstrip()).admit()
    assert len(survey.answers) == 100
    assert survey.notes[0]["last_line"] == "without a line end"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_a06_a07_marks_are_understood(small, encoding):
    survey = small.put(3, "id", "شعبه").write(small.text().encode(encoding)).admit()
    assert survey.notes[0]["encoding"] == encoding
    assert len(survey.answers) == 100


def test_a07_the_first_column_has_a_clean_name(small):
    small.header[0], small.header[1] = "SAT1", "id"
    for row in small.rows:
        row[0], row[1] = row[1], row[0]
    assert len(small.write(small.text().encode("utf-8-sig")).admit().answers) == 100


@pytest.mark.parametrize(("row", "column"), [(2, "id"), (57, "SAT2"), (101, "LOY3")])
def test_a09_a_byte_that_is_no_letter(small, row, column):
    raw = small.put(row, column, "é").text().encode("latin-1")
    refused(small.write(raw), f"row {row}:", f"'{column}'", "0xE9", "UTF-8")


def test_a09_windows_1256_must_be_named(small):
    raw = small.put(5, "id", "شعبه مركزي").text().encode("windows-1256")
    refused(small.write(raw), "row 5:", "windows-1256")
    small.survey["encoding"] = "windows-1256"
    assert small.admit().notes[0]["encoding"] == "cp1256"


def test_an_encoding_nobody_knows(small):
    small.survey["encoding"] = "utf-9"
    refused(small, "survey.encoding", "utf-9", kind=StudyError)


def test_utf8_declared_as_something_else(small):
    small.survey["encoding"] = "windows-1256"
    refused(small.write(small.text().encode("utf-8-sig")), "mark of UTF-8")


@pytest.mark.parametrize(("mark", "named"), [(";", "';'"), ("\t", "a tab"), ("|", "'|'")])
def test_a10_another_separator(small, mark, named):
    refused(small.write(small.text(mark).encode()), "one column found; is the separator", named)
    small.survey["separator"] = mark
    assert len(small.admit().answers) == 100


def test_a10_another_separator_and_commas_in_the_header(small):
    small.header[1] = "Satisfied, really"
    error = refused(small.write(small.text(";").replace('"', "").encode()), "is the separator ';'?")
    assert error.rows


@pytest.mark.parametrize(("row", "change", "cells"), [(4, -1, 6), (101, 1, 8), (2, -3, 4)])
def test_a12_a_row_with_other_many_cells(small, row, change, cells):
    small.rows[row - 2] = small.rows[row - 2][:change] if change < 0 else [*small.rows[row - 2], "5"]
    refused(small, f"row {row}:", f"{cells} cells where the header has 7")


def test_title_rows_above_the_header_may_be_shorter(small):
    small.survey["header_rows"] = 3
    small.write(("نتایج پرسشنامه\n\n" + small.text()).encode())
    assert len(small.admit().answers) == 100
    refused(small.write(("نتایج پرسشنامه\n\n" + small.put(5, "SAT1", "55").text()).encode()), "row 7:", "55")


def test_a12_all_wrong_rows_are_counted(small):
    for row in range(10, 30):
        small.rows[row].pop()
    refused(small, "rows 12, 13, 14, 15, 16 and 15 more")


def test_a12_twin_blank_lines_are_empty_rows_and_counted(small):
    small.rows[10:10] = [[], [""] * 7, [" ", "\u200f", "\u00a0", "", "", "", ""]]
    survey = small.admit()
    assert survey.refused == {11: "empty", 12: "empty", 13: "empty"}
    assert survey.read == 103
    assert survey.records[10] == 14


def test_a13_nul(small):
    refused(small.put(7, "SAT3", "5\0"), "row 7:", "'SAT3'", "NUL")


def test_lines_inside_quotes_do_not_shift_the_row_numbers(small):
    small.put(5, "id", "two\nlines").put(9, "SAT2", "55")
    refused(small, "row 10:", "55 occurs 1 time")


def test_a_stray_quotation_mark_names_the_row_where_it_opens(small):
    raw = small.text().replace("0040,", '"0040,', 1)
    refused(small.write(raw.encode()), "row 41:", "quotation mark")


def junk():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("junk.txt", "junk")
    return out.getvalue()


@pytest.mark.parametrize("raw", [b"id,SAT1\n1,2\n", junk(), b"PK\x03\x04junk", b"\xd0\xcf\x11\xe0junk"])
def test_a15_not_an_excel_file(small, raw):
    small.survey["file"] = "raw/wave1.xlsx"
    refused(small.write(raw), "wave1.xlsx", "is not an Excel file")


def test_a16_sheets_are_listed(small):
    excel(small, sheets=("پاسخ‌ها", "codes", "notes"))
    refused(small, "'پاسخ‌ها', 'codes', 'notes'", "survey.sheet")
    small.survey["sheet"] = "answers"
    refused(small, "has no sheet 'answers'", "'codes'")
    small.survey["sheet"] = "codes"
    assert len(small.admit().answers) == 100


def test_a18_formulas_without_a_value(small):
    def formulas(page):
        page["C5"], page["D9"] = "=1+1", "=SUM(B9:C9)"

    refused(excel(small, formulas), "rows 5, 9", "C5, D9", "open and save in Excel")


def test_error_cells_are_not_read_as_blanks(small):
    def broken(page):
        page["C5"] = "#N/A"

    refused(excel(small, broken), "row 5", "C5", "#N/A")


def test_excel_rows_are_excels_rows(small):
    def wrong(page):
        page["C5"] = 55

    refused(excel(small, wrong), "row 5:", "'SAT2'", "55 occurs 1 time, outside 1-7")


def test_an_empty_sheet(small):
    def clear(page):
        page.delete_rows(1, 200)

    refused(excel(small, clear), "is empty")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("45400", "is not a date"),
        (45400, "is a number, not a date"),
        ("2999-01-01", "year 2999"),
        ("0000-00-00", "year 0"),
        ("1403/02/01", "year 1403 in a Gregorian column; is the column jalali?"),
    ],
)
def test_a19_serial_numbers_and_impossible_dates_name_the_cell(small, cell, words):
    import datetime as dt

    def stamped(page):
        page["H1"] = "stamp"
        for row in range(2, 102):
            page.cell(row, 8).value = dt.datetime(2024, 5, 1, 12)
        page["H9"] = cell
        page["H9"].number_format = "General"

    small.survey["fieldwork"] = {"column": "stamp", "calendar": "gregorian", "start": "2024-01-01"}
    refused(excel(small, stamped), "row 9:", "'stamp'", words)


def test_a19_a_date_before_march_1900_is_a_test_not_a_crash(small):
    import datetime as dt

    def stamped(page):
        page["H1"] = "stamp"
        for row in range(2, 102):
            page.cell(row, 8).value = dt.datetime(2024, 5, 1, 12)
        page["H9"] = dt.date(1900, 1, 15)

    small.survey["fieldwork"] = {"column": "stamp", "calendar": "gregorian", "start": "2024-01-01"}
    assert excel(small, stamped).admit().refused == {8: "test"}


# -- SPSS and Parquet ---------------------------------------------------------------------------------

SEVEN = {1.0: "Very little", 4.0: "Some", 7.0: "Very much"}


def test_a21_labels_the_study_does_not_know_are_listed(small):
    spss(small, {"SAT1": {**SEVEN, 6.0: "Plenty", 2.0: "A bit"}})
    refused(small, "'SAT1'", "2 = 'A bit', 6 = 'Plenty'", "survey.synonyms")
    small.survey["synonyms"] = {"seven": {"Plenty": 6, "A bit": 2}}
    assert len(small.admit().answers) == 100


def test_spss_labels_count_not_the_numbers(small):
    turned = {1.0: "Very much", 4.0: "some ", 7.0: "خيلي  كم"}
    frame = pd.DataFrame(small.rows, columns=small.header).assign(
        SAT1=[["1", "4", "7"][i % 3] for i in range(100)]
    )
    survey = spss(small, {"SAT1": turned}, frame=frame).admit()
    assert survey.answers["SAT1"].head(3).tolist() == [7, 4, 1]


def test_spss_labels_on_other_numbers_and_values_without_a_label(small):
    refused(spss(small, {"SAT1": {1.0: "Very much", 7.0: "Very little"}}), "'SAT1'", "have no label")
    small.survey["answers"] = "codes"
    assert len(small.admit().answers) == 100


def test_spss_user_missing_is_missing(small):
    small.put(3, "SAT1", "9").put(4, "SAT1", "8")
    spss(small, {"SAT1": {**SEVEN, 9.0: "No answer"}}, {"SAT1": [{"lo": 8, "hi": 9}]})
    survey = small.admit()
    assert survey.answers["SAT1"].isna().sum() == 2


def test_spss_out_of_range_without_user_missing(small):
    small.put(3, "SAT1", "9")
    refused(spss(small), "row 2:", "9 occurs 1 time")


@pytest.mark.parametrize("name", ["raw/x.sav", "raw/x.parquet"])
def test_renamed_csv(small, name):
    small.survey["file"] = name
    refused(small.write(b"id,SAT1\n1,2\n"), Path(name).name, "is not a")


def test_parquet(small):
    small.survey["file"] = "raw/wave1.parquet"
    frame = pd.DataFrame(small.rows, columns=small.header)
    frame = frame.assign(**{item: frame[item].astype("Int64") for item in ITEMS})
    frame.loc[3, "SAT1"] = pd.NA
    frame.to_parquet(small.file)
    survey = small.admit()
    assert survey.answers["SAT1"].isna().sum() == 1
    frame.loc[3, "SAT1"] = 55
    frame.to_parquet(small.file)
    refused(small, "row 4:", "55")


@pytest.mark.parametrize("bad", [float("inf"), float("-inf"), 1e308])
def test_d07_no_finite_number(small, bad):
    small.survey["file"] = "raw/wave1.parquet"
    frame = pd.DataFrame(small.rows, columns=small.header)
    frame = frame.assign(**{item: frame[item].astype(float) for item in ITEMS})
    frame.loc[3, "SAT1"] = bad
    frame.to_parquet(small.file)
    refused(small, "row 4:", "'SAT1'")


def test_an_ending_nobody_reads(small):
    small.survey["file"] = "raw/wave1.ods"
    refused(small.write(), "'.ods'", "survey.file")


# -- while it is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["grown", "replaced", "touched"])
def test_a22_changed_while_it_was_read(small, monkeypatch, how):
    small.write()
    read = Path.read_bytes

    def meanwhile(path):
        raw = read(path)
        if path == small.file:
            if how == "grown":
                with open(path, "ab") as handle:
                    handle.write(b"1,1,1,1,1,1,1\n")
            elif how == "replaced":
                other = path.with_suffix(".new")
                other.write_bytes(raw)
                os.replace(other, path)
            else:
                os.utime(path, ns=(1, 1))
        return raw

    study = small.study()
    monkeypatch.setattr(Path, "read_bytes", meanwhile)
    with pytest.raises(DataError, match="changed while it was read"):
        admit(study)


@pytest.mark.parametrize(
    "name", ["my answers (final).csv", "پاسخ‌های موج ۱.csv", "x" * 246 + ".csv", "a'b&c.csv"]
)
def test_a24_names(small, name):
    small.survey["file"] = f"raw/{name}"
    assert len(small.write().admit().answers) == 100


def test_every_fault_is_told_at_once(small):
    small.put(3, "SAT1", "55").put(4, "SAT2", "often").put(9, "LOY1", "1e400")
    small.survey |= {"personal": ["phone"], "finished": {"column": "done"}}
    error = refused(small, "row 3:", "row 4:", "row 9:", "'phone'", "'done'", kind=DataErrors)
    assert len(error.errors) == 5


def test_a_hundred_faults_are_not_a_hundred_lines(small):
    for row in range(2, 102):
        for item in ITEMS:
            small.put(row, item, "99")
    small.survey["personal"] = [f"column {place}" for place in range(60)]
    error = refused(small, "and 41 more problems", kind=DataErrors)
    assert sum("99 occurs 100 times, outside 1-7" in str(fault) for fault in error.errors) == 6
    assert len(str(error).splitlines()) < 60


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_parser_that_dies_takes_nobody_along(small, monkeypatch):
    monkeypatch.setattr("crmlab.data.read_spss.REHEARSAL", "import os; os.abort()")
    refused(spss(small), "damaged", "its parser died over it")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_damaged_bytes_are_refused_or_admitted_but_never_a_crash(small, seed, kind):
    """Whatever bytes a file holds, what comes out is a survey or an error of ours."""
    random = np.random.default_rng(seed)
    if kind == "xlsx":
        excel(small)
    elif kind == "parquet":
        small.survey["file"] = "raw/wave1.parquet"
        pd.DataFrame(small.rows, columns=small.header).to_parquet(small.file)
    else:
        small.write()
    whole = small.file.read_bytes()
    for _ in range(5):
        raw = bytearray(whole)
        for place in random.integers(0, len(raw), size=int(random.integers(1, 9))):
            raw[place] = random.integers(0, 256)
        small.write(bytes(raw[: random.integers(len(raw) // 2, len(raw) + 1)]))
        with contextlib.suppress(DataError, DataErrors):
            survey = small.admit()
            assert survey.read == len(survey.answers) + len(survey.refused)


def test_ten_thousand_rows_in_two_seconds(small):
    random = np.random.default_rng(1)
    small.header += [f"other{place}" for place in range(68)]
    answers = random.integers(1, 8, size=(10_000, 74)).astype(str)
    small.rows = [[f"{place:05d}", *row] for place, row in enumerate(answers)]
    small.survey |= {"duplicate_rows": "refuse", "respondent": "id"}
    small.write()
    start = time.perf_counter()
    assert len(small.admit().answers) == 10_000
    assert time.perf_counter() - start < 2
