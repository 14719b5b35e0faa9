"""The running type loses nothing on paper and shows nothing it should not."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlab.errors import ModelError
from crmlab.result import Check, Result, load_results, tidy_block, tidy_frame

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


def result(**changes):
    given = {
        "model": "model.test",
        "tidy": tidy_block("alpha", ["A", "سازه"], [0.1 + 0.2, math.nan], ci_low=[-math.inf, 0.5]),
        "glance": {"n": 3, "level": 0.95},
        "checks": (
            Check("check.converged", True, 1e-9, "< 1e-7"),
            Check("check.variance:A", False, math.nan, "> 0"),
        ),
        "source": {"seed": "1"},
    }
    return Result(**{**given, **changes})


@given(st.lists(NUMBERS, min_size=5, max_size=5), st.text(max_size=20))
def test_paper_keeps_every_bit(numbers, rule):
    row = {
        "term": "a:b",
        **dict(zip(("estimate", "std_error", "ci_low", "ci_high", "p_value"), numbers, strict=True)),
    }
    one = result(tidy=tidy_frame([row]), checks=(Check("c", False, numbers[0], rule),))
    back = Result.from_json(one.to_json())
    assert back.equals(one)
    assert np.array_equal(back.tidy.iloc[0, 1:].to_numpy(float), np.array(numbers), equal_nan=True)


def test_saves_json_and_a_table_beside_it(tmp_path):
    one = result()
    path = one.save(tmp_path / "04_measurement", "reliability")
    assert Result.load(path).equals(one)
    table = pd.read_csv(path.with_suffix(".csv"))
    assert table["estimate"].tolist()[0] == 0.1 + 0.2
    assert load_results(tmp_path).keys() == {"04_measurement/reliability"}


def test_a_saved_result_that_is_not_one_is_said(tmp_path):
    (tmp_path / "x.json").write_text('{"model": 1}')
    with pytest.raises(ModelError, match="not a saved result"):
        Result.load(tmp_path / "x.json")
    with pytest.raises(ModelError, match="no such saved result"):
        Result.load(tmp_path / "y.json")


def test_a_term_stands_once_and_an_unknown_one_names_its_neighbours():
    with pytest.raises(ValueError, match="stands twice"):
        result(tidy=tidy_block("a", ["x", "x"], [1, 2]))
    with pytest.raises(KeyError, match="alpha:A"):
        result()["alpha:a"]
    assert result().select("alpha").index.tolist() == ["A", "سازه"]


def test_rich_display_shows_failed_checks_and_escapes_markup():
    page = result(tidy=tidy_block("a", ["<img src=x onerror=1>"], [1.0]))._repr_html_()
    assert "check.variance:A" in page
    assert "<img" not in page
    assert "0x" not in repr(result())
