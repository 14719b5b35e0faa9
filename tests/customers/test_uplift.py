"""The uplift of past contacts: by lot, with clusters, and weighted."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crmlab.customers.uplift import newcombe, uplift
from crmlab.errors import ModelError


@pytest.mark.parametrize(
    ("a", "m", "b", "n", "low", "high"),
    # Newcombe (1998), table II, method 10
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_interval_of_a_difference_of_rates(a, m, b, n, low, high):
    assert newcombe(a, m, b, n, 0.95) == pytest.approx((low, high), abs=5e-5)


def contacts(yes1, n1, yes0, n0):
    return pd.DataFrame(
        {
            "personalised": [1] * n1 + [0] * n0,
            "accepted": [1] * yes1 + [0] * (n1 - yes1) + [1] * yes0 + [0] * (n0 - yes0),
        }
    )


def test_planted_uplift_and_no_uplift(shared):
    said = json.loads((shared / "data/intake/truth.json").read_text(encoding="utf-8"))["contacts.csv"]
    (no, n0), (yes, n1) = (said["accepted_by_personalised"][arm] for arm in "01")
    found = uplift(contacts(yes, n1, no, n0))
    assert found["rate:personalised"] == pytest.approx(yes / n1)
    assert found.cell("uplift", "ci_low") < said["planted"]["uplift"] < found.cell("uplift", "ci_high")
    assert found.cell("uplift", "ci_low") > 0
    flat = uplift(contacts(100, 500, 100, 500))
    assert flat.cell("uplift", "ci_low") < 0 < flat.cell("uplift", "ci_high")
    assert flat.cell("uplift", "p_value") == pytest.approx(1)


def test_clusters_widen_the_interval_and_singles_do_not():
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(100), 10)
    frame = pd.DataFrame({"personalised": np.repeat(rng.integers(0, 2, 100), 10), "customer": who})
    frame["accepted"] = (rng.normal(size=100)[who] + rng.normal(size=1000) > 0.5).astype(int)
    plain, robust = uplift(frame), uplift(frame, cluster="customer")
    assert robust["uplift"] == pytest.approx(plain["uplift"])
    assert robust.cell("uplift", "std_error") > 1.5 * plain.cell("uplift", "std_error")
    single = uplift(frame.assign(customer=np.arange(1000)), cluster="customer")
    assert single.cell("uplift", "std_error") == pytest.approx(plain.cell("uplift", "std_error"), rel=2e-3)


def chosen(seed, n=1500, effect=0.0):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, 2))
    t = rng.uniform(size=n) < 1 / (1 + np.exp(-(0.8 * Z[:, 0] - 0.5 * Z[:, 1])))
    y = Z[:, 0] + effect * t + rng.normal(size=n)
    return pd.DataFrame({"personalised": t.astype(int), "spend": y, "a": Z[:, 0], "b": Z[:, 1]})


def test_weighting_takes_off_what_choice_put_in():
    hits = []
    for seed in range(60):
        found = uplift(chosen(seed, effect=0.5), outcome="spend", covariates=["a", "b"])
        hits.append(found.cell("uplift", "ci_low") <= 0.5 <= found.cell("uplift", "ci_high"))
        assert found["difference"] > 0.9  # what a plain comparison would claim
        assert abs(found["smd:a"]) > 0.4 > 0.2 > abs(found["smd_weighted:a"])
    assert np.mean(hits) >= 0.88


def test_weighting_equals_statsmodels():
    from statsmodels.api import Logit, add_constant
    from statsmodels.treatment.treatment_effects import TreatmentEffect

    frame = chosen(1, effect=0.3)
    X = add_constant(frame[["a", "b"]])
    logit = Logit(frame["personalised"], X).fit(disp=0)
    from statsmodels.api import OLS

    other = TreatmentEffect(OLS(frame["spend"], X), frame["personalised"].to_numpy(), results_select=logit)
    effect, m0, m1 = other.ipw(return_results=False)
    found = uplift(frame, outcome="spend", covariates=["a", "b"])
    assert (found["uplift"], found["rate:standard"], found["rate:personalised"]) == pytest.approx(
        (effect, m0, m1), abs=1e-7
    )
    assert found.cell("uplift", "std_error") == pytest.approx(other.ipw().results_gmm.bse[0], rel=2e-3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"personalised": 1}, "0 standard contacts"),
        ({"personalised": 2}, "'personalised' holds 2, but must be 0 or 1"),
        ({"spend": 1.0}, "the outcome is the same"),
        ({"spend": "yes"}, "holds words"),
    ],
)
def test_contacts_that_cannot_be(change, words):
    with pytest.raises(ModelError, match=words):
        uplift(chosen(0, 50).assign(**change), outcome="spend")


def test_separated_arms_have_no_overlap():
    frame = chosen(0, 200)
    with pytest.raises(ModelError, match="tell personalised from standard contacts wholly"):
        uplift(
            frame.assign(a=frame["personalised"] * 2.0 + 0.1 * frame["b"]), outcome="spend", covariates=["a"]
        )
