"""What stands behind the ratings, from the demo's answers, purchases and tables: joined, computed, told and shown."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import enterprise
from crmlab.data.intake import admit_all
from crmlab.enterprise.evidence import match_counts
from crmlab.enterprise.people import GROUPS
from crmlab.errors import StudyError
from crmlab.files import write_text
from crmlab.present import enterprise_view, show
from crmlab.present.blocks import Fact, Figure, Heading, Paragraph, Table, facts_of
from crmlab.present.facts import Source, sources
from crmlab.present.names import reader
from crmlab.report.enterprise_sections import SECTIONS, lic
from crmlab.report.model import Chapter, Document
from crmlab.report.scene import Scene
from crmlab.result import Check, Result, tidy_frame
from crmlab.study import load_study
from crmlab.study.instrument import read_catalogue

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The demo with what steps 02 and 07 hand on, and the results of steps 09 and 10."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CRMLAB_KEY", "0123456789abcdef0123456789abcdef")
    home = tmp_path_factory.mktemp("evidence")
    study = load_study(shutil.copytree(DEMO, home / "data"))
    out = home / "results"
    intake = admit_all(study)
    intake.save(out / "02_data_intake")
    bought = intake.ledger.rows.loc[intake.ledger.rows["kind"] == "purchase"].groupby("customer").size()
    groups = pd.DataFrame(
        {"customer": bought.index, "group": np.where(bought > bought.median(), "best", "asleep")}
    )
    (out / "07_behavioural_clv").mkdir()
    groups.to_parquet(out / "07_behavioural_clv" / GROUPS)
    asked = enterprise.question(study, out=out / "09_maturity")
    rated = enterprise.assess(asked)
    parts = {
        "09_maturity": [rated, enterprise.link_customers(asked, rated), enterprise.look_behind(asked, rated),
                        enterprise.follow_goals(asked), enterprise.plan_ahead(asked, rated)],
    }  # fmt: skip
    needs = {name: result for part in parts["09_maturity"] for name, result in part.results.items()}
    parts["10_enterprise_map"] = [enterprise.map_canvas(asked, {}, needs), enterprise.map_offices(asked)]
    results = {
        f"{step}/{name}": one
        for step, bundles in parts.items()
        for part in bundles
        for name, one in part.results.items()
    }
    yield study, asked, results
    patch.undo()


def drawn(study, results, language, sections=SECTIONS):
    scene = Scene(study, reader(study, language), sources(results))
    return [block for section in sections for block in section(scene)]


def told(blocks, language):
    return " ".join(language.plain(block.spans) for block in blocks if isinstance(block, Paragraph))


def test_customers_are_joined_with_units_and_money(whole):
    _, asked, _ = whole
    people = asked.people
    table = asked.members.frame.set_index("customer")["unit"]
    known = people.customer.notna()
    assert (people.unit[known] == people.customer[known].map(table)).all()
    items = people.answers[[f"TRU{k}" for k in range(1, 5)]]
    assert people.scores["TRU"].equals(items.mean(axis=1).rename("TRU"))
    assert people.scores["RQ"].equals(
        people.scores[["TRU", "SAT", "COM"]].mean(axis=1, skipna=False).rename("RQ")
    )
    assert people.bounds["SAT"] == (1, 5)
    assert asked.money.index.is_unique
    assert not any("C0" in name for name in asked.money.index)  # pseudonyms only


def test_match_rates_are_those_of_the_tables(whole):
    _, asked, results = whole
    counts = match_counts(asked.warehouse).set_index("source")
    bought = set(asked.warehouse.table("transactions")["customer"])
    answered = asked.warehouse.table("respondents")["customer"]
    assert counts.loc["respondents", "records"] == len(answered)
    assert counts.loc["respondents", "matched"] == answered.isin(bought).sum()
    log = asked.warehouse.table("contacts")
    for channel, rows in log.groupby("channel"):
        assert counts.loc[channel, "matched"] == rows["customer"].isin(bought).sum()
    found = results["09_maturity/integration"]
    assert found["match_rate"] == pytest.approx(counts["matched"].sum() / counts["records"].sum())


def test_what_was_planted_is_found(whole):
    _, _, results = whole
    brief = results["09_maturity/product_brief"]
    assert "top_need:پاداش وفاداری.best" in brief
    assert "top_need:پیگیری پس از خرید.asleep" in brief
    gap = results["09_maturity/need_gaps"].select("need_gap")["estimate"]
    assert gap.idxmin() == "قیمت روشن"
    assert gap.min() < 0
    link = results["09_maturity/outcome_links"]
    assert link.cell("path:RQ~GAR3", "ci_low") > 0
    cascade = results["10_enterprise_map/cascade"]
    assert cascade.cell("indirect:RQ~bo_capacity~mo_budget", "ci_low") > 0
    assert results["09_maturity/frontier"]["efficient:همتای صنعت"] == 1
    canvas = results["10_enterprise_map/canvas"]
    assert canvas["share:revenue~satisfied"] == results["10_enterprise_map/revenue"]["satisfied_share"]
    assert canvas["evidence:revenue"] == 2
    assert not [check for check in canvas.failed if check.name == "check.no_evidence:revenue"]


def test_revenue_at_risk_adds_up(whole):
    _, asked, results = whole
    found = results["10_enterprise_map/revenue"]
    parts = sum(found[f"{kind}_revenue"] for kind in ("satisfied", "neither", "risk", "unknown"))
    assert parts == pytest.approx(asked.money.clip(lower=0).sum())
    assert found["customers"] == len(asked.money)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_number_of_the_pages_is_a_saved_fact(whole, language):
    study, _, results = whole
    blocks = drawn(study, results, language)
    keys = [block.key for block in blocks if isinstance(block, Table | Figure)]
    assert len(keys) == len(set(keys))
    assert {
        "lic_stages", "need_gaps", "integration_sources", "product_brief", "ideas", "need_figure", "efficiency", "aims",
        "outcome_links", "bottlenecks", "unit_means", "revenue_at_risk", "cascade", "bed_gartner", "bed_lic",
        "bed_crm_strategy", "bed_canvas", "bed_office", "bed_kalakota", "bed_swift",
    } <= set(keys)  # fmt: skip
    for fact in [fact for block in blocks for fact in facts_of(block) if fact.saved]:
        step, name, *term, column = fact.address.split("/")
        if term != ["glance"]:
            held = results[f"{step}/{name}"].cell("/".join(term), column)
            assert held == fact.value or (held != held and fact.value != fact.value)
    for result in results.values():
        assert show(result, language, study)._repr_html_()


def test_each_consideration_is_reached_from_a_page(whole):
    study, _, results = whole
    language = reader(study, "en")
    blocks = drawn(study, results, "en")
    pages = re.findall(
        r"this section leads to (?:all 14|\d+ of the 14) design considerations", told(blocks, language)
    )
    assert len(pages) == 5  # Gartner, strategy, LIC, canvas, offices
    beds = [block for block in blocks if isinstance(block, Table) and block.key.startswith("bed_")]
    listed = " ".join(language.plain(row[-1]) for bed in beds for row in bed.rows)
    assert {f"D{k}" for k in range(1, 15)} <= set(re.findall(r"D\d+", listed))


def test_lic_is_two_pages(whole, tmp_path):
    """With all five stages, the uplift of another step too; opened on a page of its own."""
    from crmlab.present.theme import Theme
    from crmlab.report.pdf import to_pdf
    from crmlab.report.pictures import draw

    study, _, results = whole
    results = results | {"11_swift_loop/uplift": lifted(0.10, 0.04, 0.16)}
    for code in ("en", "fa"):
        blocks = drawn(study, results, code, (lic,))
        headings = [block for block in blocks if isinstance(block, Heading)]
        assert len(headings) == 1
        language, theme = reader(study, code), Theme.load()
        pages = []
        for content in (blocks, blocks[:1]):
            chapter = Chapter("chapter-findings", "4", "chapter", "x", tuple(content))
            document = Document("a", language, "t", "o", "", "0000-0000-0000", (chapter,))
            pages.append(len(re.findall(rb"/Type\s*/Page\b", to_pdf(document, draw(document, theme), theme))))
        # a bare heading takes a page too; lists of tables are pages before the chapter
        assert pages[0] - pages[1] <= 2


def lifted(value, low, high):
    rows = [{"term": "uplift", "estimate": value, "ci_low": low, "ci_high": high}]
    rows += [{"term": f"contacts:{arm}", "estimate": 100} for arm in ("standard", "personalised")]
    rows += [
        {"term": f"rate:{arm}", "estimate": 0.3, "ci_low": 0.2, "ci_high": 0.4}
        for arm in ("standard", "personalised")
    ]
    return Result("model.uplift", tidy_frame(rows), {"level": 0.95})


def test_uplift_is_told_only_where_it_has_been_estimated(whole):
    study, _, results = whole
    language = reader(study, "en")
    assert "Stage 4" not in told(drawn(study, results, "en", (lic,)), language)
    for value, low, high, words in (
        (0.10, 0.04, 0.16, "raise the response by 10.0 percentage points"),
        (-0.10, -0.16, -0.04, "lower the response"),
        (0.02, -0.03, 0.07, "no effect of personal contacts on the response is shown"),
    ):
        with_it = results | {"11_swift_loop/uplift": lifted(value, low, high)}
        assert words in told(drawn(study, with_it, "en", (lic,)), language)


def test_a_unit_may_be_told_by_an_answer_or_by_the_ledger(whole, tmp_path):
    study, asked, _ = whole
    from crmlab.enterprise.people import people

    text = (study.folder / "study.yml").read_text(encoding="utf-8")
    folder = shutil.copytree(study.folder, tmp_path / "data")
    without = "\n".join(line for line in text.split("\n") if not line.startswith("members:"))
    write_text(folder / "study.yml", without)
    intake = asked.warehouse.folder.parent
    by_branch = people(load_study(folder), intake)
    assert set(by_branch.unit.dropna()) == {f"شعبه {k}" for k in range(1, 6)}
    write_text(folder / "study.yml", without.replace("enterprise:\n", "enterprise:\n  unit: GEN\n", 1))
    by_answer = people(load_study(folder), intake, known=["Female", "Male"])
    assert by_answer.unit.dropna().isin(list(by_answer.unit.dropna().unique())).all()
    assert by_answer.unit.notna().sum() == by_answer.answers["GEN"].notna().sum()
    assert people(load_study(folder), tmp_path) is None  # step 02 has not run


def changed(study, folder, *edits):
    """The demo's study file with lines replaced, beside the same raw files."""
    text = (study.folder / "study.yml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    shutil.copytree(study.folder, folder, dirs_exist_ok=True)
    write_text(folder / "study.yml", text)
    return folder


PAIR = """enterprise:
  needs: {trust: {label: {en: To be trusted, fa: اعتماد}, importance: FOC1, performance: TRU1}}
  segment: STG
"""


def test_needs_may_be_pairs_of_items_and_segments_answers(whole, tmp_path):
    study, asked, _ = whole
    lines = [
        line
        for line in (study.folder / "study.yml").read_text(encoding="utf-8").split("\n")
        if line.startswith("needs:")
    ]
    folder = changed(study, tmp_path / "data", ("enterprise:\n", PAIR), (lines[0], ""))
    own = load_study(folder)
    question = enterprise.question(own, "needs", out=asked.warehouse.folder.parents[1] / "09_maturity")
    found = enterprise.look_behind(question, None).results
    answers = question.people.answers
    both = answers[["FOC1", "TRU1"]].dropna()
    assert found["need_gaps"]["need_gap:trust"] == pytest.approx((both["FOC1"] - both["TRU1"]).mean())
    brief = found["product_brief"]
    counts = answers["STG"].value_counts()
    assert {name: brief[f"segment_size:{name}"] for name in brief.select("segment_size").index} == {
        f"STG.{code:g}": n for code, n in counts.items()
    }
    scene_results = {f"09_maturity/{name}": one for name, one in found.items()}
    for code, word in (("en", "To be trusted"), ("fa", "اعتماد")):
        blocks = drawn(own, scene_results, code, (lic,))
        rows = [cell for block in blocks if isinstance(block, Table) for row in block.rows for cell in row]
        assert word in " ".join(reader(own, code).plain(cell) for cell in rows)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("  unit: NOPE\n", "enterprise.unit names an unknown item 'NOPE'"),
        ("  segment: LINK\n", "enterprise.segment names item 'LINK', which survey.absent says was not asked"),
        ("  outcome: RQQ\n", "enterprise.outcome names an unknown construct 'RQQ'; near: RQ"),
        ("  satisfied: 2\n  dissatisfied: 3\n", "dissatisfied lies above satisfied"),
        ("  conditions: [GAR9]\n", "'GAR9' is no element"),
        ("  needs: {a: {label: {en: x}, importance: TRU1, performance: TRU2}}\n", "'fa' is lacking"),
        (
            "  needs: {a: {label: {en: x, fa: x}, importance: TRU1, performance: NPS}}\n",
            "answered on different scales",
        ),
        (
            "  considerations: {D1: {title: {en: x, fa: x}, themes: [people]}}\n",
            "'D1' is in the register already",
        ),
        ("  considerations: {X1: {title: {en: x, fa: x}, themes: [peeple]}}\n", "'peeple' is no theme"),
    ],
)
def test_what_does_not_fit_the_study_is_told_in_one_line(whole, tmp_path, line, says):
    study, _, _ = whole
    folder = changed(study, tmp_path / "data", ("enterprise:\n", "enterprise:\n" + line))
    with pytest.raises(StudyError, match=re.escape(says)):
        load_study(folder)


def test_the_bed_keeps_each_models_own_order(whole):
    study, _, results = whole
    language = reader(study, "en")
    beds = {block.key: block for block in drawn(study, results, "en") if isinstance(block, Table)}
    firsts = {
        page: [language.plain(row[0]) for row in beds[f"bed_{page}"].rows if row[0] != ("",)]
        for page in ("office", "swift")
    }
    assert firsts["office"] == ["middle office", "back office", "front office"]
    assert firsts["swift"] == [
        "knowledge discovery",
        "customer interaction",
        "market planning",
        "analysis and refinement",
    ]
    levels = {language.plain(row[1]): language.plain(row[2]) for row in beds["bed_lic"].rows}
    for page in ("gartner", "crm_strategy", "canvas"):  # one fact, on every page the same
        for row in beds[f"bed_{page}"].rows:
            assert levels.get(language.plain(row[1]), language.plain(row[2])) == language.plain(row[2])


def test_an_own_consideration_stands_in_the_register_and_on_its_pages(whole, tmp_path):
    study, _, results = whole
    line = "enterprise:\n  considerations: {X1: {title: {en: Privacy of customers, fa: حریم خصوصی مشتریان}, themes: [technology]}}\n"
    own = load_study(changed(study, tmp_path / "data", ("enterprise:\n", line)))
    grown = enterprise.assessment.register(own.enterprise).reach()
    blocks = drawn(own, results | {"09_maturity/considerations": grown}, "en")
    table = next(block for block in blocks if isinstance(block, Table) and block.key == "considerations")
    assert "Privacy of customers" in " ".join(
        reader(own, "en").plain(cell) for row in table.rows for cell in row
    )
    beds = [block for block in blocks if isinstance(block, Table) and block.key.startswith("bed_")]
    assert "X1" in " ".join(reader(own, "en").plain(row[-1]) for bed in beds for row in bed.rows)
    assert "of the 15 design considerations" in told(blocks, reader(own, "en"))


def test_a_named_condition_must_have_been_rated(whole, tmp_path):
    study, asked, _ = whole
    own = load_study(
        changed(study, tmp_path / "data", ("enterprise:\n", "enterprise:\n  conditions: [GAR3, LIC2]\n"))
    )
    question = enterprise.question(
        own, "ratings", "members", out=asked.warehouse.folder.parents[1] / "09_maturity"
    )
    rated = enterprise.assess(question)
    found = enterprise.link_customers(question, rated).results
    assert list(found["outcome_links"].select("p_holm").index) == ["RQ~GAR3", "RQ~LIC2"]
    thin = type(rated)(rated.results, rated.levels.of("gartner"))
    with pytest.raises(StudyError, match="'LIC2' has not been rated"):
        enterprise.link_customers(question, thin)


def test_segments_of_step_07_go_before_its_groups(tmp_path):
    from crmlab.enterprise.people import groups

    assert groups(tmp_path) == {}
    pd.DataFrame({"customer": ["p1", "p2"], "group": ["best", "asleep"]}).to_parquet(tmp_path / GROUPS)
    assert groups(tmp_path) == {"p1": "best", "p2": "asleep"}
    write_text(tmp_path / "segments.csv", "customer,segment,probability\np1,S1,0.9\np2,,\n")
    assert groups(tmp_path) == {"p1": "S1"}


def test_the_map_of_claims_names_what_there_is(whole):
    study, _, results = whole
    language = reader(study, "en")
    rows = read_catalogue("coverage_enterprise")
    lost = [
        f"{row['step']}/{row['result']}"
        for row in rows
        if row["step"] in ("09_maturity", "10_enterprise_map")
    ]
    assert [address for address in lost if address not in results] == []
    headings = {block.key for block in drawn(study, results, "en") if isinstance(block, Heading)}
    own = {row["section"] for row in rows if row["step"] in ("09_maturity", "10_enterprise_map")}
    assert {f"section-{key}" for key in own} <= headings
    assert all(language.knows(f"section.{row['section']}") for row in rows)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_small_groups_of_customers_are_not_shown(whole, language):
    study, _, results = whole
    strict = dataclasses.replace(study, spec=study.spec.model_copy(update={"privacy_threshold": 15}))
    means, brief = results["09_maturity/unit_means"], results["09_maturity/product_brief"]
    small = [unit for unit in means.select("customers").index if means[f"customers:{unit}"] < 15]
    assert small
    blocks = drawn(strict, results, language)
    (chart,) = [block for block in blocks if isinstance(block, Figure) and block.key == "unit_means"]
    shown = {fact.address.split("/")[2] for fact in chart.facts}
    assert not any(f"shrunk:{unit}" in shown for unit in small)
    few = brief.tidy.assign(
        estimate=[
            7 if term == "segment_size:asleep" else value
            for term, value in zip(brief.tidy["term"], brief.tidy["estimate"], strict=True)
        ]
    )
    checks = (*brief.checks, Check("check.segment_size:asleep", False, 7, ">= 30 customers in a segment"))
    hidden = Result(brief.model, few, brief.glance, checks, brief.source)
    for found in (
        drawn(strict, results | {"09_maturity/product_brief": hidden}, language, (lic,)),
        [table_of(hidden, language, strict)],
    ):
        table = next(block for block in found if isinstance(block, Table) and block.key == "product_brief")
        facts = {fact.address for fact in facts_of(table)}
        assert not any(address.split("/")[-2].endswith(".asleep") for address in facts)
        assert any(address.split("/")[-2].endswith(".best") for address in facts)
        assert not [
            fact for note in table.notes for fact in note.spans if isinstance(fact, Fact) and fact.value == 7
        ]


def table_of(result, language, study):
    (table,) = enterprise_view.blocks(
        Source("x/brief", result), reader(study, language), study.privacy_threshold
    )
    return table
