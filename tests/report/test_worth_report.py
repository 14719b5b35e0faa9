"""The sections of step 08 in both languages: every outcome has its sentence, from saved results alone."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from crmlab.present import show
from crmlab.present.language import Language
from crmlab.present.theme import Theme
from crmlab.report import chapters, trace
from crmlab.result import Check, Result, tidy_frame

sys.path.insert(0, str(Path(__file__).parent))
import worth_results as made

LANGUAGES = ("en", "fa")
STEP = made.STEP
PACKAGE = Path(chapters.__file__).parents[1]


def text_of(document, *starts):
    """Words of the sections whose key starts so, with captions, cells and notes; of all without any."""
    told, on = [], not starts
    for block in document.blocks():
        key = getattr(block, "key", "")
        if type(block).__name__ == "Heading" and starts:
            on = key.startswith(starts)
        if not on:
            continue
        spans = [block.spans] if hasattr(block, "spans") else [getattr(block, "caption", ())]
        spans += [note.spans for note in getattr(block, "notes", ())]
        spans += [cell for row in getattr(block, "rows", ()) for cell in row]
        told += [document.text(each) for each in spans]
    return "\n".join(told)


@pytest.fixture(scope="module")
def composed(fx, tmp_path_factory):
    """composed("en", b=..., after=...) -> the document."""
    known = {}

    def make(language, changes=None, patch=None, **how):
        name = repr((language, changes, how)) if patch is None else ""
        if name not in known or patch is not None:
            study, found = made.whole(fx, tmp_path_factory.mktemp("w"), changes, **how)
            known[name] = chapters.compose(study, found | (patch or {}), language)
        return known[name]

    return make


@pytest.mark.parametrize(
    "how", [{}, {"b": 0.02}, {"b": -0.3}, {"after": 0.0}, {"matched": 40}, {"money": 0.0}], ids=str
)
def test_both_languages_say_the_same_and_type_no_number(composed, how):
    documents = [composed(language, **how) for language in LANGUAGES]
    assert [line for document in documents for line in trace.lint(document)] == []
    assert trace.lint_pair(*documents) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_stands_and_draws(composed, language):
    document = composed(language)
    keys = {block.key for block in document.blocks() if hasattr(block, "key")}
    assert keys >= {
        "section-worth_join",
        "section-worth",
        "section-worth_views",
        "link_join",
        "link_selection",
    }
    assert keys >= {"link_estimates", "link_forest", "link_joint", "link_money", "link_parts", "link_curve"}
    assert keys >= {"link_quadrants", "link_cells", "formula-attenuation", "formula-joint", "formula-worth"}
    with Theme.load().drawing():
        for figure in document.figures:
            if figure.key.startswith("link_"):
                figure.draw().canvas.draw()


def test_the_sum_score_is_told_beside_what_stands_behind_it(composed):
    text = text_of(composed("en"), "section-worth")
    assert re.search(
        r"goes with 0\.292 standard deviations of .*; the sum score shrinks that to 0\.249", text
    )


OUTCOMES = [
    ({}, "goes with 1,450,000 nominal rials more lifetime value", "ارزش طول عمر بیشتر برای هر مشتری"),
    ({"b": 0.02}, "is worth anything in purchases is not shown", "ارزشی داشته باشد نشان داده نشد"),
    ({"b": -0.3}, "less and not more", "کمتر و نه بیشتر"),
    ({"b": 0.02, "changes": {"smallest_effect": 0.1}}, "the estimate is imprecise", "برآورد نادقیق است"),
    ({"b": 0.02, "changes": {"smallest_effect": 0.3}}, "too small to matter", "کوچک‌تر از آن است که اهمیت داشته باشد"),
    ({"after": 0.0}, "ends when the last answers came", "هم‌زمان با واپسین پاسخ‌ها پایان می‌یابد"),
    ({"after": 30.0}, "no more than 30 days", "تنها ۳۰ روز"),
    ({"matched": 40}, "too few customers for an estimate", "برای برآورد کافی نیست"),
    ({"money": 0.0}, "discounted purchases more lifetime value", "خرید تنزیل‌شده"),
]  # fmt: skip


@pytest.mark.parametrize(("how", "english", "persian"), OUTCOMES)
def test_every_outcome_has_its_sentence(composed, how, english, persian):
    assert english in text_of(composed("en", **how), "section-worth")
    assert persian in text_of(composed("fa", **how), "section-worth")


def test_too_few_matched_customers_give_no_number(composed):
    document = composed("en", matched=40)
    assert {table.key for table in document.tables if table.key.startswith("link_")} == {
        "link_join",
        "link_selection",
    }
    assert not [figure for figure in document.figures if figure.key.startswith("link_")]
    assert "Only 40 respondents could be found" in text_of(document, "section-discussion")
    assert "goes with" not in text_of(document, "section-discussion_suggestions")


def test_those_who_answered_may_differ(composed):
    chosen = made.results()[f"{STEP}selection"]
    bad = replace(
        chosen, checks=(Check("check.selected:recency", False, 0.4, "|standardised difference| <= 0.25"),)
    )
    document = composed("en", patch={f"{STEP}selection": bad})
    assert "are not like the other customers of the ledger" in text_of(document, "section-worth_join")
    assert "weights for response correct for what the ledger shows" in text_of(document, "section-discussion")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_could_not_be_computed_is_said(composed, language):
    why = Check("check.possible", False, float("nan"), "the purchase model could not be fitted")
    nothing = {
        f"{STEP}{name}": Result(f"model.link_{name}", tidy_frame([]), {}, (why,))
        for name in ("estimates", "joint", "money", "curve", "quadrants")
    }
    text = text_of(composed(language, patch=nothing), "section-worth")
    wanted = ("No association could be estimated", "could not be fitted", "could not be computed")
    persian = ("همبستگی‌ای برآورد نشد", "برازش نیافت", "ارزش پولی آن محاسبه نشد")
    assert all(words in text for words in (wanted if language == "en" else persian))


@pytest.mark.parametrize("language", LANGUAGES)
def test_small_groups_are_withheld_whole(composed, language):
    whole = made.results()[f"{STEP}quadrants"]
    hidden = whole.tidy["term"].str.match(r"customers|share|value|cell")
    tidy = whole.tidy.mask(
        hidden, whole.tidy[["term"]].assign(**dict.fromkeys(whole.tidy.columns[1:], float("nan")))
    )
    bad = Check("check.cells_private", False, 5.0, "no cell of 1 to 4 customers")
    document = composed(language, patch={f"{STEP}quadrants": replace(whole, tidy=tidy, checks=(bad,))})
    assert not {"link_quadrants", "link_cells"} & {
        block.key for block in document.blocks() if hasattr(block, "key")
    }
    word = Language.load(language).word("check.cells_private")
    assert word in text_of(document, "section-worth_views")


def test_the_hypothesis_has_its_verdict_and_money_reaches_chapter_five(composed):
    shown, ended = composed("en"), composed("en", after=0.0)
    assert "hypothesis H8 is supported" in text_of(shown)
    assert (
        "H8 is not testable with this study's data: the purchases observed came before the answers"
        in text_of(ended)
    )
    advice = text_of(shown, "section-discussion_suggestions")
    assert re.search(r"Take 899,9\d\d per customer as the most that a measure may cost", advice)
    assert "the purchases did not come after the answers" in text_of(ended, "section-discussion_limitations")
    assert "satisfied buying may have made the relationship good" in text_of(ended, "discussed-others")
    assert "β" not in text_of(shown, "discussed-H8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_next_products_are_told_where_the_ledger_names_them(composed, language):
    rows = [{"term": name, "estimate": v} for name, v in (("customers:tea", 90.0), ("customers:cup", 60.0))]
    rows += [
        {"term": f"{name}:tea>cup", "estimate": v}
        for name, v in (("confidence", 0.5), ("lift", 1.8), ("open", 45.0))
    ]
    rows += [
        {"term": f"{name}:cup>tea", "estimate": v}
        for name, v in (("confidence", 0.97), ("lift", 1.9), ("open", 2.0))
    ]
    found = Result("model.link_next_product", tidy_frame(rows), {"level": 0.95})
    document = composed(language, patch={f"{STEP}next_product": found})
    table = next(table for table in document.tables if table.key == "link_next_product")
    assert [document.text(row[0]) for row in table.rows] == ["tea"]  # two customers are too few to be told
    assert "tea" in text_of(document, "section-discussion_suggestions")
    assert trace.lint(document) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("given", [0.2, 0.0])
def test_purchases_after_the_answers_are_told_with_and_without_the_history(composed, language, given):
    document = composed(language, patch=made.afterwards(given))
    text = text_of(document, "section-worth")
    more = {"en": "more of later purchases than earlier", "fa": "بیش از خریدهای پیشین می‌گوید"}[language]
    same = {"en": "told already", "fa": "خریدهای پیشین گفته بود"}[language]
    assert (more in text, same in text) == (given > 0, given == 0)
    assert (same in text_of(document, "discussed-others")) == (given == 0)
    assert "link_afterwards" in {table.key for table in document.tables}
    assert trace.lint(document) == []


def test_a_study_without_customer_keys_has_no_such_section(fx, tmp_path):
    study = made.study(fx, tmp_path, survey={"file": "raw/answers.csv"})
    found = fx.results(fx.crm_study(tmp_path / "bare"))
    keys = {getattr(block, "key", "") for block in chapters.compose(study, found, "en").blocks()}
    assert not {key for key in keys if key.startswith("section-worth")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_check_has_words_and_a_rule(language):
    words = Language.load(language)
    found = {
        name
        for file in (PACKAGE / "linkage").glob("*.py")
        for name in re.findall(r"""["']check\.([a-z0-9_]+)""", file.read_text(encoding="utf-8"))
    }
    found -= {"mean_spend"}  # the start of names that are left out
    assert len(found) > 10
    lacking = [name for name in found if not words.knows(f"check.{name}")]
    assert lacking == []
    assert [name for name in found - {"possible"} if not words.knows(f"rule.{name}")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notebook_shows_every_result(fx, tmp_path, language):
    study = made.study(fx, tmp_path)
    for name, result in made.results(after=0.0).items():
        page = show(result, language, study)._repr_html_()
        assert len(page) > 100, name
