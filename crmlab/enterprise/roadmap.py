"""Which steps to buy with a budget: the plan with the best expected value, and plans that stand bad luck."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from crmlab.enterprise.options import Options, admit_options, all_plans
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

PLANS = ("expected", "robust", "regret")
GAP = 1e-9


def roadmap(
    steps: pd.DataFrame,
    values: pd.DataFrame,
    budget: float,
    *,
    net: bool = True,
    worst: float = 0.1,
    level: float = 0.95,
) -> Result:
    """The best plans under a budget.

    Parameters
    ----------
    steps : one row a step: `step`, `cost`, `after` (steps that must be in the plan too; ";" between them)
    values : scenarios x steps, what a step is worth in each scenario (`draw_values`); its scenarios are the
        uncertainty about the estimated effects
    budget : money that all steps of a plan may cost together
    net : True if values and costs are the same money, so that a step must be worth its cost; False if the values
        are points of something else and only the budget limits
    worst : share of scenarios that the robust plan looks at
    level : of the intervals of a plan's value over scenarios

    Returns
    -------
    Result
        For each plan P of expected (largest mean value), robust (largest mean over the worst scenarios) and
        regret (smallest greatest regret): `chosen:<step>.<P>` 1 or 0, `value:<P>` (mean; interval of the value over
        scenarios), `worst_value:<P>`, `greatest_regret:<P>`, `cost:<P>`, `loss_chance:<P>` share of scenarios in
        which the plan is worth less than nothing.

    Raises
    ------
    ModelError
        A step needs one that is not there, or itself through others; a cost or value is blank; the budget is
        negative.

    Notes
    -----
    max sum(v z) subject to sum(c z) <= budget, z_i <= z_j for every step i that needs j, z in {0, 1}, by branch
    and bound to a relative gap of 1e-9. Robust: the conditional value at risk as a linear program in z and one
    shortfall a scenario. Regret: the largest over scenarios of best value - value of the plan.

    Source
    ------
    Rockafellar, R. T. & Uryasev, S. (2000). Journal of Risk 2(3), 21-41. Savage, L. J. (1951). Journal of the
    American Statistical Association 46, 55-67.
    """
    if not 0 < worst <= 1:
        raise ModelError(f"roadmap: a worst share of {worst:g} is none", hint="0.1 looks at the worst tenth")
    options = admit_options(steps, values, budget, net)
    best = best_values(options, options.value)
    chosen = {
        "expected": best_plan(options, options.value.mean(axis=0)),
        "robust": _robust(options, worst),
        "regret": _least_regret(options, best),
    }
    blocks = []
    for name in PLANS:
        z = chosen[name]
        outcome = options.value @ z
        low, high = np.quantile(outcome, [(1 - level) / 2, (1 + level) / 2])
        blocks += [
            tidy_block("chosen", [f"{step}.{name}" for step in options.names], z),
            tidy_block("value", [name], [outcome.mean()], ci_low=[low], ci_high=[high]),
            tidy_block("worst_value", [name], [worst_mean(outcome, worst)]),
            tidy_block("greatest_regret", [name], [float((best - outcome).max())]),
            tidy_block("cost", [name], [float(options.cost @ z)]),
            tidy_block("loss_chance", [name], [float((outcome < 0).mean())]),
        ]
    rule = "the plan for bad luck is the plan for the mean"
    same = bool((chosen["expected"] == chosen["robust"]).all())
    checks = (Check("check.same_plan", same, float((chosen["expected"] != chosen["robust"]).sum()), rule),)
    glance = {
        "steps": float(len(options.names)),
        "scenarios": float(len(options.value)),
        "budget": options.budget,
        "worst": worst,
        "level": level,
    }
    source = source_of(pd.DataFrame(options.value, columns=list(options.names)).assign(budget=budget))
    return Result("model.roadmap", pd.concat(blocks), glance, tuple(checks), source)


def best_plan(options: Options, value: np.ndarray) -> np.ndarray:
    """z (n,) of 0.0 and 1.0 with the largest value @ z."""
    return _plan(_solve(options, -value), len(options.names))


def best_beside(options: Options, value: np.ndarray, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Choices (k, m) among the m steps `here` and what the best plan with each is worth in all other steps (k,)."""
    place = np.flatnonzero(here)
    at = {int(step): k for k, step in enumerate(place)}
    inner = [(at[i], at[j]) for i, j in options.needs if here[i] and here[j]]
    choices, worth = [], []
    for choice in product((0.0, 1.0), repeat=len(place)):
        if all(choice[i] <= choice[j] for i, j in inner):
            low, high = np.zeros(len(value)), np.ones(len(value))
            low[place] = high[place] = choice
            found = _solve(options, -value, low=low, high=high)
            if found is not None:
                choices.append(choice)
                worth.append(float(np.where(here, 0.0, value) @ found[: len(value)]))
    return np.array(choices), np.array(worth)


def best_values(options: Options, values: np.ndarray) -> np.ndarray:
    """Value of the best plan for each row of values (scenarios, n): every plan is tried, or each program solved."""
    plans = all_plans(options)
    if plans is None:
        return np.array([float(value @ best_plan(options, value)) for value in values])
    best = np.full(len(values), -np.inf)
    for part in np.array_split(plans.astype(float), max(1, len(plans) * len(values) // 20_000_000)):
        best = np.maximum(best, (part @ values.T).max(axis=0))
    return best


def worst_mean(outcome: np.ndarray, worst: float) -> float:
    """Mean over the worst share of equally likely outcomes, the last of them counted in part.

    Examples
    --------
    >>> worst_mean(np.array([4.0, 1.0, 2.0, 3.0]), 0.375)
    1.3333333333333333
    """
    ordered = np.sort(outcome)
    weight = np.clip(worst * len(ordered) - np.arange(len(ordered)), 0, 1)
    return float(weight @ ordered / weight.sum())


def _robust(options: Options, worst: float) -> np.ndarray:
    """Largest t - mean(shortfall below t) / worst; variables z (n), t, shortfalls (scenarios)."""
    S, n = options.value.shape
    scale = float(np.abs(options.value).max()) or 1.0
    V = options.value / scale
    cost = np.concatenate([np.zeros(n), [-1.0], np.full(S, 1 / (worst * S))])
    rows = np.hstack([V, -np.ones((S, 1)), np.eye(S)])
    low = np.concatenate([np.zeros(n), [-np.inf], np.zeros(S)])
    high = np.concatenate([np.ones(n), np.full(S + 1, np.inf)])
    return _plan(_solve(options, cost, rows, np.zeros(S), low, high), n)


def _least_regret(options: Options, best: np.ndarray) -> np.ndarray:
    """Smallest r with r >= best - value in every scenario; variables z (n), r."""
    S, n = options.value.shape
    scale = max(float(np.abs(options.value).max()), float(np.abs(best).max())) or 1.0
    rows = np.hstack([options.value / scale, np.ones((S, 1))])
    high = np.append(np.ones(n), np.inf)
    found = _solve(options, np.append(np.zeros(n), 1.0), rows, best / scale, np.zeros(n + 1), high)
    return _plan(found, n)


def _plan(found: np.ndarray | None, n: int) -> np.ndarray:
    if found is None:
        raise ModelError("roadmap: the program has no solution")
    return found[:n]


def _solve(
    options: Options,
    cost: np.ndarray,
    rows: np.ndarray | None = None,
    least: np.ndarray | None = None,
    low: np.ndarray | None = None,
    high: np.ndarray | None = None,
) -> np.ndarray | None:
    """Minimise cost @ x over plans (the first n variables, whole) and further variables with rows @ x >= least.

    None if bounds leave no plan.
    """
    from scipy.sparse import csr_array

    n, total = len(options.names), len(cost)
    money = np.zeros((1, total))
    dear = options.cost > options.budget * (
        1 + 1e-12
    )  # such a step is in no plan: the solver's tolerance is spared
    size = options.budget if options.budget > 0 else 1.0
    money[0, :n] = np.where(dear, 0.0, options.cost / size)
    bounds = [LinearConstraint(money, -np.inf, options.budget / size)]
    if options.needs:
        gate = np.zeros((len(options.needs), total))
        for row, (step, other) in enumerate(options.needs):
            gate[row, step], gate[row, other] = 1.0, -1.0
        bounds.append(LinearConstraint(gate, -np.inf, 0.0))
    if rows is not None and least is not None:
        bounds.append(LinearConstraint(csr_array(rows), least, np.inf))
    top = np.ones(total) if high is None else high.copy()
    top[:n][dear] = 0.0
    if low is not None and (low > top).any():
        return None
    box = Bounds(np.zeros(total) if low is None else low, top)
    whole = np.append(np.ones(n), np.zeros(total - n))
    found = milp(
        cost / (float(np.abs(cost).max()) or 1.0),
        constraints=bounds,
        bounds=box,
        integrality=whole,
        options={"mip_rel_gap": GAP},
    )
    if found.status == 2:
        return None
    if found.x is None:
        raise ModelError(f"roadmap: the program was not solved ({found.message})")
    return np.append(np.round(found.x[:n]), found.x[n:])
