"""Models and data that cannot be: one line that names what is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import pls
from crmlab.errors import ModelError

rng = np.random.default_rng(7)
F = rng.standard_normal((80, 1))
DATA = pd.DataFrame(
    0.8 * F + 0.6 * rng.standard_normal((80, 9)), columns=[f"{c}{i}" for c in "abc" for i in (1, 2, 3)]
)
BLOCKS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3"]}
PATHS = [("A", "B"), ("B", "C"), ("A", "C")]

WORDS = {
    "no items": ({"A": []}, PATHS, {}, "construct 'A' has no items"),
    "two homes": ({"B": ["a1", "b2"]}, PATHS, {}, "item 'a1' is in two constructs, 'A' and 'B'"),
    "tilde": ({"B": ["b1", "b~2"]}, PATHS, {}, "the name 'b~2' holds '~'"),
    "item like a construct": ({"B": ["b1", "C"]}, PATHS, {}, "'C' is the name of an item and of a construct"),
    "twice": ({"B": ["b1", "b1"]}, PATHS, {}, "item 'b1' stands twice in construct 'B'"),
    "near item": ({"B": ["b1", "b22"]}, PATHS, {}, "item 'b22' is not a column of the data; is it 'b2'?"),
    "near construct": ({}, [("A", "B"), ("AA", "C")], {}, "path AA -> C: 'AA' is no construct; is it 'A'?"),
    "cycle": ({}, [("A", "B"), ("B", "C"), ("C", "A")], {}, "in a circle: A -> B -> C -> A"),
    "itself": ({}, [("A", "A"), ("B", "C")], {}, "in a circle: A -> A"),
    "isolated": ({}, [("A", "B")], {}, "construct 'C' has no path to or from it"),
    "double path": ({}, [*PATHS, ("A", "B")], {}, "path A -> B is given twice"),
    "mode": ({}, PATHS, {"modes": {"A": "C"}}, "construct 'A': mode 'C' is not one of A, B, unit"),
    "mode of whom": ({}, PATHS, {"modes": {"D": "A"}}, "'D', which is no construct"),
    "scheme": ({}, PATHS, {"scheme": "pca"}, "scheme 'pca' is not one of"),
    "missing": ({}, PATHS, {"missing": "drop"}, "missing 'drop' is not one of"),
    "part": (
        {},
        [("H", "C")],
        {"higher_order": {"H": {"of": ["A", "X"]}}},
        "made of 'X', which is no construct",
    ),
    "no parts": ({}, [("H", "C")], {"higher_order": {"H": {"of": []}}}, "'H' has no parts"),
    "method": (
        {},
        [("H", "C")],
        {"higher_order": {"H": {"of": ["A"], "method": "x"}}},
        "method 'x' is not known",
    ),
    "part in a path": (
        {},
        [("H", "C"), ("A", "C")],
        {"higher_order": {"H": {"of": ["A", "B"]}}},
        "path A -> C: 'A' is a part of 'H'",
    ),
    "two wholes": (
        {},
        [("H", "C"), ("G", "C")],
        {"higher_order": {"H": {"of": ["A"]}, "G": {"of": ["A"]}}},
        "'A' is a part of two second-order constructs, 'H' and 'G'",
    ),
}


@pytest.mark.parametrize("fault", WORDS)
def test_a_model_that_cannot_be(fault):
    blocks, paths, options, words = WORDS[fault]
    with pytest.raises(ModelError) as caught:
        pls.fit(DATA, BLOCKS | blocks, paths, **options)
    assert words in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"a2": 3.0}, "item 'a2': every answer is the same"),
        ({"a2": np.nan}, "item 'a2' has no answers at all"),
        ({"a2": "agree"}, "item 'a2' holds words"),
        ({"b1": DATA["b1"].where(DATA.index != 5, np.inf)}, "item 'b1', row 5: inf"),
        ({"b1": DATA["b1"].where(DATA.index != 5, 1e308)}, "item 'b1', row 5: 1e+308"),
    ],
)
def test_data_that_cannot_be(change, words):
    with pytest.raises(ModelError) as caught:
        pls.fit(DATA.assign(**change), BLOCKS, PATHS)
    assert words in str(caught.value)


def test_too_few_rows_says_both_numbers():
    with pytest.raises(ModelError, match=r"3 usable rows, but 2 predictors of 'C' need at least 4"):
        pls.fit(DATA.head(3), BLOCKS, PATHS)


def test_casewise_rows_count_for_the_minimum():
    holes = DATA.copy()
    holes.loc[3:, "a1"] = np.nan
    with pytest.raises(ModelError, match="3 usable rows"):
        pls.fit(holes, BLOCKS, PATHS, missing="casewise")


def test_collinear_predictors_are_named():
    twin = DATA.assign(b1=DATA["a1"], b2=DATA["a2"], b3=DATA["a3"])
    with pytest.raises(ModelError, match=r"predictors of C are collinear: A, B"):
        pls.fit(twin, BLOCKS, [("A", "C"), ("B", "C")])


def test_collinear_items_in_mode_b_are_named():
    tied = DATA.assign(a3=DATA["a1"] + DATA["a2"])
    with pytest.raises(ModelError, match=r"items of 'A' are collinear in mode B: a1, a2, a3"):
        pls.fit(tied, BLOCKS, PATHS, modes={"A": "B"})


def test_items_that_cancel_out_are_named():
    with pytest.raises(ModelError, match=r"items of 'A' cancel out: a1, a2"):
        pls.fit(DATA.assign(a2=-DATA["a1"]), BLOCKS | {"A": ["a1", "a2"]}, PATHS)


def test_one_item_under_two_names_is_a_failed_check():
    fit = pls.fit(DATA.assign(a2=DATA["a1"] * 2 + 1), BLOCKS, PATHS)
    assert [check.name for check in fit.checks if not check.ok] == ["check.identical_items:a1~a2"]


def test_an_item_that_was_not_reversed_is_a_failed_check():
    fit = pls.fit(DATA.assign(b2=-DATA["b2"]), BLOCKS, PATHS)
    assert "check.loading_sign:b2" in [check.name for check in fit.checks if not check.ok]


def test_not_settling_is_a_failed_check_not_an_error():
    fit = pls.fit(DATA, BLOCKS, PATHS, max_iter=1)
    assert not fit.converged
    assert "check.converged" in [check.name for check in fit.result().failed]


def test_missing_answers_are_counted():
    holes = DATA.copy()
    holes.loc[:1, "a1"] = np.nan
    by_mean = pls.fit(holes, BLOCKS, PATHS)
    check = next(check for check in by_mean.checks if check.name == "check.missing_replaced")
    assert (check.ok, check.value, by_mean.n) == (True, 2.0, 80)
    casewise = pls.fit(holes, BLOCKS, PATHS, missing="casewise")
    assert (casewise.n, list(casewise.scores.index[:2])) == (78, [2, 3])
    half = holes.assign(a1=holes["a1"].where(holes.index > 40))
    assert "check.missing_item:a1" in [c.name for c in pls.fit(half, BLOCKS, PATHS).checks if not c.ok]


def test_a_single_item_may_lend_its_name_to_its_construct():
    plain = pls.fit(DATA, BLOCKS | {"C": ["c1"]}, PATHS)
    same = pls.fit(DATA.rename(columns={"c1": "C"}), BLOCKS | {"C": ["C"]}, PATHS)
    assert same.estimates["path:C~A"] == plain.estimates["path:C~A"]


def test_strange_names_are_only_names():
    odd = {"a1": "__class__", "a2": "index", "a3": "term", "b1": "x" * 300, "b2": "line\nbreak"}
    blocks = {name: [odd.get(item, item) for item in items] for name, items in BLOCKS.items()}
    plain = pls.fit(DATA, BLOCKS, PATHS)
    strange = pls.fit(DATA.rename(columns=odd), blocks, PATHS)
    assert strange.paths["estimate"].tolist() == plain.paths["estimate"].tolist()


def test_unknown_quantity_and_interval_are_refused():
    fit = pls.fit(DATA, BLOCKS, PATHS)
    with pytest.raises(ModelError, match="no quantity 'pathes'"):
        fit.result("pathes")
    with pytest.raises(ModelError, match="interval 'exact' is not known"):
        fit.bootstrap(10, seed=1, ci="exact")
    with pytest.raises(ModelError, match="1 resamples"):
        fit.bootstrap(1, seed=1)
    with pytest.raises(ModelError, match=r"level 95 is not a probability"):
        fit.bootstrap(10, seed=1, level=95)
