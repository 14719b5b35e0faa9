"""The questionnaire on paper."""

import zipfile

from lxml import etree
from pypdf import PdfReader

from crmlab.report.questionnaire import form, write_questionnaire
from crmlab.study.instrument import bundled

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def test_every_item_is_asked_once_in_both_languages(crm, tmp_path):
    study, _ = crm
    instrument = study.instrument
    paths = write_questionnaire(study, tmp_path)
    assert sorted(path.name for path in paths) == [
        "questionnaire.en.docx", "questionnaire.en.pdf", "questionnaire.fa.docx", "questionnaire.fa.pdf",
    ]  # fmt: skip
    for language in ("fa", "en"):
        made = form(instrument, language, "X")
        assert sum(len(part.rows) for part in made.parts) == len(instrument.items)
        root = etree.fromstring(
            zipfile.ZipFile(tmp_path / f"questionnaire.{language}.docx").read("word/document.xml")
        )
        text = "".join(node.text or "" for node in root.iter(f"{W}t"))
        organisation = {"fa": "هتل", "en": "the hotel"}[language]
        for item in instrument.items.values():
            assert item.worded(language, organisation) in text
        bidi = [table.find(f"{W}tblPr/{W}bidiVisual") is not None for table in root.iter(f"{W}tbl")]
        assert bidi
        assert all(bidi) == (language == "fa")
    assert len(PdfReader(tmp_path / "questionnaire.en.pdf").pages) <= 5


def test_a_chosen_few():
    made = form(bundled(), "en", "X", ["FOC1", "FOC2", "GEN"])
    assert [part.kind for part in made.parts] == ["grid", "list"]
    assert made.parts[0].words[0] == "Strongly disagree"
    assert made.parts[1].rows[0].options[0] == "Woman"
