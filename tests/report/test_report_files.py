"""The three formats, read back."""

import re
import zipfile
from collections import Counter
from html.parser import HTMLParser
from io import BytesIO

import pytest
from lxml import etree
from pypdf import PdfReader

from crmlab.errors import StudyError
from crmlab.present.blocks import Equation, Figure, Table
from crmlab.present.language import latin
from crmlab.report import compose, write

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LANGUAGES = ("fa", "en")


class Page(HTMLParser):
    """Elements, facts and texts of an HTML page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.facts, self.attributes, self.open = Counter(), [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        if tag == "data":
            self.open = dict(attrs)

    def handle_data(self, text):
        if self.open:
            self.facts.append((self.open["title"], float(self.open["value"]), latin(text)))
            self.open = None


def html(written, language):
    return (written[language][1] / f"report.{language}.html").read_text(encoding="utf-8")


def word(written, language):
    return zipfile.ZipFile(written[language][1] / f"report.{language}.docx")


def pdf(written, language):
    return PdfReader(written[language][1] / f"report.{language}.pdf")


# -- the same numbers --------------------------------------------------------------------------


def test_html_carries_the_same_numbers_in_both_languages(written):
    fa, en = (Page(html(written, language)).facts for language in LANGUAGES)
    assert len(fa) > 500
    assert sorted(fa) == sorted(en)
    for address, value, shown in en:
        number = float(re.sub(r"[^0-9.eE-]", "", shown))
        scale = (
            100 if address.rpartition("/")[2] == "estimate" and abs(number) > 1.5 * abs(value) + 0.5 else 1
        )
        assert abs(number) <= abs(value) * 100 + 1 + scale


def numbers(text):
    """Decimal numbers with their sign, in any digits."""
    return re.findall(r"-?\d+\.\d+", latin(text))


def texts(archive):
    root = etree.fromstring(archive.read("word/document.xml"))
    for cell in root.iter(f"{W}tc", f"{W}p"):
        if cell.tag == f"{W}p" and cell.getparent().tag == f"{W}tc":
            continue
        yield "".join(node.text or "" for node in cell.iter(f"{W}t"))


def test_word_carries_the_same_numbers_in_both_languages(written):
    fa, en = (
        Counter(n for text in texts(word(written, language)) for n in numbers(text)) for language in LANGUAGES
    )
    assert sum(en.values()) > 500
    fa.subtract(en)
    assert not {number: count for number, count in fa.items() if count}


def test_word_and_html_carry_the_same_numbers(written):
    shown = Counter(n for _, _, text in Page(html(written, "en")).facts for n in numbers(text))
    typed = Counter(n for text in texts(word(written, "en")) for n in numbers(text))
    assert not shown - typed


def test_pdf_carries_the_numbers_of_the_html(written):
    shown = {n for _, _, text in Page(html(written, "en")).facts for n in numbers(text)}
    set_in_type = set(numbers("\n".join(page.extract_text() for page in pdf(written, "en").pages)))
    assert len(shown) > 200
    assert not shown - set_in_type


# -- structure ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_structure_of_the_html(written, language):
    document, _ = written[language]
    text = html(written, language)
    page = Page(text)
    assert page.tags["table"] == len(document.tables) > 14
    assert page.tags["img"] == len(document.figures) > 12
    assert page.tags["script"] == page.tags["link"] == page.tags["iframe"] == 0
    assert f'<html lang="{language}" dir="{document.language.direction}">' in text
    assert "default-src 'none'" in text
    values = [value or "" for name, value in page.attributes if name in ("src", "href", "action")]
    assert all(value.startswith(("#", "data:image/svg+xml;base64,")) for value in values)
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in values if value.startswith("#")} <= set(ids)
    listed = len(document.contents) + len(document.tables) + len(document.figures)
    footnotes = sum(
        span.__class__.__name__ == "Footnote"
        for block in document.blocks()
        for span in getattr(block, "spans", ())
    )
    assert (footnotes > 0) == (language == "fa")
    assert page.tags["li"] == listed + footnotes
    assert page.tags["math"] == sum(isinstance(block, Equation) for block in document.blocks()) > 4
    assert all(value for name, value in page.attributes if name == "alt")
    assert len(text) < 3_000_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_structure_of_the_pdf(written, language):
    document, _ = written[language]
    reader = pdf(written, language)
    root = reader.trailer["/Root"]
    assert reader.metadata.title == document.title
    assert str(root["/Lang"]).startswith(language)
    assert root["/MarkInfo"]["/Marked"]
    titles = []

    def walk(items):
        for item in items:
            walk(item) if isinstance(item, list) else titles.append(item.title)

    walk(reader.outline)
    assert len([title for title in titles if title]) >= len(document.contents)
    assert all(entry.text.split()[-1] in " ".join(titles) for entry in document.contents)
    fonts = [font for page in reader.pages for font in page["/Resources"].get("/Font", {}).values()]
    for font in fonts:
        inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner)
        assert any(name in inner["/FontName"] for name in ("IBMPlexSansArabic", "DejaVuSans", "NewCMMath"))
    assert len(fonts) > 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_structure_of_the_word_file(written, language):
    document, _ = written[language]
    archive = word(written, language)
    root = etree.fromstring(archive.read("word/document.xml"))
    tables = list(root.iter(f"{W}tbl"))
    assert len(tables) == len(document.tables)
    assert all((table.find(f"{W}tblPr/{W}bidiVisual") is not None) == (language == "fa") for table in tables)
    assert all(table.find(f"{W}tr/{W}trPr/{W}tblHeader") is not None for table in tables)
    fields = [node.text for node in root.iter(f"{W}instrText")]
    captions = (
        len(document.tables)
        + len(document.figures)
        + sum(isinstance(block, Equation) for block in document.blocks())
    )
    assert sum(" SEQ " in field for field in fields) == captions
    assert sum(" TOC " in field for field in fields) == 3  # contents, tables, figures
    names = {node.get(f"{W}name") for node in root.iter(f"{W}bookmarkStart")}
    wanted = {field.split()[1] for field in fields if " REF " in field}
    assert wanted
    assert wanted <= names
    assert {node.get(f"{W}anchor") for node in root.iter(f"{W}hyperlink")} <= names
    assert all(len(name) <= 40 for name in names)
    paragraphs = list(root.iter(f"{W}p"))
    assert all((p.find(f"{W}pPr/{W}bidi") is not None) == (language == "fa") for p in paragraphs)
    pictures = list(
        root.iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr")
    )
    assert len(pictures) == len(document.figures)
    assert all(picture.get("descr") for picture in pictures)
    faces = sum(name.endswith(".odttf") for name in archive.namelist())
    assert faces == (4 if language == "fa" else 2)  # two more in which 0-9 look Persian
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_notice_stands_on_the_first_page(written):
    for language in LANGUAGES:
        notice = written[language][0].notice
        assert notice
        page = html(written, language)
        assert page.index(notice) < page.index("<nav")
    assert "simulated" in pdf(written, "en").pages[0].extract_text()


# -- again, and with hostile words -------------------------------------------------------------


@pytest.mark.slow
def test_a_second_writing_gives_the_same_bytes(crm, written, tmp_path):
    for language in LANGUAGES:
        for path in write(compose(*crm, language), tmp_path):
            assert path.read_bytes() == (written[language][1] / path.name).read_bytes(), path.name


HOSTILE = (
    "<img src=x onerror=alert(1)></table><script>x</script>",
    "#panic() $x$ *a* _b_ @c [d] \\ `e` // f /* g",
    "{x.__class__} {0} {{y}} \\input{/etc/passwd} \\write18",
    "\u202eabc\u2067 </w:t> &amp; =cmd|'/C calc'!A0",
)


@pytest.mark.slow
def test_hostile_words_appear_as_typed(fx, tmp_path, monkeypatch):
    first, second, third, fourth = HOSTILE
    words = fx.words
    monkeypatch.setitem(fx.NAMES, "CRM", (first, second))
    monkeypatch.setitem(fx.NAMES, "FOC", (third, fourth))
    monkeypatch.setitem(fx.NAMES, "TRU", ("A" * 200, "ب" * 200))
    study = fx.crm_study(
        tmp_path / "study", title=words(second, third), organisation=words(first, second), notice=words(third, first),
        hypotheses=[{"id": "H1", "source": "CRM", "target": "RQ", "statement": words(first, fourth)},
                    {"id": "H2", "source": "RQ", "target": "CLV", "statement": words(second, third)}],
    )  # fmt: skip
    for language in LANGUAGES:
        document = compose(study, fx.results(study), language)
        html_path, pdf_path, docx_path = write(document, tmp_path / language)
        page = Page(html_path.read_text(encoding="utf-8"))
        assert page.tags["script"] == 0
        assert page.tags["table"] == len(document.tables)
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        joined = "\n".join(texts(zipfile.ZipFile(BytesIO(docx_path.read_bytes()))))
        shown = [
            document.title,
            document.organisation,
            document.notice,
            *(h.statement[language] for h in study.hypotheses),
        ]
        for text in shown:
            assert text in joined
        flat = re.sub(r"\s", "", "".join(p.extract_text() for p in PdfReader(pdf_path).pages))
        if language == "en":
            for text in shown:
                assert re.sub(r"\s", "", text) in flat


def test_a_letter_no_font_has_writes_nothing(fx, tmp_path):
    study = fx.crm_study(tmp_path / "study", title=fx.words("Report \u6f22", "گزارش"))
    document = compose(study, fx.results(study), "en")
    with pytest.raises(StudyError, match=r"the fonts have no .* \(U\+6F22\)"):
        write(document, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_ecsi_report_is_written(ecsi, tmp_path):
    document = compose(*ecsi, "fa")
    paths = write(document, tmp_path, formats=("html", "pdf"))
    assert [path.name for path in paths] == ["report.fa.html", "report.fa.pdf"]
    findings = next(chapter for chapter in document.chapters if chapter.key == "chapter-findings")
    assert sum(isinstance(block, Table) for block in findings.blocks) >= 11
    assert sum(isinstance(block, Figure) for block in findings.blocks) >= 8


def test_an_empty_report_is_written(crm, tmp_path):
    study, _ = crm
    for language in LANGUAGES:
        assert len(write(compose(study, {}, language), tmp_path)) == 3
