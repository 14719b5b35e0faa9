"""What a notebook prints of a cell: results beside each other, bad news once, no key of the inside, Persian from the right."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crmlab.present import show
from crmlab.present.blocks import Label, Paragraph, Ref, Table
from crmlab.present.language import Language
from crmlab.result import Check, Result, tidy_frame

EN, FA = Language.load("en"), Language.load("fa")


@dataclass
class Cell:
    results: dict[str, Result] = field(default_factory=dict)


def result(model, rows, checks=()):
    return Result(model, tidy_frame([{"term": term, "estimate": value} for term, value in rows]), {}, checks)


def goals():
    said = [("kpi:C1.churn", 1), ("baseline:C1", 18), ("target:C1", 12), ("actual:C1", 15)]
    return {
        "goals_admitted": result("model.goals_admitted", said),
        "goals": result("model.goals", [("attainment:C1", 0.5), ("overdue:C1", 1)]),
    }


def test_a_result_is_shown_with_those_of_its_cell():
    html = show(Cell(goals()), EN)._repr_html_()
    assert all(
        f'title="goals_admitted/{what}:C1/estimate"' in html for what in ("baseline", "target", "actual")
    )
    assert ">churn<" in html
    alone = show(goals()["goals"], EN)._repr_html_()
    assert "goals_admitted" not in alone


def test_what_failed_is_told_once_a_result():
    late = Check("check.overdue:C1", False, 0.5, "reached by its day")
    found = goals() | {"goals": result("model.goals", [("attainment:C1", 0.5)], (late,))}
    html = show(Cell(found), EN)._repr_html_()
    assert html.count("<svg") == 1  # the table and the chart both carry the note
    assert html.count(EN.word("check.overdue")) == 1


def test_a_cell_without_results_says_so():
    for nothing in (None, Cell()):
        assert EN.word("not_asked") in show(nothing, EN)._repr_html_()


def test_references_and_files_are_words():
    html = show(Paragraph(("see ", Ref("needs_met"))), EN)._repr_html_()
    assert "needs_met" not in html
    assert "see below" in html
    assert "<bdi>report.fa.pdf</bdi>" in show([Path("out/report.fa.pdf")], EN)._repr_html_()


@pytest.mark.parametrize(("rows", "scrolls"), [(40, False), (41, True)])
def test_long_tables_scroll(rows, scrolls):
    table = Table("long", ("x",), (("a",), ("b",)), [(("1",), ("2",))] * rows, "ss", (1, 1))
    assert ("overflow-y" in show(table, EN)._repr_html_()) is scrolls


def test_persian_that_begins_with_a_latin_word_runs_from_the_right():
    persian = FA.word("not_asked")
    assert '<bdi dir="rtl">CRM ' in show(Paragraph((Label(f"CRM {persian}"),)), FA)._repr_html_()
    assert "<bdi>BG/NBD</bdi>" in show(Paragraph((Label("BG/NBD"),)), FA)._repr_html_()
    assert "<bdi>CRM " in show(Paragraph((Label(f"CRM {persian}"),)), EN)._repr_html_()
