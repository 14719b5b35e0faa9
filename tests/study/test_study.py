"""A study file refuses surprises: each fault is one line with file, line and key; its harmless twin is read."""

import time
from pathlib import Path

import pytest

from crmlab.errors import StudyError
from crmlab.study import load_study
from crmlab.study.instrument import bundled

SMALL = """\
name: tiny
title: {fa: عنوان, en: Title}
organisation: {fa: ما, en: we}
survey: {file: raw/x.csv}
instrument:
  base: none
  scales: {r: {points: [1, 7]}}
  items:
    A1: {scale: r, text: {fa: الف, en: a}}
    A2: {scale: r, text: {fa: ب, en: b}}
    B1: {scale: r, text: {fa: پ, en: c}, reverse: true}
constructs:
  A: {label: {fa: سازهٔ الف, en: First}, items: [A1, A2]}
  B: {label: {fa: سازهٔ ب, en: Second}, items: [B1]}
paths: ["B ~ A"]
"""


def study(tmp_path, *swaps, text=SMALL):
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "study.yml"
    path.write_text(text, encoding="utf-8")
    return load_study(path)


def test_the_harmless_twin(tmp_path):
    read = study(tmp_path)
    assert read.paths == (("A", "B"),)
    assert read.blocks == {"A": ["A1", "A2"], "B": ["B1"]}
    assert read.label("A", "fa") == "سازهٔ الف"
    assert read.items["B1"].reverse
    assert read.scales["r"].values == (1, 2, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    ("swap", "told"),
    [
        (("name: tiny", "name: tiny\nsed: 3"), r"line 2, key 'sed': unknown key \(did you mean 'seed'"),
        (("name: tiny", "name: tiny\nlanguages: no"), r"line 2, key 'languages'"),
        (("name: tiny", "name: tiny\nseed: 012"), r"line 2, key 'seed': .*integer"),
        (("name: tiny", "name: tiny\nname: other"), r"key 'name': given twice, on lines 1 and 2"),
        (("name: tiny", "name: tiny\ntitle2:\n\t- x"), r"line \d: a tab"),
        (("name: tiny", "name: ../../x"), r"line 1, key 'name'"),
        (("name: tiny", "name: con"), r"cannot be a folder's name"),
        (("name: tiny", "name: a{0}"), r"key 'name'"),
        (("name: tiny", "name: '{x.__class__}'"), r"key 'name'"),
        (("raw/x.csv", "../../etc/passwd"), r"must be a path below the study's folder"),
        (("raw/x.csv", "/etc/passwd"), r"must be a path below the study's folder"),
        (("raw/x.csv", "C:/x.csv"), r"must be a path below the study's folder"),
        (("  B: {label", "  import: {label"), r"'import' is a word of Python"),
        (("  B: {label", "  os.system('x'): {label"), r"is not a name"),
        (('"B ~ A"', '"B ~ A; drop"'), r"not of the form 'outcome ~ predictor"),
        (('"B ~ A"', '"B ~ C"'), r"unknown construct 'C'"),
        (('"B ~ A"', '"B ~ A", "A ~ B"'), r"run in a circle: A -> B -> A|run in a circle: B -> A -> B"),
        (('"B ~ A"', '"B ~ A", "B ~ A"'), r"stands twice"),
        (("items: [B1]", "items: [A2]"), r"item 'A2' stands in two constructs, 'A' and 'B'"),
        (("items: [B1]", "items: [B11]"), r"unknown item 'B11' \(did you mean 'B1'\?\)"),
        (("items: [B1]", "items: [B1], dimensions: [A]"), r"either items or dimensions"),
        (("points: [1, 7]", "points: [7, 1]"), r"must be smaller"),
        (("scale: r, text: {fa: الف", "scale: rr, text: {fa: الف"), r"unknown scale 'rr'"),
        (
            ("survey: {file", "survey: {missing_in: {Z9: [x]}, file"),
            r"survey.missing_in names an unknown item 'Z9'",
        ),
        (('paths: ["B ~ A"]', 'paths: ["B ~ A"]\nhypotheses: [H99]'), r"unknown hypothesis 'H99'"),
        (('paths: ["B ~ A"]', 'paths: ["B ~ A"]\nhypotheses: [H1]'), r"names an unknown construct 'CRM'"),
        (
            (
                'paths: ["B ~ A"]',
                'paths: ["B ~ A"]\nhypotheses: [{id: X, source: B, target: A, statement: {fa: x, en: x}}]',
            ),
            r"'X' needs the path 'A ~ B'",
        ),
    ],
)
def test_a_fault_is_one_line(tmp_path, swap, told):
    with pytest.raises(StudyError, match=told) as caught:
        study(tmp_path, swap)
    assert "study.yml" in str(caught.value)
    assert caught.value.exit_code == 2


def test_every_problem_is_told_at_once(tmp_path):
    with pytest.raises(StudyError) as caught:
        study(tmp_path, ("name: tiny", "name: tiny\nsed: 3\nseed: x"), ("raw/x.csv", "../x.csv"))
    assert [key in str(caught.value) for key in ("'sed'", "'seed'", "'survey.file'")] == [True] * 3


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path):
    bomb = 'a: &a ["x","x"]\n' + "".join(
        f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    start = time.perf_counter()
    with pytest.raises(StudyError, match="aliases"):
        study(tmp_path, text=bomb)
    assert time.perf_counter() - start < 1


def test_deep_nesting_and_a_huge_file_are_told(tmp_path):
    with pytest.raises(StudyError):
        study(tmp_path, text="a: " + "[" * 5000)
    with pytest.raises(StudyError, match="too large"):
        study(tmp_path, text="a: b\n" * 300_000)


def test_no_such_study_names_those_there_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/known").mkdir(parents=True)
    Path("data/known/study.yml").write_text("name: known")
    with pytest.raises(StudyError, match="known"):
        load_study("unknown")


@pytest.mark.parametrize("name", ["demo", "mobi"])
def test_the_studies_that_ship_are_admissible(name):
    read = load_study(Path(__file__).parents[2] / "data" / name)
    assert read.name == name
    assert read.hypotheses


def test_the_bundled_instrument_is_whole():
    instrument = bundled()
    assert len([i for i in instrument.items.values() if i.construct in ("CRM", "RQ", "CLV")]) == 52
    assert {code for code, item in instrument.items.items() if item.reverse} == {"ORG3", "LOY4", "CES"}
    for code, item in instrument.items.items():
        assert item.scale in instrument.scales, code
        assert all("{org}" not in item.worded(language, "X") for language in ("en", "fa"))
    assert instrument.with_agreement("agree7").scale_of("ATT1").points == 7
    assert instrument.scales["cat_gender"].values == (1, 2, 9)


def test_every_key_is_explained():
    from crmlab.study import spec

    page = (Path(__file__).parents[2] / "docs" / "study-file.md").read_text(encoding="utf-8")
    models = [
        value for value in vars(spec).values() if isinstance(value, type) and issubclass(value, spec.Strict)
    ]
    keys = {key for model in models for key in model.model_fields}
    assert len(keys) > 50
    assert [key for key in sorted(keys) if key not in page] == []


def test_constructs_without_a_path_are_measured_all_the_same(tmp_path):
    third = '  C: {label: {fa: پ, en: Third}, items: [B2]}\npaths: ["B ~ A"]'
    item = "reverse: true}\n    B2: {scale: r, text: {fa: ت, en: d}}"
    read = study(tmp_path, ('paths: ["B ~ A"]', third), ("reverse: true}", item))
    assert list(read.model["constructs"]) == ["A", "B"]
    assert list(read.measured["constructs"]) == ["A", "B", "C"]
    assert read.measured["paths"] == (("A", "B"), ("A", "C"), ("B", "C"))
    assert study(tmp_path).measured == study(tmp_path).model


def test_a_lone_second_order_construct_stands_aside_for_its_dimensions(tmp_path):
    read = study(
        tmp_path, ('paths: ["B ~ A"]', "  G: {label: {fa: کل, en: General}, dimensions: [A, B]}\npaths: []")
    )
    assert read.measured["paths"] == (("A", "B"),)
    assert read.measured["higher_order"] == {}
