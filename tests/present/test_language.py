"""Words, digits, signs and dates in both languages."""

import math
import re
import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlab.present.language import LRM, Language, latin
from crmlab.present.sentences import templates

FOOTNOTED = {
    f"formula_{name}"
    for name in ("alpha", "rho_c", "ave", "htmt", "indirect", "f2", "vif", "attenuation", "joint", "worth")
}
EN, FA = Language.load("en"), Language.load("fa")


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_catalogues_are_twins():
    assert EN.words.keys() == FA.words.keys()
    assert {key: fields(word) for key, word in EN.words.items()} == {
        key: fields(word) for key, word in FA.words.items()
    }


def test_sentences_are_twins():
    for key, pair in templates().items():
        assert pair.keys() == {"en", "fa"}, key
        # a Persian thesis tells the foreign term of a formula in a footnote, an English one needs none
        foreign = {"note"} if key in FOOTNOTED else set()
        assert fields(pair["fa"]) == fields(pair["en"]) | foreign, key


def test_persian_words_are_persian():
    for text in [*FA.words.values(), *(pair["fa"] for pair in templates().values())]:
        assert not set(text) & set("يكىۀ٠١٢٣٤٥٦٧٨٩"), text
        assert not re.search(r" ها(ی|یی)?\b", text), f"half-space missing: {text}"
        assert " می " not in f" {text}", f"half-space missing: {text}"


@pytest.mark.parametrize(
    ("value", "digits", "en", "fa"),
    [
        (0.4231, 2, "0.42", "۰٫۴۲"),
        (-0.4231, 2, "\u22120.42", LRM + "\u2212۰٫۴۲"),
        (-0.001, 2, "0.00", "۰٫۰۰"),
        (1234567.891, 1, "1,234,567.9", "۱٬۲۳۴٬۵۶۷٫۹"),
        (math.nan, 2, "–", "–"),
        (math.inf, 2, "∞", "∞"),
    ],
)
def test_numbers(value, digits, en, fa):
    assert EN.number(value, digits) == en
    assert FA.number(value, digits) == fa


@pytest.mark.parametrize(
    ("value", "en", "fa"),
    [
        (0.0, "<\u00a00.001", LRM + "<\u00a0۰٫۰۰۱"),
        (0.00099, "<\u00a00.001", LRM + "<\u00a0۰٫۰۰۱"),
        (0.001, "0.001", "۰٫۰۰۱"),
        (0.213, "0.213", "۰٫۲۱۳"),
    ],
)
def test_a_p_value_is_never_zero(value, en, fa):
    assert (EN.p_value(value), FA.p_value(value)) == (en, fa)


def test_percent_interval_and_relation():
    assert (EN.percent(0.4562), FA.percent(0.4562)) == ("45.6%", "۴۵٫۶٪")
    assert (EN.percent(0.4562, sign=False), FA.percent(0.4562, sign=False)) == ("45.6", "۴۵٫۶")
    assert EN.interval(-0.1, 0.2) == "\u22120.10 to 0.20"
    assert FA.interval(-0.1, 0.2) == LRM + "\u2212۰٫۱۰ تا ۰٫۲۰"
    assert EN.p_value(0.03, relation=True) == "=\u00a00.030"
    assert FA.interval(math.nan, 0.2) == "–"


def test_the_decimal_slash_is_a_setting():
    assert Language.load("fa", decimal="/").number(1234.5, 1) == "۱٬۲۳۴/۵"


def test_dates_are_solar_in_persian():
    assert FA.date(date(2026, 11, 21)) == "۳۰ آبان ۱۴۰۵"
    assert EN.date(date(2026, 11, 21)) == "21 November 2026"


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_both_languages_say_the_same_number(value, digits):
    assert latin(FA.number(value, digits)) == latin(EN.number(value, digits))


def test_an_unknown_word_is_told():
    with pytest.raises(KeyError, match="no fa word for 'nothing'"):
        FA.word("nothing")
    with pytest.raises(KeyError, match="no language 'de'"):
        Language.load("de")
