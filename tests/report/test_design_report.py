"""The chapter on design in both languages: every number saved, every outcome in words, departures by name."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from crmlab import structure
from crmlab.errors import StudyError
from crmlab.present import show
from crmlab.present.blocks import Paragraph
from crmlab.report import compose
from crmlab.study.card_file import card_path, freeze_study, kept_to

STEP = "01_study_design"


@pytest.fixture(scope="module")
def make():
    """The small study of the structure tests."""
    file = Path(__file__).parents[1] / "structure" / "test_design.py"
    spec = importlib.util.spec_from_file_location("crmlab_small_design", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def results(study):
    asked = structure.design_question(study)
    found = structure.foresee(**asked.power)
    sizes = structure.sample_sizes(**asked.sizes, needed=found.first)
    named = {**found.results, "instrument": structure.instrument(**asked.instrument), "sample_size": sizes}
    return {f"{STEP}/{name}": one for name, one in {**named, "design_card": kept_to(study)}.items()}


@pytest.fixture(scope="module")
def planned(make, tmp_path_factory):
    study = make.study(tmp_path_factory.mktemp("plan"))
    return study, results(study)


def text(document):
    return " ".join(document.text(block.spans) for block in document.blocks() if isinstance(block, Paragraph))


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_chapter_is_whole_and_every_number_is_a_fact(planned, language):
    study, saved = planned
    document = compose(study, saved, language)
    assert [one.number for one in document.chapters if one.key == "chapter-design"] == ["3"]
    keys = {table.key for table in document.tables} | {figure.key for figure in document.figures}
    assert keys >= {
        "design_hypotheses", "design_instrument", "design_sample_size", "design_power_sem", "design_curves_sem",
        "design_precision_sem", "design_concept",
    }  # fmt: skip
    for fact in document.facts:
        if fact.saved and fact.address.startswith(STEP):
            step, name, rest = fact.address.split("/", 2)
            term, _, column = rest.rpartition("/")
            result = saved[f"{step}/{name}"]
            there = result.glance[column] if term == "glance" else result.cell(term, column)
            assert fact.value == there or (fact.value != fact.value and there != there), fact.address
    assert document.reference("design_concept") != document.language.word("not_found")


def test_not_enough_power_is_said(planned):
    study, saved = planned
    told = text(compose(study, saved, "en"))
    assert "This sample is not enough for K2" in told
    assert "None of the sizes tried, up to 150, is enough" in told
    document = compose(study, saved, "en")
    below = " ".join(document.text(note.spans) for table in document.tables for note in table.notes)
    assert "Fewer respondents are planned" in below
    assert "No design card was frozen" in told
    assert "کافی نیست" in text(compose(study, saved, "fa"))


def test_a_study_without_hypotheses_and_effects_says_so(make, tmp_path):
    study = make.study(tmp_path, {}, hypotheses=[])
    saved = results(study)
    for language, nothing, unknown in (
        ("en", "states no hypotheses", "power was not simulated"),
        ("fa", "فرضیه‌ای بیان نکرده", "توان شبیه‌سازی نشد"),
    ):
        told = text(compose(study, saved, language))
        assert nothing in told
        assert unknown in told


def test_a_study_without_a_design_has_no_such_chapter(make, tmp_path):
    study = make.study(tmp_path, None)
    assert "chapter-design" not in [chapter.key for chapter in compose(study, {}, "en").chapters]


def test_departures_are_listed_by_program(make, tmp_path):
    study = make.study(tmp_path)
    path, card = freeze_study(study, "2024-04-08")
    assert path == card_path(study)
    assert kept_to(study)["deviations"] == 0
    with pytest.raises(StudyError, match="frozen already"):
        freeze_study(study)
    changed = make.study(tmp_path, make.DESIGN | {"n": 120}, rules={"alpha": 0.10})
    found = kept_to(changed)
    assert found.source["card_sha256"] == card.sha256
    assert {term for term in found.tidy["term"] if term.startswith("deviation:")} == {
        "deviation:design.n",
        "deviation:rules.alpha",
    }
    saved = {f"{STEP}/design_card": found}
    document = compose(changed, saved, "en")
    told = text(document)
    assert "departs from its frozen design in 2 places" in told
    table = next(table for table in document.tables if table.key == "design_deviations")
    cells = [[document.text(cell) for cell in row] for row in table.rows]
    assert ["rules.alpha", "changed", "0.05", "0.1"] in cells
    assert re.search("۲ مورد", text(compose(changed, saved, "fa")))
    path.write_text(path.read_text().replace('"n": 150', '"n": 151'))
    with pytest.raises(StudyError, match="changed after it was frozen"):
        kept_to(changed)


def test_without_a_design_there_is_nothing_to_freeze(make, tmp_path):
    with pytest.raises(StudyError, match="no design to freeze"):
        freeze_study(make.study(tmp_path, None))


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_notebook_shows_every_result(planned, language):
    study, saved = planned
    for one in saved.values():
        page = show(one, language, study)._repr_html_()
        assert len(page) > 100
        assert "nan" not in page.lower().replace("nano", "")
