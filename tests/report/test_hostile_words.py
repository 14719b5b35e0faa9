"""Words that mean something elsewhere: printed as typed, or refused in one line before anything is computed."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest
from lxml import etree
from lxml import html as lxml_html

from crmlab.cli import main
from crmlab.errors import StudyError
from crmlab.present.blocks import Figure, Heading, Label, Paragraph, Table
from crmlab.present.language import Language
from crmlab.present.theme import Theme
from crmlab.report.docx import to_docx
from crmlab.report.html import to_html
from crmlab.report.layout import contained
from crmlab.report.model import Chapter, Document
from crmlab.report.pdf import to_pdf
from crmlab.report.pictures import Picture
from crmlab.report.printed import admit_words
from crmlab.report.word_xml import text

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = (
    "<img src=x onerror=alert(1)>", "</table></script><script>x</script>", "javascript:alert(1)", "]]> <!-- & &amp; -->",
    "\\input{/etc/passwd} $x_1$ \\write18{ls}", '#import "x": * *a* _b_ @ref <label> `c` // d /* e', "{0} {x.__class__} {{y}} %s",
    "=cmd|'/C calc'!A0", "W" * 90, "ب" * 90, "علي و كتاب", "zero\u200bwidth\u200c\ufeffx", "Latin داخل CRM (n=3)",
    "\u202eabc\u200f", "\u2067d", "a\tb\nc", "' \" “ » ",
)  # fmt: skip


def as_read(words):
    """A text without what no reader sees, spaces taken together."""
    unseen = dict.fromkeys(
        map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    )
    return " ".join(words.translate(unseen).split())


def document_of(language, words):
    label = (Label(words),)
    figure = Figure("f", label, words, draw=lambda: None)
    blocks = (
        Heading(2, "h", label), Paragraph(label), Table("t", label, (label, label), ((label, label),), notes=(Paragraph(label, "note"),)), figure,
    )  # fmt: skip
    chapter = Chapter("chapter-x", "1", "chapter", words, blocks)
    return Document("test", Language.load(language), words, words, words, "c0de", (chapter,))


SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="10pt" height="10pt"><rect width="10" height="10"/></svg>'
)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
PNG += chunk(b"IDAT", zlib.compress(b"\x00\x00")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_words_stand_as_typed_in_every_place_of_html_and_word(words):
    document, wanted = document_of("en", words), as_read(words)
    page = lxml_html.fromstring(to_html(document, {"f": Picture(SQUARE, 10, 10)}, Theme.load()))
    assert not page.xpath("//script | //iframe | //*[@*[starts-with(name(), 'on')]]")
    assert len(page.xpath("//img")) == len(page.xpath("//table")) == 1
    assert all(link.startswith("#") for link in page.xpath("//@href"))
    assert as_read(page.xpath("//img/@alt")[0]) == wanted
    assert as_read(page.xpath("string(//body)")).count(wanted) >= 9
    archive = zipfile.ZipFile(io.BytesIO(to_docx(document, {"f": PNG}, Theme.load())))
    root = etree.fromstring(archive.read("word/document.xml"))
    paragraphs = [as_read("".join(each.text or "" for each in p.iter(f"{W}t"))) for p in root.iter(f"{W}p")]
    assert sum(wanted in each for each in paragraphs) >= 11
    assert wanted in [as_read(each.get("descr") or "") for each in root.iter() if each.tag.endswith("}docPr")]
    assert as_read(etree.fromstring(archive.read("docProps/core.xml")).findtext("{*}title")) == wanted
    for part in archive.namelist():
        if part.endswith((".xml", ".rels")):
            etree.fromstring(archive.read(part))


def test_all_of_them_are_set_by_typst_and_none_is_run():
    from crmlab.run.pdf_blocks import pdf_pages

    words = " ".join(word for word in HOSTILE if word.isascii())
    pdf = to_pdf(document_of("en", words), {"f": Picture(SQUARE, 10, 10)}, Theme.load())
    path = io.BytesIO(pdf)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"/JavaScript" not in pdf
    assert b"/Launch" not in pdf
    assert b"/URI" not in pdf
    shown = "".join("".join(page) for page in pdf_pages(_Held(path)))
    for word in words.split():
        assert word.replace("-", "") in shown.replace("-", ""), word


class _Held:
    """Bytes that are read like a file's."""

    def __init__(self, held):
        self._held = held

    def read_bytes(self):
        return self._held.getvalue()


@pytest.mark.parametrize(
    ("typed", "closed"),
    [
        ("\u202ea \u2067b", "\u2069\u202c"), ("\u2067a\u202eb", "\u202c\u2069"), ("\u202ea\u202c", ""), ("\u2067\u202ea\u2069", ""),
        ("\u202ea\u2069", "\u202c"), ("a\u202c\u2069", ""), ("\u2066\u2066a\u2069", "\u2069"), ("plain", ""),
    ],
)  # fmt: skip
def test_marks_of_direction_are_closed_in_their_order(typed, closed):
    assert contained(typed) == typed + closed


def test_tabs_and_line_ends_are_spaces_in_word():
    assert text("a\tb\r\nc\u2028d") == '<w:t xml:space="preserve">a b  c d</w:t>'
    assert text("a\x01b\ud800c") == '<w:t xml:space="preserve">abc</w:t>'


# -- refused before anything is computed -------------------------------------------------------


@pytest.mark.parametrize("bad", ["\\x01", "\\0", "\\x1b", "\\x7f", "\\uFFFE", "\\uD800"])
def test_a_control_character_is_refused_with_its_line_and_key(fx, tmp_path, bad):
    from crmlab.study import load_study

    study = fx.crm_study(tmp_path)
    file = study.file
    told = file.read_text(encoding="utf-8").replace("en: the hotel", f'en: "the {bad} hotel"')
    assert bad in told
    file.write_text(told, encoding="utf-8")
    with pytest.raises(
        StudyError, match=r"line \d+, key 'organisation\.en': holds the control character U\+"
    ) as error:
        load_study(file)
    assert len(str(error.value).splitlines()) == 2


def test_a_letter_no_font_has_is_refused_by_check(fx, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    study = fx.crm_study(tmp_path / "data" / "fixture", organisation=fx.words("the \u6f22 hotel", "هتل"))
    with pytest.raises(StudyError, match=r"the fonts have no '\u6f22' \(U\+6F22\)"):
        admit_words(study)
    assert main(["check", "fixture"]) == 2
    assert main(["run", "fixture"]) == 2
    assert capsys.readouterr().err.count("U+6F22") == 2
    assert not (tmp_path / "reports").exists()


def test_the_authors_own_letters_are_looked_at_too(fx, tmp_path):
    study = fx.crm_study(tmp_path)
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "discussion.en.md").write_text("fine", encoding="utf-8")
    admit_words(study)
    (tmp_path / "text" / "discussion.en.md").write_text("not \u6f22", encoding="utf-8")
    with pytest.raises(StudyError, match=r"discussion\.en\.md.*U\+6F22"):
        admit_words(study)


# -- the same bytes everywhere -----------------------------------------------------------------

MAKE = """
import hashlib, sys
from pathlib import Path
sys.path.insert(0, {here!r})
import fixtures
from crmlab.report import compose, write
folder = Path(sys.argv[1])
study = fixtures.crm_study(folder / "data")
found = fixtures.results(study)
for path in write(compose(study, found, "fa"), folder / "out"):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


@pytest.mark.slow
def test_locale_time_zone_and_folder_change_no_byte(tmp_path):
    here = os.path.dirname(__file__)
    told = set()
    for folder, changes in {
        "plain": {}, "پروژه من": {"LANG": "fa_IR.UTF-8", "TZ": "Asia/Tehran"}, "a'b & c": {"LC_ALL": "C", "TZ": "America/Los_Angeles"},
    }.items():  # fmt: skip
        (tmp_path / folder).mkdir()
        done = subprocess.run(
            [sys.executable, "-c", MAKE.format(here=here), str(tmp_path / folder)],
            env={**os.environ, **changes}, capture_output=True, text=True, encoding="utf-8", check=True,
        )  # fmt: skip
        told.add(done.stdout)
    assert len(told) == 1
    assert len(told.pop().splitlines()) == 3
