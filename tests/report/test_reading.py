"""What a supervisor marks, caught by machine: tables nobody names, sentences said twice, readings that a table refutes."""

import math
import re

import pandas as pd
import pytest

from crmlab.present.blocks import Figure, Heading, Label, Paragraph, Ref, Table
from crmlab.present.explained_sentences import explained
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.measure_limits import far
from crmlab.present.outcomes import shaky
from crmlab.present.tally_sentences import counted, tallied
from crmlab.report import compose
from crmlab.report.study_annexes import coverage
from crmlab.result import Check, Result, tidy_block

LONG = 60  # letters from which a sentence that stands twice is seen to


@pytest.fixture(scope="module", params=["en", "fa"])
def composed(request, crm, ecsi):
    return [compose(*case, request.param) for case in (crm, ecsi)]


def source(*blocks, address="05_structure_mediation/x", checks=(), **glance):
    return Source(address, Result("model.x", pd.concat(blocks), glance, checks))


def test_every_table_and_figure_is_named_before_it_stands(composed):
    for document in composed:
        for chapter in document.chapters:
            named = set()
            for block in chapter.blocks if chapter.kind == "chapter" else ():
                if isinstance(block, Paragraph):
                    named |= {span.key for span in block.spans if isinstance(span, Ref)}
                if isinstance(block, Table | Figure):
                    assert block.key in named, f"{chapter.key}: nobody names '{block.key}' before it stands"


def test_no_long_sentence_stands_twice_in_the_discussion(composed):
    for document in composed:
        chapter = next(one for one in document.chapters if one.key == "chapter-discussion")
        told = [document.text(block.spans) for block in chapter.blocks if isinstance(block, Paragraph)]
        sentences = [one for text in told for one in re.split(r"(?<=[.؟])\s", text) if len(one) > LONG]
        twice = {one for one in sentences if sentences.count(one) > 1}
        assert not twice


def test_a_failed_check_is_told_once_in_a_section(composed):
    for document in composed:
        place, seen = "", {}
        for block in document.blocks():
            place = block.key if isinstance(block, Heading) else place
            for note in block.notes if isinstance(block, Table | Figure) else ():
                words = document.text(note.spans)
                assert note.role != "failed" or words not in seen.setdefault(place, set()), (
                    f"{place}: {words}"
                )
                seen.setdefault(place, set()).add(words)


def test_a_coefficient_beside_others_is_read_with_the_others_held(crm):
    told = text(compose(*crm, "en"), "chapter-discussion")
    assert (
        "who are alike in “Customer relationship management” and stand one standard deviation apart" in told
    )
    assert "respondents who stand one standard deviation apart in “Customer relationship management”" in told


def text(document, key):
    chapter = next(one for one in document.chapters if one.key == key)
    return " ".join(document.text(block.spans) for block in chapter.blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize(("counts", "words"), [
    ({"supported": 6, "not_shown": 2, "contradicted": 0, "unjudged": 1}, "the data support 6, leave 2 unsupported and cannot test 1."),
    ({"supported": 0, "not_shown": 4, "contradicted": 0, "unjudged": 0}, "The data support none of the 4 hypotheses."),
    ({"supported": 0, "not_shown": 0, "contradicted": 1, "unjudged": 0}, "The one hypothesis of the study is contradicted."),
])  # fmt: skip
def test_a_tally_names_the_outcomes_that_are_there(counts, words):
    language = Language.load("en")
    n = counted("x/y", {"all": sum(counts.values()), **counts})
    assert language.plain(tallied(language, n)).endswith(words)


@pytest.mark.parametrize(("names", "words"), [("A", "explains 30.0 percent"), ("AB", "“A” and 40.0"), ("ABCD", "between 30.0 percent (“A”) and 60.0")])  # fmt: skip
def test_many_outcomes_are_told_by_their_extremes(names, words):
    language = Language.load("en")
    r2 = [0.3 + 0.1 * k for k in range(len(names))]
    assert words in language.plain(explained(source(tidy_block("r2", names, r2)), language))


def test_a_limit_that_leaves_zero_out_is_not_printed_as_zero():
    found = source(tidy_block("path", ["B~A", "C~A"], [0.5, 0.5], ci_low=[0.0003, -0.0003], ci_high=0.8))
    assert found.fact("path:B~A", "ci_low", digits=3).digits == 4
    assert found.fact("path:C~A", "ci_low", digits=3).digits == 3, "this interval holds zero"


def test_a_model_that_fits_exactly_is_not_called_unfit_for_its_size(crm):
    study, _ = crm
    near = source(tidy_block("srmr", ["estimated"], [0.09], ci_high=0.10))
    away = source(tidy_block("srmr", ["estimated"], [0.09], ci_high=0.07))
    assert not far(near, study)
    assert far(away, study)


def test_paths_are_not_advised_on_where_their_measures_differ(crm):
    study, _ = crm
    alone = source(tidy_block("holds", ["TRU.metric", "FOC.metric", "USE.metric"], [0.0, 1.0, 1.0]))
    whole = source(tidy_block("invariant", ["CLV@GEN.1-GEN.2", "CRM@GEN.1-GEN.2"], [0.0, 1.0]))
    found = {"06_lifecycle_groups/items_GEN": alone, "06_lifecycle_groups/composites_GEN": whole}
    assert shaky(study, found, "GEN", "CLV~RQ") == ["TRU", "CLV"]
    assert shaky(study, found, "GEN", "RQ~CRM") == ["TRU"]


def test_a_step_with_other_results_does_not_answer_a_statement(crm):
    from crmlab.present.guide_tables import answered
    from crmlab.study.claims import claims

    one = next(claim for claim in claims() if claim.places and all(place.result for place in claim.places))
    there, beside = one.places[0].address, f"{one.places[0].step}/something_else"
    assert one.state(answered([there])) == "answered"
    assert one.state(answered([beside])) == "not_asked"


def test_an_empty_result_answers_nothing(crm):
    study, results = crm
    from crmlab.report.scene import Scene

    language = Language.load("en")
    full = {address: Source(address, result) for address, result in results.items()}
    bare = {
        address: Source(address, Result(one.result.model, one.result.tidy.iloc[:0], {}, (Check("check.possible", False, math.nan, "why"),)))
        for address, one in full.items()
    }  # fmt: skip
    counts = [_answered(coverage(Scene(study, language, found), set()), language) for found in (full, bare)]
    assert counts[0] > counts[1] == 0


def _answered(blocks, language):
    table = next(block for block in blocks if isinstance(block, Table))
    word = language.word("claim.state.answered")
    return sum(word in cell for row in table.rows for cell in row if not isinstance(cell, Label))
