"""Value, its parts and its judges: sums that must agree, hand-computed cases, and one line where they cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln
from shoppers import bg_shoppers, spenders

from crmlab import clv
from crmlab.clv.params import log_rising, psi_rising
from crmlab.errors import ModelError

RNG = np.random.default_rng(11)
SHOPPERS = bg_shoppers(400, (0.8, 6.0, 0.9, 3.0), RNG, T=(40, 44, 48, 52))
X, TX, T = SHOPPERS["x"], SHOPPERS["t_x"], SHOPPERS["T"]
MONEY = spenders(X, (6.0, 4.0, 15.0), RNG)
FIT, SPEND = clv.bgnbd(X, TX, T), clv.gamma_gamma(X, MONEY)
WEEKS = {"rate_per_year": 0.15, "periods_per_year": 52.0}
NAMES = np.where(X > 2, "often", np.where(X > 0, "seldom", "once"))


def value(fit=FIT, spend=SPEND, money=MONEY, **more):
    return clv.customer_value(fit, spend, money, **(WEEKS | {"draws": 60} | more))


# -- value -------------------------------------------------------------------------------------


def test_segments_add_up_and_narrow_bands_hold_their_values():
    found = value(segments=NAMES, draws=200)
    parts = found.segments.set_index("segment")
    assert parts["clv"].sum() == pytest.approx(found.equity, rel=1e-12)
    assert parts["customers"].to_dict() == pd.Series(NAMES).value_counts().to_dict()
    assert parts.loc["often", "clv"] == pytest.approx(found.table["clv"][NAMES == "often"].sum(), rel=1e-12)
    assert ((parts["ci_low"] < parts["clv"]) & (parts["clv"] < parts["ci_high"])).all()
    assert (parts["mean"] * parts["customers"]).to_numpy() == pytest.approx(parts["clv"].to_numpy())
    terms = found.result()
    assert terms["segment_equity:often"] == parts.loc["often", "clv"]
    assert terms.cell("clv.mean", "ci_low") == pytest.approx(found.equity_low / 400)


def test_intervals_do_not_hang_on_how_customers_are_cut(monkeypatch):
    from crmlab.clv import money

    whole = value(segments=NAMES)
    monkeypatch.setattr(money, "CELLS", 60 * 7)
    cut = value(segments=NAMES)
    assert cut.draws == pytest.approx(whole.draws, rel=1e-12)
    pd.testing.assert_frame_equal(cut.table, whole.table)
    pd.testing.assert_frame_equal(cut.segments, whole.segments)


def test_weights_count_as_customers():
    often = RNG.integers(1, 4, 400)
    rows = np.repeat(np.arange(400), often)
    heavy = value(clv.bgnbd(X, TX, T, weights=often), clv.gamma_gamma(X, MONEY, weights=often))
    longer = value(clv.bgnbd(X[rows], TX[rows], T[rows]), clv.gamma_gamma(X[rows], MONEY[rows]), MONEY[rows])
    assert heavy.equity == pytest.approx(longer.equity, rel=1e-6)
    assert heavy.equity_low == pytest.approx(longer.equity_low, rel=1e-4)
    assert heavy.result()["clv.mean"] == pytest.approx(longer.result()["clv.mean"], rel=1e-6)


def test_costs_are_taken_off():
    free, paid = value(horizon=52.0), value(horizon=52.0, cost_per_purchase=2.0, cost_per_year=3.0)
    rate = np.log(1.15)
    upkeep = 3.0 * (1 - np.exp(-rate)) / rate  # one year at a continuous rate
    off = 2.0 * free.table["expected"] + upkeep
    assert (free.table["clv"] - paid.table["clv"]).to_numpy() == pytest.approx(off.to_numpy(), rel=1e-10)
    assert paid.table["spend"].to_numpy() == pytest.approx(free.table["spend"].to_numpy(), rel=1e-12)
    assert paid.equity_high < free.equity_high


def test_a_new_customer_is_worth_his_first_purchase_and_the_rest():
    fit, spend = FIT.at([0.5, 6.0, 1.2, 3.3]), SPEND.at([6.25, 3.74, 15.44])
    mean = 6.25 * 15.44 / 2.74
    rate = np.log(1.15) / 52
    own = clv.new_customer_value(fit, spend, **WEEKS, margin=0.4, acquisition_cost=5.0, draws=0)[0]
    assert own == pytest.approx(0.4 * mean * (1 + fit.dert_new(rate)[0]) - 5.0, rel=1e-12)


def test_draws_are_as_good_as_the_estimate():
    """Coarse quadrature of the draws: a fit whose draws all are the estimate has no interval at all."""
    still = FIT.natural_draws
    fixed = type(still)(still.theta, np.zeros_like(still.root), still.natural)
    from dataclasses import replace

    for rate, horizon in ((0.15, np.inf), (0.15, 104.0), (0.02, 26.0)):
        found = value(replace(FIT, natural_draws=fixed), None, rate_per_year=rate, horizon=horizon)
        assert found.draws == pytest.approx(found.equity, rel=2e-5)


def test_time_unit_changes_no_value():
    weeks, days = value(draws=0), value(clv.bgnbd(X, 7 * TX, 7 * T), draws=0, periods_per_year=364.0)
    assert days.table["clv"].to_numpy() == pytest.approx(weeks.table["clv"].to_numpy(), rel=1e-6)
    assert days.equity == pytest.approx(weeks.equity, rel=1e-6)


def test_value_says_what_it_needs():
    with pytest.raises(ModelError, match="segments has 3 values for 400 customers"):
        value(segments=["a", "b", "c"])
    with pytest.raises(ModelError, match="segments is missing for 1 customers"):
        value(segments=[None, *NAMES[1:]])
    with pytest.raises(ModelError, match="cost_per_year is -1"):
        value(cost_per_year=-1.0)
    with pytest.raises(ModelError, match="20 draws cannot carry an interval"):
        value(draws=20)
    with pytest.raises(ModelError, match="mean_spend has 5 values for 400 customers"):
        value(money=MONEY[:5])
    assert "clv.equity" in value()._repr_html_()
    assert "param:alpha" in FIT._repr_html_()
    assert "param:q" in SPEND._repr_html_()


# -- bootstrap, tests, choice --------------------------------------------------------------------


def test_bootstrap_is_a_refit_of_resampled_customers():
    """One resample by hand: the same multinomial counts, fitted from scratch."""
    boot = clv.bootstrap(FIT, 25, seed=3)
    d = FIT.buyers
    counts = np.random.default_rng(3).multinomial(400, d.w / 400, size=25)
    place = np.array([np.flatnonzero(d.inverse == i)[0] for i in range(len(d.w))])
    for row in (0, 11, 24):
        w = counts[row].astype(float)
        again = clv.bgnbd(X[place], TX[place], T[place], weights=w)
        assert boot.sample.iloc[row].to_dict() == pytest.approx(again.params, rel=1e-5)
    assert boot.failed == 0
    assert boot.fit.vcov.loc["r", "r"] == pytest.approx(boot.std_errors["r"] ** 2)
    assert boot.fit.params == FIT.params
    assert boot.result()["param:alpha"] == FIT.params["alpha"]


def test_bootstrap_errors_are_near_the_others():
    z = RNG.standard_normal(400)
    for fit in (clv.bgnbd(X, TX, T, purchase=z), clv.gamma_gamma(X, MONEY, covariates=z)):
        boot = np.array(list(clv.bootstrap(fit, 60, seed=1).std_errors.values()))
        for V in (fit.vcov, fit.vcov_robust):
            assert (np.abs(np.log(boot / np.sqrt(np.diag(V)))) < 0.7).all()


def test_bootstrap_counts_what_fails():
    few = clv.bgnbd(X[:40], TX[:40], T[:40])
    boot = clv.bootstrap(few, 40)
    assert boot.failed + len(boot.sample) == 40
    assert boot.check.value == boot.failed / 40
    assert boot.result().glance["failed"] == boot.failed
    hardly = clv.bgnbd([0.0] * 30 + [1.0], [0.0] * 30 + [5.0], [30.0] * 31)
    with pytest.raises(ModelError, match="of 60 resamples have no maximum"):
        clv.bootstrap(hardly, 60)
    with pytest.raises(ModelError, match="5 draws cannot carry"):
        clv.bootstrap(FIT, 5)
    with pytest.raises(ModelError, match="given, not estimated"):
        clv.bootstrap(clv.given("bgnbd", FIT.params, X, TX, T), 30)


def test_intervals_may_rest_on_the_bootstrap():
    boot = clv.bootstrap(FIT, 60, seed=2)
    found = clv.customer_value(boot.fit, None, **WEEKS, draws=60, horizon=52.0)
    sums = [
        clv.customer_value(FIT.at(row), None, **WEEKS, draws=0, horizon=52.0).equity
        for row in boot.sample.to_numpy()[:5]
    ]
    assert found.draws[:5] == pytest.approx(sums, rel=1e-4)


def nbd_loglik(x, T):
    def loss(q):
        r, alpha = np.exp(q)
        return -(gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + T)).sum()

    return -min(minimize(loss, start, method="Nelder-Mead").fun for start in ([0.0, 1.0], [2.0, 4.0]))


@pytest.mark.parametrize("n", [10, 40, 400])
def test_no_model_fits_worse_than_one_it_contains(n):
    """NBD is each model without dropout; it may be the maximum itself."""
    x, t_x, end = X[:n], TX[:n], T[:n]
    least = nbd_loglik(x, end) - 1e-4
    for model in (clv.bgnbd, clv.mbgnbd, clv.pareto_nbd):
        assert model(x, t_x, end).loglik >= least
    assert clv.bdw([100, 90, 80, 71, 63]).loglik >= clv.sbg([100, 90, 80, 71, 63]).loglik - 1e-9


def test_buyers_all_alike_reach_the_poisson_limit():
    """Gamma rates of huge shape are one rate: the likelihood is the Poisson one to its digits."""
    x, end = np.tile([4.0, 5.0, 6.0], 40), np.full(120, 40.0)
    rate = x.sum() / end.sum()
    poisson = (x * np.log(rate) - rate * end).sum()
    for model in (clv.bgnbd, clv.mbgnbd, clv.pareto_nbd):
        fit = model(x, end, end)
        assert fit.loglik == pytest.approx(poisson, abs=2e-3)
        assert fit.loglik <= poisson + 1e-6
        assert any(check.name.startswith("check.boundary") and not check.ok for check in fit.checks)
        assert fit.expected(10.0) == pytest.approx(np.full(120, 10 * rate), rel=0.02)


def test_rising_factorials_of_large_shapes():
    x = np.array([0.0, 1, 5, 40])
    for r in (9.9e3, 1.1e4, 1e6, 9e6):
        exact = [np.log(r + np.arange(int(k))).sum() for k in x]
        assert log_rising(r, x) == pytest.approx(exact, rel=1e-9, abs=1e-7 if r < 1e4 else 1e-10)
        assert psi_rising(r, x) == pytest.approx([(1 / (r + np.arange(int(k)))).sum() for k in x], rel=1e-7)


def test_a_table_to_choose_from():
    later = np.array([np.count_nonzero(times <= 26) for times in SHOPPERS["later"]])
    fits = {"bgnbd": FIT, "pareto_nbd": clv.pareto_nbd(X, TX, T), "mbgnbd": clv.mbgnbd(X, TX, T)}
    table = clv.model_choice(fits, later, 26.0)
    assert table["mae:bgnbd"] == clv.judge(FIT, later, 26.0)["mae:model"]
    assert table["aic:bgnbd"] == FIT.aic
    assert sum(table[f"chosen:{name}"] for name in fits) == 1
    sound = {name for name, fit in fits.items() if all(check.ok for check in fit.checks)}
    best = min(sound, key=lambda name: table[f"mae:{name}"])
    assert table[f"chosen:{best}"] == 1
    assert clv.model_choice({"bgnbd": FIT})["chosen:bgnbd"] == 1
    with pytest.raises(ModelError, match="different customers"):
        clv.model_choice({"a": FIT, "b": clv.bgnbd(X[:300], TX[:300], T[:300])})
    ratio = clv.likelihood_ratio(FIT, clv.bgnbd(X, TX, T, purchase=RNG.standard_normal(400)))
    assert ratio.result().cell("lr", "p_value") == ratio.p_value


def test_spend_and_frequency():
    found = clv.spend_frequency(X, MONEY)
    some = X > 0
    assert found["pearson"] == pytest.approx(np.corrcoef(X[some], MONEY[some])[0, 1])
    assert found["spearman"] == pytest.approx(
        pd.Series(X[some]).corr(pd.Series(MONEY[some]), method="spearman")
    )
    assert found.glance["n"] == some.sum()
    assert found.glance["left_out"] == 400 - some.sum()
    assert not clv.spend_frequency(X, MONEY + 20 * X).ok


# -- money of another day, worth to others ---------------------------------------------------------


def test_deflation():
    index = pd.Series([100.0, 110.0, 121.0], index=["1402-11", "1402-12", "1403-01"])
    assert clv.deflate([50.0, 55.0], ["1402-11", "1403-01"], index) == pytest.approx([60.5, 55.0])
    assert clv.deflate([50.0], ["1402-11"], index, base="1402-12") == pytest.approx([55.0])
    dates = pd.Series(pd.to_datetime(["2024-03-15", "2024-04-01"]))
    by_period = pd.Series([2.0, 4.0], index=pd.period_range("2024-03", periods=2, freq="M"))
    assert clv.deflate([10.0, 10.0], dates, by_period) == pytest.approx([20.0, 10.0])
    assert clv.yearly_inflation(index) == pytest.approx(1.1**12 - 1)
    assert clv.real_rate(0.5, clv.yearly_inflation({"2024-01": 1.0, "2025-01": 1.4} | {
        f"2024-{m:02}": 1.4 ** ((m - 1) / 12) for m in range(2, 13)
    })) == pytest.approx(0.07142857, abs=1e-8)  # fmt: skip
    with pytest.raises(ModelError, match="no value for 1401-01"):
        clv.deflate([1.0], ["1401-01"], index)
    with pytest.raises(ModelError, match="a month twice"):
        clv.deflate([1.0], ["1402-11"], pd.Series([1.0, 2.0], index=["1402-11", "1402-11"]))
    with pytest.raises(ModelError, match="row 1402-12: is not above 0"):
        clv.deflate([1.0], ["1402-11"], {"1402-11": 1.0, "1402-12": 0.0})
    with pytest.raises(ModelError, match="'March' is not a month"):
        clv.deflate([1.0], ["March"], index)
    with pytest.raises(ModelError, match="without a gap"):
        clv.yearly_inflation({"2024-01": 1.0, "2024-03": 1.1})


def test_worth_to_others_by_hand():
    brought = pd.DataFrame({
        "referrer": ["a", "a", "a", "b"], "period": [0, 1, 1, 2], "margin": [50.0, 60.0, 40.0, 30.0],
        "cost": [10.0, 0.0, 5.0, 0.0], "saved": [20.0, 0.0, 15.0, 0.0], "would_join": [0, 0, 1, 0],
    })  # fmt: skip
    crv = clv.referral_value(brought, rate=0.2)
    # a: 50-10+20 now; 60 in one period; the third would have come anyway: 15 saved less 5, in one period
    assert crv.to_dict() == pytest.approx({"a": 60 + 60 / 1.2 + 10 / 1.2, "b": 30 / 1.44})
    spoken = pd.DataFrame({
        "influencer": ["b", "c"], "influenced": ["d", "d"], "period": [1, 1], "margin": [100.0, 100.0],
        "share": [0.3, 0.2], "cost": [0.0, 5.0],
    })  # fmt: skip
    civ = clv.influence_value(spoken, rate=0.25)
    assert civ.to_dict() == pytest.approx({"b": 24.0, "c": 12.0})
    ideas = pd.DataFrame(
        {"contributor": ["c"], "period": [0], "margin": [80.0], "share": [0.5], "cost": [10.0]}
    )
    ckv = clv.knowledge_value(ideas, rate=0.1)
    own = pd.Series({"a": 10.0, "b": 200.0, "c": 0.0})
    table, result = clv.engagement_value(own, crv=crv, civ=civ, ckv=ckv)
    assert table.loc["c", "cev"] == pytest.approx(0 + 0 + 12 + 30)
    assert result["cev.total"] == pytest.approx(table["clv"].sum() + crv.sum() + civ.sum() + ckv.sum())
    with pytest.raises(ModelError, match="crv names 1 customers without a lifetime value"):
        clv.engagement_value(own[["b", "c"]], crv=crv)
    with pytest.raises(ModelError, match=r"add up to 1\.5"):
        clv.influence_value(spoken.assign(share=[0.8, 0.7]), rate=0.1)
    with pytest.raises(ModelError, match="lacks the columns saved"):
        clv.referral_value(brought.drop(columns="saved"), rate=0.1)
    with pytest.raises(ModelError, match="would_join, rows 0, 1, 2, 3: is neither 0 nor 1"):
        clv.referral_value(brought.assign(would_join=2), rate=0.1)


def test_errors_and_intervals_that_are_asked_for():
    told = FIT.result(errors="sandwich")
    assert told.cell("param:r", "std_error") == pytest.approx(np.sqrt(FIT.vcov_robust.loc["r", "r"]))
    assert SPEND.result(errors="sandwich").cell("param:q", "std_error") != SPEND.std_errors["q"]
    with pytest.raises(ModelError, match="errors is 'bootstrap'"):
        FIT.result(errors="bootstrap")
    with pytest.raises(ModelError, match="level is 95"):
        clv.sbg([100, 90, 80, 71, 63]).result(level=95)
    ends = FIT.interval("expected", 26.0, draws=60)
    assert ends.shape == (400, 2)
    assert np.mean((ends[:, 0] < FIT.expected(26.0)) & (FIT.expected(26.0) < ends[:, 1])) > 0.97
    new = FIT.interval("expected_new", 52.0, draws=60)
    assert new[0, 0] < FIT.expected_new(52.0)[0] < new[0, 1]
    with pytest.raises(ModelError, match="'loglik' is not an answer"):
        FIT.interval("loglik")
