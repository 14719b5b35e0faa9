"""Ratings, goals, panel and canvas tables: every row counted, every fault told in one clear line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crmlab.data.canvas import admit_canvas
from crmlab.data.goals import admit_goals
from crmlab.data.office_panel import admit_office_panel
from crmlab.data.problems import DataErrors
from crmlab.data.ratings import admit_ratings
from crmlab.errors import DataError, PrivacyError, StudyError

RATING = {
    "unit": "A",
    "rater": "r1",
    "model": "gartner",
    "item_code": "GAR1a",
    "level": "3",
    "date": "1403/05/01",
    "evidence": "",
}
GOAL = {
    "goal_id": "g1",
    "model": "lic",
    "stage": "1",
    "kpi": "k",
    "direction": "up",
    "baseline": "0",
    "target": "10",
    "actual": "5",
    "due": "1403/05/01",
    "owner": "o",
    "parent_goal": "",
}


def csv(folder, rows, base, name="t.csv"):
    path = folder / name
    pd.DataFrame([{**base, **row} for row in rows]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def truth(shared):
    return json.loads((shared / "data/intake/truth.json").read_text(encoding="utf-8"))


def test_shared_ratings(shared, truth):
    said = truth["maturity_ratings.xlsx"]
    found = admit_ratings(shared / "data/intake/maturity_ratings.xlsx")
    assert found.flow["read"] == said["records_in"] == found.flow["kept"]
    assert found.flow["missing_levels"] == said["missing_ratings"]
    assert {unit: found.flow[f"raters:{unit}"] for unit in said["units"]} == said["raters"]
    means = found.frame.groupby(["unit", "item_code"])["level"].mean()
    for unit, items in said["item_means"].items():
        for item, value in items.items():
            assert means[unit, item] == pytest.approx(
                np.nan if value is None else value, abs=1e-12, nan_ok=True
            )
    assert found.refused == {}
    assert found.frame["date"].notna().all()


def test_shared_goals(shared, truth):
    said = truth["goals.csv"]
    path = shared / "data/intake/goals.csv"
    with pytest.raises(DataError, match=r"goals\.csv, column 'due', row 13: .*1403/07/31"):
        admit_goals(path)
    found = admit_goals(path, impossible_dates="keep")
    assert found.flow["kept"] == said["records_in"]
    assert [c.name for c in found.flow.failed] == [
        f"check.impossible_date:{g}" for g, _ in said["impossible_due_dates"]
    ]
    assert found.frame["due_stated"].all()
    assert int(found.frame["due"].isna().sum()) == 1


def test_shared_panel(shared, truth):
    said = truth["office_panel.csv"]
    found = admit_office_panel(shared / "data/intake/office_panel.csv")
    assert found.flow["kept"] == said["records_in"]
    assert [list(pair) for pair in found.absent] == said["missing_branch_quarters"]
    assert found.flow["blank_cells"] == said["blank_cells"]
    for name, mean in said["column_means"].items():
        assert found.flow[f"mean:{name}"] == pytest.approx(mean, rel=1e-12)
    assert found.unit_of_time == "quarter"
    assert found.frame["time"].nunique() == len(said["quarters"])


def test_persian_digits_blanks_and_empty_rows_are_counted(tmp_path):
    rows = [{"level": "۴"}, {"item_code": "GAR1b", "level": " "}, {"item_code": "gar 2A", "level": "5.0"}]
    rows += [dict.fromkeys(RATING, ""), {"item_code": "GAR2b", "level": "NA"}]
    found = admit_ratings(csv(tmp_path, rows, RATING), missing=["na"])
    assert found.frame["level"].tolist() == pytest.approx([4, np.nan, 5, np.nan], nan_ok=True)
    assert found.frame["item_code"].tolist() == ["GAR1a", "GAR1b", "GAR2a", "GAR2b"]
    assert found.refused == {4: "empty"}
    assert (found.flow["read"], found.flow["refused:empty"], found.flow["kept"]) == (5, 1, 4)
    assert found.flow["repaired:digits"] == 1
    assert found.flow["missing_levels"] == 2


def test_excel_and_csv_give_the_same(tmp_path):
    rows = [{"level": 2}, {"item_code": "GAR1b", "level": 4}, {"rater": "r2", "level": 5}]
    csv(tmp_path, rows, RATING)
    pd.DataFrame([{**RATING, **row} for row in rows]).to_excel(tmp_path / "t.xlsx", index=False)
    a, b = admit_ratings(tmp_path / "t.csv"), admit_ratings(tmp_path / "t.xlsx")
    pd.testing.assert_frame_equal(a.frame, b.frame)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"level": "6"}, r"t\.csv, column 'level', row 3: 6 occurs 1 time, outside the levels 1-5"),
        ({"level": "0"}, "outside the levels 1-5"),
        ({"level": "2.5"}, "2.5 occurs 1 time, outside"),
        ({"level": "high"}, r"row 3: 'high' is no number"),
        ({"item_code": "GAR1x"}, r"row 3: 'GAR1x' is no maturity item; near: GAR"),
        ({"model": "gartnr"}, r"'gartnr' is no maturity model; near: gartner"),
        ({"model": "lic"}, "item GAR1b belongs to model gartner, not to lic"),
        ({"rater": ""}, r"row 3: unit 'A' has 1 rating without a rater"),
        ({"unit": "B", "rater": ""}, "unit 'B' has no rater at all"),
        ({"unit": ""}, "1 blank cell, but"),
        ({"unit": "B", "level": ""}, "no rater gave a level to unit 'B'"),
        ({"date": "2024-01-01"}, "year 2024 in a Jalali column"),
        ({"date": "1403/07/31"}, "the calendar has no day 1403/07/31"),
        ({"item_code": "GAR1a"}, "1 rating of one item of one unit by one rater given again"),
    ],
)
def test_a_bad_rating_is_told_with_its_row(tmp_path, row, words):
    with pytest.raises(DataError, match=words):
        admit_ratings(csv(tmp_path, [{}, {"item_code": "GAR1b", **row}], RATING))


def test_all_faults_at_once_and_ways_out(tmp_path):
    rows = [{}, {"level": "9"}, {"item_code": "XXX"}]
    path = csv(tmp_path, rows, RATING)
    with pytest.raises(DataErrors) as caught:
        admit_ratings(path)
    assert len(caught.value.errors) == 3
    path = csv(tmp_path, [{}, {"level": "9", "rater": "r2"}, {"level": "5"}], RATING)
    found = admit_ratings(path, out_of_range="refuse_row", repeated="last")
    assert found.refused == {1: "superseded", 2: "out_of_range"}
    assert found.frame["level"].tolist() == [5]
    with pytest.raises(DataError, match="no rater gave a level to unit 'C'"):
        admit_ratings(path, out_of_range="refuse_row", repeated="last", units=["A", "C"])
    with pytest.raises(StudyError, match="'drop' is none of error, refuse_row"):
        admit_ratings(path, out_of_range="drop")
    with pytest.raises(PrivacyError, match="look like personal data"):
        admit_ratings(csv(tmp_path, [{"rater": "09123456789"}], RATING))
    with pytest.raises(DataError, match=r"level"):
        admit_ratings(csv(tmp_path, [{}], {k: v for k, v in RATING.items() if k != "level"}))
    with pytest.raises(DataError, match=r"no such file \(key ratings\.file\)"):
        admit_ratings(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"due": ""}, "1 goal without a date: g2"),
        ({"goal_id": "g1"}, r"one id for two goals: g1 \(first in row 2\)"),
        ({"goal_id": ""}, "1 blank cell, but"),
        ({"baseline": "ten"}, "'ten' is no number"),
        ({"direction": "sideways"}, "is no direction"),
        ({"model": "garter"}, "'garter' is no model of goals; near: gartner"),
        ({"due": "tomorrow"}, "is not a date"),
    ],
)
def test_a_bad_goal_is_told(tmp_path, row, words):
    with pytest.raises(DataError, match=words):
        admit_goals(csv(tmp_path, [{}, {"goal_id": "g2", **row}], GOAL))


def test_a_goal_without_a_date_may_be_kept_and_said(tmp_path):
    found = admit_goals(csv(tmp_path, [{}, {"goal_id": "g2", "due": ""}], GOAL), without_date="keep")
    assert [c.name for c in found.flow.failed] == ["check.without_date:g2"]
    assert found.frame["due_stated"].tolist() == [True, False]


PANEL = {"unit": "B01", "period": "1402Q1", "mo_budget": "5", "fo_service": "70"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "1 row for a unit and period that has one already"),
        ({"period": "spring"}, "'spring' is no period"),
        ({"period": "1402/13"}, "is no period"),
        ({"period": "1402/01"}, "periods of 2 kinds"),
        ({"period": "1402Q2", "mo_budget": "many"}, "'many' is no number"),
        ({"period": "", "unit": "B02"}, "1 blank cell, but"),
    ],
)
def test_a_bad_panel_row_is_told(tmp_path, row, words):
    with pytest.raises(DataError, match=words):
        admit_office_panel(csv(tmp_path, [{}, row], PANEL))


def test_periods_rise_by_one_across_years(tmp_path):
    rows = [{"period": p} for p in ("1402Q4", "1403Q1", "1403Q2")]
    assert admit_office_panel(csv(tmp_path, rows, PANEL)).frame["time"].diff().tolist()[1:] == [1, 1]
    rows = [{"period": p} for p in ("1402/12", "1403/01")]
    assert admit_office_panel(csv(tmp_path, rows, PANEL)).frame["time"].diff().tolist()[1:] == [1]
    with pytest.raises(DataError, match="holds none of the figures"):
        admit_office_panel(csv(tmp_path, rows, {"unit": "a", "period": "1", "x": "1"}))


BLOCK = {
    "block": "revenue",
    "crm_effect_rating": "4",
    "kpi": "a",
    "baseline": "0",
    "target": "2",
    "value": "1",
}


def test_canvas_names_and_faults(tmp_path):
    rows = [{}, {"block": "Customer Segments", "kpi": ""}, {"block": "COST STRUCTURE"}]
    found = admit_canvas(csv(tmp_path, rows, BLOCK))
    assert found.frame["block"].tolist() == ["revenue", "segments", "costs"]
    assert found.flow["figures:segments"] == 0
    for row, words in (
        ({"block": "chanels"}, "'chanels' is no canvas block; near: channels"),
        ({"crm_effect_rating": "7", "kpi": "b"}, "7 is outside 1-5"),
        ({"crm_effect_rating": "2", "kpi": "b"}, "bears different ratings"),
        ({}, "has figure 'a' twice"),
    ):
        with pytest.raises(DataError, match=words):
            admit_canvas(csv(tmp_path, [{}, row], BLOCK))
