"""A simulated study gives back what was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmlab.data.simulate import DIMENSIONS, Planted, persian_export, simulate
from crmlab.errors import ModelError
from crmlab.study.instrument import bundled

CLEAN = replace(Planted(), method_variance=0.0, careless=0.0, slips=0.0, missing=0.0)


@pytest.fixture(scope="module")
def big():
    return simulate(20_000, 5)


@pytest.fixture(scope="module")
def clean():
    return simulate(20_000, 6, planted=CLEAN, points=7)


def corrected(frame: pd.DataFrame, a: list[str], b: list[str]) -> float:
    """Correlation of two sums corrected for their unreliability (alpha)."""

    def alpha(items: list[str]) -> float:
        cov = frame[items].cov().to_numpy()
        return len(items) / (len(items) - 1) * (1 - np.trace(cov) / cov.sum())

    return frame[a].sum(axis=1).corr(frame[b].sum(axis=1)) / np.sqrt(alpha(a) * alpha(b))


def block(name: str) -> list[str]:
    return [item for item in (f"{name}{i}" for i in range(1, 5)) if item not in ("ORG3", "LOY4")]


def test_columns_are_the_instrument(big):
    assert list(big.survey) == list(bundled().items)
    assert (big.survey["CONS"] == 1).all()
    assert big.submitted.is_monotonic_increasing


def test_every_answer_is_on_its_scale():
    for points in (5, 7):
        sim = simulate(800, 1, points=points)
        chosen = bundled().with_agreement(f"agree{points}")
        for code in chosen.items:
            scale = chosen.scale_of(code)
            answers = sim.survey[code].dropna()
            if scale.kind == "codes":
                assert set(answers) <= set(scale.values), code
            elif scale.kind == "number":
                assert answers.between(scale.low, scale.high).all()


def test_latent_paths_are_the_planted_ones(big):
    latent = big.truth.latent
    error = 4 / np.sqrt(len(latent))
    assert latent[["CRM", "RQ", "CLV"]].std().to_numpy() == pytest.approx(np.ones(3), abs=error)
    assert latent["CRM"].corr(latent["RQ"]) == pytest.approx(0.60, abs=error)
    b = np.linalg.lstsq(latent[["RQ", "CRM"]].to_numpy(), latent["CLV"].to_numpy(), rcond=None)[0]
    assert b == pytest.approx([0.50, 0.15], abs=error)


def test_stages_change_the_path_from_quality_to_value(big):
    latent, stage = big.truth.latent, big.survey["STG"]
    for code, multiplier in zip((1, 2, 3), (0.8, 1.0, 1.2), strict=True):
        part = latent[stage == code]
        b = np.linalg.lstsq(part[["RQ", "CRM"]].to_numpy(), part["CLV"].to_numpy(), rcond=None)[0]
        assert b[0] == pytest.approx(0.5 * multiplier, abs=5 / np.sqrt(len(part)))


def test_answers_corrected_for_attenuation_give_the_latent_correlations(clean):
    # seven points lose little: the categories cost about .01 beyond what alpha corrects
    second = CLEAN.second_order
    for a, b, between in (("FOC", "KNO", 1.0), ("FOC", "TRU", 0.6), ("SAT", "COM", 1.0)):
        want = second[a] * second[b] * between
        assert corrected(clean.survey, block(a), block(b)) == pytest.approx(want, abs=0.03)
    crm_clv = 0.15 + 0.6 * 0.5
    assert corrected(clean.survey, block("CAR"), block("WOM")) == pytest.approx(
        second["CAR"] * second["WOM"] * crm_clv, abs=0.03
    )


def test_uncorrected_sums_show_less(clean):
    items = clean.survey
    plain = items[block("FOC")].sum(axis=1).corr(items[block("TRU")].sum(axis=1))
    assert plain < corrected(items, block("FOC"), block("TRU")) - 0.05


def test_reverse_items_run_against_the_rest(big):
    for item, others in (("ORG3", ["ORG1", "ORG2", "ORG4"]), ("LOY4", ["LOY1", "LOY2", "LOY3"])):
        both = big.survey[[item, *others]].dropna()
        assert both[item].corr(both[others].sum(axis=1)) < -0.25


def test_missing_careless_and_attention_rates(big):
    ratings = [
        item
        for names in DIMENSIONS.values()
        for name in names
        for item in (f"{name}{i}" for i in range(1, 5))
    ]
    n = len(big.survey)
    assert big.survey[ratings].isna().to_numpy().mean() == pytest.approx(0.03, abs=0.001)
    careless = big.truth.latent["careless"]
    assert careless.mean() == pytest.approx(0.04, abs=4 * np.sqrt(0.04 * 0.96 / n))
    answers = big.survey[ratings]
    straight = answers.max(axis=1) == answers.min(axis=1)
    assert straight[careless].mean() == pytest.approx(0.5, abs=0.08)
    assert straight[~careless].mean() < 0.005
    failed = big.survey["ATT1"] != 2
    assert failed[~careless].mean() == pytest.approx(0.01, abs=0.004)
    assert failed[careless].mean() == pytest.approx(0.8, abs=0.06)


def test_method_variance_ties_markers_to_ratings(big, clean):
    tie = {
        name: sim.survey["MRK1"].corr(sim.survey["FOC1"]) for name, sim in (("with", big), ("without", clean))
    }
    assert tie["with"] > 0.02
    assert abs(tie["without"]) < 0.03


def test_ledger_follows_quality(big):
    drivers = big.truth.customers
    rates = np.polyfit(drivers.rq, np.log(drivers.rate), 1)[0]
    odds = np.polyfit(drivers.rq, np.log(drivers.dropout / (1 - drivers.dropout)), 1)[0]
    assert rates == pytest.approx(0.15, abs=0.03)
    assert odds == pytest.approx(-0.25, abs=0.02)
    counts = big.ledger["customer_id"].value_counts().reindex(drivers.customer_id).to_numpy()
    assert counts.min() >= 1
    assert np.corrcoef(counts, drivers.rq)[0, 1] > 0.05
    means = big.ledger.groupby("customer_id")["amount"].mean().reindex(drivers.customer_id)
    assert abs(np.corrcoef(means, counts)[0, 1]) < 0.05
    assert big.ledger["amount"].min() > 0
    assert big.ledger["date"].is_monotonic_increasing
    assert big.ledger["date"].max() <= "2024-06-20"


def test_respondents_are_customers():
    sim = simulate(50, 3, customers=200)
    assert sim.survey["LINK"].is_unique
    assert sim.survey["LINK"].isin(sim.ledger["customer_id"]).all()
    assert sim.ledger["customer_id"].nunique() == 200
    drivers = pd.Series(sim.truth.customers.rq, index=sim.truth.customers.customer_id)
    assert drivers[sim.survey["LINK"]].to_numpy() == pytest.approx(sim.truth.latent["RQ"].to_numpy())


def test_a_seed_is_a_study():
    one, two, other = simulate(60, 9), simulate(60, 9), simulate(60, 10)
    pd.testing.assert_frame_equal(one.survey, two.survey)
    pd.testing.assert_frame_equal(one.ledger, two.ledger)
    assert not one.survey["FOC1"].equals(other.survey["FOC1"])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"n": 1}, "1 respondents"),
        ({"n": 10, "points": 6}, "6 points"),
        ({"n": 10, "customers": 5}, "5 customers cannot hold 10"),
        ({"n": 10, "planted": replace(Planted(), method_variance=0.5)}, "leaves no room"),
    ],
)
def test_studies_that_cannot_be(call, words):
    with pytest.raises(ModelError, match=words):
        simulate(call.pop("n"), 1, **call)


def test_persian_export_says_the_same():
    sim = simulate(40, 2)
    form = persian_export(sim, org="بانک نمونه")
    chosen = bundled()
    assert form.shape == (40, len(chosen.items) + 1)
    assert form.iloc[:, 0].str.fullmatch(r"۱۴۰۳/۰[۲۳]/[۰-۳][۰-۹] [۰-۲][۰-۹]:[۰-۵][۰-۹]:[۰-۵][۰-۹]").all()
    header = chosen.items["FOC1"].worded("fa", "بانک نمونه")
    assert "{org}" not in "".join(form.columns)
    words = {value: label["fa"] for value, label in chosen.scale_of("FOC1").labels.items()}
    for told, code in zip(form[header], sim.survey["FOC1"], strict=True):
        assert told == (None if np.isnan(code) else words[int(code)])
    wallet = form[chosen.items["SOW"].worded("fa", "بانک نمونه")].dropna()
    assert wallet.str.fullmatch("[۰-۹]{1,3}").all()
    assert not form.isin(["nan", "None"]).to_numpy().any()
    assert form.iloc[:, 1:].isna().to_numpy().sum() == sim.survey.isna().to_numpy().sum()
