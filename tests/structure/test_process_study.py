"""The study's models on scores: scores, categories, small categories, latent equivalents, what is not possible."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.structure import ask_process, process


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(11)
    n = 500
    f = {"A": rng.normal(size=n)}
    f["B"] = 0.6 * f["A"] + rng.normal(size=n) * 0.8
    f["C"] = 0.5 * f["B"] + rng.normal(size=n) * 0.8
    items = {f"{k}{j}": 0.8 * v + 0.6 * rng.normal(size=n) for k, v in f.items() for j in (1, 2, 3)}
    frame = pd.DataFrame(items)
    frame["g"] = np.where(np.arange(n) < 5, 3.0, rng.choice([1.0, 2.0], n))
    frame.loc[:5, "A1"] = np.nan
    frame.loc[6:7, ["B1", "B2", "B3"]] = np.nan
    return frame


BLOCKS = {k: [f"{k}{j}" for j in (1, 2, 3)] for k in "ABC"}
FOUR = {
    "model": 4,
    "x": "A",
    "y": "C",
    "mediators": ["B"],
    "moderator": None,
    "covariates": [],
    "indicators": [],
}


def test_scores_are_means_of_the_items_answered(answers):
    found = ask_process(answers, BLOCKS, {"1": FOUR}, resamples=200).results["process_1"]
    scores = pd.DataFrame({k: answers[v].mean(axis=1) for k, v in BLOCKS.items()})
    plain = process(scores, 4, x="A", y="C", mediators="B", resamples=200)
    assert found["indirect:C~B~A"] == plain["indirect:C~B~A"]
    assert found.glance["n"] == 498
    assert found.glance["left_out"] == 2


def test_order_of_rows_and_units_change_nothing_that_they_should_not(answers):
    one = ask_process(answers, BLOCKS, {"1": FOUR}, resamples=200).results["process_1"]
    turned = ask_process(answers.iloc[::-1] * 10, BLOCKS, {"1": FOUR}, resamples=200).results["process_1"]
    assert turned["indirect:C~B~A"] == pytest.approx(one["indirect:C~B~A"], rel=1e-9)
    assert turned["r2:C"] == pytest.approx(one["r2:C"], rel=1e-9)


def test_a_small_category_is_left_out_without_its_size(answers):
    asked = {"model": 1, "x": "A", "y": "C", "mediators": [], "moderator": "g", "categorical": True, "covariates": ["g2"], "indicators": ["g2"]}  # fmt: skip
    frame = answers.assign(g2=np.random.default_rng(1).choice([1.0, 2.0, 3.0], len(answers)))
    found = ask_process(frame, BLOCKS, {"H": asked}).results["process_H"]
    small = [check for check in found.failed if check.name == "check.small_group:g.3"]
    assert len(small) == 1
    assert np.isnan(small[0].value)
    assert "coef:C~A*g.2" in found
    assert "coef:C~A*g.3" not in found
    assert "coef:C~g2.2" in found
    assert "coef:C~g2.3" in found
    assert "coef:C~g2.1" not in found


def test_a_moderator_without_two_groups_is_told(answers):
    asked = {**FOUR, "model": 7, "moderator": "g", "categorical": True}
    found = ask_process(answers[answers["g"] != 2], BLOCKS, {"1": asked}).results["process_1"]
    assert not len(found.tidy)
    assert "two are needed" in found.failed[0].rule


def test_latent_variables_take_out_the_error(answers):
    made = ask_process(answers, BLOCKS, {"1": {**FOUR, "latent": True}}, resamples=200).results
    scores, latent = made["process_1"], made["latent_process_1"]
    b = latent["std_path:B~A"]
    assert b == pytest.approx(0.6, abs=0.08)
    assert scores["indirect_std:C~B~A"] < latent["std_path:B~A"] * latent["std_path:C~B"]


def test_second_order_constructs_stand_on_their_dimensions(answers):
    asked = {**FOUR, "x": "AB", "mediators": [], "model": 1, "y": "C", "moderator": "B"}
    found = ask_process(answers, BLOCKS, {"1": asked}, higher_order={"AB": ["A", "B"]}).results["process_1"]
    half = (answers[BLOCKS["A"]].mean(axis=1) + answers[BLOCKS["B"]].mean(axis=1)) / 2
    plain = process(
        pd.DataFrame({"AB": half, "B": answers[BLOCKS["B"]].mean(axis=1), "C": answers[BLOCKS["C"]].mean(axis=1)}),
        1, x="AB", y="C", moderator="B",
    )  # fmt: skip
    assert found["coef:C~AB*B"] == pytest.approx(plain["coef:C~AB*B"], rel=1e-9)
