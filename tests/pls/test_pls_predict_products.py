"""Prediction from models with interactions, PLSc and higher-order constructs, against fits done one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import pls
from crmlab.errors import ModelError

BLOCKS = {name: [f"{name.lower()}{i}" for i in range(3)] for name in "AMY"}
PATHS = [("A", "Y"), ("M", "Y")]
METHODS = ("two_stage", "product_indicator", "orthogonal")


def sample(n: int, seed: int, product: float = 0.4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a, m = rng.standard_normal((2, n))
    m = 0.4 * a + 0.9 * m
    y = 0.4 * a + 0.3 * m + product * a * m + 0.7 * rng.standard_normal(n)
    columns = {}
    for name, v in (("a", a), ("m", m), ("y", y)):
        for i, l in enumerate((0.8, 0.7, 0.75)):
            columns[f"{name}{i}"] = 3 + l * v + 0.6 * rng.standard_normal(n)
    return pd.DataFrame(columns)


def by_hand(frame: pd.DataFrame, method: str, folds: int, seed: int) -> np.ndarray:
    """Answers less predictions of the items of Y, one training fit after another, in plain frames."""
    n = len(frame)
    fold = np.random.default_rng(seed).permutation(np.arange(n) % folds)
    errors = np.empty((n, 3))
    for k in range(folds):
        train, test = frame[fold != k], frame[fold == k]
        fit = pls.fit(train, BLOCKS, PATHS, interactions=[("M", "A", "Y", method)])
        zt, zn = ((part - train.mean()) / train.std() for part in (train, test))
        w = fit.weights.set_index(["construct", "item"])["estimate"]
        b = fit.paths.set_index(["from", "to"])["estimate"]
        score = {c: [z[BLOCKS[c]] @ w[c][BLOCKS[c]] for z in (zt, zn)] for c in "AM"}
        if method == "two_stage":
            first = pls.fit(train, BLOCKS, PATHS)
            v = first.weights.set_index(["construct", "item"])["estimate"]
            pair = [(z[BLOCKS["A"]] @ v["A"]) * (z[BLOCKS["M"]] @ v["M"]) for z in (zt, zn)]
            product = pair[1] - pair[0].mean()
        else:
            parts = [
                pd.DataFrame({f"{i}*{j}": z[i] * z[j] for i in BLOCKS["A"] for j in BLOCKS["M"]})
                for z in (zt, zn)
            ]
            if method == "orthogonal":
                base = [np.column_stack([np.ones(len(z)), z[BLOCKS["A"] + BLOCKS["M"]]]) for z in (zt, zn)]
                slope = np.linalg.lstsq(base[0], parts[0].to_numpy(), rcond=None)[0]
                parts = [part - x @ slope for part, x in zip(parts, base, strict=True)]
            size = parts[0].std()
            ready = (parts[1] - parts[0].mean()) / size
            weight = w["A*M"][list(size.index)]
            product = ready @ weight * fit.scores["A*M"].std()
        guess = b["A", "Y"] * score["A"][1] + b["M", "Y"] * score["M"][1] + b["A*M", "Y"] * product
        load = fit.loadings.set_index(["construct", "item"])["estimate"]["Y"]
        for at, item in enumerate(BLOCKS["Y"]):
            predicted = train[item].mean() + train[item].std() * load[item] * guess
            errors[fold == k, at] = test[item] - predicted
    return errors


@pytest.mark.parametrize("method", METHODS)
def test_interactions_predict_as_fits_done_one_by_one(method):
    frame = sample(120, 1)
    fit = pls.fit(frame, BLOCKS, PATHS, interactions=[("M", "A", "Y", method)])
    found = fit.predict(folds=4, repeats=1, seed=5)
    np.testing.assert_allclose(found.errors["pls"], by_hand(frame, method, 4, 5), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_an_interaction_that_is_there_predicts_better(method):
    frame = sample(500, 2)
    plain = pls.fit(frame, BLOCKS, PATHS).predict(repeats=2, seed=1).table["q2_predict"]
    product = pls.fit(frame, BLOCKS, PATHS, interactions=[("M", "A", "Y", method)])
    assert (product.predict(repeats=2, seed=1).table["q2_predict"] > plain + 0.02).all()


def test_plsc_predicts_as_pls_but_for_its_loadings():
    """Given the scores, both expect the same of a construct; only loadings (w q / w'w against R w) differ."""
    frame = sample(400, 3, 0.0)
    one, other = (
        pls.fit(frame, BLOCKS, PATHS, consistent=c).predict(repeats=1, seed=1) for c in (False, True)
    )
    assert np.abs(one.table["rmse"] - other.table["rmse"]).max() < 0.01
    r = np.corrcoef(one.errors["lm"].ravel(), other.errors["lm"].ravel())[0, 1]
    assert r == pytest.approx(1)


def test_plsc_with_an_interaction_predicts_about_as_pls():
    frame = sample(500, 4)
    product = [("M", "A", "Y", "two_stage")]
    q2 = [
        pls.fit(frame, BLOCKS, PATHS, interactions=product, consistent=c)
        .predict(repeats=1, seed=2)
        .table["q2_predict"]
        for c in (False, True)
    ]
    assert np.abs(q2[0] - q2[1]).max() < 0.02


@pytest.mark.parametrize("technique", ["direct", "earliest"])
@pytest.mark.parametrize("method", ["two_stage", "embedded_two_stage", "repeated_indicators"])
def test_higher_order_constructs_predict_alike_by_all_methods(method, technique, sim400):
    blocks = {c: [f"{c.lower()}{i}" for i in range(1, 5)] for c in ("KCO", "KM", "TECH", "SAT")}
    whole = {"CRM": {"of": ["KCO", "KM", "TECH"], "method": method}}
    found = pls.fit(sim400, blocks, [("CRM", "SAT")], higher_order=whole).predict(5, 1, 3, technique)
    assert set(found.items) == set(blocks["SAT"])
    same = pls.fit(sim400, blocks, [("CRM", "SAT")], higher_order={"CRM": {"of": ["KCO", "KM", "TECH"]}})
    expect = same.predict(5, 1, 3, technique).table
    assert np.abs(found.table["rmse"] - expect["rmse"]).max() < 0.01
    assert np.abs(found.table["rmse_lm"] - expect["rmse_lm"]).max() < 1e-9


def test_a_whole_that_is_explained_is_predicted_through_its_items(sim400):
    blocks = {c: [f"{c.lower()}{i}" for i in range(1, 5)] for c in ("KCO", "KM", "TECH", "SAT")}
    for method in ("two_stage", "repeated_indicators"):
        whole = {"CRM": {"of": ["KCO", "KM", "TECH"], "method": method}}
        found = pls.fit(sim400, blocks, [("SAT", "CRM")], higher_order=whole).predict(5, 1, 3)
        assert len(found.items) == 12
        assert (found.table["q2_predict"] > 0).all()


def test_plsc_with_a_higher_order_construct_predicts(sim400):
    blocks = {c: [f"{c.lower()}{i}" for i in range(1, 5)] for c in ("KCO", "KM", "TECH", "SAT")}
    whole = {"CRM": {"of": ["KCO", "KM", "TECH"]}}
    one, other = (
        pls.fit(sim400, blocks, [("CRM", "SAT")], higher_order=whole, consistent=c).predict(5, 1, 3).table
        for c in (False, True)
    )
    assert np.abs(one["rmse"] - other["rmse"]).max() < 0.02


def test_a_product_with_an_explained_construct_is_not_predicted_from_outside():
    fit = pls.fit(sample(200, 5), BLOCKS, [*PATHS, ("A", "M")], interactions=[("M", "A", "Y", "two_stage")])
    with pytest.raises(ModelError, match="product with a construct that is explained itself"):
        fit.predict(technique="earliest")
    assert len(fit.predict(5, 1, 1).items) == 6
