"""Group B: columns and values of a survey. Each fault stands beside its harmless twin."""

import pytest
from small_study import ITEMS, TEXTS, Small

from crmlab.data.problems import DataErrors
from crmlab.errors import DataError, PrivacyError, StudyError


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path)


def refused(small, *words, kind=DataError, code=3):
    with pytest.raises(kind) as caught:
        small.admit()
    for word in words:
        assert word in str(caught.value)
    assert caught.value.exit_code == code
    return caught.value


def test_b01_a_missing_item_names_the_nearest_headers(small):
    small.header[2] = "SAT_2b"
    refused(small, "no column for item SAT2", "'SAT_2b'", "survey.absent")


def test_b01_a_question_put_in_other_words(small):
    small.header[1:] = [TEXTS[item][0].replace("{org}", "the bank") for item in ITEMS]
    small.header[2] = "The bank always keeps its word."
    refused(small, "item SAT2", "'The bank always keeps its word.'")


def test_b01_many_missing_items_are_one_fault(small):
    small.extra["instrument"] = {"base": "bundled"}
    small.extra["constructs"] = {"SAT": {"label": {"en": "a", "fa": "b"}, "items": ["SAT1", "SAT2"]}}
    small.extra["paths"] = []
    refused(small, "no column was found for", "FOC1", "survey.absent", kind=DataErrors)


@pytest.mark.parametrize(
    "header",
    [
        "از بانک راضی هستم.",
        "از بانك راضي هستم",
        "از بانک  راضی هستم؟ *",
        "\u200fاز بانک راضی هستم ",
        "میزان موافقت شما [از بانک راضی هستم]",
        "How far do you agree? - I am pleased with the bank.",
        "1. I am pleased with the bank",
        "I AM PLEASED WITH THE BANK",
        " sat1 ",
        "Sat_1",
        "SAT1. something else altogether",
        "Q7[SAT1]",
    ],
)
def test_b02_headers_that_differ_in_spelling_only(small, header):
    small.header[1] = header
    survey = small.admit()
    assert survey.answers["SAT1"].tolist() == [float(row[1]) for row in small.rows]
    ways = {note["key"]: note["items"] for note in survey.notes if "matched" in note["key"]}
    exact = header in ("از بانک راضی هستم.",)
    assert "SAT1" in ways["note.matched_by_text" if exact else next(way for way in ways if "repaired" in way)]


def test_b02_half_space(small):
    small.header[2] = "بانک به قول خود عمل می کند"
    assert len(small.admit().answers) == 100


def test_two_columns_for_one_item_are_not_guessed(small):
    small.header[0] = "I am pleased with the bank"
    refused(small, "item SAT1 could be any of 2 columns", "survey.columns")
    small.survey["columns"] = {"SAT1": "SAT1"}
    assert len(small.admit().answers) == 100


def test_the_same_header_twice(small):
    small.header[0] = "SAT1"
    refused(small, "item SAT1 could be any of 2 columns")


def test_a_declared_column_that_is_not_there(small):
    small.survey["columns"] = {"SAT1": "SAT_one"}
    refused(small, "'SAT_one'", "survey.columns.SAT1", "nearest headers")


def test_one_column_for_two_items(small):
    small.survey["columns"] = {"SAT1": "SAT2"}
    small.header[1] = "other"
    with pytest.raises((DataError, DataErrors)) as caught:
        small.admit()
    assert "SAT2" in str(caught.value)


def test_b04_out_of_range(small):
    small.put(3, "SAT2", "55").put(90, "SAT2", "0").put(91, "SAT2", "55")
    refused(small, "'SAT2'", "rows 3, 90, 91", "55 occurs 2 times; 0 occurs 1 time, outside 1-7 (3 in all)")


def test_b04_twin(small):
    assert small.put(3, "SAT2", "5").admit().answers["SAT2"].iloc[1] == 5


def test_b04_as_the_study_says(small):
    small.put(3, "SAT2", "55")
    small.survey["out_of_range"] = "refuse_row"
    survey = small.admit()
    assert (survey.refused, len(survey.answers)) == ({2: "out_of_range"}, 99)
    small.survey["out_of_range"] = "blank"
    survey = small.admit()
    assert survey.answers["SAT2"].isna().sum() == 1
    assert {"key": "note.blanked", "item": "SAT2", "cells": 1} in survey.notes


@pytest.mark.parametrize("cell", ["4.5", "-3", "1e308", "8", "٩"])
def test_numbers_that_are_no_answer(small, cell):
    refused(small.put(3, "SAT2", cell), "row 3:", "outside 1-7")


@pytest.mark.parametrize(
    ("cell", "kinds"),
    [
        ("۵", {"digits"}),
        ("٥", {"digits", "spelling"}),
        (" 5 ", {"spaces"}),
        ("5.0", {"decimal_zero"}),
        ("۵٫۰", {"digits", "decimal_zero"}),
        ("\u200f5\u00a0", {"spaces"}),
        ("05", {"marks"}),
    ],
)
def test_b05_five_is_five(small, cell, kinds):
    survey = small.put(3, "SAT2", cell).admit()
    assert survey.answers["SAT2"].iloc[1] == 5
    assert survey.repairs == {"SAT2": dict.fromkeys(sorted({"any", *kinds}), 1)}
    assert survey.quality()["repaired:SAT2"] == 1


@pytest.mark.parametrize(
    "cell",
    [
        "خیلی زیاد",
        "خيلي زياد",
        "خیلی  زیاد ",
        "خیلی‌زیاد",
        "VERY MUCH",
        "7 - Very much",
        "Very much (7)",
        "7 (Very much)",
        "7 very much",
        "۷. خیلی زیاد",
        "A7",
    ],
)
def test_b07_words_become_codes(small, cell):
    assert small.put(3, "SAT2", cell).admit().answers["SAT2"].iloc[1] == 7


@pytest.mark.parametrize(
    "cell", ["بسیار", "6 - Very much", "Very much (6)", "B7", "7 8", "yes", "1,5", "inf", "nan", "=5"]
)
def test_b07_words_nobody_knows(small, cell):
    refused(
        small.put(3, "SAT2", cell).put(8, "SAT2", cell), "'SAT2'", "rows 3, 8", f"'{cell}' occurs 2 times"
    )


def test_b07_synonyms(small):
    small.put(3, "SAT2", "بسيار  زياد")
    small.survey["synonyms"] = {"seven": {"بسیار زیاد": 7}}
    assert small.admit().answers["SAT2"].iloc[1] == 7
    small.survey["synonyms"] = {"seven": {"بسیار زیاد": 9}}
    refused(small, "survey.synonyms.seven", "9 is no answer", kind=StudyError, code=2)


def test_numbers_of_another_key_are_recoded_as_declared(small):
    """Yes = 1, no = 2 in the file; the scale says otherwise."""
    small.put(3, "SAT2", "9").put(4, "SAT2", "۱").put(5, "SAT2", "-1")
    small.survey["synonyms"] = {"seven": {"9": 1, "1": 7, "-1": 2}}
    assert small.admit().answers["SAT2"].iloc[1:4].tolist() == [1, 7, 2]


def test_a_header_that_was_cut_off(small, monkeypatch):
    long = "Whatever happens in the coming years, I mean to stay a customer of the bank."
    small.header[1] = long[:40]
    monkeypatch.setitem(TEXTS, "SAT1", (long, long))
    survey = small.admit()
    assert {"key": "note.matched_by_text_cut_off", "items": ["SAT1"]} in survey.notes


def test_what_looks_personal_is_never_shown(small):
    error = refused(small.put(3, "SAT2", "تماس ۰۹۱۲۳۴۵۶۷۸۹"), "row 3:", "not shown")
    assert "۰۹۱۲" not in str(error)
    assert "0912" not in str(error)


def test_b08_declared_and_undeclared_codes(small):
    for row in range(2, 39):
        small.put(row, "SAT2", "99")
    small.put(40, "SAT2", "-9").put(41, "SAT2", "NA").put(42, "SAT2", "").put(43, "SAT2", " ")
    small.survey["missing"] = ["-9", "NA"]
    refused(small, "'SAT2'", "99 occurs 37 times, outside 1-7")
    small.survey["missing"] = ["-9", "NA", "99"]
    assert small.admit().answers["SAT2"].isna().sum() == 41


def test_b08_a_mark_for_one_item_only(small):
    small.put(3, "SAT2", "99").put(3, "SAT1", "99")
    small.survey["missing_in"] = {"SAT2": ["99"]}
    refused(small, "'SAT1'", "99 occurs 1 time")


def test_b08_a_mark_that_is_also_an_answer_is_told(small):
    small.survey["missing"] = ["7"]
    notes = [note for note in small.admit().notes if note["key"] == "note.mark_is_an_answer"]
    assert {note["item"] for note in notes} == set(ITEMS)


def test_b10_a_respondent_twice(small, monkeypatch):
    monkeypatch.setenv("CRMLAB_KEY", "0123456789abcdef")
    small.put(60, "id", "۰۰۰۳ ")
    small.survey["respondent"] = "id"
    error = refused(small, "rows 4 and 60", "one respondent")
    assert "0003" not in str(error)
    assert "۰۰۰۳" not in str(error)
    assert " p" in str(error)
    small.survey["second_answer"] = "keep_first"
    assert small.admit().refused == {59: "second_answer_of_respondent"}


def test_b10_without_a_key_the_rows_still_tell(small, monkeypatch, tmp_path):
    monkeypatch.delenv("CRMLAB_KEY", raising=False)
    monkeypatch.setenv("CRMLAB_KEY_FILE", str(tmp_path / "none"))
    small.put(60, "id", "0003")
    small.survey["respondent"] = "id"
    refused(small, "rows 4 and 60")


def test_b11_leading_zeros_tell_people_apart(small):
    small.put(2, "id", "0012").put(3, "id", "12").put(13, "id", "x")
    small.survey["respondent"] = "id"
    assert len(small.admit().answers) == 100


def test_b13_an_item_nobody_answered(small):
    for row in small.rows:
        row[2] = ""
    refused(small, "item SAT2 has no answer in any of 100 kept rows", "survey.absent")


def test_b14_b16_constant_and_doubled_items_fail_a_check(small):
    for row in small.rows:
        row[1], row[5] = "4", row[4]
    failed = {check.name for check in small.admit().quality().failed}
    assert failed == {"check.variance:SAT1", "check.duplicate_items:LOY1~LOY2"}


def test_b14_b16_twin(small):
    assert small.admit().quality().ok


@pytest.mark.parametrize(
    "header", ["__class__", "index", "term", "record", "x" * 300, "a\nb", "", "=cmd|' /C calc'!A0"]
)
def test_b22_hostile_headers(small, header):
    small.header[0] = header
    survey = small.admit()
    assert tuple(survey.answers.columns) == ITEMS


def test_b22_a_hostile_header_that_must_be_named(small):
    small.header[1] = "x" * 300 + "\n</table>"
    error = refused(small, "no column for item SAT1")
    assert len(str(error)) < 1000


def test_copies_stop_the_run_unless_the_study_says_what_to_do(small):
    small.rows[50] = list(small.rows[20])
    small.survey.pop("duplicate_rows")
    refused(small, "52 repeats 22", "survey.duplicate_rows")
    small.survey["duplicate_rows"] = "refuse"
    assert small.admit().refused == {51: "exact_duplicate"}


def test_a_personal_column_that_is_not_there_is_told(small):
    small.survey["personal"] = ["phone"]
    refused(small, "'phone'", "survey.personal")


def test_an_item_cannot_be_personal(small):
    small.survey["personal"] = ["SAT1"]
    refused(small, "'SAT1'", "declared personal")


def test_a_column_of_names_taken_for_an_item_shows_none_of_them(small):
    for row in small.rows:
        row[0] = "Maryam Ahmadi"
    small.survey |= {"personal": ["id"], "columns": {"SAT1": "id"}}
    assert "Maryam" not in str(refused(small, "'id'", "declared personal"))


def test_no_row_left_says_where_they_went(small):
    small.survey["finished"] = {"column": "id", "values": ["done"]}
    with pytest.raises((DataError, DataErrors), match="no row is left: 100 incomplete"):
        small.admit()


def test_declarations_that_contradict_each_other(small):
    small.extra["exclude"] = {"attention": {"SAT1": 9}}
    refused(small, "exclude.attention", "9 is no answer to item 'SAT1'", kind=StudyError, code=2)


def test_fieldwork_that_ends_before_it_starts(small):
    small.survey["fieldwork"] = {"column": "id", "start": "1403/02/01", "end": "1403/01/01"}
    refused(small, "survey.fieldwork", "ends before it starts", kind=StudyError, code=2)


def test_dates_of_the_wrong_calendar(small):
    for place, row in enumerate(small.rows):
        row[0] = "1403/02/01" if place != 4 else "2023-05-01"
    small.put(9, "id", "1403/07/31").put(10, "id", "1402/12/30").put(11, "id", "0000-00-00")
    small.survey["fieldwork"] = {"column": "id", "start": "1403/01/01"}
    error = refused(small, "row 6: year 2023", "row 9: the calendar has no day 1403/07/31", kind=DataErrors)
    assert [fault.rows for fault in error.errors] == [(6,), (9,), (10,), (11,)]


def test_h07_pseudonyms_need_a_key(small, monkeypatch, tmp_path):
    monkeypatch.delenv("CRMLAB_KEY", raising=False)
    monkeypatch.setenv("CRMLAB_KEY_FILE", str(tmp_path / "nowhere/key"))
    small.survey["customer"] = "id"
    refused(small, "nowhere/key", "crmlab key", kind=PrivacyError, code=6)
    monkeypatch.setenv("CRMLAB_KEY", "0123456789abcdef")
    assert small.admit().customer.str.startswith("p").all()


def test_the_last_day_of_fieldwork_belongs_to_it(small):
    for place, row in enumerate(small.rows):
        row[0] = ("1403/01/31", "1403/02/01 00:00", "1403/03/31 23:59", "1403/04/01 00:00", "")[min(place, 4)]
    small.survey["fieldwork"] = {"column": "id", "start": "1403/02/01", "end": "1403/03/31"}
    survey = small.admit()
    assert survey.refused == {1: "test", 4: "test"}
    assert {"key": "note.no_date", "rows": 96} in survey.notes
