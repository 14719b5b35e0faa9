"""Words of the data are told in the reader's language where the study file translates them."""

from crmlab.present.blocks import Label
from crmlab.present.canvas import lines, shown
from crmlab.present.language import Language
from crmlab.present.names import reader
from crmlab.study import load_study

STUDY = """
name: tiny
title: {fa: پژوهش, en: A study}
organisation: {fa: شرکت, en: the firm}
canvas: {file: raw/canvas.csv}
words:
  شعبه شمال: {en: North branch}
  5: {fa: پنج, en: Five}
"""


def spoken(tmp_path, code):
    (tmp_path / "study.yml").write_text(STUDY, encoding="utf-8")
    return reader(load_study(tmp_path), code)


def test_a_word_is_translated_wherever_it_is_printed(tmp_path):
    english, persian = spoken(tmp_path, "en"), spoken(tmp_path, "fa")
    assert english.plain((Label("شعبه شمال"), ", ", Label("شعبه جنوب"))) == "North branch, شعبه جنوب"
    assert english.name("شعبه شمال") == "North branch"
    assert shown(english, "شعبه شمال") == "North branch"
    assert lines(english, "شعبه شمال", 6) == "North\nbranch"
    assert persian.plain((Label("شعبه شمال"),)) == "شعبه شمال"


def test_a_code_that_looks_like_a_number_is_a_word_too(tmp_path):
    assert spoken(tmp_path, "fa").own("5") == "پنج"


def test_without_a_translation_words_stand_as_typed():
    assert Language.load("en").own("شعبه شمال") == "شعبه شمال"
