"""Five messy exports, admitted exactly as their truth was counted."""

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab.data.flags import straight_lines
from crmlab.data.read import declare, read_table
from crmlab.data.survey import Survey, admit, check
from crmlab.study import load_study

INTAKE = Path(__file__).parents[1] / "reference/intake"
TRUTH = json.loads((INTAKE / "truth.json").read_text(encoding="utf-8"))
EXPORTS = tuple(TRUTH)
PERSONAL = ("09000000000", "۰۹۰۰", "example.invalid", "203.0.113", "198.51.100", "0060837", "tkwjpz10hed9heg")


@pytest.fixture(scope="module")
def admitted():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMLAB_KEY", "a key for tests only")
        return {name: admit(load_study(INTAKE / name)) for name in EXPORTS}


def careful(survey):
    return survey.scored[~(survey.flags["straight_line"] | survey.flags["attention"])]


@pytest.mark.parametrize("name", EXPORTS)
def test_rows_by_status(admitted, name):
    survey = admitted[name]
    assert survey.read == TRUTH[name]["records_in"]
    assert {"kept": len(survey.answers), **Counter(survey.refused.values())} == TRUTH[name]["rows_by_status"]


@pytest.mark.parametrize("name", EXPORTS)
def test_refused_records(admitted, name):
    found = {}
    for record, reason in admitted[name].refused.items():
        found.setdefault(reason, []).append(record)
    assert found == TRUTH[name]["refused_records"]
    assert set(admitted[name].records) | set(admitted[name].refused) == set(range(1, admitted[name].read + 1))


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize(
    ("flag", "key"),
    [
        ("straight_line", "straight_liners"),
        ("attention", "failed_attention"),
        ("fast", "speeders_under_120_s"),
    ],
)
def test_flags(admitted, name, flag, key):
    flags = admitted[name].flags
    assert flags.index[flags[flag]].tolist() == TRUTH[name].get(key, {"records": []})["records"]


@pytest.mark.parametrize("name", EXPORTS)
def test_missing_and_categories(admitted, name):
    answers = admitted[name].answers
    missing = TRUTH[name]["missing_by_item"]
    assert {item: int(answers[item].isna().sum()) for item in missing} == missing
    for item, counts in TRUTH[name]["category_counts"].items():
        assert {str(int(code)): int(n) for code, n in answers[item].value_counts().items()} == counts


@pytest.mark.parametrize("name", EXPORTS)
def test_means(admitted, name):
    survey = admitted[name]
    frames = {
        "mean_as_answered": survey.answers,
        "mean_scored_kept": survey.scored,
        "mean_scored_careful": careful(survey),
    }
    for key, frame in frames.items():
        assert frame[list(TRUTH[name][key])].mean().to_dict() == pytest.approx(TRUTH[name][key], abs=1e-9)
    assert len(careful(survey)) == TRUTH[name]["rows_after_careless"]


@pytest.mark.parametrize("name", EXPORTS)
def test_repairs(admitted, name):
    headers = TRUTH[name].get("headers", {})
    item_of = {head["header"] if isinstance(head, dict) else head: item for item, head in headers.items()}
    want = {item_of.get(head, head): kinds for head, kinds in TRUTH[name].get("cells_repaired", {}).items()}
    ids = {
        note["column"]: note["cells"] for note in admitted[name].notes if note["key"] == "note.ids_repaired"
    }
    for column in TRUTH[name]["personal_columns"]:
        if column in want:
            assert want.pop(column)["any"] == ids[column]
    assert admitted[name].repairs == want


def test_bad_cells_blanked_in_place_of_refused_rows(tmp_path):
    words = (INTAKE / "codes/study.yml").read_text(encoding="utf-8")
    words = words.replace("out_of_range: refuse_row", "out_of_range: blank").replace(
        "  customer: customer_id\n", ""
    )
    (tmp_path / "study.yml").write_text(words, encoding="utf-8")
    (tmp_path / "raw").symlink_to(INTAKE / "codes/raw")
    survey = admit(load_study(tmp_path))
    truth = TRUTH["codes"]["mean_scored_if_bad_cells_blanked"]
    assert survey.scored[list(truth)].mean().to_dict() == pytest.approx(truth, abs=1e-9)
    assert len(survey.answers) == 900


def test_99_is_a_share_of_wallet(admitted):
    records = TRUTH["codes"]["sow_99_is_a_real_answer_records"]
    assert (admitted["codes"].answers.loc[records, "SOW"] == 99).all()


def test_customers_are_pseudonyms_or_nobody(admitted):
    customer = admitted["codes"].customer
    assert customer.index[customer.isna()].tolist() == TRUTH["codes"]["missing_id_records"]
    assert customer.dropna().is_unique
    assert customer.dropna().str.fullmatch("p[0-9a-f]{20}").all()


@pytest.mark.parametrize("name", EXPORTS)
def test_flow_adds_up(admitted, name):
    survey, flow = admitted[name], admitted[name].flow()
    rows = flow.tidy.set_index("term")["estimate"]
    refused = rows[rows.index.str.startswith("refused:")].sum()
    excluded = rows[rows.index.str.startswith("excluded:")].sum()
    assert rows["read"] == refused + rows["kept"]
    assert rows["kept"] == excluded + rows["analysed"] + 0
    assert rows["analysed"] == len(survey.analysed)
    assert flow.ok
    assert "<table>" in survey._repr_html_()
    assert str(survey.read) in survey.summary()


@pytest.mark.parametrize("name", EXPORTS)
def test_quality_counts_what_the_survey_holds(admitted, name):
    survey, quality = admitted[name], admitted[name].quality()
    assert quality.select("missing")["estimate"].to_dict() == survey.answers.isna().sum().to_dict()
    assert quality.ok


@pytest.mark.parametrize("name", EXPORTS)
def test_saved_and_loaded_without_loss_and_byte_for_byte(admitted, name, tmp_path):
    survey = admitted[name]
    survey.save(tmp_path / "a")
    again = Survey.load(tmp_path / "a")
    again.save(tmp_path / "b")
    for file in ("survey/answers.parquet", "survey/facts.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert again.scored.equals(survey.scored)
    assert again.analysed.equals(survey.analysed)
    assert again.flow().equals(survey.flow())
    assert again.quality().equals(survey.quality())


@pytest.mark.parametrize("name", EXPORTS)
def test_h04_nothing_personal_leaves(admitted, name, tmp_path):
    import pyarrow.parquet

    admitted[name].save(tmp_path)
    table = pyarrow.parquet.ParquetFile(tmp_path / "survey/answers.parquet").read()
    texts = [(tmp_path / "survey/facts.json").read_text(encoding="utf-8"), str(table.to_pydict())]
    texts += [repr(admitted[name]), admitted[name].summary(), admitted[name]._repr_html_()]
    for text in texts:
        assert not [word for word in PERSONAL if word in text]
        assert "OPEN1" not in table.column_names


def test_row_order_is_no_information(admitted, tmp_path):
    """Shuffled rows give the same people the same answers, as long as no rule asks who came first."""
    lines = (INTAKE / "codes/raw/survey_codes.csv").read_bytes().split(b"\r\n")
    body = [line for line in lines[1:] if line]
    order = np.random.default_rng(3).permutation(len(body))
    (tmp_path / "raw").mkdir()
    shuffled = b"\r\n".join([lines[0], *(body[place] for place in order)]) + b"\r\n"
    (tmp_path / "raw/survey_codes.csv").write_bytes(shuffled)
    words = (INTAKE / "codes/study.yml").read_text(encoding="utf-8").replace("  customer: customer_id\n", "")
    (tmp_path / "study.yml").write_text(words.replace("duplicate_rows: refuse", "duplicate_rows: keep"))
    survey = check(load_study(tmp_path))
    assert len(survey.answers) == 895  # the two copies are second answers of the same customers now
    origin = {place + 1: int(order[place]) + 1 for place in range(len(body))}
    common = [record for record in survey.records if origin[record] in admitted["codes"].answers.index]
    assert len(common) > 880
    left = survey.answers.loc[common].to_numpy()
    right = admitted["codes"].answers.loc[[origin[record] for record in common]].to_numpy()
    np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("form", ["utf-16.csv", "utf-8-sig.csv", "parquet"])
def test_the_format_is_no_information(admitted, tmp_path, form):
    """The Persian form, saved again as something else, is the same survey."""
    table = read_table(INTAKE / "forms/raw/forms_fa.xlsx", declare("forms_fa.xlsx"))
    cells = [[_written(cell) for cell in column] for column in table.columns]
    (tmp_path / "raw").mkdir()
    file = tmp_path / "raw" / form
    if form == "parquet":
        file = file.with_name("again.parquet")
        pd.DataFrame(dict(zip(table.headers[0], cells, strict=True))).to_parquet(file)
    else:
        with open(file, "w", encoding=form.removesuffix(".csv"), newline="") as handle:
            csv.writer(handle).writerows([table.headers[0], *zip(*cells, strict=True)])
    words = (INTAKE / "forms/study.yml").read_text(encoding="utf-8")
    (tmp_path / "study.yml").write_text(words.replace("forms_fa.xlsx", file.name), encoding="utf-8")
    survey = admit(load_study(tmp_path))
    assert survey.answers.equals(admitted["forms"].answers)
    assert survey.refused == admitted["forms"].refused
    assert survey.repairs == admitted["forms"].repairs


def _written(cell):
    return f"{cell:g}" if isinstance(cell, float) else cell or ""


def test_straight_lines_at_the_edge():
    """Of 52 items at least 40 answered: 39 of them are not enough."""
    answers = np.full((4, 52), np.nan)
    answers[0, :40], answers[1, :39], answers[2, :], answers[3, :51] = 4, 4, 4, 4
    answers[3, 51] = 5
    assert straight_lines(answers, 0.75).tolist() == [True, False, True, False]
    assert straight_lines(answers[:, :40], 1.0).tolist() == [True, False, True, True]
    assert straight_lines(np.empty((3, 0)), 0.75).tolist() == [False] * 3
    assert straight_lines(np.full((2, 8), 4.0), 0.75).tolist() == [True, True]
    assert straight_lines(np.full((2, 7), 4.0), 0.75).tolist() == [False, False], (
        "one answer to a few may be honest"
    )
