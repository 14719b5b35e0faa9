"""Planted truth comes back, the sum score's answer is too small by what algebra says, and intervals keep their promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from linked_study import FIRST, ITEMS, study

from crmlab import linkage
from crmlab.linkage.selection import effective

MONEY = linkage.Money(0.10, 156.5, 0.30)


@pytest.fixture(scope="module")
def large():
    answers, key, rfm = study(4000, 4000, 2, (0.30, -0.40, 0.10))
    measured, joined = linkage.measure(answers, ITEMS, "RQ"), linkage.join(key, rfm)
    behaviour = linkage.behave(joined.rfm, model="mbgnbd", money=MONEY)
    return answers, joined, measured, behaviour, linkage.joint_fit(joined, measured, behaviour)


def test_planted_effects_and_the_known_shrinkage(large):
    _, joined, measured, behaviour, fit = large
    estimate, error = fit.effects
    assert (error < (0.025, 0.035)).all()  # so that a tenth of an effect would be seen
    assert abs(estimate[0] - 0.30) < 3.5 * error[0]
    assert abs(estimate[1] + 0.40) < 3.5 * error[1]
    naive = linkage.score_fit(joined, measured.score, behaviour).effects[0]
    assert np.allclose(naive / estimate, np.sqrt(measured.reliability), atol=0.03)
    spend = linkage.spend_effect(joined, measured.mean, behaviour)
    assert abs(spend.estimate - 0.10) < 3.5 * spend.std_error
    z = (measured.score - measured.score.mean()) / measured.score.std()
    assert linkage.spend_effect(joined, z, behaviour).estimate < spend.estimate
    assert fit.natural[0]["r"] == pytest.approx(1.4, abs=0.15)


def test_associations_agree_with_each_other_and_not_with_the_sum(large):
    """With one latent variable behind everything Spearman, Croon and the SEM estimate one thing; the sum a smaller one."""
    answers, joined, _, behaviour, _ = large
    measured = linkage.measure(answers, FIRST, "RQ")
    found = linkage.estimates(joined, measured, FIRST, behaviour.outcomes(), answers=answers, draws=50)
    for name in ("rate", "margin", "spend"):
        sem, croon, spearman = (found[f"{way}:{name}"] for way in ("sem", "croon", "spearman"))
        assert croon == pytest.approx(sem, abs=0.006)
        assert spearman == pytest.approx(sem, abs=0.006)
        assert found[f"naive:{name}"] == pytest.approx(sem * found["attenuation"], abs=0.006)
        assert found.cell(f"sem:{name}", "ci_low") > 0
    assert found["slope:spend"] == pytest.approx(0.10, abs=3.5 * found.cell("slope:spend", "std_error"))


def test_worth_grows_with_the_effects_and_is_found_again(large):
    _, joined, measured, behaviour, fit = large
    spend = linkage.spend_effect(joined, measured.mean, behaviour)
    found = linkage.worth(
        fit, joined.at, behaviour, spend, scale_points=measured.scale_points, path="CLV_B~RQ", draws=50
    )
    money = found.money
    assert 0 < money.cell("worth:sd", "ci_low") < money["worth:sd"] < money.cell("worth:sd", "ci_high")
    assert min(money[f"part:{name}"] for name in ("purchases", "staying", "spend")) > 0
    values = found.curve.select("value")["estimate"]
    assert values.is_monotonic_increasing
    assert values["1"] - values["0"] == pytest.approx(money["worth:sd"], rel=1e-12)
    assert money["worth:point"] > money["worth:sd"]  # a scale point is more than a standard deviation here


def test_nothing_planted_nothing_found():
    answers, key, rfm = study(600, 900, 21, (0.0, 0.0, 0.0))
    found = linkage.link(
        answers, key, rfm, ITEMS, asked=linkage.Asked(model="mbgnbd", draws=60), money=MONEY
    ).results
    assert found["money"].cell("worth:sd", "ci_low") < 0 < found["money"].cell("worth:sd", "ci_high")
    assert found["joint"].cell("lr", "p_value") > 0.01
    assert (
        found["estimates"].cell("sem:margin", "ci_low") < 0 < found["estimates"].cell("sem:margin", "ci_high")
    )


def test_those_who_answer_are_chosen_by_what_they_bought():
    answers, key, rfm = study(600, 3000, 6, pull=0.8)
    joined = linkage.join(key, rfm)
    found = linkage.selection(joined)
    assert found["gap:frequency"] > 0.25
    assert {"check.selected:frequency"} <= {check.name for check in found.failed}
    assert abs(found["weighted_gap:frequency"]) < 0.05 < found["gap:frequency"]
    assert found["auc"] > 0.6
    w = linkage.response_weights(joined)
    assert (len(w), w.mean()) == (600, pytest.approx(1.0))
    assert effective(w) == pytest.approx(found["effective"])
    assert effective(np.ones(5)) == 5.0
    measured = linkage.measure(answers, ITEMS, "RQ")
    b = linkage.behave(joined.rfm, model="mbgnbd", money=MONEY)
    weighted = linkage.joint_fit(joined, measured, b, weights=w)
    assert np.isfinite(weighted.vcov).all()
    assert (np.abs(weighted.effects[0] - (0.15, -0.25)) < 3.5 * weighted.effects[1]).all()
    same = linkage.selection(linkage.join(*study(600, 3000, 6)[1:]))
    assert same.ok


def later_of(rfm: pd.DataFrame, z: np.ndarray, seed: int) -> pd.DataFrame:
    """Purchases after the answers, at rates that rise with z beyond what the history tells."""
    rng = np.random.default_rng(seed)
    mean = 0.3 * np.exp(0.4 * z) * rng.gamma(2.0, 0.5, len(rfm)) * 26
    n = rng.poisson(mean)
    paid = np.where(n > 0, 100 * rng.gamma(np.maximum(6.0 * n, 1)) / 6.0, 0.0)
    return rfm.assign(x_holdout=n.astype(float), spend_holdout=paid, T_holdout=26.0)


def test_purchases_after_the_answers():
    rng = np.random.default_rng(0)
    answers, key, rfm = study(1500, 1500, 12, (0.0, 0.0, 0.0))
    z = rng.standard_normal(1500)
    for item in FIRST["RQ"]:
        answers[item] = 3 + 0.8 * z + 0.6 * rng.standard_normal(1500)
    place = pd.Series(np.arange(1500), index=key.to_numpy()).reindex(rfm["customer"]).to_numpy()
    later = later_of(rfm, z[place], 3)
    joined, measured = linkage.join(key, later), linkage.measure(answers, FIRST, "RQ")
    before = linkage.behave(joined.rfm, model="mbgnbd", money=MONEY)
    found = linkage.afterwards(joined, measured, before, path="CLV_B~RQ")
    for term in ("gross:purchases", "gross:spend"):
        assert found[term] == pytest.approx(0.4, abs=3.5 * found.cell(term, "std_error"))
    assert found["path:CLV_B~RQ"] == found["gross:spend"]
    assert found.ok
    whole = linkage.link(
        answers, key, rfm, FIRST, asked=linkage.Asked(model="mbgnbd", draws=0), money=MONEY, later=later,
        days={"ledger_end": 200, "field_last": 100},
    ).results  # fmt: skip
    assert whole["afterwards"]["given:spend"] == pytest.approx(found["given:spend"], rel=1e-9)
    assert "path:CLV_B~RQ" in whole["afterwards"]
    assert "path:CLV_B~RQ" not in whole["money"]
    assert all(c.ok for c in whole["joint"].checks if c.name == "check.answers_before_purchases")


def test_where_nobody_leaves_the_dropout_effect_is_not_told():
    rng = np.random.default_rng(8)
    answers, key, rfm = study(300, 300, 3)
    T = rfm["T"].to_numpy()
    x = rng.poisson(rng.gamma(3.0, 0.05, 300) * T).astype(float)
    last = T * rng.beta(
        np.maximum(x, 1.0), 1.0
    )  # the last of x purchases spread evenly over the time observed
    rfm = rfm.assign(
        x=x, t_x=np.where(x > 0, last, 0.0), mean_spend=np.where(x > 0, 50 * rng.gamma(4.0, 0.25, 300), 0.0)
    )
    joined, measured = linkage.join(key, rfm), linkage.measure(answers, ITEMS, "RQ")
    b = linkage.behave(joined.rfm, model="bgnbd", money=MONEY)
    fit = linkage.joint_fit(joined, measured, b)
    found = linkage.joint_result(fit, b.name)
    assert not found.ok
    assert np.isnan(found["dropout:latent"])
    assert np.isnan(found["odds_ratio"])
    assert abs(found["purchase:latent"]) < 4 * found.cell("purchase:latent", "std_error") < 1
    money = linkage.worth(fit, joined.at, b, None, path="CLV_B~RQ", draws=60).money
    assert np.isfinite(money.cell("path:CLV_B~RQ", "ci_low"))
    assert np.isnan(money["part:staying"])
    assert not money.ok


@pytest.mark.slow
def test_intervals_hold_what_was_planted():
    """100 studies of 400 respondents among 400 customers: bias within 3.5 Monte Carlo errors, coverage within .89 to .99."""
    rows = []
    for seed in range(100):
        answers, key, rfm = study(400, 400, 1000 + seed)
        joined, measured = linkage.join(key, rfm), linkage.measure(answers, ITEMS, "RQ")
        b = linkage.behave(joined.rfm, model="mbgnbd", money=MONEY)
        rows.append(np.concatenate(linkage.joint_fit(joined, measured, b).effects))
    found, truth = np.array(rows), np.array([0.15, -0.25])
    error = found[:, :2].std(axis=0, ddof=1) / 10
    assert (np.abs(found[:, :2].mean(axis=0) - truth) < 3.5 * error + 0.01).all()
    held = (np.abs(found[:, :2] - truth) < 1.96 * found[:, 2:]).mean(axis=0)
    assert ((held >= 0.89) & (held <= 0.995)).all()
    assert np.allclose(found[:, 2:].mean(axis=0), found[:, :2].std(axis=0, ddof=1), rtol=0.25)
