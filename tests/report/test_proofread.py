"""What a supervisor marks and a machine can see: tables nobody names, sentences said twice, letters that do not belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmlab.present.blocks import Fact, Heading, Label, Paragraph, Ref, Table
from crmlab.present.language import Language
from crmlab.report import compose
from crmlab.report.model import Chapter, Document
from crmlab.report.proofread import misspelled, proofread, repeated, unexplained, unnamed
from crmlab.report.references import unlisted_sources

LOCALE = Path(__file__).parents[2] / "crmlab" / "present" / "locale"


def document(*blocks, language="fa"):
    chapter = Chapter("chapter-x", "4", "chapter", "x", blocks)
    return Document("a", Language.load(language), "t", "o", "", "0000-0000-0000", (chapter,))


def table(key="t", strong=False, notes=()):
    return Table(key, ("c",), (("h",),), (((Fact("a/b/c/estimate", 1.0, strong=strong),),),), notes=notes)


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("name", ["crm", "ecsi"])
def test_nothing_is_to_be_corrected_in_a_survey_report(request, name, language):
    whole = compose(*request.getfixturevalue(name), language)
    assert proofread(whole) == []


def test_a_table_is_named_before_it_stands():
    told = Paragraph(("see ", Ref("t")))
    assert unnamed(document(told, table())) == []
    assert unnamed(document(table(), told)) == ["t: no sentence names it before it stands"]


def test_a_sentence_stands_once_in_a_section():
    said = Paragraph(("This sentence is long enough to be noticed when it stands twice. ",))
    first, second, third = (Heading(2, key, (key,)) for key in "abc")
    for blocks, found in (
        ((first, said, said, table()), 1),
        ((first, said, table("s"), second, said, table()), 0),  # two comparisons may end alike
        ((first, said, table("r"), second, said, table("s"), third, said, table()), 1),
        ((first, said, second, said, third, said), 0),  # all that sections without results have to say
    ):
        whole = document(*blocks, language="en")
        assert len(repeated(whole.chapters[0], whole)) == found


def test_bold_is_explained():
    note = Paragraph(("Bold: the largest.",), "note")
    assert unexplained(document(table(strong=True), language="en"))
    assert unexplained(document(table(strong=True, notes=(note,)), language="en")) == []
    assert unexplained(document(table(), language="en")) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("كتاب", "an Arabic letter"),
        ("در 12 واحد", "a Latin digit"),
        ("نشان می دهد", "a space for a half-space"),
        ("نشان نمی دهد", "a space for a half-space"),
        ("گروه ها", "a space for a half-space"),
        ("گروه های دیگر", "a space for a half-space"),
        ("سطح ، میانگین", "a space before a mark"),
        ("سطح  میانگین", "two spaces"),
        ("نشان می‌دهد که گروه‌های HTMT2 و R2 در (Hair et al., 2019) آمده است، و تنها", ""),
    ],
)
def test_persian_is_spelled_as_it_should_be(text, wrong):
    found = misspelled(document(Paragraph((text,))))
    assert (not found) if not wrong else len(found) == 1 and wrong in found[0]
    assert misspelled(document(Paragraph((Label(text),)))) == []  # names are printed as typed


def test_every_source_that_our_words_name_is_listed():
    for path in sorted(LOCALE.rglob("*.yml")):
        assert not unlisted_sources(path.read_text(encoding="utf-8")), path.name
