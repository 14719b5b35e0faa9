"""Tables, sentences and notebook views hold facts of saved results and nothing else."""

import math

import pandas as pd
import pytest

from crmlab.present import model_tables, sentences, show, tables
from crmlab.present.blocks import Fact, Hidden, Table, facts_of
from crmlab.present.facts import Source, fill, sources
from crmlab.present.language import Language
from crmlab.present.names import reader
from crmlab.present.privacy import withheld
from crmlab.result import Check, Result, tidy_block, tidy_frame

EN = Language.load("en")


def result(rows, checks=()):
    return Result("model.test", tidy_frame(rows), {"level": 0.95}, checks)


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"1": 200, "2": 40, "3": 3}, {"3": Hidden(5), "2": Hidden()}),
        ({"1": 200, "2": 40, "3": 5}, {}),
        ({"1": 200, "2": 1, "3": 1}, {"2": Hidden(5), "3": Hidden(5), "1": Hidden()}),
        ({"1": 200, "2": 3, "3": 4}, {"2": Hidden(5), "3": Hidden(5)}),
        ({"1": 200, "2": 0, "3": 0}, {}),
    ],
)
def test_small_groups_cannot_be_worked_out(counts, hidden):
    assert withheld(counts, 5) == hidden


def test_a_hidden_count_is_nowhere_in_the_table(crm):
    study, results = crm
    source = sources(results)["03_sample_description/profile"]
    table = tables.profile(source, reader(study, "en"), study.privacy_threshold)
    printed = [reader(study, "en").plain(cell) for row in table.rows for cell in row]
    assert "< 5" in printed
    assert printed.count("hidden") >= 4
    addresses = {fact.address for fact in facts_of(table)}
    assert not any("GEN.3" in address or "GEN.2" in address for address in addresses)
    assert any("not shown" in EN.plain(note.spans) for note in table.notes)


def test_every_fact_is_a_cell_of_its_result(crm):
    study, results = crm
    found, language = sources(results), reader(study, "fa")
    made = [
        tables.reliability(found["04_measurement/reliability"], language),
        model_tables.paths(found["05_structure_mediation/paths"], language),
        model_tables.effects(found["05_structure_mediation/effects"], language),
        tables.loadings(found["04_measurement/loadings"], language),
    ]
    for table in made:
        for fact in facts_of(table):
            step, name, *term, column = fact.address.split("/")
            if fact.saved and term != ["glance"]:
                assert fact.value == results[f"{step}/{name}"].cell("/".join(term), column)


def test_a_missing_number_is_a_dash():
    source = Source(
        "x/y", result([{"term": "alpha:A", "estimate": math.nan}, {"term": "omega:A", "estimate": 0.8}])
    )
    row = tables.reliability(source, EN).rows[0]
    assert EN.plain(row[1]) == "–"
    assert EN.plain(row[2]) == "0.80"


def test_a_failed_check_stands_below_the_table():
    check = Check("check.converged", False, 300.0, "< 300 iterations")
    source = Source("x/y", result([{"term": "path:B~A", "estimate": 0.3}], (check,)))
    note = model_tables.paths(source, EN).notes[-1]
    assert note.role == "failed"
    assert (
        EN.plain(note.spans)
        == "The estimation did not converge: 300; the rule: the search settles within the iterations allowed."
    )
    limit = Check("check.htmt:A~B", False, 0.93, "< 0.85 (somebody)")
    note = model_tables.paths(
        Source("x/y", result([{"term": "path:B~A", "estimate": 0.3}], (limit,))), EN
    ).notes[-1]
    assert "below 0.85" in EN.plain(note.spans), "the limit it was judged by, not the usual one"
    other = Check("check.never_heard_of", False, 1.0, "< 1 (its own words)")
    note = model_tables.paths(
        Source("x/y", result([{"term": "path:B~A", "estimate": 0.3}], (other,))), EN
    ).notes[-1]
    assert "its own words" in EN.plain(note.spans)


def test_a_row_must_fit_its_header():
    with pytest.raises(ValueError, match="must fit 2 columns"):
        Table("t", ("t",), (("a",), ("b",)), ((("1",), ("2",), ("3",)),))


def test_braces_of_a_label_are_not_fields():
    spans = fill("{a} and {b}", a="{b}", b=Fact("x", 1.0))
    assert spans == ("{b}", " and ", Fact("x", 1.0))


VERDICTS = {
    (1.0, 0.4, 0.0): "is supported",
    (0.0, 0.1, 0.4): "is not supported",
    (-1.0, -0.4, 0.0): "is contradicted",
    (math.nan, math.nan, math.nan): "could not be judged",
}


@pytest.mark.parametrize(("case", "words"), VERDICTS.items())
def test_the_sentence_follows_the_verdict(crm, case, words):
    study, _ = crm
    verdict, estimate, p = case
    frame = pd.concat([
        tidy_block("hypothesis", ["H1"], [estimate], ci_low=0.1, ci_high=0.2, p_value=p),
        tidy_block("verdict", ["H1"], [verdict]),
        tidy_block("p_holm", ["H1"], [p]),
    ])  # fmt: skip
    source = Source("05/verdicts", Result("m", frame, {"level": 0.9}))
    told = EN.plain(sentences.direct(source, EN, study.hypotheses[0], 0.05))
    assert words in told
    assert ("90% CI" in told) == (not math.isnan(verdict))


@pytest.mark.parametrize(
    ("kind", "words"),
    [(0, "no mediation"), (1, "direct-only"), (2, "indirect-only"), (3, "complementary"), (4, "competitive")],
)
def test_the_sentence_names_the_kind_of_mediation(crm, kind, words):
    study, _ = crm
    frame = pd.concat([
        tidy_block("hypothesis", ["H4"], [0.2], ci_low=0.1, ci_high=0.3, p_value=0.001),
        tidy_block("verdict", ["H4"], [float(kind >= 2)]), tidy_block("mediation", ["H4"], [kind]),
        tidy_block("p_holm", ["H4"], [0.2]),
    ])  # fmt: skip
    paths = Source(
        "05/paths", result([{"term": "path:CLV~CRM", "estimate": 0.1, "ci_low": 0.0, "ci_high": 0.2}])
    )
    told = EN.plain(
        sentences.mediated(Source("05/verdicts", Result("m", frame)), paths, EN, study.hypotheses[3], 0.05)
    )
    assert words in told
    assert ("Holm" in told) == (kind >= 2), "support that does not survive the correction is told"


def test_show_in_both_languages(crm):
    study, results = crm
    for language, digits in (("fa", "۰۱۲۳۴۵۶۷۸۹"), ("en", "0123456789")):
        for address, saved in results.items():
            html = show(saved, language, study)._repr_html_()
            assert f'lang="{language}"' in html
            assert "<table" in html
            assert set(digits) & set(html), address
    broken = Result(
        "model.x",
        results["05_structure_mediation/paths"].tidy,
        {},
        (Check("check.converged", False, 1.0, "<i>"),),
    )
    html = show(broken, "en", study)._repr_html_()
    assert html.index("did not converge") < html.index("<table")
    assert "<i>" not in html


def test_show_refuses_what_it_does_not_know():
    with pytest.raises(TypeError, match="not int"):
        show(3)
