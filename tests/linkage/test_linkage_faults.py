"""Thin and broken data: a part that cannot be had says why, in one line; nothing falls over, nobody is dropped unsaid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from linked_study import FIRST, ITEMS, study

from crmlab import linkage
from crmlab.errors import ModelError
from crmlab.linkage import Asked, Money, link

ASKED = Asked(model="mbgnbd", draws=60)
MONEY = Money(0.10, 104.0, 0.30)


@pytest.fixture(scope="module")
def data():
    return study(120, 300, 5)


def reasons(found):
    """Name -> reason of the parts that could not be had."""
    return {
        name: check.rule for name, result in found.results.items() for check in result.failed
        if check.name == "check.possible"
    }  # fmt: skip


def test_nobody_matches(data):
    answers, key, rfm = data
    found = link(answers, "X" + key, rfm, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)
    assert found.results["join"]["matched"] == 0
    assert found.results["join"]["survey_only"] == 120
    told = reasons(found)
    assert {"selection", "estimates", "joint", "money", "curve", "quadrants"} <= set(told)
    assert all("\n" not in reason for reason in told.values())
    assert "0 customers have answers and purchases" in told["joint"]
    assert any(check.name == "check.matched_enough" for check in found.results["join"].failed)
    assert not any(t.startswith("path:") for r in found.results.values() for t in r.tidy["term"])


def test_one_matches_and_then_fifteen(data):
    answers, key, rfm = data
    for n in (1, 15):
        few = key.where(np.arange(len(key)) < n, None)
        found = link(answers, few, rfm, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)
        assert found.results["join"]["matched"] == n
        assert found.results["join"]["without_key"] == 120 - n
        assert "joint" in reasons(found)
    assert len(found.results["estimates"].tidy) > 0  # fifteen carry a correlation, and are told to be too few
    assert any(check.name == "check.matched_enough" for check in found.results["estimates"].failed)


def test_nobody_gave_a_key(data):
    answers, _, rfm = data
    found = link(
        answers, pd.Series([None] * len(answers), dtype=object), rfm, ITEMS, asked=ASKED, money=MONEY
    )
    assert found.results["join"]["with_key"] == 0
    assert "joint" in reasons(found)


def test_everybody_answers_alike(data):
    answers, key, rfm = data
    found = link(answers * 0 + 3, key, rfm, ITEMS, asked=ASKED, money=MONEY)
    assert "answered TRU1" in reasons(found)["measure"]
    assert reasons(found)["joint"] == reasons(found)["measure"]
    one = answers.assign(TRU1=3.0)
    assert "TRU1 alike" in reasons(link(one, key, rfm, ITEMS, asked=ASKED, money=MONEY))["measure"]
    joined = linkage.join(key, rfm)
    behaviour = linkage.behave(joined.rfm, model="mbgnbd")
    with pytest.raises(ModelError, match="same score"):
        linkage.score_fit(joined, np.full(len(answers), 3.0), behaviour)


def test_nobody_bought_again(data):
    answers, key, rfm = data
    once = rfm.assign(x=0.0, t_x=0.0, mean_spend=0.0)
    found = link(answers, key, once, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)
    assert "no customer bought again" in reasons(found)["joint"]
    assert "no customer bought again" in reasons(found)["quadrants"]
    mine = rfm["customer"].isin(set(key))
    others_only = rfm.assign(
        x=rfm["x"].where(~mine, 0.0), t_x=rfm["t_x"].where(~mine, 0.0), mean_spend=rfm["mean_spend"].where(~mine, 0.0)
    )  # fmt: skip
    found = link(answers, key, others_only, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)
    assert "none of the matched customers bought again" in reasons(found)["joint"]


@pytest.mark.parametrize("column", ["x", "T", "mean_spend", "total"])
def test_infinite_and_missing_figures(data, column):
    answers, key, rfm = data
    for bad in (np.inf, np.nan):
        with pytest.raises(ModelError, match="1 customers have figures that are missing or infinite") as told:
            link(
                answers,
                key,
                rfm.assign(**{column: rfm[column].where(rfm.index != 4, bad)}),
                ITEMS,
                money=MONEY,
            )
        assert len(str(told.value).splitlines()) <= 2


def test_infinite_answers_and_empty_columns(data):
    answers, key, rfm = data
    odd = answers.copy()
    odd.iloc[3, 2] = np.inf
    assert (
        "1 answers to items of 'RQ' are infinite"
        in reasons(link(odd, key, rfm, ITEMS, money=MONEY))["measure"]
    )
    odd.iloc[:, 2] = np.nan
    assert "carry no measurement" in reasons(link(odd, key, rfm, ITEMS, money=MONEY))["measure"]
    assert (
        "no item TRU1" in reasons(link(answers.drop(columns="TRU1"), key, rfm, ITEMS, money=MONEY))["measure"]
    )


def test_a_respondent_without_any_answer_is_kept_and_counted(data):
    answers, key, rfm = data
    gaps = answers.astype(float).copy()
    gaps.iloc[:3] = np.nan
    found = link(gaps, key, rfm, ITEMS, asked=ASKED, money=MONEY, perceived=ITEMS)
    assert found.results["join"]["matched"] == 120
    assert found.results["joint"].glance["matched"] == 120
    assert found.results["estimates"]["n:rate"] == 117
    assert found.results["quadrants"].glance["n"] == 117


def test_arguments_that_cannot_be(data):
    answers, key, rfm = data
    for more, match in (
        ({"rfm": rfm.drop(columns="T")}, "no column T"),
        ({"rfm": pd.concat([rfm, rfm.iloc[[0]]])}, "1 customers stand twice"),
        ({"customer": key.iloc[:5]}, "5 have a place for a key"),
        ({"asked": Asked(second="all")}, "second is 'all'"),
    ):
        with pytest.raises(ModelError, match=match):
            link(**{"answers": answers, "customer": key, "rfm": rfm, "items": ITEMS, "money": MONEY} | more)
    joined, measured = linkage.join(key, rfm), linkage.measure(answers, ITEMS, "RQ")
    for more, match in (({"model": "x"}, "model 'x' is not known"), ({"unit": "H"}, "unit is 'H'")):
        with pytest.raises(ModelError, match=match):
            linkage.behave(rfm, **more)
    behaviour = linkage.behave(joined.rfm, model="mbgnbd")
    fit = linkage.joint_fit(joined, measured, behaviour)
    for more, match in (
        ({"draws": 10}, "10 draws cannot carry an interval"),
        ({"outcome": "fame"}, "outcome is 'fame'"),
    ):
        with pytest.raises(ModelError, match=match):
            linkage.worth(fit, joined.at, behaviour, None, **more)
    for items, match in (
        ({}, "has no items"),
        ({"RQ": ["q1"]}, "1 item;"),
        ({"RQ": ["q1", "q1", "q2"]}, "stands twice"),
    ):
        with pytest.raises(ModelError, match=match):
            linkage.measure(answers, items, "RQ")
    small = study(25, 300, 1)
    assert "25 respondents cannot carry" in reasons(link(*small, ITEMS, asked=ASKED, money=MONEY))["measure"]


def test_money_that_cannot_be_told(data):
    """Everybody pays the same: no spend model, value in purchases, and the result says so."""
    answers, key, rfm = data
    flat = rfm.assign(mean_spend=np.where(rfm["x"] > 0, 100.0, 0.0))
    found = link(answers, key, flat, ITEMS, asked=ASKED, money=MONEY).results
    assert "check.value_in_money" in {check.name for check in found["money"].failed}
    assert found["money"].glance["money"] == 0
    assert found["money"]["worth:sd"] == found["money"]["purchases:sd"]
    assert "spend:latent" not in found["joint"]


def test_only_respondents_in_the_ledger(data):
    answers, key, rfm = data
    found = link(answers, key, rfm[rfm["customer"].isin(set(key))], ITEMS, asked=ASKED, money=MONEY)
    assert "0 did not" in reasons(found)["selection"]
    assert len(found.results["joint"].tidy) > 0


def test_counts_that_would_tell_persons():
    answers, key, rfm = study(60, 200, 3)
    joined = linkage.join(key, rfm)
    b = linkage.behave(joined.rfm, model="mbgnbd", money=MONEY)
    perceived = linkage.measure(answers, FIRST, "CLV")
    found = linkage.quadrants(joined, perceived, b.value, threshold=10)
    assert "check.cells_private" in {check.name for check in found.failed}
    assert found.select("cell")["estimate"].isna().all()
    open_ = linkage.quadrants(joined, perceived, b.value, threshold=1)
    assert open_.select("cell")["estimate"].sum() == 60
    assert open_.select("customers")["estimate"].sum() == 60
    assert open_.select("value_share")["estimate"].sum() == pytest.approx(1.0)
    assert open_["customers:high_high"] == open_["customers:low_low"]  # medians halve both
    with pytest.raises(ModelError, match="do not differ"):
        linkage.quadrants(joined, perceived, np.ones(len(joined.rfm)))


def test_next_products():
    rows = pd.DataFrame({
        "customer": [1] * 2 + [2] * 2 + [3] * 2 + [4, 5, 6, 6, 7, 8],
        "product": ["a", "b"] * 3 + ["a", "a", "b", "b", None, "rare"], "amount": 1.0,
    })  # fmt: skip
    found = linkage.next_products(rows, threshold=2)
    assert found["customers:a"] == 5
    assert found["confidence:a>b"] == pytest.approx(3 / 5)
    assert found["lift:a>b"] == pytest.approx((3 / 5) / (4 / 7))
    assert found["open:a>b"] == 2
    assert "confidence:b>a" not in found  # one customer of b without a: told to nobody
    assert [check.name for check in found.failed] == ["check.products_shown"]
    for odd in (rows.drop(columns="product"), rows.assign(product=None), rows.assign(product="")):
        with pytest.raises(ModelError, match="names no products"):
            linkage.next_products(odd)
    with pytest.raises(ModelError, match="1 products"):
        linkage.next_products(rows[rows["product"] == "a"], threshold=2)


def test_a_ledger_without_time_after_the_answers(data):
    answers, key, rfm = data
    joined = linkage.join(key, rfm)
    measured = linkage.measure(answers, ITEMS, "RQ")
    b = linkage.behave(joined.rfm, model="mbgnbd")
    with pytest.raises(ModelError, match="nothing is known of the time after"):
        linkage.afterwards(joined, measured, b)
    found = link(
        answers, key, rfm, ITEMS, asked=ASKED, money=MONEY, days={"ledger_end": 100, "field_last": 110}
    ).results
    for name in ("join", "estimates", "joint", "money"):
        assert "check.answers_before_purchases" in {check.name for check in found[name].failed}, name
