"""What the trace of numbers reaches: what one saved number moves, what the lint sees, what a gap is called."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from crmlab.present.blocks import (
    Equation,
    Fact,
    Figure,
    Footnote,
    Heading,
    Label,
    Paragraph,
    Reference,
    Table,
    facts_of,
)
from crmlab.present.language import latin
from crmlab.present.theme import Theme
from crmlab.report import compose
from crmlab.report.docx import to_docx
from crmlab.report.html import to_html
from crmlab.report.model import Chapter
from crmlab.report.pdf import to_pdf
from crmlab.report.trace import lint, lint_pair
from crmlab.result import NUMBERS, Result
from crmlab.run.report_blocks import blocks_of, html_blocks

LANGUAGES = ("fa", "en")


def mutated(results, address, term, column, by):
    old = results[address]
    tidy = old.tidy.copy()
    row = tidy["term"] == term
    tidy.loc[row, column] = tidy.loc[row, column] + by
    return {**results, address: Result(old.model, tidy, old.glance, old.checks, old.source)}


def pieces(document):
    """Every sentence-bearing paragraph, caption, note and cell: its place, its text, its facts."""
    for number, block in enumerate(document.blocks()):
        if isinstance(block, Equation | Reference):
            continue
        if isinstance(block, Paragraph | Heading):
            yield (number,), document.text(block.spans), facts_of(block)
            continue
        yield (number, "caption"), document.text(block.caption), facts_of(Paragraph(block.caption))
        for k, note in enumerate(block.notes):
            yield (number, "note", k), document.text(note.spans), facts_of(note)
        if isinstance(block, Figure):
            yield (number, "alt"), block.alt, list(block.facts)
        for r, line in enumerate(block.rows if isinstance(block, Table) else ()):
            for c, cell in enumerate(line):
                yield (number, r, c), document.text(cell), facts_of(Paragraph(cell))


def cited_cells(document, results):
    """Saved numbers that the report prints: (result, term, column)."""
    found = {}
    for fact in document.facts:
        if not fact.saved:
            continue
        step, name, *term, column = fact.address.split("/")
        if term != ["glance"] and column in NUMBERS and np.isfinite(fact.value):
            found[fact.address] = (f"{step}/{name}", "/".join(term), column)
    return [found[key] for key in sorted(found)]


@pytest.mark.parametrize("seed", range(3))
def test_a_number_moved_visibly_changes_what_cites_it_and_nothing_else(crm, seed):
    study, results = crm
    before = compose(study, results, "en")
    every = cited_cells(before, results)
    assert len(every) > 500
    rng = np.random.default_rng(seed)
    for k in rng.choice(len(every), 6, replace=False):
        name, term, column = every[k]
        address = f"{name}/{term}/{column}"
        after = compose(study, mutated(results, name, term, column, 0.0137), "en")
        old = {place: (text, facts) for place, text, facts in pieces(before)}
        new = {place: (text, facts) for place, text, facts in pieces(after)}
        for place in old.keys() & new.keys():
            (text, facts), (other, more) = old[place], new[place]
            values = {fact.address: fact.value for fact in facts}
            touched = any(values.get(f.address, np.nan) != f.value and f.value == f.value for f in more) or (
                {f.address for f in facts} != {f.address for f in more}
            )
            code = before.code in text and text.replace(before.code, after.code) == other
            assert text == other or touched or code, (address, text, other)
        moved = {f.address for f in after.facts} - {f.address for f in before.facts}
        if not moved:  # no rule was crossed: then the one fact alone has another value
            told = {f.address: f.value for f in before.facts}
            assert {f.address for f in after.facts if f.value == f.value and told[f.address] != f.value} <= {
                address, *(f.address for f in after.facts if not f.saved)
            }  # fmt: skip
        printed = [before.language.fact(f) for f in before.facts if f.address == address]
        again = [after.language.fact(f) for f in after.facts if f.address == address]
        assert printed
        assert again
        assert (
            printed[0] != again[0]
            or "<" in printed[0]
            or "0.0" in printed[0]
            or abs(float(latin(printed[0]).replace(",", ""))) >= 10
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_cells_move_in_all_three_formats(crm, language, tmp_path):
    study, results = crm
    name, term, column = "04_measurement/reliability", "rho_c:TRU", "estimate"
    theme, kept = Theme.load(), {}
    for state, saved in (("old", results), ("new", mutated(results, name, term, column, 0.0731))):
        document = compose(study, saved, language)
        chapters = tuple(  # the pictures are no matter of the trace
            replace(each, blocks=tuple(b for b in each.blocks if not isinstance(b, Figure)))
            for each in document.chapters
        )
        document = replace(document, chapters=chapters)
        folder = tmp_path / state
        folder.mkdir()
        (folder / "r.html").write_text(to_html(document, {}, theme), encoding="utf-8")
        (folder / "r.docx").write_bytes(to_docx(document, {}, theme))
        (folder / "r.pdf").write_bytes(to_pdf(document, {}, theme))
        kept[state] = document
    shown = {
        state: [document.language.fact(f) for f in document.facts if f.address == f"{name}/{term}/{column}"]
        for state, document in kept.items()
    }
    assert shown["old"] != shown["new"]
    for kind in ("html", "docx", "pdf"):
        words = {
            state: Counter(
                latin(word).strip(".,;()،؛")
                for block in blocks_of(tmp_path / state / f"r.{kind}")
                for word in (block.words or tuple(block.text.split()))
            )
            for state in kept
        }
        gone, come = words["old"] - words["new"], words["new"] - words["old"]
        for state, found in (("old", gone), ("new", come)):
            code = kept[state].code
            numbers = {word: count for word, count in found.items() if word not in words_of(code)}
            assert numbers == Counter(map(latin, shown[state])), (kind, state)
    blocks = html_blocks(tmp_path / "new" / "r.html")
    holders = [b for b in blocks if any(f.address == f"{name}/{term}/{column}" for f in b.facts)]
    assert holders
    assert len(holders) == len(shown["new"])


def words_of(code):
    """The run code, which a line may break at its hyphens."""
    parts = code.split("-")
    return {"-".join(parts[a:b]) + end for a in range(3) for b in range(a + 1, 4) for end in ("", "-")}


# -- the lint ----------------------------------------------------------------------------------


def with_block(document, *blocks):
    last = document.chapters[-1]
    return replace(
        document, chapters=(*document.chapters[:-1], replace(last, blocks=(*last.blocks, *blocks)))
    )


@pytest.mark.parametrize(
    "number", ["0.858", "۰/۸۵۸", "۰٫۸۵۸", "٠٫٨٥٨", "85.8%", "۸۵٪", "n=348", "t(23)", "1,234", "−3"]
)
def test_a_number_typed_anywhere_is_seen(crm, number):
    document = compose(*crm, "en")
    assert lint(document) == []
    text = f"KMO is {number} here"
    cell, head = ((("x",), ("y",)),), (("a",), ("b",))
    figure = Figure("f", ("c",), "", draw=lambda: None)
    for block in (
        Paragraph((text,)),
        Paragraph((text,), role="failed"),
        Heading(2, "h", (text,)),
        Paragraph(("a", Footnote((text,)))),
        Table("t", ("c",), head, (((text,), ("y",)),)),
        Table("t", (text,), head, cell),
        Table("t", ("c",), ((text,), ("b",)), cell),
        Table("t", ("c",), head, cell, notes=(Paragraph((text,), role="note"),)),
        replace(figure, caption=(text,)),
        replace(figure, notes=(Paragraph((text,), role="note"),)),
    ):
        more = (block, Paragraph(("end",))) if isinstance(block, Heading) else (block,)
        found = lint(with_block(document, *more))
        assert len(found) == 1, block
        assert "a typed number" in found[0]


def test_an_alternative_text_tells_the_facts_of_its_figure_only(crm):
    document = compose(*crm, "en")
    figure = Figure(
        "f",
        ("c",),
        "the mean is 3.62, its share 41.5",
        draw=lambda: None,
        facts=(Fact("a/b/c/d", 3.6175), Fact("a/b/e/d", 0.4151)),
    )
    assert lint(with_block(document, figure)) == []
    found = lint(with_block(document, replace(figure, alt="the mean is 3.61")))
    assert found == ["f: the alternative text tells 3.61, which is none of the figure's facts"]


DIGITS_EVERYWHERE = {
    "title": "Study 2 of 0.858 (n = 348)", "organisation": "Shop 24/7", "notice": "Wave 3, 50% of 1,200.",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_digits_in_the_words_of_a_study_are_its_own(fx, tmp_path, monkeypatch, language):
    for name in ("CRM", "FOC", "TRU", "RQ"):
        english, persian = fx.NAMES[name]
        monkeypatch.setitem(fx.NAMES, name, (f"{english} 2.0", f"{persian} ۲٫۰"))
    study = fx.crm_study(
        tmp_path, **{key: fx.words(text, text) for key, text in DIGITS_EVERYWHERE.items()},
        hypotheses=[{"id": "H1", "source": "CRM", "target": "RQ", "statement": fx.words("CRM 2.0 raises RQ by 0.3.", "اثر ۰٫۳ است.")}],
    )  # fmt: skip
    results = fx.results(study)
    fa, en = (compose(study, results, each) for each in LANGUAGES)
    assert lint(fa if language == "fa" else en) == []
    assert lint_pair(fa, en) == []


# -- gaps --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_result_is_a_named_gap_not_a_blank(crm, language):
    study, results = crm
    whole = compose(study, results, language)
    gaps = Counter(place for place, text, _ in pieces(whole) if not text.strip())
    for lost in sorted(results):
        document = compose(study, {key: value for key, value in results.items() if key != lost}, language)
        assert lint(document) == []
        for chapter in document.chapters:
            assert all_said(chapter), (lost, chapter.key)
        empty = [text for place, text, _ in pieces(document) if len(place) == 1 and not text.strip()]
        assert len(empty) <= len(gaps)


def all_said(chapter: Chapter) -> bool:
    """Whether no heading of a chapter is followed by nothing."""
    blocks = [*chapter.blocks, None]
    return all(
        not isinstance(block, Heading)
        or (after is not None and not (isinstance(after, Heading) and after.level <= block.level))
        for block, after in pairwise(blocks)
    )


def test_a_missing_number_is_a_dash_and_a_sentence_without_it(crm):
    study, results = crm
    saved = results["04_measurement/reliability"]
    tidy = saved.tidy.copy()
    tidy.loc[tidy["term"] == "omega:FOC", "estimate"] = np.nan
    lost = Result(saved.model, tidy, saved.glance, saved.checks, saved.source)
    document = compose(study, {**results, "04_measurement/reliability": lost}, "en")
    assert lint(document) == []
    assert "nan" not in " ".join(document.words()).lower().split()
    cells = [
        text
        for place, text, facts in pieces(document)
        if any(f.address.endswith("omega:FOC/estimate") for f in facts)
    ]
    assert all(text == "–" or "–" in text for text in cells)
    assert Label("x").text == "x"
