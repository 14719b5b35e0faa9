"""Constructs of second and third order: three methods, their resamples, their limits."""

from __future__ import annotations

import numpy as np
import pytest
from pls_cases import PARTS, WHOLE_PATHS, WHOLES, wholes, worst_resample

from crmlab import pls
from crmlab.errors import ModelError

METHODS = ("two_stage", "embedded_two_stage", "repeated_indicators")
THIRD = {**WHOLES, "ALL": ["CRM", "RQ"]}


def third(method):
    return {whole: {"of": its, "method": method} for whole, its in THIRD.items()}


@pytest.mark.parametrize("method", METHODS)
def test_resamples_are_fits_of_their_rows(method, sim400):
    def refit(rows):
        data = sim400.iloc[rows].reset_index(drop=True)
        return pls.fit(data, PARTS, WHOLE_PATHS, higher_order=wholes(method), tol=1e-10)

    assert worst_resample(refit(np.arange(400)), refit) < 1e-6


def test_the_methods_agree_on_the_population_order(sim400):
    """Population: RQ = .6 CRM; log clv = .35 RQ + .10 CRM + .5 e."""
    paths = {
        method: pls.fit(sim400, PARTS, WHOLE_PATHS, higher_order=wholes(method)).paths.set_index(
            ["from", "to"]
        )["estimate"]
        for method in METHODS
    }
    for ends in WHOLE_PATHS:
        values = [paths[method][ends] for method in METHODS]
        assert max(values) - min(values) < 0.03


def test_repeated_indicators_are_a_plain_model_with_items_twice(sim400):
    fit = pls.fit(sim400, PARTS, WHOLE_PATHS, higher_order=wholes("repeated_indicators"), tol=1e-10)
    twice = {f"{item}_": sim400[item] for its in WHOLES.values() for part in its for item in PARTS[part]}
    data = sim400.assign(**twice)
    blocks = {**PARTS, **{w: [f"{i}_" for part in its for i in PARTS[part]] for w, its in WHOLES.items()}}
    paths = [*WHOLE_PATHS, *((whole, part) for whole, its in WHOLES.items() for part in its)]
    plain = pls.fit(data, blocks, paths, tol=1e-10)
    theirs = plain.paths.set_index(["from", "to"])["estimate"]
    ours = fit.paths.set_index(["from", "to"])["estimate"]
    assert max(abs(ours - theirs.reindex(ours.index))) < 1e-9
    assert np.isnan(fit.htmt().loc["CRM", "KCO"])
    assert not [check for check in fit.checks if check.name.startswith("check.identical")]


def test_embedded_uses_the_scores_of_the_repeated_model(sim400):
    first = pls.fit(sim400, PARTS, WHOLE_PATHS, higher_order=wholes("repeated_indicators")).scores
    fit = pls.fit(sim400, PARTS, WHOLE_PATHS, higher_order=wholes("embedded_two_stage"))
    blocks = {**WHOLES, "CLV": ["CLV"]}
    again = pls.fit(first.drop(columns=["CRM", "RQ"]), blocks, WHOLE_PATHS)
    ours, theirs = (one.paths.set_index(["from", "to"])["estimate"] for one in (fit, again))
    assert max(abs(ours - theirs.reindex(ours.index))) < 1e-6
    assert set(fit.loadings["construct"]) == {*PARTS, *WHOLES}
    assert fit.loadings.query("construct == 'CLV'")["item"].item() == "logclv"


@pytest.mark.parametrize("method", METHODS)
def test_third_order(method, sim400):
    def refit(rows):
        data = sim400.iloc[rows].reset_index(drop=True)
        return pls.fit(data, PARTS, [("ALL", "CLV")], higher_order=third(method), tol=1e-10)

    fit = refit(np.arange(400))
    assert 0.5 < fit.estimates["path:CLV~ALL"] < 0.65
    assert set(fit.scores) == {*PARTS, *THIRD}
    assert fit.scores.std().to_numpy() == pytest.approx(1.0, abs=1e-9)
    assert worst_resample(fit, refit) < 1e-6


def test_third_order_two_stage_is_two_two_stage_models(sim400):
    fit = pls.fit(sim400, PARTS, [("ALL", "CLV")], higher_order=third("two_stage"))
    again = pls.fit(
        fit.scores[["CRM", "RQ"]].assign(logclv=sim400["logclv"]),
        {"ALL": ["CRM", "RQ"], "CLV": ["logclv"]},
        [("ALL", "CLV")],
    )
    assert fit.estimates["path:CLV~ALL"] == pytest.approx(again.estimates["path:CLV~ALL"], abs=1e-9)


def test_modes_of_wholes(sim400):
    fit = pls.fit(
        sim400, PARTS, WHOLE_PATHS, higher_order=wholes("two_stage"), modes={"CRM": "B", "KM": "unit"}
    )
    weights = fit.weights.set_index(["construct", "item"])["estimate"]
    assert np.ptp(weights["KM"]) < 1e-12
    assert np.ptp(weights["CRM"]) > 0.01
    assert np.isnan(fit.reliability.loc["CRM", "ave"])
    formative = pls.fit(
        sim400,
        PARTS,
        [("CRM", "CLV"), ("RQ", "CLV")],
        higher_order=wholes("repeated_indicators"),
        modes={"CRM": "B"},
    )
    assert formative.r2["CRM"] > 0.99


def test_limits_are_said(sim400):
    with pytest.raises(ModelError, match="explained by its own parts"):
        pls.fit(sim400, PARTS, WHOLE_PATHS, higher_order=wholes("repeated_indicators"), modes={"RQ": "B"})
    mixed = wholes("two_stage") | {"RQ": {"of": WHOLES["RQ"], "method": "repeated_indicators"}}
    with pytest.raises(ModelError, match="need one method"):
        pls.fit(sim400, PARTS, WHOLE_PATHS, higher_order=mixed)
    ring = {"CRM": {"of": ["KCO", "RQ"]}, "RQ": {"of": ["TRU", "CRM"]}}
    with pytest.raises(ModelError, match="made of each other: CRM -> RQ -> CRM"):
        pls.fit(sim400, PARTS, [("KM", "CLV")], higher_order=ring)
