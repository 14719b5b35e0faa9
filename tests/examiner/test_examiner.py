"""A thesis without faults gives none; each planted fault is found, and only that one."""

import math

import numpy as np
import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from thesis_file import CLEAN, thesis

from crmlab.errors import DataError
from crmlab.examiner import examine
from crmlab.examiner.intervals import ave, composite, p_of_t, rmsea, sobel
from crmlab.examiner.printed import printed

PLANTED = [
    ("cochran", {"cochran": "348"}),  # the well-known 348 for an infinite population
    ("percent", {"women_share": "53.6"}),
    ("sum", {"all": "394"}),
    ("prose", {"kmo_text": "0.856"}),  # a public thesis prints .858 in the table and .856 in the sentence
    ("blank", {"kmo_text": ""}),
    ("bartlett_df", {"bartlett_df": "68"}),
    ("ave_from_loadings", {"ave_tru": "0.595"}),
    ("cr_from_loadings", {"cr_sat": "0.885"}),
    ("fornell_diagonal", {"root_com": "0.792"}),
    ("chi2_df", {"ratio": "2.505"}),
    ("rmsea", {"rmsea": "0.046"}),
    ("model_df", {"df": "53", "ratio": "2.122", "rmsea": "0.054"}),
    ("t_from_ratio", {"t1": "14.20"}),
    ("p_from_t", {"p2": "0.019", "said2": "رد شد"}),
    ("confirmed_not_significant", {"said2": "تأیید"}),
    ("rejected_significant", {"said1": "رد"}),
    ("total_effect", {"total": "0.54", "vaf": "0.56"}),
    ("vaf", {"vaf": "0.76"}),
    ("gof", {"gof": "0.565"}),
    ("impossible", {"alpha_com": "1.08"}),
    ("grim", {"grim": "3.45"}),
]

FOLLOWS = {"ave_from_loadings": ("fornell_diagonal",)}  # one wrong number can disagree with two others


def disagreements(path):
    return [finding.rule for finding in examine(path).disagreements]


def test_a_thesis_without_faults_gives_none(tmp_path):
    found = examine(thesis(tmp_path / "thesis.docx"))
    assert found.disagreements == ()
    assert found.tables == found.understood == 9
    assert found.checked >= 50
    assert {finding.rule for finding in found.findings} == {"p_zero"}


@pytest.mark.parametrize(("rule", "changed"), PLANTED, ids=[rule for rule, _ in PLANTED])
def test_a_planted_fault_is_found(tmp_path, rule, changed):
    found = disagreements(thesis(tmp_path / "thesis.docx", **changed))
    assert found.count(rule) == 1
    assert set(found) <= {rule, *FOLLOWS.get(rule, ())}


def test_places_are_named_as_a_reader_finds_them(tmp_path):
    finding = examine(thesis(tmp_path / "thesis.docx", ave_tru="0.595")).disagreements[0]
    assert (finding.place.kind, finding.place.number) == ("table", 3)
    assert finding.place.title.startswith("جدول ۴-۳")
    assert finding.place.row == "اعتماد"
    assert finding.printed == "۰/۵۹۵"
    assert finding.fields["found"][0] == pytest.approx(np.mean(np.square([0.72, 0.81, 0.78, 0.69])))


def test_the_same_table_in_csv_with_latin_digits(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(
        "construct,item,loading,AVE\nTrust,T1,0.72,0.565\n,T2,0.81,\n,T3,0.78,\n,T4,0.69,\n", encoding="utf-8"
    )
    assert examine(path).findings == ()
    path.write_text(path.read_text("utf-8").replace("0.565", "0.656"), encoding="utf-8")
    assert disagreements(path) == ["ave_from_loadings"]


def test_two_tables_in_a_csv_of_semicolons_and_decimal_commas(tmp_path):
    path = tmp_path / "tables.csv"
    path.write_text(
        "Table 1: Paths;;;\npath;Original sample (O);STDEV;T statistics\nA -> B;0,61;0,05;12,20\n\n"
        "Table 2: Correlations;;;\n;A;B;C\nA;1;0,5;0,2\nB;0,5;1;0,3\nC;0,4;0,3;1\n",
        encoding="cp1256",
    )
    assert disagreements(path) == ["asymmetric"]


def test_correlations_that_no_data_can_have(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("r,A,B,C\nA,1,,\nB,0.9,1,\nC,0.9,-0.9,1\n", encoding="utf-8")
    assert disagreements(path) == ["not_a_correlation_matrix"]


def test_anova_is_recomputed(tmp_path):
    path = tmp_path / "anova.csv"
    good = "source,sum of squares,df,mean square,F,sig\nbetween groups,12.40,3,4.133,5.30,0.001\nwithin groups,296.40,380,0.780,,\n"
    path.write_text(good, encoding="utf-8")
    assert disagreements(path) == []
    path.write_text(good.replace("5.30", "6.30"), encoding="utf-8")
    assert disagreements(path) == ["f_ratio", "p_from_f"]


def test_sobel_from_its_parts(tmp_path):
    path = tmp_path / "sobel.csv"
    path.write_text("path,a,Sa,b,Sb,Sobel\nmediation,.5,.1,.4,.1,3.12\n", encoding="utf-8")
    assert disagreements(path) == []
    path.write_text("path,a,Sa,b,Sb,Sobel\nmediation,.50,.10,.40,.10,3.62\n", encoding="utf-8")
    assert disagreements(path) == ["sobel"]


def test_a_one_sided_p_is_a_note(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("path,t,p\nA -> B,1.80,0.036\n", encoding="utf-8")
    assert [(one.rule, one.kind) for one in examine(path).findings] == [("p_one_sided", "note")]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.docx", b"no zip", "is not a Word document"),
        ("a.pdf", b"%PDF", "cannot read '.pdf'"),
        ("a.csv", b"", "holds neither text nor tables"),
        ("b.csv", b"a,b\n\0,1\n", "NUL"),
    ],
)
def test_a_file_that_cannot_be_read_says_so(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        examine(tmp_path / name)
    with pytest.raises(DataError, match="no such file"):
        examine(tmp_path / "none.docx")


# -- the numbers themselves ---------------------------------------------------------------------------


@given(st.floats(0.0005, 0.9995), st.integers(2, 4))
def test_a_printed_number_holds_what_was_rounded_or_cut_to_it(value, decimals):
    for text in (f"{value:.{decimals}f}", str(math.floor(value * 10**decimals) / 10**decimals)):
        low, high = printed(text).span if len(text.partition(".")[2]) == decimals else (0, 1)
        assert low - 1e-9 <= value <= high + 1e-9


@settings(max_examples=50)
@given(st.lists(st.floats(0.3, 0.95), min_size=2, max_size=8))
def test_ave_and_cr_of_rounded_loadings_hold_the_exact_ones(loadings):
    spans = [printed(f"{value:.2f}").size for value in loadings]
    exact = np.array(loadings)
    low, high = ave(spans)
    assert low <= np.mean(exact**2) <= high
    low, high = composite(spans)
    assert low <= exact.sum() ** 2 / (exact.sum() ** 2 + (1 - exact**2).sum()) <= high


def test_formulas_give_hand_values():
    assert ave([(0.7,) * 2, (0.8,) * 2, (0.9,) * 2])[0] == pytest.approx(0.646667, abs=1e-6)  # oracle RE2
    assert (
        min(sobel((0.5, 0.5), (0.1, 0.1), (0.4, 0.4), (0.1, 0.1)))
        < 3.123475
        < max(sobel((0.5, 0.5), (0.1, 0.1), (0.4, 0.4), (0.1, 0.1)))
    )
    assert p_of_t((1.96, 1.96), (100, 100))[0] == pytest.approx(2 * stats.t.sf(1.96, 100))
    assert rmsea((112.46, 112.46), 51, 384)[1] == pytest.approx(math.sqrt(61.46 / (51 * 383)))


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [("۰/۸۵۸**", 0.858, 3), (".85", 0.85, 2), ("0.72 (15.3)", 0.72, 2), ("(۲/۳۴)", 2.34, 2), ("۱٬۲۳۴", 1234, 0), ("0,85", 0.85, 2), ("–0.12", -0.12, 2), ("12.5 %", 12.5, 1), ("p < .001", 0.001, 3)],
)  # fmt: skip
def test_numbers_as_theses_print_them(text, value, decimals):
    got = printed(text)
    assert (got.value, got.decimals) == (value, decimals)


@pytest.mark.parametrize("text", ["", "-", "***", "1403/02/01", "5-7", "(0.1, 0.2)", "FOC1", "n.s."])
def test_what_is_no_number_is_none(text):
    assert printed(text) is None


def test_every_planted_number_exists():
    assert all(set(changed) <= set(CLEAN) | {"said1", "said2"} for _, changed in PLANTED)


@pytest.mark.parametrize(
    ("sentence", "rules"),
    [
        ("Men and women differ, t(98) = 2.10, p = .038.", []),
        ("Men and women differ, t(98) = 2.10, p = .008.", ["p_from_t"]),
        ("Groups differ, F(2, 380) = 5.30, p = .005.", []),
        ("Groups differ, F(2, 380) = 5.30, p = .050.", ["p_from_f"]),
        ("Trust goes with loyalty, r(98) = .30, p = .002.", []),
        ("Trust goes with loyalty, r(98) = .30, p = .020.", ["p_from_r"]),
        ("The two are linked, χ2(4, N = 90) = 9.60, p = .048.", []),
        ("The two are linked, χ2(4, N = 90) = 9.60, p < .001.", ["p_from_chi2"]),
        ("برازش مدل مناسب است (χ2=۱۱۲/۴۶، df=۵۱، χ2/df=۲/۲۱).", []),
        ("برازش مدل مناسب است (χ2=۱۱۲/۴۶، df=۵۱، χ2/df=۲/۵۱).", ["chi2_df"]),
        ("مقدار t برابر ۲/۱۰ و بیشتر از ۱/۹۶ است.", []),
    ],
)
def test_a_statistic_in_a_sentence_is_recomputed(tmp_path, sentence, rules):
    document = Document()
    document.add_paragraph(sentence)
    document.save(tmp_path / "thesis.docx")
    found = examine(tmp_path / "thesis.docx")
    assert [finding.rule for finding in found.disagreements] == rules
    assert all(finding.place.kind == "paragraph" for finding in found.findings)


@pytest.mark.parametrize("planted", [False, True])
def test_loadings_and_ave_in_two_english_tables_with_item_codes_only(tmp_path, planted):
    path = tmp_path / "smartpls.csv"
    ave = "0.665" if planted else "0.565"
    path.write_text(
        "Table 4.1 Outer loadings,,\n,Outer loadings,T statistics\nTRU1,0.72,18.10\nTRU2,0.81,25.30\nTRU3,0.78,21.70\nTRU4,0.69,15.20\n\n"
        f"Table 4.2 Construct reliability,,,\n,Cronbach's alpha,Composite reliability (rho_c),Average variance extracted (AVE)\nTRU,0.741,0.838,{ave}\n",
        encoding="utf-8",
    )
    assert disagreements(path) == (["ave_from_loadings"] if planted else [])


@pytest.mark.parametrize(("said", "rules"), [("0.46", []), ("46.4", []), ("0.64", ["prose"])])
def test_a_share_may_be_told_as_a_percentage(tmp_path, said, rules):
    document = Document()
    document.add_paragraph(f"VAF is {said} for the indirect effect.")
    table = document.add_table(2, 2)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells], ["effect", "VAF", "A -> B", "46.4"], strict=True
    ):
        cell.text = text
    document.save(tmp_path / "thesis.docx")
    assert disagreements(tmp_path / "thesis.docx") == rules
