"""Viva sheet, data dictionary, questionnaire, coverage of the source, chapters 1 and 2."""

import csv
from pathlib import Path

import pytest

from crmlab.present.blocks import Fact, Figure, Heading, Paragraph, Table
from crmlab.present.guide_tables import choices
from crmlab.present.language import Language
from crmlab.present.viva_sentences import MAKERS, questions
from crmlab.report import compose
from crmlab.report.chapters import FINDINGS
from crmlab.report.trace import lint
from crmlab.run.guide import guide
from crmlab.study.claims import STATED, claims, coverage
from crmlab.study.spec import STEPS

SOURCE = Path("/work/shared/domain/source_claims.csv")


def chapter(document, key):
    return next(one for one in document.chapters if one.key == key)


def paragraphs(document, key):
    return [document.text(b.spans) for b in chapter(document, key).blocks if isinstance(b, Paragraph)]


# -- coverage of the source ------------------------------------------------------------------------


def test_the_catalogue_holds_every_claim_of_the_source():
    if not SOURCE.is_file():
        pytest.skip("the list of source claims is not here")
    with open(SOURCE, encoding="utf-8", newline="") as handle:
        ids = [row["id"] for row in csv.DictReader(handle)]
    assert [one.id for one in claims()] == ids
    assert len(ids) == 93


def test_every_claim_is_told_in_both_languages_and_lic_is_never_expanded():
    assert all(one.text["en"] and one.text["fa"] for one in claims())
    lic = next(one for one in claims() if one.id == "A-L0")
    assert "LIC" in lic.text["en"]
    assert "LIC" in lic.text["fa"]


def test_every_place_names_a_step_a_result_and_a_section_that_the_code_has():
    root = Path(__file__).parents[2]
    code = "".join(file.read_text(encoding="utf-8") for file in (root / "crmlab").rglob("*.py"))
    books = "".join(file.read_text(encoding="utf-8") for file in (root / "notebooks").glob("*.ipynb"))
    words = Language.load("en").words
    for one in claims():
        for place in one.places:
            assert place.step in STEPS, (one.id, place)
            assert place.result.split("_")[0] in code + books, (one.id, place)
            assert not place.section or f"section.{place.section}" in words, (one.id, place)


def test_a_claim_without_computation_is_open_and_shown(crm):
    found = coverage(STEPS)
    assert found["claims"] == 93
    assert found["claims"] == sum(found[name] for name in ("answered", "not_asked", "open", "told"))
    nothing = coverage(())
    assert nothing["answered"] == 0
    assert all(nothing[f"state:{one.id}"] == 2 for one in claims() if one.kind in STATED and not one.places)
    document = compose(*crm, "en")
    table = next(table for table in document.tables if table.key == "claims")
    shown = [row[0][0].text for row in table.rows if len(row) > 1]
    assert shown == [one.id for one in claims()]
    states = {row[0][0].text: row[3][0] for row in table.rows if len(row) > 1}
    assert states["A-D11"] == "answered"
    assert states["A-D12"] == "not asked"
    assert states["A-T"] == "definition"


def test_the_models_page_says_what_this_study_computes(crm):
    document = compose(*crm, "fa")
    table = next(table for table in document.tables if table.key == "deployment_models")
    heads = [document.text(row[0]) for row in table.rows if len(row) == 1]
    assert len(heads) == 5
    assert any("LIC" in head for head in heads)


def test_the_guide_plans_the_run(crm):
    study, _ = crm
    found = guide(study)
    assert [row[0][0].text for row in found.plan.rows] == list(STEPS)
    skipped = {row[0][0].text: row[3][0] for row in found.plan.rows}
    assert skipped["07_behavioural_clv"].text.startswith("the study has n")
    assert set(found.results) == {"coverage"}
    assert found.results["coverage"]["claims"] == 93
    for language in ("en", "fa"):
        assert len(choices(Language.load(language)).rows) >= 10


# -- viva, dictionary, questionnaire ---------------------------------------------------------------


def test_questions_come_only_where_they_apply(crm, ecsi):
    told = " ".join(paragraphs(compose(*crm, "en"), "annex-viva"))
    assert "Why this number of respondents?" in told
    assert "Why omega beside alpha?" in told
    assert "Several hypotheses were tested" in told
    assert "purchase model" not in told
    assert "Cochran" not in told
    other = " ".join(paragraphs(compose(*ecsi, "en"), "annex-viva"))
    assert "bootstrap interval for mediation" not in other


def test_every_answer_rests_on_this_study_s_numbers(crm):
    from crmlab.present.facts import sources
    from crmlab.present.names import reader

    study, results = crm
    asked = questions(study, sources(results), reader(study, "en"), "ab12")
    counted = sum(any(isinstance(span, Fact) for span in answer) for _, answer in asked)
    assert counted >= 7
    assert len(asked) <= 3 * len(MAKERS)


def test_the_dictionary_names_every_item_that_was_asked(crm):
    study, results = crm
    document = compose(study, results, "en")
    table = next(table for table in document.tables if table.key == "dictionary")
    rows = {row[0][0].text: row for row in table.rows}
    assert set(study.construct_items) <= set(rows)
    assert rows["ORG3"][4] == ("reversed",)
    assert rows["FOC1"][4] == ("direct",)
    assert document.text(rows["FOC1"][3]).startswith("1 = Strongly disagree")
    assert document.text(rows["FOC1"][2]) == "Customer focus"
    assert isinstance(rows["FOC1"][5][0], Fact)
    persian = compose(study, results, "fa")
    assert "کاملاً مخالفم" in "".join(persian.words()) or "مخالفم" in "".join(persian.words())


def test_the_questionnaire_annex_numbers_the_questions(crm):
    table = next(table for table in compose(*crm, "fa").tables if table.key == "questionnaire")
    assert [row[0][0].text for row in table.rows[:3]] == ["۱", "۲", "۳"]


def test_the_record_counts_rows_and_names_seeds(crm):
    told = " ".join(paragraphs(compose(*crm, "en"), "annex-record"))
    assert "421 received, 6 refused, 415 admitted, 381 analysed" in told
    assert "Computed with" in told
    assert "numpy 2.3.4" in told


# -- chapters 1 and 2 ------------------------------------------------------------------------------


def test_objectives_hypotheses_and_definitions_follow_from_the_study_file(crm):
    study, results = crm
    document = compose(study, results, "en")
    first = chapter(document, "chapter-opening")
    told = paragraphs(document, "chapter-opening")
    assert sum(text.startswith("• ") for text in told) == len(study.hypotheses)
    for one in study.hypotheses:
        assert f"{one.id}: {one.statement['en']}" in told
    table = next(block for block in first.blocks if isinstance(block, Table))
    rows = {document.text(row[0]): document.text(row[2]) for row in table.rows}
    assert rows["Trust"] == "mean of 4 items (TRU1, TRU2, TRU3, TRU4) on a scale of 5 points"
    assert rows["Relationship quality"].startswith("made of the dimensions Trust")
    drawn = [block.key for block in first.blocks if isinstance(block, Figure)]
    assert drawn == ["design_concept"]  # a study without a design draws its model here


def test_own_constructs_are_not_defined_for_the_author(ecsi):
    document = compose(*ecsi, "en")
    table = next(table for table in document.tables if table.key == "definitions")
    assert {document.text(row[1]) for row in table.rows} == {"as the author defines it"}


def test_no_chapter_and_no_section_is_empty(crm):
    study, results = crm
    for kept in (results, {}):
        document = compose(study, kept, "fa")
        assert all(chapter.blocks for chapter in document.chapters)
        assert not [line for line in lint(document) if "empty" in line]
    assert len(FINDINGS) > 8
    assert all(
        isinstance(block, Heading | Paragraph | Table | Figure) or block for block in document.blocks()
    )
