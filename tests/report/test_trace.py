"""Every number is traceable: mutate a saved number, and exactly what cites it changes; type one, and the lint fails."""

from dataclasses import replace

import numpy as np
import pytest

from crmlab.present.blocks import Fact, Heading, Label, Paragraph, Ref
from crmlab.report import compose
from crmlab.report.trace import lint, lint_pair
from crmlab.result import NUMBERS, Result


def mutated(results, address, term, column):
    """The saved results with one number moved by a part in ten thousand."""
    old = results[address]
    tidy = old.tidy.copy()
    row = tidy["term"] == term
    tidy.loc[row, column] = tidy.loc[row, column] * 1.0001 + 1e-9
    return {**results, address: Result(old.model, tidy, old.glance, old.checks, old.source)}


def cells(results, rng, n):
    """Some numbers of the saved results."""
    every = [
        (address, str(term), column)
        for address, result in sorted(results.items())
        for row in result.tidy.itertuples(index=False)
        for term, column in ((row.term, column) for column in NUMBERS)
        if np.isfinite(getattr(row, column)) and abs(getattr(row, column)) > 1e-6
    ]
    return [every[k] for k in rng.choice(len(every), n, replace=False)]


@pytest.mark.parametrize("seed", range(3))
def test_one_mutated_number_changes_only_what_cites_it(crm, seed):
    study, results = crm
    before = compose(study, results, "en")
    for address, term, column in cells(results, np.random.default_rng(seed), 3):
        after = compose(study, mutated(results, address, term, column), "en")
        moved = {
            new.address
            for old, new in zip(before.facts, after.facts, strict=True)
            if old.value != new.value and not (np.isnan(old.value) and np.isnan(new.value))
        }
        cited = f"{address}/{term}/{column}"
        assert moved <= {cited}
        assert (cited in {fact.address for fact in before.facts}) == bool(moved)
        assert after.code != before.code


def with_block(document, block):
    last = document.chapters[-1]
    return replace(document, chapters=(*document.chapters[:-1], replace(last, blocks=(*last.blocks, block))))


@pytest.mark.parametrize("text", ["The mean is 3.62.", "میانگین ۳٫۶۲ است.", "n = 381"])
def test_a_typed_number_fails(crm, text):
    document = compose(*crm, "en")
    assert lint(document) == []
    found = lint(with_block(document, Paragraph((text,))))
    assert len(found) == 1
    assert "a typed number" in found[0]
    assert lint(with_block(document, Paragraph((text,), author=True))) == []
    assert lint(with_block(document, Paragraph((Label(text),)))) == []


def test_table_and_prose_that_disagree_fail(crm):
    document = compose(*crm, "en")
    address = "04_measurement/reliability/omega:FOC/estimate"
    assert any(fact.address == address for fact in document.facts)
    found = lint(with_block(document, Paragraph((Fact(address, 0.858),))))
    assert found
    assert found[0].startswith(address)


def test_a_dead_reference_and_an_empty_section_fail(crm):
    document = compose(*crm, "en")
    assert "which is not in the report" in lint(with_block(document, Paragraph((Ref("nowhere"),))))[0]
    assert "is empty" in lint(with_block(document, Heading(2, "section-x", ("X",))))[0]


def test_a_fact_of_one_language_only_fails(crm):
    fa, en = (compose(*crm, language) for language in ("fa", "en"))
    assert lint_pair(fa, en) == []
    more = with_block(en, Paragraph((Fact("03_sample_description/constructs/mean:FOC/estimate", 3.0),)))
    found = lint_pair(fa, more)
    assert len(found) == 1
    assert "mean:FOC" in found[0]
