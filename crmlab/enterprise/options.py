"""Steps that money could buy, which of them must come first, and what they may be worth: admitted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.enterprise.admit import figures, labels
from crmlab.enterprise.schedule import precedence
from crmlab.errors import ModelError

MOST_PLANS = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """Steps in an order in which each stands after those it needs.

    Attributes
    ----------
    names, blocks : of the n steps; steps of one block share their uncertainty
    cost : (n,)
    value : (scenarios, n) what each step is worth in each scenario, less its cost if the question is asked so
    needs : pairs (step, step that must be done too)
    budget : money to spend
    """

    names: tuple[str, ...]
    blocks: tuple[str, ...]
    cost: np.ndarray
    value: np.ndarray
    needs: tuple[tuple[int, int], ...]
    budget: float


def roadmap_steps(
    blocks: pd.DataFrame,
    *,
    goal: int = 5,
    gates: Sequence[str] = (),
    threshold: int = 3,
) -> pd.DataFrame:
    """The single steps, one level each, that blocks can take from where they are.

    Parameters
    ----------
    blocks : one row a block: `block`, `level` (now; its whole part counts), `cost` of one level up
    goal : highest level to offer
    gates : blocks from top to bottom: a step of a later one needs every earlier one at `threshold`
    threshold : see gates

    Returns
    -------
    frame
        One row a step: `step` ("GAR7.4": to level 4), `block`, `cost`, `after` (steps needed, ";" between them).
    """
    what = "roadmap"
    names = labels(blocks, "block", what, unique=True)
    if gates and threshold > goal:
        raise ModelError(f"{what}: gates open at level {threshold}, but no step leads above {goal}")
    numbers = figures(blocks, ["level", "cost"], what)
    if np.isnan(numbers).any() or (numbers[:, 1] < 0).any():
        raise ModelError(f"{what}: each block needs a level and a cost that is not negative")
    lost = [gate for gate in gates if gate not in names]
    if lost:
        raise ModelError(f"{what}: gate '{lost[0]}' is no block")
    level = {name: int(np.floor(number + 1e-9)) for name, number in zip(names, numbers[:, 0], strict=True)}
    rows = []
    for name, cost in zip(names, numbers[:, 1], strict=True):
        earlier = gates[: list(gates).index(name)] if name in gates else ()
        closed = [f"{gate}.{threshold}" for gate in earlier if level[gate] < threshold]
        for to in range(level[name] + 1, goal + 1):
            before = [f"{name}.{to - 1}"] if to > level[name] + 1 else closed
            rows.append({"step": f"{name}.{to}", "block": name, "cost": cost, "after": ";".join(before)})
    return pd.DataFrame(rows, columns=["step", "block", "cost", "after"])


def draw_values(
    steps: pd.DataFrame,
    effects: Mapping[str, tuple[float, float]] | pd.DataFrame,
    *,
    worth: float | tuple[float, float] = 1.0,
    draws: int = 500,
    seed: int = 20240101,
) -> pd.DataFrame:
    """What each step may be worth: scenarios x steps.

    Parameters
    ----------
    steps : as `roadmap_steps` gives them
    effects : block -> (effect of one level, its standard error), taken as independent normals; or ready draws,
        scenarios x blocks, for instance of a bootstrap
    worth : money value of one unit of effect, or (value, standard error)
    draws, seed : number of scenarios and seed, where normals are drawn

    Notes
    -----
    All steps of a block share the block's draw: who misjudges a block misjudges every step of it.
    """
    rng = np.random.default_rng(seed)
    names = list(dict.fromkeys(labels(steps, "block", "roadmap")))
    if isinstance(effects, pd.DataFrame):
        table = pd.DataFrame(figures(effects, names, "effects"), columns=names)
        if table.isna().any(axis=None):
            raise ModelError("effects: a draw is blank")
    else:
        lost = [name for name in names if name not in effects]
        if lost:
            raise ModelError(
                f"effects: block '{lost[0]}' has none", hint="name an effect and its standard error"
            )
        if any(effects[name][1] < 0 for name in names):
            raise ModelError("effects: a standard error is negative")
        order = sorted(names, key=lambda name: tuple(map(float, effects[name])))  # names decide no draw
        drawn = {name: effects[name][0] + effects[name][1] * rng.standard_normal(draws) for name in order}
        table = pd.DataFrame({name: drawn[name] for name in names})
    money = (worth, 0.0) if isinstance(worth, (int, float)) else worth
    price = money[0] + money[1] * rng.standard_normal(len(table)) if money[1] else money[0]
    return pd.DataFrame({row.step: table[row.block] * price for row in steps.itertuples()})


def admit_options(steps: pd.DataFrame, values: pd.DataFrame, budget: float, net: bool) -> Options:
    """Steps, values and budget as arrays, or a ModelError."""
    what = "roadmap"
    names = labels(steps, "step", what, unique=True)
    if not names:
        raise ModelError(f"{what}: there are no steps to choose from")
    cost = figures(steps, ["cost"], what)[:, 0]
    V = figures(values, names, "values of steps")
    if np.isnan(cost).any() or (cost < 0).any() or np.isnan(V).any() or not len(V):
        raise ModelError(f"{what}: each step needs a cost that is not negative and a value in every scenario")
    if not 0 <= budget < np.inf:
        raise ModelError(f"{what}: a budget of {budget:g} cannot be spent")
    cells = steps["after"] if "after" in steps else pd.Series([None] * len(steps))
    waits: dict[str, tuple[str, ...]] = {}
    for name, cell in zip(names, cells, strict=True):
        parts = cell if isinstance(cell, (list, tuple)) else cell.split(";") if isinstance(cell, str) else ()
        waits[name] = tuple(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
        lost = next((one for one in waits[name] if one not in names), None)
        if lost is not None:
            raise ModelError(f"{what}: step '{name}' needs '{lost}', which is no step")
    order = precedence(waits, what)
    at = np.array([names.index(name) for name in order])
    needs = tuple((order.index(name), order.index(one)) for name in order for one in waits[name])
    blocks = labels(steps, "block", what) if "block" in steps else names
    return Options(
        tuple(order),
        tuple(blocks[place] for place in at),
        cost[at],
        V[:, at] - (cost[at] if net else 0.0),
        needs,
        float(budget),
    )


def all_plans(options: Options) -> np.ndarray | None:
    """Every plan within the budget, (plans, n) of 0 and 1, or None if there are too many to list."""
    plans, spent = np.zeros((1, len(options.names)), dtype=bool), np.zeros(1)
    for step in range(len(options.names)):
        needed = [other for one, other in options.needs if one == step]
        able = plans[:, needed].all(axis=1) & (
            spent + options.cost[step] <= options.budget * (1 + 1e-12) + 1e-12
        )
        more = plans[able].copy()
        more[:, step] = True
        plans, spent = np.vstack([plans, more]), np.append(spent, spent[able] + options.cost[step])
        if len(plans) > MOST_PLANS:
            return None
    return plans
