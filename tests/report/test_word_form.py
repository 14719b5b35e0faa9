"""The Word file as Word wants it: whole package, elements in the order of the schema, headings that Word counts."""

import io
import re
import zipfile
from collections import Counter
from posixpath import dirname, join, normpath

import pytest
from fontTools.ttLib import TTFont
from lxml import etree

from crmlab.present.blocks import Equation, Figure, Footnote, Heading, Paragraph, Ref, Table
from crmlab.present.formula import row
from crmlab.present.language import Language
from crmlab.present.theme import Theme
from crmlab.report.docx import to_docx
from crmlab.report.model import Chapter, Document
from crmlab.report.word_fonts import persian_digits
from crmlab.report.word_numbers import numbering

LANGUAGES = ("fa", "en")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
# ECMA-376 part 1, the sequences of wml.xsd; what is not named here is not written
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr tabs bidi spacing ind jc outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs vanish color sz szCs vertAlign rtl cs lang",
    "tblPr": "tblStyle bidiVisual tblW jc tblInd tblBorders tblLayout tblCellMar tblLook tblCaption",
    "tcPr": "tcW gridSpan tcBorders vAlign",
    "trPr": "cantSplit tblHeader",
    "tbl": "tblPr tblGrid tr",
    "sectPr": "footerReference type pgSz pgMar cols titlePg bidi docGrid",
    "style": "name basedOn next qFormat semiHidden pPr rPr tblPr tblStylePr",
    "tblStylePr": "pPr rPr tblPr trPr tcPr",
    "styles": "docDefaults latentStyles style",
    "numbering": "abstractNum num",
    "abstractNum": "nsid multiLevelType tmpl lvl",
    "lvl": "start numFmt pStyle suff lvlText lvlJc AlternateContent pPr rPr",
    "settings": "zoom embedTrueTypeFonts defaultTabStop characterSpacingControl updateFields footnotePr compat mathPr "
    "themeFontLang decimalSymbol listSeparator",
    "font": "embedRegular embedBold",
    "inline": "extent docPr cNvGraphicFramePr graphic",
}  # fmt: skip


def word(written, language):
    return zipfile.ZipFile(written[language][1] / f"report.{language}.docx")


def part(archive, name):
    return etree.fromstring(archive.read(name))


def xml_parts(archive):
    return [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]


def local(element):
    return etree.QName(element).localname


def out_of_order(root):
    """Elements whose children stand in another order than the schema's, or are not expected there."""
    for element in root.iter(etree.Element):
        names = ORDER.get(local(element))
        if names is None or element.tag.startswith(
            "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
        ):
            continue
        known = names.split()
        found = [local(child) for child in element]
        places = [known.index(name) if name in known else -1 for name in found]
        if places != sorted(places) or -1 in places:
            yield local(element), found


# -- the package -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_typed_and_every_relationship_leads_somewhere(written, language):
    archive = word(written, language)
    names = set(archive.namelist())
    types = part(archive, "[Content_Types].xml")
    defaults = {each.get("Extension") for each in types if local(each) == "Default"}
    told = {each.get("PartName") for each in types if local(each) == "Override"}
    assert {name.lstrip("/") for name in told} <= names
    for name in names - {"[Content_Types].xml"}:
        assert f"/{name}" in told or name.rpartition(".")[2] in defaults, name
    reached = set()
    for rels in (name for name in names if name.endswith(".rels")):
        folder = dirname(dirname(rels))
        targets = {}
        for each in part(archive, rels):
            assert each.get("TargetMode") != "External"
            target = each.get("Target")
            targets[each.get("Id")] = (
                target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
            )
        assert set(targets.values()) <= names, rels
        reached |= set(targets.values())
        owner = join(folder, rels.rpartition("/")[2].removesuffix(".rels"))
        if owner in names:
            asked = set(re.findall(r'r:(?:id|embed)="([^"]+)"', archive.read(owner).decode("utf-8")))
            assert asked <= set(targets), owner
    assert {name for name in names if not name.endswith((".rels", "[Content_Types].xml"))} == reached


@pytest.mark.parametrize("language", LANGUAGES)
def test_elements_stand_in_the_order_of_the_schema(written, language):
    archive = word(written, language)
    for name in xml_parts(archive):
        if name.startswith("word/") and "theme" not in name:
            assert not list(out_of_order(part(archive, name))), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_ids_and_names_are_there_once(written, language):
    root = part(word(written, language), "word/document.xml")
    starts = list(root.iter(f"{W}bookmarkStart"))
    ids, names = ([each.get(f"{W}{key}") for each in starts] for key in ("id", "name"))
    assert len(set(ids)) == len(ids) > 80
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch(r"[^\W\d]\w{0,39}", name, re.ASCII) for name in names)
    assert sorted(ids) == sorted(each.get(f"{W}id") for each in root.iter(f"{W}bookmarkEnd"))
    pictures = [each.get("id") for each in root.iter() if local(each) == "docPr"]
    assert len(set(pictures)) == len(pictures) > 10
    kinds = Counter(each.get(f"{W}fldCharType") for each in root.iter(f"{W}fldChar"))
    assert kinds["begin"] == kinds["separate"] == kinds["end"] > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_looks_come_from_styles(written, language):
    archive = word(written, language)
    root, styles = part(archive, "word/document.xml"), part(archive, "word/styles.xml")
    known = {each.get(f"{W}styleId") for each in styles.iter(f"{W}style")}
    used = {
        each.get(f"{W}val") for tag in ("pStyle", "rStyle", "tblStyle") for each in root.iter(f"{W}{tag}")
    }
    assert used <= known
    assert {each.get(f"{W}val") for tag in ("basedOn", "next") for each in styles.iter(f"{W}{tag}")} <= known
    run_looks = {local(child) for each in root.iter(f"{W}rPr") for child in each} - {"rFonts"}
    assert run_looks <= {"rStyle", "rtl"}  # Cambria Math aside, which formulas name
    empty = [
        p
        for p in root.iter(f"{W}p")
        if not "".join(p.itertext()).strip() and p.find(f".//{W}drawing") is None
    ]
    assert {p.find(f"{W}pPr/{W}pStyle").get(f"{W}val") for p in empty} <= {"TableEnd", "TableText"}
    assert len([style for style in known if style.startswith("Heading")]) == 3
    assert len(archive.read("word/styles.xml")) < 40_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_properties_tell_the_title_the_language_and_the_day(crm, language, monkeypatch):
    from crmlab.report import compose
    from crmlab.report.write import made

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    document = compose(crm[0], {}, language)
    archive = zipfile.ZipFile(io.BytesIO(made(document, formats=("docx",))[f"report.{language}.docx"]))
    core = {local(each): each.text for each in part(archive, "docProps/core.xml")}
    assert core["title"] == document.title
    assert core["created"] == core["modified"] == "2023-11-14T22:13:20Z"
    assert core["language"] == {"fa": "fa-IR", "en": "en-GB"}[language]
    settings = archive.read("word/settings.xml").decode()
    assert (
        'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"' in settings
    )
    assert "Macintosh" not in archive.read("docProps/app.xml").decode()


# -- headings that Word counts -----------------------------------------------------------------


class Counter9:
    """Counts headings as Word does, from the lists and the styles alone."""

    def __init__(self, archive):
        lists = part(archive, "word/numbering.xml")
        styles = part(archive, "word/styles.xml")
        self.bound = {
            each.get(f"{W}styleId"): each.find(f"{W}pPr/{W}numPr")
            for each in styles.iter(f"{W}style")
            if each.find(f"{W}pPr/{W}numPr") is not None
        }
        levels = {
            each.get(f"{W}abstractNumId"): each.findall(f"{W}lvl") for each in lists.iter(f"{W}abstractNum")
        }
        self.levels = {
            each.get(f"{W}numId"): levels[each.find(f"{W}abstractNumId").get(f"{W}val")]
            for each in lists.iter(f"{W}num")
        }
        self.counts = {}

    def shown(self, paragraph):
        style = paragraph.find(f"{W}pPr/{W}pStyle").get(f"{W}val")
        asked = paragraph.find(f"{W}pPr/{W}numPr")
        asked = self.bound.get(style) if asked is None else asked
        if asked is None or asked.find(f"{W}numId").get(f"{W}val") == "0":
            return ""
        which, level = asked.find(f"{W}numId").get(f"{W}val"), int(asked.find(f"{W}ilvl").get(f"{W}val"))
        levels = self.levels[which]
        before = self.counts.get(which, [])[: level + 1]
        starts = [int(each.find(f"{W}start").get(f"{W}val")) for each in levels]
        now = [*before, *starts[len(before) : level + 1]]
        now[level] += len(before) > level
        self.counts[which] = now
        text = levels[level].find(f"{W}lvlText").get(f"{W}val").rstrip("\u200f")
        for k, count in enumerate(now):
            form = levels[k].find(f"{W}numFmt").get(f"{W}val")
            text = text.replace(f"%{k + 1}", chr(64 + count) if form == "upperLetter" else str(count))
        return text


def counted(content):
    archive = zipfile.ZipFile(io.BytesIO(content))
    counter = Counter9(archive)
    for paragraph in part(archive, "word/document.xml").iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle").get(f"{W}val")
        if style.startswith("Heading"):
            text = "".join(each.text or "" for each in paragraph.iter(f"{W}t"))
            yield counter.shown(paragraph), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_counts_the_headings_as_the_report_does(written, language):
    document, folder = written[language]
    shown = list(counted((folder / f"report.{language}.docx").read_bytes()))
    wanted = []
    for chapter in document.chapters:
        wanted.append(
            (document.reference(chapter.key) if document.numbers[chapter.key] else "", chapter.title)
        )
        wanted += [
            (document.numbers[block.key], document.text(block.spans))
            for block in chapter.blocks
            if isinstance(block, Heading)
        ]
    digits = document.language.digits
    assert [(digits(number), text) for number, text in shown] == wanted
    styles = part(word(written, language), "word/styles.xml")
    assert set(Counter9(word(written, language)).bound) == {"Heading1", "Heading2", "Heading3"}
    outline = [each.get(f"{W}val") for each in styles.iter(f"{W}outlineLvl")]
    assert outline == ["0", "1", "2"]


def chapters_of(language, *chapters):
    spoken = Language.load(language)
    made = [
        Chapter(f"c{k}", number, kind, f"T{k}", tuple(blocks))
        for k, (kind, number, blocks) in enumerate(chapters)
    ]
    return Document("test", spoken, "T", "O", "", "c0de", tuple(made))


def heading(level, key):
    return Heading(level, key, (key,))


def table(key):
    return Table(key, (key,), (("h",),), ((("x",),),))


def test_a_heading_put_in_gets_the_next_number_and_moves_the_rest():
    blocks = [heading(2, "first"), heading(3, "deep"), heading(2, "last")]
    document = chapters_of("en", ("chapter", "1", blocks), ("chapter", "2", [heading(2, "x")]))
    content = to_docx(document, {}, Theme.load())
    assert [number for number, _ in counted(content)] == [
        "Chapter 1",
        "1-1",
        "1-1-1",
        "1-2",
        "Chapter 2",
        "2-1",
    ]
    archive = zipfile.ZipFile(io.BytesIO(content))
    root = part(archive, "word/document.xml")
    first = next(
        p
        for p in root.iter(f"{W}p")
        if "first" in "".join(p.itertext()) and p.find(f".//{W}bookmarkStart") is not None
    )
    first.addnext(etree.fromstring(etree.tostring(first)))
    counter = Counter9(archive)
    shown = [
        counter.shown(p)
        for p in root.iter(f"{W}p")
        if p.find(f"{W}pPr/{W}pStyle").get(f"{W}val").startswith("Heading")
    ]
    assert shown == ["Chapter 1", "1-1", "1-2", "1-2-1", "1-3", "Chapter 2", "2-1"]


@pytest.mark.parametrize(
    ("language", "letters"), [("fa", ["پیوست الف", "پیوست ب"]), ("en", ["Annex A", "Annex B"])]
)
def test_annexes_are_lettered_and_chapters_may_begin_later(language, letters):
    document = chapters_of(
        language, ("front", "", [heading(2, "plain")]), ("chapter", "3", [heading(2, "a")]),
        ("chapter", "5", []), ("annex", "1", [heading(2, "b")]), ("annex", "2", [heading(2, "c"), heading(2, "d")]),
    )  # fmt: skip
    shown = [number for number, _ in counted(to_docx(document, {}, Theme.load()))]
    word_ = "فصل" if language == "fa" else "Chapter"
    first, second = (name.split()[-1] for name in letters)
    assert shown == [
        "",
        "",
        f"{word_} 3",
        "3-1",
        f"{word_} 5",
        letters[0],
        f"{first}-1",
        letters[1],
        f"{second}-1",
        f"{second}-2",
    ]


def test_a_number_that_word_would_count_otherwise_is_typed():
    document = chapters_of("en", ("chapter", "1", [heading(3, "early"), heading(2, "next")]))
    assert document.numbers["early"] == "1-0-1"
    plan = numbering(document)
    assert plan.of["early"].typed == "1-0-1"
    content = to_docx(document, {}, Theme.load())
    assert ("", "1-0-1 early") in list(counted(content))
    assert ("1-1", "next") in list(counted(content))


@pytest.mark.parametrize("language", LANGUAGES)
def test_cross_references_ask_for_what_word_counts(language):
    said = Paragraph((Ref("part"), Ref("c0"), Ref("t2"), Ref("e"), ("x")))
    blocks = [heading(2, "part"), table("t1"), table("t2"), Equation("e", row("a"), "alt"), said]
    document = chapters_of(language, ("chapter", "1", blocks), ("chapter", "2", [table("t3")]))
    root = part(zipfile.ZipFile(io.BytesIO(to_docx(document, {}, Theme.load()))), "word/document.xml")
    fields = [" ".join(each.text.split()) for each in root.iter(f"{W}instrText")]
    refs = [field for field in fields if field.startswith("REF")]
    assert [("\\n" in field) for field in refs] == [True, True, False, False]
    assert all(field.endswith("\\h \\* CHARFORMAT") for field in refs)
    sequences = [field for field in fields if field.startswith("SEQ")]
    assert sequences == [
        "SEQ Table \\* ARABIC \\r 1 \\s 1", "SEQ Table \\* ARABIC \\s 1", "SEQ Equation \\* ARABIC \\r 1 \\s 1",
        "SEQ Table \\* ARABIC \\r 1 \\s 1",
    ]  # fmt: skip
    marked = {each.get(f"{W}name"): each for each in root.iter(f"{W}bookmarkStart")}
    for field in refs:
        assert field.split()[1] in marked


def test_digits_of_persian_look_persian_in_the_font_word_counts_with():
    theme = Theme.load()
    for path in (theme.regular, theme.bold):
        data = persian_digits(path)
        font = TTFont(io.BytesIO(data))
        letters = font.getBestCmap()
        assert [letters[0x30 + k] for k in range(10)] == [letters[0x6F0 + k] for k in range(10)]
        assert letters[ord("ف")]
        assert letters[ord("A")]
        assert font["OS/2"].fsType == 0  # may be embedded
        assert "Plex" not in "".join(str(font["name"].getDebugName(k)) for k in (1, 4, 6))
        assert "OFL" in font["name"].getDebugName(13).upper() or "Open Font License" in font[
            "name"
        ].getDebugName(13)
        persian_digits.cache_clear()
        assert persian_digits(path) == data


def test_latin_digits_by_setting_need_no_font(fx, tmp_path):
    from crmlab.report import compose
    from crmlab.report.write import made

    study = fx.crm_study(tmp_path, report={"digits": "latin"})
    content = made(compose(study, {}, "fa"), formats=("docx",))["report.fa.docx"]
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert "Report Persian Digits" not in archive.read("word/numbering.xml").decode()
    assert sum(name.endswith(".odttf") for name in archive.namelist()) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_headers_and_rows_keep_together(written, language):
    root = part(word(written, language), "word/document.xml")
    for each in root.iter(f"{W}tbl"):
        caption = each.getprevious()
        assert caption.find(f"{W}pPr/{W}pStyle").get(f"{W}val") == "Caption"
        assert caption.find(f"{W}pPr/{W}keepNext") is not None
        rows = each.findall(f"{W}tr")
        assert all(line.find(f"{W}trPr/{W}cantSplit") is not None for line in rows)
        assert rows[0].find(f"{W}trPr/{W}tblHeader") is not None
        assert each.find(f"{W}tblPr/{W}tblLook").get(f"{W}firstRow") == "1"
        assert each.find(f"{W}tblPr/{W}tblCaption").get(f"{W}val")
        width = sum(int(column.get(f"{W}w")) for column in each.iter(f"{W}gridCol"))
        assert width <= 24.9 * 567 + 10
    for picture in root.iter(f"{W}drawing"):
        shape = picture.getparent().getparent()
        assert (
            shape.find(f"{W}pPr/{W}pStyle").get(f"{W}val") == "Figure"
        )  # the style keeps it with its caption
        assert shape.getnext().find(f"{W}pPr/{W}pStyle").get(f"{W}val") == "Caption"


def test_a_footnote_of_words_own_and_an_empty_figure_list(tmp_path):
    said = Paragraph(("a", Footnote(("b",))))
    content = to_docx(chapters_of("en", ("chapter", "1", [said])), {}, Theme.load())
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert not list(out_of_order(part(archive, "word/settings.xml")))
    assert not [block for block in (said,) if isinstance(block, Figure)]
    assert part(archive, "word/footnotes.xml").findall(f"{W}footnote")[2].get(f"{W}id") == "1"
