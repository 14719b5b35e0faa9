"""A study with only a ledger gives a whole report, in both languages, from saved facts alone."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from crmlab.present import show
from crmlab.present.behaviour_sentences import holdout, spend, value
from crmlab.present.behaviour_sentences import purchase as told_purchase
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Heading, Hidden, Paragraph, Table, facts_of
from crmlab.present.facts import Source, sources
from crmlab.present.names import reader
from crmlab.report import compose, write
from crmlab.report.trace import lint
from crmlab.result import Check, Result

STEP = "07_behavioural_clv"
NAMES = (
    "base", "pareto", "cohorts", "gaps", "repeat", "choice", "purchase", "spend", "holdout", "tracking",
    "frequencies", "conditional", "alive", "value", "rfm_groups", "value_tiers",
)  # fmt: skip


@pytest.fixture(scope="session")
def ls():
    name, file = "crmlab_ledger_study", Path(__file__).parent / "ledger_study.py"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def shop(ls, tmp_path_factory):
    return ls.study(tmp_path_factory.mktemp("shop")), ls.results()


def paragraphs(document):
    return " ".join(document.text(block.spans) for block in document.blocks() if isinstance(block, Paragraph))


def source(results, name):
    return sources(results)[f"{STEP}/{name}"]


def text(ways, spans):
    return re.sub("[\u200e\u2066-\u2069]", "", ways.language.plain(spans))


def test_every_result_is_there(shop):
    _, results = shop
    assert {address.partition("/")[2] for address in results if address.startswith(STEP)} == set(NAMES)


def test_a_ledger_alone_gives_a_whole_report(shop, tmp_path):
    study, results = shop
    for language in ("fa", "en"):
        document = compose(study, results, language)
        findings = next(one for one in document.chapters if one.key == "chapter-findings")
        titles = [block.key for block in findings.blocks if isinstance(block, Heading)]
        assert "not been run" not in paragraphs(document)
        assert titles
        assert "questionnaire" not in paragraphs(document).replace("not by a questionnaire", "")
        assert sum(isinstance(block, Table) for block in findings.blocks) >= 11
        assert len(document.figures) >= 11
        assert document.reference("value") != document.language.word("not_found")
        files = write(document, tmp_path)
        assert all(file.stat().st_size > 10_000 for file in files)


def test_both_languages_carry_the_same_facts(shop):
    study, results = shop
    fa, en = (compose(study, results, language) for language in ("fa", "en"))
    assert sorted((f.address, f.digits, f.style) for f in fa.facts) == sorted(
        (f.address, f.digits, f.style) for f in en.facts
    )
    assert [type(block) for block in fa.blocks()] == [type(block) for block in en.blocks()]


def test_every_fact_is_saved_and_no_number_is_typed(shop):
    study, results = shop
    document = compose(study, results, "en")
    for fact in document.facts:
        if fact.saved:
            step, name, *term, column = fact.address.split("/")
            saved = results[f"{step}/{name}"]
            kept = saved.glance[column] if term == ["glance"] else saved.cell("/".join(term), column)
            assert fact.value == kept or fact.value != fact.value
    assert lint(document) == []


@pytest.mark.parametrize("lost", NAMES)
def test_any_missing_result_leaves_a_report(shop, lost):
    study, results = shop
    document = compose(study, {key: value for key, value in results.items() if key != f"{STEP}/{lost}"}, "fa")
    assert not any(fact.address.startswith(f"{STEP}/{lost}/") for fact in document.facts)


def test_what_has_not_been_run_is_said_and_the_survey_is_not_missed(shop):
    study, _ = shop
    words = paragraphs(compose(study, {}, "en"))
    assert "the step “behavioural customer value” has not been run" in words
    assert "measurement" not in words


def test_two_values_are_kept_apart(shop, crm, ls, tmp_path):
    _, results = shop
    _, answers = crm
    content = ls.study(tmp_path / "one").spec.model_dump(mode="json")["ledger"]
    crm_study = crm[0]
    both = type(crm_study)(
        crm_study.file, crm_study.spec.model_copy(update={"ledger": ls.study(tmp_path / "two").spec.ledger}),
        crm_study.instrument, crm_study.hypotheses,
    )  # fmt: skip
    assert content
    document = compose(both, {**answers, **results}, "en")
    words = paragraphs(document)
    assert "CLV_P is the customer's own view" in words
    assert "Beside the questionnaires" in words
    assert {"paths", "value", "verdicts", "holdout"} <= {table.key for table in document.tables}
    assert "rials" in document.caption(next(table for table in document.tables if table.key == "value"))


@pytest.mark.parametrize("language", ["en", "fa"])
def test_good_and_bad_news_on_prediction(shop, ls, language):
    study, results = shop
    ways = Ways.of(reader(study, language), study)
    card = results[f"{STEP}/holdout"]
    words = {"en": ("below the", "orders customers better", "not better than naive", "too short"),
             "fa": ("کمتر از", "نیز بهتر از", "قاعدهٔ ساده بهتر نیست", "دورهٔ برازش کوتاه است")}[language]  # fmt: skip
    good = ls.changed(card, mae__model=0.0, rank__model=1.0)
    told = text(ways, holdout(Source(f"{STEP}/holdout", good), ways))
    assert words[0] in told
    assert words[1] in told
    assert words[2] not in told
    bad = ls.changed(card, mae__model=99.0, rank__model=-1.0)
    short = Check("check.calibration_length", False, 3.0, ">= 30 customers")
    bad = Result(bad.model, bad.tidy, bad.glance, (short,), bad.source)
    told = text(ways, holdout(Source(f"{STEP}/holdout", bad), ways))
    assert told.count(words[2]) == 2
    assert words[3] in told


def test_spend_that_goes_with_frequency_is_said(shop, ls):
    study, results = shop
    ways = Ways.of(reader(study, "en"), study)
    saved = results[f"{STEP}/spend"]
    calm = text(ways, spend(Source("a/spend", Result(saved.model, saved.tidy, saved.glance)), ways))
    assert "within the limit" in calm
    warned = Check("check.spend_frequency", False, 0.4, "<= 0.10")
    loud = text(
        ways, spend(Source("a/spend", Result(saved.model, saved.tidy, saved.glance, (warned,))), ways)
    )
    assert "to be read with care" in loud
    none = Result(saved.model, saved.tidy.head(0), {}, (Check("check.spend_fitted", False, 0.0, "x"),))
    assert "counted in purchases" in text(ways, spend(Source("a/spend", none), ways))


def test_a_fit_at_the_boundary_is_said(shop):
    study, results = shop
    ways = Ways.of(reader(study, "en"), study)
    saved = results[f"{STEP}/purchase"]
    edge = Check("check.boundary:b", False, 8.0, "inside")
    bad = Source("a/purchase", Result(saved.model, saved.tidy, saved.glance, (edge,)))
    assert "at the boundary" in text(ways, told_purchase(bad, ways))
    assert "at the boundary" not in text(
        ways, told_purchase(Source("a/purchase", Result(saved.model, saved.tidy, saved.glance)), ways)
    )


def test_value_says_money_unit_horizon_and_rate(shop):
    study, results = shop
    told = text(
        Ways.of(reader(study, "en"), study),
        value(source(results, "value"), Ways.of(reader(study, "en"), study)),
    )
    for words in (
        "CLV_B",
        "rials (nominal; 95% interval",
        "over a 3-year horizon",
        "20 percent a year",
        "margin of 25 percent",
        "retention",
    ):
        assert words in told, words
    document = compose(study, results, "en")
    for key in ("value", "rfm_groups", "value_tiers"):
        table = next(table for table in document.tables if table.key == key)
        assert "rials, nominal" in document.caption(table)
        assert any("3-year horizon" in document.text(note.spans) for note in table.notes)
    bare = results[f"{STEP}/value"]
    tidy = bare.tidy.assign(ci_low=float("nan"), ci_high=float("nan"))
    ways = Ways.of(reader(study, "en"), study)
    told = text(ways, value(Source("a/value", Result(bare.model, tidy, bare.glance)), ways))
    assert "without an interval" in told
    assert "–" not in told


def test_nobody_bought_again(ls, tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"customer": [f"P{k}" for k in range(60)], "date": "2024-02-01", "amount": 5e6})
    results = ls.results(frame)
    study = ls.study(tmp_path)
    for language, words in (
        ("en", "No customer bought on more than one day"),
        ("fa", "هیچ مشتری در بیش از یک روز"),
    ):
        document = compose(study, results, language)
        assert words in paragraphs(document)
        assert "value" not in {table.key for table in document.tables}
    assert "No purchase model could be fitted" in paragraphs(compose(study, results, "en"))


def test_without_a_holdout_nothing_is_claimed(shop):
    study, results = shop
    judged = ("holdout", "tracking", "frequencies", "conditional")
    left = {key: value for key, value in results.items() if key.partition("/")[2] not in judged}
    assert "have not been judged" in paragraphs(compose(study, left, "en"))


def test_small_groups_are_hidden(shop, ls):
    study, results = shop
    small = ls.changed(results[f"{STEP}/rfm_groups"], customers__best=3.0)
    document = compose(study, {**results, f"{STEP}/rfm_groups": small}, "en")
    table = next(table for table in document.tables if table.key == "rfm_groups")
    assert table.rows[0][1] == (Hidden(5),)
    hidden = [row for row in table.rows if isinstance(row[1][0], Hidden)]
    assert len(hidden) >= 2, "the total must not give it back"
    assert all(isinstance(cell[0], Hidden) for row in hidden for cell in row[1:])
    figure = next(figure for figure in document.figures if figure.key == "rfm_groups_chart")
    for block in (table, figure):
        assert not any(fact.address.endswith(":best/estimate") for fact in facts_of(block))
    few = ls.changed(results[f"{STEP}/base"], one_time=2.0)
    base = compose(study, {**results, f"{STEP}/base": few}, "en")
    assert not any("one_time" in fact.address for fact in base.facts)
    cohorts = results[f"{STEP}/cohorts"]
    first = cohorts.select("size").index[0]
    lone = ls.changed(cohorts, **{f"buyers__{first}.1": 2.0})
    found = compose(study, {**results, f"{STEP}/cohorts": lone}, "en")
    addresses = {fact.address for fact in found.facts}
    assert not any(f"{first}.1/" in address for address in addresses)
    assert any(f"{first}.2/" in address for address in addresses)


def test_no_customer_is_named(shop):
    study, results = shop
    for language in ("en", "fa"):
        assert not any(re.search(r"P\d{5}", words) for words in compose(study, results, language).words())


def test_the_notebook_shows_it_in_both_languages(shop):
    study, results = shop
    for language in ("en", "fa"):
        for address, saved in results.items():
            shown = show(saved, language, study)
            assert f'lang="{language}"' in shown._repr_html_()
            assert shown.blocks, address
            assert not (
                len(shown.blocks) == 1
                and isinstance(shown.blocks[0], Table)
                and shown.blocks[0].key == "plain"
            )
