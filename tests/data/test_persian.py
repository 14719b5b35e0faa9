import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.data.persian import is_blank, key, normalise, number, number_repairs, repairs
from crmlab.study.instrument import bundled

PERSIAN = st.text(
    alphabet="اآبپتثجچحخدذرزژسشصضطظعغفقکكگلمنوهیيىئأإؤۀةءًٔـ\u200c\u200f\u00a0 ۰۵۹٠٥٩15.,،٫٬؟*ab", max_size=30
)
ANY = st.one_of(st.text(max_size=30), PERSIAN)


def test_oracle_dt3():
    assert normalise("١٢۳٤") == "1234"
    assert normalise("مشتري كيفيت") == "مشتری کیفیت"


@settings(max_examples=300, deadline=None)
@given(ANY)
def test_both_are_idempotent(text):
    assert normalise(normalise(text)) == normalise(text)
    assert key(key(text)) == key(text)
    assert key(normalise(text)) == key(text)


@settings(max_examples=200, deadline=None)
@given(PERSIAN)
def test_spelling_does_not_change_a_key(text):
    for noise in (
        text.replace("ی", "ي"),
        text.replace("ک", "ك"),
        f"\u200f {text}  ",
        text + "؟ *",
        text + "ـ",
    ):
        assert key(noise) == key(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(-(10**9), 10**9), st.sampled_from(["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"]))
def test_numbers_come_back_in_any_script(value, digits):
    written = str(value).translate(str.maketrans("0123456789", digits))
    assert number(f" {written}\u200f ") == value
    assert number(written + "٫۵") == (value + 0.5 if value >= 0 and written[0] != "-" else value - 0.5)
    grouped = f"{value:,}".translate(str.maketrans("0123456789,", digits + "٬"))
    assert number(grouped) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5.", 5), (".5", 0.5), ("1,500", 1500), ("1,500.25", 1500.25), ("۳،۲۵", 3.25), ("−9", -9), ("9-", -9),
        ("1e3", 1000), ("+4", 4), ("1,5", None), ("۱،۵۰۰", None), ("1.500,00", None), ("1 500", None), ("5/2", None),
        ("", None), ("--4", None), ("A4", None), ("NaN", None), ("inf", None), ("٫", None), ("1,50,000", None),
    ],
)  # fmt: skip
def test_numbers_that_are_one_and_numbers_that_could_be_two(text, value):
    assert number(text) == value


def test_variants_that_mean_the_same():
    for one, other in [
        ("متأهل", "متاهل"), ("کاملاً", "کاملا"), ("برنامهٔ", "برنامه"), ("برنامه‌ی", "برنامۀ"), ("مسئول", "مسیول"),
        ("بي‌پاسخ", "بی پاسخ"), ("خـــوب", "خوب"), ("ﻼﻡ", "لام"), ("ارتقاء", "ارتقا"), ("حياة", "حیاه"),
    ]:  # fmt: skip
        assert key(one) == key(other), (one, other)


def test_no_two_labels_of_a_scale_fall_together():
    for scale in bundled().scales.values():
        for language in ("en", "fa"):
            folded = [key(words[language]) for words in scale.labels.values()]
            assert len(set(folded)) == len(folded), scale.name
            assert "" not in folded


def test_no_two_questions_fall_together():
    for language in ("en", "fa"):
        folded = [key(item.worded(language, "x")) for item in bundled().items.values()]
        assert len(set(folded)) == len(folded)


@pytest.mark.parametrize(
    ("found", "kinds"),
    [
        ("نه موافق و نه مخالف", ()),
        ("نه  موافق و نه مخالف", ("spaces",)),
        ("نه موافق و نه مخالف\u200f", ("spaces",)),
        ("نه موافق و نه مخـالف", ("spelling",)),
        ("نه موافق و نه مخالف.", ("marks",)),
    ],
)
def test_kinds_of_repair(found, kinds):
    assert repairs(found, "نه موافق و نه مخالف") == kinds


def test_kinds_of_numeric_repair():
    assert [number_repairs(text) for text in ("5", "4.5", "100", "-9", "0")] == [()] * 5
    assert number_repairs(" ۵٫۰") == ("digits", "spaces", "decimal_zero")


def test_blank():
    assert is_blank(" \u200f\u200c\u00a0\ufeff")
    assert not is_blank("0")
