"""Findings in words: both languages, both scripts, nothing of the document taken for markup."""

import re

import pytest
from docx import Document
from thesis_file import persian, thesis

from crmlab.cli import DISAGREES, main
from crmlab.examiner import examine, told
from crmlab.present.language import Language

BAD = {
    "ave_tru": "0.595",
    "cochran": "348",
    "kmo_text": "0.856",
    "said2": "تأیید",
    "women_share": "53.6",
    "t1": "14.2",
}


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_command_lists_what_it_found(tmp_path, capsys, language):
    path = thesis(tmp_path / "thesis.docx", **BAD)
    page = tmp_path / "findings.html"
    assert main(["audit", str(path), "--lang", language, "-o", str(page)]) == DISAGREES
    said = capsys.readouterr().out
    assert (persian("348") if language == "fa" else "348") in said
    assert persian("0.595") in said
    assert "{" not in said
    assert ("۳۸۵" if language == "fa" else "385") in said
    assert f'dir="{"rtl" if language == "fa" else "ltr"}"' in page.read_text("utf-8")


def test_a_document_without_faults_ends_with_zero(tmp_path, capsys):
    assert main(["audit", str(thesis(tmp_path / "thesis.docx"))]) == 0
    assert "No disagreement was found" in capsys.readouterr().out


def test_a_missing_file_is_one_clear_line(tmp_path, capsys):
    assert main(["audit", str(tmp_path / "none.docx")]) == 3
    assert re.fullmatch(r"crmlab: .*no such file\n  Try: .*\n", capsys.readouterr().err)


def test_a_page_of_another_kind_is_refused_before_it_is_written(tmp_path, capsys):
    path = thesis(tmp_path / "thesis.docx")
    assert main(["audit", str(path), "-o", str(tmp_path / "findings.xlsx")]) == 2
    assert "ends with .html or .txt" in capsys.readouterr().err
    assert not (tmp_path / "findings.xlsx").exists()


def test_markup_in_a_document_is_text_in_the_page(tmp_path):
    document = Document()
    document.add_paragraph("Table 1: <img src=x onerror=alert(1)> {x}")
    table = document.add_table(2, 3)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells],
        ["path", "t", "p", "<b>A</b>", "2.50", "0.300"],
        strict=True,
    ):
        cell.text = text
    document.save(tmp_path / "markup.docx")
    found = examine(tmp_path / "markup.docx")
    assert [finding.rule for finding in found.findings] == ["p_from_t"]
    page = found._repr_html_()
    assert "<img" not in page
    assert "<b>A" not in page
    assert "{x}" in page


def test_every_finding_of_a_bad_thesis_can_be_told(tmp_path):
    found = examine(
        thesis(tmp_path / "thesis.docx", **BAD, gof="0.565", ratio="2.5", bartlett_df="68", grim="3.47")
    )
    assert len(found.findings) > 8
    for language in map(Language.load, ("fa", "en")):
        for finding in found.findings:
            said = told.sentence(finding, language)
            assert "{" not in said
            assert language.digits(finding.printed) in said
