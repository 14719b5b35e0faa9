"""Numbers of others: our independent maxima, CLVTools, lifetimes, printed papers, mpmath, the oracles."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crmlab import clv
from crmlab.clv.buyers import Buyers
from crmlab.clv.pareto import ParetoNbd

FITS = {"bgnbd": clv.bgnbd, "mbgnbd": clv.mbgnbd, "pnbd": clv.pareto_nbd}
PAPER = {"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881}


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "data" / "clv"


@pytest.fixture(scope="module")
def independent(folder):
    return json.loads((folder / "reference" / "independent_mle.json").read_text())


@pytest.fixture(scope="module")
def summaries(folder):
    exact = pd.read_csv(folder / "cdnow_cbs_exact.csv")
    rounded = pd.read_csv(folder / "cdnow_summary.csv")
    return {
        "cdnow_btyd_exact_sevenths": (exact["x"], exact["t_x"], exact["T_cal"]),
        "cdnow_lifetimes_rounded2dp": (rounded["x"], rounded["t_x"], rounded["T"]),
    }


@pytest.fixture(scope="module")
def week39(folder):
    """CDNOW as CLVTools saw it: calibration to 1 October 1997, days of the first and of repeat purchases."""
    log = pd.read_csv(folder / "cdnow_sample_log.csv", parse_dates=["date"])
    daily = log.groupby(["customer_id", "date"], as_index=False)["amount"].sum()
    origin, end = pd.Timestamp("1997-01-01"), pd.Timestamp("1997-10-01")
    first = daily.groupby("customer_id")["date"].min()
    repeat = daily[daily["date"] > daily["customer_id"].map(first)]
    seen = daily[daily["date"] <= end].groupby("customer_id")["date"]
    mean = repeat[repeat["date"] <= end].groupby("customer_id")["amount"].mean()
    return {
        "x": seen.size() - 1,
        "t_x": (seen.max() - seen.min()).dt.days / 7,
        "T": (end - seen.min()).dt.days / 7,
        "z": mean.reindex(first.index).fillna(0.0),
        "birth": (first - origin).dt.days / 7,
        "repeat": (repeat["date"] - origin).dt.days / 7,
        "origin": origin,
    }


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("data", ["cdnow_btyd_exact_sevenths", "cdnow_lifetimes_rounded2dp"])
def test_our_independent_maxima(independent, summaries, data, name):
    want, fit = independent[f"{data}/{name}"], FITS[name](*summaries[data])
    assert fit.loglik == pytest.approx(want["LL"], abs=1e-5)
    assert fit.params == pytest.approx(want["params"], rel=1e-4)
    assert fit.std_errors == pytest.approx(want["se"], rel=1e-3)
    assert fit.converged
    assert all(check.ok for check in fit.checks)


def test_gamma_gamma_maximum(independent, folder):
    frame = pd.read_csv(folder / "cdnow_summary.csv")
    want = independent["cdnow_lifetimes_rounded2dp/gamma_gamma"]
    fit = clv.gamma_gamma(frame["x"], frame["zbar"])
    assert fit.loglik == pytest.approx(want["LL"], abs=1e-5)
    assert fit.params == pytest.approx(want["params"], rel=1e-4)
    assert fit.std_errors == pytest.approx(want["se"], rel=1e-3)
    assert fit.n == want["n"]
    oracle = fit.at([6.25, 3.74, 15.44]).expected([2], [30.0])  # GG1
    assert oracle[0] == pytest.approx(30.93832, abs=1e-4)


@pytest.mark.parametrize(("name", "fit"), [("sbg", clv.sbg), ("bdw", clv.bdw)])
def test_contracts(independent, folder, name, fit):
    alive = pd.read_csv(folder / "sbg_high_end.csv")["alive"]
    want = independent[f"{name}_high_end_first7renewals"]
    found = fit(alive[:8])
    assert found.loglik == pytest.approx(want["LL"], abs=1e-5)
    assert found.params == pytest.approx(want["params"], rel=1e-4)
    assert found.std_errors == pytest.approx(want["se"], rel=1e-3)
    if name == "sbg":
        assert found.survival(np.arange(1, 13)) == pytest.approx(want["survival_1_12"], abs=1e-6)
        # printed: alpha 0.668, beta 3.806 (Fader & Hardie 2007)
        assert {k: round(v, 3) for k, v in found.params.items()} == {"alpha": 0.668, "beta": 3.806}


def test_bgbb_donors_as_printed(reference):
    donors = reference("clv_donations")
    x, t_x, count = np.array(donors["histories"]).T
    fit = clv.bgbb(x, t_x, np.full(len(x), donors["n"]), weights=count)
    assert {name: round(value, 3) for name, value in fit.params.items()} == donors["params"]
    assert round(fit.loglik, 1) == donors["loglik"]
    assert fit.p_alive()[0] == pytest.approx(0.93, abs=5e-3)
    assert fit.expected(5)[[0, -1]] == pytest.approx([3.75, 0.07], abs=5e-3)


def test_clvtools_fits(folder, week39):
    """Their optimiser stops earlier: parameters agree to what their own log-likelihood leaves open."""
    other = json.loads((folder / "reference" / "r_clvtools_btyd_cdnow.json").read_text())
    history = [week39[name] for name in ("x", "t_x", "T")]
    for key, fit in (("cdnow39_pnbd", clv.pareto_nbd(*history)), ("cdnow39_bgnbd", clv.bgnbd(*history))):
        assert fit.loglik >= other[key]["LL"] - 1e-6
        assert fit.loglik == pytest.approx(other[key]["LL"], abs=1e-5)
        assert fit.params == pytest.approx(other[key]["coef"], rel=1e-3)
        assert fit.std_errors == pytest.approx(other[key]["se"], rel=5e-3)
        assert fit.aic == pytest.approx(other[key]["AIC"], abs=1e-4)
        assert fit.bic == pytest.approx(other[key]["BIC"], abs=1e-4)
    new = clv.pareto_nbd(*history).expected_new(52)[0]
    assert 1 + new == pytest.approx(other["cdnow39_pnbd_newcustomer_52"], rel=1e-3)


def test_clvtools_predictions(folder, week39):
    want = pd.read_csv(folder / "reference" / "clvtools_cdnow39_pnbd_predict.csv").set_index("Id")
    want = want.loc[week39["x"].index]
    fit = clv.pareto_nbd(week39["x"], week39["t_x"], week39["T"])
    money = clv.gamma_gamma(week39["x"], week39["z"])
    assert fit.p_alive() == pytest.approx(want["PAlive"].to_numpy(), rel=1e-3)
    assert fit.expected(272 / 7) == pytest.approx(want["CET"].to_numpy(), rel=1e-3)
    assert fit.dert(np.log(1.1)) == pytest.approx(want["DERT"].to_numpy(), rel=1e-3)
    spend = money.expected(week39["x"], week39["z"])
    assert spend == pytest.approx(want["predicted.mean.spending"].to_numpy(), rel=1e-3)
    # their rate of 10 % counts per week, so a "year" is one period here
    value = clv.customer_value(fit, money, week39["z"], rate_per_year=0.1, periods_per_year=1, draws=0)
    assert value.table["clv"].to_numpy() == pytest.approx(want["predicted.CLV"].to_numpy(), rel=1e-3)


def test_clvtools_tracking(folder, week39):
    frame = pd.read_csv(
        folder / "reference" / "clvtools_cdnow39_pnbd_tracking.csv", parse_dates=["period.until"]
    )
    model = frame[frame["variable"] != "Actual"]
    edges = (model["period.until"] - week39["origin"]).dt.days / 7
    fit = clv.pareto_nbd(week39["x"], week39["t_x"], week39["T"])
    found = clv.tracking(fit, week39["birth"], week39["repeat"], edges)
    assert found["expected"].to_numpy() == pytest.approx(model["value"].to_numpy()[1:], rel=1e-3)
    actual = frame.loc[frame["variable"] == "Actual", "value"].to_numpy()[1:]
    known = np.isfinite(actual)
    assert found["actual"].to_numpy()[known] == pytest.approx(actual[known])


@pytest.mark.parametrize("name", ["bgnbd", "mbgnbd", "pnbd"])
def test_lifetimes_predictions(folder, name):
    other = json.loads((folder / "reference" / "lifetimes_0.11.3_cdnow.json").read_text())
    frame = pd.read_csv(folder / "reference" / "cdnow_lifetimes_predictions_fixed_params.csv")
    model = "pareto_nbd" if name == "pnbd" else name
    params = other[f"{name}_fixed_params_for_predictions"]
    fit = clv.given(model, params, frame["frequency"], frame["recency"], frame["T"])
    assert fit.p_alive() == pytest.approx(frame[f"{name}_palive"].to_numpy(), abs=1e-10)
    assert fit.expected(39) == pytest.approx(frame[f"{name}_cet39"].to_numpy(), abs=1e-8)
    for t, value in other[f"{name}_expected_new_customer"].items():
        assert fit.expected_new(float(t))[0] == pytest.approx(value, abs=1e-10)
    if name == "bgnbd":
        assert fit.pmf(np.arange(11), 39) == pytest.approx(other["bgnbd_pmf_t39"], abs=1e-12)


@pytest.mark.parametrize("i", [1, 2, 3])
@pytest.mark.parametrize(("short", "column"), [("xi", "true_rq"), ("z", "score_z")])
@pytest.mark.parametrize("name", ["pnbd", "bgnbd"])
def test_clvtools_covariates(folder, i, short, column, name):
    """Printed to 3 digits; their optimiser is loose in s and beta, so the tolerance there is a tenth of a se."""
    lines = (folder / "reference" / "clvtools_rqsim_coef.txt").read_text().splitlines()
    words = next(line.split() for line in lines if line.startswith(f"{i} {short} {name} "))
    coef, se = np.array(words[5:11], dtype=float), np.array(words[12:18], dtype=float)
    frame = pd.read_csv(folder / f"rqsim{i}_customers.csv")
    z = frame[[column]]
    fit = FITS[name](frame["frequency"], frame["recency"], frame["T"], purchase=z, dropout=z)
    order = [*list(fit.params)[:4], f"dropout.{column}", f"purchase.{column}"]
    for place, key in enumerate(order):
        assert fit.params[key] == pytest.approx(coef[place], abs=0.1 * se[place] + 6e-4)
        assert fit.std_errors[key] == pytest.approx(se[place], rel=0.05, abs=6e-4)


def test_hard_pareto_grid(reference):
    """30 cases, alpha and beta .05 to 500, x to 1,000, against mpmath with 40 digits."""
    none = np.empty((1, 0))
    for case in reference("clv_pareto_hard")["cases"]:
        row = [np.array([float(case[name])]) for name in ("x", "t_x", "T")]
        d = Buyers(*row, np.ones(1), none, none, (), (), np.zeros(1, dtype=int), 1.0)
        found = ParetoNbd().terms(d, tuple(case[name] for name in ("r", "alpha", "s", "beta")))
        assert np.isfinite(found.slopes).all()
        assert found.loglik[0] == pytest.approx(float(case["loglik"]), abs=1e-9), case
        assert found.alive[0] == pytest.approx(float(case["p_alive"]), abs=1e-9), case


def test_oracles():
    assert clv.retention_value(100, 0.8, 0.1) == pytest.approx(266.666667, abs=1e-6)  # CL1
    assert clv.retention_value(100, 0.8, 0.1, first=True) == pytest.approx(366.666667, abs=1e-6)  # CL2
    assert clv.real_rate(0.5, 0.4) == pytest.approx(0.07142857, abs=1e-8)  # CL3
    fit = clv.given("bgnbd", PAPER, [2], [30.43], [38.86])
    assert fit.expected(39)[0] == pytest.approx(1.2259, abs=1e-3)  # BT1
    one = clv.given("bgnbd", {"r": 0.5, "alpha": 6.0, "a": 1.2, "b": 3.3}, [3], [4.0], [6.0])
    assert one.loglik == pytest.approx(-7.576382, abs=1e-6)  # BT4


def test_published_maximum(summaries):
    fit = clv.bgnbd(*summaries["cdnow_btyd_exact_sevenths"])
    assert fit.loglik == pytest.approx(-9582.43, abs=5e-3)  # BT3
    printed = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert {name: round(value, 3) for name, value in fit.params.items()} == printed
