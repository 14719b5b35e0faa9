"""Chapter 5: the right reading for each outcome, suggestions that rest on estimates, limits from failed checks."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from crmlab.present.blocks import Heading, Paragraph
from crmlab.report import compose
from crmlab.report.trace import lint, lint_pair
from crmlab.result import Result, tidy_block

VERDICTS = "05_structure_mediation/verdicts"
EQUIVALENCE = "05_structure_mediation/equivalence"


def section(document, key):
    """The text of one section."""
    inside, found = False, []
    for block in document.blocks():
        if isinstance(block, Heading) and block.level == 2:
            inside = block.key == f"section-{key}"
        elif inside and isinstance(block, Paragraph):
            found.append(document.text(block.spans))
    return "\n".join(found)


def changed(results, address, values):
    """The saved results with some cells of one result set: term -> column -> number."""
    old = results[address]
    tidy = old.tidy.copy()
    for term, columns in values.items():
        if term not in set(tidy["term"]):
            tidy = pd.concat([tidy, tidy_block(*term.split(":", 1)[:1], [term.split(":", 1)[1]], [math.nan])])
        for column, value in columns.items():
            tidy.loc[tidy["term"] == term, column] = value
    return {**results, address: Result(old.model, tidy, old.glance, old.checks, old.source)}


def outcome(results, name, verdict, estimate, low, high, kind=None):
    values = {
        f"hypothesis:{name}": {"estimate": estimate, "ci_low": low, "ci_high": high, "p_value": 0.5},
        f"verdict:{name}": {"estimate": verdict},
    }
    if kind is not None:
        values[f"mediation:{name}"] = {"estimate": kind}
    return changed(results, VERDICTS, values)


def weighed(results, effect, stands, margin=0.1):
    tidy = pd.concat([
        tidy_block("equivalence", [effect], [0.02], ci_low=-0.05, ci_high=0.08),
        tidy_block("stands", [effect], [stands]),
    ])  # fmt: skip
    found = Result("model.equivalence", tidy, {"margin": margin, "level": 0.95}, (), {})
    return {**results, EQUIVALENCE: found}


@pytest.mark.parametrize(
    ("verdict", "interval", "stands", "told"),
    [
        (
            1,
            (0.30, 0.20, 0.40),
            None,
            "as its reasoning expects: respondents who stand one standard deviation apart",
        ),
        (1, (0.30, 0.20, 0.40), 3.0, "large enough to matter"),
        (1, (0.30, 0.0001, 0.40), 3.0, "the interval, which also holds smaller values, does not"),
        (1, (0.12, 0.02, 0.22), 2.0, "is not shown to reach the smallest effect of interest"),
        (1, (0.04, 0.01, 0.07), 1.0, "too small to matter"),
        (0, (0.05, -0.20, 0.30), None, "absence of evidence must not be read as evidence of absence"),
        (0, (0.05, -0.20, 0.30), 0.0, "not refuted either"),
        (0, (0.01, -0.04, 0.06), 1.0, "An effect that matters is thereby ruled out"),
        (-1, (-0.30, -0.40, -0.20), None, "runs against the expected direction"),
        (math.nan, (math.nan,) * 3, None, "could not be judged"),
    ],
)
def test_each_outcome_has_its_own_reading(crm, verdict, interval, stands, told):
    study, results = crm
    results = outcome(results, "H1", verdict, *interval)
    if stands is not None:
        results = weighed(results, "path:RQ~CRM", stands)
    for language in ("en", "fa"):
        document = compose(study, results, language)
        assert not lint(document)
    assert told in section(compose(study, results, "en"), "discussion_results")


@pytest.mark.parametrize(
    ("verdict", "kind", "told"),
    [
        (1, 2, "a direct effect beside it is not shown"),
        (1, 3, "carries a part of what joins"),
        (1, 4, "the direct effect (−0.032) runs the other way"),
        (0, 1, "an indirect effect of"),
        (-1, 2, "in the direction opposite to the expected one"),
    ],
)
def test_each_kind_of_mediation_has_its_own_reading(crm, verdict, kind, told):
    study, results = crm
    results = outcome(results, "H4", verdict, 0.1 * (verdict or 1), -0.2, 0.3, kind)
    assert told in section(compose(study, results, "en"), "discussion_results")


def test_the_findings_do_not_interpret_and_the_discussion_does(crm):
    document = compose(*crm, "en")
    words = ("reasoning", "it is suggested", "suggestion", "deserves")
    findings = next(chapter for chapter in document.chapters if chapter.key == "chapter-findings")
    told = " ".join(document.text(b.spans) for b in findings.blocks if isinstance(b, Paragraph))
    assert not [word for word in words if word in told]
    assert "reasoning of the hypothesis" in section(document, "discussion_results")


def test_nothing_supported_gives_no_suggestion_and_says_so(crm):
    study, results = crm
    for name in ("H1", "H2", "H3", "H4"):
        results = outcome(results, name, 0, 0.01, -0.1, 0.12)
    told = section(compose(study, results, "en"), "discussion_suggestions")
    assert told.startswith("No practical suggestion is made")
    future = section(compose(study, results, "en"), "discussion_future")
    assert "repeat with more respondents" in future
    assert all(f"{name} (−0.100 to 0.120)" in future for name in ("H1", "H2", "H3", "H4")), "in one sentence"


def test_a_suggestion_names_the_estimate_it_rests_on(crm):
    study, results = crm
    document = compose(study, outcome(results, "H1", 1, 0.4, 0.3, 0.5), "en")
    chapter = next(chapter for chapter in document.chapters if chapter.key == "chapter-discussion")
    items = [block for block in chapter.blocks if isinstance(block, Paragraph) and block.role == "item"]
    keys = [block.key for block in chapter.blocks if isinstance(block, Heading) and block.level == 2]
    assert keys == [
        f"section-discussion_{name}"
        for name in ("introduction", "results", "suggestions", "future", "limitations")
    ]
    assert any("H1, β = 0.400" in document.text(block.spans) for block in items)


def test_limits_come_from_what_failed(crm):
    study, results = crm
    told = section(compose(study, results, "en"), "discussion_limitations")
    assert "The reliability of “Organisational coordination” (0.64) does not reach 0.70" in told
    assert "1 of" in told
    assert "checks did not hold" in told
    fine = changed(results, "04_measurement/reliability", {"omega:ORG": {"estimate": 0.8}})
    assert "does not reach" not in section(compose(study, fine, "en"), "discussion_limitations")
    assert "not shown to be" not in told


def test_a_study_that_was_frozen_late_says_so(crm):
    study, results = crm
    assert "No smallest effect of interest was set" in section(
        compose(study, results, "en"), "discussion_limitations"
    )
    bold = replace(study, spec=study.spec.model_copy(update={"smallest_effect": 0.1}))
    assert "No smallest effect" not in section(compose(bold, results, "en"), "discussion_limitations")


def test_both_languages_say_the_same(crm, ecsi):
    for study, results in (crm, ecsi):
        fa, en = (compose(study, results, language) for language in ("fa", "en"))
        assert lint(fa) == lint(en) == lint_pair(fa, en) == []


def test_the_abstract_is_made_of_facts(crm):
    study, results = crm
    document = compose(study, results, "en")
    first = document.chapters[0]
    assert (first.key, first.kind, first.number) == ("front-abstract", "front", "")
    told = document.text(first.blocks[0].spans)
    assert "381 of the 421 questionnaires" in told
    assert document.contents[0].text == "Abstract"
    contradicted = compose(study, outcome(results, "H1", -1, -0.3, -0.4, -0.2), "en")
    assert "is opposite to the one expected" in contradicted.text(contradicted.chapters[0].blocks[0].spans)


def test_a_software_sentence_names_versions_only():
    from crmlab.present.analysis_sentences import versions
    from crmlab.present.facts import Source
    from crmlab.result import Result, tidy_frame

    kept = {"crmlab": "0.1.0", "measure": "score_SAT", "seed": "1", "data_sha256": "ab"}
    one = Source(
        "06_lifecycle_groups/channel_score_SAT", Result("model.parity", tidy_frame([]), {}, (), kept)
    )
    assert versions({one.address: one}) == "crmlab 0.1.0"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("1403/01/20", "en", "8 April 2024"),
        ("2024-04-08", "fa", "۲۰ فروردین ۱۴۰۳"),
        ("spring", "en", "spring"),
    ],
)
def test_the_day_of_a_card_is_written_in_the_readers_calendar(text, code, told):
    from crmlab.present.design_sentences import _written
    from crmlab.present.language import Language

    assert _written(text, Language.load(code)) == told
