"""The sections of step 11 in both languages: good news and bad, from saved results alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from crmlab.customers import swift_question
from crmlab.present.language import Language
from crmlab.report import chapters, swift_sections
from crmlab.result import Check, Result, tidy_frame

sys.path.insert(0, str(Path(__file__).parents[1] / "customers"))
from swift_study import contacts, study

LANGUAGES = ("en", "fa")
PAST = "11_swift_loop/"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMLAB_KEY", "0123456789abcdef0123456789abcdef")
        asked = swift_question(study(tmp_path_factory.mktemp("s"), contacts(900), ledger=True))
        loop = asked.turn_all()
    return asked.study, {
        f"{PAST}{name}": result for name, result in {**asked.past.results, **loop.results}.items()
    }


def text_of(document):
    """All words of the sections on contacts and the loop."""
    return "\n".join(
        document.text(spans)
        for block in document.blocks()
        for spans in (
            [block.spans]
            if hasattr(block, "spans")
            else [
                block.caption,
                *(note.spans for note in block.notes),
                *(c for r in getattr(block, "rows", ()) for c in r),
            ]
        )
    )


def composed(told, language, **changes):
    of, results = told
    return text_of(
        chapters.compose(of, {**results, **{f"{PAST}{name}": one for name, one in changes.items()}}, language)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_stands_and_draws(told, language):
    of, results = told
    document = chapters.compose(of, results, language)
    keys = {block.key for block in document.blocks() if hasattr(block, "key")}
    sections = {
        f"section-{name}" for name in ("contacts_past", "needs_met", "uplift", "swift", "action_plan")
    }
    assert keys >= sections | {
        "swift_loop",
        "swift_learning",
        "swift_cells",
        "swift_cycles",
        "contact_return",
    }
    from crmlab.present.theme import Theme

    with Theme.load().drawing():
        for figure in document.figures:
            if figure.key.startswith("swift"):
                figure.draw().canvas.draw()


def test_an_effect_is_named_only_where_lots_were_drawn(told):
    results = told[1]
    drawn = results[f"{PAST}uplift"]
    chosen = Result(drawn.model, drawn.tidy, drawn.glance | {"randomised": 0.0}, drawn.checks, drawn.source)
    text = composed(told, "en", uplift=chosen)
    assert "is no effect" in text
    assert "changed the share accepted" not in text
    assert "drawn by lot" in composed(told, "en")
    flat = drawn.tidy.assign(ci_low=np.where(drawn.tidy["term"] == "uplift", -0.1, drawn.tidy["ci_low"]))
    unshown = Result(drawn.model, flat, drawn.glance, drawn.checks, drawn.source)
    assert "no effect of the personal form was shown" in composed(told, "en", uplift=unshown)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", ["nobody", "all_lost", "all_held_out", "all_forbidden", "no_profit", "no_budget", "no_capacity"])  # fmt: skip
def test_doing_nothing_has_words(told, language, why):
    rows = [{"term": name, "estimate": 0.0} for name in ("customers", "contacts", "reached", "spent", "expected", "bound", "overridden")]  # fmt: skip
    rows.append({"term": f"nothing_{why}", "estimate": 1.0})
    check = Check("check.action_pays", False, 0, "at least 1 contact is expected to pay")
    nothing = Result("model.action_plan", tidy_frame(rows), {"cycle": 3.0}, (check,))
    word = Language.load(language).word(f"swift.nothing.{why}")
    assert word in composed(told, language, action_plan=nothing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_could_not_be_had_is_said(told, language):
    of, results = told
    refused = Check(
        "check.possible", False, float("nan"), "uplift: 0 personalised contacts, at least 2 are needed"
    )
    empty = Result("model.uplift", tidy_frame([]), {}, (refused,))
    assert ("at least 2 are needed" in composed(told, language, uplift=empty)) == (language == "en")
    rows = [{"term": name, "estimate": 0.0} for name in ("needs", "met")]
    none = Result("model.needs_met", tidy_frame(rows), {"level": 0.95, "days": 30.0})
    text = composed(told, language, needs_met=none)
    assert ("tells a need of a customer" if language == "en" else "نیازی از مشتری را بیان نمی‌کند") in text
    fresh = {key: one for key, one in results.items() if not key.endswith(("swift_cycles", "swift_claims"))}
    document = chapters.compose(of, fresh, language)
    assert ("No cycle is over yet" if language == "en" else "هنوز دوری نگذشته است") in text_of(document)


@pytest.mark.parametrize("language", LANGUAGES)
def test_moved_rates_and_sure_differences_have_words(told, language):
    results = told[1]
    cycles = results[f"{PAST}swift_cycles"]
    moved = cycles.tidy.assign(
        estimate=np.where(cycles.tidy["term"] == "moved:2", 3.0, cycles.tidy["estimate"])
    )
    check = Check("check.rates_stand:2", False, 3, "no rate moved (Holm over cells and offers at 0.01)")
    names = results[f"{PAST}swift_cells"]
    cells = [str(term).partition(":")[2] for term in names.tidy["term"] if str(term).startswith("rate:")]
    rows = [{"term": "pairs", "estimate": 12.0}, {"term": f"better:{cells[0]}~{cells[1]}", "estimate": 14.0}]
    text = composed(
        told, language, swift_cycles=Result(cycles.model, moved, cycles.glance, (*cycles.checks, check)),
        swift_claims=Result("model.swift_claims", tidy_frame(rows), {"alpha": 0.05}),
    )  # fmt: skip
    assert Language.load(language).word("check.rates_stand") in text
    assert ("pays more than" if language == "en" else "سود می‌دهد") in text


def test_every_check_of_the_loop_has_words():
    import re

    package = Path(swift_sections.__file__).parents[1] / "customers"
    found = set()
    for name in ("past", "loop_results", "uplift", "weighting"):
        found |= set(
            re.findall(r"[\"']check\.([a-z_]+)", (package / f"{name}.py").read_text(encoding="utf-8"))
        )
    assert len(found) >= 10
    for language in LANGUAGES:
        words = Language.load(language)
        assert [
            name for name in found if not (words.knows(f"check.{name}") and words.knows(f"rule.{name}"))
        ] == []


def test_reasons_stand_in_both_languages():
    from crmlab.customers.artefacts import reasons

    words = {code: Language.load(code) for code in LANGUAGES}
    for name, said in reasons().items():
        assert said["en"]
        assert said["fa"]
        kind = "idle" if name in ("holdout", "lost", "no_profit", "no_room", "forbidden") else "why"
        assert all(each.knows(f"swift.{kind}.{name}") for each in words.values()), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_few_customers_are_not_counted_out(told, language):
    plan = told[1][f"{PAST}action_plan"]
    small = str(next(term for term in plan.tidy["term"] if str(term).startswith("planned:")))
    tidy = plan.tidy.assign(estimate=np.where(plan.tidy["term"] == small, 3.0, plan.tidy["estimate"]))
    document = chapters.compose(
        told[0],
        {**told[1], f"{PAST}action_plan": Result(plan.model, tidy, plan.glance, plan.checks)},
        language,
    )
    table = next(table for table in document.tables if table.key == "action_plan")
    assert any("<" in document.text(cell) for row in table.rows for cell in row)
