"""When can each step be done, what does it cost, and which steps decide the end? The critical path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

import numpy as np
import pandas as pd

from crmlab.enterprise.admit import figures, labels
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

SLACK = 1e-9


def schedule(steps: pd.DataFrame, *, budget_per_period: float | None = None) -> Result:
    """Earliest and latest dates of steps that wait for one another.

    Parameters
    ----------
    steps : one row a step: `step` (its name), `duration` (periods, such as months), `cost` (money, optional), `after`
        (the steps it waits for: a list, or text with ";" between them; blank for none). Without a column `after`
        each step waits for the one in the row above: the gates from top to bottom
    budget_per_period : money that may be spent in one period; a check tells whether the schedule keeps to it

    Returns
    -------
    Result
        `order:<step>`, `start:<step>`, `finish:<step>` (earliest), `latest_finish:<step>`, `slack:<step>`,
        `critical:<step>` 1 or 0, `cost:<step>`, `spent:<step>` (cost of all steps finished by then). `glance`:
        duration, cost, critical steps.

    Raises
    ------
    ModelError
        A step waits for one that is not there, or for itself through others (the cycle is written out); a
        duration or cost is blank or negative.

    Source
    ------
    Kelley, J. E. & Walker, M. R. (1959). Proceedings of the Eastern Joint Computer Conference, 160-173.
    """
    what = "schedule"
    names = labels(steps, "step", what, unique=True)
    numbers = figures(steps, ["duration", *(["cost"] if "cost" in steps else [])], what)
    if np.isnan(numbers).any() or (numbers < 0).any():
        row = int(np.argwhere(np.isnan(numbers) | (numbers < 0))[0][0])
        raise ModelError(f"{what}: step '{names[row]}' has a blank or negative duration or cost")
    cost = numbers[:, 1] if numbers.shape[1] > 1 else np.zeros(len(names))
    waits = _waits(steps, names)
    order = _order(waits, names)
    start, finish, latest = _times(order, waits, dict(zip(names, numbers[:, 0], strict=True)))
    at = {name: place for place, name in enumerate(order)}
    slack = np.array([latest[name] - finish[name] for name in names])
    ends = np.array([finish[name] for name in names])
    spent = [float(cost[ends <= end + SLACK].sum()) for end in ends]
    tidy = pd.concat(
        [
            tidy_block("order", names, [at[name] + 1 for name in names]),
            tidy_block("start", names, [start[name] for name in names]),
            tidy_block("finish", names, ends),
            tidy_block("latest_finish", names, [latest[name] for name in names]),
            tidy_block("slack", names, slack),
            tidy_block("critical", names, slack <= SLACK),
            tidy_block("cost", names, cost),
            tidy_block("spent", names, spent),
        ]
    )
    glance = {
        "duration": float(ends.max()),
        "cost": float(cost.sum()),
        "critical": int((slack <= SLACK).sum()),
    }
    checks = _affordable(names, start, numbers[:, 0], cost, budget_per_period)
    source = source_of(steps.assign(after=[";".join(waits[name]) for name in names]))
    return Result("model.schedule", tidy, glance, tuple(checks), source)


def precedence(waits: Mapping[str, Sequence[str]], what: str) -> list[str]:
    """Names in an order in which each stands after those it waits for, alike ones as they are given.

    Raises
    ------
    ModelError
        There is a cycle; it is written out.
    """
    sorter = TopologicalSorter(waits)
    rank = {name: place for place, name in enumerate(waits)}
    try:
        sorter.prepare()
    except CycleError as error:
        raise ModelError(
            f"{what}: a cycle: {' -> '.join(reversed(error.args[1]))}", hint="break it"
        ) from None
    found: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=lambda name: rank[name])
        found.append(ready.pop(0))
        sorter.done(found[-1])
    return found


def _waits(steps: pd.DataFrame, names: list[str]) -> dict[str, tuple[str, ...]]:
    if "after" not in steps:
        return {name: (names[place - 1],) if place else () for place, name in enumerate(names)}
    waits = {}
    for name, cell in zip(names, steps["after"], strict=True):
        if isinstance(cell, str):
            wanted = [part.strip() for part in cell.split(";") if part.strip()]
        elif isinstance(cell, (list, tuple)):
            wanted = [str(part) for part in cell]
        else:
            wanted = []
        lost = next((one for one in wanted if one not in names), None)
        if lost is not None:
            raise ModelError(f"schedule: step '{name}' waits for '{lost}', which is no step")
        waits[name] = tuple(dict.fromkeys(wanted))
    return waits


def _order(waits: dict[str, tuple[str, ...]], names: list[str]) -> list[str]:
    return precedence({name: waits[name] for name in names}, "schedule")


def _times(
    order: list[str], waits: dict[str, tuple[str, ...]], duration: dict[str, float]
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    start: dict[str, float] = {}
    finish: dict[str, float] = {}
    for name in order:
        start[name] = max((finish[one] for one in waits[name]), default=0.0)
        finish[name] = start[name] + duration[name]
    end = max(finish.values())
    latest = dict.fromkeys(order, end)
    for name in reversed(order):
        for one in waits[name]:
            latest[one] = min(latest[one], latest[name] - duration[name])
    return start, finish, latest


def _affordable(
    names: list[str], start: dict[str, float], duration: np.ndarray, cost: np.ndarray, budget: float | None
) -> list[Check]:
    """Spending is even over a step's duration; the dearest moment is compared with the budget."""
    if budget is None:
        return []
    begin = np.array([start[name] for name in names])
    rate = np.divide(cost, duration, out=np.where(cost > 0, np.inf, 0.0), where=duration > 0)
    running = (begin[None] <= begin[:, None] + SLACK) & (begin[:, None] < (begin + duration)[None] - SLACK)
    dearest = float((running * np.where(duration > 0, rate, 0.0)[None]).sum(axis=1).max())
    return [Check("check.period_budget", dearest <= budget + SLACK, dearest, f"<= {budget:g} in a period")]
