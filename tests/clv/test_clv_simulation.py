"""Planted truth comes back, and intervals hold what they promise. Seeds are fixed; see the marks for the slow ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shoppers import bg_shoppers, pareto_shoppers, spenders

from crmlab import clv

BG, PARETO, MONEY = (0.8, 6.0, 0.9, 3.0), (1.5, 15.0, 1.0, 40.0), (6.0, 4.0, 15.0)


def near(fit, truth, times=3.5):
    for name, true in zip(fit.params, truth, strict=False):
        assert abs(np.log(fit.params[name] / true)) < times * fit.std_errors[name] / fit.params[name], name


@pytest.mark.parametrize(("k", "modified"), [(1, False), (1, True), (2, True), (3, False)])
def test_planted_parameters(k, modified):
    d = bg_shoppers(2000, BG, np.random.default_rng(10 * k + modified), k=k, modified=modified, T=(60, 90))
    fit = clv.cnbd(d["x"], d["t_x"], d["T"], k=k, modified=modified, litt=d["litt"])
    near(fit, BG)
    later = np.array([np.count_nonzero(times <= 40) for times in d["later"]])
    card = clv.judge(fit, later, 40)
    error = later.std() * np.sqrt(len(later))
    assert card["total:model"] == pytest.approx(later.sum(), abs=4 * error)
    assert card["mae:model"] < card["mae:mean"]


def test_the_right_k_is_found():
    d = bg_shoppers(1500, BG, np.random.default_rng(8), k=3, modified=True, T=(60, 90))
    fits = {
        k: clv.cnbd(d["x"], d["t_x"], d["T"], k=k, litt=None if k == 1 else d["litt"]).loglik
        for k in (1, 2, 3, 4, 6)
    }
    assert max(fits, key=fits.__getitem__) == 3


def test_pareto_with_covariates_and_p_alive():
    d = pareto_shoppers(4000, PARETO, np.random.default_rng(1), T=(70, 104), purchase=0.4, dropout=-0.5)
    fit = clv.pareto_nbd(d["x"], d["t_x"], d["T"], purchase=d["z"], dropout=d["z"])
    near(fit, PARETO)
    assert abs(fit.params["purchase.1"] - 0.4) < 3 * fit.std_errors["purchase.1"]
    assert abs(fit.params["dropout.1"] + 0.5) < 3 * fit.std_errors["dropout.1"]
    alive = fit.p_alive()
    for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 0.95), (0.95, 1.01)):
        some = (alive >= low) & (alive < high)
        error = 0.5 / np.sqrt(some.sum())
        assert alive[some].mean() == pytest.approx(d["alive"][some].mean(), abs=4 * error)


def test_planted_spend_and_its_covariate():
    rng = np.random.default_rng(4)
    x, z = rng.poisson(3, 5000).astype(float), rng.standard_normal(5000)
    money = spenders(x, MONEY, rng, scale=np.exp(0.3 * z))
    fit = clv.gamma_gamma(x, money, covariates=pd.DataFrame({"rq": z}))
    near(fit, MONEY)
    assert abs(fit.params["spend.rq"] - 0.3) < 3 * fit.std_errors["spend.rq"]
    assert clv.likelihood_ratio(clv.gamma_gamma(x, money), fit).p_value < 1e-10


@pytest.mark.parametrize("i", [1, 2, 3])
def test_rqsim_gives_back_what_was_planted(shared, i):
    frame = pd.read_csv(shared / "data" / "clv" / f"rqsim{i}_customers.csv")
    z = frame[["true_rq"]]
    fit = clv.pareto_nbd(frame["frequency"], frame["recency"], frame["T"], purchase=z, dropout=z)
    for name, true in (("purchase.true_rq", 0.4), ("dropout.true_rq", -0.5)):
        assert abs(fit.params[name] - true) < 2.6 * fit.std_errors[name]
    near(fit, PARETO)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["pareto_nbd", "bgnbd"])
def test_intervals_of_customer_equity_cover(model):
    """150 studies of 800 customers: the 95 % interval holds the equity under the true parameters."""
    held = 0
    for seed in range(150):
        rng = np.random.default_rng(1000 + seed)
        if model == "pareto_nbd":
            truth, d = PARETO, pareto_shoppers(800, PARETO, rng, T=(70, 104))
        else:
            truth, d = BG, bg_shoppers(800, BG, rng, T=(40, 60))
        money = spenders(d["x"], MONEY, rng)
        fit, spend = getattr(clv, model)(d["x"], d["t_x"], d["T"]), clv.gamma_gamma(d["x"], money)
        options = {"rate_per_year": 0.15, "periods_per_year": 52, "horizon": 104, "margin": 0.3}
        found = clv.customer_value(fit, spend, money, draws=100, seed=seed, **options)
        true = clv.customer_value(fit.at(truth), spend.at(MONEY), money, draws=0, **options).equity
        held += found.equity_low <= true <= found.equity_high
    assert 0.89 <= held / 150 <= 0.99  # binomial: 95 % within 3 standard errors, and a little for 100 draws


@pytest.mark.slow
@pytest.mark.parametrize("model", ["pareto_nbd", "bgnbd"])
def test_intervals_of_parameters_cover(model):
    """200 studies of 1,000 customers; intervals on the log scale, Hessian and sandwich."""
    held = np.zeros((2, 4))
    for seed in range(200):
        rng = np.random.default_rng(seed)
        if model == "pareto_nbd":
            truth, d = PARETO, pareto_shoppers(1000, PARETO, rng, T=(70, 104))
        else:
            truth, d = BG, bg_shoppers(1000, BG, rng, T=(40, 60))
        fit = getattr(clv, model)(d["x"], d["t_x"], d["T"])
        found = np.array(list(fit.params.values()))
        for row, V in enumerate((fit.vcov, fit.vcov_robust)):
            held[row] += np.abs(np.log(found / truth)) < 1.96 * np.sqrt(np.diag(V)) / found
    assert (held / 200 > 0.90).all()
    assert (held / 200 < 0.99).all()
