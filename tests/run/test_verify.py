"""A report is compared with what comes out when the study is computed again."""

import shutil
from pathlib import Path

import pytest
from docx import Document as WordDocument
from test_run import go, project  # noqa: F401

from crmlab.cli import DISAGREES, main
from crmlab.errors import DataError, StudyError
from crmlab.present.blocks import Fact, Paragraph, Table
from crmlab.present.language import Language
from crmlab.report.model import Chapter, Document
from crmlab.report.write import write as write_report
from crmlab.run.pdf_blocks import pdf_pages
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
        document = WordDocument()
        document.add_paragraph("یافته‌ها")
        table = document.add_table(1, 2)
        table.rows[0].cells[0].text, table.rows[0].cells[1].text = "مسیر", value
        document.save(tmp_path / name)
    found = compare(tmp_path / "report.fa.docx", tmp_path / "fresh.fa.docx")
    assert [(one.printed, one.recomputed) for one in found.differences] == [("۰٫۶۲", "۰٫۵۲")]


def documents(tmp_path):
    """A small report written as it is and with one number and one sentence changed."""
    for name, value, more in (
        ("fresh", 0.5214, ()),
        ("changed", 0.6214, (Paragraph(("Nobody wrote this.",)),)),
    ):
        fact = Fact("05_structure_mediation/paths/path:RQ~CRM/estimate", value, digits=3)
        other = Fact("04_measurement/reliability/alpha:FOC/estimate", 0.843, digits=3)
        table = Table(
            "t", ("Numbers",), (("what",), ("value",)), ((("path",), (fact,)), (("alpha",), (other,)))
        )
        said = Paragraph(("The path is ", fact, " and alpha is ", other, "."))
        chapter = Chapter("chapter-x", "1", "chapter", "Findings", (said, *more, table))
        document = Document("test", Language.load("en"), "T", "O", "", "c0de", (chapter,))
        write_report(document, tmp_path / name)
    return tmp_path / "changed", tmp_path / "fresh"


def test_a_changed_number_is_named_in_all_three_formats(tmp_path):
    changed, fresh = documents(tmp_path)
    address = "05_structure_mediation/paths/path:RQ~CRM/estimate"
    for kind in ("html", "docx", "pdf"):
        found = compare(changed / f"report.en.{kind}", fresh / f"report.en.{kind}")
        told = [(one.printed, one.recomputed) for one in found.differences]
        assert len(told) == 3, kind
        assert all("0.621" in old and "0.521" in new for old, new in (told[0], told[2])), kind
        assert ("Nobody wrote this.", "") in told, kind
        assert {one.facts for one in found.differences} == {(address,), ()}, kind
        assert 0.2 < found.common < 1
        told_in_words = str(found)
        assert "3 differ" in told_in_words
        assert ("page 4: printed:" in told_in_words) == (kind == "pdf")
        same = compare(fresh / f"report.en.{kind}", fresh / f"report.en.{kind}")
        assert same.identical


def test_the_words_of_a_pdf_are_those_of_its_page(tmp_path):
    _, fresh = documents(tmp_path)
    words = [word for page in pdf_pages(fresh / "report.en.pdf") for word in page]
    assert " ".join(words).count("The path is 0.521 and alpha is 0.843.") == 1
    assert words[-4:] == ["path", "0.521", "alpha", "0.843"]


@pytest.mark.parametrize("kind", ["html", "docx", "pdf"])
def test_a_foreign_or_broken_file_is_said_in_one_line(tmp_path, kind):
    _, fresh = documents(tmp_path)
    whole = (fresh / f"report.en.{kind}").read_bytes()
    cut = tmp_path / f"cut.en.{kind}"
    cut.write_bytes(whole[: len(whole) // 2])
    garbage = tmp_path / f"garbage.en.{kind}"
    garbage.write_bytes(b"\x00\xff not a report")
    for file in (cut, garbage):
        if kind == "html":
            found = compare(file, fresh / "report.en.html")
            assert found.differences
            assert file is cut or "of another study" in str(found)
            assert file is cut or len(str(found).splitlines()) < 15
        else:
            with pytest.raises(DataError, match=r"is not a|cannot be read") as error:
                compare(file, fresh / f"report.en.{kind}")
            assert len(str(error.value).splitlines()) <= 2


def test_many_differences_are_counted_not_listed_for_ever(tmp_path):
    lines = [f"<p>line {k}</p>" for k in range(2000)]
    fresh = write(tmp_path / "fresh.en.html", "".join(lines))
    report = write(tmp_path / "report.en.html", "".join(lines[:1000]) + "<p>x</p>" * 1000)
    told = str(compare(report, fresh))
    assert "1000 differ" in told
    assert "... and 800 more" in told
    assert len(told.splitlines()) < 500


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
