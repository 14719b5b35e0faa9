"""The link against closed forms, other routines and the oracles of the domain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from linked_study import FIRST, ITEMS, study
from scipy.integrate import quad
from scipy.stats import norm

from crmlab import clv, linkage, sem
from crmlab.clv.bg_family import BgFamily
from crmlab.clv.pareto import ParetoNbd
from crmlab.errors import ModelError
from crmlab.linkage.ahead import Ahead
from crmlab.linkage.corrected import regress
from crmlab.linkage.joint import cases
from crmlab.linkage.latent_search import LatentSearch
from crmlab.linkage.measure import conditional
from crmlab.linkage.outlook import Outlook
from crmlab.linkage.selection import gap
from crmlab.linkage.worth import SD

THETA = np.array([0.4, 2.6, -2.0, 2.5, 0.3, -0.4])


@pytest.fixture(scope="module")
def made():
    answers, key, rfm = study(300, 900, 7)
    measured, joined = linkage.measure(answers, ITEMS, "RQ"), linkage.join(key, rfm)
    behaviour = linkage.behave(joined.rfm, model="mbgnbd", money=linkage.Money(0.1, 104.0, 0.3))
    return answers, joined, measured, behaviour


def test_attenuation_oracles():
    """RE5 (Spearman 1904) and SE1: sums of four items with loadings .7 and .8 of variables correlated .5."""
    assert linkage.disattenuate(0.42, 0.85, 0.80) == pytest.approx(0.509325, abs=1e-6)
    rel = [4 * v**2 / (4 * v**2 + 1 - v**2) for v in (0.7, 0.8)]  # of the sum of four items of loading v
    assert linkage.disattenuate(0.41704, *rel) == pytest.approx(0.5, abs=1e-5)


def test_the_latent_slope_of_se1_comes_back():
    """A latent correlation of .5, sum scores at .417 (SE1), all corrected answers at .5, in 40,000 respondents."""
    rng = np.random.default_rng(3)
    n = 40_000
    z = rng.standard_normal(n)
    y = 0.5 * z + np.sqrt(0.75) * rng.standard_normal(n)
    X = pd.DataFrame(0.7 * z[:, None] + np.sqrt(1 - 0.49) * rng.standard_normal((n, 4)), columns=FIRST["RQ"])
    m = linkage.measure(X, FIRST, "RQ")
    assert m.reliability == pytest.approx(4 * 0.49 / (4 * 0.49 + 0.51), abs=0.01)
    r = np.corrcoef(m.score, y)[0, 1]
    assert r == pytest.approx(0.5 * np.sqrt(m.reliability), abs=0.01)
    assert linkage.disattenuate(r, m.reliability) == pytest.approx(0.5, abs=0.012)
    score, error = m.bartlett
    assert regress(y, score, error, draws=0).estimate == pytest.approx(0.5, abs=0.012)
    control = 0.6 * z + 0.8 * rng.standard_normal(n)  # predicts nothing beyond z, and must get nothing
    given = regress(y, score, error, controls=control[:, None], draws=0)
    assert given.estimate == pytest.approx(0.5, abs=0.02)


def test_moments_given_the_answers_are_those_of_the_engine(made):
    answers, _, measured, _ = made
    scores = measured.fit.factor_scores("regression")["RQ"].to_numpy()
    assert np.allclose(measured.mean, scores, atol=1e-10)
    gaps = answers[[i for its in ITEMS.values() for i in its]].copy()
    gaps.iloc[3:30, 2] = np.nan
    gaps.iloc[5, :] = np.nan
    full = linkage.measure(gaps, ITEMS, "RQ")
    known = gaps.notna().any(axis=1).to_numpy()
    own = full.fit.factor_scores("regression")["RQ"].to_numpy()
    assert np.allclose(full.mean[known], own, atol=1e-10)
    assert (full.mean[5], full.variance[5]) == (0.0, 1.0)
    by_hand = full.moments
    seen = gaps.iloc[4].notna().to_numpy()
    inverse = np.linalg.inv(by_hand.cov[np.ix_(seen, seen)])
    assert full.variance[4] == pytest.approx(
        1 - by_hand.cross[seen] @ inverse @ by_hand.cross[seen], abs=1e-12
    )
    assert np.allclose(conditional(full.Y, by_hand)[0], full.mean)


def test_bartlett_scores_are_those_of_a_one_factor_model():
    answers, _, _ = study(300, 300, 1)
    m = linkage.measure(answers, FIRST, "RQ")
    assert np.allclose(m.bartlett[0], m.fit.factor_scores("bartlett")["RQ"], atol=1e-9)
    rows = m.fit.estimates
    loading = rows.loc[rows["op"] == "=~", "est"].to_numpy()
    left = rows.loc[(rows["op"] == "~~") & (rows["lhs"] != "RQ"), "est"].to_numpy()
    assert np.allclose(m.bartlett[1], 1 / (loading**2 / left).sum())
    assert m.reliability == pytest.approx(loading.sum() ** 2 / (loading.sum() ** 2 + left.sum()), abs=1e-12)


def test_two_dimensions_or_items_weigh_alike():
    answers, _, _ = study(400, 400, 2)
    pair = linkage.measure(answers, {"RQ": ["q1", "q2"]}, "RQ")
    S = answers[["q1", "q2"]].cov().to_numpy() * 399 / 400
    assert pair.moments.cross == pytest.approx(np.sqrt(S[0, 1]), rel=1e-5)
    assert pair.reliability == pytest.approx(4 * S[0, 1] / S.sum(), rel=1e-5)  # Cronbach's alpha of two items
    two = linkage.measure(answers, {d: ITEMS[d] for d in ("TRU", "SAT")}, "RQ")
    assert 0.4 < two.reliability < 0.8


@pytest.mark.parametrize("model", [BgFamily(), BgFamily(modified=True), ParetoNbd()])
def test_the_marginal_likelihood_is_an_integral_over_the_latent_variable(model, made):
    _, joined, measured, _ = made
    c = cases(joined, measured.mean[joined.who], measured.variance[joined.who], others=True)
    search = LatentSearch(model, c, nodes=15)
    total, _ = search.scores(THETA)
    for i in (0, 5, len(c.x) - 3):  # two who answered, and one whose latent variable is anybody's
        one = replace(
            search, nodes=1,
            cases=replace(c, x=c.x[[i]], t_x=c.t_x[[i]], T=c.T[[i]], w=np.ones(1), mean=np.zeros(1), variance=np.zeros(1)),
        )  # fmt: skip

        def f(z, one=one, i=i):
            at = replace(one, cases=replace(one.cases, mean=np.array([z])))
            return np.exp(at.scores(THETA)[0][0] - total[i]) * norm.pdf(z, c.mean[i], np.sqrt(c.variance[i]))

        assert quad(f, -9, 9, epsabs=1e-11)[0] == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize("model", [BgFamily(), BgFamily(modified=True), ParetoNbd()])
def test_the_gradient_is_that_of_the_value(model, made):
    _, joined, measured, _ = made
    search = LatentSearch(model, cases(joined, measured.mean[joined.who], measured.variance[joined.who]))
    steps = np.eye(6) * 1e-5
    numeric = [(search.value(THETA + h)[0] - search.value(THETA - h)[0]) / 2e-5 for h in steps]
    assert np.allclose(search.value(THETA)[1], numeric, atol=1e-8)


def test_without_measurement_error_it_is_the_engines_covariate_model():
    """A score taken at its word is a covariate: Pareto/NBD of the engine has the same parameters (note 019)."""
    answers, key, rfm = study(500, 500, 4, (0.3, 0.3, 0.0), per_time=True)
    joined = linkage.join(key, rfm)
    score = answers[FIRST["RQ"]].mean(axis=1).to_numpy()
    fit = linkage.score_fit(joined, score, linkage.behave(joined.rfm, model="pareto_nbd"))
    z = (score - score.mean()) / score.std()
    own = joined.own
    engine = clv.pareto_nbd(
        own["x"], own["t_x"], own["T"], purchase=pd.DataFrame({"z": z}), dropout=pd.DataFrame({"z": z})
    )
    names = ("purchase.z", "dropout.z")
    assert np.allclose(fit.effects[0], [engine.params[name] for name in names], atol=1e-6)
    assert np.allclose(fit.effects[1], [engine.std_errors[name] for name in names], rtol=1e-4)
    plain = clv.pareto_nbd(own["x"], own["t_x"], own["T"])
    assert fit.loglik - fit.loglik_none == pytest.approx(engine.loglik - plain.loglik, abs=1e-6)
    values, errors = fit.natural
    assert np.allclose(list(values.values()), [engine.params[k] for k in values], rtol=1e-5)
    assert np.allclose(list(errors.values()), [engine.std_errors[k] for k in errors], rtol=1e-3)


def test_a_customer_alike_to_all_others_has_a_closed_form():
    """One rate and one chance of leaving: purchases come at rate l e^(-l p t), and discounting is elementary."""
    l, p, rate, h, many = 0.2, 0.1, 0.004, 52.0, 1e7
    whole = Ahead(BgFamily(), *(np.array([v]) for v in (many, many / l, p * many, (1 - p) * many)))
    assert whole.purchases(np.inf, rate)[0] == pytest.approx(l / (l * p + rate), rel=2e-6)
    closed = l / (l * p + rate) * -np.expm1(-(l * p + rate) * h)
    assert whole.purchases(h, rate)[0] == pytest.approx(closed, rel=2e-6)
    assert whole.purchases(h, rate, fine=False)[0] == pytest.approx(closed, rel=2e-3)
    odds = p / (1 - p) * np.exp(-0.25)
    l2, p2 = l * np.exp(0.15), odds / (1 + odds)
    more = whole.shifted(0.15, -0.25).purchases(np.inf, rate)[0]
    assert more == pytest.approx(l2 / (l2 * p2 + rate), rel=2e-6)
    gone = Ahead(ParetoNbd(), *(np.array([v]) for v in (many, many / l, many, many / 0.02)))
    assert gone.shifted(0.15, -0.25).purchases(np.inf, rate)[0] == pytest.approx(
        l2 / (0.02 * np.exp(-0.25) + rate), rel=2e-6
    )


@pytest.mark.parametrize("model", [BgFamily(), BgFamily(modified=True)])
@pytest.mark.parametrize(("horizon", "rate"), [(156.5, 0.0035), (np.inf, 0.0018), (52.0, 0.0)])
def test_the_quick_rule_agrees_with_the_engine(model, horizon, rate):
    rng = np.random.default_rng(0)
    x = rng.poisson(6, 500)
    ahead = Ahead(model, 1.4 + x, 8 + rng.uniform(5, 150, 500), rng.uniform(0.8, 6, 500), 9.0 + x)
    fine = ahead.purchases(horizon, rate)
    assert np.allclose(ahead.purchases(horizon, rate, fine=False), fine, rtol=2e-4)


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd", "pareto_nbd"])
def test_without_effects_value_is_the_engines(model, made):
    """Joint parameters at those of the plain fit and no effects: discounted purchases are the fit's own."""
    _, joined, measured, _ = made
    b = linkage.behave(joined.rfm, model=model, money=linkage.Money(0.1, 104.0, 0.3))
    fit = linkage.joint_fit(joined, measured, b)
    same = replace(fit, theta=np.append(b.fit.natural_draws.theta, [0.0, 0.0]))
    rate = clv.continuous_rate(0.1, b.periods)
    found = Outlook(same, 104.0, rate).customers(SD)
    expected = b.fit.dert(rate, horizon=104.0)[joined.at]
    for purchases in found.values():
        assert np.allclose(purchases, expected, rtol=1e-4)
    newcomer = Outlook(same, 104.0, rate).newcomers(same.theta, np.zeros(1))
    assert newcomer[0] == pytest.approx(b.fit.dert_new(rate, horizon=104.0)[0], rel=1e-4)


def test_the_parts_sum_to_the_whole_and_money_is_purchases_times_margin(made):
    _, joined, measured, behaviour = made
    fit = linkage.joint_fit(joined, measured, behaviour)
    spend = linkage.spend_effect(joined, measured.mean, behaviour)
    money = linkage.worth(fit, joined.at, behaviour, spend, scale_points=0.5, path="CLV_B~RQ", draws=60).money
    parts = [money[f"part:{name}"] for name in ("purchases", "staying", "spend")]
    assert sum(parts) == pytest.approx(money["worth:sd"], rel=1e-12)
    assert money["path:CLV_B~RQ"] == pytest.approx(np.log1p(money["share:sd"]), rel=1e-12)
    assert money["share:sd"] == pytest.approx(money["worth:sd"] / money["base"], rel=1e-12)
    assert money["total:sd"] == pytest.approx(joined.matched * money["worth:sd"], rel=1e-12)
    look = Outlook(fit, 104.0, clv.continuous_rate(0.1, behaviour.periods)).customers(SD)
    each = behaviour.each[joined.at]
    by_hand = (look["both"] * np.exp(spend.estimate) - look["base"]) * each
    assert money["worth:sd"] == pytest.approx(by_hand.mean(), rel=1e-12)
    counted = linkage.worth(fit, joined.at, behaviour, spend, outcome="purchases", draws=0).money
    assert counted["worth:sd"] == pytest.approx(money["purchases:sd"], rel=1e-12)
    assert counted["worth:sd"] == pytest.approx((look["both"] - look["base"]).mean(), rel=1e-12)


def test_real_and_nominal_money_meet():
    """CL3: a nominal rate of 50 % under inflation of 40 % is a real one of 7.142857 %, in which worth is counted."""
    assert clv.real_rate(0.5, 0.4) == pytest.approx(0.07142857, abs=1e-8)
    assert clv.nominal_rate(0.07142857142857, 0.4) == pytest.approx(0.5, abs=1e-12)
    whole = Ahead(BgFamily(), *(np.array([v]) for v in (1e7, 5e7, 1e6, 9e6)))  # .2 a week, .1 to leave
    weeks, real, nominal = 52.1786, np.log(1.0714285714), np.log(1.5)
    grown = np.log(1.4)
    # money that grows with prices, discounted at the nominal rate, is money of today at the real one
    t = np.linspace(0, 156.5, 20001)
    flow = 0.2 * np.exp(-0.02 * t) * np.exp((grown - nominal) * t / weeks)
    assert whole.purchases(156.5, real / weeks)[0] == pytest.approx(np.trapezoid(flow, t), rel=1e-5)


def test_power_statement():
    """Fisher's z: 194 pairs show a correlation of .20 with power .80, 85 one of .30; the three functions agree."""
    assert (linkage.needed(0.20), linkage.needed(0.30)) == (194.0, 85.0)
    assert linkage.power(194, 0.20) == pytest.approx(0.80, abs=2e-3)
    assert linkage.detectable(194) == pytest.approx(0.20, abs=5e-4)
    assert np.isnan(linkage.power(3, 0.2))


def test_standardised_difference_by_hand():
    values = np.array([1.0, 2.0, 3.0, 4.0, 3.0, 4.0, 5.0, np.nan])
    own = np.array([True] * 4 + [False] * 4)
    d, se = gap(values, own)
    s = np.sqrt((5 / 3 + 1.0) / 2)
    assert d == pytest.approx((2.5 - 4.0) / s, rel=1e-12)
    assert se == pytest.approx(np.sqrt(7 / 12 + d**2 / 14), rel=1e-12)


def test_a_reliability_or_correlation_that_cannot_be():
    for r, rel in ((0.4, 0.0), (0.4, 1.2), (1.4, 0.8)):
        with pytest.raises(ModelError):
            linkage.disattenuate(r, rel)


def test_the_effect_on_spend_is_that_of_a_model_with_the_outcome_inside(made):
    """Mean spend is log-linear in z: Gamma-Gamma on expected z and a SEM of log spend agree within their error."""
    answers, key, rfm = study(4000, 4000, 11, (0.0, 0.0, 0.2))
    joined, m = linkage.join(key, rfm), linkage.measure(answers, ITEMS, "RQ")
    b = linkage.behave(joined.rfm, model="mbgnbd")
    effect = linkage.spend_effect(joined, m.mean, b)
    assert effect.estimate == pytest.approx(0.2, abs=3.5 * effect.std_error)
    data = answers[FIRST["RQ"]].assign(y=np.log(b.paid[joined.at]))
    fit = sem.sem("RQ =~ q1 + q2 + q3 + q4\ny ~ RQ", data, std_lv=True, missing="fiml")
    slope = fit.estimates.set_index(["lhs", "op"]).loc[("y", "~"), "est"]
    assert effect.estimate == pytest.approx(
        float(slope.iloc[0] if hasattr(slope, "iloc") else slope), abs=0.03
    )
