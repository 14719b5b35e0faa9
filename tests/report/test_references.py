"""Works cited: BibTeX in, APA out, in two lists; sources of our own rules listed when they are named."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlab.errors import StudyError
from crmlab.present.blocks import Cite, Heading, Paragraph, Reference
from crmlab.present.language import Language
from crmlab.report import compose
from crmlab.report.bibtex import names, read_bibtex
from crmlab.report.model import Chapter
from crmlab.report.references import Bibliography, bundled, named_sources, unlisted_sources, with_references

BIB = r"""
@string{jm = "Journal of Marketing"}
@comment{nothing to see}
@Article{fl81, author = {Fornell, Claes and Larcker, David F.}, title = "Evaluating {SEM} \& more: 100\%",
  journal = jm # { Research}, volume=18, number=1, year=1981, pages={39--50}, doi={https://doi.org/10.1/x},}
@book(nunn, author={Muth{\'e}n, Linda K. and van der Berg, Jan-Willem and Ludwig Beethoven}, title={Theory},
  edition=3, publisher={Press}, year=1994)
@techreport{bank, author={{World Bank}}, title={Report}, institution={World Bank}, year=2001}
@mastersthesis{fa2, author={پارسا، علی}, title={اثر رضایت}, year={۱۴۰۱}, school={دانشگاه نمونه}}
@article{fa1, author={رضایی، علی and احمدی، مریم}, title={اثر اعتماد}, year={۱۴۰۰}, journal={پژوهش‌های مدیریت},
  volume={۳}, number={۲}, pages={۱-۲۰}}
"""


@pytest.fixture(scope="module")
def works():
    return Bibliography.of(read_bibtex(BIB, "own.bib"))


@pytest.mark.parametrize(
    ("key", "listed", "cited"),
    [
        (
            "fl81",
            "Fornell, C., & Larcker, D. F. (1981). Evaluating SEM & more: 100%. Journal of Marketing Research, 18(1), 39–50. "
            "https://doi.org/10.1/x",
            "Fornell & Larcker, 1981, p. 3",
        ),
        (
            "nunn",
            "Muthén, L. K., van der Berg, J.-W., & Beethoven, L. (1994). Theory (3rd ed.). Press.",
            "Muthén et al., 1994, p. 3",
        ),
        ("bank", "World Bank. (2001). Report. World Bank.", "World Bank, 2001, p. 3"),
        (
            "fa1",
            "رضایی، علی و احمدی، مریم (۱۴۰۰). اثر اعتماد. پژوهش‌های مدیریت، ۳(۲)، ۱–۲۰.",
            "رضایی و احمدی، ۱۴۰۰، p. 3",
        ),
        (
            "fa2",
            "پارسا، علی (۱۴۰۱). اثر رضایت [پایان‌نامهٔ کارشناسی ارشد، دانشگاه نمونه].",
            "پارسا، ۱۴۰۱، p. 3",
        ),
    ],
)
def test_a_work_in_the_list_and_in_the_text(works, key, listed, cited):
    assert Language.load("en").plain(works.listed(key)) == listed
    assert works.inside(Cite(key, "p. 3")) == cited


def test_twins_of_author_and_year_are_told_apart():
    twins = "@book{b, author={A, B}, year=2001, title={Z}} @book{a, author={A, B}, year=2001, title={Y}}"
    works = Bibliography.of(read_bibtex(twins, "x"))
    assert (works.inside(Cite("a")), works.inside(Cite("b"))) == ("A, 2001a", "A, 2001b")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n@article{a, title={x", r"x\.bib, line 2: a brace or quote opened here does not close"),
        ("@article{a, title={\\input{/etc/passwd}}}", r"the TeX command \\input is not known"),
        ("@article{a, title=word}", "'word' is not a @string"),
        ("@article{a,} @book{a,}", "the key 'a' stands twice"),
        ("@article{, title={x}}", "@article has no key"),
    ],
)
def test_what_is_not_bibtex_is_said_with_its_line(text, told):
    with pytest.raises(StudyError, match=told):
        read_bibtex(text, "x.bib")


@given(
    st.text(
        st.characters(exclude_characters='{}\\"~\x00', exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")),
        min_size=1,
    )
)
def test_any_title_without_tex_comes_out_as_typed(title):
    import unicodedata

    typed = unicodedata.normalize("NFC", title)
    found = read_bibtex(f"@misc{{k, title={{{title}}}}}", "x")["k"].get("title")
    assert found == typed.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")


def test_names_of_people_and_of_bodies():
    assert names("Ludwig van Beethoven and de Boer, M. R.") == [
        ("van Beethoven", "Ludwig"),
        ("de Boer", "M. R."),
    ]


def test_a_chapter_names_its_editors_and_hyphenated_initials_stay():
    text = """@incollection{bo, author={Lee, J.-Y. and Berg, Jan-Willem}, year=1993, title={Fit},
      editor={Bollen, K. A. and Long, J. S.}, booktitle={Testing}, pages={1--2}, publisher={Sage}}
    @incollection{ho, author={West, S. G.}, year=1995, title={Fit}, editor={Hoyle, R. H.}, booktitle={Models}}"""
    works = Bibliography.of(read_bibtex(text, "own.bib"))
    two, one = (Language.load("en").plain(works.listed(key)) for key in ("bo", "ho"))
    assert two == (
        "Lee, J.-Y., & Berg, J.-W. (1993). Fit. In K. A. Bollen & J. S. Long (Eds.), Testing (pp. 1–2). Sage."
    )
    assert one == "West, S. G. (1995). Fit. In R. H. Hoyle (Ed.), Models."


def test_the_bundled_sources_are_whole():
    for key, entry in bundled().items():
        assert entry.get("author"), key
        assert entry.get("title"), key
        assert re.fullmatch(r"(19|20)\d\d", entry.get("year")), key
        assert key.endswith(entry.get("year")), key
        if entry.kind == "article":
            assert all(entry.get(name) for name in ("journal", "volume", "number", "pages")), key


def test_sources_that_our_words_name_are_listed(crm):
    for language in ("fa", "en"):
        document = compose(*crm, language)
        text = " ".join(document.words())
        assert not unlisted_sources(text), unlisted_sources(text)
        listed = {block.key for block in document.blocks() if isinstance(block, Reference)}
        assert {"ref-fornell1981", "ref-henseler2015", "ref-cronbach1951"} <= listed
        assert len(listed) >= len(named_sources(text))
        assert document.chapters[-1].kind == "annex"
        assert "chapter-references" in [chapter.key for chapter in document.chapters]


def test_persian_works_come_first_and_in_their_alphabet(fx, tmp_path):
    study = fx.crm_study(tmp_path / "study", report={"references": "own.bib"})
    (tmp_path / "study" / "own.bib").write_text(BIB, encoding="utf-8")
    document = compose(study, {}, "fa")
    said = Paragraph(("پیش از این ", Cite("fl81"), Cite("fa2"), Cite("fa1"), " آمده است."))
    chapter = Chapter("chapter-said", "2", "chapter", "گفته", (said,))
    bare = type(document)(**{**vars_of(document), "chapters": (chapter,)})
    cited = with_references(bare, study)
    assert (
        cited.text(said.spans)
        == "پیش از این (Fornell & Larcker, 1981؛ پارسا، ۱۴۰۱؛ رضایی و احمدی، ۱۴۰۰) آمده است."
    )
    blocks = cited.chapters[-1].blocks
    assert [block.key for block in blocks if isinstance(block, Heading)] == [
        "references-persian",
        "references-latin",
    ]
    assert [block.rtl for block in blocks if isinstance(block, Reference)] == [True, True, False]
    assert [block.key for block in blocks if isinstance(block, Reference)] == [
        "ref-fa2",
        "ref-fa1",
        "ref-fl81",
    ]


def vars_of(document):
    return {name: getattr(document, name) for name in document.__dataclass_fields__}


def test_a_work_that_no_list_has_is_refused(crm):
    study, results = crm
    document = compose(study, results, "en")
    chapter = Chapter("chapter-said", "2", "chapter", "Said", (Paragraph((Cite("fornel1981"),)),))
    wrong = type(document)(**{**vars_of(document), "chapters": (chapter,)})
    with pytest.raises(StudyError, match=r"cites 'fornel1981'[\s\S]*did you mean 'fornell1981'"):
        with_references(wrong, study)


def test_a_missing_file_of_references_is_named(fx, tmp_path):
    study = fx.crm_study(tmp_path, report={"references": "none.bib"})
    with pytest.raises(StudyError, match=r"report\.references.*no such file"):
        compose(study, {}, "en")
