"""Moderation and quadratic effects against seminr, and every resample against its own rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pls_cases import MOBI, PARTS, WHOLE_PATHS, below, gap, square, wholes, wide, worst_resample

from crmlab import pls
from crmlab.errors import ModelError

BLOCKS = {name: MOBI[name] for name in ("Image", "Expectation", "Satisfaction")}
PATHS = [("Image", "Satisfaction"), ("Expectation", "Satisfaction")]
METHODS = ("two_stage", "product_indicator", "orthogonal")
NAME = "Image*Expectation"


def moderated(data, method, **options):
    terms = [("Expectation", "Image", "Satisfaction", method)]
    return pls.fit(data, BLOCKS, PATHS, interactions=terms, **options)


@pytest.mark.parametrize("method", METHODS)
def test_against_seminr(method, mobi, reference, matrix):
    ref = reference("pls_mobi_moderation_" + method.replace("two_stage", "twostage"))
    fit = moderated(mobi, method)
    for ours, key in ((fit.paths, "path_coef"), (fit.f2, "f2")):
        theirs = matrix(ref[key])
        theirs = theirs if key == "path_coef" else theirs.loc[[NAME], ["Satisfaction"]]
        assert gap(square(ours, theirs), theirs) < 1e-6
    for ours, key in ((fit.loadings, "outer_loadings"), (fit.weights, "outer_weights")):
        theirs = matrix(ref[key]).rename(index={f"{NAME}_intxn": NAME})
        assert gap(wide(ours, theirs), theirs) < 1e-6
    theirs = matrix(ref["construct_cor"])
    assert gap(fit.construct_cor, theirs) < 1e-6
    assert np.abs(below(fit.htmt().loc[theirs.index, theirs.index]) - below(matrix(ref["htmt"]))).max() < 1e-6
    vif = fit.vif.set_index("from")["estimate"]
    for name, value in ref["vif_antecedents"]["Satisfaction"].items():
        assert vif[name] == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("moderator", ["Expectation", "Image"])
def test_resamples_are_fits_of_their_rows(method, moderator, mobi):
    def refit(rows):
        data = mobi.iloc[rows].reset_index(drop=True)
        terms = [(moderator, "Image", "Satisfaction", method)]
        return pls.fit(data, BLOCKS, PATHS, interactions=terms, tol=1e-10)

    assert worst_resample(refit(np.arange(len(mobi))), refit) < 1e-6


def test_two_products_at_once_and_second_order_moderators(sim400):
    def refit(rows):
        data = sim400.iloc[rows].reset_index(drop=True)
        terms = [("RQ", "CRM", "CLV", "two_stage"), ("CRM", "CRM", "CLV", "two_stage")]
        return pls.fit(
            data, PARTS, WHOLE_PATHS, higher_order=wholes("two_stage"), interactions=terms, tol=1e-10
        )

    assert worst_resample(refit(np.arange(400)), refit) < 1e-6


def curved(n: int, seed: int = 2) -> pd.DataFrame:
    """y = .4 x + .3 m + .25 x m + .2 x^2 + e on constructs that single items measure without error."""
    rng = np.random.default_rng(seed)
    x, m = rng.standard_normal((2, n))
    y = 0.4 * x + 0.3 * m + 0.25 * x * m + 0.2 * x**2 + 0.6 * rng.standard_normal(n)
    return pd.DataFrame({"x1": x, "m1": m, "y1": y})


@pytest.mark.parametrize("method", METHODS)
def test_single_items_give_the_regression_with_products(method):
    data = curved(500)
    blocks = {"X": ["x1"], "M": ["m1"], "Y": ["y1"]}
    terms = [("M", "X", "Y", method), ("X", "X", "Y", method)]
    fit = pls.fit(data, blocks, [("X", "Y"), ("M", "Y")], interactions=terms)
    z = (data - data.mean()) / data.std()
    design = np.column_stack([np.ones(500), z["x1"], z["m1"], z["x1"] * z["m1"], z["x1"] ** 2])
    want = np.linalg.lstsq(design, z["y1"], rcond=None)[0]
    ours = fit.paths.set_index("from")["estimate"]
    # orthogonalised products leave the main effects alone, and each keeps what the other one explains
    assert ours["X*M"] == pytest.approx(want[3], abs=1e-9)
    assert ours["X*X"] == pytest.approx(want[4], abs=1e-9)
    if method != "orthogonal":
        assert ours[["X", "M"]].to_numpy() == pytest.approx(want[1:3], abs=1e-9)


def test_slopes_are_those_of_the_line(mobi):
    fit = moderated(mobi, "two_stage")
    paths = fit.paths.set_index("from")["estimate"]
    slopes = fit.bootstrap(300, seed=1).result("slope_low", "slope_high")
    for end, side in (("low", -1), ("high", 1)):
        term = f"slope_{end}:Satisfaction~{NAME}"
        assert slopes[term] == pytest.approx(paths["Image"] + side * paths[NAME], abs=1e-12)
        assert slopes.cell(term, "ci_low") < slopes[term] < slopes.cell(term, "ci_high")
    with pytest.raises(ModelError, match="no quantity 'slope_low'"):
        pls.fit(mobi, BLOCKS, PATHS).result("slope_low")


def test_an_interaction_that_is_there_is_found_and_one_that_is_not_is_not():
    data = curved(400)
    blocks = {"X": ["x1"], "M": ["m1"], "Y": ["y1"]}
    terms = [("M", "X", "Y", "two_stage"), ("M", "M", "Y", "two_stage")]
    boot = pls.fit(data, blocks, [("X", "Y"), ("M", "Y")], interactions=terms).bootstrap(500, seed=1)
    table = boot.result("path").tidy.set_index("term")
    assert table.loc["path:Y~X*M", "ci_low"] > 0
    assert table.loc["path:Y~M*M", "ci_low"] < 0 < table.loc["path:Y~M*M", "ci_high"]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ([("Expectation", "Image", "Satisfaction", "x")], "method 'x' is not one of"),
        ([("Image", "Expectation", "Image", "two_stage")], "there is no path Expectation -> Image"),
        ([("Image", "Value", "Satisfaction", "two_stage")], "there is no path Value -> Satisfaction"),
        ([("Expectation", "Image", "Satisfaction", "two_stage")] * 2, "is given twice"),
        (
            [
                ("Expectation", "Image", "Satisfaction", "two_stage"),
                ("Image", "Expectation", "Satisfaction", "two_stage"),
            ],
            "is the same product",
        ),
        (
            [
                ("Expectation", "Image", "Satisfaction", "two_stage"),
                ("Image", "Image", "Satisfaction", "orthogonal"),
            ],
            "two-stage interactions beside products of items",
        ),
    ],
)
def test_terms_that_cannot_be(terms, words, mobi):
    with pytest.raises(ModelError) as caught:
        pls.fit(mobi, BLOCKS, PATHS, interactions=terms)
    assert words in str(caught.value)


def test_a_two_point_item_has_no_square(mobi):
    data = mobi.assign(CUSCO=(mobi["CUSCO"] > mobi["CUSCO"].median()) * 1.0)
    data = pd.concat([data, data.assign(CUSCO=1 - data["CUSCO"])], ignore_index=True)  # half and half
    blocks = BLOCKS | {"Complaints": ["CUSCO"]}
    terms = [("Complaints", "Complaints", "Satisfaction", "product_indicator")]
    with pytest.raises(ModelError, match="does not vary"):
        pls.fit(data, blocks, [*PATHS, ("Complaints", "Satisfaction")], interactions=terms)
