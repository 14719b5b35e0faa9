"""Churn: probabilities held to planted ones, scores by hand, profit by counting, and no better than chance where so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from crmlab.customers.calibration import area, calibration_gap, calibration_table
from crmlab.customers.churn import churn
from crmlab.customers.offers import best_offer, gains, profit_curve
from crmlab.errors import ModelError


def base(n, seed, strength=1.0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"calls": rng.poisson(2, n).astype(float), "plan": rng.choice(["a", "b", "c"], n)})
    frame["noise"] = rng.standard_normal(n)
    eta = -1.6 + strength * (0.6 * (frame["calls"] - 2) + 1.2 * (frame["plan"] == "a"))
    truth = 1 / (1 + np.exp(-eta.to_numpy()))
    frame.loc[rng.random(n) < 0.05, "noise"] = np.nan
    return frame, (rng.random(n) < truth).astype(int), truth


@pytest.fixture(scope="module")
def planted():
    X, left, truth = base(2000, 1)
    return X, left, truth, churn(X, left, folds=3, seed=4)


def test_probabilities_are_near_the_planted_ones(planted):
    _, left, truth, found = planted
    assert np.abs(found.probability - truth).mean() < 0.045
    result = found.result
    assert result.ok
    brier = np.mean((found.by_model["logistic"] - left) ** 2)
    assert result["brier:logistic"] == pytest.approx(brier, rel=1e-12)
    best = np.mean((truth - left) ** 2)
    assert best - 0.001 < result[f"brier:{found.chosen}"] < best + 0.004
    assert result["calibration_slope:logistic"] == pytest.approx(1, abs=0.15)
    assert result["calibration_intercept:logistic"] == pytest.approx(0, abs=0.25)
    skill = 1 - result["brier:logistic"] / result["brier:base"]
    assert result["skill:logistic"] == pytest.approx(skill, rel=1e-12)
    assert result.cell("skill:logistic", "ci_low") > 0.05
    assert result["base_rate"] == pytest.approx(left.mean())
    assert result["chosen:logistic"] + result["chosen:boosting"] == 1
    assert np.bincount(found.fold).tolist() == [667, 667, 666]


def test_the_fold_of_a_customer_does_not_know_him(planted):
    """Turning round what happened to a fold's customers changes no probability told of them."""
    X, left, _, found = planted
    held = found.fold == 1
    from crmlab.customers import churn as room

    turned = left.copy()
    turned[held] = 1 - turned[held]
    coded = room._coded(room._admit(X, left)[0])
    model = room._pipeline("logistic", coded, 4)
    told = [model.fit(coded[~held], y[~held]).predict_proba(coded[held])[:, 1] for y in (left, turned)]
    assert told[0] == pytest.approx(told[1], abs=0)


def test_scores_are_those_of_scikit_learn(planted):
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

    _, left, _, found = planted
    for name in ("logistic", "boosting"):
        p = found.by_model[name]
        assert found.result[f"auc:{name}"] == pytest.approx(roc_auc_score(left, p), rel=1e-12)
        assert found.result[f"brier:{name}"] == pytest.approx(brier_score_loss(left, p), rel=1e-12)
        assert found.result[f"log_loss:{name}"] == pytest.approx(log_loss(left, p), rel=1e-9)
    assert area(np.array([0.1, 0.1, 0.9]), np.array([0, 1, 1])) == 0.75


def test_noise_is_no_better_than_the_base_rate():
    X, left, _ = base(900, 2, strength=0.0)
    found = churn(X, left, folds=3, calibration="isotonic")
    failed = {check.name for check in found.result.failed}
    assert {"check.better_than_base:logistic", "check.better_than_base:boosting"} <= failed
    assert any("not better than the base rate" in check.rule for check in found.result.failed)


def test_a_feature_known_only_afterwards_is_named(planted):
    X, left, _, _ = planted
    found = churn(X[:600].assign(final_bill=left[:600] + 0.0, reason=np.where(left[:600] == 1, "moved", "none")),
                  left[:600], folds=2)  # fmt: skip
    failed = {check.name for check in found.result.failed}
    assert {"check.leakage:final_bill", "check.leakage:reason"} <= failed


def test_gains_and_calibration_by_hand():
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
    left = np.array([1, 1, 0, 1, 0, 0, 0, 0])
    table = gains(p, left, bins=4)
    assert table["captured"].tolist() == pytest.approx([2 / 3, 1, 1, 1])
    assert table["lift"].tolist() == pytest.approx([8 / 3, 4 / 3, 0, 0])
    assert table["lift_cumulative"].tolist() == pytest.approx([8 / 3, 2, 4 / 3, 1])
    assert table["share"].tolist() == pytest.approx([0.25, 0.5, 0.75, 1])
    told = calibration_table(p, left, bins=2)
    assert told["told"].tolist() == pytest.approx([0.35, 0.75])
    assert told["seen"].tolist() == pytest.approx([0, 0.75])
    assert calibration_gap(p, left, bins=2) == pytest.approx(0.175)


def test_profit_by_counting():
    p = np.array([0.9, 0.8, 0.8, 0.3, 0.1])
    left = np.array([1, 0, 1, 0, 0])
    worth = {"value": 100.0, "offer_cost": 10.0, "contact_cost": 1.0, "accept": 0.5}
    curve = profit_curve(p, left, **worth)
    stay, goes = -11.0, 0.5 * 90 - 1
    assert curve["share"].tolist() == pytest.approx([0, 0.2, 0.6, 0.8, 1])  # the two of 0.8 go together
    assert curve["profit"].tolist() == pytest.approx(
        [0, goes, 2 * goes + stay, 2 * (goes + stay), 2 * goes + 3 * stay]
    )
    assert curve["profit_random"].iloc[-1] == curve["profit"].iloc[-1]
    found = best_offer(p, left, **worth)
    assert found["profit_max"] == 2 * goes + stay
    assert found["threshold_best"] == 0.8
    # Verbraken et al.: CLV [g (1-d) - f] pi0 F0 - CLV (d+f) pi1 F1 with pi0 = 2/5, F0 = 1, pi1 = 3/5, F1 = 1/3
    assert found["mpc"] == pytest.approx(100 * ((0.5 * 0.9 - 0.01) * 0.4 - 0.11 * 0.2))
    each = profit_curve(p, left, **(worth | {"value": np.array([10.0, 1, 300, 1, 1])}))
    assert each["profit"].iloc[2] == pytest.approx((0.5 * 0 - 1) + (0.5 * 290 - 1) + stay)
    poor = best_offer(p, left, value=11.0, offer_cost=10.0, contact_cost=2.0, accept=0.5)
    assert [check.name for check in poor.failed] == ["check.offer_pays"]
    assert poor["share_best"] == 0


def test_expected_maximum_profit_by_the_midpoint_rule(planted):
    _, left, _, found = planted
    worth = {"value": 200.0, "offer_cost": 40.0, "contact_cost": 2.0}
    got = best_offer(found.probability, left, **worth, accept=0.3)
    gammas = beta.ppf((np.arange(300) + 0.5) / 300, 6, 14)
    most = [profit_curve(found.probability, left, **worth, accept=g)["profit"].max() for g in gammas]
    assert got["empc"] == pytest.approx(np.mean(most) / len(left), rel=2e-3)
    assert got["empc"] > got["mpc"]  # the greatest profit is convex in the share that accepts


def test_seed_and_order_of_columns():
    X, left, _ = base(300, 5)
    one, other = (churn(frame, left, folds=2, seed=9) for frame in (X, X[["noise", "plan", "calls"]]))
    assert other.by_model["logistic"].to_numpy() == pytest.approx(
        one.by_model["logistic"].to_numpy(), abs=1e-4
    )
    assert churn(X, left, folds=2, seed=9).probability == pytest.approx(one.probability, abs=0)


X0, L0, _ = base(60, 6)
BAD = {
    "rows": (X0[:5], L0, {}, "5 rows of features for 60 customers"),
    "left": (X0, L0 + 1, {}, "is neither 0 nor 1"),
    "nobody": (X0, 0 * L0, {}, "all customers left or none did"),
    "key": (X0.assign(id=[f"c{i}" for i in range(60)]), L0, {}, "feature 'id' has 60 different values"),
    "infinite": (X0.assign(calls=np.inf), L0, {}, "feature 'calls', rows 0, 1, 2, 3, 4 and 55 more"),
    "folds": (X0, L0, {"folds": 1}, "folds is 1"),
    "few": (X0, L0, {"folds": 20}, "cannot carry 20 folds"),
    "way": (X0, L0, {"calibration": "none"}, "calibration is 'none'"),
    "frame": (X0.to_numpy(), L0, {}, "features must be a frame"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be(case):
    X, left, options, message = BAD[case]
    with pytest.raises(ModelError, match=message):
        churn(X, left, **options)


def test_offers_that_cannot_be():
    with pytest.raises(ModelError, match=r"probability, row 1: is not in \[0, 1\]"):
        gains([0.2, 1.2], [0, 1])
    with pytest.raises(ModelError, match="accept is 3"):
        profit_curve([0.2, 0.4], [0, 1], value=10.0, offer_cost=1.0, accept=3.0)
    with pytest.raises(ModelError, match="value has 3 values for 2 customers"):
        profit_curve([0.2, 0.4], [0, 1], value=np.ones(3), offer_cost=1.0)


def test_telco(shared):
    frame = pd.read_csv(shared / "data" / "clv" / "telco_ibm.csv")
    left = (frame["Churn"] == "Yes").astype(int)
    X = frame.drop(columns=["customerID", "Churn"])
    X["TotalCharges"] = pd.to_numeric(X["TotalCharges"], errors="coerce")
    found = churn(X[::3], left[::3], folds=2)
    left = left[::3]
    assert found.result.ok
    assert 0.82 < found.result[f"auc:{found.chosen}"] < 0.86
    assert gains(found.probability, left)["lift"].iloc[0] > 2.5
