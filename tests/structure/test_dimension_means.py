"""Means of single dimensions in groups: against scipy, Holm, and refused where a dimension is not invariant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab.structure import compare_groups

BLOCKS = {k: [f"{k}{j}" for j in (1, 2, 3)] for k in ("A", "B", "C", "D")}
HIGHER = {"V": ["A", "B"], "W": ["C", "D"]}


@pytest.fixture(scope="module")
def compared():
    rng = np.random.default_rng(21)
    n = 400
    g = np.repeat([1.0, 2.0], n // 2)
    v = rng.normal(size=n)
    w = 0.5 * v + rng.normal(size=n)
    frame = pd.DataFrame({"G": g})
    for whole, parts in (("V", v), ("W", w)):
        for name in HIGHER[whole]:
            f = 0.8 * parts + 0.6 * rng.normal(size=n) + (g == 2) * (0.8 if name == "A" else 0)
            for item in BLOCKS[name]:
                frame[item] = f * 0.8 + 0.6 * rng.normal(size=n)
    frame.loc[g == 2, "D1"] += 1.5  # one item means something else to the second group
    frame.loc[g == 2, "D2"] -= 1.5
    how = {"higher_order": HIGHER, "estimator": "ML", "partial": False, "seed": 1}
    asked = (frame, BLOCKS, [("V", "W")], {"G": ()})
    return (
        frame,
        compare_groups(*asked, **how).results,
        compare_groups(*asked, engines=("pls",), **how).results,
    )


def test_against_scipy(compared):
    frame, found, _ = compared
    one = found["dimensions_G"]
    a, b = (frame.loc[frame["G"] == g, BLOCKS["A"]].mean(axis=1) for g in (1, 2))
    wanted = stats.ttest_ind(a, b, equal_var=False)
    assert one.cell("welch_f:A", "p_value") == pytest.approx(wanted.pvalue, rel=1e-9)
    assert one["p_holm:A"] < 0.001
    assert one["p_holm:B"] > 0.05
    assert one["p_holm:B"] >= one.cell("welch_f:B", "p_value")


def test_a_dimension_that_is_not_invariant_is_refused(compared):
    one = compared[1]["dimensions_G"]
    assert "mean:D.G.1" not in one
    assert "check.comparable_dimension:D" in [check.name for check in one.failed]


def test_by_pls_alone_they_are_compared_as_well(compared):
    _, found, pls = compared
    assert "means_G" not in pls
    for term in ("welch_f:A", "eta2:B", "p_holm:B"):
        assert pls["dimensions_G"][term] == pytest.approx(found["dimensions_G"][term])
