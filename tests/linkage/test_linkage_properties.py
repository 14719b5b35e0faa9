"""What must not change the answers: the order of rows, units of time and money, names, the width of the scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from linked_study import ITEMS, study

from crmlab import linkage
from crmlab.linkage import Asked, Money, link

MONEY = Money(0.10, 104.0, 0.30)
ASKED = Asked(model="mbgnbd", draws=50, seed=3)
NAMES = ("join", "selection", "measure", "estimates", "joint", "money", "curve", "quadrants", "next_product")


@pytest.fixture(scope="module")
def data():
    return study(150, 400, 5, (0.3, -0.4, 0.1))


@pytest.fixture(scope="module")
def found(data):
    answers, key, rfm = data
    return link(answers, key, rfm, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)


def same(one, other, *, rtol=1e-6, columns=("estimate", "std_error", "ci_low", "ci_high", "p_value")):
    assert one.tidy["term"].tolist() == other.tidy["term"].tolist()
    for column in columns:
        assert np.allclose(one.tidy[column], other.tidy[column], rtol=rtol, atol=1e-8, equal_nan=True), column


def test_every_part_is_there(found):
    assert tuple(found.results) == NAMES
    for name in NAMES[:-1]:
        assert len(found.results[name].tidy) > 0, name
    empty = found.results["next_product"]
    assert [check.name for check in empty.failed] == ["check.possible"]
    terms = [t for r in found.results.values() for t in r.tidy["term"] if t.startswith("path:")]
    assert terms == ["path:CLV_B~RQ"]


def test_the_same_twice_to_the_last_bit(data, found):
    answers, key, rfm = data
    again = link(answers, key, rfm, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)
    assert all(again.results[name].equals(result) for name, result in found.results.items())


def test_customers_in_another_order(data, found):
    answers, key, rfm = data
    turned = rfm.sample(frac=1, random_state=2).reset_index(drop=True)
    again = link(answers, key, turned, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)
    for name in NAMES[:-1]:
        same(found.results[name], again.results[name])


def test_respondents_in_another_order(data, found):
    """Estimates stay; bootstrap draws fall on other rows."""
    answers, key, rfm = data
    order = np.random.default_rng(1).permutation(len(answers))
    again = link(answers.iloc[order], key.iloc[order], rfm, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)
    for name in ("join", "selection", "joint"):
        same(found.results[name], again.results[name])
    for name in ("estimates", "money", "curve", "quadrants"):
        same(found.results[name], again.results[name], rtol=1e-5, columns=("estimate",))


def test_other_keys_and_items(data, found):
    answers, key, rfm = data
    renamed = answers.rename(columns=lambda name: f"x_{name}")
    items = {d: [f"x_{item}" for item in its] for d, its in ITEMS.items()}
    again = link(
        renamed,
        key.str.lower(),
        rfm.assign(customer=rfm["customer"].str.lower()),
        items,
        asked=ASKED,
        money=MONEY,
    )
    for name in ("join", "selection", "estimates", "joint", "money", "curve"):
        same(found.results[name], again.results[name])


def test_days_for_weeks(data, found):
    answers, key, rfm = data
    days = rfm.assign(t_x=7 * rfm["t_x"], T=7 * rfm["T"])
    again = link(
        answers, key, days, ITEMS, asked=replace(ASKED, unit="D"), money=replace(MONEY, horizon=728.0)
    )
    for name in ("money", "curve"):
        same(found.results[name], again.results[name], rtol=1e-5)
    for term in ("purchase:latent", "dropout:latent", "spend:latent", "purchase:score", "param:r", "param:a"):
        for column in ("estimate", "std_error"):
            one, other = (each.results["joint"].cell(term, column) for each in (found, again))
            assert one == pytest.approx(other, rel=1e-5)
    assert again.results["joint"]["param:alpha"] == pytest.approx(
        7 * found.results["joint"]["param:alpha"], rel=1e-5
    )
    rates = [each.results["estimates"]["sem:rate"] for each in (found, again)]
    assert rates[0] == pytest.approx(rates[1], rel=1e-5)


def test_rial_for_toman(data, found):
    answers, key, rfm = data
    rial = rfm.assign(mean_spend=10 * rfm["mean_spend"], total=10 * rfm["total"])
    again = link(answers, key, rial, ITEMS, asked=ASKED, money=MONEY)
    for name in ("estimates", "joint"):
        same(found.results[name], again.results[name], rtol=1e-5)
    one, other = (each.results["money"] for each in (found, again))
    for term in ("worth:sd", "worth:point", "part:spend", "base", "newcomer:sd", "naive:sd"):
        assert other[term] == pytest.approx(10 * one[term], rel=1e-5)
        assert other.cell(term, "ci_low") == pytest.approx(
            10 * one.cell(term, "ci_low"), rel=1e-5, nan_ok=True
        )
    for term in ("path:CLV_B~RQ", "share:sd", "purchases:sd"):
        assert other[term] == pytest.approx(one[term], rel=1e-5)


def test_a_wider_scale_and_a_turned_one(data, found):
    """Answers times 10 move one scale point only; answers turned round turn the effects."""
    answers, key, rfm = data
    items = [item for its in ITEMS.values() for item in its]
    wide = link(answers[items] * 10, key, rfm, ITEMS, asked=replace(ASKED, point=10.0), money=MONEY)
    same(found.results["joint"], wide.results["joint"], rtol=1e-4)
    assert wide.results["money"]["worth:point"] == pytest.approx(
        found.results["money"]["worth:point"], rel=1e-4
    )
    turned = link(6 - answers[items], key, rfm, ITEMS, asked=ASKED, money=MONEY)
    for term in ("purchase:latent", "dropout:latent", "spend:latent", "purchase:score"):
        assert turned.results["joint"][term] == pytest.approx(-found.results["joint"][term], abs=1e-5)


def test_a_customer_with_more_horizon_is_worth_more(data):
    answers, key, rfm = data
    joined, measured = linkage.join(key, rfm), linkage.measure(answers, ITEMS, "RQ")
    values = []
    for horizon in (52.0, 156.0, np.inf):
        b = linkage.behave(joined.rfm, model="mbgnbd", money=Money(0.10, horizon, 0.30))
        fit = linkage.joint_fit(joined, measured, b)
        values.append(linkage.worth(fit, joined.at, b, None, draws=0).money["base"])
    assert values == sorted(values)
    assert values[0] < 0.7 * values[2]


def test_second_answers_of_a_customer():
    rfm = pd.DataFrame({"customer": ["a", "b", "c", "d"], "x": 1.0, "t_x": 1.0, "T": [9.0, 9.0, 9.0, 0.0],
                        "mean_spend": 5.0, "total": 9.0})  # fmt: skip
    rfm.loc[3, ["x", "t_x"]] = 0.0
    key = pd.Series(["a", "a", None, "zz", "b", "", "d", float("nan"), "zz"])
    first = linkage.join(key, rfm)
    assert first.who.tolist() == [0, 4]
    assert (first.respondents, first.with_key, first.repeated, first.refused_twice) == (9, 6, 2, 2)
    assert (first.survey_only, first.too_new, first.left_out, first.customers, first.matched) == (
        1,
        1,
        1,
        4,
        2,
    )
    assert linkage.join(key, rfm, second="keep_last").who.tolist() == [1, 4]
    refused = linkage.join(key, rfm, second="refuse")
    assert (refused.who.tolist(), refused.refused_twice, refused.survey_only) == ([4], 4, 0)
    for joined in (first, refused):  # everybody is counted exactly once
        told = joined.matched + joined.survey_only + joined.too_new + joined.refused_twice
        assert told + joined.respondents - joined.with_key == joined.respondents
    numbers = linkage.join(pd.Series([7, 8.0, 9]), rfm.assign(customer=["7", "8", "10", "11"]))
    assert numbers.who.tolist() == [0, 1]
