"""The report before it has a file format."""

import pytest

from crmlab.present.blocks import Paragraph, Ref, facts_of
from crmlab.report import compose, run_code
from crmlab.report.layout import contained
from crmlab.report.trace import lint
from crmlab.result import Result


def test_numbers_run_by_chapter_and_references_resolve(crm):
    document = compose(*crm, "fa")
    assert document.numbers["flow"] == "۴-۱"
    assert document.reference("flow") == "جدول ۴-۱"
    assert document.reference("structure").startswith("شکل ۴-")
    assert document.reference("items") == "جدول الف-۱"
    keys = {
        span.key
        for block in document.blocks()
        if isinstance(block, Paragraph)
        for span in block.spans
        if isinstance(span, Ref)
    }
    assert keys <= set(document.numbers)
    tables = [
        document.numbers[table.key]
        for table in document.tables
        if document.numbers[table.key].startswith("۴")
    ]
    assert len(set(tables)) == len(tables) == 13


def test_keys_are_unique(crm, ecsi):
    for study, results in (crm, ecsi):
        document = compose(study, results, "en")
        keys = [block.key for block in document.blocks() if hasattr(block, "key")]
        assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("which", ["crm", "ecsi"])
def test_both_languages_carry_the_same_facts(which, request):
    study, results = request.getfixturevalue(which)
    fa, en = (compose(study, results, language) for language in ("fa", "en"))
    assert sorted(fact.address for fact in fa.facts) == sorted(fact.address for fact in en.facts)
    assert {fact.address: fact.value for fact in fa.facts if fact.value == fact.value} == {
        fact.address: fact.value for fact in en.facts if fact.value == fact.value
    }
    assert [type(block) for block in fa.blocks()] == [type(block) for block in en.blocks()]


def test_no_number_is_typed(crm):
    """Digits of the findings stand in facts, in the study's own words, or in numbers of tables and sections."""
    study, results = crm
    document = compose(study, results, "en")
    assert lint(document) == []


def test_one_changed_number_changes_only_what_cites_it(crm):
    study, results = crm
    saved = results["04_measurement/reliability"]
    tidy = saved.tidy.copy()
    tidy.loc[tidy["term"] == "rho_c:FOC", "estimate"] = 0.123
    changed = {
        **results,
        "04_measurement/reliability": Result(saved.model, tidy, saved.glance, saved.checks, saved.source),
    }
    before, after = compose(study, results, "en"), compose(study, changed, "en")
    different = [
        new.address
        for old, new in zip(before.facts, after.facts, strict=True)
        if (old.value != new.value) and new.value == new.value
    ]
    assert different == ["04_measurement/reliability/rho_c:FOC/estimate"]
    assert run_code(results) != run_code(changed)
    assert before.code in "".join(before.words())


@pytest.mark.parametrize("language", ["fa", "en"])
def test_any_missing_result_leaves_a_report(crm, language):
    study, results = crm
    for lost in results:
        document = compose(study, {key: value for key, value in results.items() if key != lost}, language)
        assert all(chapter.blocks for chapter in document.chapters)
        assert not any(fact.address.startswith(f"{lost}/") for fact in document.facts)


def test_what_has_not_been_run_is_said(crm):
    study, _ = crm
    document = compose(study, {}, "en")
    told = " ".join(document.words())
    assert "the step “measurement” has not been run" in told
    assert {table.key for table in document.tables} <= {"definitions", "deployment_models", "questionnaire"}


def test_failed_checks_stand_at_their_table_and_in_the_annex(crm):
    document = compose(*crm, "en")
    words = list(document.words())
    assert sum("Heywood" in text for text in words) == 2
    assert any(text.startswith("Checks that failed (1 of") for text in words)


def test_direction_marks_of_a_label_end_with_it():
    assert contained("a\u202eb") == "a\u202eb\u202c"
    assert contained("\u2067\u2067b\u2069") == "\u2067\u2067b\u2069\u2069"
    assert contained("plain") == "plain"


def test_a_saved_fact_names_its_cell(crm):
    study, results = crm
    for fact in compose(study, results, "en").facts:
        if fact.saved:
            step, name, *term, column = fact.address.split("/")
            result = results[f"{step}/{name}"]
            value = result.glance[column] if term == ["glance"] else result.cell("/".join(term), column)
            assert fact.value == value or value != value


def test_facts_of_figures_are_counted(crm):
    document = compose(*crm, "en")
    assert all(facts_of(figure) for figure in document.figures if figure.key != "design_concept")
    assert all(figure.alt for figure in document.figures)
