"""Variance explained with its error, and importance by covariance-based SEM: identities, planted truth, units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.structure import estimate_covariance, latent_importance

BLOCKS = {k: [f"{k}{j}" for j in (1, 2, 3)] for k in ("A", "B", "C")}
PATHS = [("A", "B"), ("B", "C"), ("A", "C")]


@pytest.fixture(scope="module")
def answers():
    """B = 0.5 A, C = 0.4 B + 0.2 A in points of their items, which are 1 to 7 with loadings of one."""
    rng = np.random.default_rng(13)
    n = 4000
    a = rng.normal(4.0, 1.0, n)
    b = 5.0 + 0.5 * (a - 4) + rng.normal(0, 0.7, n)
    c = 3.0 + 0.4 * (b - 5) + 0.2 * (a - 4) + rng.normal(0, 0.6, n)
    made = {"A": a, "B": b, "C": c}
    return pd.DataFrame({i: made[k] + rng.normal(0, 0.6, n) for k, items in BLOCKS.items() for i in items})


@pytest.fixture(scope="module")
def fitted(answers):
    return estimate_covariance(answers, BLOCKS, PATHS, estimator="ML", missing="listwise").results


ENDS = {item: (1.0, 7.0) for items in BLOCKS.values() for item in items}


def test_r2_and_its_error(fitted):
    found = fitted["sem_paths"]
    b, se = found["path:B~A"], found.cell("path:B~A", "std_error")
    assert found["r2:B"] == pytest.approx(b**2, rel=1e-8)  # of one predictor
    assert found.cell("r2:B", "std_error") == pytest.approx(2 * abs(b) * se, rel=1e-5)
    wide = found.cell("r2:B", "ci_high") - found.cell("r2:B", "ci_low")
    assert wide == pytest.approx(2 * 1.959964 * found.cell("r2:B", "std_error"), rel=1e-5)
    assert found.cell("r2:C", "ci_low") < (0.4**2 * 0.74 + 0.2**2 + 2 * 0.4 * 0.2 * 0.5) / (
        0.36 + 0.1184 + 0.04 + 0.08
    )
    assert found.cell("r2:C", "ci_low") < found["r2:C"] < found.cell("r2:C", "ci_high")


def test_importance_is_the_planted_effect_in_points(answers, fitted):
    found = latent_importance(answers, fitted, BLOCKS, targets=["C"], scale=ENDS).results["sem_ipma"]
    assert found["importance:C~B"] == pytest.approx(0.4, abs=0.03)
    assert found["importance:C~A"] == pytest.approx(0.4 * 0.5 + 0.2, abs=0.03)
    assert found["importance_std:C~A"] == fitted["sem_effects"]["total:C~A"]
    assert found["performance:A"] == pytest.approx(50, abs=1)
    assert found["performance:B"] == pytest.approx(100 * 4 / 6, abs=1)


def test_units_and_order_change_nothing(answers, fitted):
    found = latent_importance(answers, fitted, BLOCKS, targets=["C"], scale=ENDS).results["sem_ipma"]
    moved = dict.fromkeys(ENDS, (11.0, 71.0))
    turned = (answers * 10 + 1).iloc[::-1]
    again = latent_importance(turned, fitted, BLOCKS, targets=["C"], scale=moved).results["sem_ipma"]
    assert again["importance:C~B"] == pytest.approx(found["importance:C~B"], rel=1e-9)
    assert again["performance:A"] == pytest.approx(found["performance:A"], rel=1e-9)


def test_what_is_no_outcome_is_told(answers, fitted):
    found = latent_importance(answers, fitted, BLOCKS, targets=["A"], scale=ENDS).results["sem_ipma"]
    assert not len(found.tidy)
    assert "'A' is no construct that others explain" in found.failed[0].rule
    assert not latent_importance(answers, fitted, BLOCKS, targets=[]).results
