"""The author's own text: what is understood, what is refused, and that everything else appears as typed."""

import re
import shutil

import pytest

from crmlab.errors import StudyError
from crmlab.present.blocks import Cite, Fact, Heading, Label, Paragraph, Strong
from crmlab.report import compose, write
from crmlab.report.author_text import typed_numbers
from crmlab.report.trace import lint, lint_pair
from crmlab.study import load_study
from crmlab.study.author_files import author_files

OMEGA = "04_measurement/reliability/omega:FOC/estimate"


@pytest.fixture
def authored(crm, tmp_path):
    """A copy of the study with a text folder, and a function that writes into it."""
    study, results = crm
    shutil.copy(study.file, tmp_path / "study.yml")
    (tmp_path / "text").mkdir()

    def put(name, text):
        (tmp_path / "text" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_study(tmp_path), results

    return put


def of(document, section):
    """Blocks of one section's author text."""
    found, inside = [], False
    for block in document.blocks():
        if isinstance(block, Heading) and block.level == 2:
            inside = block.key == section
        elif inside and (getattr(block, "author", False) or isinstance(block, Heading)):
            found.append(block)
    return found


def test_the_subset_of_markdown(authored):
    study, results = authored("problem.en.md", (
        "# A heading\n\nFirst line,\nsecond **strong** and *soft* line.\n\n- one\n- two\n  goes on\n1. three\n\n"
        f"Omega is {{{{fact:{OMEGA}}}}} or {{{{fact:{OMEGA}|3}}}} [@fornell1981; @hair2019, p. 12] [here](https://x.org/a).\n"
    ))  # fmt: skip
    from crmlab.present.facts import sources
    from crmlab.present.names import reader
    from crmlab.report.author_text import author

    heading, first, one, two, three, last = author(study, sources(results), reader(study, "en")).of("problem")
    assert isinstance(heading, Heading)
    assert heading.level == 3
    assert first == Paragraph(
        ("First line, second ", Strong("strong"), " and ", Strong("soft"), " line."), "body", author=True
    )
    assert [block.role for block in (one, two, three)] == ["item"] * 3
    assert two.spans == ("• ", "two goes on")
    assert three.spans[0] == "1. "
    facts = [span for span in last.spans if isinstance(span, Fact)]
    assert [(fact.address, fact.digits) for fact in facts] == [(OMEGA, 2), (OMEGA, 3)]
    assert [span for span in last.spans if isinstance(span, Cite)] == [
        Cite("fornell1981"), Cite("hair2019", "p. 12")
    ]  # fmt: skip
    assert Label("https://x.org/a") in last.spans


def test_a_fact_in_the_text_follows_the_result(authored):
    study, results = authored("problem.fa.md", f"امگا {{{{fact:{OMEGA}|3}}}} است.")
    document = compose(study, results, "fa")
    told = of(document, "section-text_problem")[0]
    assert any(isinstance(span, Fact) and span.address == OMEGA for span in told.spans)
    assert not of(compose(study, results, "en"), "section-text_problem")
    assert lint_pair(document, compose(study, results, "en")) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "a\n\nb {{fact:04_measurement/reliability/omega:FOX/estimate}}",
            "line 3: no saved result has the fact",
        ),
        ("{{fact:04_measurement/reliabilty/omega:FOC/estimate}}", "did you mean 'reliability'"),
        (f"{{{{fact:{OMEGA}|roman}}}}", "cannot be printed as 'roman'"),
        (b"a\n\xff", "line 2 is not UTF-8"),
        ("a\0b", "NUL"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(authored, text, says):
    study, results = authored("problem.en.md", text)
    with pytest.raises(StudyError, match=re.escape(says)):
        compose(study, results, "en")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("problm.en.md", "did you mean 'problem'"),
        ("problem.de.md", "is no text of a section"),
        ("problem.en.docx", "is no text of a section"),
        ("discussion_H9.en.md", "no section 'discussion_H9'"),
    ],
)
def test_a_file_of_no_section_is_refused(authored, name, says):
    study, _ = authored(name, "x")
    with pytest.raises(StudyError, match=says):
        author_files(study)


def test_a_fact_whose_step_has_not_run_is_a_named_gap(authored):
    study, results = authored("problem.en.md", "It is {{fact:08_value/worth/x/estimate}}.")
    (told,) = of(compose(study, results, "en"), "section-text_problem")
    assert told.spans[1] == "(this number is not available: 08_value/worth/x/estimate)"


def test_markup_of_other_languages_appears_as_typed(authored, tmp_path):
    hostile = "<b>x</b> <img src=x onerror=alert(1)> #let $x$ \\input{/etc/passwd} {0} {{ 7*7 }} a\u202eb [x](javascript:1)"
    study, results = authored("problem.en.md", hostile)
    (told,) = of(compose(study, results, "en"), "section-text_problem")
    assert "".join(told.spans) == hostile + "\u202c"
    files = {path.suffix: path for path in write(compose(study, results, "en"), tmp_path / "out")}
    page = files[".html"].read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_typed_numbers_are_allowed_and_listed(authored):
    study, results = authored(
        "discussion_H1.en.md", f"1. We found 0.42 in 1393, not {{{{fact:{OMEGA}}}}} [@zhao2010]."
    )
    document = compose(study, results, "en")
    assert typed_numbers(author_files(study)[0]) == ["0.42", "1393"]
    assert lint(document) == []
    record = " ".join(
        document.text(b.spans)
        for chapter in document.chapters if chapter.key == "annex-record"
        for b in chapter.blocks if isinstance(b, Paragraph)
    )  # fmt: skip
    assert "text/discussion_H1.en.md (0.42, 1393)" in record


def test_gaps_are_named_in_a_draft_only(authored):
    study, results = authored("problem.en.md", "Here.")
    assert not [b for b in compose(study, results, "en").blocks() if getattr(b, "role", "") == "gap"]
    draft = study.file.read_text() + "\nreport: {draft: true}\n"
    study.file.write_text(draft)
    document = compose(load_study(study.file), results, "en")
    gaps = [document.text(b.spans) for b in document.blocks() if getattr(b, "role", "") == "gap"]
    assert any("text/necessity.en.md" in text for text in gaps)
    assert not any("text/problem.en.md" in text for text in gaps)


def test_an_abstract_of_the_author_takes_the_place_of_ours(authored):
    study, results = authored("abstract.en.md", "My own abstract.")
    document = compose(study, results, "en")
    told = " ".join(document.text(block.spans) for block in document.chapters[0].blocks)
    assert "My own abstract." in told
    assert "Keywords" in told
    assert "questionnaires received" not in told
