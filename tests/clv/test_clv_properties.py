"""What must hold whatever the numbers: units, order, weights, nesting, and answers that agree with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from shoppers import bg_shoppers, spenders

from crmlab import clv
from crmlab.clv.bg_family import BgFamily
from crmlab.clv.buyers import admit
from crmlab.clv.pareto import ParetoNbd
from crmlab.errors import ModelError

MODELS = {"bgnbd": clv.bgnbd, "mbgnbd": clv.mbgnbd, "pareto_nbd": clv.pareto_nbd, "cnbd": clv.cnbd}
SHOPPERS = bg_shoppers(600, (0.6, 5.0, 0.8, 2.5), np.random.default_rng(5))
X, TX, T = (
    SHOPPERS["x"],
    np.round(SHOPPERS["t_x"], 1) + 0.1 * (SHOPPERS["x"] > 0),
    np.round(SHOPPERS["T"]) + 1,
)
Z = np.random.default_rng(6).standard_normal((600, 2))
MONEY = spenders(X, (6.0, 4.0, 15.0), np.random.default_rng(7))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("unit", [7.0, 1 / 30.4375, 1e6])
def test_only_time_parameters_carry_the_unit(name, unit):
    base, other = MODELS[name](X, TX, T), MODELS[name](X, TX * unit, T * unit)
    timed = {"alpha", "beta"} if name == "pareto_nbd" else {"alpha"}
    for key, value in base.params.items():
        assert other.params[key] == pytest.approx(value * (unit if key in timed else 1), rel=1e-7)
    assert other.p_alive() == pytest.approx(base.p_alive(), rel=1e-7)
    assert other.expected(20 * unit) == pytest.approx(base.expected(20), rel=1e-7)
    stages = 2 if name == "cnbd" else 1
    assert other.loglik == pytest.approx(base.loglik - stages * X.sum() * np.log(unit), rel=1e-9)


@pytest.mark.parametrize("name", ["bgnbd", "pareto_nbd"])
def test_a_unit_of_time_or_money_changes_no_value(name):
    def value(unit, currency):
        fit = MODELS[name](X, TX * unit, T * unit)
        money = clv.gamma_gamma(X, MONEY * currency)
        return clv.customer_value(
            fit, money, MONEY * currency, rate_per_year=0.15, periods_per_year=52 * unit, margin=0.3, draws=60
        )

    base, other = value(1.0, 1.0), value(7.0, 1e5)
    assert other.equity == pytest.approx(1e5 * base.equity, rel=1e-6)
    assert other.table["clv"].to_numpy() == pytest.approx(1e5 * base.table["clv"].to_numpy(), rel=1e-6)
    assert other.equity_low == pytest.approx(1e5 * base.equity_low, rel=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_row_order_and_weights(name):
    order = np.random.default_rng(0).permutation(600)
    base, other = (
        MODELS[name](X, TX, T, purchase=Z),
        MODELS[name](X[order], TX[order], T[order], purchase=Z[order]),
    )
    assert other.loglik == pytest.approx(base.loglik, rel=1e-11)
    assert other.params == pytest.approx(base.params, rel=1e-7)
    assert other.expected(10) == pytest.approx(base.expected(10)[order], rel=1e-7)
    often = np.random.default_rng(1).integers(0, 4, 600)
    rows = np.repeat(np.arange(600), often)
    heavy = MODELS[name](X, TX, T, weights=often)
    longer = MODELS[name](X[rows], TX[rows], T[rows])
    assert heavy.params == pytest.approx(longer.params, rel=1e-7)
    assert heavy.std_errors == pytest.approx(longer.std_errors, rel=1e-6, nan_ok=True)
    assert heavy.vcov_robust.to_numpy() == pytest.approx(longer.vcov_robust.to_numpy(), rel=1e-5, nan_ok=True)
    assert heavy.p_alive() == pytest.approx(heavy.p_alive(X, TX, T), rel=1e-12)


def test_series_and_frames_are_arrays():
    frame = pd.DataFrame({"x": X, "t_x": TX, "T": T, "age": Z[:, 0]}, index=[f"c{i}" for i in range(600)])
    fit = clv.bgnbd(frame["x"], frame["t_x"], frame["T"], dropout=frame["age"])
    assert list(fit.params) == ["r", "alpha", "a", "b", "dropout.age"]
    assert fit.params["dropout.age"] == pytest.approx(
        clv.bgnbd(X, TX, T, dropout=Z[:, 0]).params["dropout.1"], rel=1e-9
    )


@pytest.mark.parametrize("name", MODELS)
def test_covariates_never_fit_worse_and_a_penalty_shrinks(name):
    plain = MODELS[name](X, TX, T)
    full = MODELS[name](X, TX, T, purchase=Z, dropout=Z)
    ratio = clv.likelihood_ratio(plain, full)
    assert ratio.df == 4
    assert 0.001 < ratio.p_value <= 1
    tight = MODELS[name](X, TX, T, purchase=Z, dropout=Z, penalty=1.0)
    size = [sum(v**2 for k, v in f.params.items() if "." in k) for f in (full, tight)]
    assert size[1] < size[0]
    moved = MODELS[name](X, TX, T, purchase=1000 + 50 * Z, dropout=1000 + 50 * Z)
    assert moved.loglik == pytest.approx(full.loglik, abs=1e-6)
    assert moved.params["purchase.1"] == pytest.approx(full.params["purchase.1"] / 50, rel=1e-4)


@pytest.mark.parametrize(
    "model", [BgFamily(), BgFamily(1, True), BgFamily(3), BgFamily(2, True), ParetoNbd()]
)
def test_slopes_are_derivatives(model):
    d = admit(X, TX, T)
    p = np.array([0.55, 0.4, 0.7, 1.9])
    slopes = model.terms(d, tuple(p)).slopes
    for j in range(4):
        up, down = p.copy(), p.copy()
        up[j], down[j] = p[j] * np.exp(1e-5), p[j] * np.exp(-1e-5)
        numeric = (model.terms(d, tuple(up)).loglik - model.terms(d, tuple(down)).loglik) / 2e-5
        assert slopes[j] == pytest.approx(numeric, abs=1e-7)


def test_one_stage_is_bgnbd():
    assert clv.cnbd(X, TX, T, k=1, modified=False).params == pytest.approx(
        clv.bgnbd(X, TX, T).params, rel=1e-9
    )
    assert clv.cnbd(X, TX, T, k=1).params == pytest.approx(clv.mbgnbd(X, TX, T).params, rel=1e-9)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("t", [5.0, 52.0])
def test_the_distribution_of_counts_has_the_expected_mean(name, t):
    """pmf and expected_new are derived apart: one from stages and coins, the other from an integral over time."""
    fit = MODELS[name](X, TX, T, **({"k": 3} if name == "cnbd" else {}))
    count = np.arange(3000)
    mass = fit.pmf(count, t)
    assert mass.sum() == pytest.approx(1, abs=1e-9)
    assert (mass * count).sum() == pytest.approx(fit.expected_new(t)[0], rel=1e-8)
    assert fit.pmf(count[:9], t)[4] == pytest.approx(float(fit.pmf(4, t)), rel=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_discounting(name):
    fit = MODELS[name](X, TX, T)
    history = ([0, 1, 4], [0.0, 3.0, 25.0], [30.0, 30.0, 30.0])
    for place in range(3):
        one = [[column[place]] for column in history]

        def pace(t, one=one):
            return (fit.expected(t + 1e-4, *one)[0] - fit.expected(t, *one)[0]) / 1e-4 * np.exp(-0.05 * t)

        area = quad(pace, 0, 40, epsabs=1e-7)[0]
        assert fit.dert(0.05, *one, horizon=40)[0] == pytest.approx(area, rel=1e-4)
    assert fit.dert(0.0, *history, horizon=40) == pytest.approx(fit.expected(40, *history), rel=1e-8)
    assert fit.dert(0.05, *history, horizon=1e4) == pytest.approx(fit.dert(0.05, *history), rel=1e-8)
    assert (fit.dert(0.05, *history) > fit.dert(0.10, *history)).all()
    assert fit.expected(0, *history) == pytest.approx(np.zeros(3), abs=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_p_alive_is_a_probability_and_silence_speaks(name):
    fit = MODELS[name](X, TX, T)
    alive = fit.p_alive(np.full(5, 6), np.full(5, 10.0), [10.0, 15, 25, 60, 400])
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) < 0).all()


def test_no_dropout_is_reported_as_a_boundary():
    rng = np.random.default_rng(3)
    x = rng.poisson(rng.gamma(1.0, 0.3, 800) * 30).astype(float)
    t_x = np.where(x > 0, 30 * rng.random(800) ** (1 / np.maximum(x, 1)), 0)
    for fit in (clv.bgnbd(x, t_x, np.full(800, 30.0)), clv.pareto_nbd(x, t_x, np.full(800, 30.0))):
        failed = [check.name for check in fit.checks if not check.ok]
        if fit.p_alive().min() > 0.999:
            assert any(name.startswith("check.boundary:") for name in failed)
        assert np.isfinite(list(fit.params.values())).all()


def test_purchases_all_alike_run_to_the_poisson_limit():
    rng = np.random.default_rng(4)
    x = rng.binomial(40, 0.2, 500).astype(float) + 1
    fit = clv.bgnbd(x, 30 * rng.random(500) ** (1 / x), np.full(500, 30.0))
    assert "check.boundary:r" in [check.name for check in fit.checks if not check.ok]
    assert np.isnan(fit.vcov.loc["r", "r"]) or fit.std_errors["r"] > 0


def test_gamma_gamma_order_weights_and_currency():
    fit = clv.gamma_gamma(X, MONEY)
    order = np.random.default_rng(0).permutation(600)
    assert clv.gamma_gamma(X[order], MONEY[order]).params == pytest.approx(fit.params, rel=1e-7)
    assert clv.gamma_gamma(X, MONEY * 1e7).params["q"] == pytest.approx(fit.params["q"], rel=1e-7)
    rows = np.repeat(np.arange(600), 2)
    twice = clv.gamma_gamma(X, MONEY, weights=np.full(600, 2))
    assert twice.std_errors == pytest.approx(clv.gamma_gamma(X[rows], MONEY[rows]).std_errors, rel=1e-6)
    p, q, v = fit.params.values()
    assert fit.mean()[0] == pytest.approx(p * v / (q - 1), rel=1e-12)
    assert fit.expected([10**9], [77.0])[0] == pytest.approx(77.0, rel=1e-6)


def test_contracts_agree_with_themselves():
    alive = [1000, 869, 743, 653, 593, 551, 517, 491]
    fit = clv.sbg(alive)
    tenure = np.append(np.repeat(np.arange(1, 8), -np.diff(alive)), np.full(491, 7))
    churned = np.append(np.ones(509), np.zeros(491))
    assert clv.sbg(tenure=tenure, churned=churned).params == pytest.approx(fit.params, rel=1e-8)
    assert clv.bdw(alive).loglik > fit.loglik
    t = np.arange(1, 200)
    assert fit.pmf(t).sum() + fit.survival(199) == pytest.approx(1)
    assert np.cumprod(fit.retention(t)) == pytest.approx(fit.survival(t))
    assert fit.expected(3)[0] == pytest.approx(fit.survival([1, 2, 3]).sum())
    assert (np.diff(fit.dert(0.1, [0, 1, 5, 20])) > 0).all()  # those who stay are the loyal


def test_bgbb_agrees_with_itself():
    rng = np.random.default_rng(2)
    p, theta = rng.beta(1.2, 0.8, 3000), rng.beta(0.7, 2.5, 3000)
    life = rng.geometric(theta) - 1
    bought = (rng.random((3000, 8)) < p[:, None]) & (np.arange(8) < life[:, None])
    x, t_x = bought.sum(axis=1), np.where(bought.any(axis=1), 8 - np.argmax(bought[:, ::-1], axis=1), 0)
    fit = clv.bgbb(x, t_x, np.full(3000, 8))
    for name, true in zip(fit.params, (1.2, 0.8, 0.7, 2.5), strict=True):
        assert abs(np.log(fit.params[name] / true)) < 4 * fit.std_errors[name] / true
    count = np.arange(9)
    mass = fit.pmf(count, 8)
    assert mass.sum() == pytest.approx(1)
    assert (mass * count).sum() == pytest.approx(fit.expected(8, [0], [0], [0])[0])
    assert fit.dert(0.1, [3], [5], [8])[0] == pytest.approx(
        (np.diff([fit.expected(h, [3], [5], [8])[0] for h in range(400)]) / 1.1 ** np.arange(1, 400)).sum(),
        rel=1e-6,
    )


def test_holdout_cards():
    later = np.array([np.count_nonzero(times <= 26) for times in SHOPPERS["later"]])
    fit = clv.bgnbd(X, TX, T)
    card = clv.judge(fit, later, 26, recent=np.minimum(X, 2))
    assert card["mae:model"] < card["mae:mean"]
    assert {"rank:rfm", "total:actual", "mae:recent"} <= set(card.tidy["term"])
    chance = np.random.default_rng(0).poisson(3, 600)
    poor = clv.judge(fit, chance, 26)
    failed = [check for check in poor.checks if not check.ok]
    assert any("not better than naive" in check.rule for check in failed)
    freq = clv.frequencies(fit)
    assert freq["expected"].sum() == pytest.approx(600)
    assert freq["actual"].tolist()[0] == (X == 0).sum()
    table = clv.conditional(fit, later, 26)
    assert (table["customers"] * table["actual"]).sum() == pytest.approx(later.sum())
    with_z = clv.pareto_nbd(X, TX, T, purchase=Z)
    assert clv.frequencies(with_z)["expected"].sum() == pytest.approx(600)


def test_a_boundary_fit_is_quick_honest_and_still_answers():
    """Regular loyal buyers: the Pareto/NBD dropout rates run to one value; it is said, and draws hold it."""
    fit = clv.pareto_nbd(X, TX, T)
    assert {"check.boundary:s", "check.std_errors"} <= {check.name for check in fit.checks if not check.ok}
    assert np.isnan(fit.std_errors["s"])
    assert np.isfinite(fit.std_errors["r"])
    assert np.ptp(fit.draws(50)[:, 2]) == pytest.approx(0, abs=1e-6 * fit.params["s"])


def donors(n, seed, purchase=0.0, dropout=0.0):
    """x, t_x at 8 opportunities from BG/BB, whose odds of buying and of leaving move with z."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(n)
    p, theta = rng.beta(1.2 * np.exp(purchase * z), 0.8), rng.beta(0.7 * np.exp(dropout * z), 2.5)
    life = rng.geometric(np.maximum(theta, 1e-12)) - 1
    bought = (rng.random((n, 8)) < p[:, None]) & (np.arange(8) < life[:, None])
    return bought.sum(axis=1), np.where(bought.any(axis=1), 8 - np.argmax(bought[:, ::-1], axis=1), 0), z


def test_bgbb_covariates():
    x, t_x, z = donors(6000, 3, purchase=0.5, dropout=-0.4)
    end = np.full(6000, 8)
    plain, full = clv.bgbb(x, t_x, end), clv.bgbb(x, t_x, end, purchase=z, dropout=z)
    truth = {"alpha": 1.2, "beta": 0.8, "gamma": 0.7, "delta": 2.5, "purchase.1": 0.5, "dropout.1": -0.4}
    for name, true in truth.items():
        assert abs(full.params[name] - true) < 3.5 * full.std_errors[name], name
    assert clv.likelihood_ratio(plain, full).p_value < 1e-10
    moved = clv.bgbb(x, t_x, end, purchase=100 + 7 * z, dropout=z)
    assert moved.loglik == pytest.approx(full.loglik, abs=1e-6)
    assert moved.params["purchase.1"] == pytest.approx(full.params["purchase.1"] / 7, rel=1e-5)
    tight = clv.bgbb(x, t_x, end, purchase=z, dropout=z, penalty=0.5)
    assert abs(tight.params["purchase.1"]) < abs(full.params["purchase.1"])
    # a customer's answers under his own z are those of a model whose alpha and gamma are his
    own = {"purchase": [1.3], "dropout": [1.3]}
    found = full.expected(5, [3], [5], [8], **own)[0]
    q = full.params
    shifted = [
        q["alpha"] * np.exp(1.3 * q["purchase.1"]),
        q["beta"],
        q["gamma"] * np.exp(1.3 * q["dropout.1"]),
        q["delta"],
    ]
    import dataclasses

    his = dataclasses.replace(plain, params=dict(zip(plain.params, shifted, strict=True)))
    assert found == pytest.approx(his.expected(5, [3], [5], [8])[0], rel=1e-12)
    assert "p_value" in full.result().tidy
    assert full.result().cell("param:purchase.1", "p_value") < 1e-6
    boot = clv.bootstrap(plain, 40, seed=1)
    ratio = [boot.std_errors[name] / plain.std_errors[name] for name in plain.params]
    assert (np.abs(np.log(ratio)) < 0.5).all()


def test_bgbb_slopes_are_derivatives():
    from crmlab.clv.bgbb import BgBb

    x, t_x, _ = donors(300, 4)
    d = clv.bgbb(x, t_x, np.full(300, 8)).buyers
    p = np.array([1.1, 0.7, 0.6, 2.1])
    slopes = BgBb().terms(d, tuple(p)).slopes
    for j in range(4):
        up, down = p.copy(), p.copy()
        up[j], down[j] = p[j] * np.exp(1e-5), p[j] * np.exp(-1e-5)
        numeric = (BgBb().terms(d, tuple(up)).loglik - BgBb().terms(d, tuple(down)).loglik) / 2e-5
        assert slopes[j] == pytest.approx(numeric, abs=1e-7)


@pytest.mark.parametrize("name", MODELS)
def test_answers_for_others_with_covariates(name):
    """The fit's own customers asked about again, one at a time and by name, and newcomers."""
    Z2 = pd.DataFrame(Z, columns=["age", "size"])
    fit = MODELS[name](X, TX, T, purchase=Z2, dropout=Z2[["age"]])
    for i in (3, 401):
        own = {"purchase": Z2[["size", "age"]].iloc[[i]], "dropout": Z2[["age"]].iloc[[i]]}
        history = ([X[i]], [TX[i]], [T[i]])
        assert fit.p_alive(*history, **own)[0] == pytest.approx(fit.p_alive()[i], rel=1e-10)
        assert fit.expected(20, *history, **own)[0] == pytest.approx(fit.expected(20)[i], rel=1e-10)
        assert fit.dert(0.01, *history, **own)[0] == pytest.approx(fit.dert(0.01)[i], rel=1e-10)
        new = fit.expected_new(30, **own)
        assert new.shape == (1,)
        count = np.arange(1500)
        assert fit.pmf(count, 30.0, **own) @ count == pytest.approx(new[0], rel=1e-6)
    with pytest.raises(ModelError, match="the fit has purchase covariates; give age, size"):
        fit.p_alive([1], [2.0], [3.0])
