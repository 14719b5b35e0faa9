"""The form of a report: standards of its files, formulas, profiles, the brief, hostile words, the same bytes again."""

import io
import re
import sys
import zipfile
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from pypdf import PdfReader

from crmlab.errors import StudyError
from crmlab.present.blocks import Equation, Fact, Figure, Label, Paragraph, Table
from crmlab.present.facts import sources
from crmlab.present.formula import frac, row, script, total
from crmlab.present.language import Language, latin
from crmlab.present.theme import Theme
from crmlab.report import compose, write_reports
from crmlab.report import word_xml as xml
from crmlab.report.brief import brief, fitting
from crmlab.report.docx import to_docx
from crmlab.report.equations import mathml, omml, typst
from crmlab.report.formula_sections import FORMULAS
from crmlab.report.html import to_html
from crmlab.report.model import Chapter, Document
from crmlab.report.pdf import to_pdf
from crmlab.report.write import made

LANGUAGES = ("fa", "en")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
NASTY = st.text(
    st.sampled_from("<>&\"'{}[]#$*_`\\/@%~^=+-|;:!?.,() aZ9آیگ۰۴\u200c\u200f\u202e\u2067٫λ²") , min_size=1, max_size=40
)  # fmt: skip


def document_of(language: str, *blocks, **more) -> Document:
    chapter = Chapter("chapter-test", "4", "chapter", "T", tuple(blocks))
    return Document("test", Language.load(language), "T", "O", "", "c0de", (chapter,), **more)


def document_xml(content: bytes):
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml"))


# -- the PDF -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_keeps_to_its_standards(written, language):
    document, folder = written[language]
    reader = PdfReader(folder / f"report.{language}.pdf")
    root = reader.trailer["/Root"]
    told = root["/Metadata"].get_object().get_data().decode("utf-8")
    assert re.search(r"pdfaid:part>2<", told)
    assert re.search(r"pdfaid:conformance>B<", told)
    assert re.search(r"pdfuaid:part>1<", told)
    assert root["/OutputIntents"]
    assert root["/StructTreeRoot"]
    pictures = {"with": 0, "without": 0}

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, dict):
            if node.get("/S") in ("/Figure", "/Formula"):
                pictures["with" if node.get("/Alt") else "without"] += 1
            if "/K" in node and not isinstance(node["/K"], int):
                walk(node["/K"])

    walk(root["/StructTreeRoot"])
    asked = sum(isinstance(block, Figure | Equation) for block in document.blocks())
    assert pictures["without"] == 0
    assert pictures["with"] >= asked


# -- formulas ----------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", [each.formula for each in FORMULAS], ids=[each.name for each in FORMULAS])
def test_a_formula_in_three_languages(formula):
    root = etree.fromstring(mathml(formula, 'a "quoted" <alt>'))
    assert root.get("alttext") == 'a "quoted" <alt>'
    word = xml.element(f"<w:p><m:oMath>{omml(formula)}</m:oMath></w:p>")
    assert "".join(word.itertext())
    assert re.sub(r"[\s_^]", "", typst(formula))


def test_signs_of_a_formula_do_not_become_commands():
    formula = row(script("a", "i , j"), "<", "#x", frac('"', "|"), total("i", "", "\\y"))
    assert typst(formula) == 'a_(i comma j) lt "#x" frac("\\"", bar.v) sum_(i) "\\\\y"'
    pdf = to_pdf(document_of("en", Equation("e", formula, "alt")), {}, Theme.load())
    assert PdfReader(io.BytesIO(pdf)).pages


def test_both_languages_show_the_same_formulas(crm):
    found = [
        [block.key for block in compose(*crm, language).blocks() if isinstance(block, Equation)]
        for language in LANGUAGES
    ]
    assert (
        found[0]
        == found[1]
        == [f"formula-{name}" for name in ("alpha", "rho_c", "ave", "htmt", "indirect", "f2", "vif")]
    )


# -- Word --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_has_native_formulas_footnotes_and_turned_pages(language):
    wide = Table("wide", ("W",), tuple(("h",) for _ in range(14)), ((("x",) * 14),))
    narrow = Table("narrow", ("N",), (("h",), ("i",)), ((("x",), ("y",)),))
    document = document_of(
        language, Equation("e", row("c = a b"), "alt"), Paragraph(("before",)), wide, narrow
    )
    root = document_xml(to_docx(document, {}, Theme.load()))
    assert len(root.findall(f".//{M}oMath")) == 1
    sections = root.findall(f".//{W}sectPr/{W}pgSz")
    assert [size.get(f"{W}orient") for size in sections] == [None, "landscape", None]
    first, *later = root.findall(f".//{W}sectPr")
    assert first.find(f"{W}titlePg") is not None
    assert not any(each.findall(f"{W}titlePg") for each in later)
    assert all(each.find(f"{W}footerReference") is not None for each in (first, *later))


def test_footnotes_are_words_own(written):
    archive = zipfile.ZipFile(written["fa"][1] / "report.fa.docx")
    notes = etree.fromstring(archive.read("word/footnotes.xml"))
    marks = etree.fromstring(archive.read("word/document.xml")).findall(f".//{W}footnoteReference")
    assert [mark.get(f"{W}id") for mark in marks] == [str(k) for k in range(1, len(marks) + 1)]
    assert len(notes) == len(marks) + 2
    assert "Average variance extracted (AVE)" in "".join(notes.itertext())
    assert "word/footnotes.xml" in archive.read("word/_rels/document.xml.rels").decode().replace(
        "footnotes.xml", "word/footnotes.xml"
    )


# -- profiles ----------------------------------------------------------------------------------


def test_the_title_page_of_a_thesis(fx, tmp_path):
    page = {
        "university": fx.words("A university", "دانشگاه"), "degree": fx.words("Master", "کارشناسی ارشد"),
        "field": fx.words("Management", "مدیریت"), "author": fx.words("The author", "نگارنده"), "day": "2026-02-28",
        "supervisors": [fx.words("One", "یک"), fx.words("Two", "دو")],
    }  # fmt: skip
    study = fx.crm_study(tmp_path, report={"title_page": page, "decimal": "slash"})
    fa, en = compose(study, {}, "fa").profile, compose(study, {}, "en").profile
    assert fa.day == "۹ اسفند ۱۴۰۴"
    assert en.day == "28 February 2026"
    assert fa.above == ("دانشگاه",)
    assert ("استادان راهنما", "یک، دو") in fa.below
    assert ("Supervisors", "One, Two") in en.below
    content = made(compose(study, {}, "fa"), formats=("docx", "html", "pdf"))
    assert "استادان راهنما" in content["report.fa.html"].decode()
    assert "".join(document_xml(content["report.fa.docx"]).itertext()).count("۹ اسفند ۱۴۰۴") == 1


@pytest.mark.parametrize(("decimal", "mark"), [("slash", "/"), ("momayyez", "٫"), ("point", ".")])
def test_decimals_and_digits_by_setting(fx, tmp_path, decimal, mark):
    study = fx.crm_study(tmp_path, report={"decimal": decimal})
    assert compose(study, {}, "fa").language.number(0.85) == f"۰{mark}۸۵"
    assert compose(study, {}, "en").language.number(0.85) == "0.85"
    study = fx.crm_study(tmp_path, report={"decimal": decimal, "digits": "latin"})
    assert compose(study, {}, "fa").language.number(0.85) == f"0{mark}85"


def test_fonts_by_name_are_named_and_not_carried(fx, tmp_path):
    study = fx.crm_study(tmp_path, report={"fonts": "nazanin"})
    content = made(compose(study, {}, "fa"), formats=("docx",))["report.fa.docx"]
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert not [name for name in archive.namelist() if name.endswith(".odttf")]
    styles = etree.fromstring(archive.read("word/styles.xml"))
    fonts = {
        (each.get(f"{W}cs"), each.get(f"{W}ascii"))
        for each in styles.findall(f".//{W}docDefaults//{W}rFonts")
    }
    assert ("B Nazanin", "Times New Roman") in fonts


def test_an_article_is_double_spaced_and_has_no_contents(fx, tmp_path):
    study = fx.crm_study(tmp_path, report={"profile": "article"})
    root = document_xml(made(compose(study, {}, "en"), formats=("docx",))["report.en.docx"])
    assert not [node for node in root.iter(f"{W}instrText") if "TOC" in node.text]


def test_a_wrong_day_is_said(fx, tmp_path):
    with pytest.raises(StudyError, match=r"report\.title_page\.day.*write it as 2026-02-28"):
        fx.crm_study(tmp_path, report={"title_page": {"day": "1404/12/9"}})


# -- the brief ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_brief_has_two_pages_at_most_and_the_reports_own_numbers(crm, language):
    study, results = crm
    whole, theme = compose(study, results, language), Theme.load()
    short = brief(whole, study, sources(results), fitting(whole, study, sources(results), theme))
    files = made(short, theme=theme)
    assert sorted(files) == [f"report.brief.{language}.{kind}" for kind in ("docx", "html", "pdf")]
    assert len(PdfReader(io.BytesIO(files[f"report.brief.{language}.pdf"])).pages) <= 2
    known = {fact.address: fact.value for fact in whole.facts}
    assert short.facts
    assert all(known[fact.address] == fact.value for fact in short.facts if fact.address in known)
    text = "".join(short.words())
    assert whole.language.word("not_found") not in text


def test_a_brief_with_endless_words_still_fits(fx, tmp_path):
    long = " ".join(["word"] * 60)
    hypotheses = [
        {"id": f"H{k}", "source": "CRM", "target": "RQ", "statement": fx.words(long, long)}
        for k in range(1, 3)
    ]
    study = fx.crm_study(tmp_path, hypotheses=hypotheses)
    results = fx.results(study)
    whole, saved = compose(study, results, "en"), sources(results)
    short = brief(whole, study, saved, fitting(whole, study, saved, Theme.load()))
    assert len(PdfReader(io.BytesIO(to_pdf(short, {}, Theme.load()))).pages) <= 2


# -- hostile words -----------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(NASTY, st.sampled_from(LANGUAGES))
def test_any_label_appears_as_typed_in_html_and_word(words, language):
    caption, cell = (Label(words),), (("a", Label(words)), (Label(words),))
    block = Table("t", caption, (("h",), ("i",)), (cell,))
    document = document_of(language, Paragraph((Label(words),)), block)
    shown = document.text((Label(words),))
    page = lxml_html.fromstring(to_html(document, {}, Theme.load()))
    labels = page.xpath("//main//bdi")
    assert len(labels) == 4
    assert all(label.text == shown and not len(label) for label in labels)
    assert not page.xpath("//script | //img | //*[starts-with(name(), 'on')]")
    root = document_xml(to_docx(document, {}, Theme.load()))
    paragraphs = ["".join(part.itertext()).replace("\u200e", "") for part in root.iter(f"{W}p")]
    assert paragraphs.count(shown.replace("\u200e", "")) == 2


@settings(max_examples=6, deadline=None)
@given(NASTY)
def test_any_label_is_set_and_not_run_by_typst(words):
    document = document_of(
        "en", Paragraph((Label(words),)), Table("t", (Label(words),), (("h",),), (((Label(words),),),))
    )
    pages = PdfReader(io.BytesIO(to_pdf(document, {}, Theme.load()))).pages
    unseen = r"[\s\u200c-\u200f\u202a-\u202e\u2066-\u2069]"
    flat, plain = re.sub(unseen, "", pages[-1].extract_text()), re.sub(unseen, "", words)
    if plain.isascii():
        assert not Counter(plain) - Counter(flat)  # direction marks may change their order


# -- again -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_processes_give_the_bytes_of_one(crm, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    both = write_reports(*crm, tmp_path / "both")
    assert len(both) == 12
    monkeypatch.setattr("crmlab.report.apart.processors", lambda: 1)
    for path in write_reports(*crm, tmp_path / "one"):
        assert path.read_bytes() == (tmp_path / "both" / path.name).read_bytes(), path.name
        assert path.stat().st_size < 10_000_000


def test_a_number_in_prose_leads_to_its_address(written):
    document, folder = written["en"]
    page = lxml_html.fromstring((folder / "report.en.html").read_text(encoding="utf-8"))
    links = page.xpath("//a[@class='fact']")
    assert len(links) > 20
    for link in links:
        (row_of,) = page.xpath(f"//*[@id='{link.get('href')[1:]}']")
        address = link.xpath(".//data")[0].get("title")
        assert address.startswith(row_of.xpath("string(.//bdi)") + "/")
    facts = {fact.address for fact in document.facts if fact.saved and fact.value == fact.value}
    assert {data.get("title") for data in page.xpath("//data")} <= facts
    assert all(isinstance(fact, Fact) and latin(document.language.fact(fact)) for fact in document.facts)


def test_the_briefs_of_both_languages_hold_the_same(crm, tmp_path, monkeypatch):
    """Where one language has room for less, the other says no more."""
    monkeypatch.setattr("crmlab.report.apart.processors", lambda: 1)
    module = sys.modules["crmlab.report.write"]
    monkeypatch.setattr(module, "fitting", lambda document, *_: 6 if document.language.rtl else 0)
    write_reports(*crm, tmp_path)
    told = []
    for language in LANGUAGES:
        page = lxml_html.fromstring((tmp_path / f"report.brief.{language}.html").read_text(encoding="utf-8"))
        told.append(sorted(data.get("title") for data in page.xpath("//data")))
    assert told[0] == told[1]
    largest = brief(compose(*crm, "en"), crm[0], sources(crm[1]))
    assert len(told[0]) < len(largest.facts)
    write_reports(*crm, tmp_path / "one", languages=("en",))
    one, both = ((folder / "report.brief.en.html").read_bytes() for folder in (tmp_path / "one", tmp_path))
    assert one == both
