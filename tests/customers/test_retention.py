"""Kaplan-Meier, Cox and AFT against a textbook trial, statsmodels and likelihoods written out here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from crmlab import clv
from crmlab.customers.hazards import aft, cox
from crmlab.customers.retention import contract_survival, kaplan_meier, survival_curve
from crmlab.errors import ModelError

# Remission of leukaemia in weeks (Freireich et al. 1963), as printed in Cox (1972), JRSS B 34, table 1.
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
WEEKS = np.array(TREATED + PLACEBO, dtype=float)
RELAPSE = np.array([1] * 9 + [0] * 12 + [1] * 21)
GROUP = np.array(["treated"] * 21 + ["placebo"] * 21)


def customers(n, seed, *, crossing=False):
    """Stays with a hazard ratio of e^.5 per unit of z, or one that turns round; about half censored."""
    rng = np.random.default_rng(seed)
    z, words = rng.standard_normal(n), rng.choice(["month", "year"], n)
    shape = np.where(z > 0, 2.5, 0.6) if crossing else 1.4
    rate = np.exp(0.0 if crossing else 0.5 * z - 0.8 * (words == "year"))
    t = 20 * (rng.exponential(size=n) / rate) ** (1 / shape)
    end = rng.uniform(5, 45, n)
    frame = pd.DataFrame({"z": z, "contract": words})
    return np.minimum(t, end), (t <= end).astype(int), frame


def test_the_textbook_trial():
    found = kaplan_meier(WEEKS, RELAPSE, group=GROUP)
    printed = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for t, s in printed.items():
        assert found[f"survival:treated.{t}"] == pytest.approx(s, abs=5e-4)
    assert found["median:treated"] == 23
    assert found["median:placebo"] == 8
    assert found["logrank"] == pytest.approx(16.79, abs=5e-3)
    assert found.cell("logrank", "p_value") < 1e-4
    assert found["left:treated"] == 9
    ratio = cox(WEEKS, RELAPSE, pd.DataFrame({"placebo": GROUP == "placebo"}))
    assert ratio["log_hazard:placebo"] == pytest.approx(1.572, abs=5e-4)  # Efron's ties
    assert ratio.cell("log_hazard:placebo", "std_error") == pytest.approx(0.412, abs=5e-4)
    assert ratio["hazard_ratio:placebo"] == pytest.approx(4.82, abs=5e-3)
    assert ratio.ok


def test_curves_equal_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff

    t, left, frame = customers(400, 1)
    t = np.ceil(t)
    found = kaplan_meier(t, left, group=frame["contract"])
    for name in ("month", "year"):
        some = (frame["contract"] == name).to_numpy()
        want = SurvfuncRight(t[some], left[some])
        rows = found.select("survival")
        rows = rows[rows.index.str.startswith(f"{name}.")]
        assert rows["estimate"].to_numpy() == pytest.approx(want.surv_prob, abs=1e-12)
        se_log = want.surv_prob_se / (want.surv_prob * -np.log(want.surv_prob))  # of log(-log S)
        low = want.surv_prob ** np.exp(norm.ppf(0.975) * se_log)
        assert rows["ci_low"].to_numpy()[:-1] == pytest.approx(low[:-1], abs=1e-9)
    chi2, p = survdiff(t, left, frame["contract"].to_numpy())
    assert found["logrank"] == pytest.approx(chi2, rel=1e-9)
    assert found.cell("logrank", "p_value") == pytest.approx(p, rel=1e-6)


def test_cox_equals_statsmodels_and_finds_what_was_planted():
    from statsmodels.duration.hazard_regression import PHReg

    t, left, frame = customers(800, 2)
    t = np.ceil(t)
    found = cox(t, left, frame)
    exog = np.column_stack([frame["z"], frame["contract"] == "year"]).astype(float)
    want = PHReg(t, exog, status=left, ties="efron").fit()
    for place, name in enumerate(("z", "contract.year")):
        assert found[f"log_hazard:{name}"] == pytest.approx(want.params[place], abs=1e-5)
        assert found.cell(f"log_hazard:{name}", "std_error") == pytest.approx(want.bse[place], rel=1e-4)
    assert found.glance["loglik"] == pytest.approx(want.llf, abs=1e-6)
    for name, true in (("z", 0.5), ("contract.year", -0.8)):
        # the rate acts through a Weibull shape of 1.4, so a log-ratio of hazards is what was planted
        assert abs(found[f"log_hazard:{name}"] - true) < 3.5 * found.cell(f"log_hazard:{name}", "std_error")
    by = cox(t, left, frame[["z"]], strata=frame["contract"])
    want = PHReg(
        t, frame[["z"]].to_numpy(), status=left, ties="efron", strata=(frame["contract"] == "year")
    ).fit()
    assert by["log_hazard:z"] == pytest.approx(want.params[0], abs=1e-5)


def test_hazards_that_are_not_proportional_are_said_and_refused():
    t, left, frame = customers(800, 3, crossing=True)
    told = cox(t, left, frame[["z"]])
    assert [check.name for check in told.failed] == ["check.proportional_hazards:z"]
    assert "AFT" in told.failed[0].rule
    with pytest.raises(ModelError, match="hazards are not proportional for z"):
        cox(t, left, frame[["z"]], refuse=True)
    assert cox(*customers(800, 4)[:2], customers(800, 4)[2]).ok


def weibull(q, t, left, Z):
    log_rho, b = q[0], q[1:]
    u = np.exp(log_rho) * (np.log(t) - Z @ b)
    return -(left * (log_rho + u - np.log(t)) - np.exp(u)).sum()


def lognormal(q, t, left, Z):
    log_sigma, b = q[0], q[1:]
    u = (np.log(t) - Z @ b) / np.exp(log_sigma)
    return -(left * (norm.logpdf(u) - log_sigma - np.log(t)) + (1 - left) * norm.logsf(u)).sum()


def loglogistic(q, t, left, Z):
    log_beta, b = q[0], q[1:]
    u = np.exp(log_beta) * (np.log(t) - Z @ b)
    return -(left * (log_beta + u - np.log(t)) - (1 + left) * np.logaddexp(0, u)).sum()


def test_aft_is_the_maximum_and_the_best_law_is_told():
    t, left, frame = customers(700, 5)
    found = aft(t, left, frame)
    Z = np.column_stack([np.ones(700), frame["z"], frame["contract"] == "year"]).astype(float)
    laws = {"weibull": weibull, "lognormal": lognormal, "loglogistic": loglogistic}
    best = {
        law: minimize(
            f, [0.0, np.log(t).mean(), 0, 0], args=(t, left, Z), method="BFGS", options={"gtol": 1e-6}
        )
        for law, f in laws.items()
    }
    for law, one in best.items():
        assert found[f"aic:{law}"] == pytest.approx(8 + 2 * one.fun, abs=1e-3)
    assert found.model == "model.aft_weibull"
    log_rho, constant, by_z, by_year = best["weibull"].x
    assert found["log_time:z"] == pytest.approx(by_z, abs=2e-3)
    assert found["log_time:contract.year"] == pytest.approx(by_year, abs=2e-3)
    assert found["intercept"] == pytest.approx(constant, abs=2e-3)
    assert found["log_shape"] == pytest.approx(log_rho, abs=2e-3)
    assert found["time_ratio:z"] == pytest.approx(np.exp(found["log_time:z"]))
    # planted: shape 1.4, hazard e^{.5 z}, so times are multiplied by e^{-.5/1.4}
    assert abs(found["log_time:z"] + 0.5 / 1.4) < 3.5 * found.cell("log_time:z", "std_error")


def test_contract_models_stand_beside_the_curve():
    alive = np.array([1000, 869, 743, 653, 593, 551, 517, 491])
    tenure = np.append(np.repeat(np.arange(1, 8), -np.diff(alive)), np.full(491, 7))
    churned = np.append(np.ones(509), np.zeros(491))
    found = contract_survival(tenure, churned, ahead=5)
    fit = clv.sbg(alive)
    assert found["survival_km:3"] == pytest.approx(0.653)
    assert found["survival_sbg:12"] == pytest.approx(float(fit.survival(12)))
    assert found["retention_bdw:2"] == pytest.approx(float(clv.bdw(alive).retention(2)))
    assert found["aic:sbg"] == pytest.approx(fit.aic)
    assert found["gap:bdw"] < found["gap:sbg"] < 0.02


def test_telco(shared):
    frame = pd.read_csv(shared / "data" / "clv" / "telco_ibm.csv")
    left = (frame["Churn"] == "Yes").astype(int)
    found = kaplan_meier(frame["tenure"], left, group=frame["Contract"])
    assert found.glance["read"] == 7043
    assert found.glance["no_time"] == 11
    assert found["median:Month-to-month"] == 35
    assert np.isinf(found["median:Two year"])
    curve = survival_curve(frame["tenure"], left)
    assert curve["left"].sum() == 1869
    assert (np.diff(curve["survival"]) <= 1e-12).all()


T0, L0 = np.array([3.0, 5, 7, 2]), np.array([1, 0, 1, 1])
BAD = {
    "negative": ((np.array([3.0, -5, 7, 2]), L0), {}, "duration, row 1: is negative"),
    "two": ((T0, [1, 2, 0, 1]), {}, "left, row 1: is neither 0 nor 1"),
    "lengths": ((T0, [1, 0]), {}, "duration and left have 4 and 2 values"),
    "at once": (([0.0, 5, 7, 2], L0), {}, "duration, row 0: is 0 for a customer who left"),
    "nobody": ((T0, [0, 0, 0, 0]), {}, "no customer left"),
    "empty": (([], []), {}, "there are no customers"),
    "missing": (([3.0, np.nan, 7, 2], L0), {}, "duration, row 1: is missing"),
    "group": ((T0, L0), {"group": ["a", "b"]}, "group has 2 values for 4 customers"),
    "no group": ((T0, L0), {"group": ["a", None, "b", "b"]}, "group is missing for 1 customers"),
}


@pytest.mark.parametrize("case", BAD)
def test_stays_that_cannot_be(case):
    given, options, message = BAD[case]
    with pytest.raises(ModelError, match=message) as told:
        kaplan_meier(*given, **options)
    assert str(told.value).split("\n  Try:")[0].count("\n") == 0


def test_covariates_that_cannot_be():
    t, left, frame = customers(60, 6)
    with pytest.raises(ModelError, match="covariate 'c' is the same for every customer"):
        cox(t, left, frame.assign(c=1.0))
    with pytest.raises(ModelError, match="follow from each other"):
        aft(t, left, frame.assign(twice=2 * frame["z"]))
    with pytest.raises(ModelError, match="2 rows of covariates for 60 customers"):
        cox(t, left, frame[:2])
    with pytest.raises(ModelError, match="covariate 'contract' is missing for 1 customers"):
        cox(t, left, frame.assign(contract=[None, *frame["contract"][1:]]))
    with pytest.raises(ModelError, match="cannot carry 2 covariates"):
        cox(t, np.r_[1, 1, np.zeros(58)], frame)


def test_row_order_changes_nothing():
    t, left, frame = customers(120, 7)
    order = np.random.default_rng(0).permutation(120)
    for f in (cox, aft):
        one, other = f(t, left, frame), f(t[order], left[order], frame.iloc[order])
        assert other.tidy["estimate"].to_numpy() == pytest.approx(
            one.tidy["estimate"].to_numpy(), rel=1e-7, abs=1e-9
        )
