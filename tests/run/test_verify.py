"""A report is compared with what comes out when the study is computed again."""

import shutil
from pathlib import Path

import pytest
from docx import Document
from test_run import go, project  # noqa: F401

from crmlab.cli import DISAGREES, main
from crmlab.errors import DataError, StudyError
from crmlab.run.verify import compare, verify
from crmlab.study import load_study

PAGE = """<html lang="en"><head><style>p {{ margin: 0 }}</style></head><body><h1>Findings</h1>
<p>The path is <data value="{path}" title="05_structure_mediation/paths/path:RQ~CRM/estimate">{shown}</data>.</p>
<table><tr><td>alpha</td><td><data value="0.84" title="04_measurement/reliability/alpha:FOC/estimate">0.84</data></td></tr></table>
</body></html>"""


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_changed_fact_is_named_with_its_address(tmp_path):
    fresh = write(tmp_path / "fresh.en.html", PAGE.format(path="0.5214", shown="0.521"))
    report = write(tmp_path / "report.en.html", PAGE.format(path="0.6214", shown="0.621"))
    found = compare(report, fresh)
    assert (found.blocks, found.facts) == (4, 2)
    (one,) = found.differences
    assert one.facts == ("05_structure_mediation/paths/path:RQ~CRM/estimate",)
    assert (one.printed, one.recomputed) == ("The path is 0.621.", "The path is 0.521.")
    assert "margin" not in str(found)


def test_a_changed_word_and_a_dropped_sentence_are_differences(tmp_path):
    fresh = write(
        tmp_path / "fresh.en.html", PAGE.format(path="0.5214", shown="0.521") + "<p>Not supported.</p>"
    )
    report = write(
        tmp_path / "report.en.html", PAGE.format(path="0.5214", shown="0.521").replace("Findings", "Proofs")
    )
    printed = [(one.printed, one.recomputed) for one in compare(report, fresh).differences]
    assert printed == [("Proofs", "Findings"), ("", "Not supported.")]


def test_a_number_changed_in_word_is_found_in_its_cell(tmp_path):
    for name, value in (("report.fa.docx", "۰٫۶۲"), ("fresh.fa.docx", "۰٫۵۲")):
        document = Document()
        document.add_paragraph("یافته‌ها")
        table = document.add_table(1, 2)
        table.rows[0].cells[0].text, table.rows[0].cells[1].text = "مسیر", value
        document.save(tmp_path / name)
    found = compare(tmp_path / "report.fa.docx", tmp_path / "fresh.fa.docx")
    assert [(one.printed, one.recomputed) for one in found.differences] == [("۰٫۶۲", "۰٫۵۲")]


def test_a_pdf_is_compared_whole(tmp_path):
    (tmp_path / "a.en.pdf").write_bytes(b"%PDF 1")
    (tmp_path / "b.en.pdf").write_bytes(b"%PDF 1")
    assert compare(tmp_path / "a.en.pdf", tmp_path / "b.en.pdf").identical
    (tmp_path / "b.en.pdf").write_bytes(b"%PDF 2")
    with pytest.raises(StudyError, match=r"verify the \.html or \.docx"):
        compare(tmp_path / "a.en.pdf", tmp_path / "b.en.pdf")


def test_the_study_is_run_anew_and_its_saved_results_stay(project, capsys):  # noqa: F811
    go()
    report = Path("reports/tiny/report.en.html")
    before = {path: path.read_bytes() for path in Path("reports").rglob("*") if path.is_file()}
    assert main(["verify", str(report), "--study", "tiny"]) == 0
    assert "identical" in capsys.readouterr().out
    changed = shutil.copy(report, "copy.en.html")
    write(Path(changed), "<p>fr</p>")
    assert main(["verify", changed, "--study", "tiny"]) == DISAGREES
    assert "printed:    fr" in capsys.readouterr().out
    assert before == {path: path.read_bytes() for path in Path("reports").rglob("*") if path.is_file()}


def test_what_cannot_be_verified_says_so(project, tmp_path):  # noqa: F811
    study = load_study("tiny")
    with pytest.raises(DataError, match="no such file"):
        verify("none.html", study)
    with pytest.raises(DataError, match="is not a report"):
        verify(write(tmp_path / "a.txt", "x"), study)
    with pytest.raises(StudyError, match="add --lang"):
        verify(write(tmp_path / "thesis.html", "x"), study)
