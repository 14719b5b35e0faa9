"""Prediction, importance and performance, necessity: against seminr's numbers and their own definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pls_cases import MOBI, MOBI_PATHS, PARTS, WHOLE_PATHS, wholes
from scipy.stats import ttest_rel

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.pls.nca import ceiling_of, effect_sizes


@pytest.fixture(scope="module")
def fit(mobi):
    return pls.fit(mobi, MOBI, MOBI_PATHS)


def test_leave_one_out_against_seminr(fit, reference, matrix):
    ref = reference("pls_mobi_predict_loocv")
    table = fit.predict(folds=250, repeats=1).table
    for key, tail in (("pls_out", ""), ("lm_out", "_lm")):
        theirs = matrix(ref[key]).T
        for row, column in (("RMSE", f"rmse{tail}"), ("MAE", f"mae{tail}")):
            assert np.abs(table[column] - theirs[row].reindex(table.index)).max() < 1e-6


def test_folds_by_hand(mobi):
    """The errors are those of fits without the fold, on answers in their own units."""
    blocks = {name: MOBI[name] for name in ("Image", "Satisfaction")}
    prediction = pls.fit(mobi, blocks, [("Image", "Satisfaction")], tol=1e-10).predict(5, 1, seed=3)
    fold = np.random.default_rng(3).permutation(np.arange(250) % 5)
    for k in range(5):
        train, test = mobi[fold != k], mobi[fold == k]
        again = pls.fit(train, blocks, [("Image", "Satisfaction")], tol=1e-10)
        weights = again.weights.set_index("item")["estimate"][MOBI["Image"]]
        z = (test[MOBI["Image"]] - train[MOBI["Image"]].mean()) / train[MOBI["Image"]].std()
        score = (z @ weights) * again.paths["estimate"].item()
        for place, item in enumerate(MOBI["Satisfaction"]):
            loading = again.loadings.set_index("item")["estimate"][item]
            guess = train[item].mean() + train[item].std() * loading * score
            ours = prediction.errors["pls"][fold == k, place]
            assert np.abs(ours - (test[item] - guess).to_numpy()).max() < 1e-6
            mean = prediction.errors["mean"][fold == k, place]
            assert np.abs(mean - (test[item] - train[item].mean()).to_numpy()).max() < 1e-9


def test_q2_and_rmse_by_definition(fit):
    prediction = fit.predict(10, 3, seed=1)
    result = prediction.result()
    e, m = prediction.errors["pls"], prediction.errors["mean"]
    place = prediction.items.index("CUSA1")
    assert result["rmse:CUSA1"] == pytest.approx(np.sqrt((e[:, place] ** 2).mean()), rel=1e-12)
    assert result["mae:CUSA1"] == pytest.approx(np.abs(e[:, place]).mean(), rel=1e-12)
    want = 1 - (e[:, place] ** 2).sum() / (m[:, place] ** 2).sum()
    assert result["q2_predict:CUSA1"] == pytest.approx(want, rel=1e-9)
    assert result.equals(fit.predict(10, 3, seed=1).result())
    assert not result.equals(fit.predict(10, 3, seed=2).result())


def test_earliest_antecedents_know_less(fit):
    direct, earliest = (fit.predict(10, 5, technique=how).table["rmse"] for how in ("direct", "earliest"))
    assert direct["CUEX1"] == pytest.approx(earliest["CUEX1"], rel=1e-12)  # its only antecedent is exogenous
    assert direct["CUSA1"] < earliest["CUSA1"]
    lm = fit.predict(10, 5, technique="earliest", benchmark="antecedents").table["rmse_lm"]
    assert (lm.loc[["CUEX1", "CUSA1"]] > 0).all()


def test_noise_predicts_nothing():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.standard_normal((200, 6)), columns=[f"{c}{i}" for c in "xy" for i in (1, 2, 3)])
    blocks = {"X": ["x1", "x2", "x3"], "Y": ["y1", "y2", "y3"]}
    prediction = pls.fit(data, blocks, [("X", "Y")]).predict(10, 5)
    assert (prediction.table["q2_predict"] < 0.03).all()
    assert not prediction.result().ok
    assert prediction.cvpat().cell("cvpat_mean:overall", "p_value") > 0.01


def test_cvpat_is_a_paired_t_test_of_losses(fit):
    prediction = fit.predict(10, 2, seed=1)
    result = prediction.cvpat()
    ours, theirs = ((prediction.errors[key] ** 2).mean(axis=1) for key in ("pls", "lm"))
    test = ttest_rel(ours, theirs)
    assert result["cvpat_lm:overall"] == pytest.approx((ours - theirs).mean(), rel=1e-12)
    assert result.cell("cvpat_lm:overall", "p_value") == pytest.approx(test.pvalue, rel=1e-9)
    interval = test.confidence_interval(0.95)
    assert result.cell("cvpat_lm:overall", "ci_low") == pytest.approx(interval.low, rel=1e-9)
    assert "cvpat_mean:Satisfaction" in result


@pytest.mark.parametrize("method", ["two_stage", "embedded_two_stage"])
def test_second_order_models_predict_the_items_of_their_parts(method, sim400):
    fit = pls.fit(sim400, PARTS, WHOLE_PATHS, higher_order=wholes(method))
    table = fit.predict(10, 2).table
    assert list(table.index[-13:-1]) == [*PARTS["TRU"], *PARTS["COM"], *PARTS["SAT"]] or len(table) == 13
    assert (table["q2_predict"] > 0).all()


def test_what_cannot_be_predicted_is_said(fit, mobi):
    with pytest.raises(ModelError, match="1 folds"):
        fit.predict(1)
    with pytest.raises(ModelError, match="technique 'x'"):
        fit.predict(technique="x")
    blocks = {name: MOBI[name] for name in ("Image", "Expectation", "Satisfaction")}
    moderated = pls.fit(
        mobi,
        blocks,
        [("Image", "Satisfaction"), ("Expectation", "Satisfaction")],
        interactions=[("Expectation", "Image", "Satisfaction", "two_stage")],
    )
    with pytest.raises(ModelError, match="importance and performance with interactions"):
        moderated.ipma("Satisfaction")


# -- importance and performance ------------------------------------------------------------------


def test_ipma_against_seminr(fit, reference):
    ref = reference("pls_ipma_shared")["result"]
    result = fit.ipma("Satisfaction", (1, 10))
    for key, quantity in (
        ("importance_unstd", "importance"),
        ("importance_std", "importance_std"),
        ("performance", "performance"),
    ):
        for name, value in ref[key].items():
            assert result[f"{quantity}:{name}"] == pytest.approx(value, abs=1e-6)


def test_unstandardised_weights_give_the_scores_of_the_model(fit, mobi):
    result = fit.ipma("Satisfaction", (1, 10), weights="unstandardized")
    weights = fit.weights.set_index(["construct", "item"])["estimate"]["Image"] / mobi[MOBI["Image"]].std()
    score = ((mobi[MOBI["Image"]] - 1) / 9 * 100) @ (weights / weights.sum())
    assert result["performance:Image"] == pytest.approx(score.mean(), abs=1e-9)
    assert abs(np.corrcoef(score, fit.scores["Image"])[0, 1]) == pytest.approx(1, abs=1e-12)


def test_scale_ends_are_per_item_or_seen(fit, mobi):
    seen = fit.ipma("Satisfaction")
    ends = {item: (mobi[item].min(), mobi[item].max()) for item in mobi}
    told = fit.ipma("Satisfaction", ends).tidy["estimate"].to_numpy()
    assert seen.tidy["estimate"].to_numpy() == pytest.approx(told, abs=1e-9)
    with pytest.raises(ModelError, match="outside its scale"):
        fit.ipma("Satisfaction", (1, 7))
    with pytest.raises(ModelError, match="'Image' is no construct that others explain"):
        fit.ipma("Image")


# -- necessity -----------------------------------------------------------------------------------


def test_nca_against_seminr(fit, reference, matrix):
    ref = reference("pls_nca_shared")["result"]
    result = fit.nca("Satisfaction", permutations=99, seed=1)
    sizes = matrix(ref["effect_sizes"])
    for name in sizes.index:
        for ceiling in sizes.columns:
            assert result[f"{ceiling}:Satisfaction~{name}"] == pytest.approx(
                sizes.loc[name, ceiling], abs=1e-6
            )
    for ceiling, block in ref["bottleneck"].items():
        theirs = matrix(block)
        ours = fit.bottleneck("Satisfaction", ceiling)[list(theirs.columns)].to_numpy()
        assert np.array_equal(np.isnan(ours), theirs.isna().to_numpy())
        assert np.nanmax(np.abs(ours - theirs.to_numpy())) < 0.0501  # printed with one decimal


def test_ceiling_of_a_triangle():
    """y <= x on the unit square: half of the square is empty."""
    rng = np.random.default_rng(0)
    x = np.append(rng.uniform(size=4000), [0, 1, 1])
    y = np.append(rng.uniform(size=4000) * x[:4000], [0, 0, 1])
    ce, cr = effect_sizes(x, y)
    assert ce == pytest.approx(0.5, abs=0.03)
    assert cr == pytest.approx(0.5, abs=0.03)
    assert ceiling_of(x, y).slope == pytest.approx(1, abs=0.03)


def test_what_is_not_necessary_has_no_effect(fit):
    assert effect_sizes(np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, 0.0])) == (0.0, 0.0)
    result = fit.nca("Satisfaction", permutations=99, seed=1)
    assert result.cell("ce_fdh:Satisfaction~Value", "p_value") == 1.0
    assert "check.necessary:Satisfaction~Value" in [check.name for check in result.failed]
