"""Steps 09 and 10 in the report: ratings, goals, canvas and offices of a study of their own, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crmlab import enterprise
from crmlab.errors import CrmlabError, StudyError
from crmlab.present import show
from crmlab.present.blocks import Figure, Paragraph, Table, facts_of
from crmlab.report.chapters import compose
from crmlab.report.enterprise_sections import SECTIONS
from crmlab.result import Result
from crmlab.run.planning import inputs_of, plan
from crmlab.study import load_study

DEMO = Path(__file__).parents[2] / "data" / "demo"
HEAD = """name: firm
title: {fa: آزمون, en: Test}
organisation: {fa: این شرکت, en: this company}
"""
OF_CUSTOMERS = (
    "needs:",
    "members:",
    "  answers:",
    "  profile:",
)  # what this study without a survey cannot have
TABLES = ("ratings", "goals", "canvas", "office_panel")


def own_study(folder: Path, changes: tuple[tuple[str, str], ...] = ()) -> Path:
    """The demo's enterprise tables as a study without answers and customers."""
    text = (DEMO / "study.yml").read_text(encoding="utf-8")
    part = HEAD + text[text.index("# The enterprise:") :]
    part = "\n".join(line for line in part.split("\n") if not line.startswith(OF_CUSTOMERS))
    for old, new in changes:
        assert old in part
        part = part.replace(old, new)
    (folder / "raw").mkdir(parents=True)
    for name in ("بلوغ", "اهداف", "بوم", "دفترها", "رقبا"):
        (folder / "raw" / f"{name}.csv").write_bytes((DEMO / "raw" / f"{name}.csv").read_bytes())
    (folder / "study.yml").write_text(part, encoding="utf-8")
    return folder / "study.yml"


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    study = load_study(own_study(tmp_path_factory.mktemp("firm") / "data"))
    asked = enterprise.question(study)
    rated = enterprise.assess(asked)
    parts = {
        "09_maturity": (rated, enterprise.follow_goals(asked), enterprise.plan_ahead(asked, rated)),
        "10_enterprise_map": (enterprise.map_canvas(asked, {}), enterprise.map_offices(asked)),
    }
    results: dict[str, Result] = {}
    for step, bundles in parts.items():
        for bundle in bundles:
            results |= {f"{step}/{name}": result for name, result in bundle.results.items()}
    return study, results


def told(document):
    spans = [
        block.spans
        for chapter in document.chapters
        for block in chapter.blocks
        if isinstance(block, Paragraph)
    ]
    return " ".join(document.language.plain(each) for each in spans)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_section_stands_in_the_report_and_every_number_is_a_fact(firm, language):
    study, results = firm
    document = compose(study, results, language)
    blocks = [block for chapter in document.chapters for block in chapter.blocks]
    keys = {block.key for block in blocks if isinstance(block, Table | Figure)}
    assert {
        "radar_gartner",
        "stairs_crm_strategy",
        "stairs_lic",
        "goal_chart",
        "canvas",
        "office_graph",
        "ripple",
    } <= keys
    assert {
        "balance",
        "inversions_crm_strategy",
        "tracing",
        "roadmap",
        "themes",
        "considerations",
        "cut",
    } <= keys
    saved = [fact for block in blocks for fact in facts_of(block) if fact.saved]
    assert len(saved) > 500
    for fact in saved:
        step, name, *term, column = fact.address.split("/")
        if term != ["glance"]:
            held = results[f"{step}/{name}"].cell("/".join(term), column)
            assert held == fact.value or (held != held and fact.value != fact.value)
    assert len(SECTIONS) == 11


def test_the_sentences_say_what_was_planted(firm):
    study, results = firm
    text = told(compose(study, results, "en"))
    assert "Creation of the CRM technology infrastructure" in text  # technology before vision
    assert "serve no goal of the business: C5" in text
    assert "Units rated by one rater alone: 1" in text
    assert "Farther from the target than at the start: C5" in text
    assert "Blocks that concern the customer and have no evidence in this study: 1 (revenue streams)" in text
    assert "On the canvas 5 of 9 blocks, 55.6 percent and thus more than half" in text
    assert re.search(r"A 10 percent cut of the middle office's budget saves [\d,]+", text)
    assert "A study of the effect of" in text


def test_lic_is_never_expanded(firm):
    study, results = firm
    for language in ("en", "fa"):
        document = compose(study, results, language)
        assert not re.search(r"LIC \(|\(LIC\)|L\.I\.C", told(document))


def test_a_notebook_shows_every_result(firm):
    study, results = firm
    for language in ("en", "fa"):
        for result in results.values():
            assert show(result, language, study)._repr_html_()


def test_steps_run_for_the_tables_there_are(tmp_path):
    study = load_study(own_study(tmp_path / "data"))
    steps = {step.name: step for step in plan(study)}
    assert steps["02_data_intake"].skip == "the study has neither a survey nor customers"
    assert not steps["09_maturity"].skip
    assert steps["10_enterprise_map"].needs == ("09_maturity",)
    named = set(inputs_of(study, steps["09_maturity"]).values())
    assert named == {"ratings.file", "goals.file", "benchmark.file"}
    bare = load_study(Path(__file__).parents[2] / "data" / "mobi")
    skips = {step.name: step.skip for step in plan(bare)}
    assert skips["09_maturity"] == "the study has no ratings, goals, needs or benchmark"
    assert skips["10_enterprise_map"].startswith("the study has no canvas")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  target: 4\n", "  target: {GAR11: 4}\n", "GAR11.*GAR1"),
        ("    model: gartner\n", "    model: lic\n", "no element of lic"),
        ("as_of: 1403/04/01", "as_of: 1403/07/31", "1403/07/31"),
        ("raw/بلوغ.csv}", "raw/بلوغ.csv, units: [شعبه ماه]}", "شعبه ماه"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path, old, new, says):
    with pytest.raises((StudyError, CrmlabError), match=says) as caught:
        enterprise.question(load_study(own_study(tmp_path / "data", ((old, new),))))
    assert "Traceback" not in str(caught.value)


def test_each_table_alone_makes_a_study(tmp_path):
    for name in TABLES:
        text = own_study(tmp_path / name).read_text(encoding="utf-8")
        kept = [line for line in text.split("\n") if line.startswith((*HEAD.split("\n")[:3], f"{name}:"))]
        (tmp_path / name / "study.yml").write_text("\n".join(kept), encoding="utf-8")
        asked = enterprise.question(load_study(tmp_path / name / "study.yml"))
        for part in (enterprise.assess(asked), enterprise.follow_goals(asked), enterprise.map_offices(asked)):
            assert part is None or part.results


def test_the_template_names_keys_that_are_taken(tmp_path):
    text = (Path(enterprise.__file__).parents[1] / "study/catalogue/study.template.yml").read_text(
        encoding="utf-8"
    )
    part = text[text.index("# ratings: {file") : text.index("# Who is left out of the analysis")]
    lines = [line.removeprefix("# ") for line in part.rstrip().split("\n")]
    kept = [line for line in lines if not line.startswith(("members:", "  answers:", "  profile:"))]
    (tmp_path / "study.yml").write_text(HEAD + "\n".join(kept), encoding="utf-8")
    study = load_study(tmp_path)
    named = {"ratings", "goals", "canvas", "office_panel", "needs", "members", "benchmark"}
    assert named <= {line.partition(":")[0] for line in lines}
    assert study.spec.benchmark.outputs == ("sales", "customers kept")
    assert study.enterprise.investment.costs == {"GAR3": 250}
    assert study.enterprise.cut.worth == {"RQ": (1500, 500)}
