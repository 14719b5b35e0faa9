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


STUDIES = 250  # a coverage of 95 % is then known to 1.4 points (one standard error)
BAND = 3 * np.sqrt(0.95 * 0.05 / STUDIES)
WEEKS = {"pareto_nbd": (70, 78, 86, 94, 102), "bgnbd": (40, 45, 50, 55, 60)}


def study(model, seed, n):
    """One simulated customer base, few distinct T, and its true parameters."""
    rng = np.random.default_rng(seed)
    if model == "pareto_nbd":
        return rng, PARETO, pareto_shoppers(n, PARETO, rng, T=WEEKS[model])
    return rng, BG, bg_shoppers(n, BG, rng, T=WEEKS[model], ahead=0.0)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["pareto_nbd", "bgnbd"])
def test_intervals_of_customer_equity_cover(model):
    """250 studies of 600 customers: the 95 % interval holds the equity under the true parameters."""
    held = np.zeros(2)
    for seed in range(STUDIES):
        rng, truth, d = study(model, 1000 + seed, 600)
        money = spenders(d["x"], MONEY, rng)
        fit, spend = getattr(clv, model)(d["x"], d["t_x"], d["T"]), clv.gamma_gamma(d["x"], money)
        options = {"rate_per_year": 0.15, "periods_per_year": 52, "horizon": 104, "margin": 0.3}
        segment = np.where(d["x"] > 2, "often", "seldom")
        found = clv.customer_value(fit, spend, money, draws=99, seed=seed, segments=segment, **options)
        true = clv.customer_value(fit.at(truth), spend.at(MONEY), money, draws=0, segments=segment, **options)
        held[0] += found.equity_low <= true.equity <= found.equity_high
        often, right = found.segments.iloc[0], true.segments["clv"].iloc[0]
        held[1] += often["ci_low"] <= right <= often["ci_high"]
    assert (np.abs(held / STUDIES - 0.95) <= BAND).all(), held / STUDIES


@pytest.mark.slow
@pytest.mark.parametrize("model", ["pareto_nbd", "bgnbd"])
def test_intervals_of_parameters_cover(model):
    """250 studies of 1,000 customers; intervals on the log scale, Hessian and sandwich."""
    held = np.zeros((2, 4))
    for seed in range(STUDIES):
        _, truth, d = study(model, seed, 1000)
        fit = getattr(clv, model)(d["x"], d["t_x"], d["T"])
        found = np.array(list(fit.params.values()))
        for row, V in enumerate((fit.vcov, fit.vcov_robust)):
            held[row] += np.abs(np.log(found / truth)) < 1.96 * np.sqrt(np.diag(V)) / found
    assert (np.abs(held / STUDIES - 0.95) <= BAND + 0.01).all(), (
        held / STUDIES
    )  # small samples: a point for the log scale


@pytest.mark.slow
def test_bootstrap_errors_are_the_spread_of_estimates():
    """The mean bootstrap error of 30 studies is the spread over 150 to three times its own error, 6 %."""
    truth, spread, told = np.log(BG), [], []
    for seed in range(150):
        _, _, d = study("bgnbd", 5000 + seed, 1500)
        fit = clv.bgnbd(d["x"], d["t_x"], d["T"])
        spread.append(np.log(list(fit.params.values())) - truth)
        if seed < 30:
            told.append(np.log(clv.bootstrap(fit, 60, seed=seed).sample).std(ddof=1).to_numpy())
    ratio = np.mean(told, axis=0) / np.std(spread, axis=0, ddof=1)
    assert (np.abs(ratio - 1) < 0.18).all()
