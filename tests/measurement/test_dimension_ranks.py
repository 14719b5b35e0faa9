"""The order of dimensions against scipy, and what cannot be ranked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab.measurement import rank_dimensions

BLOCKS = {"A": ["a1", "a2"], "B": ["b1", "b2"], "C": ["c1", "c2"], "D": ["d1"]}


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(4)
    names = [item for items in BLOCKS.values() for item in items]
    frame = pd.DataFrame(rng.integers(1, 6, (120, len(names))).astype(float), columns=names)
    frame[["c1", "c2"]] = np.minimum(5, frame[["c1", "c2"]] + 1)
    frame.loc[3, ["a1", "a2"]] = np.nan
    return frame


def test_against_scipy(answers):
    found = rank_dimensions(answers, BLOCKS, higher_order={"W": ["A", "B", "C"]}).results["ranking_W"]
    scores = pd.DataFrame({k: answers[v].mean(axis=1) for k, v in BLOCKS.items()}).dropna()
    wanted = stats.friedmanchisquare(*(scores[name] for name in "ABC"))
    assert found["chi2"] == pytest.approx(wanted.statistic, rel=1e-9)
    assert found.cell("chi2", "p_value") == pytest.approx(wanted.pvalue, rel=1e-9)
    assert found["kendall_w"] == pytest.approx(wanted.statistic / (len(scores) * 2), rel=1e-9)
    assert found["mean:C"] == pytest.approx(scores["C"].mean())
    ranks = stats.rankdata(scores[list("ABC")], axis=1)
    assert found["rank_difference:A~C"] == pytest.approx((ranks[:, 0] - ranks[:, 2]).mean())
    assert found.cell("rank_difference:A~C", "ci_high") < 0  # planted: C is higher


def test_without_dimensions_all_constructs_are_ranked(answers):
    found = rank_dimensions(answers, BLOCKS)
    assert list(found.results) == ["ranking_all"]
    assert len(found.results["ranking_all"].select("rank_difference")) == 6


def test_things_on_different_scales_and_two_things_are_not_ranked(answers):
    ends = {item: (1.0, 5.0) for items in BLOCKS.values() for item in items} | {"a1": (1.0, 10.0)}
    assert not rank_dimensions(answers, BLOCKS, higher_order={"W": ["A", "B", "C"]}, scales=ends).results
    assert not rank_dimensions(answers, BLOCKS, higher_order={"W": ["A", "B"]}).results


def test_answers_without_an_order_say_so(answers):
    flat = pd.DataFrame(3.0, index=range(20), columns=answers.columns)
    found = rank_dimensions(flat, BLOCKS).results["ranking_all"]
    assert not len(found.tidy)
    assert found.failed[0].name == "check.possible"
