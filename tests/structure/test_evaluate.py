"""The evaluation of a PLS model: each part equals the engine's own answer, and what is not asked is not there."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab import pls, structure

BLOCKS = {"CRM": ["kco1", "kco2", "kco3", "kco4"], "TRU": ["tru1", "tru2", "tru3", "tru4"],
          "SAT": ["sat1", "sat2", "sat3", "sat4"]}  # fmt: skip
PATHS = [("CRM", "TRU"), ("CRM", "SAT"), ("TRU", "SAT")]


@pytest.fixture(scope="module")
def found(sim400):
    return structure.evaluate(
        sim400, BLOCKS, PATHS, importance=["SAT"], necessity=["SAT"], scale={"sat1": (1, 7)},
        robustness=["endogeneity", "tetrads", "segments"], segments=2, seed=4,
    ).results  # fmt: skip


def test_all_that_is_asked_for_is_there(found):
    wanted = {"fit", "prediction", "cvpat", "q2", "ipma", "nca", "endogeneity", "tetrads", "segments"}
    assert set(found) == wanted
    assert not any(check.name == "check.possible" for one in found.values() for check in one.checks)


def test_each_part_is_the_engine_s_own(found, sim400):
    fit = pls.fit(sim400, BLOCKS, PATHS)
    table = fit.predict(10, 10, 4).table
    assert found["prediction"]["rmse:SAT=~sat2"] == table.loc["sat2", "rmse"]
    assert found["prediction"]["q2_predict:TRU=~tru1"] == table.loc["tru1", "q2_predict"]
    assert found["cvpat"].tidy.equals(fit.predict(10, 10, 4).cvpat().tidy)
    one = fit.ipma("SAT", {"sat1": (1, 7)})
    assert found["ipma"]["importance:SAT~CRM"] == one["importance:CRM"]
    assert found["ipma"]["performance:SAT"] == one["performance:SAT"]
    assert found["q2"]["q2:SAT"] == fit.q2(7)["q2:SAT"]
    need = fit.bottleneck("SAT")
    assert found["nca"]["needed:SAT~CRM.100"] == pytest.approx(need["CRM"].iloc[-1], nan_ok=True)
    assert {"path:TRU~CRM", "path:SAT~TRU", "copula:SAT~CRM"} <= set(found["endogeneity"].tidy["term"])
    assert found["segments"]["bic:2"] == fit.fimix(2, seed=4).result.glance["bic"]


def test_dimensions_share_the_importance_of_their_construct(sim400):
    blocks = BLOCKS | {"KM": ["km1", "km2", "km3", "km4"]}
    higher = {"TOP": {"of": ["CRM", "KM"], "method": "two_stage"}}
    paths = [("TOP", "TRU"), ("TOP", "SAT"), ("TRU", "SAT")]
    made = structure.evaluate(
        sim400, blocks, paths, higher_order=higher, quality=False, importance=["SAT"]
    ).results["ipma"]
    parts = made["importance:SAT~CRM"] + made["importance:SAT~KM"]
    assert parts == pytest.approx(made["importance:SAT~TOP"], rel=1e-9)
    weighted = sum(made[f"importance:SAT~{p}"] * made[f"performance:{p}"] for p in ("CRM", "KM")) / parts
    assert weighted == pytest.approx(made["performance:TOP"], rel=1e-9)


def test_the_limit_of_the_study_judges_necessity(sim400):
    def failed(limit):
        made = structure.evaluate(
            sim400, BLOCKS, PATHS, quality=False, necessity=["SAT"], necessity_limit=limit
        ).results["nca"]
        return [check for check in made.failed if f"{limit:.2f}" in check.rule]

    assert not failed(0.001)
    assert len(failed(0.99)) == 2


def test_a_part_the_model_does_not_allow_says_so(sim400):
    small = {name: items[:3] for name, items in BLOCKS.items()}
    made = structure.evaluate(sim400, small, PATHS, quality=False, robustness=["tetrads"]).results
    assert made["tetrads"].tidy.empty
    assert "four items" in made["tetrads"].failed[0].rule
    again = structure.evaluate(sim400, small, PATHS, quality=False).results
    assert again == {}


def test_the_same_seed_gives_the_same_numbers(found, sim400):
    again = structure.evaluate(sim400, BLOCKS, PATHS, seed=4).results
    assert again["fit"].equals(found["fit"])
    other = structure.evaluate(sim400, BLOCKS, PATHS, seed=5).results
    assert not np.array_equal(other["fit"].tidy["ci_high"], found["fit"].tidy["ci_high"])
