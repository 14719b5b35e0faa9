"""Histories that cannot be: one line that names the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import clv
from crmlab.errors import ModelError

X = np.array([2.0, 1, 0, 0, 3, 0, 5, 1])
TX = np.array([30.4, 1.7, 0, 0, 24.7, 0, 33.0, 12.0])
T = np.array([38.9, 38.9, 38.9, 30.0, 36.0, 38.9, 35.0, 31.0])
MODELS = [clv.bgnbd, clv.mbgnbd, clv.pareto_nbd, clv.cnbd]


def changed(values, place, value):
    found = np.array(values, dtype=float)
    found[place] = value
    return found


ROWS = {
    "late": (X, changed(TX, 4, 99), T, r"t_x, row 4: is later than T, the end of observation \(first: 99\)"),
    "half": (changed(X, 0, 1.5), TX, T, "x, row 0: is not a whole number"),
    "negative": (changed(X, 0, -1), TX, T, "x, row 0: is negative"),
    "no time": (X, TX, changed(T, 2, 0), "T, row 2: is not a positive time"),
    "missing": (changed(X, [1, 5], np.nan), TX, T, "x, rows 1, 5: is missing"),
    "infinite": (X, TX, changed(T, 3, np.inf), "T, row 3: cannot be computed with"),
    "phantom": (X, changed(TX, 2, 4), T, "t_x, row 2: is above 0 for a customer without a repeat purchase"),
    "same day": (
        X,
        changed(TX, 0, 0),
        T,
        "t_x, row 0: means that all repeat purchases fell on the first day",
    ),
    "before": (X, changed(TX, 3, -4), T, "t_x, row 3: is negative"),
    "nobody": (0 * X, 0 * TX, T, "no customer bought again"),
    "lengths": (X, TX, T[:5], "have 8, 8, 5 values"),
    "empty": ([], [], [], "there are no customers"),
    "few": (X[:4], TX[:4], T[:4], "4 customers cannot carry 4 parameters"),
    "words": (["a"] * 8, TX, T, "x holds words"),
    "square": (np.ones((4, 2)), TX, T, "x has 2 dimensions"),
}


@pytest.mark.parametrize("fit", MODELS)
@pytest.mark.parametrize("case", ROWS)
def test_rows_are_named(fit, case):
    *data, message = ROWS[case]
    with pytest.raises(ModelError, match=message):
        fit(*data)


def test_a_series_tells_its_own_labels():
    bad = pd.Series(changed(X, 3, np.nan), index=list("abcdefgh"))
    with pytest.raises(ModelError, match="x, row d: is missing"):
        clv.bgnbd(bad, TX, T)


def test_many_rows_are_counted():
    with pytest.raises(ModelError, match="rows 0, 1, 2, 3, 4 and 3 more"):
        clv.bgnbd(X, TX, -T)


OPTIONS = {
    "weight": ({"weights": changed(np.ones(8), 6, -1)}, "weights, row 6: is negative"),
    "weights": ({"weights": np.ones(3)}, "3 weights for 8 customers"),
    "no weight": ({"weights": np.zeros(8)}, "all weights are 0"),
    "rows": ({"purchase": np.ones((3, 1))}, "3 rows of purchase covariates for 8 customers"),
    "constant": ({"dropout": np.ones((8, 1))}, "dropout covariate '1' is the same for every customer"),
    "twins": (
        {"purchase": np.column_stack([X, 2 * X + 1])},
        "purchase covariates '1', '2' follow from each other",
    ),
    "hole": ({"purchase": changed(X, 2, np.nan)}, "purchase covariate '1', row 2: is missing"),
    "nothing to shrink": ({"penalty": 0.1}, "a penalty shrinks covariate coefficients, and there are none"),
    "negative penalty": ({"purchase": T, "penalty": -1}, "penalty is -1"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options(case):
    options, message = OPTIONS[case]
    with pytest.raises(ModelError, match=message):
        clv.bgnbd(X, TX, T, **options)


def test_answers_say_what_they_need():
    fit = clv.bgnbd(X, TX, T)
    with pytest.raises(ModelError, match="give all of x, t_x and T"):
        fit.p_alive(X)
    with pytest.raises(ModelError, match="t is -1"):
        fit.expected(-1)
    with pytest.raises(ModelError, match="rate is 0; it must be a number above 0"):
        fit.dert(0.0)
    with pytest.raises(ModelError, match="row 1: is later than T"):
        fit.expected(10, [1, 1], [2.0, 9.0], [5.0, 5.0])
    with pytest.raises(ModelError, match="whole numbers"):
        fit.pmf(1.5, 10)
    with_z = clv.given("bgnbd", {"r": 1, "alpha": 5, "a": 1, "b": 2}, X, TX, T)
    with pytest.raises(ModelError, match="no standard errors"):
        with_z.draws(10)
    with pytest.raises(ModelError, match="want the parameters r, alpha, a, b"):
        clv.given("bgnbd", {"r": 1}, X, TX, T)


def test_rates_and_margins():
    for rate in (10, -1, np.nan):
        with pytest.raises(ModelError, match=r"in \(-1, 5\)"):
            clv.continuous_rate(rate, 52)
    with pytest.raises(ModelError, match="no bound"):
        clv.retention_value(100, 1.0, 0.0)
    fit = clv.given("bgnbd", {"r": 1, "alpha": 5, "a": 1, "b": 2}, X, TX, T)
    with pytest.raises(ModelError, match="finite horizon"):
        clv.customer_value(fit, None, rate_per_year=0.0, periods_per_year=52)
    with pytest.raises(ModelError, match="margin is 25"):
        clv.customer_value(fit, None, rate_per_year=0.1, periods_per_year=52, margin=25)


def test_spend():
    z = np.array([20.0, 30, 0, 0, 25, 0, 40, 10])
    with pytest.raises(ModelError, match="mean_spend, row 1: is not positive"):
        clv.gamma_gamma(X, changed(z, 1, 0))
    with pytest.raises(ModelError, match="mean_spend, row 4: is missing"):
        clv.gamma_gamma(X, changed(z, 4, np.nan))
    with pytest.raises(ModelError, match="same for every customer"):
        clv.gamma_gamma(X, np.full(8, 5.0))
    assert np.isfinite(
        clv.gamma_gamma(X, changed(z, 2, np.nan)).loglik
    )  # no repeat purchase, no spend wanted


def test_contracts_and_opportunities():
    with pytest.raises(ModelError, match="alive, row 2: is more than the period before"):
        clv.sbg([100, 80, 90, 70])
    with pytest.raises(ModelError, match="churned, row 1: is neither 0 nor 1"):
        clv.bdw(tenure=[1, 2, 3], churned=[1, 2, 0])
    with pytest.raises(ModelError, match="give alive, or tenure and churned"):
        clv.sbg()
    with pytest.raises(ModelError, match="x, row 0: is more than one purchase at an opportunity"):
        clv.bgbb([3], [2], [6])
    with pytest.raises(ModelError, match="t_x, row 0: is later than T"):
        clv.bgbb([1], [7], [6])
    with pytest.raises(ModelError, match="there are no customers"):
        clv.bgbb([], [], [])
    with pytest.raises(ModelError, match=r"no customer bought again \(all x = 0\), so neither chance"):
        clv.bgbb([0, 0], [0, 0], [6, 6])
    with pytest.raises(ModelError, match="purchase covariate '1' is the same"):
        clv.bgbb([1, 2], [1, 2], [6, 6], purchase=[1.0, 1.0])
    with pytest.raises(ModelError, match="rows 0, 1: is not a whole number"):
        clv.bgbb([1.5, 2.5], [2, 3], [6, 6])
    with pytest.raises(ModelError, match="tenure and churned have 3 and 2 values"):
        clv.sbg(tenure=[1, 2, 3], churned=[1, 0])
    with pytest.raises(ModelError, match="tenure, row 0: is not a whole number of periods from 1"):
        clv.bdw(tenure=[0, 2, 3], churned=[1, 0, 1])
    with pytest.raises(ModelError, match="weights, row 1: is negative"):
        clv.sbg(tenure=[1, 2, 3], churned=[1, 0, 1], weights=[1, -1, 2])
    with pytest.raises(ModelError, match="alive, row 1: is negative"):
        clv.sbg([100, -1, 0])
    with pytest.raises(ModelError, match="customers left in 0 periods"):
        clv.sbg([100, 100, 100])
    with pytest.raises(ModelError, match="not nested"):
        clv.likelihood_ratio(clv.bgnbd(X, TX, T), clv.bgnbd(X, TX, T))
