"""What must not change a PLS solution: the order of rows and items, names, the unit of an item."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab import pls

rng = np.random.default_rng(11)
F = rng.standard_normal((120, 4)) @ np.array(
    [[1, 0.5, 0.4, 0.3], [0, 0.9, 0.3, 0.2], [0, 0, 0.9, 0.3], [0, 0, 0, 0.9]]
)
DATA = pd.DataFrame(
    np.repeat(F, 3, axis=1) + 0.7 * rng.standard_normal((120, 12)),
    columns=[f"{c}{i}" for c in "abcd" for i in (1, 2, 3)],
)
BLOCKS = {c.upper(): [f"{c}{i}" for i in (1, 2, 3)] for c in "abcd"}
MODELS = {
    "one stage": (BLOCKS, [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")], {}),
    "mode B": (BLOCKS, [("A", "B"), ("B", "C"), ("C", "D")], {"modes": {"A": "B"}, "scheme": "factorial"}),
    "two stages": (
        BLOCKS,
        [("H", "C"), ("C", "D"), ("H", "D")],
        {"higher_order": {"H": {"of": ["A", "B"], "method": "two_stage"}}},
    ),
}


def numbers(fit, rename=None) -> pd.Series:
    tidy = fit.result().tidy.set_index("term")["estimate"]
    return tidy if rename is None else tidy.rename(rename)


def same(ours: pd.Series, theirs: pd.Series) -> None:
    assert set(ours.index) == set(theirs.index)
    assert np.nanmax(np.abs(ours - theirs.reindex(ours.index))) < 1e-9


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=8, deadline=None)
@given(order=st.randoms(use_true_random=False))
def test_row_and_item_order_are_no_information(model, order):
    blocks, paths, options = MODELS[model]
    rows = list(range(len(DATA)))
    order.shuffle(rows)
    turned = {name: order.sample(items, len(items)) for name, items in blocks.items()}
    shuffled = DATA.iloc[rows][order.sample(list(DATA), DATA.shape[1])]
    tight = {"tol": 1e-12, **options}
    same(numbers(pls.fit(shuffled, turned, paths, **tight)), numbers(pls.fit(DATA, blocks, paths, **tight)))


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=8, deadline=None)
@given(
    shift=st.lists(st.floats(-1e4, 1e4), min_size=12, max_size=12),
    scale=st.lists(st.floats(1e-3, 1e3), min_size=12, max_size=12),
)
def test_the_unit_of_an_item_is_no_information(model, shift, scale):
    blocks, paths, options = MODELS[model]
    moved = DATA * np.array(scale) + np.array(shift)
    tight = {"tol": 1e-12, **options}
    ours, theirs = (
        numbers(pls.fit(moved, blocks, paths, **tight)),
        numbers(pls.fit(DATA, blocks, paths, **tight)),
    )
    assert np.nanmax(np.abs(ours - theirs)) < 1e-8  # a shift of 1e4 spreads costs seven digits of the data


@pytest.mark.parametrize("model", MODELS)
def test_names_are_only_names(model):
    blocks, paths, options = MODELS[model]
    words = {"A": "اعتماد", "B": "رضایت مشتری", "C": "تعهد", "D": "Loyalty 2", "H": "کیفیت رابطه"}
    fit = pls.fit(DATA, blocks, paths, **options)
    renamed = pls.fit(
        DATA,
        {words[name]: items for name, items in blocks.items()},
        [(words[a], words[b]) for a, b in paths],
        **{
            key: {
                words[k]: ({**v, "of": [words[p] for p in v["of"]]} if key == "higher_order" else v)
                for k, v in value.items()
            }
            if isinstance(value, dict)
            else value
            for key, value in options.items()
        },
    )
    assert fit.result().tidy["estimate"].equals(renamed.result().tidy["estimate"])
    assert renamed.paths["from"].isin(list(words.values())).all()


@pytest.mark.parametrize("model", MODELS)
def test_construct_order_is_no_information(model):
    blocks, paths, options = MODELS[model]
    fit = pls.fit(DATA, blocks, paths, tol=1e-12, **options)
    turned = pls.fit(DATA, dict(reversed(blocks.items())), list(reversed(paths)), tol=1e-12, **options)
    for quantity in ("path", "loading", "weight", "r2", "total", "indirect", "alpha", "rho_a", "f2"):
        ours, theirs = (f.result(quantity).tidy.set_index("term")["estimate"] for f in (fit, turned))
        same(ours, theirs)


def test_turning_every_item_of_a_construct_turns_it_back():
    blocks, paths, options = MODELS["one stage"]
    turned = DATA.assign(**{item: -DATA[item] for item in BLOCKS["B"]})
    ours, theirs = pls.fit(turned, blocks, paths, **options), pls.fit(DATA, blocks, paths, **options)
    # each construct follows its items: B now means its opposite, and its paths change sign
    want = theirs.paths["estimate"] * np.where(theirs.paths[["from", "to"]].eq("B").any(axis=1), -1, 1)
    assert np.abs(ours.paths["estimate"] - want).max() < 1e-9
    assert (ours.loadings["estimate"] > 0).all()


def test_scores_have_the_moments_they_promise():
    blocks, paths, options = MODELS["two stages"]
    fit = pls.fit(DATA, blocks, paths, **options)
    assert np.abs(fit.scores.mean()).max() < 1e-12
    assert np.abs(fit.scores.std() - 1).max() < 1e-9
    by_regression = np.linalg.lstsq(fit.scores[["H", "C"]], fit.scores["D"], rcond=None)[0]
    ours = fit.paths.query("to == 'D'").set_index("from")["estimate"]
    assert ours[["H", "C"]].to_numpy() == pytest.approx(by_regression, abs=1e-10)
