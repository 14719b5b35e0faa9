"""Studies with planted .60, .50, .15: what latent models give back, and what sum scores make of it."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.structure import Population, monte_carlo_power, process, sample

PLANTED = {("CRM", "RQ"): 0.60, ("RQ", "CLV"): 0.50, ("CRM", "CLV"): 0.15}
LOADINGS = (0.85, 0.78, 0.71, 0.65)


def study(points=5, **more):
    items = {c: {f"{c}{k}": v for k, v in enumerate(LOADINGS, 1)} for c in ("CRM", "RQ", "CLV")}
    return Population(items, PLANTED, points=points, **more)


def reliability(loadings):
    """Of an unweighted sum of items with variance 1."""
    total = sum(loadings) ** 2
    return total / (total + sum(1 - v**2 for v in loadings))


def test_attenuation_of_sum_scores():
    """SE1: a latent correlation of .5 is .417 between sums of four items with loadings .7 and .8."""
    items = {"X": {f"X{k}": 0.7 for k in range(4)}, "Y": {f"Y{k}": 0.8 for k in range(4)}}
    data = sample(Population(items, {("X", "Y"): 0.5}, points=None), 400_000, 1)
    x, y = (data[[f"{c}{k}" for k in range(4)]].sum(axis=1) for c in "XY")
    want = 0.5 * np.sqrt(reliability([0.7] * 4) * reliability([0.8] * 4))
    assert want == pytest.approx(0.41704, abs=1e-5)
    assert x.corr(y) == pytest.approx(want, abs=4 * 0.83 / np.sqrt(400_000))


def test_mediation_on_scores_is_weakened_as_algebra_says():
    """a' = a rel, and b', c' from the attenuated correlations; a large sample, 4 standard errors."""
    data = sample(study(points=None), 50_000, 2)
    scores = {c: data[[f"{c}{k}" for k in range(1, 5)]].mean(axis=1) for c in ("CRM", "RQ", "CLV")}
    scores = {name: (s - s.mean()) / s.std() for name, s in scores.items()}
    found = process(
        data.assign(**scores)[["CRM", "RQ", "CLV"]],
        4,
        x="CRM",
        y="CLV",
        mediators="RQ",
        resamples=100,
        errors="OLS",
    )
    rel = reliability(LOADINGS)
    r = {"xm": 0.6 * rel, "my": (0.5 + 0.6 * 0.15) * rel, "xy": 0.45 * rel}
    b = (r["my"] - r["xm"] * r["xy"]) / (1 - r["xm"] ** 2)
    assert found["indirect:CLV~RQ~CRM"] == pytest.approx(r["xm"] * b, abs=0.010)
    assert r["xm"] * b < 0.21  # of .30
    assert found["direct:CLV~CRM"] == pytest.approx(
        (r["xy"] - r["xm"] * r["my"]) / (1 - r["xm"] ** 2), abs=0.008
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "how"),
    [
        ("sem", {"estimator": "ML"}),
        ("sem", {"estimator": "MLR"}),
        ("plsc", {"resamples": 300}),
    ],
    ids=["ML", "MLR", "PLSc"],
)
def test_indirect_effect_is_covered(engine, how):
    """.95 of 1 000 intervals hold .30 (normal answers, n = 400; 3 standard errors are .021)."""
    found = monte_carlo_power(
        study(points=None), [400], engine=engine, replications=1000, seed=1, workers=1, **how
    )
    assert found["coverage:CLV~RQ~CRM.400"] == pytest.approx(0.95, abs=0.021)
    assert abs(found["bias:CLV~RQ~CRM.400"]) < 0.01


@pytest.mark.slow
def test_missing_answers_keep_the_coverage():
    """5 % of cells blank, full information, robust errors."""
    found = monte_carlo_power(
        study(points=None, missing=0.05), [400], estimator="MLR", replications=1000, seed=1, workers=1
    )
    assert found["coverage:CLV~RQ~CRM.400"] == pytest.approx(0.95, abs=0.021)


@pytest.mark.slow
def test_composites_do_not_cover():
    """PLS without correction: the interval of a weakened effect misses .30 most of the time."""
    found = monte_carlo_power(
        study(points=None), [400], engine="pls", replications=300, resamples=200, workers=1
    )
    assert found["coverage:CLV~RQ~CRM.400"] < 0.5
    assert found["mean:CLV~RQ~CRM.400"] < 0.26
