"""Closed forms for many fits: the second derivative, standardised paths, full information of incomplete samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.sem import standardise
from crmlab.sem.batch_fiml import BatchFIML, Incomplete, incomplete_scores
from crmlab.sem.batch_information import observed_information, standardised_paths
from crmlab.sem.objective import complex_jacobian
from crmlab.sem.population import pose_population

MODEL = """
A =~ a1 + a2 + a3
B =~ b1 + b2 + b3
C =~ c1 + c2 + c3
H =~ A + B
C ~ H
a1 ~~ b1
"""


def answers(n=150, seed=1):
    rng = np.random.default_rng(seed)
    h = rng.standard_normal(n)
    parts = {"a": 0.8 * h, "b": 0.7 * h, "c": 0.5 * h}
    items = {
        f"{name}{k}": part + 0.6 * rng.standard_normal(n) + 0.5 * rng.standard_normal(n)
        for name, part in parts.items()
        for k in (1, 2, 3)
    }
    return pd.DataFrame(items) + 3.0


def state_of(fit):
    model, theta = fit.problem.model, fit.optimum.theta
    return model, theta, model.state(model.values(theta), 0)


@pytest.mark.parametrize("means", [False, True])
def test_second_derivative_in_closed_form(means):
    """Against complex steps of the gradient, which are exact to rounding."""
    fit = sem.sem(MODEL, answers(), meanstructure=means)
    model, theta, state = state_of(fit)
    H = observed_information(model, state, fit.problem.data.cov[0])
    assert np.abs(H - complex_jacobian(fit.problem.objective.gradient, theta) / 2).max() < 1e-10


def test_standardised_paths_and_their_derivatives():
    fit = sem.sem(MODEL, answers())
    model, theta, _ = state_of(fit)
    paths, J = standardised_paths(model, theta[None], [("H", "C")])
    row = next(k for k, row in enumerate(model.rows) if row.op == "~")
    assert paths[0, 0] == pytest.approx(standardise.standardised(fit.problem, theta)[1][row], abs=1e-10)
    assert np.abs(J[0, 0] - standardise.jacobian(fit.problem, theta, "std.all")[row]).max() < 1e-9


def test_incomplete_samples():
    """Discrepancy, gradient, casewise scores and information against full information row pattern by pattern."""
    data = answers()
    data = data.mask(np.random.default_rng(2).random(data.shape) < 0.15)
    fit = sem.sem(MODEL, data, missing="fiml")
    model, theta, state = state_of(fit)
    X = data[list(model.observed)].to_numpy()
    objective = fit.problem.objective
    away = theta + 0.02
    F, gradient = BatchFIML(model).evaluate(np.stack([theta, away]), Incomplete.of(np.stack([X, X])))
    assert F[1] - F[0] == pytest.approx(objective.value(away) - objective.value(theta), abs=1e-10)
    assert np.abs(gradient[1] - objective.gradient(away)).max() < 1e-9
    T, scores, lost = incomplete_scores(model, state, X)
    assert np.abs(model.gather(scores).sum(axis=0)).max() / len(X) < 1e-5  # zero at the maximum
    want = np.vstack(objective.scores(theta))
    got = model.gather(scores)
    assert np.abs(got.T @ got - want.T @ want).max() < 1e-6 * np.abs(want.T @ want).max()
    H = observed_information(model, state, T) - model.gather(model.gather(lost).T)
    exact = objective.hessian(theta)
    assert np.abs(H - exact).max() < 1e-5 * np.abs(exact).max()


def test_population_without_a_solution_and_with_observed_predictors():
    cov = answers().cov()
    with pytest.raises(ModelError, match="latent predictors"):
        pose_population("A =~ a1 + a2 + a3\nA ~ b1", [cov])
    problem, optimum, order = pose_population(MODEL, [cov])
    assert optimum.converged
    assert list(cov.columns[order]) == list(problem.model.observed)
