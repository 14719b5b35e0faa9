"""A saddle is no minimum, a singular information no traceback; the second derivative in closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.sem.curvature import second_derivative
from crmlab.sem.inference import smallest
from crmlab.sem.objective import complex_jacobian
from crmlab.sem.optimise import Optimum
from crmlab.sem.saddle import lowest_curvature, settle

ITEMS = [f"x{k}" for k in range(1, 8)]


def answers(n=400, seed=4):
    rng = np.random.default_rng(seed)
    f, g, m = rng.normal(size=(3, n))
    return pd.DataFrame(
        {x: 0.7 * (f if k < 3 else g) + 0.45 * m + 0.6 * rng.normal(size=n) for k, x in enumerate(ITEMS)}
    )


ONE = "M =~ NA*x1 + " + " + ".join(ITEMS) + "\nM ~~ 1*M"
FROM_ZERO = "M =~ NA*x1 + " + " + ".join(f"start(0)*{x}" for x in ITEMS) + "\nM ~~ 1*M"


@pytest.mark.parametrize(
    "how", [{}, {"estimator": "MLR"}, {"missing": "fiml"}, {"estimator": "ULS"}, {"ordered": True}]
)
def test_loadings_that_start_at_zero_leave_the_saddle(how):
    data = answers()
    if how.get("ordered"):
        data = data.apply(lambda y: np.digitize(y, [-0.7, 0.2, 0.9]))
    fit, plain = sem.cfa(FROM_ZERO, data, **how), sem.cfa(ONE, data, **how)
    assert fit.converged
    assert fit.iterations > 0
    assert fit.test.chisq == pytest.approx(plain.test.chisq, rel=1e-6)


def test_a_method_factor_that_starts_at_zero():
    text = "F =~ x1 + x2 + x3\nG =~ x4 + x5 + x6 + x7\nM ~~ 1*M\nM ~~ 0*F\nM ~~ 0*G\nM =~ "
    fit = sem.cfa(text + "NA*x1 + " + " + ".join(f"start(0)*{x}" for x in ITEMS), answers())
    plain = sem.cfa(text + "NA*x1 + " + " + ".join(ITEMS), answers())
    assert fit.test.chisq == pytest.approx(plain.test.chisq, abs=1e-4)


def test_a_saddle_is_seen_and_said():
    """The independence model's point in a factor model: stationary, and the discrepancy falls from it."""
    fit = sem.cfa(ONE, answers())
    problem = fit.problem
    at = np.where([problem.model.rows[k].op == "=~" for k in problem.model.first], 0.0, 1.0)
    for k, first in enumerate(problem.model.first):
        row = problem.model.rows[first]
        if row.op == "~~":
            at[k] = problem.data.cov[0][ITEMS.index(row.lhs), ITEMS.index(row.lhs)]
    value, _ = lowest_curvature(problem.objective, at, problem.constraints)
    assert value < -0.1
    assert np.abs(problem.objective.gradient(at)).max() < 1e-12
    found = Optimum(at, problem.objective.value(at), 0.0, 0, True)
    left = settle(problem.objective, found, problem.constraints)
    assert left.converged
    assert left.value == pytest.approx(fit.optimum.value, abs=1e-10)
    assert lowest_curvature(problem.objective, left.theta, problem.constraints)[0] > 0


@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("group", [None, "g"])
def test_second_derivative_where_means_do_not_meet(means, group):
    data = answers().assign(g=np.arange(400) % 2)
    text = "F =~ x1 + x2 + x3\nG =~ x4 + x5 + x6\nG ~ F + x7"
    how = {"group_equal": ["loadings", "intercepts"]} if group else {"meanstructure": means}
    problem = sem.sem(text, data, group=group, **how).problem
    theta = problem.start() + 0.05 * np.random.default_rng(1).random(problem.model.q)
    exact = complex_jacobian(problem.objective.gradient, theta) / 2
    assert np.abs(problem.objective.hessian(theta) - exact).max() < 1e-12 * np.abs(exact).max()
    values = problem.model.values(theta)
    state = problem.model.state(values, 0)
    gap = problem.data.mean[0] - state.mean if problem.means else None
    assert np.isfinite(second_derivative(problem.model, state, 0, problem.data.cov[0], gap)).all()


def test_second_derivative_of_incomplete_data():
    data = answers().mask(np.random.default_rng(2).random((400, 7)) < 0.15)
    fit = sem.cfa("F =~ x1 + x2 + x3\nG =~ x4 + x5 + x6 + x7", data, missing="fiml")
    objective, theta = fit.problem.objective, fit.optimum.theta + 0.02
    H = objective.hessian(theta)
    steps = 1e-5 * np.eye(len(theta))
    numeric = [(objective.gradient(theta + step) - objective.gradient(theta - step)) / 4e-5 for step in steps]
    assert np.abs(H - np.array(numeric)).max() < 1e-7 * np.abs(H).max()


def test_scaled_eigenvalue_of_any_matrix():
    assert smallest(np.zeros((0, 0))) == 1.0
    assert smallest(np.array([[-1e-3, 1e200], [1e200, 1.0]])) < 0  # no overflow at a negative element
    assert np.isnan(smallest(np.array([[np.nan]])))
    assert smallest(np.diag([1e-250, 1e250])) == pytest.approx(1.0)


HOWS = [
    {"estimator": "MLR"},
    {"estimator": "MLM"},
    {"estimator": "MLF"},
    {"estimator": "MLR", "missing": "fiml"},
    {"estimator": "MLR", "group": "g"},
    {"estimator": "DWLS"},
    {"ordered": True},
]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("n", [10, 60])
def test_hard_data_end_in_a_result_or_one_clear_line(how, n):
    """Noise, near-duplicates, two indicators a factor, hardly any rows."""
    refused = []
    for seed, kind in enumerate(("noise", "near", "weak")):
        rng = np.random.default_rng(seed + n)
        X = rng.normal(size=(n, 6))
        if kind == "near":
            X[:, 1] = X[:, 0] + 1e-3 * rng.normal(size=n)
        if kind == "weak":
            X += 0.05 * rng.normal(size=(n, 1))
        data = pd.DataFrame(X, columns=ITEMS[:6])
        if how.get("ordered"):
            data = data.apply(lambda y: np.digitize(y, np.quantile(y, [0.4, 0.8])))
        text = ("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6", "f =~ x1 + x2\ng =~ x3 + x4\nh =~ x5 + x6")[seed % 2]
        try:
            fit = sem.cfa(text, data.assign(g=np.arange(n) % 2), **how)
            measures = fit.fit_measures
            for view in (fit.standardized, fit.modification_indices, fit.result):
                view()
        except ModelError as error:
            refused.append(str(error))
            continue
        checks = {check.name: check.ok for check in fit.checks}
        if not checks["check.identified"]:
            assert fit.estimates["se"].isna().any()
        if fit.problem.estimator.scaled and fit.test.df > 0 and not np.isfinite(measures["chisq.scaled"]):
            assert checks["check.robust_test"] is False
            assert np.isnan(measures["cfi.scaled"])
    assert all(len(text.splitlines()) <= 2 for text in refused)  # the problem and the way out
